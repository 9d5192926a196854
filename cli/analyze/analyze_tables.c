#include "cli/analyze/analyze_tables.h"

#include <gio/gio.h>
#include <string.h>

#include "cli/kit/cells.h"

struct sort_name {
	const char *name;
	enum fdar_analyze_sort sort;
};

static const struct sort_name function_sorts[] = {
	{ "own", FDAR_SORT_OWN },       { "total", FDAR_SORT_TOTAL }, { "calls", FDAR_SORT_CALLS },
	{ "median", FDAR_SORT_MEDIAN }, { "p99", FDAR_SORT_P99 },     { "name", FDAR_SORT_NAME },
};

static const struct sort_name session_sorts[] = {
	{ "time", FDAR_SORT_OWN },        { "open", FDAR_SORT_OPEN },
	{ "running", FDAR_SORT_RUNNING }, { "waiting", FDAR_SORT_WAITING },
	{ "calls", FDAR_SORT_CALLS },     { "start", FDAR_SORT_START },
};

gboolean fdar_analyze_by_parse(const char *text, enum fdar_analyze_by *by)
{
	static const char *const names[] = { "function", "path",   "component", "session",
					     "request",  "client", "label",     "sample",
					     "syscall",  "thread", "host" };

	*by = FDAR_BY_FUNCTION;
	for (size_t i = 0; text && i < G_N_ELEMENTS(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*by = (enum fdar_analyze_by)i;
			return TRUE;
		}
	}
	return !text;
}

gboolean fdar_analyze_sort_parse(const char *text, enum fdar_analyze_by by,
				 enum fdar_analyze_sort *sort)
{
	const struct sort_name *sorts = by == FDAR_BY_SESSION ? session_sorts : function_sorts;

	*sort = FDAR_SORT_OWN;
	if (by >= FDAR_BY_THREAD && text && !g_str_equal(text, "own") &&
	    !g_str_equal(text, "calls") && !g_str_equal(text, "name"))
		return FALSE;
	if (by == FDAR_BY_SYSCALL && text && g_str_equal(text, "waiting"))
		return TRUE;
	if (by == FDAR_BY_SYSCALL && text && !g_str_equal(text, "calls") &&
	    !g_str_equal(text, "name"))
		return FALSE;
	if (by == FDAR_BY_SAMPLE && text && !g_str_equal(text, "own") &&
	    !g_str_equal(text, "total") && !g_str_equal(text, "name"))
		return FALSE;
	/* Both have as many. */
	for (size_t i = 0; text && i < G_N_ELEMENTS(function_sorts); i++) {
		if (strcmp(text, sorts[i].name) == 0) {
			*sort = sorts[i].sort;
			return TRUE;
		}
	}
	return !text;
}

const char *fdar_analyze_sort_names(enum fdar_analyze_by by)
{
	if (by == FDAR_BY_SAMPLE)
		return "own, total or name";
	if (by >= FDAR_BY_THREAD)
		return "own, calls or name";
	if (by == FDAR_BY_SYSCALL)
		return "waiting, calls or name";
	return by == FDAR_BY_SESSION ? "time, open, running, waiting, calls or start"
				     : "own, total, calls, median, p99 or name";
}

gboolean fdar_analyze_choose(struct fdar_analyze_request *request,
			     const struct fdar_profile *profile, GError **error)
{
	request->profile = request->labelled = profile;
	if (request->label) {
		request->group = fdar_profile_group(profile, request->label);
		if (request->group)
			return TRUE;
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "no session has the label \"%s\"", request->label);
		return FALSE;
	}
	if (!fdar_profile_is_flat(profile))
		request->profile = request->flat = fdar_profile_flatten(profile);
	request->group = fdar_profile_group(request->profile, FDAR_PROFILE_ALL);
	if (request->server || !request->group || !request->group->sessions)
		request->group = &request->profile->groups[0];
	return TRUE;
}

void fdar_analyze_request_clear(struct fdar_analyze_request *request)
{
	g_clear_pointer(&request->flat, fdar_profile_free);
}

/* A row of functions or paths. */
struct stat_row {
	const struct fdar_profile_stat *stat;
	const char *function;
	const char *component;
	const char *below; /* "" when it runs */
	char *path;        /* of call paths */
	char *short_path;  /* for people */
	char **frames;     /* of the path, the outermost first */
	double total_ns;
};

static double stat_key(const struct stat_row *row, enum fdar_analyze_sort sort)
{
	switch (sort) {
	case FDAR_SORT_TOTAL:
		return row->total_ns;
	case FDAR_SORT_CALLS:
		return (double)row->stat->calls;
	case FDAR_SORT_MEDIAN:
		return fdar_histogram_quantile(&row->stat->call_ns, 0.5, row->stat->call_ns.count);
	case FDAR_SORT_P99:
		return fdar_histogram_quantile(&row->stat->call_ns, 0.99, row->stat->call_ns.count);
	case FDAR_SORT_NAME:
		return 0;
	default:
		return (double)row->stat->own_ns;
	}
}

static gint compare_stats(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct stat_row *left = a, *right = b;
	const struct fdar_analyze_request *request = user;
	double of_left = stat_key(left, request->sort), of_right = stat_key(right, request->sort);

	if (of_left != of_right)
		return of_left > of_right ? -1 : 1;
	int order = strcmp(left->path ? left->path : left->function,
			   right->path ? right->path : right->function);
	if (!order)
		order = strcmp(left->component, right->component);
	return order ? order : strcmp(left->below, right->below);
}

static void stat_row_clear(gpointer data)
{
	g_free(((struct stat_row *)data)->path);
	g_free(((struct stat_row *)data)->short_path);
	g_strfreev(((struct stat_row *)data)->frames);
}

static GArray *stat_rows_new(void)
{
	GArray *rows = g_array_new(FALSE, TRUE, sizeof(struct stat_row));

	g_array_set_clear_func(rows, stat_row_clear);
	return rows;
}

static gboolean is_own(const char *component)
{
	return strcmp(component, FDAR_COMPONENT_OWN) == 0;
}

uint64_t fdar_analyze_own_ns(const struct fdar_analyze_request *request)
{
	const struct fdar_profile_function *functions = request->profile->functions;
	uint64_t own_ns = 0;

	for (guint32 i = 0; i < request->group->entry_count; i++)
		if (is_own(functions[request->group->entries[i].function].component))
			own_ns += request->group->entries[i].stat.own_ns;
	return own_ns;
}

static GArray *function_rows(const struct fdar_analyze_request *request)
{
	const struct fdar_profile_function *functions = request->profile->functions;
	GArray *rows = stat_rows_new();

	for (guint32 i = 0; i < request->group->entry_count; i++) {
		const struct fdar_profile_entry *entry = &request->group->entries[i];
		struct stat_row row = {
			.stat = &entry->stat,
			.function = functions[entry->function].name,
			.component = functions[entry->function].component,
			.below = entry->below == FDAR_PROFILE_NONE ? ""
								   : functions[entry->below].name,
			.total_ns = (double)entry->stat.total_ns,
		};

		if ((entry->stat.calls || entry->stat.own_ns) &&
		    (request->own || !is_own(row.component)))
			g_array_append_val(rows, row);
	}
	return rows;
}

/* "main", "serve", "read". A path names each function once, so it is short. */
static char **path_frames(const struct fdar_analyze_request *request, guint32 node)
{
	const struct fdar_profile_node *nodes = request->group->nodes;
	GPtrArray *names = g_ptr_array_new();

	for (; node; node = nodes[node].parent)
		g_ptr_array_insert(names, 0,
				   g_strdup(
					   request->profile->functions[nodes[node].function].name));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

/* "main > serve > read", for people. */
static char *short_path(char *const *frames)
{
	GString *text = g_string_new(NULL);

	for (; *frames; frames++) {
		g_autofree char *shown = fdar_name_short(*frames, FDAR_NAME_COLUMNS);

		g_string_append_printf(text, "%s%s", text->len ? " > " : "", shown);
	}
	return g_string_free(text, FALSE);
}

static GArray *path_rows(const struct fdar_analyze_request *request)
{
	const struct fdar_profile_group *group = request->group;
	g_autofree uint64_t *widths = fdar_profile_subtree_ns(group);
	GArray *rows = stat_rows_new();

	for (guint32 i = 1; i < group->node_count; i++) {
		const struct fdar_profile_function *function =
			&request->profile->functions[group->nodes[i].function];
		struct stat_row row = {
			.stat = &group->nodes[i].stat,
			.function = function->name,
			.component = function->component,
			.below = fdar_walk_kind_name(function->kind),
			.total_ns = (double)widths[i],
		};

		if (!row.stat->calls || (is_own(row.component) && !request->own))
			continue;
		row.frames = path_frames(request, i);
		row.path = g_strjoinv(" > ", row.frames);
		row.short_path = short_path(row.frames);
		g_array_append_val(rows, row);
	}
	return rows;
}

enum stat_column {
	FUNCTION,
	COMPONENT,
	BELOW,
	OWN,
	PART,
	TOTAL,
	CALLS,
	MEDIAN,
	P99,
	UNFINISHED,
	SKIPPED, /* on a terminal only when there are such calls */
	SKIPPED_NS,
	STAT_COLUMNS
};

static const struct fdar_column function_columns[] = {
	[FUNCTION] = { "function", "function", FALSE, FDAR_FIT_CUT },
	[COMPONENT] = { "component", "component", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(2) },
	[BELOW] = { "waits in", "waits_in", FALSE, FDAR_FIT_CUT },
	[OWN] = { "own", "own_ns", TRUE, FALSE },
	[PART] = { "part", "own_part", TRUE, FDAR_FIT_DROP(1) },
	[TOTAL] = { "total", "total_ns", TRUE, FALSE },
	[CALLS] = { "calls", "calls", TRUE, FALSE },
	[MEDIAN] = { "median call", "call_median_ns", TRUE, FDAR_FIT_DROP(3) },
	[P99] = { "p99 call", "call_p99_ns", TRUE, FDAR_FIT_DROP(4) },
	[UNFINISHED] = { "unfinished", "unfinished_calls", TRUE, FDAR_FIT_DROP(5) },
	[SKIPPED] = { "too short", "skipped_calls", TRUE, FDAR_FIT_DROP(6) },
	[SKIPPED_NS] = { "in those", "skipped_ns", TRUE, FDAR_FIT_DROP(7) },
};

static const struct fdar_column path_columns[] = {
	[FUNCTION] = { "call path", "path", FALSE, FDAR_FIT_TAIL },
	[COMPONENT] = { "component", "component", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(2) },
	[BELOW] = { "kind", "kind", FALSE, FALSE },
	[OWN] = { "own", "own_ns", TRUE, FALSE },
	[PART] = { "part", "own_part", TRUE, FDAR_FIT_DROP(1) },
	[TOTAL] = { "total", "total_ns", TRUE, FALSE },
	[CALLS] = { "calls", "calls", TRUE, FALSE },
	[MEDIAN] = { "median call", "call_median_ns", TRUE, FDAR_FIT_DROP(3) },
	[P99] = { "p99 call", "call_p99_ns", TRUE, FDAR_FIT_DROP(4) },
	[UNFINISHED] = { "unfinished", "unfinished_calls", TRUE, FDAR_FIT_DROP(5) },
	[SKIPPED] = { "too short", "skipped_calls", TRUE, FDAR_FIT_DROP(6) },
	[SKIPPED_NS] = { "in those", "skipped_ns", TRUE, FDAR_FIT_DROP(7) },
};

static gboolean shows_skipped(const struct fdar_analyze_request *request)
{
	return request->format != FDAR_FORMAT_TABLE || request->profile->losses.skipped_calls > 0;
}

static void add_stat(struct fdar_table *table, const struct fdar_analyze_request *request,
		     const struct stat_row *row)
{
	const struct fdar_profile_stat *stat = row->stat;
	const struct fdar_histogram *calls = &stat->call_ns;
	double own = (double)stat->own_ns, all = (double)request->group->own_ns;

	fdar_table_row(table);
	if (row->path) {
		fdar_table_cell(table, FUNCTION, row->short_path, row->path);
		fdar_table_list(table, FUNCTION, "frames", (const char *const *)row->frames);
	} else {
		fdar_cell_name(table, FUNCTION, row->function);
	}
	fdar_table_cell(table, COMPONENT, row->component, NULL);
	fdar_table_cell(table, BELOW, row->below, NULL);
	fdar_cell_duration(table, OWN, own);
	fdar_cell_percent(table, PART, all > 0 ? own / all : 0);
	fdar_cell_duration(table, TOTAL, row->total_ns);
	fdar_cell_count(table, CALLS, (double)stat->calls);
	fdar_cell_duration(table, MEDIAN, fdar_histogram_quantile(calls, 0.5, calls->count));
	fdar_cell_duration(table, P99, fdar_histogram_quantile(calls, 0.99, calls->count));
	fdar_cell_count(table, UNFINISHED, (double)stat->unfinished);
	if (!shows_skipped(request))
		return;
	fdar_cell_count(table, SKIPPED, (double)stat->skipped_calls);
	fdar_cell_duration(table, SKIPPED_NS, (double)stat->skipped_ns);
}

struct fdar_table *fdar_analyze_stat_table(const struct fdar_analyze_request *request,
					   guint *rows_in_all)
{
	gboolean paths = request->by == FDAR_BY_PATH;
	g_autoptr(GArray) rows = paths ? path_rows(request) : function_rows(request);
	struct fdar_table *table = fdar_table_new(paths ? "paths" : "functions",
						  paths ? path_columns : function_columns,
						  shows_skipped(request) ? STAT_COLUMNS : SKIPPED);

	g_array_sort_with_data(rows, compare_stats, (gpointer)request);
	*rows_in_all = rows->len;
	for (guint i = 0; i < rows->len && (!request->limit || i < request->limit); i++)
		add_stat(table, request, &g_array_index(rows, struct stat_row, i));
	return table;
}
