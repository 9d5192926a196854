/* The report's document: whole without script, closed to the outside, and not to be broken into. */
#include "viz/report/report.h"

#include <string.h>

#include "tests/unit/kit/profile_script.h"
#include "viz/scene/label.h"

#define HOSTILE "</script><script>alert(1)</script>\"'&\033[31m\xe2\x80\xae"

static const char usual[] = "1A 0 begin:1:c 100 +work 1100 -work 1200 end:1\n"
			    "2A 0 begin:2:c 100 +work 1100 -work 1200 end:2\n";
static const char slow[] = "1A 0 begin:1:c 100 +work 9000100 -work 9000200 end:1\n"
			   "2A 0 begin:2:c 100 +work 9000100 -work 9000200 end:2\n";
static const char idle[] = "1A 0 begin:1:c 100 +work 100 -work 1200 end:1\n"
			   "2A 0 begin:2:c 100 +work 100 -work 1200 end:2\n";

static struct fdar_diff *compared(void)
{
	g_autoptr(fdar_profile) baseline = script_profile(usual);
	g_autoptr(fdar_profile) subject = script_profile(slow);
	struct fdar_diff *diff = fdar_diff_new(baseline, subject, NULL, NULL);

	g_assert_nonnull(diff);
	return diff;
}

static unsigned count(const char *text, const char *what)
{
	unsigned found = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		found++;
	return found;
}

static void test_document(void)
{
	g_autoptr(fdar_diff) diff = compared();
	const struct fdar_report report = {
		.title = "t", .diff = diff, .sides = { "usual", "slow" }, .generator = "flowdar"
	};
	GString *html = fdar_report_html(&report);

	g_assert_nonnull(strstr(html->str, "default-src 'none'"));
	g_assert_nonnull(strstr(html->str, "<code>work</code>"));
	/* The sentence has the sign of the tables. */
	g_autofree char *sentence = fdar_label_units(diff->verdict.sentence);

	g_assert_nonnull(strstr(html->str, sentence));
	g_assert_null(strstr(html->str, " us "));
	g_assert_cmpuint(count(html->str, "<script>"), ==, 1);
	g_assert_cmpuint(count(html->str, "<table"), ==, count(html->str, "</table>"));
	g_assert_cmpuint(count(html->str, "<section"), ==, count(html->str, "</section>"));
	g_assert_null(strstr(html->str, " src="));
	/* Links to its own sections only, and each is there. */
	g_assert_cmpuint(count(html->str, " href="), ==, count(html->str, "<a href=\"#"));
	g_assert_nonnull(strstr(html->str, "<a href=\"#ranking\">"));
	g_assert_nonnull(strstr(html->str, "<section id=\"ranking\">"));
	g_assert_null(strstr(html->str, "url("));
	/* Why the verdict is as sure as it is. */
	g_autofree char *reason = fdar_label_units(diff->verdict.reason);
	g_assert_nonnull(strstr(html->str, reason));
	g_string_free(html, TRUE);
}

/* What was called in the baseline is not new, though nothing is left of its own time there. */
static void test_from_nothing(void)
{
	g_autoptr(fdar_profile) baseline = script_profile(idle);
	g_autoptr(fdar_profile) subject = script_profile(slow);
	g_autoptr(fdar_diff) diff = fdar_diff_new(baseline, subject, NULL, NULL);
	const struct fdar_report report = {
		.title = "t", .diff = diff, .sides = { "usual", "slow" }, .generator = "flowdar"
	};
	GString *html = fdar_report_html(&report);

	g_assert_nonnull(strstr(html->str, ">from 0</td>"));
	g_assert_null(strstr(html->str, ">new</td>"));
	g_string_free(html, TRUE);
}

/* One recording alone: what costs most, and no verdict. */
static void test_alone(void)
{
	g_autoptr(fdar_profile) labelled = script_profile(slow);
	g_autoptr(fdar_profile) profile = fdar_profile_flatten(labelled);
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);
	const struct fdar_report_fact fact = { "server", { "httpd -X", NULL } };
	const struct fdar_report report = { .title = "work takes most",
					    .profile = profile,
					    .sides = { "slow", NULL },
					    .busy_ns = { &group->busy_ns, NULL },
					    .drawn_ns = { 9000000, 0 },
					    .latency_ns = { &group->lifetime_ns, NULL },
					    .facts = &fact,
					    .fact_count = 1,
					    .generator = "flowdar" };
	GString *html = fdar_report_html(&report);

	g_assert_nonnull(strstr(html->str, "<code>work</code>"));
	g_assert_nonnull(strstr(html->str, "httpd -X"));
	g_assert_nonnull(strstr(html->str, "the session that is drawn: 9.00 ms"));
	g_assert_nonnull(strstr(html->str, "What clients waited for each answer"));
	g_assert_nonnull(strstr(html->str, "of 2 answers"));
	g_assert_null(strstr(html->str, "confidence: "));
	g_assert_null(strstr(html->str, ">baseline"));
	g_assert_cmpuint(count(html->str, "<table"), ==, count(html->str, "</table>"));
	g_assert_cmpuint(count(html->str, "<section"), ==, count(html->str, "</section>"));
	g_string_free(html, TRUE);
}

/* Texts of strangers are everywhere, and nowhere markup. */
static void test_hostile(void)
{
	g_autoptr(fdar_diff) diff = compared();
	const struct fdar_report_fact fact = { "server", { HOSTILE, HOSTILE } };
	const struct fdar_report_session session = { .peer = (char *)HOSTILE,
						     .label = (char *)HOSTILE,
						     .function = (char *)HOSTILE };
	const char *const commands[] = { HOSTILE, NULL };
	struct fdar_report report = { .title = HOSTILE,
				      .diff = diff,
				      .sides = { HOSTILE, HOSTILE },
				      .facts = &fact,
				      .fact_count = 1,
				      .sessions = &session,
				      .session_count = 1,
				      .commands = commands,
				      .generator = HOSTILE };
	GString *html;

	for (uint32_t i = 0; i < diff->row_count; i++)
		diff->rows[i].function = diff->rows[i].component = diff->rows[i].below = HOSTILE;
	g_ptr_array_add(diff->hints, g_strdup(HOSTILE));
	html = fdar_report_html(&report);
	g_assert_cmpuint(count(html->str, "<script"), ==, 1);
	g_assert_cmpuint(count(html->str, "</script"), ==, 1);
	g_assert_null(strchr(html->str, '\033'));
	g_string_free(html, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report/document", test_document);
	g_test_add_func("/report/from_nothing", test_from_nothing);
	g_test_add_func("/report/alone", test_alone);
	g_test_add_func("/report/hostile", test_hostile);
	return g_test_run();
}
