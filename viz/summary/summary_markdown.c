#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "base/show.h"
#include "viz/scene/label.h"
#include "viz/summary/summary.h"

/* As text: what Markdown or HTML would understand is an entity. */
static void put_text(GString *out, const char *text)
{
	g_autofree char *clean = fdar_show(text ? text : "");

	for (const char *c = clean; *c; c++) {
		if ((guchar)*c < 0x80 && g_ascii_ispunct(*c) && !strchr(".,:;/%()'=?-", *c))
			g_string_append_printf(out, "&#%d;", *c);
		else
			g_string_append_c(out, *c);
	}
}

/* Names are code: nobody is mentioned by one. */
static void put_code(GString *out, const char *text)
{
	g_string_append(out, "<code>");
	put_text(out, text);
	g_string_append(out, "</code>");
}

/* Of a sentence: its units are those of the tables. */
static void put_words(GString *out, const char *words)
{
	g_autofree char *text = fdar_label_units(words ? words : "");

	put_text(out, text);
}

static void put_duration(GString *out, double ns)
{
	g_autofree char *text = fdar_label_mean_duration(ns);

	g_string_append(out, text);
}

static void put_verdict(GString *out, const struct fdar_report *report)
{
	const struct fdar_verdict *verdict = &report->diff->verdict;

	g_string_append(out, "## ");
	put_words(out, verdict->sentence);
	g_string_append(out, "\n\n");
	if (verdict->refused)
		g_string_append(out, "**No verdict.** ");
	else
		g_string_append_printf(out, "**Confidence: %s.** ",
				       fdar_confidence_name(verdict->confidence));
	put_words(out, verdict->reason);
	g_string_append(out, "\n\n");
	if (verdict->file) {
		g_string_append(out, "At ");
		put_code(out, verdict->file);
		g_string_append_printf(out, ", line %d.\n\n", verdict->line);
	}
}

static void put_sides(GString *out, const struct fdar_report *report)
{
	const struct fdar_diff_sessions *sides[] = { &report->diff->baseline,
						     &report->diff->subject };

	g_string_append(out, "| | sessions | unfinished | time per session | median | 99 % |\n"
			     "|---|---:|---:|---:|---:|---:|\n");
	for (unsigned s = 0; s < 2; s++) {
		g_autofree char *sessions = fdar_label_count(sides[s]->sessions);
		g_autofree char *unfinished = fdar_label_count(sides[s]->unfinished);

		g_string_append(out, "| ");
		put_text(out, report->sides[s]);
		g_string_append_printf(out, " | %s | %s | ", sessions, unfinished);
		put_duration(out, sides[s]->busy_ns);
		g_string_append(out, " | ");
		put_duration(out, sides[s]->busy_median_ns);
		g_string_append(out, " | ");
		put_duration(out, sides[s]->busy_p99_ns);
		g_string_append(out, " |\n");
	}
	g_string_append_c(out, '\n');
}

static void put_ratio(GString *out, const struct fdar_diff_row *row)
{
	g_autofree char *ratio = NULL;

	if (row->presence != FDAR_IN_BOTH || !isfinite(row->ratio)) {
		g_string_append(out, row->presence == FDAR_IN_BASELINE ? "gone" : "new");
		return;
	}
	ratio = fdar_label_ratio(row->ratio);
	g_string_append(out, ratio);
}

static void put_row(GString *out, const struct fdar_diff_row *row)
{
	g_autofree char *before = fdar_number_text(row->baseline.calls);
	g_autofree char *after = fdar_number_text(row->subject.calls);

	g_string_append(out, "| ");
	put_code(out, row->function);
	if (row->below) {
		g_string_append(out, " in ");
		put_code(out, row->below);
	}
	g_string_append(out, " | ");
	put_text(out, row->component);
	g_string_append(out, " | ");
	put_duration(out, row->baseline.own_ns);
	g_string_append(out, " | ");
	put_duration(out, row->subject.own_ns);
	g_string_append(out, " | ");
	put_ratio(out, row);
	g_string_append_printf(out, " | %s | %s | %.0f %% |", before, after, 100 * row->share);
	g_string_append(out, row->stands_out ? " yes |\n" : " |\n");
}

static void put_rows(GString *out, const struct fdar_report *report)
{
	uint32_t count = MIN(report->diff->row_count, FDAR_SUMMARY_ROWS);

	if (!count)
		return;
	g_string_append(out, "| function | binary | own time, baseline | subject | ratio | calls, "
			     "baseline | subject | of the added time | stands out |\n"
			     "|---|---|---:|---:|---:|---:|---:|---:|---|\n");
	for (uint32_t i = 0; i < count; i++)
		put_row(out, &report->diff->rows[i]);
	if (count < report->diff->row_count)
		g_string_append_printf(out, "\n%u more functions are not in this table.\n",
				       report->diff->row_count - count);
	g_string_append_c(out, '\n');
}

static void put_facts(GString *out, const struct fdar_report *report)
{
	if (!report->fact_count)
		return;
	g_string_append(out, "<details><summary>What was run</summary>\n\n| | ");
	put_text(out, report->sides[0]);
	g_string_append(out, " | ");
	put_text(out, report->sides[1]);
	g_string_append(out, " |\n|---|---|---|\n");
	for (gsize i = 0; i < report->fact_count; i++) {
		g_string_append(out, "| ");
		put_text(out, report->facts[i].name);
		for (unsigned s = 0; s < 2; s++) {
			g_string_append(out, " | ");
			put_words(out, report->facts[i].values[s]);
		}
		g_string_append(out, " |\n");
	}
	g_string_append(out, "\n</details>\n\n");
}

static void put_pictures(GString *out, const struct fdar_report *report, const char *const *files)
{
	for (gsize i = 0; files && i < report->picture_count; i++) {
		g_autofree char *uri = g_uri_escape_string(files[i], NULL, FALSE);

		g_string_append(out, "![");
		put_text(out, report->pictures[i].title);
		g_string_append_printf(out, "](%s)\n\n", uri);
	}
}

GString *fdar_summary_markdown(const struct fdar_report *report, const char *const *files)
{
	GString *out = g_string_new(NULL);

	put_verdict(out, report);
	put_sides(out, report);
	put_rows(out, report);
	for (guint i = 0; i < report->diff->hints->len; i++) {
		g_string_append(out, "- ");
		put_words(out, g_ptr_array_index(report->diff->hints, i));
		g_string_append_c(out, '\n');
	}
	if (report->diff->hints->len)
		g_string_append_c(out, '\n');
	put_pictures(out, report, files);
	put_facts(out, report);
	g_string_append(out, "To see it again:\n\n<pre>\n");
	for (const char *const *c = report->commands; *c; c++) {
		put_text(out, *c);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, "</pre>\n");
	return out;
}
