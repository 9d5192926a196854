#include "pipeline/lttng/tracing.h"

#include <gio/gio.h>
#include <lttng/lttng.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/lttng/timeout.h"
#include "pipeline/lttng/tracing_channels.h"

#define SESSION_PREFIX "flowdar-"

#define ANSWER_MS  15000 /* for the session daemon to answer at all */
#define PENDING_MS 30000 /* for the last events to reach the disk */
#define DESTROY_MS 30000
#define ALONE_MS \
	5000 /* the same without a consumer daemon, which has nothing to bring to an end any more */
#define LOOK_MS 1000 /* between two looks whether there is one */
#define GARBAGE (UINT64_C(1) << 62)

struct fdar_tracing {
	char *name;
	struct lttng_handle *handle;
	gboolean created;
	gboolean consumer_died;
	gboolean stuck; /* a call did not come back: nothing of LTTng's is touched any more */
};

/* A step with the daemon, done in a thread that may never come back (timeout.h). */
struct request {
	struct fdar_tracing *tracing;
	gboolean (*step)(struct request *request);
	const char *out, *buffers;
	const struct fdar_tracing_options *options;
	struct fdar_tracing_state state;
	GArray *pids;     /* pid_t */
	int milliseconds; /* for what LTTng does behind its answer */
	gboolean done;    /* what step gave */
	GError *error;
};

static void run_request(void *data)
{
	struct request *request = data;

	request->done = request->step(request);
}

/* Gives what the step gave. What is still in use when the daemon is stuck is left to it for ever. */
static gboolean ask(struct fdar_tracing *tracing, struct request *asked, int milliseconds,
		    GError **error)
{
	struct request *request = g_memdup2(asked, sizeof(*asked));
	gboolean done;

	request->tracing = tracing;
	if (tracing->stuck || !fdar_timeout_call(run_request, request, milliseconds)) {
		tracing->stuck = TRUE;
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
			    "LTTng's session daemon does not answer");
		return FALSE;
	}
	done = request->done;
	asked->state = request->state;
	if (request->error)
		g_propagate_error(error, request->error);
	g_free(request);
	return done;
}

char *fdar_tracing_name(void)
{
	return g_strdup_printf(SESSION_PREFIX "%d-%" G_GINT64_FORMAT, (int)getpid(),
			       g_get_monotonic_time());
}

/* ---- starting ---- */

static struct lttng_session_descriptor *describe(const struct request *request)
{
	const char *name = request->tracing->name;

	if (request->options->snapshot)
		return lttng_session_descriptor_snapshot_create(name);
	return lttng_session_descriptor_local_create(name, request->out);
}

static gboolean create_session(struct request *request)
{
	struct fdar_tracing *tracing = request->tracing;
	struct lttng_session_descriptor *descriptor = describe(request);
	struct lttng_domain domain = fdar_tracing_domain();
	enum lttng_error_code code = LTTNG_ERR_NOMEM;
	int set = 0;

	fdar_tracing_set_format(descriptor);
	if (descriptor)
		code = lttng_create_session_ext(descriptor);
	lttng_session_descriptor_destroy(descriptor);
	if (code != LTTNG_OK)
		return fdar_tracing_fail(&request->error, "cannot make a tracing session",
					 (int)code);
	tracing->created = TRUE;
	if (request->options->crash_safe)
		set = lttng_set_session_shm_path(tracing->name, request->buffers);
	if (set < 0)
		return fdar_tracing_fail(&request->error, "cannot keep its buffers in files", set);
	tracing->handle = lttng_create_handle(tracing->name, &domain);
	return tracing->handle ||
	       fdar_tracing_fail(&request->error, "cannot make a handle", LTTNG_ERR_NOMEM);
}

static gboolean start_step(struct request *request)
{
	struct fdar_tracing *tracing = request->tracing;
	int code;

	if (!create_session(request) ||
	    !fdar_tracing_channels_add(tracing->handle, request->options, &request->error))
		return FALSE;
	code = lttng_start_tracing(tracing->name);
	return code == 0 || fdar_tracing_fail(&request->error, "cannot start tracing", code);
}

struct fdar_tracing *fdar_tracing_start(const char *name, const char *out, const char *buffers,
					const struct fdar_tracing_options *options, GError **error)
{
	struct fdar_tracing *tracing = g_new0(struct fdar_tracing, 1);
	struct request request = {
		.step = start_step, .out = out, .buffers = buffers, .options = options
	};

	tracing->name = g_strdup(name);
	if (ask(tracing, &request, ANSWER_MS, error))
		return tracing;
	fdar_tracing_free(tracing);
	return NULL;
}

/* ---- looking ---- */

static void add_losses(struct lttng_channel *channel, struct fdar_tracing_state *state)
{
	uint64_t discarded = 0, packets = 0;

	/* A packet's counter may be less than that of the packet before (seen with two writers on a CPU);
	 * LTTng 2.13 takes that for an overflow and adds 2^63, and again when it is back. */
	if (lttng_channel_get_discarded_event_count(channel, &discarded) == 0) {
		discarded &= G_MAXINT64;
		state->discarded += discarded < GARBAGE ? discarded : 0;
	}
	if (lttng_channel_get_lost_packet_count(channel, &packets) == 0 && packets < GARBAGE)
		state->packets_lost += packets;
}

/* The names of sessions say whose they are: SESSION_PREFIX, the recorder's pid, a number. */
static void add_recorder(const struct fdar_tracing *tracing, const struct lttng_session *session,
			 struct fdar_tracing_state *state)
{
	gint64 pid;

	if (!g_str_has_prefix(session->name, SESSION_PREFIX) ||
	    g_str_has_prefix(session->name, tracing->name) || /* also one that watches for us */
	    state->recorders == FDAR_TRACING_RECORDERS_MAX)
		return;
	pid = g_ascii_strtoll(session->name + strlen(SESSION_PREFIX), NULL, 10);
	if (pid > 0 && pid <= G_MAXINT32)
		state->recorder_pids[state->recorders++] = (pid_t)pid;
}

static gboolean look_step(struct request *request)
{
	struct lttng_channel *channels = NULL;
	struct lttng_session *sessions = NULL;
	int count = lttng_list_channels(request->tracing->handle, &channels);

	if (count < 0)
		return FALSE;
	for (int i = 0; i < count; i++)
		add_losses(&channels[i], &request->state);
	free(channels);
	count = lttng_list_sessions(&sessions);
	for (int i = 0; i < count; i++)
		add_recorder(request->tracing, &sessions[i], &request->state);
	free(sessions);
	return TRUE;
}

/* A session daemon that has lost its consumer daemon says that all is well, but cannot say what the consumer
 * daemon counted. */
gboolean fdar_tracing_look(struct fdar_tracing *tracing, struct fdar_tracing_state *state)
{
	struct request request = { .step = look_step };

	if (tracing->stuck)
		return FALSE;
	if (ask(tracing, &request, ANSWER_MS, NULL)) {
		*state = request.state;
		return TRUE;
	}
	tracing->consumer_died =
		tracing->consumer_died || (!tracing->stuck && lttng_session_daemon_alive() == 1);
	return FALSE;
}

static gboolean fail_alone(GError **error)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "consumer daemon died");
	return FALSE;
}

static gboolean knows_step(struct request *request)
{
	struct lttng_event *events = NULL;
	int count = lttng_list_tracepoints(request->tracing->handle, &events);
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
	gboolean all = TRUE;

	for (int i = 0; i < count; i++)
		g_hash_table_add(known, GINT_TO_POINTER(events[i].pid));
	free(events);
	for (guint i = 0; i < request->pids->len; i++)
		all = all &&
		      g_hash_table_contains(known, GINT_TO_POINTER(
							   g_array_index(request->pids, pid_t, i)));
	return all;
}

gboolean fdar_tracing_knows(struct fdar_tracing *tracing, const pid_t *pids, size_t count)
{
	struct request request = { .step = knows_step };
	gboolean known;

	if (tracing->stuck)
		return FALSE;
	request.pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	g_array_append_vals(request.pids, pids, (guint)count);
	known = ask(tracing, &request, ANSWER_MS, NULL);
	/* A thread may still be in a call with it. */
	if (!tracing->stuck)
		g_array_unref(request.pids);
	return known;
}

/* ---- snapshots ---- */

static gboolean snapshot_step(struct request *request)
{
	struct lttng_snapshot_output *output = lttng_snapshot_output_create();
	int code = -LTTNG_ERR_NOMEM;

	if (output) {
		code = lttng_snapshot_output_set_local_path(request->out, output);
		if (code == 0)
			code = lttng_snapshot_output_set_name("snapshot", output);
		if (code == 0)
			code = lttng_snapshot_record(request->tracing->name, output, 1);
		lttng_snapshot_output_destroy(output);
	}
	if (code == -LTTNG_ERR_SNAPSHOT_NODATA) {
		g_set_error(&request->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "nothing was recorded yet");
		return FALSE;
	}
	return code == 0 || fdar_tracing_fail(&request->error, "cannot write a snapshot", code);
}

gboolean fdar_tracing_snapshot(struct fdar_tracing *tracing, const char *path, GError **error)
{
	struct request request = { .step = snapshot_step, .out = path };

	if (tracing->consumer_died)
		return fail_alone(error);
	return ask(tracing, &request, PENDING_MS, error);
}

/* ---- stopping ---- */

static gboolean has_consumer(const struct request *request)
{
	struct request look = { .tracing = request->tracing };

	return look_step(&look);
}

/* Until the consumer daemon has written what there was when tracing stopped. */
static gboolean wait_pending(struct request *request)
{
	for (int waited = 0; waited < PENDING_MS; waited += 20) {
		int pending = lttng_data_pending(request->tracing->name);

		if (pending > 0 && waited % LOOK_MS == 0 && !has_consumer(request))
			return fail_alone(&request->error);

		if (pending == 0)
			return TRUE;
		if (pending < 0)
			return fdar_tracing_fail(&request->error, "cannot wait for the last events",
						 pending);
		g_usleep(20000);
	}
	g_set_error(&request->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
		    "LTTng: the last events did not reach the disk in %d s", PENDING_MS / 1000);
	return FALSE;
}

static gboolean destroy_step(struct request *request)
{
	struct lttng_destruction_handle *handle = NULL;
	enum lttng_error_code code = lttng_destroy_session_ext(request->tracing->name, &handle);
	enum lttng_destruction_handle_status status;

	request->tracing->created = FALSE;
	if (code != LTTNG_OK)
		return fdar_tracing_fail(&request->error, "cannot end the tracing session",
					 (int)code);
	status = lttng_destruction_handle_wait_for_completion(handle, request->milliseconds);
	lttng_destruction_handle_destroy(handle);
	if (status == LTTNG_DESTRUCTION_HANDLE_STATUS_COMPLETED)
		return TRUE;
	if (status == LTTNG_DESTRUCTION_HANDLE_STATUS_TIMEOUT)
		g_set_error(&request->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
			    "LTTng: the tracing session did not end in %d s",
			    request->milliseconds / 1000);
	else
		g_set_error(&request->error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "LTTng: the session daemon died while it ended the tracing session");
	return FALSE;
}

static gboolean destroy(struct fdar_tracing *tracing, GError **error)
{
	struct request end = { .step = destroy_step,
			       .milliseconds = tracing->consumer_died ? ALONE_MS : DESTROY_MS };

	return ask(tracing, &end, end.milliseconds + ANSWER_MS, error);
}

static gboolean stop_step(struct request *request)
{
	int code = lttng_stop_tracing_no_wait(request->tracing->name);

	if (code < 0 && code != -LTTNG_ERR_TRACE_ALREADY_STOPPED)
		return fdar_tracing_fail(&request->error, "cannot stop tracing", code);
	return wait_pending(request);
}

gboolean fdar_tracing_stop(struct fdar_tracing *tracing, struct fdar_tracing_state *state,
			   GError **error)
{
	struct request stop = { .step = stop_step };
	struct fdar_tracing_state now;

	if (tracing->stuck) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
			    "LTTng's session daemon does not answer");
		return FALSE;
	}
	if (!ask(tracing, &stop, PENDING_MS + ANSWER_MS, error)) {
		fdar_tracing_look(tracing, &now);
		return FALSE;
	}
	fdar_tracing_look(tracing, state);
	if (!tracing->consumer_died)
		return destroy(tracing, error);
	destroy(tracing, NULL);
	return fail_alone(error);
}

gboolean fdar_tracing_consumer_died(const struct fdar_tracing *tracing)
{
	return tracing->consumer_died;
}

gboolean fdar_tracing_has_daemon(const struct fdar_tracing *tracing)
{
	return tracing->stuck || lttng_session_daemon_alive() == 1;
}

gboolean fdar_tracing_is_stuck(const struct fdar_tracing *tracing)
{
	return tracing->stuck;
}

void fdar_tracing_free(struct fdar_tracing *tracing)
{
	if (!tracing)
		return;
	if (tracing->created && !tracing->stuck)
		destroy(tracing, NULL);
	/* A thread may still be in a call with all of it. */
	if (tracing->stuck)
		return;
	lttng_destroy_handle(tracing->handle);
	g_free(tracing->name);
	g_free(tracing);
}
