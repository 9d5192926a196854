#include "cli/diff/diff_by_client.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "analyze/profile/labels.h"
#include "cli/kit/cells.h"

#define CLIENTS_MAX 100000u /* that are told apart: of those behind, all are one */
#define OTHERS      "(others)"

struct row {
	char *client; /* an address without its port; "": not told */
	struct {
		uint64_t sessions;
		uint64_t unfinished;
		uint64_t busy_ns;
		uint64_t running_ns;
	} side[2];
};

struct sides {
	GHashTable *rows; /* client -> struct row */
	const char *const *labels;
	unsigned side; /* that is read */
	uint64_t sessions[2];
};

static const struct fdar_column columns[] = {
	{ "client", "client", FALSE, FDAR_FIT_CUT },
	{ "sessions", "baseline_sessions", TRUE, FDAR_FIT_DROP(3) },
	{ "then", "subject_sessions", TRUE, FDAR_FIT_DROP(3) },
	{ "time each", "baseline_time_ns", TRUE, 0 },
	{ "then", "subject_time_ns", TRUE, 0 },
	{ "ratio", "ratio", TRUE, 0 },
	{ "added", "added_ns", TRUE, 0 },
	{ "running each", "baseline_running_ns", TRUE, FDAR_FIT_DROP(2) },
	{ "then", "subject_running_ns", TRUE, FDAR_FIT_DROP(2) },
	{ "unfinished", "baseline_unfinished", TRUE, FDAR_FIT_DROP(1) },
	{ "then", "subject_unfinished", TRUE, FDAR_FIT_DROP(1) },
};

static void row_free(gpointer data)
{
	struct row *row = data;

	g_free(row->client);
	g_free(row);
}

static struct row *row_of(GHashTable *rows, const char *client)
{
	struct row *row = g_hash_table_lookup(rows, client);

	if (row)
		return row;
	if (g_hash_table_size(rows) >= CLIENTS_MAX && strcmp(client, OTHERS) != 0)
		return row_of(rows, OTHERS);
	row = g_new0(struct row, 1);
	row->client = g_strdup(client);
	g_hash_table_insert(rows, row->client, row);
	return row;
}

static void keep(void *user, const struct fdar_profile_session *told)
{
	struct sides *sides = user;
	const char *label = sides->labels[sides->side];
	g_autofree char *client = fdar_labels_host(told->session->peer);
	struct row *row;

	if (label && strcmp(label, told->label) != 0)
		return;
	row = row_of(sides->rows, client);
	row->side[sides->side].sessions++;
	row->side[sides->side].unfinished += told->session->state == FDAR_SESSION_UNFINISHED;
	row->side[sides->side].busy_ns += told->busy_ns;
	row->side[sides->side].running_ns += told->running_ns;
	sides->sessions[sides->side]++;
}

static gboolean read_side(struct sides *sides, const struct fdar_diff_side_input *from,
			  GError **error)
{
	struct fdar_profile_input input = from->input;

	input.session = keep;
	input.session_user = sides;
	for (char **path = from->paths; *path; path++) {
		g_autoptr(fdar_profile) profile = NULL;

		input.path = *path;
		if (fdar_profile_input_is_file(&input)) {
			g_set_error(
				error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
				"%s: a profile does not say whose each session was; --by client "
				"is about recordings",
				*path);
			return FALSE;
		}
		profile = fdar_profile_input_read(&input, error);
		if (!profile)
			return FALSE;
	}
	if (!sides->sessions[sides->side])
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: no session in it%s%s, and clients are compared by theirs",
			    from->paths[0], sides->labels[sides->side] ? " with the label " : "",
			    sides->labels[sides->side] ? sides->labels[sides->side] : "");
	return sides->sessions[sides->side] > 0;
}

/* A mean of its own sessions; 0: it had none. */
static double each(const struct row *row, unsigned side, uint64_t ns)
{
	return row->side[side].sessions ? (double)ns / (double)row->side[side].sessions : 0;
}

/* What its sessions took more, divided by all sessions of the side: the parts of what a session took more. */
static double added(const struct sides *sides, const struct row *row)
{
	return (double)row->side[1].busy_ns / (double)sides->sessions[1] -
	       (double)row->side[0].busy_ns / (double)sides->sessions[0];
}

static gint by_added(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct row *left = *(struct row *const *)a, *right = *(struct row *const *)b;
	double more = added(user, right) - added(user, left);

	return more > 0 ? 1 : more < 0 ? -1 : strcmp(left->client, right->client);
}

static void add_row(struct fdar_table *table, const struct sides *sides, const struct row *row)
{
	double before = each(row, 0, row->side[0].busy_ns);
	double after = each(row, 1, row->side[1].busy_ns);

	fdar_table_row(table);
	fdar_table_cell(table, 0, *row->client ? row->client : "not told", row->client);
	if (row->side[0].sessions && row->side[1].sessions)
		fdar_cell_ratio(table, 5, before > 0 ? after / before : after > 0 ? INFINITY : 1);
	fdar_cell_added(table, 6, added(sides, row));
	for (unsigned s = 0; s < 2; s++) {
		fdar_cell_count(table, 1 + s, (double)row->side[s].sessions);
		fdar_cell_count(table, 9 + s, (double)row->side[s].unfinished);
		if (!row->side[s].sessions)
			continue;
		fdar_cell_duration(table, 3 + s, s ? after : before);
		fdar_cell_duration(table, 7 + s, each(row, s, row->side[s].running_ns));
	}
}

static void print(const struct sides *sides, const struct fdar_diff_request *request, FILE *out)
{
	g_autoptr(fdar_table) table = fdar_table_new("clients", columns, G_N_ELEMENTS(columns));
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	GHashTableIter all;
	gpointer row;

	g_hash_table_iter_init(&all, sides->rows);
	while (g_hash_table_iter_next(&all, NULL, &row))
		g_ptr_array_add(rows, row);
	guint most = request->limit ? MIN(request->limit, rows->len) : rows->len;

	g_ptr_array_sort_with_data(rows, by_added, (gpointer)sides);
	for (guint i = 0; i < most; i++)
		add_row(table, sides, g_ptr_array_index(rows, i));
	if (request->format == FDAR_FORMAT_JSON) {
		fprintf(out,
			"{\n  \"format\": " FDAR_JSON_FORMAT
			",\n  \"baseline_sessions\": %" G_GUINT64_FORMAT
			",\n  \"subject_sessions\": %" G_GUINT64_FORMAT
			",\n  \"client_count\": %u,\n  \"clients\": ",
			sides->sessions[0], sides->sessions[1], rows->len);
		fdar_table_print_rows_json(table, out);
		fputs("\n}\n", out);
		return;
	}
	if (request->format == FDAR_FORMAT_TABLE) {
		const char *unit = request->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions";

		fdar_print_line("What the %s of each client took: %" G_GUINT64_FORMAT
				" of the baseline, then %" G_GUINT64_FORMAT
				" of the subject; added is divided by all %s",
				unit, sides->sessions[0], sides->sessions[1], unit);
		putchar('\n');
	}
	fdar_table_print(table, request->format, out);
	if (request->format == FDAR_FORMAT_TABLE && most < rows->len)
		fdar_print_line("... and %u more (--limit 0 shows all)", rows->len - most);
}

gboolean fdar_diff_by_client(const struct fdar_diff_side_input inputs[2],
			     const char *const labels[2], const struct fdar_diff_request *request,
			     FILE *out, GError **error)
{
	struct sides sides = { .rows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
							     row_free),
			       .labels = labels };
	gboolean ok = TRUE;

	for (; ok && sides.side < 2; sides.side++)
		ok = read_side(&sides, &inputs[sides.side], error);
	if (ok)
		print(&sides, request, out);
	g_hash_table_unref(sides.rows);
	return ok;
}
