#include "viz/report/report_private.h"

#include <string.h>

#include "viz/scene/label.h"

#define POLICY \
	"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

static void head(GString *out, const struct fdar_report *report)
{
	g_string_append(out,
			"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			"<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
			"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			"<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	fdar_html_text(out, report->title);
	g_string_append(out, "</title>\n<style>\n");
	g_string_append(out, fdar_report_css);
	g_string_append(out, "</style>\n</head>\n<body>\n");
}

static void verdict(GString *out, const struct fdar_report *report)
{
	const struct fdar_verdict *found = &report->diff->verdict;

	g_string_append(out, "<header><p class=\"muted\">flowdar report</p><h1>");
	fdar_html_text(out, found->sentence);
	g_string_append(out, "</h1>\n<p>");
	if (found->file) {
		g_string_append(out, "<code>");
		fdar_html_text(out, found->file);
		fdar_html_format(out, ":%d</code> · ", found->line);
	}
	fdar_html_format(out, "<span class=\"confidence %s\">confidence: %s</span></p>\n",
			 fdar_confidence_name(found->confidence),
			 fdar_confidence_name(found->confidence));
	if (found->node) {
		g_autofree char *path = fdar_diff_path(report->diff, found->node, 0);

		g_string_append(out,
				"<p class=\"path\"><span class=\"muted\">call path:</span> <code>");
		fdar_html_text(out, path);
		g_string_append(out, "</code></p>\n");
	}
	if (report->diff->hints->len) {
		g_string_append(out, "<ul class=\"hints\">");
		for (guint i = 0; i < report->diff->hints->len; i++) {
			g_string_append(out, "<li>");
			fdar_html_text(out, report->diff->hints->pdata[i]);
			g_string_append(out, "</li>");
		}
		g_string_append(out, "</ul>\n");
	}
	g_string_append(out, "</header>\n<main>\n");
}

static void fact(GString *out, const char *name, const char *baseline, const char *subject)
{
	g_string_append(out, "<tr><th scope=\"row\">");
	fdar_html_text(out, name);
	g_string_append(out, "</th><td>");
	fdar_html_text(out, baseline);
	g_string_append(out, "</td><td>");
	fdar_html_text(out, subject);
	g_string_append(out, "</td></tr>\n");
}

static void measured(GString *out, const struct fdar_diff *diff)
{
	const struct fdar_diff_sessions *sides[] = { &diff->baseline, &diff->subject };
	char *text[4][2];

	for (unsigned i = 0; i < 2; i++) {
		text[0][i] =
			g_strdup_printf("%" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT " unfinished)",
					sides[i]->sessions, sides[i]->unfinished);
		text[1][i] = fdar_label_duration((guint64)sides[i]->busy_ns);
		text[2][i] = fdar_label_duration((guint64)sides[i]->busy_median_ns);
		text[3][i] = fdar_label_duration((guint64)sides[i]->busy_p99_ns);
	}
	fact(out, diff->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions", text[0][0],
	     text[0][1]);
	fact(out, "server time of each, mean", text[1][0], text[1][1]);
	fact(out, "median", text[2][0], text[2][1]);
	fact(out, "99th percentile", text[3][0], text[3][1]);
	for (unsigned i = 0; i < 8; i++)
		g_free(text[i / 2][i % 2]);
}

static void facts(GString *out, const struct fdar_report *report)
{
	g_string_append(out,
			"<section id=\"run\"><h2>What was run</h2><div class=\"scroll\"><table "
			"class=\"plain\"><thead><tr><td></td><th scope=\"col\">baseline: ");
	fdar_html_text(out, report->sides[0]);
	g_string_append(out, "</th><th scope=\"col\">subject: ");
	fdar_html_text(out, report->sides[1]);
	g_string_append(out, "</th></tr></thead><tbody>\n");
	measured(out, report->diff);
	for (gsize i = 0; i < report->fact_count; i++)
		fact(out, report->facts[i].name, report->facts[i].values[0],
		     report->facts[i].values[1]);
	g_string_append(out, "</tbody></table></div></section>\n");
}

static void picture(GString *out, const struct fdar_report_picture *shown)
{
	fdar_html_format(out, "<section id=\"%s\"%s><h2>", shown->id,
			 shown->flame ? " class=\"flame\"" : "");
	fdar_html_text(out, shown->title);
	g_string_append(
		out,
		"</h2><figure><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
	fdar_html_text(out, shown->title);
	g_string_append(out, "\">");
	g_string_append(out, shown->svg);
	g_string_append(out, "</div>");
	if (shown->words) {
		g_string_append(out, "<figcaption>");
		fdar_html_text(out, shown->words);
		g_string_append(out, "</figcaption>");
	}
	g_string_append(out, "</figure></section>\n");
}

static void again(GString *out, const struct fdar_report *report)
{
	g_string_append(out, "<section id=\"again\"><h2>To see it again</h2><pre><code>");
	for (const char *const *command = report->commands; command && *command; command++) {
		fdar_html_text(out, *command);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, "</code></pre></section>\n</main>\n<footer class=\"muted\">");
	fdar_html_text(out, report->generator);
	g_string_append(
		out, ". This file needs nothing but itself: no network, no other file.</footer>\n"
		     "<script>\n");
	g_string_append(out, fdar_report_js);
	g_string_append(out, "</script>\n</body>\n</html>\n");
}

GString *fdar_report_html(const struct fdar_report *report)
{
	GString *out = g_string_sized_new(1 << 18);

	head(out, report);
	verdict(out, report);
	facts(out, report);
	g_string_append(out, "<section id=\"ranking\"><h2>Which functions</h2>\n");
	fdar_report_functions(out, report);
	fdar_report_paths(out, report);
	g_string_append(out, "</section>\n");
	fdar_report_distribution(out, report);
	for (gsize i = 0; i < report->picture_count; i++)
		picture(out, &report->pictures[i]);
	if (report->session_count) {
		g_string_append(out, "<section id=\"who\"><h2>Which sessions</h2>\n");
		fdar_report_sessions(out, report);
		g_string_append(out, "</section>\n");
	}
	again(out, report);
	return out;
}
