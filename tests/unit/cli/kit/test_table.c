/* cli/table: the three formats, hostile texts, numbers for people. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-glib/json-glib.h>

#include "base/show.h"
#include "cli/kit/cells.h"
#include "cli/kit/table.h"

static const struct fdar_column columns[] = {
	{ "function", "function", FALSE, TRUE },
	{ "time", "time_ns", TRUE, FALSE },
};

static struct fdar_table *make_table(const char *name)
{
	struct fdar_table *table = fdar_table_new("rows", columns, G_N_ELEMENTS(columns));

	fdar_table_row(table);
	fdar_table_cell(table, 0, name, NULL);
	fdar_table_cell(table, 1, "1.20 ms", "1200000");
	fdar_table_row(table);
	fdar_table_cell(table, 0, "idle", NULL);
	return table;
}

static char *print(const struct fdar_table *table, enum fdar_format format)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	g_assert_nonnull(out);
	if (format == FDAR_FORMAT_TABLE) {
		fclose(out);
		free(text);
		g_autofree char *path = NULL;
		int fd = g_file_open_tmp("table-XXXXXX", &path, NULL);
		out = fdopen(fd, "w+");
		fdar_table_print(table, format, out);
		fclose(out);
		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		remove(path);
		return text;
	}
	fdar_table_print(table, format, out);
	fclose(out);
	return text;
}

static void test_formats(void)
{
	g_autoptr(fdar_table) table = make_table("ap_regexec");
	g_autofree char *csv = print(table, FDAR_FORMAT_CSV);
	g_autofree char *people = print(table, FDAR_FORMAT_TABLE);

	g_assert_cmpstr(csv, ==, "function,time_ns\nap_regexec,1200000\nidle,\n");
	g_assert_nonnull(strstr(people, "1.20 ms"));
	g_assert_null(strstr(people, "1200000"));
}

static void test_hostile(void)
{
	static const char hostile[] = "a\"b\\c,\n<\x01\xff>";
	g_autoptr(fdar_table) table = make_table(hostile);
	g_autofree char *json = print(table, FDAR_FORMAT_JSON);
	g_autofree char *csv = print(table, FDAR_FORMAT_CSV);
	g_autofree char *expected = g_utf8_make_valid(hostile, -1);
	g_autoptr(GError) error = NULL;
	g_autoptr(JsonNode) root = json_from_string(json, &error);

	g_assert_no_error(error);
	JsonArray *rows = json_object_get_array_member(json_node_get_object(root), "rows");
	g_assert_cmpuint(json_array_get_length(rows), ==, 2);
	JsonObject *row = json_array_get_object_element(rows, 0);
	g_assert_cmpstr(json_object_get_string_member(row, "function"), ==, expected);
	g_assert_cmpint(json_object_get_int_member(row, "time_ns"), ==, 1200000);
	g_assert_true(
		json_object_get_null_member(json_array_get_object_element(rows, 1), "time_ns"));
	g_assert_nonnull(strstr(csv, "\"a\"\"b\\c,\n<"));
}

/* Each of these would do something to a terminal or to a reader's eye. */
static const char *const bad[] = {
	"\x1b[31m",         "\x07",         "\x08",         "\x7f",     "\xc2\x9b\x33\x31m",
	"\xc2\x80",         "\xe2\x80\xae", "\xe2\x81\xa6", "\xd8\x9c", "\xe2\x80\xa8",
	"\xf3\xa0\x80\xa1", "\xef\xbb\xbf", "\x9b",
};

static void test_terminal(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *name = g_strconcat("a", bad[i], "z", NULL);
		g_autofree char *shown = fdar_show(name);
		g_autoptr(fdar_table) table = make_table(name);
		g_autofree char *json = print(table, FDAR_FORMAT_JSON);
		g_autofree char *csv = print(table, FDAR_FORMAT_CSV);
		g_autofree char *people = print(table, FDAR_FORMAT_TABLE);
		const char *raw = bad[i];

		g_assert_null(strstr(csv, raw));
		g_assert_null(strstr(people, raw));
		g_assert_null(strstr(json, raw));
		g_assert_null(strstr(shown, raw));
		g_assert_true(g_utf8_validate(csv, -1, NULL));
		g_assert_true(g_utf8_validate(shown, -1, NULL));
		g_assert_true(g_str_has_prefix(shown, "a") && g_str_has_suffix(shown, "z"));
	}
}

/* What is escaped comes back as it was. */
static void test_json_whole(void)
{
	for (gsize i = 0; i + 1 < G_N_ELEMENTS(bad); i++) {
		g_autofree char *json = fdar_json_text(bad[i]);
		g_autoptr(JsonNode) node = json_from_string(json, NULL);

		g_assert_nonnull(node);
		g_assert_cmpstr(json_node_get_string(node), ==, bad[i]);
	}
}

/* A name may have in it what paths are joined by: the array tells them apart. */
static void test_list(void)
{
	static const char *const frames[] = { "main", "Set::operator > \"", NULL };
	g_autoptr(fdar_table) table = make_table("main > Set::operator > \"");
	g_autofree char *csv = NULL, *json = NULL;

	fdar_table_row(table);
	fdar_table_cell(table, 0, "main > Set::operator > \"", NULL);
	fdar_table_list(table, 0, "frames", frames);
	json = print(table, FDAR_FORMAT_JSON);
	csv = print(table, FDAR_FORMAT_CSV);
	g_assert_nonnull(
		strstr(json, "\"frames\": [\"main\", \"Set::operator > \\\"\"], \"time_ns\""));
	g_assert_null(strstr(csv, "frames"));
}

static void test_formulas(void)
{
	static const char *const formulas[] = { "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1" };

	for (gsize i = 0; i < G_N_ELEMENTS(formulas); i++) {
		g_autoptr(fdar_table) table = make_table(formulas[i]);
		g_autofree char *csv = print(table, FDAR_FORMAT_CSV);
		const char *cell = strchr(csv, '\n') + 1;

		g_assert_cmpint(*cell == '"' ? cell[1] : *cell, ==, '\'');
	}
	/* Numbers are ours, and may be negative. */
	g_autoptr(fdar_table) table = fdar_table_new("rows", columns, G_N_ELEMENTS(columns));
	g_autofree char *csv = NULL;

	fdar_table_row(table);
	fdar_table_cell(table, 0, "a-b=c", NULL);
	fdar_table_cell(table, 1, "-1", NULL);
	csv = print(table, FDAR_FORMAT_CSV);
	g_assert_cmpstr(csv, ==, "function,time_ns\na-b=c,-1\n");
}

static void test_durations(void)
{
	static const struct {
		double ns;
		const char *expected;
	} cases[] = { { 0, "0 ns" },        { 830, "830 ns" },    { 999.4, "999 ns" },
		      { 999.6, "1.00 us" }, { 1234, "1.23 us" },  { 12340, "12.3 us" },
		      { 99960, "100 us" },  { 123400, "123 us" }, { 999700, "1.00 ms" },
		      { 2100e6, "2.10 s" }, { 1234e9, "1234 s" } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = fdar_format_duration(cases[i].ns);
		g_assert_cmpstr(text, ==, cases[i].expected);
	}
	g_autofree char *small = fdar_format_count(999);
	g_autofree char *large = fdar_format_count(1234567);
	g_assert_cmpstr(small, ==, "999");
	g_assert_cmpstr(large, ==, "1,234,567");
}

static void test_format_names(void)
{
	enum fdar_format format = FDAR_FORMAT_CSV;

	g_assert_true(fdar_format_parse(NULL, &format));
	g_assert_cmpint(format, ==, FDAR_FORMAT_TABLE);
	g_assert_true(fdar_format_parse("json", &format));
	g_assert_cmpint(format, ==, FDAR_FORMAT_JSON);
	g_assert_false(fdar_format_parse("xml", &format));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/table/formats", test_formats);
	g_test_add_func("/table/hostile", test_hostile);
	g_test_add_func("/table/terminal", test_terminal);
	g_test_add_func("/table/json-whole", test_json_whole);
	g_test_add_func("/table/list", test_list);
	g_test_add_func("/table/formulas", test_formulas);
	g_test_add_func("/table/numbers-for-people", test_durations);
	g_test_add_func("/table/format-names", test_format_names);
	return g_test_run();
}
