#include "cli/analyze/analyze_threads.h"

#include <gio/gio.h>
#include <string.h>

#include "cli/kit/cells.h"

/* Of one thread, or the sum of a host's. */
struct row {
	struct fdar_profile_thread sum;
	uint64_t processes;
	uint64_t threads;
};

static const struct fdar_column of_threads[] = {
	{ "thread", "name", FALSE, FDAR_FIT_CUT },
	{ "id", "thread", TRUE, 0 },
	{ "process", "process", TRUE, FDAR_FIT_DROP(5) },
	{ "host", "host", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(4) },
	{ "own", "own_ns", TRUE, 0 },
	{ "part", "own_part", TRUE, FDAR_FIT_DROP(1) },
	{ "running", "running_ns", TRUE, 0 },
	{ "waiting", "waiting_ns", TRUE, FDAR_FIT_DROP(2) },
	{ "for sessions", "sessions_own_ns", TRUE, 0 },
	{ "began", "sessions", TRUE, FDAR_FIT_DROP(3) },
	{ "calls", "calls", TRUE, 0 },
};

static const struct fdar_column of_hosts[] = {
	{ "host", "host", FALSE, FDAR_FIT_CUT },
	{ "processes", "processes", TRUE, FDAR_FIT_DROP(4) },
	{ "threads", "threads", TRUE, FDAR_FIT_DROP(3) },
	{ "own", "own_ns", TRUE, 0 },
	{ "part", "own_part", TRUE, FDAR_FIT_DROP(1) },
	{ "running", "running_ns", TRUE, 0 },
	{ "waiting", "waiting_ns", TRUE, FDAR_FIT_DROP(2) },
	{ "for sessions", "sessions_own_ns", TRUE, 0 },
	{ "sessions", "sessions", TRUE, 0 },
	{ "calls", "calls", TRUE, 0 },
};

static uint64_t own_ns(const struct row *row)
{
	return row->sum.running_ns + row->sum.waiting_ns;
}

static int by_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct row *left = a, *right = b;
	const struct fdar_analyze_request *request = user;
	int order = 0;

	if (request->sort == FDAR_SORT_CALLS)
		order = by_number(right->sum.calls, left->sum.calls);
	else if (request->sort == FDAR_SORT_OWN)
		order = by_number(own_ns(right), own_ns(left));
	order = order ? order : strcmp(left->sum.name, right->sum.name);
	order = order ? order : strcmp(left->sum.host, right->sum.host);
	order = order ? order : by_number(left->sum.pid, right->sum.pid);
	return order ? order : by_number(left->sum.tid, right->sum.tid);
}

static void add(struct row *row, const struct fdar_profile_thread *thread)
{
	row->sum.sessions += thread->sessions;
	row->sum.calls += thread->calls;
	row->sum.running_ns += thread->running_ns;
	row->sum.waiting_ns += thread->waiting_ns;
	row->sum.sessions_ns += thread->sessions_ns;
	row->threads++;
}

/* Processes are told apart by recording, too: each is read by itself. */
static void count_processes(GHashTable *processes, struct row *row, guint recording,
			    const struct fdar_profile_thread *thread)
{
	char *key = g_strdup_printf("%u %u", recording, thread->process);

	row->processes += g_hash_table_add(processes, key) ? 1 : 0;
}

static struct row *host_row(GArray *rows, GHashTable *hosts, const char *host)
{
	gpointer index;

	if (!g_hash_table_lookup_extended(hosts, host, NULL, &index)) {
		struct row fresh = { .sum = { .host = host, .name = "" } };

		index = GUINT_TO_POINTER(rows->len);
		g_array_append_val(rows, fresh);
		g_hash_table_insert(hosts, (gpointer)host, index);
	}
	return &g_array_index(rows, struct row, GPOINTER_TO_UINT(index));
}

/* starts: where each recording's threads begin. */
static GArray *rows_of(const struct fdar_analyze_request *request,
		       const struct fdar_profile_threads *threads, const GArray *starts)
{
	g_autoptr(GHashTable) hosts = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) processes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GArray *rows = g_array_new(FALSE, TRUE, sizeof(struct row));
	guint recording = 0;

	for (guint i = 0; i < threads->threads->len; i++) {
		const struct fdar_profile_thread *thread =
			&g_array_index(threads->threads, struct fdar_profile_thread, i);
		struct row one = { .sum = *thread, .threads = 1 };

		while (recording + 1 < starts->len &&
		       g_array_index(starts, guint, recording + 1) <= i)
			recording++;
		if (request->by == FDAR_BY_THREAD) {
			g_array_append_val(rows, one);
			continue;
		}
		struct row *row = host_row(rows, hosts, thread->host);

		add(row, thread);
		count_processes(processes, row, recording, thread);
	}
	g_array_sort_with_data(rows, compare, (gpointer)request);
	return rows;
}

static void plain(struct fdar_table *table, size_t column, uint64_t number)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, number);

	fdar_table_cell(table, column, text, NULL);
}

static void add_row(struct fdar_table *table, gboolean host, const struct row *row, double all_ns)
{
	size_t at = 0;

	fdar_table_row(table);
	if (host) {
		fdar_table_cell(table, at++, *row->sum.host ? row->sum.host : "not told",
				row->sum.host);
		fdar_cell_count(table, at++, (double)row->processes);
		fdar_cell_count(table, at++, (double)row->threads);
	} else {
		fdar_table_cell(table, at++, row->sum.name, NULL);
		plain(table, at++, row->sum.tid);
		plain(table, at++, row->sum.pid);
		fdar_table_cell(table, at++, row->sum.host, NULL);
	}
	fdar_cell_duration(table, at++, (double)own_ns(row));
	fdar_cell_percent(table, at++, all_ns > 0 ? (double)own_ns(row) / all_ns : 0);
	fdar_cell_duration(table, at++, (double)row->sum.running_ns);
	fdar_cell_duration(table, at++, (double)row->sum.waiting_ns);
	fdar_cell_duration(table, at++, (double)row->sum.sessions_ns);
	fdar_cell_count(table, at++, (double)row->sum.sessions);
	fdar_cell_count(table, at++, (double)row->sum.calls);
}

static struct fdar_table *table_of(const struct fdar_analyze_request *request, const GArray *rows)
{
	gboolean host = request->by == FDAR_BY_HOST;
	struct fdar_table *table =
		host ? fdar_table_new("hosts", of_hosts, G_N_ELEMENTS(of_hosts))
		     : fdar_table_new("threads", of_threads, G_N_ELEMENTS(of_threads));
	guint most = request->limit ? MIN(request->limit, rows->len) : rows->len;
	double all_ns = 0;

	for (guint i = 0; i < rows->len; i++)
		all_ns += (double)own_ns(&g_array_index(rows, struct row, i));
	for (guint i = 0; i < most; i++)
		add_row(table, host, &g_array_index(rows, struct row, i), all_ns);
	return table;
}

static void print(const struct fdar_analyze_request *request, char **paths, const GArray *rows,
		  FILE *out)
{
	const char *what = request->by == FDAR_BY_HOST ? "host" : "thread";
	g_autofree char *name = paths[1] ? g_strdup_printf("%u recordings", g_strv_length(paths))
					 : g_strdup(paths[0]);
	g_autoptr(fdar_table) table = table_of(request, rows);

	if (request->format == FDAR_FORMAT_JSON) {
		g_autofree char *trace = fdar_json_text(name);

		fprintf(out,
			"{\n  \"format\": " FDAR_JSON_FORMAT ",\n  \"trace\": %s,\n"
			"  \"%s_count\": %u,\n  \"%ss\": ",
			trace, what, rows->len, what);
		fdar_table_print_rows_json(table, out);
		fputs("\n}\n", out);
		return;
	}
	if (request->format == FDAR_FORMAT_TABLE) {
		fdar_print_line("%s: %u %s%s, what of their time was for sessions, and how many "
				"they began",
				name, rows->len, what, rows->len == 1 ? "" : "s");
		putchar('\n');
	}
	if (request->format != FDAR_FORMAT_TABLE || rows->len)
		fdar_table_print(table, request->format, out);
	if (request->format == FDAR_FORMAT_TABLE && request->limit && rows->len > request->limit)
		fdar_print_line("... and %u more (--limit 0 shows all)",
				rows->len - request->limit);
}

gboolean fdar_analyze_threads(const struct fdar_profile_input *input, char **paths,
			      const struct fdar_analyze_request *request, FILE *out, GError **error)
{
	g_autoptr(fdar_profile_threads) sum = NULL;
	g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autoptr(GArray) rows = NULL;
	struct fdar_profile_input one = *input;

	for (char **path = paths; *path; path++) {
		g_autoptr(fdar_profile_threads) read = NULL;
		guint start = sum ? sum->threads->len : 0;

		one.path = *path;
		read = fdar_profile_input_threads(&one, error);
		if (!read)
			return FALSE;
		g_array_append_val(starts, start);
		if (sum)
			fdar_profile_threads_add(sum, read);
		else
			sum = g_steal_pointer(&read);
	}
	rows = rows_of(request, sum, starts);
	print(request, paths, rows, out);
	return TRUE;
}
