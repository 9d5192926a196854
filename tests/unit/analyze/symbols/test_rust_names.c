/* Names of Rust's functions, as two of its compilers have mangled them. */
#include "analyze/symbols/rust_names.h"

#include <string.h>

static void test_names(void)
{
	static const char *const names[][2] = {
		{ "_ZN3srv6render17h6d6f2923f9e3245dE", "srv::render" },
		{ "_ZN3std2io5Write9write_all17h73545318fad633eeE.llvm.2747448421832743547",
		  "std::io::Write::write_all" },
		{ "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17he8078d3f37f98de0E",
		  "std::rt::lang_start::{{closure}}" },
		{ "_ZN45_$LT$T$u20$as$u20$alloc..string..ToString$GT$9to_"
		  "string17h0123456789abcdefE",
		  "<T as alloc::string::ToString>::to_string" },
		{ "_ZN45_$LT$T$u20$as$u20$alloc..string..ToString$GT$9to_"
		  "string17h0123456789abcdefE.llvm.2747448421832743547",
		  "<T as alloc::string::ToString>::to_string" },
		{ "_RNvCskwGfYPst2Cb_3foo16example_function", "foo::example_function" },
		{ "_RNvNvMs0_NtNtNtCsjrHSEGnQ3l9_3std3sys6thread4unixNtB7_6Thread3new12thread_"
		  "start",
		  "<std::sys::thread::unix::Thread>::new::thread_start" },
		{ "_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeINtNtCslNYArtu3iFV_5alloc3vec3VecIN"
		  "tNtBL_5boxed3BoxDINtNtNtB4_3ops8function6FnOnceuEp6OutputuNtNtB4_6marker4SendEL_"
		  "EE"
		  "ECsjrHSEGnQ3l9_3std",
		  "core::ptr::drop_in_place<alloc::vec::Vec<alloc::boxed::Box<dyn "
		  "core::ops::function::FnOnce<(), Output = ()> + core::marker::Send>>>" },
		{ "_RINvNtCsgEmfK2I1SDS_4core6escape14escape_unicodeKja_ECsgY6Mt91CT9J_14rustc_"
		  "demangle",
		  "core::escape::escape_unicode<10>" },
		{ "_RNSNvYNCNvNtNtCsjrHSEGnQ3l9_3std3sys9backtrace10__print_fmts_"
		  "0INtNtNtCsgEmfK2I1S"
		  "DS_4core3ops8function6FnOnceTRNtNtNtBc_12backtrace_rs9backtrace5FrameEE9call_"
		  "once"
		  "6vtableBc_",
		  "<std::sys::backtrace::_print_fmt::{closure#1} as "
		  "core::ops::function::FnOnce<(&std::backtrace_rs::backtrace::Frame,)>>::call_"
		  "once::"
		  "{shim:vtable#0}" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *name = fdar_rust_name(names[i][0]);

		g_assert_cmpstr(name, ==, names[i][1]);
	}
}

/* What is another language's, cut, or goes in circles. */
static void test_none(void)
{
	static const char *const names[] = { "main",
					     "",
					     "_R",
					     "_RNv",
					     "_RNvC3foo",
					     "_RNvC3foo99bar",
					     "_RB_",
					     "_RNvB_3foo",
					     "_ZN3foo3barEv",
					     "_ZN3foo17h0123E",
					     "_ZN9foo17h0123456789abcdefE",
					     "_ZN17h0123456789abcdefE",
					     "_RINvC1a1bEE",
					     "_RNvC1a1b!",
					     "_RMC1aB_" };
	g_autofree char *deep = g_strnfill(300, 'S'), *deeper = g_strconcat("_RMC1a", deep, NULL);
	g_autofree char *name = fdar_rust_name(deeper);

	g_assert_null(name);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *none = fdar_rust_name(names[i]);

		g_assert_cmpstr(none, ==, NULL);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rust_names/names", test_names);
	g_test_add_func("/rust_names/none", test_none);
	return g_test_run();
}
