/* Bars of waits and trees of what changed: what is in them, in which order. */
#include <string.h>

#include "tests/unit/kit/profile_script.h"
#include "viz/bars/bars.h"

static const char fast[] =
	"A 0 begin:1:c 100 +work 1000 +leaf 2000 -leaf 2100 wait:IO:recv 3100 w 4000 -work "
	"5000 end:1\n";
static const char slow[] =
	"A 0 begin:1:c 100 +work 1000 +leaf 902000 -leaf 902100 wait:IO:recv 903100 w "
	"904000 +fresh 904500 -fresh 905000 -work 906000 end:1\n";

static void check_markup(const GString *svg)
{
	static const GMarkupParser parser;
	g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	g_autoptr(GError) error = NULL;

	g_markup_parse_context_parse(context, svg->str, (gssize)svg->len, &error);
	g_assert_no_error(error);
	g_assert_true(g_markup_parse_context_end_parse(context, &error));
}

static void test_waits(void)
{
	g_autoptr(fdar_profile) base = script_profile(fast);
	g_autoptr(fdar_profile) subject = script_profile(slow);
	g_autoptr(fdar_diff) diff = fdar_diff_new(base, subject, NULL, NULL);
	g_autoptr(fdar_flame_tree) tree = fdar_flame_tree_of_diff(diff);
	const struct fdar_bars_options options = { .title = "waits" };
	GString *svg = fdar_waits_svg(tree, &options);

	check_markup(svg);
	g_assert_nonnull(strstr(svg->str, ">recv<"));
	g_assert_nonnull(strstr(svg->str, "1.00 µs a session: 1 × 1.00 µs"));
	g_assert_null(strstr(svg->str, ">leaf<"));
	g_string_free(svg, TRUE);
}

static void test_tree(void)
{
	g_autoptr(fdar_profile) base = script_profile(fast);
	g_autoptr(fdar_profile) subject = script_profile(slow);
	g_autoptr(fdar_diff) diff = fdar_diff_new(base, subject, NULL, NULL);
	const struct fdar_profile *sides[2];
	const struct fdar_bars_options options = { .title = NULL };
	GString *svg;
	const char *work, *leaf;

	sides[0] = base;
	sides[1] = subject;
	svg = fdar_tree_svg(diff, sides, &options);
	check_markup(svg);
	work = strstr(svg->str, ">work<");
	leaf = strstr(svg->str, ">leaf<");
	g_assert_nonnull(work);
	g_assert_nonnull(leaf);
	g_assert_true(work < leaf);
	g_assert_nonnull(strstr(svg->str, "+900 µs"));
	g_string_free(svg, TRUE);
	svg = fdar_tree_svg(diff, NULL, &options);
	check_markup(svg);
	g_string_free(svg, TRUE);
}

static void test_no_waits(void)
{
	g_autoptr(fdar_profile) base =
		script_profile("A 0 begin:1:c 100 +work 4000 -work 5000 end:1\n");
	g_autoptr(fdar_flame_tree) tree = fdar_flame_tree_of_profile(base);
	const struct fdar_bars_options options = { .title = NULL };
	GString *svg = fdar_waits_svg(tree, &options);

	check_markup(svg);
	g_assert_nonnull(strstr(svg->str, "No call that can block"));
	g_string_free(svg, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bars/waits", test_waits);
	g_test_add_func("/bars/tree", test_tree);
	g_test_add_func("/bars/no-waits", test_no_waits);
	return g_test_run();
}
