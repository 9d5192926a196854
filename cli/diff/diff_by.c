#include "cli/diff/diff_by.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "analyze/profile/labels.h"
#include "analyze/symbols/symbols.h"
#include "cli/kit/cells.h"

#define ROWS_MAX 100000u /* that are told apart: of those behind, all are one */
#define OTHERS   "(others)"

struct row {
	char *name; /* of a client: an address without its port; "": not told */
	struct {
		uint64_t sessions;
		uint64_t unfinished;
		uint64_t busy_ns;
		uint64_t running_ns;
	} side[2];
};

struct sides {
	enum fdar_diff_by by;
	GHashTable *rows; /* name -> struct row */
	const char *const *labels;
	unsigned side; /* that is read */
	uint64_t sessions[2];
};

#define FIGURES                                                                        \
	{ "sessions", "baseline_sessions", TRUE, FDAR_FIT_DROP(3) },                   \
		{ "then", "subject_sessions", TRUE, FDAR_FIT_DROP(3) },                \
		{ "time each", "baseline_time_ns", TRUE, 0 },                          \
		{ "then", "subject_time_ns", TRUE, 0 }, { "ratio", "ratio", TRUE, 0 }, \
		{ "added", "added_ns", TRUE, 0 },                                      \
		{ "running each", "baseline_running_ns", TRUE, FDAR_FIT_DROP(2) },     \
	{                                                                              \
		"then", "subject_running_ns", TRUE, FDAR_FIT_DROP(2)                   \
	}
#define UNFINISHED                                                       \
	{ "unfinished", "baseline_unfinished", TRUE, FDAR_FIT_DROP(1) }, \
	{                                                                \
		"then", "subject_unfinished", TRUE, FDAR_FIT_DROP(1)     \
	}

static const struct fdar_column client_columns[] = { { "client", "client", FALSE, FDAR_FIT_CUT },
						     FIGURES,
						     UNFINISHED };
static const struct fdar_column label_columns[] = { { "label", "label", FALSE, FDAR_FIT_CUT },
						    FIGURES,
						    UNFINISHED };
static const struct fdar_column request_columns[] = { { "request", "what", FALSE, FDAR_FIT_CUT },
						      FIGURES,
						      UNFINISHED };
static const struct fdar_column component_columns[] = {
	{ "component", "component", FALSE, FDAR_FIT_CUT }, FIGURES
};

/* What there is to know of each kind. */
static const struct kind {
	const char *name, *rows, *count;
	const struct fdar_column *columns;
	guint width;
	const char *heading; /* with the unit and the sessions of both sides */
} kinds[FDAR_DIFF_BYS] = {
	[FDAR_DIFF_BY_CLIENT] = { "client", "clients", "client_count", client_columns,
				  G_N_ELEMENTS(client_columns), "What the %s of each client took" },
	[FDAR_DIFF_BY_LABEL] = { "label", "labels", "label_count", label_columns,
				 G_N_ELEMENTS(label_columns), "What the %s under each label took" },
	[FDAR_DIFF_BY_REQUEST] = { "request", "requests", "request_count", request_columns,
				   G_N_ELEMENTS(request_columns),
				   "What %s that asked for the same took" },
	[FDAR_DIFF_BY_COMPONENT] = { "component", "components", "component_count",
				     component_columns, G_N_ELEMENTS(component_columns),
				     "What the %s took in each binary" },
};

gboolean fdar_diff_by_parse(const char *text, enum fdar_diff_by *by)
{
	for (*by = 0; *by < FDAR_DIFF_BYS; (*by)++)
		if (strcmp(kinds[*by].name, text) == 0)
			return TRUE;
	return FALSE;
}

static void row_free(gpointer data)
{
	struct row *row = data;

	g_free(row->name);
	g_free(row);
}

static struct row *row_of(GHashTable *rows, const char *name)
{
	struct row *row = g_hash_table_lookup(rows, name);

	if (row)
		return row;
	if (g_hash_table_size(rows) >= ROWS_MAX && strcmp(name, OTHERS) != 0)
		return row_of(rows, OTHERS);
	row = g_new0(struct row, 1);
	row->name = g_strdup(name);
	g_hash_table_insert(rows, row->name, row);
	return row;
}

/* ---- by session ---- */

static void keep(void *user, const struct fdar_profile_session *told)
{
	struct sides *sides = user;
	const char *label = sides->labels[sides->side];
	g_autofree char *client = fdar_labels_host(told->session->peer);
	struct row *row;

	if (label && strcmp(label, told->label) != 0)
		return;
	row = row_of(sides->rows, sides->by == FDAR_DIFF_BY_REQUEST ? told->session->what : client);
	row->side[sides->side].sessions++;
	row->side[sides->side].unfinished += told->session->state == FDAR_SESSION_UNFINISHED;
	row->side[sides->side].busy_ns += told->busy_ns;
	row->side[sides->side].running_ns += told->running_ns;
	sides->sessions[sides->side]++;
}

static gboolean is_by_session(enum fdar_diff_by by)
{
	return by == FDAR_DIFF_BY_CLIENT || by == FDAR_DIFF_BY_REQUEST;
}

/* ---- by what a profile has ---- */

static void add_label(struct sides *sides, const struct fdar_profile_group *group)
{
	struct row *row = row_of(sides->rows, group->label);

	row->side[sides->side].sessions += group->sessions;
	row->side[sides->side].unfinished += group->unfinished;
	row->side[sides->side].busy_ns += group->busy_ns.sum;
	row->side[sides->side].running_ns += group->running_ns.sum;
}

static void add_components(struct sides *sides, const struct fdar_profile *profile,
			   const struct fdar_profile_group *group)
{
	for (uint32_t i = 0; i < group->entry_count; i++) {
		const struct fdar_profile_entry *entry = &group->entries[i];
		const struct fdar_profile_function *function = &profile->functions[entry->function];
		gboolean runs =
			entry->below == FDAR_PROFILE_NONE && function->kind <= FDAR_FRAME_SCOPE;
		struct row *row;

		if (!entry->stat.own_ns || strcmp(function->component, FDAR_COMPONENT_OWN) == 0)
			continue;
		row = row_of(sides->rows, function->component);
		row->side[sides->side].busy_ns += entry->stat.own_ns;
		row->side[sides->side].running_ns += runs ? entry->stat.own_ns : 0;
	}
}

static void add_profile(struct sides *sides, const struct fdar_profile *profile)
{
	const char *label = sides->labels[sides->side];

	for (uint32_t g = 1; g < profile->group_count; g++) {
		const struct fdar_profile_group *group = &profile->groups[g];

		if (!group->sessions || (label && strcmp(label, group->label) != 0))
			continue;
		sides->sessions[sides->side] += group->sessions;
		if (sides->by == FDAR_DIFF_BY_LABEL)
			add_label(sides, group);
		else
			add_components(sides, profile, group);
	}
}

/* Each session is in all of a side's components: a row's time is divided by all of them. */
static void set_sessions(const struct sides *sides)
{
	GHashTableIter all;
	gpointer row;

	g_hash_table_iter_init(&all, sides->rows);
	while (g_hash_table_iter_next(&all, NULL, &row))
		for (int s = 0; s < 2; s++)
			((struct row *)row)->side[s].sessions = sides->sessions[s];
}

/* ---- both ---- */

static gboolean read_side(struct sides *sides, const struct fdar_diff_side_input *from,
			  GError **error)
{
	struct fdar_profile_input input = from->input;
	const char *unit = input.unit == FDAR_UNIT_REQUEST ? "request" : "session";
	const char *label = sides->labels[sides->side];

	if (is_by_session(sides->by)) {
		input.session = keep;
		input.session_user = sides;
	}
	for (char **path = from->paths; *path; path++) {
		g_autoptr(fdar_profile) profile = NULL;

		input.path = *path;
		if (input.session && fdar_profile_input_is_file(&input)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
				    "%s: a profile does not say whose each %s was; --by %s "
				    "is about recordings",
				    *path, unit, kinds[sides->by].name);
			return FALSE;
		}
		profile = fdar_profile_input_read(&input, error);
		if (!profile)
			return FALSE;
		if (!input.session)
			add_profile(sides, profile);
	}
	if (!sides->sessions[sides->side])
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: no %s in it%s%s, and %s are compared by theirs", from->paths[0],
			    unit, label ? " with the label " : "", label ? label : "",
			    kinds[sides->by].rows);
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

	return more > 0 ? 1 : more < 0 ? -1 : strcmp(left->name, right->name);
}

static void add_row(struct fdar_table *table, const struct sides *sides, const struct row *row)
{
	double before = each(row, 0, row->side[0].busy_ns);
	double after = each(row, 1, row->side[1].busy_ns);

	fdar_table_row(table);
	fdar_table_cell(table, 0, *row->name ? row->name : "not told", row->name);
	if (row->side[0].sessions && row->side[1].sessions)
		fdar_cell_ratio(table, 5, before > 0 ? after / before : after > 0 ? INFINITY : 1);
	fdar_cell_added(table, 6, added(sides, row));
	for (unsigned s = 0; s < 2; s++) {
		fdar_cell_count(table, 1 + s, (double)row->side[s].sessions);
		if (sides->by != FDAR_DIFF_BY_COMPONENT)
			fdar_cell_count(table, 9 + s, (double)row->side[s].unfinished);
		if (!row->side[s].sessions)
			continue;
		fdar_cell_duration(table, 3 + s, s ? after : before);
		fdar_cell_duration(table, 7 + s, each(row, s, row->side[s].running_ns));
	}
}

static void print_json(const struct sides *sides, struct fdar_table *table, guint rows, FILE *out)
{
	fprintf(out,
		"{\n  \"format\": " FDAR_JSON_FORMAT
		",\n  \"baseline_sessions\": %" G_GUINT64_FORMAT
		",\n  \"subject_sessions\": %" G_GUINT64_FORMAT ",\n  \"%s\": %u,\n  \"%s\": ",
		sides->sessions[0], sides->sessions[1], kinds[sides->by].count, rows,
		kinds[sides->by].rows);
	fdar_table_print_rows_json(table, out);
	fputs("\n}\n", out);
}

static void print_heading(const struct sides *sides, const struct fdar_diff_request *request)
{
	const char *unit = request->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions";
	g_autoptr(GString) text = g_string_new(kinds[sides->by].heading);

	g_string_replace(text, "%s", unit, 1);
	fdar_print_line("%s: %" G_GUINT64_FORMAT " of the baseline, then %" G_GUINT64_FORMAT
			" of the subject; added is divided by all %s",
			text->str, sides->sessions[0], sides->sessions[1], unit);
	putchar('\n');
}

static void print(const struct sides *sides, const struct fdar_diff_request *request, FILE *out)
{
	const struct kind *kind = &kinds[sides->by];
	g_autoptr(fdar_table) table = fdar_table_new(kind->rows, kind->columns, kind->width);
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
		print_json(sides, table, rows->len, out);
		return;
	}
	if (request->format == FDAR_FORMAT_TABLE)
		print_heading(sides, request);
	fdar_table_print(table, request->format, out);
	if (request->format == FDAR_FORMAT_TABLE && most < rows->len)
		fdar_print_line("... and %u more (--limit 0 shows all)", rows->len - most);
}

gboolean fdar_diff_by(enum fdar_diff_by by, const struct fdar_diff_side_input inputs[2],
		      const char *const labels[2], const struct fdar_diff_request *request,
		      FILE *out, GError **error)
{
	struct sides sides = { .by = by,
			       .rows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
							     row_free),
			       .labels = labels };
	gboolean ok = TRUE;

	for (; ok && sides.side < 2; sides.side++)
		ok = read_side(&sides, &inputs[sides.side], error);
	if (ok && by == FDAR_DIFF_BY_COMPONENT)
		set_sessions(&sides);
	if (ok)
		print(&sides, request, out);
	g_hash_table_unref(sides.rows);
	return ok;
}
