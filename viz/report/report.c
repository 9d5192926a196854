#include "viz/report/report_private.h"

#include <string.h>

#include "base/amount.h"
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
	fdar_html_words(out, report->title);
	g_string_append(out, "</title>\n<style>\n");
	g_string_append(out, fdar_report_css);
	g_string_append(out, "</style>\n</head>\n<body>\n");
}

struct measures {
	guint64 sessions, unfinished;
	double mean_ns, median_ns, p99_ns;
};

static void measure_sides(const struct fdar_report *report, struct measures sides[2])
{
	const struct fdar_profile_group *group = NULL;

	if (report->diff) {
		const struct fdar_diff_sessions *of[] = { &report->diff->baseline,
							  &report->diff->subject };

		for (unsigned i = 0; i < 2; i++)
			sides[i] = (struct measures){ of[i]->sessions, of[i]->unfinished,
						      of[i]->busy_ns, of[i]->busy_median_ns,
						      of[i]->busy_p99_ns };
		return;
	}
	group = fdar_profile_group(report->profile, FDAR_PROFILE_ALL);
	if (group)
		sides[0] = (struct measures){
			group->sessions, group->unfinished, fdar_histogram_mean(&group->busy_ns),
			fdar_histogram_quantile(&group->busy_ns, 0.5, MAX(group->sessions, 1)),
			fdar_histogram_quantile(&group->busy_ns, 0.99, MAX(group->sessions, 1))
		};
}

/* "baseline usual.rec: 141 sessions, 573 µs each (median)": what the verdict compares, in a line. */
static void sides_line(GString *out, const struct fdar_report *report)
{
	struct measures sides[2] = { { 0 }, { 0 } };
	gboolean requests = report->diff->unit == FDAR_UNIT_REQUEST;

	measure_sides(report, sides);
	g_string_append(out, "<p>");
	for (unsigned i = 0; i < 2; i++) {
		g_autofree char *count =
			fdar_plural(sides[i].sessions, requests ? "request" : "session", NULL);
		g_autofree char *mean = fdar_label_mean_duration(sides[i].mean_ns);
		g_autofree char *median = fdar_label_mean_duration(sides[i].median_ns);

		fdar_html_format(out, "%s<b>%s</b> ", i ? " · " : "", i ? "subject" : "baseline");
		fdar_html_text(out, report->sides[i]);
		fdar_html_format(out, ": %s, server time %s on average, median %s", count, mean,
				 median);
	}
	g_string_append(out, "</p>\n");
}

/* Of pictures that both sides have the first is enough. */
static gboolean is_second(const struct fdar_report *report, gsize index)
{
	const char *colon = strchr(report->pictures[index].title, ':');
	gsize length = colon ? (gsize)(colon - report->pictures[index].title) + 1 : 0;

	for (gsize i = 0; colon && i < index; i++)
		if (strncmp(report->pictures[i].title, report->pictures[index].title, length) == 0)
			return TRUE;
	return FALSE;
}

static void entry(GString *out, const char *id, const char *title)
{
	g_autofree char *first = g_strndup(title, strcspn(title, ":"));

	fdar_html_format(out, "<a href=\"#%s\">", id);
	fdar_html_text(out, first);
	g_string_append(out, "</a> ");
}

/* Links to all sections, in their order. */
static void contents(GString *out, const struct fdar_report *report)
{
	g_string_append(out, "<nav aria-label=\"sections\">");
	for (gsize i = 0; i < report->picture_count; i++)
		if (report->pictures[i].first)
			entry(out, report->pictures[i].id, report->pictures[i].title);
	entry(out, "ranking", "Which functions");
	if (fdar_report_has_distribution(report))
		entry(out, "distribution", "How long each one took");
	for (gsize i = 0; i < report->picture_count; i++)
		if (!report->pictures[i].first && !is_second(report, i))
			entry(out, report->pictures[i].id, report->pictures[i].title);
	if (fdar_report_has_syscalls(report))
		entry(out, "syscalls", "System calls and waits");
	if (report->session_count)
		entry(out, "who", "Which sessions");
	entry(out, "run", "What was run");
	entry(out, "again", "To see it again");
	g_string_append(out, "</nav>\n");
}

/* Nothing to compare with: what costs most, and no word of how sure. */
static void alone(GString *out, const struct fdar_report *report)
{
	g_string_append(out, "<header><p class=\"muted\">flowdar report of one recording</p><h1>");
	fdar_html_words(out, report->title);
	g_string_append(out,
			"</h1>\n<p>One recording says what costs most, not what is wrong: for a "
			"verdict compare it with a usual one.</p>\n");
	contents(out, report);
	g_string_append(out, "</header>\n<main>\n");
}

static void verdict(GString *out, const struct fdar_report *report)
{
	const struct fdar_verdict *found = &report->diff->verdict;

	g_string_append(out, "<header><p class=\"muted\">flowdar report</p><h1>");
	fdar_html_words(out, found->sentence);
	g_string_append(out, "</h1>\n<p>");
	if (found->file) {
		g_string_append(out, "<code>");
		fdar_html_text(out, found->file);
		fdar_html_format(out, ":%d</code> · ", found->line);
	}
	fdar_html_format(out, "<span class=\"confidence %s\">confidence: %s</span>",
			 fdar_confidence_name(found->confidence),
			 found->refused ? "none" : fdar_confidence_name(found->confidence));
	if (found->reason && *found->reason) {
		g_string_append_c(out, ' ');
		fdar_html_words(out, found->reason);
	}
	g_string_append(out, "</p>\n");
	sides_line(out, report);
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
			fdar_html_words(out, report->diff->hints->pdata[i]);
			g_string_append(out, "</li>");
		}
		g_string_append(out, "</ul>\n");
	}
	contents(out, report);
	g_string_append(out, "</header>\n<main>\n");
}

/* subject NULL: there is one side. */
static void fact(GString *out, const char *name, const char *baseline, const char *subject)
{
	g_string_append(out, "<tr><th scope=\"row\">");
	fdar_html_text(out, name);
	g_string_append(out, "</th><td>");
	fdar_html_words(out, baseline);
	if (subject) {
		g_string_append(out, "</td><td>");
		fdar_html_words(out, subject);
	}
	g_string_append(out, "</td></tr>\n");
}

static void measure_row(GString *out, const char *name, const struct measures sides[2],
			unsigned count, double (*value)(const struct measures *))
{
	g_autofree char *base = fdar_label_mean_duration(value(&sides[0]));
	g_autofree char *subject = count > 1 ? fdar_label_mean_duration(value(&sides[1])) : NULL;

	fact(out, name, base, subject);
}

static double mean_of(const struct measures *m)
{
	return m->mean_ns;
}

static double median_of(const struct measures *m)
{
	return m->median_ns;
}

static double p99_of(const struct measures *m)
{
	return m->p99_ns;
}

static void measured(GString *out, const struct measures sides[2], unsigned count,
		     gboolean requests)
{
	char *text[2] = { NULL, NULL };

	for (unsigned i = 0; i < count; i++)
		text[i] =
			g_strdup_printf("%" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT " unfinished)",
					sides[i].sessions, sides[i].unfinished);
	fact(out, requests ? "requests" : "sessions", text[0], text[1]);
	measure_row(out, "server time of each, mean", sides, count, mean_of);
	measure_row(out, "median", sides, count, median_of);
	measure_row(out, "99th percentile", sides, count, p99_of);
	g_free(text[0]);
	g_free(text[1]);
}

static void latencies(GString *out, const struct fdar_report *report, unsigned count)
{
	char *text[2] = { NULL, NULL };

	for (unsigned i = 0; i < count; i++) {
		const struct fdar_histogram *all = report->latency_ns[i];
		g_autofree char *half = NULL, *bad = NULL;

		if (!all || !all->count)
			continue;
		half = fdar_label_mean_duration(fdar_histogram_quantile(all, 0.5, all->count));
		bad = fdar_label_mean_duration(fdar_histogram_quantile(all, 0.99, all->count));
		text[i] = g_strdup_printf("%s median, %s 99th percentile, of %" G_GUINT64_FORMAT
					  " answers",
					  half, bad, all->count);
	}
	if (text[0] || text[1])
		fact(out, "clients waited", text[0], count > 1 ? text[1] ? text[1] : "" : NULL);
	g_free(text[0]);
	g_free(text[1]);
}

static void facts(GString *out, const struct fdar_report *report)
{
	unsigned count = report->diff ? 2 : 1;
	struct measures sides[2] = { { 0 }, { 0 } };
	gboolean requests =
		(report->diff ? report->diff->unit : report->profile->unit) == FDAR_UNIT_REQUEST;

	measure_sides(report, sides);
	g_string_append(out,
			"<section id=\"run\"><h2>What was run</h2><div class=\"scroll\"><table "
			"class=\"plain\"><thead><tr><td></td>");
	for (unsigned i = 0; i < count; i++) {
		fdar_html_format(out, "<th scope=\"col\">%s",
				 count < 2 ? ""
				 : i       ? "subject: "
					   : "baseline: ");
		fdar_html_text(out, report->sides[i]);
		g_string_append(out, "</th>");
	}
	g_string_append(out, "</tr></thead><tbody>\n");
	measured(out, sides, count, requests);
	latencies(out, report, count);
	for (gsize i = 0; i < report->fact_count; i++)
		fact(out, report->facts[i].name, report->facts[i].values[0],
		     count < 2                    ? NULL
		     : report->facts[i].values[1] ? report->facts[i].values[1]
						  : "");
	g_string_append(out, "</tbody></table></div></section>\n");
}

static void picture(GString *out, const struct fdar_report_picture *shown)
{
	fdar_html_format(out, "<section id=\"%s\"%s><h2>", shown->id,
			 shown->flame ? " class=\"flame\"" : "");
	fdar_html_text(out, shown->title);
	g_string_append(out, "</h2><figure class=\"fit\"><div class=\"scroll\" tabindex=\"0\" "
			     "role=\"group\" aria-label=\"");
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

static void pictures(GString *out, const struct fdar_report *report, gboolean first)
{
	for (gsize i = 0; i < report->picture_count; i++)
		if (!report->pictures[i].first == !first)
			picture(out, &report->pictures[i]);
}

GString *fdar_report_html(const struct fdar_report *report)
{
	GString *out = g_string_sized_new(1 << 18);

	head(out, report);
	if (report->diff)
		verdict(out, report);
	else
		alone(out, report);
	pictures(out, report, TRUE);
	g_string_append(out, "<section id=\"ranking\"><h2>Which functions</h2>\n");
	if (report->diff) {
		fdar_report_functions(out, report);
		fdar_report_paths(out, report);
	} else {
		fdar_report_alone(out, report);
	}
	g_string_append(out, "</section>\n");
	fdar_report_distribution(out, report);
	pictures(out, report, FALSE);
	fdar_report_syscalls(out, report);
	if (report->session_count) {
		g_string_append(out, "<section id=\"who\"><h2>Which sessions</h2>\n");
		fdar_report_sessions(out, report);
		g_string_append(out, "</section>\n");
	}
	facts(out, report);
	again(out, report);
	return out;
}
