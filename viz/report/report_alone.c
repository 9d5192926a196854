#include "viz/report/report_private.h"

#include <string.h>

#include "base/amount.h"
#include "viz/scene/label.h"

#define ROWS_MAX 200u /* more are left out, and counted */

/* A function's running, or one kind of wait below it, as a row. */
struct row {
	const struct fdar_profile_function *function;
	const struct fdar_profile_function *below; /* NULL: its own running */
	const struct fdar_profile_stat *stat;
};

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct row *x = a, *y = b;

	if (x->stat->own_ns != y->stat->own_ns)
		return x->stat->own_ns > y->stat->own_ns ? -1 : 1;
	return strcmp(x->function->name, y->function->name);
}

static GArray *rows_of(const struct fdar_profile *profile, const struct fdar_profile_group *group)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct row));

	for (uint32_t i = 0; i < group->entry_count; i++) {
		const struct fdar_profile_entry *entry = &group->entries[i];
		struct row row = { .function = &profile->functions[entry->function],
				   .below = entry->below == FDAR_PROFILE_NONE
						    ? NULL
						    : &profile->functions[entry->below],
				   .stat = &entry->stat };

		g_array_append_val(rows, row);
	}
	g_array_sort(rows, by_time);
	return rows;
}

static void name_cell(GString *out, const struct row *row)
{
	g_string_append(out, "<tr><th scope=\"row\"><code>");
	fdar_html_text(out, row->function->name);
	g_string_append(out, "</code>");
	if (row->below) {
		g_string_append(out, " <span class=\"muted\">in ");
		fdar_html_text(out, row->below->name);
		g_string_append(out, "</span>");
	}
	if (row->function->file) {
		g_string_append(out, "<br><span class=\"muted file\">");
		fdar_html_text(out, row->function->file);
		fdar_html_format(out, ":%d</span>", row->function->line);
	}
	g_string_append(out, "</th><td>");
	fdar_html_text(out, row->function->component);
	fdar_html_format(out, "</td><td>%s</td>", row->below ? "waiting" : "running");
}

static void write_row(GString *out, const struct row *row, const struct fdar_profile_group *group)
{
	double units = (double)MAX(group->sessions, 1);
	double share = (double)row->stat->own_ns / (double)MAX(group->own_ns, 1);
	g_autofree char *percent = g_strdup_printf("%.1f %%", 100 * share);
	g_autofree char *calls = fdar_number_text((double)row->stat->calls / units);
	const struct fdar_histogram *own_ns = &fdar_profile_sessions(row->stat)->own_ns;

	name_cell(out, row);
	fdar_html_number(out, percent, share);
	fdar_html_duration(out, (double)row->stat->own_ns / units);
	fdar_html_duration(out, fdar_histogram_quantile(own_ns, 0.5, MAX(group->sessions, 1)));
	fdar_html_duration(out, fdar_histogram_quantile(own_ns, 0.99, MAX(group->sessions, 1)));
	fdar_html_number(out, calls, (double)row->stat->calls / units);
	fdar_html_duration(out, row->stat->calls
					? (double)row->stat->own_ns / (double)row->stat->calls
					: 0);
	g_string_append(out, "</tr>\n");
}

void fdar_report_alone(GString *out, const struct fdar_report *report)
{
	static const char *const heads[][2] = {
		{ "function", "Own time of the function, or of one kind of wait right below it" },
		{ "binary", "The program or library it is in" },
		{ "what", "Running, or waiting in a call that can block" },
		{ "share", "Part of the server's time for sessions" },
		{ "mean", "Own time, mean of all sessions" },
		{ "median", "Own time, of half of all sessions" },
		{ "99 %", "Own time, of 99 of 100 sessions" },
		{ "calls", "Mean number of calls" },
		{ "each", "Own time of a call" },
	};
	const struct fdar_profile_group *group =
		fdar_profile_group(report->profile, FDAR_PROFILE_ALL);
	g_autoptr(GArray) rows = NULL;

	if (!group) {
		g_string_append(out, "<p>No sessions were recorded.</p>\n");
		return;
	}
	rows = rows_of(report->profile, group);
	g_string_append(out, "<div class=\"scroll\"><table id=\"functions\"><caption>Functions by "
			     "their own time, per ");
	g_string_append(out, report->profile->unit == FDAR_UNIT_REQUEST ? "request" : "session");
	g_string_append(out, "</caption><thead><tr>");
	for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
		fdar_html_format(out, "<th scope=\"col\"%s><span title=\"%s\">%s</span></th>",
				 i >= 3 ? " class=\"n\"" : "", heads[i][1], heads[i][0]);
	g_string_append(out, "</tr></thead><tbody>\n");
	for (guint i = 0; i < MIN(rows->len, ROWS_MAX); i++)
		write_row(out, &g_array_index(rows, struct row, i), group);
	g_string_append(out, "</tbody></table></div>\n");
	if (rows->len > ROWS_MAX)
		fdar_html_format(out, "<p class=\"muted\">%u more rows are left out.</p>\n",
				 rows->len - ROWS_MAX);
}
