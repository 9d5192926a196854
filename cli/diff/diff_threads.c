#include "cli/diff/diff_threads.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "cli/kit/cells.h"
#include "cli/kit/profile_input.h"

/* Of one name, on either side. */
struct row {
	const char *name;
	struct {
		uint64_t threads;
		uint64_t running_ns;
		uint64_t sessions_ns;
		uint64_t calls;
	} side[2];
};

struct sides {
	GStringChunk *texts;
	GHashTable *index; /* name -> its row + 1 */
	GArray *rows;      /* of struct row */
	uint64_t sessions[2];
};

/* Of the baseline, then of the subject; of all but the threads, divided by its sessions. */
#define FIGURES                                                                           \
	{ "threads", "baseline_threads", TRUE, FDAR_FIT_DROP(3) },                        \
		{ "then", "subject_threads", TRUE, FDAR_FIT_DROP(3) },                    \
		{ "ran each", "baseline_running_ns", TRUE, 0 },                           \
		{ "then", "subject_running_ns", TRUE, 0 }, { "ratio", "ratio", TRUE, 0 }, \
		{ "added", "added_ns", TRUE, 0 },                                         \
		{ "for sessions", "baseline_sessions_own_ns", TRUE, FDAR_FIT_DROP(2) },   \
		{ "then", "subject_sessions_own_ns", TRUE, FDAR_FIT_DROP(2) },            \
		{ "calls", "baseline_calls", TRUE, FDAR_FIT_DROP(1) },                    \
	{                                                                                 \
		"then", "subject_calls", TRUE, FDAR_FIT_DROP(1)                           \
	}

static const struct fdar_column of_threads[] = {
	{ "thread", "name", FALSE, FDAR_FIT_CUT },
	FIGURES,
};
static const struct fdar_column of_hosts[] = {
	{ "host", "name", FALSE, FDAR_FIT_CUT },
	FIGURES,
};

static struct row *row_of(struct sides *sides, const char *name)
{
	guint index = GPOINTER_TO_UINT(g_hash_table_lookup(sides->index, name));

	if (!index) {
		struct row row = { .name = g_string_chunk_insert_const(sides->texts, name) };

		g_array_append_val(sides->rows, row);
		index = sides->rows->len;
		g_hash_table_insert(sides->index, (gpointer)row.name, GUINT_TO_POINTER(index));
	}
	return &g_array_index(sides->rows, struct row, index - 1);
}

static void add(struct sides *sides, unsigned side, gboolean by_host,
		const struct fdar_profile_threads *threads)
{
	for (guint i = 0; i < threads->threads->len; i++) {
		const struct fdar_profile_thread *thread =
			&g_array_index(threads->threads, struct fdar_profile_thread, i);
		struct row *row = row_of(sides, by_host ? thread->host : thread->name);

		row->side[side].threads++;
		row->side[side].running_ns += thread->running_ns;
		row->side[side].sessions_ns += thread->sessions_ns;
		row->side[side].calls += thread->calls;
		sides->sessions[side] += thread->sessions;
	}
}

static gboolean read_side(struct sides *sides, unsigned side, gboolean by_host,
			  const struct fdar_diff_side_input *from, GError **error)
{
	struct fdar_profile_input input = from->input;

	for (char **path = from->paths; *path; path++) {
		g_autoptr(fdar_profile_threads) threads = NULL;

		input.path = *path;
		threads = fdar_profile_input_threads(&input, error);
		if (!threads)
			return FALSE;
		add(sides, side, by_host, threads);
	}
	if (!sides->sessions[side])
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: no session begins in it, and threads are compared by what they "
			    "ran for each",
			    from->paths[0]);
	return sides->sessions[side] > 0;
}

/* "worker-*" of "worker-12": its last number is which of many it is. NULL: it has none. The caller frees it. */
static char *pool_of(const char *name)
{
	const char *end = name + strlen(name), *start;

	while (end > name && !g_ascii_isdigit(end[-1]))
		end--;
	for (start = end; start > name && g_ascii_isdigit(start[-1]); start--)
		;
	return start == end ? NULL : g_strdup_printf("%.*s*%s", (int)(start - name), name, end);
}

static void add_row(struct row *sum, const struct row *row)
{
	for (size_t s = 0; s < 2; s++) {
		sum->side[s].threads += row->side[s].threads;
		sum->side[s].running_ns += row->side[s].running_ns;
		sum->side[s].sessions_ns += row->side[s].sessions_ns;
		sum->side[s].calls += row->side[s].calls;
	}
}

/* Workers of a pool are one row: which of them gets the work is chance, and how many there are may differ. A name
 * that no other is like stays as it is. */
static void join_pools(struct sides *sides)
{
	GArray *single = g_steal_pointer(&sides->rows);
	g_autoptr(GHashTable) members =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	sides->rows = g_array_new(FALSE, FALSE, sizeof(struct row));
	g_hash_table_remove_all(sides->index);
	for (guint i = 0; i < single->len; i++) {
		char *pool = pool_of(g_array_index(single, struct row, i).name);
		guint known = pool ? GPOINTER_TO_UINT(g_hash_table_lookup(members, pool)) : 0;

		if (pool)
			g_hash_table_replace(members, pool, GUINT_TO_POINTER(known + 1));
	}
	for (guint i = 0; i < single->len; i++) {
		const struct row *row = &g_array_index(single, struct row, i);
		g_autofree char *pool = pool_of(row->name);
		gboolean many = pool && GPOINTER_TO_UINT(g_hash_table_lookup(members, pool)) > 1;

		add_row(row_of(sides, many ? pool : row->name), row);
	}
	g_array_unref(single);
}

static double each(const struct sides *sides, const struct row *row, unsigned side)
{
	return (double)row->side[side].running_ns / (double)sides->sessions[side];
}

static gint by_added(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct row *left = a, *right = b;
	double more = each(user, right, 1) - each(user, right, 0) -
		      (each(user, left, 1) - each(user, left, 0));

	return more > 0 ? 1 : more < 0 ? -1 : strcmp(left->name, right->name);
}

static struct fdar_table *table_of(const struct sides *sides, gboolean by_host, guint most)
{
	struct fdar_table *table =
		by_host ? fdar_table_new("hosts", of_hosts, G_N_ELEMENTS(of_hosts))
			: fdar_table_new("threads", of_threads, G_N_ELEMENTS(of_threads));

	for (guint i = 0; i < most; i++) {
		const struct row *row = &g_array_index(sides->rows, struct row, i);
		double before = each(sides, row, 0), after = each(sides, row, 1);
		const char *unnamed = by_host ? "not told" : "(no name)";

		fdar_table_row(table);
		fdar_table_cell(table, 0, *row->name ? row->name : unnamed, row->name);
		fdar_cell_duration(table, 3, before);
		fdar_cell_duration(table, 4, after);
		fdar_cell_ratio(table, 5, before > 0 ? after / before : after > 0 ? INFINITY : 1);
		fdar_cell_added(table, 6, after - before);
		for (size_t s = 0; s < 2; s++) {
			double sessions = (double)sides->sessions[s];

			fdar_cell_count(table, 1 + s, (double)row->side[s].threads);
			fdar_cell_duration(table, 7 + s,
					   (double)row->side[s].sessions_ns / sessions);
			fdar_cell_count(table, 9 + s, (double)row->side[s].calls / sessions);
		}
	}
	return table;
}

static void print(const struct sides *sides, const struct fdar_diff_request *request,
		  gboolean by_host, FILE *out)
{
	guint most = request->limit ? MIN(request->limit, sides->rows->len) : sides->rows->len;
	g_autoptr(fdar_table) table = table_of(sides, by_host, most);

	if (request->format == FDAR_FORMAT_JSON) {
		fprintf(out,
			"{\n  \"format\": " FDAR_JSON_FORMAT
			",\n  \"baseline_sessions\": %" G_GUINT64_FORMAT
			",\n  \"subject_sessions\": %" G_GUINT64_FORMAT
			",\n  \"%s_count\": %u,\n  \"%ss\": ",
			sides->sessions[0], sides->sessions[1], by_host ? "host" : "thread",
			sides->rows->len, by_host ? "host" : "thread");
		fdar_table_print_rows_json(table, out);
		fputs("\n}\n", out);
		return;
	}
	if (request->format == FDAR_FORMAT_TABLE) {
		fdar_print_line("What %s ran and called, divided by the %s: %" G_GUINT64_FORMAT
				" of the baseline, then %" G_GUINT64_FORMAT " of the subject",
				by_host ? "all threads of a host" : "threads of a name",
				request->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions",
				sides->sessions[0], sides->sessions[1]);
		putchar('\n');
	}
	fdar_table_print(table, request->format, out);
	if (request->format == FDAR_FORMAT_TABLE && most < sides->rows->len)
		fdar_print_line("... and %u more (--limit 0 shows all)", sides->rows->len - most);
}

gboolean fdar_diff_threads(const struct fdar_diff_side_input inputs[2],
			   const struct fdar_diff_request *request, gboolean by_host, FILE *out,
			   GError **error)
{
	struct sides sides = { .texts = g_string_chunk_new(1024),
			       .index = g_hash_table_new(g_str_hash, g_str_equal),
			       .rows = g_array_new(FALSE, FALSE, sizeof(struct row)) };
	gboolean ok = read_side(&sides, 0, by_host, &inputs[0], error) &&
		      read_side(&sides, 1, by_host, &inputs[1], error);

	if (ok) {
		if (!by_host)
			join_pools(&sides);
		g_array_sort_with_data(sides.rows, by_added, &sides);
		print(&sides, request, by_host, out);
	}
	g_hash_table_unref(sides.index);
	g_array_unref(sides.rows);
	g_string_chunk_free(sides.texts);
	return ok;
}
