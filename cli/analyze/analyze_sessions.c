/* The sessions of flowdar analyze --by session. */
#include <string.h>

#include "cli/analyze/analyze_tables.h"
#include "cli/kit/cells.h"

struct session_row {
	struct fdar_profile_session told; /* its texts point to the copies below */
	struct fdar_walk_session session;
	struct fdar_labels_seen client; /* open_ns 0: not known */
	char *peer;
	char *what;
	char *label;
	char *function;
	char *component;
	char *below;
};

static void session_row_clear(gpointer data)
{
	struct session_row *row = data;

	g_free(row->peer);
	g_free(row->what);
	g_free(row->label);
	g_free(row->function);
	g_free(row->component);
	g_free(row->below);
}

GArray *fdar_analyze_sessions_new(void)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct session_row));

	g_array_set_clear_func(rows, session_row_clear);
	return rows;
}

static guint64 session_key(const struct session_row *row, enum fdar_analyze_sort sort)
{
	switch (sort) {
	case FDAR_SORT_OPEN:
		return row->session.end_ns - row->session.begin_ns;
	case FDAR_SORT_RUNNING:
		return row->told.running_ns;
	case FDAR_SORT_WAITING:
		return row->told.busy_ns - row->told.running_ns;
	case FDAR_SORT_CALLS:
		return row->told.calls;
	case FDAR_SORT_START:
		return UINT64_MAX - row->session.begin_ns;
	default:
		return row->told.busy_ns;
	}
}

static gint compare_sessions(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct session_row *left = a, *right = b;
	const struct fdar_analyze_request *request = user;
	guint64 of_left = session_key(left, request->sort);
	guint64 of_right = session_key(right, request->sort);

	if (of_left != of_right)
		return of_left > of_right ? -1 : 1;
	return (left->session.id > right->session.id) - (left->session.id < right->session.id);
}

static void sort_sessions(GArray *rows, const struct fdar_analyze_request *request)
{
	g_array_sort_with_data(rows, compare_sessions, (gpointer)request);
	if (request->limit && rows->len > request->limit)
		g_array_set_size(rows, request->limit);
}

void fdar_analyze_session_keep(void *user, const struct fdar_profile_session *session)
{
	struct fdar_analyze_sessions *wanted = user;
	const struct fdar_analyze_request *request = wanted->request;
	struct session_row row = {
		.told = *session,
		.session = *session->session,
	};

	if (request->label && strcmp(request->label, session->label) != 0)
		return;
	if (session->client)
		row.client = *session->client;
	row.peer = g_strdup(session->session->peer);
	row.what = g_strdup(session->session->what);
	row.label = g_strdup(session->label);
	row.function = g_strdup(session->function);
	row.component = g_strdup(session->component);
	row.below = g_strdup(session->below);
	g_array_append_val(wanted->rows, row);
	/* Cut now and then, so that memory does not grow with the trace. */
	if (request->limit && wanted->rows->len >= 2 * request->limit + 1000)
		sort_sessions(wanted->rows, request);
}

enum session_column {
	CLIENT,
	KEY,
	LABEL,
	STATE,
	START,
	OPEN,
	TIME,
	RUNNING,
	WAITING,
	SESSION_CALLS,
	MOST,
	MOST_BELOW,
	MOST_TIME,
	REQUESTS, /* from here on: on a terminal only when the trace says it */
	BYTES_IN,
	BYTES_OUT,
	WHAT,
	CLIENT_SAW, /* where replay's journal says it: in the place of WHAT on a terminal */
	OUTSIDE,
	FIRST_BYTE,
	READS, /* not on a terminal */
	WRITES,
	WAITS,
	PREEMPTIONS,
	PREEMPTED,
	FAULTS, /* FDAR_COUNT_FAULT ... */
	MAJOR_FAULTS,
	MIGRATIONS,
	SESSION_COLUMNS
};

#define COMMON_COLUMNS                                                                            \
	[CLIENT] = { "client", "client", FALSE, FALSE },                                          \
	[KEY] = { "key", "key", FALSE, FDAR_FIT_DROP(9) },                                        \
	[LABEL] = { "label", "label", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(1) },                   \
	[STATE] = { "state", "state", FALSE, FDAR_FIT_DROP(2) },                                  \
	[START] = { "start", "start_epoch_ns", TRUE, FDAR_FIT_DROP(8) },                          \
	[OPEN] = { "open", "open_ns", TRUE, FALSE }, [TIME] = { "time", "time_ns", TRUE, FALSE }, \
	[RUNNING] = { "running", "running_ns", TRUE, FDAR_FIT_DROP(3) },                          \
	[WAITING] = { "waiting", "waiting_ns", TRUE, FDAR_FIT_DROP(4) },                          \
	[SESSION_CALLS] = { "calls", "calls", TRUE, FDAR_FIT_DROP(7) },                           \
	[MOST] = { "most of it in", "most_in", FALSE, FDAR_FIT_CUT },                             \
	[MOST_BELOW] = { "waits in", "most_waits_in", FALSE, FDAR_FIT_DROP(5) },                  \
	[MOST_TIME] = { "that", "most_ns", TRUE, FALSE },                                         \
	[REQUESTS] = { "requests", "requests", TRUE, FDAR_FIT_DROP(6) },                          \
	[BYTES_IN] = { "bytes in", "bytes_in", TRUE, FDAR_FIT_DROP(7) },                          \
	[BYTES_OUT] = { "bytes out", "bytes_out", TRUE, FDAR_FIT_DROP(7) },

#define CLIENT_COLUMNS(first)                                                \
	[(first)] = { "client saw", "client_ns", TRUE, FALSE },              \
	[(first) + 1] = { "outside", "outside_ns", TRUE, FDAR_FIT_DROP(4) }, \
	[(first) + 2] = { "first byte", "client_first_byte_ns", TRUE, FDAR_FIT_DROP(6) },

static const struct fdar_column session_columns[] = {
	COMMON_COLUMNS[WHAT] = { "request", "what", FALSE, FDAR_FIT_CUT },
	CLIENT_COLUMNS(CLIENT_SAW)[READS] = { "reads", "reads", TRUE, FALSE },
	[WRITES] = { "writes", "writes", TRUE, FALSE },
	[WAITS] = { "waits", "waits", TRUE, FALSE },
	[PREEMPTIONS] = { "preemptions", "preemptions", TRUE, FALSE },
	[PREEMPTED] = { "preempted", "preempted_ns", TRUE, FALSE },
	[FAULTS] = { "page faults", "page_faults", TRUE, FALSE },
	[MAJOR_FAULTS] = { "major faults", "major_faults", TRUE, FALSE },
	[MIGRATIONS] = { "migrations", "migrations", TRUE, FALSE },
};

/* Of sessions whose client is known, for people. */
static const struct fdar_column client_columns[] = { COMMON_COLUMNS CLIENT_COLUMNS(WHAT) };

static gboolean any_client(const GArray *rows)
{
	for (guint i = 0; i < rows->len; i++)
		if (g_array_index(rows, struct session_row, i).client.open_ns)
			return TRUE;
	return FALSE;
}

/* Which columns a table has: the last ones are for those who have requests, I/O, a journal. */
struct shown {
	const struct fdar_column *columns;
	size_t count;
	size_t client; /* where those about the client begin; 0: there are none */
};

static struct shown shown_of(const struct fdar_analyze_request *request, const GArray *rows)
{
	const struct fdar_profile_group *group = request->group;
	gboolean io = group->requests || group->bytes_in || group->bytes_out;

	if (request->format != FDAR_FORMAT_TABLE)
		return (struct shown){ session_columns, SESSION_COLUMNS, CLIENT_SAW };
	if (request->unit == FDAR_UNIT_REQUEST)
		return (struct shown){ session_columns, CLIENT_SAW, 0 };
	if (any_client(rows))
		return (struct shown){ client_columns, G_N_ELEMENTS(client_columns), WHAT };
	return (struct shown){ session_columns, io ? WHAT : REQUESTS, 0 };
}

/* What the client saw is longer by what went on before the server had the connection, and after. */
static void add_client(struct fdar_table *table, size_t first, const struct session_row *row)
{
	const struct fdar_labels_seen *client = &row->client;
	uint64_t open_ns = row->session.end_ns - row->session.begin_ns;

	if (!client->open_ns)
		return;
	fdar_cell_duration(table, first, (double)client->open_ns);
	fdar_cell_duration(table, first + 1,
			   (double)(client->open_ns > open_ns ? client->open_ns - open_ns : 0));
	if (client->first_byte_ns)
		fdar_cell_duration(table, first + 2, (double)client->first_byte_ns);
}

/* Whether it was taken off a processor is known where its process tells. */
static void add_switches(struct fdar_table *table, const struct fdar_analyze_request *request,
			 const struct session_row *row)
{
	fdar_cell_count(table, WAITS, (double)row->told.waits);
	if (!request->profile->watched)
		return;
	fdar_cell_count(table, PREEMPTIONS, (double)row->told.preemptions);
	fdar_cell_duration(table, PREEMPTED, (double)row->told.preempted_ns);
}

/* Likewise, where the kernel counted them. */
static void add_counts(struct fdar_table *table, const struct session_row *row)
{
	for (size_t kind = 0; kind < FDAR_COUNT_KINDS && row->told.is_counted; kind++)
		fdar_cell_count(table, FAULTS + kind, (double)row->told.counts[kind]);
}

static void add_rest(struct fdar_table *table, const struct fdar_analyze_request *request,
		     const struct session_row *row, const struct shown *shown)
{
	if (shown->count > REQUESTS)
		fdar_cell_count(table, REQUESTS, (double)row->session.requests);
	if (shown->count > BYTES_IN)
		fdar_cell_count(table, BYTES_IN, (double)row->session.bytes_in);
	if (shown->count > BYTES_OUT)
		fdar_cell_count(table, BYTES_OUT, (double)row->session.bytes_out);
	if (shown->count > WHAT && shown->client != WHAT)
		fdar_table_cell(table, WHAT, row->what, NULL);
	if (shown->client)
		add_client(table, shown->client, row);
	if (shown->count > PREEMPTED)
		add_switches(table, request, row);
	if (shown->count > MIGRATIONS)
		add_counts(table, row);
	if (shown->count > WRITES) {
		fdar_cell_count(table, READS, (double)row->session.reads);
		fdar_cell_count(table, WRITES, (double)row->session.writes);
	}
}

static void add_session(struct fdar_table *table, const struct fdar_analyze_request *request,
			const struct session_row *row, const struct shown *shown)
{
	static const char *const states[] = { "open", "finished", "unfinished", "replaced" };
	const struct fdar_walk_session *session = &row->session;
	double since = (double)(session->begin_ns - request->profile->begin_ns) / 1e9;
	g_autofree char *key = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", session->key);
	g_autofree char *start = g_strdup_printf("+%.6f", since);
	g_autofree char *epoch = g_strdup_printf("%" G_GUINT64_FORMAT, session->begin_ns);

	fdar_table_row(table);
	fdar_table_cell(table, CLIENT, row->peer, NULL);
	fdar_table_cell(table, KEY, key, NULL);
	fdar_table_cell(table, LABEL, row->label, NULL);
	fdar_table_cell(table, STATE, states[session->state], NULL);
	fdar_table_cell(table, START, start, epoch);
	fdar_cell_duration(table, OPEN, (double)(session->end_ns - session->begin_ns));
	fdar_cell_duration(table, TIME, (double)row->told.busy_ns);
	fdar_cell_duration(table, RUNNING, (double)row->told.running_ns);
	fdar_cell_duration(table, WAITING, (double)(row->told.busy_ns - row->told.running_ns));
	fdar_cell_count(table, SESSION_CALLS, (double)row->told.calls);
	fdar_cell_name(table, MOST, row->function ? row->function : "");
	fdar_table_cell(table, MOST_BELOW, row->below ? row->below : "", NULL);
	fdar_cell_duration(table, MOST_TIME, (double)row->told.function_ns);
	add_rest(table, request, row, shown);
}

struct fdar_table *fdar_analyze_session_table(const struct fdar_analyze_request *request,
					      GArray *sessions)
{
	struct fdar_table *table;
	struct shown shown;

	sort_sessions(sessions, request);
	shown = shown_of(request, sessions);
	table = fdar_table_new("sessions", shown.columns, shown.count);
	for (guint i = 0; i < sessions->len; i++)
		add_session(table, request, &g_array_index(sessions, struct session_row, i),
			    &shown);
	return table;
}
