/* The table of system calls and waits. */
#include <string.h>

#include "base/amount.h"
#include "viz/report/report_private.h"

#define ROWS_MAX 100u /* more are left out, and counted */

/* A row that either side has. */
struct row {
	const char *name;
	const struct fdar_syscall *sides[2]; /* NULL: that one has none */
	double most_ns, most_calls;          /* a session, of the side that has more */
};

static guint sides_of(const struct fdar_report *report)
{
	return report->diff ? 2 : 1;
}

gboolean fdar_report_has_syscalls(const struct fdar_report *report)
{
	for (guint i = 0; i < sides_of(report); i++)
		if (!report->syscalls[i] || !report->syscalls[i]->told ||
		    !report->syscalls[i]->sessions)
			return FALSE;
	return TRUE;
}

/* Sessions come first: times in waits, then counts. */
static int by_time(gconstpointer a, gconstpointer b)
{
	const struct row *x = a, *y = b;

	if (x->most_ns != y->most_ns)
		return x->most_ns > y->most_ns ? -1 : 1;
	if (x->most_calls != y->most_calls)
		return x->most_calls > y->most_calls ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void add_rows(GArray *rows, const struct fdar_report *report, guint side)
{
	const struct fdar_syscalls *of = report->syscalls[side];

	for (guint i = 0; i < of->rows->len; i++) {
		const struct fdar_syscall *one = &g_array_index(of->rows, struct fdar_syscall, i);
		struct row row = { .name = one->name };

		if (!one->of_sessions.calls ||
		    (side == 1 && fdar_syscalls_find(report->syscalls[0], one->name) &&
		     fdar_syscalls_find(report->syscalls[0], one->name)->of_sessions.calls))
			continue;
		for (guint s = 0; s < sides_of(report); s++) {
			double sessions = (double)report->syscalls[s]->sessions;

			row.sides[s] = fdar_syscalls_find(report->syscalls[s], one->name);
			if (!row.sides[s])
				continue;
			row.most_ns = MAX(row.most_ns,
					  (double)row.sides[s]->of_sessions.waiting_ns / sessions);
			row.most_calls = MAX(row.most_calls,
					     (double)row.sides[s]->of_sessions.calls / sessions);
		}
		g_array_append_val(rows, row);
	}
}

static void number(GString *out, double value)
{
	g_autofree char *text = fdar_number_text(value);

	fdar_html_number(out, text, value);
}

static void write_row(GString *out, const struct fdar_report *report, const struct row *row)
{
	static const struct fdar_syscall none;

	g_string_append(out, "<tr><th scope=\"row\"><code>");
	fdar_html_text(out, row->name);
	g_string_append(out, "</code></th>");
	for (guint s = 0; s < sides_of(report); s++) {
		const struct fdar_syscall *of = row->sides[s] ? row->sides[s] : &none;
		double sessions = (double)report->syscalls[s]->sessions;

		number(out, (double)of->of_sessions.calls / sessions);
		number(out, (double)of->of_sessions.errors);
		number(out, (double)of->of_sessions.bytes / sessions);
		fdar_html_duration(out, (double)of->of_sessions.waiting_ns / sessions);
	}
	g_string_append(out, "</tr>\n");
}

void fdar_report_syscalls(GString *out, const struct fdar_report *report)
{
	static const char *const heads[][2] = {
		{ "calls", "Mean number of calls" },
		{ "errors", "Calls of all sessions that failed" },
		{ "bytes", "Mean number of bytes read or written" },
		{ "waiting", "Mean time in calls that waited" },
	};
	g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct row));

	if (!fdar_report_has_syscalls(report))
		return;
	for (guint s = 0; s < sides_of(report); s++)
		add_rows(rows, report, s);
	g_array_sort(rows, by_time);
	g_string_append(out, "<section id=\"syscalls\"><h2>System calls and waits</h2>\n"
			     "<div class=\"scroll\"><table id=\"calls\"><caption>What the system "
			     "did for sessions, means of all sessions</caption><thead><tr>"
			     "<th scope=\"col\">call</th>");
	for (guint s = 0; s < sides_of(report); s++)
		for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
			fdar_html_format(out,
					 "<th scope=\"col\" class=\"n\"><span title=\"%s\">%s%s"
					 "</span></th>",
					 heads[i][1], heads[i][0],
					 sides_of(report) == 1 ? ""
					 : s                   ? ", subject"
							       : ", baseline");
	g_string_append(out, "</tr></thead><tbody>\n");
	for (guint i = 0; i < MIN(rows->len, ROWS_MAX); i++)
		write_row(out, report, &g_array_index(rows, struct row, i));
	g_string_append(out, "</tbody></table></div>\n");
	if (rows->len > ROWS_MAX)
		fdar_html_format(out, "<p class=\"muted\">%u more rows are left out.</p>\n",
				 rows->len - ROWS_MAX);
	g_string_append(out, "</section>\n");
}
