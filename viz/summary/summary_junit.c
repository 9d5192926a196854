#include <string.h>

#include "base/show.h"
#include "viz/scene/label.h"
#include "viz/summary/summary.h"

/* No control characters (XML 1.0 has none), and as an attribute's value or text. */
static void put_text(GString *out, const char *text)
{
	g_autofree char *clean = fdar_show(text ? text : "");
	g_autofree char *escaped = g_markup_escape_text(clean, -1);

	g_string_append(out, escaped);
}

/* Of a sentence: its units are those of a document for people. */
static void put_words(GString *out, const char *words)
{
	g_autofree char *text = fdar_label_units(words);

	put_text(out, text);
}

/* Seconds, with a point in every locale. */
static void put_seconds(GString *out, double ns)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append(out, g_ascii_formatd(text, sizeof(text), "%.9f", ns / 1e9));
}

static void begin_case(GString *out, const char *name)
{
	g_string_append(out, "    <testcase classname=\"flowdar\" name=\"");
	put_text(out, name);
	g_string_append(out, "\" time=\"0\"");
}

static gboolean is_too_poor(const struct fdar_verdict *verdict)
{
	return verdict->refused || verdict->confidence == FDAR_CONFIDENCE_LOW;
}

static gboolean is_slower(const struct fdar_verdict *verdict)
{
	return !is_too_poor(verdict) && verdict->change != FDAR_CHANGE_NONE &&
	       verdict->change != FDAR_CHANGE_FASTER;
}

static void put_verdict(GString *out, const struct fdar_report *report)
{
	const struct fdar_verdict *verdict = &report->diff->verdict;
	g_autofree char *path = fdar_diff_path(report->diff, verdict->node, 0);

	begin_case(out, "the subject's sessions take no longer");
	if (is_too_poor(verdict)) {
		g_string_append(out, ">\n      <skipped message=\"");
		put_words(out, verdict->sentence);
		g_string_append(out, ": ");
		put_words(out, verdict->reason);
		g_string_append(out, "\"/>\n    </testcase>\n");
		return;
	}
	if (!is_slower(verdict)) {
		g_string_append(out, "/>\n");
		return;
	}
	g_string_append(out, ">\n      <failure type=\"");
	put_text(out, fdar_change_name(verdict->change));
	g_string_append(out, "\" message=\"");
	put_words(out, verdict->sentence);
	g_string_append(out, "\">");
	put_words(out, verdict->sentence);
	g_string_append_printf(out,
			       "\nconfidence: %s: ", fdar_confidence_name(verdict->confidence));
	put_words(out, verdict->reason);
	if (verdict->file) {
		g_string_append(out, "\nat: ");
		put_text(out, verdict->file);
		g_string_append_printf(out, ":%d", verdict->line);
	}
	if (verdict->node) {
		g_string_append(out, "\ncalled by: ");
		put_text(out, path);
	}
	g_string_append(out, "</failure>\n    </testcase>\n");
}

static void put_check(GString *out, const struct fdar_report *report,
		      const struct fdar_summary_check *check)
{
	const struct fdar_verdict *verdict = &report->diff->verdict;
	char value[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(value, sizeof(value), "%.4g", check->value);
	begin_case(out, check->name);
	if (is_too_poor(verdict)) {
		g_string_append_printf(out, ">\n      <skipped message=\"it is %s, but: ", value);
		put_words(out, verdict->reason);
		g_string_append(out, "\"/>\n    </testcase>\n");
	} else if (check->failed) {
		g_string_append_printf(out,
				       ">\n      <failure type=\"limit\" message=\"it is %s\">",
				       value);
		put_words(out, verdict->sentence);
		g_string_append(out, "</failure>\n    </testcase>\n");
	} else {
		g_string_append(out, "/>\n");
	}
}

GString *fdar_summary_junit(const struct fdar_report *report,
			    const struct fdar_summary_check *checks, gsize count)
{
	const struct fdar_verdict *verdict = &report->diff->verdict;
	gsize skipped = is_too_poor(verdict) ? count + 1 : 0;
	gsize failed = is_slower(verdict) ? 1 : 0;
	GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");

	for (gsize i = 0; i < count && !skipped; i++)
		failed += checks[i].failed ? 1 : 0;
	for (unsigned level = 0; level < 2; level++) {
		g_string_append_printf(out,
				       "%s name=\"%s\" tests=\"%" G_GSIZE_FORMAT
				       "\" failures=\"%" G_GSIZE_FORMAT
				       "\" errors=\"0\" skipped=\"%" G_GSIZE_FORMAT "\" time=\"",
				       level ? "  <testsuite" : "<testsuites",
				       level ? "sessions" : "flowdar", count + 1, failed, skipped);
		/* How long a session takes is all the time there is. */
		put_seconds(out, report->diff->subject.busy_ns);
		g_string_append(out, "\">\n");
	}
	put_verdict(out, report);
	for (gsize i = 0; i < count; i++)
		put_check(out, report, &checks[i]);
	g_string_append(out, "  </testsuite>\n</testsuites>\n");
	return out;
}
