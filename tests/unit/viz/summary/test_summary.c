/* The report in other forms: what is in it, what is skipped, and what strange names do. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "tests/unit/kit/profile_script.h"
#include "viz/summary/summary.h"

#define HOSTILE "</failure>]]><script>\"'&|`@nobody\\\n\t\033[31m\x01\xe2\x80\xae"

static const char usual[] = "1A 0 begin:1:c 100 +work 1100 -work 1200 end:1\n"
			    "2A 0 begin:2:c 100 +work 1100 -work 1200 end:2\n";
static const char slow[] = "1A 0 begin:1:c 100 +work 9000100 -work 9000200 end:1\n"
			   "2A 0 begin:2:c 100 +work 9000100 -work 9000200 end:2\n";

static const char *const commands[] = { "flowdar diff a b", NULL };

static struct fdar_diff *compared(void)
{
	g_autoptr(fdar_profile) baseline = script_profile(usual);
	g_autoptr(fdar_profile) subject = script_profile(slow);
	struct fdar_diff *diff = fdar_diff_new(baseline, subject, NULL, NULL);

	g_assert_nonnull(diff);
	diff->verdict.confidence = FDAR_CONFIDENCE_HIGH;
	diff->verdict.file = "../../src/a b.c";
	diff->verdict.line = 7;
	return diff;
}

static struct fdar_report report_of(const struct fdar_diff *diff)
{
	return (struct fdar_report){ .diff = diff,
				     .sides = { "usual", "slow" },
				     .commands = commands,
				     .generator = "flowdar 1.2.3" };
}

static JsonObject *parse(JsonParser *parser, const GString *text)
{
	g_assert_true(json_parser_load_from_data(parser, text->str, (gssize)text->len, NULL));
	return json_node_get_object(json_parser_get_root(parser));
}

/* No control character, nothing that turns what stands beside it. */
static void check_clean(const GString *text)
{
	g_assert_true(g_utf8_validate(text->str, (gssize)text->len, NULL));
	g_assert_null(strstr(text->str, "\xe2\x80\xae"));
	for (gsize i = 0; i < text->len; i++)
		g_assert_true(text->str[i] == '\n' || (guchar)text->str[i] >= 0x20);
}

static void test_markdown(void)
{
	static const char *const files[] = { "a b-flame.svg", NULL };
	const struct fdar_report_picture picture = {
		.id = "flame", .title = "Flame", .svg = "<svg/>", .flame = TRUE
	};
	g_autoptr(fdar_diff) diff = compared();
	struct fdar_report report = report_of(diff);
	GString *text;

	report.pictures = &picture;
	report.picture_count = 1;
	text = fdar_summary_markdown(&report, files);
	g_assert_nonnull(strstr(text->str, "**Confidence: high.** "));
	g_assert_nonnull(strstr(text->str, "| <code>work</code> | "));
	g_assert_nonnull(strstr(text->str, "line 7."));
	g_assert_nonnull(strstr(text->str, "![Flame](a%20b-flame.svg)"));
	g_assert_nonnull(strstr(text->str, "<pre>\n"));
	g_string_free(text, TRUE);
	text = fdar_summary_markdown(&report, NULL);
	g_assert_null(strstr(text->str, "!["));
	g_string_free(text, TRUE);
}

/* A GMarkup parser is one of XML: what does not nest, or is not allowed, is an error. */
static void check_xml(const GString *text)
{
	static const GMarkupParser nothing = { 0 };
	GMarkupParseContext *context = g_markup_parse_context_new(&nothing, 0, NULL, NULL);
	g_autoptr(GError) error = NULL;

	g_markup_parse_context_parse(context, text->str, (gssize)text->len, &error);
	g_assert_no_error(error);
	g_markup_parse_context_end_parse(context, &error);
	g_assert_no_error(error);
	g_markup_parse_context_free(context);
}

static void test_junit(void)
{
	const struct fdar_summary_check checks[] = { { "ratio>2", 9000, TRUE },
						     { "lost>1", 0, FALSE } };
	g_autoptr(fdar_diff) diff = compared();
	const struct fdar_report report = report_of(diff);
	GString *text = fdar_summary_junit(&report, checks, 2);

	check_xml(text);
	g_assert_nonnull(
		strstr(text->str, "tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"0\""));
	g_assert_nonnull(strstr(text->str, "name=\"ratio&gt;2\""));
	g_assert_nonnull(strstr(text->str, "at: ../../src/a b.c:7"));
	g_assert_nonnull(strstr(text->str, "time=\"0.009000000\""));
	g_string_free(text, TRUE);
	/* What nobody can rely on is neither good nor bad. */
	diff->verdict.confidence = FDAR_CONFIDENCE_LOW;
	text = fdar_summary_junit(&report, checks, 2);
	check_xml(text);
	g_assert_nonnull(
		strstr(text->str, "tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"3\""));
	g_string_free(text, TRUE);
	diff->verdict.confidence = FDAR_CONFIDENCE_HIGH;
	diff->verdict.change = FDAR_CHANGE_NONE;
	text = fdar_summary_junit(&report, NULL, 0);
	check_xml(text);
	g_assert_nonnull(
		strstr(text->str, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\""));
	g_string_free(text, TRUE);
}

static JsonArray *results_of(JsonObject *root)
{
	JsonArray *runs = json_object_get_array_member(root, "runs");

	return json_object_get_array_member(json_array_get_object_element(runs, 0), "results");
}

static void test_sarif(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(fdar_diff) diff = compared();
	const struct fdar_report report = report_of(diff);
	GString *text = fdar_summary_sarif(&report, "/home/x");
	JsonObject *result = json_array_get_object_element(results_of(parse(parser, text)), 0);

	g_assert_cmpstr(json_object_get_string_member(result, "ruleId"), ==, "flowdar/runs-longer");
	g_assert_cmpstr(json_object_get_string_member(result, "level"), ==, "error");
	g_assert_nonnull(strstr(text->str, "\"uri\":\"src/a%20b.c\""));
	g_assert_nonnull(strstr(text->str, "\"startLine\":7"));
	g_assert_nonnull(strstr(text->str, "\"version\":\"1.2.3\""));
	g_string_free(text, TRUE);
	diff->verdict.file = "/home/x/src/c.c";
	text = fdar_summary_sarif(&report, "/home/x");
	g_assert_nonnull(strstr(text->str, "\"uri\":\"src/c.c\""));
	g_string_free(text, TRUE);
	/* No line: no place in a file. */
	diff->verdict.line = 0;
	text = fdar_summary_sarif(&report, NULL);
	g_assert_null(strstr(text->str, "physicalLocation"));
	g_string_free(text, TRUE);
	diff->verdict.refused = TRUE;
	text = fdar_summary_sarif(&report, NULL);
	g_assert_cmpuint(json_array_get_length(results_of(parse(parser, text))), ==, 0);
	g_assert_nonnull(strstr(text->str, "\"executionSuccessful\":false"));
	g_string_free(text, TRUE);
}

static void test_json(void)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(fdar_diff) diff = compared();
	const struct fdar_report report = report_of(diff);
	GString *text = fdar_summary_json(&report);
	JsonObject *root = parse(parser, text);
	JsonObject *verdict = json_object_get_object_member(root, "verdict");
	JsonObject *row =
		json_array_get_object_element(json_object_get_array_member(root, "functions"), 0);

	g_assert_cmpint(json_object_get_int_member(root, "format"), ==, 1);
	g_assert_cmpstr(json_object_get_string_member(verdict, "function"), ==, "work");
	g_assert_cmpint(json_object_get_int_member(verdict, "line"), ==, 7);
	g_assert_cmpstr(json_object_get_string_member(row, "function"), ==, "work");
	g_assert_cmpint(json_object_get_int_member(json_object_get_object_member(row, "subject"),
						   "own_ns"),
			==, 9000000);
	g_assert_cmpuint(json_array_get_length(json_object_get_array_member(root, "sides")), ==, 2);
	g_string_free(text, TRUE);
}

static void test_hostile(void)
{
	const struct fdar_report_fact fact = { HOSTILE, { HOSTILE, NULL } };
	const struct fdar_report_session session = { .peer = (char *)HOSTILE };
	const struct fdar_summary_check check = { HOSTILE, 1, TRUE };
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(fdar_diff) diff = compared();
	struct fdar_report report = report_of(diff);
	GString *text;

	for (uint32_t i = 0; i < diff->row_count; i++)
		diff->rows[i].function = diff->rows[i].component = diff->rows[i].below = HOSTILE;
	g_ptr_array_add(diff->hints, g_strdup(HOSTILE));
	diff->verdict.function = diff->verdict.component = diff->verdict.file = HOSTILE;
	g_free(diff->verdict.sentence);
	diff->verdict.sentence = g_strdup(HOSTILE);
	report.sides[0] = HOSTILE;
	report.facts = &fact;
	report.fact_count = 1;
	report.sessions = &session;
	report.session_count = 1;
	text = fdar_summary_markdown(&report, NULL);
	check_clean(text);
	g_assert_null(strstr(text->str, "<script"));
	g_assert_null(strchr(text->str, '`'));
	g_assert_null(strchr(text->str, '@'));
	g_string_free(text, TRUE);
	text = fdar_summary_junit(&report, &check, 1);
	check_clean(text);
	check_xml(text);
	g_string_free(text, TRUE);
	text = fdar_summary_sarif(&report, NULL);
	check_clean(text);
	parse(parser, text);
	g_string_free(text, TRUE);
	text = fdar_summary_json(&report);
	check_clean(text);
	parse(parser, text);
	g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/summary/markdown", test_markdown);
	g_test_add_func("/summary/junit", test_junit);
	g_test_add_func("/summary/sarif", test_sarif);
	g_test_add_func("/summary/json", test_json);
	g_test_add_func("/summary/hostile", test_hostile);
	return g_test_run();
}
