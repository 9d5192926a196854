/*
 * A test that an assertion fires: the function runs in a process of its own, which has to abort and to
 * name the condition. Where assertions are compiled out (NDEBUG) the test is skipped.
 */
#ifndef TEST_KIT_ABORTS_H
#define TEST_KIT_ABORTS_H

#include <glib.h>

static inline void assert_aborts(void (*function)(void), const char *condition)
{
#ifdef NDEBUG
	(void)function;
	(void)condition;
	g_test_skip("assertions are compiled out");
#else
	g_autofree char *pattern = g_strconcat("*Assertion*", condition, "*failed*", NULL);

	if (g_test_subprocess()) {
		function();
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr(pattern);
#endif
}

#endif
