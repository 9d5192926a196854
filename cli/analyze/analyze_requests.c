/* What was asked for, who asked, under which label: flowdar analyze --by request, client, label. */
#include <string.h>

#include "analyze/profile/labels.h"
#include "cli/analyze/analyze_tables.h"
#include "cli/kit/cells.h"

#define WHATS_MAX 10000u /* kinds of request, or clients, that are told apart */
#define OTHERS    "(others)"

/* Requests that ask for the same, sessions of the same client or label. */
struct request_row {
	char *what;
	uint64_t count;
	uint64_t unfinished;
	uint64_t busy_ns;
	uint64_t running_ns;
	struct fdar_histogram time_ns; /* of each: what threads worked and waited for it */
	struct fdar_histogram open_ns; /* of each: begin to end */
};

static void request_row_free(gpointer data)
{
	struct request_row *row = data;

	fdar_histogram_clear(&row->time_ns);
	fdar_histogram_clear(&row->open_ns);
	g_free(row->what);
	g_free(row);
}

GHashTable *fdar_analyze_requests_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, request_row_free);
}

static struct request_row *row_of(GHashTable *rows, const char *what)
{
	struct request_row *row = g_hash_table_lookup(rows, what);

	if (row)
		return row;
	if (g_hash_table_size(rows) >= WHATS_MAX && strcmp(what, OTHERS) != 0)
		return row_of(rows, OTHERS);
	row = g_new0(struct request_row, 1);
	row->what = g_strdup(what);
	g_hash_table_insert(rows, row->what, row);
	return row;
}

void fdar_analyze_request_keep(void *user, const struct fdar_profile_session *told)
{
	struct fdar_analyze_requests *wanted = user;
	const struct fdar_walk_session *session = told->session;
	g_autofree char *host = NULL;
	struct request_row *row;

	if (wanted->request->label && strcmp(wanted->request->label, told->label) != 0)
		return;
	host = fdar_labels_host(session->peer);
	row = row_of(wanted->rows, wanted->request->by == FDAR_BY_CLIENT ? host : session->what);
	row->count++;
	row->unfinished += session->state == FDAR_SESSION_UNFINISHED;
	row->busy_ns += told->busy_ns;
	row->running_ns += told->running_ns;
	fdar_histogram_add(&row->time_ns, told->busy_ns, 1);
	fdar_histogram_add(&row->open_ns, session->end_ns - session->begin_ns, 1);
}

static double key_of(const struct request_row *row, enum fdar_analyze_sort sort)
{
	switch (sort) {
	case FDAR_SORT_TOTAL:
		return (double)row->open_ns.sum;
	case FDAR_SORT_CALLS:
		return (double)row->count;
	case FDAR_SORT_MEDIAN:
		return fdar_histogram_quantile(&row->time_ns, 0.5, row->count);
	case FDAR_SORT_P99:
		return fdar_histogram_quantile(&row->time_ns, 0.99, row->count);
	case FDAR_SORT_NAME:
		return 0;
	default:
		return (double)row->busy_ns;
	}
}

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct request_row *left = *(struct request_row *const *)a;
	const struct request_row *right = *(struct request_row *const *)b;
	const struct fdar_analyze_request *request = user;
	double of_left = key_of(left, request->sort), of_right = key_of(right, request->sort);

	if (of_left != of_right)
		return of_left > of_right ? -1 : 1;
	return strcmp(left->what, right->what);
}

enum column { WHAT, COUNT, UNFINISHED, TIME, PART, RUNNING, MEDIAN, P99, OPEN_MEDIAN, OPEN_P99 };

/* The same figures of each. */
#define COLUMNS(title, key)                                                                  \
	{                                                                                    \
		[WHAT] = { title, key, FALSE, FDAR_FIT_CUT },                                \
		[COUNT] = { "count", "count", TRUE, FALSE },                                 \
		[UNFINISHED] = { "unfinished", "unfinished", TRUE, FDAR_FIT_DROP(2) },       \
		[TIME] = { "time", "time_ns", TRUE, FALSE },                                 \
		[PART] = { "part", "time_part", TRUE, FDAR_FIT_DROP(1) },                    \
		[RUNNING] = { "running", "running_ns", TRUE, FDAR_FIT_DROP(3) },             \
		[MEDIAN] = { "median", "time_median_ns", TRUE, FALSE },                      \
		[P99] = { "p99", "time_p99_ns", TRUE, FALSE },                               \
		[OPEN_MEDIAN] = { "open median", "open_median_ns", TRUE, FDAR_FIT_DROP(4) }, \
		[OPEN_P99] = { "open p99", "open_p99_ns", TRUE, FDAR_FIT_DROP(5) },          \
	}

static const struct fdar_column request_columns[] = COLUMNS("request", "what");
static const struct fdar_column client_columns[] = COLUMNS("client", "client");
static const struct fdar_column label_columns[] = COLUMNS("label", "label");

static void add_row(struct fdar_table *table, const struct fdar_analyze_request *request,
		    const struct request_row *row)
{
	double all = (double)request->group->busy_ns.sum;

	fdar_table_row(table);
	fdar_table_cell(table, WHAT, row->what, NULL);
	fdar_cell_count(table, COUNT, (double)row->count);
	fdar_cell_count(table, UNFINISHED, (double)row->unfinished);
	fdar_cell_duration(table, TIME, (double)row->busy_ns);
	fdar_cell_percent(table, PART, all > 0 ? (double)row->busy_ns / all : 0);
	fdar_cell_duration(table, RUNNING, (double)row->running_ns);
	fdar_cell_duration(table, MEDIAN, fdar_histogram_quantile(&row->time_ns, 0.5, row->count));
	fdar_cell_duration(table, P99, fdar_histogram_quantile(&row->time_ns, 0.99, row->count));
	fdar_cell_duration(table, OPEN_MEDIAN,
			   fdar_histogram_quantile(&row->open_ns, 0.5, row->count));
	fdar_cell_duration(table, OPEN_P99,
			   fdar_histogram_quantile(&row->open_ns, 0.99, row->count));
}

static struct fdar_table *table_of(enum fdar_analyze_by by)
{
	if (by == FDAR_BY_CLIENT)
		return fdar_table_new("clients", client_columns, G_N_ELEMENTS(client_columns));
	if (by == FDAR_BY_LABEL)
		return fdar_table_new("labels", label_columns, G_N_ELEMENTS(label_columns));
	return fdar_table_new("requests", request_columns, G_N_ELEMENTS(request_columns));
}

/* Labels are a profile's groups: they are known of profiles in files, too. */
static void take_labels(const struct fdar_analyze_request *request, GHashTable *rows)
{
	for (uint32_t i = 1; i < request->labelled->group_count; i++) {
		const struct fdar_profile_group *group = &request->labelled->groups[i];
		struct request_row *row;

		if (request->label && strcmp(request->label, group->label) != 0)
			continue;
		row = row_of(rows, group->label);
		row->count += group->sessions;
		row->unfinished += group->unfinished;
		row->busy_ns += group->busy_ns.sum;
		row->running_ns += group->running_ns.sum;
		fdar_histogram_merge(&row->time_ns, &group->busy_ns);
		fdar_histogram_merge(&row->open_ns, &group->lifetime_ns);
	}
}

struct fdar_table *fdar_analyze_request_table(const struct fdar_analyze_request *request,
					      GHashTable *requests, guint *rows_in_all)
{
	struct fdar_table *table = table_of(request->by);
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	GHashTableIter all;
	gpointer row;

	if (request->by == FDAR_BY_LABEL)
		take_labels(request, requests);
	g_hash_table_iter_init(&all, requests);
	while (g_hash_table_iter_next(&all, NULL, &row))
		g_ptr_array_add(rows, row);
	g_ptr_array_sort_with_data(rows, compare, (gpointer)request);
	*rows_in_all = rows->len;
	for (guint i = 0; i < rows->len && (!request->limit || i < request->limit); i++)
		add_row(table, request, g_ptr_array_index(rows, i));
	return table;
}
