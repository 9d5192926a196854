/* Whether a comparison named something. */
#include "cli/reduce/named.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* Commands in the place of diff: what they print is in the name of the baseline. */
static int print(int argc, char **argv)
{
	g_assert_cmpint(argc, ==, 5);
	fputs("a warning, which is no JSON\n", stderr);
	puts(argv[3]);
	return strcmp(argv[4], "fails") == 0 ? 1 : 0;
}

static void assert_named(const char *json, const char *subject, gboolean expected)
{
	g_autofree char *folder = g_dir_make_tmp("named-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, "verdict.json", NULL);
	g_autoptr(GPtrArray) sides = g_ptr_array_new();

	g_ptr_array_add(sides, (gpointer)json);
	g_ptr_array_add(sides, (gpointer)subject);
	g_assert_cmpint(fdar_named(print, sides, file), ==, expected);
	g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
	g_rmdir(folder);
}

static void test_named(void)
{
	const char *function = "{\"verdict\": {\"function\": \"match\", \"below\": null}}";

	assert_named(function, "bad", TRUE);
	assert_named("{\"verdict\": {\"function\": null, \"below\": \"recv\"}}", "bad", TRUE);
	assert_named(function, "fails", FALSE);
	assert_named("{\"verdict\": {\"function\": null, \"below\": null}}", "bad", FALSE);
	assert_named("{\"verdict\": {}}", "bad", FALSE);
	assert_named("{\"verdict\": []}", "bad", FALSE);
	assert_named("[]", "bad", FALSE);
	assert_named("not JSON", "bad", FALSE);
	assert_named("", "bad", FALSE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/named/verdicts", test_named);
	return g_test_run();
}
