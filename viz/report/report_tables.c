#include "viz/report/report_private.h"

#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "viz/scene/label.h"

#define ROWS_MAX  500u /* more are left out, and counted */
#define PATHS_MAX 200u
#define DEPTH     6u /* functions of a call path that are shown, from its end */

static const char *unit_of(const struct fdar_diff *diff)
{
	return diff->whole_run ? "run" : diff->unit == FDAR_UNIT_REQUEST ? "request" : "session";
}

struct heading {
	const char *text, *title;
	gboolean numeric;
};

static void open_table(GString *out, const char *id, const char *caption,
		       const struct heading *headings, gsize count)
{
	fdar_html_format(out, "<div class=\"scroll\"><table id=\"%s\"><caption>", id);
	fdar_html_text(out, caption);
	g_string_append(out, "</caption><thead><tr>");
	for (gsize i = 0; i < count; i++) {
		fdar_html_format(out, "<th scope=\"col\"%s>",
				 headings[i].numeric ? " class=\"n\"" : "");
		g_string_append(out, "<span title=\"");
		fdar_html_text(out, headings[i].title);
		g_string_append(out, "\">");
		fdar_html_text(out, headings[i].text);
		g_string_append(out, "</span></th>");
	}
	g_string_append(out, "</tr></thead><tbody>\n");
}

static void close_table(GString *out, guint left_out)
{
	g_string_append(out, "</tbody></table></div>\n");
	if (left_out)
		fdar_html_format(out, "<p class=\"muted\">%u more rows are left out.</p>\n",
				 left_out);
}

static void ratio_cell(GString *out, double ratio, enum fdar_presence presence)
{
	g_autofree char *text = NULL;

	if (presence == FDAR_IN_SUBJECT || isinf(ratio)) {
		/* The baseline called it, too, and nothing was left of its own time. */
		fdar_html_number(out, presence == FDAR_IN_BOTH ? "from 0" : "new", 1e300);
		return;
	}
	if (presence == FDAR_IN_BASELINE) {
		fdar_html_number(out, "gone", 0);
		return;
	}
	text = fdar_label_ratio(ratio);
	fdar_html_number(out, text, ratio);
}

static void share_cell(GString *out, double share)
{
	g_autofree char *text = g_strdup_printf("%.0f %%", 100 * share);
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(number, sizeof(number), "%.4f", share);
	fdar_html_format(out, "<td class=\"n bar\" data-v=\"%s\">", number);
	fdar_html_format(out,
			 "<svg width=\"60\" height=\"10\" aria-hidden=\"true\"><rect "
			 "width=\"%.1f\" height=\"10\" fill=\"#f4a259\"/></svg> %s</td>",
			 60 * CLAMP(share, 0, 1), text);
}

static void name_cell(GString *out, const struct fdar_diff_row *row)
{
	g_string_append(out, "<th scope=\"row\"><code>");
	fdar_html_text(out, row->function);
	g_string_append(out, "</code>");
	if (row->below) {
		g_string_append(out, " <span class=\"muted\">in ");
		fdar_html_text(out, row->below);
		g_string_append(out, "</span>");
	}
	if (row->file) {
		g_string_append(out, "<br><span class=\"muted file\">");
		fdar_html_text(out, row->file);
		fdar_html_format(out, ":%d</span>", row->line);
	}
	g_string_append(out, "</th><td>");
	fdar_html_text(out, row->component);
	g_string_append(out, "</td>");
}

static void function_row(GString *out, const struct fdar_diff *diff,
			 const struct fdar_diff_row *row)
{
	g_autofree char *p = row->test.adjusted < 0.001
				     ? g_strdup("< 0.001")
				     : g_strdup_printf("%.3f", row->test.adjusted);
	g_autofree char *before = fdar_number_text(row->baseline.calls);
	g_autofree char *after = fdar_number_text(row->subject.calls);
	gboolean guilty = g_strcmp0(row->function, diff->verdict.function) == 0 &&
			  g_strcmp0(row->below, diff->verdict.below) == 0;

	g_string_append(out, guilty ? "<tr class=\"guilty\">" : "<tr>");
	name_cell(out, row);
	g_string_append(out, "<td>");
	fdar_html_text(out, fdar_change_name(row->change));
	g_string_append(out, "</td>");
	share_cell(out, row->share);
	ratio_cell(out, row->ratio, row->presence);
	fdar_html_duration(out, row->baseline.own_ns);
	fdar_html_duration(out, row->subject.own_ns);
	fdar_html_duration(out, row->added_ns);
	fdar_html_number(out, before, row->baseline.calls);
	fdar_html_number(out, after, row->subject.calls);
	fdar_html_number(out, diff->whole_run ? "" : p, row->test.adjusted);
	g_string_append(out, "</tr>\n");
}

void fdar_report_functions(GString *out, const struct fdar_report *report)
{
	const struct fdar_diff *diff = report->diff;
	const struct heading headings[] = {
		{ "function", "Own time of the function, or of one kind of wait right below it",
		  FALSE },
		{ "binary", "The program or library it is in", FALSE },
		{ "change", "What grew", FALSE },
		{ "share", "Part of all the added time", TRUE },
		{ "ratio", "Subject's own time against the baseline's", TRUE },
		{ "baseline", "Mean own time", TRUE },
		{ "subject", "Mean own time", TRUE },
		{ "added", "The difference", TRUE },
		{ "calls, baseline", "Mean number of calls", TRUE },
		{ "calls, subject", "Mean number of calls", TRUE },
		{ "p",
		  "That chance alone shows such a difference, corrected for the number of rows",
		  TRUE },
	};
	g_autofree char *caption =
		g_strdup_printf("Functions by their share of the added time, per %s",
				unit_of(diff));
	guint rows = MIN(diff->row_count, ROWS_MAX);

	open_table(out, "functions", caption, headings, G_N_ELEMENTS(headings));
	for (guint i = 0; i < rows; i++)
		function_row(out, diff, &diff->rows[i]);
	close_table(out, diff->row_count - rows);
}

static const struct fdar_diff_side *only_side(const struct fdar_diff_node *node)
{
	return node->presence == FDAR_IN_SUBJECT ? &node->subject : &node->baseline;
}

static int by_total(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct fdar_diff *diff = user;
	double x = only_side(&diff->nodes[*(const uint32_t *)a])->total_ns;
	double y = only_side(&diff->nodes[*(const uint32_t *)b])->total_ns;

	return x > y ? -1 : x < y;
}

static void path_row(GString *out, const struct fdar_diff *diff, uint32_t index)
{
	const struct fdar_diff_node *node = &diff->nodes[index];
	const struct fdar_diff_side *side = only_side(node);
	g_autofree char *path = fdar_diff_path(diff, index, DEPTH);
	g_autofree char *calls = fdar_number_text(side->calls);

	g_string_append(out, "<tr><th scope=\"row\"><code>");
	fdar_html_text(out, path);
	fdar_html_format(out, "</code></th><td>%s</td>",
			 node->presence == FDAR_IN_SUBJECT ? "new" : "gone");
	fdar_html_duration(out, side->total_ns);
	fdar_html_number(out, calls, side->calls);
	g_string_append(out, "</tr>\n");
}

/* Call paths that only one side has, the longest first. */
void fdar_report_paths(GString *out, const struct fdar_report *report)
{
	const struct fdar_diff *diff = report->diff;
	const struct heading headings[] = {
		{ "call path", "From its callers down", FALSE },
		{ "side", "new: only in the subject; gone: only in the baseline", FALSE },
		{ "time", "Mean time, with all that is below", TRUE },
		{ "calls", "Mean number of calls", TRUE },
	};
	g_autoptr(GArray) paths = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (uint32_t i = 1; i < diff->node_count; i++)
		if (diff->nodes[i].presence != FDAR_IN_BOTH)
			g_array_append_val(paths, i);
	if (!paths->len)
		return;
	g_array_sort_with_data(paths, by_total, (gpointer)diff);
	open_table(out, "paths", "Call paths that only one side has", headings,
		   G_N_ELEMENTS(headings));
	for (guint i = 0; i < MIN(paths->len, PATHS_MAX); i++)
		path_row(out, diff, g_array_index(paths, uint32_t, i));
	close_table(out, paths->len > PATHS_MAX ? paths->len - PATHS_MAX : 0);
}

/* Closed; a link into it opens it, without script, too. */
static void diagrams(GString *out, const struct fdar_report *report)
{
	for (gsize i = 0; i < report->session_count; i++) {
		const struct fdar_report_session *session = &report->sessions[i];
		g_autofree char *time = fdar_label_mean_duration((double)session->busy_ns);

		if (!session->diagram)
			continue;
		g_string_append(out, "<details><summary>");
		fdar_html_text(out, session->peer);
		g_string_append(out, " · ");
		fdar_html_text(out, report->sides[session->side]);
		fdar_html_format(out, " · %s</summary><figure id=\"session%zu\">", time, i);
		g_string_append(out, session->diagram);
		g_string_append(out, "</figure></details>\n");
	}
}

void fdar_report_sessions(GString *out, const struct fdar_report *report)
{
	const struct heading headings[] = {
		{ "client", "Address of the client", FALSE },
		{ "side", "Which recording it is of", FALSE },
		{ "label", "What the replay called it", FALSE },
		{ "server time", "Running, waiting in calls and in queues, all threads", TRUE },
		{ "running", "Of it: not waiting", TRUE },
		{ "open", "From its begin to its end", TRUE },
		{ "ended", "Whether its end was recorded", FALSE },
		{ "most of it in", "The function that took most of its time", FALSE },
	};

	if (!report->session_count)
		return;
	open_table(out, "sessions", "The sessions that took most of the server's time", headings,
		   G_N_ELEMENTS(headings));
	for (gsize i = 0; i < report->session_count; i++) {
		const struct fdar_report_session *session = &report->sessions[i];

		g_string_append(out, "<tr><th scope=\"row\">");
		if (session->diagram)
			fdar_html_format(out, "<a href=\"#session%zu\">", i);
		fdar_html_text(out, session->peer);
		if (session->diagram)
			g_string_append(out, "</a>");
		g_string_append(out, "</th><td>");
		fdar_html_text(out, report->sides[session->side]);
		g_string_append(out, "</td><td>");
		fdar_html_text(out, session->label);
		g_string_append(out, "</td>");
		fdar_html_duration(out, (double)session->busy_ns);
		fdar_html_duration(out, (double)session->running_ns);
		fdar_html_duration(out, (double)session->lifetime_ns);
		fdar_html_format(out, "<td>%s</td><td><code>", session->finished ? "yes" : "no");
		fdar_html_text(out, session->function);
		g_string_append(out, "</code></td></tr>\n");
	}
	close_table(out, 0);
	diagrams(out, report);
	g_string_append(out, "<p class=\"muted\">The diagram of any other one: <code>flowdar "
			     "sequence RECORDING --session CLIENT</code></p>\n");
}
