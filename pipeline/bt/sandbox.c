#include "pipeline/bt/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/errors.h"
#include "pipeline/bt/sandbox_wire.h"

#define CHILD_MEMORY_MAX (UINT64_C(2) << 30) /* bytes; babeltrace2 needs some ten MB */
#define PIPE_BYTES       (1 << 20)
#define LOOK_MS          200   /* between two looks at whether to wait on */
#define BYTES_PER_MS     20000 /* of a trace that is opened: as a slow disk gives them */

struct fdar_sandbox {
	struct fdar_decoder_env *env;
	char *path;                /* the first trace, for messages */
	pid_t child;               /* 0 when it was waited for */
	int pipe;                  /* from it */
	int log;                   /* its stderr, a file in memory */
	GArray *ids;               /* its text ids -> ours */
	GArray *homes;             /* uint16_t: its homes -> ours */
	struct fdar_event *events; /* the frame in hand: FDAR_SANDBOX_BATCH */
	guint count, delivered;    /* of events */
	char *data;                /* what they point to */
	gboolean ended;
	int timeout_ms;     /* without progress */
	int long_step_ms;   /* for a step as long as the trace */
	gint64 last_cpu_ns; /* of the child, when it had come on last */
};

/* ---- the child's birth ---- */

/* What the child needs: the pipe as 3, the log as 4 and as stderr, and nothing else of ours. */
static gboolean settle(int out, int log, pid_t parent)
{
	static const struct fdar_child_limits limits = { .data_bytes = CHILD_MEMORY_MAX,
							 .writes = TRUE };
	const int kept[] = { out, log };

	/* Ctrl-C is the parent's to answer: it closes the pipe when it is done with us. */
	fdar_child_ignore_stops();
	fdar_child_limit(&limits);
	return fdar_child_keep(kept, G_N_ELEMENTS(kept)) &&
	       dup2(FDAR_CHILD_FIRST + 1, STDERR_FILENO) >= 0 &&
	       fdar_child_end_with(parent, SIGKILL);
}

static gboolean start_child(struct fdar_sandbox *sandbox, const struct fdar_decoder_ops *ops,
			    const GPtrArray *traces)
{
	pid_t parent = getpid();
	int ends[2];

	sandbox->log = memfd_create("flowdar-decoder-log", MFD_CLOEXEC);
	if (sandbox->log < 0 || pipe2(ends, O_CLOEXEC) != 0)
		return FALSE;
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	sandbox->child = fork();
	if (sandbox->child == 0) {
		if (settle(ends[1], sandbox->log, parent))
			fdar_sandbox_serve(ops, traces, sandbox->env, FDAR_CHILD_FIRST,
					   FDAR_CHILD_FIRST + 1);
		_exit(0);
	}
	close(ends[1]);
	sandbox->pipe = ends[0];
	return sandbox->child > 0;
}

/* ---- receiving ---- */

static int wait_child(struct fdar_sandbox *sandbox)
{
	int status = 0;

	if (sandbox->child <= 0)
		return 0;
	while (waitpid(sandbox->child, &status, 0) < 0 && errno == EINTR)
		;
	sandbox->child = 0;
	return status;
}

/* The pipe ended before the decoder said so. */
static void set_died(struct fdar_sandbox *sandbox, GError **error)
{
	g_autofree char *line = NULL;
	int status = wait_child(sandbox);

	line = fdar_sandbox_explain(sandbox->log);
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED,
		    "%s: babeltrace2 crashed on it (%s)%s%s", sandbox->path,
		    WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exited", line ? ": " : "",
		    line ? line : "");
}

static void set_stuck(struct fdar_sandbox *sandbox, GError **error)
{
	kill(sandbox->child, SIGKILL);
	wait_child(sandbox);
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_STUCK,
		    "%s: babeltrace2 got lost in it (no progress for %d s)", sandbox->path,
		    sandbox->timeout_ms / 1000);
}

/* After so long without a word. Who has not been given a processor has not been lost. */
static gboolean is_lost(const struct fdar_sandbox *sandbox, int silent_ms)
{
	gint64 used_ms = (fdar_child_cpu_ns(sandbox->child) - sandbox->last_cpu_ns) / 1000000;

	return silent_ms >= sandbox->timeout_ms &&
	       (used_ms >= sandbox->timeout_ms * 4 / 5 ||
		silent_ms >= MAX(sandbox->timeout_ms, FDAR_SANDBOX_STARVED_S * 1000));
}

/* FALSE and error: nothing will come. */
static gboolean wait_for_bytes(struct fdar_sandbox *sandbox, GError **error)
{
	struct pollfd ready = { .fd = sandbox->pipe, .events = POLLIN };
	const struct fdar_decoder_env *env = sandbox->env;

	for (int silent_ms = 0;; silent_ms += LOOK_MS) {
		if (poll(&ready, 1, LOOK_MS) > 0)
			return TRUE;
		if (env->go_on && !env->go_on(env->user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
		if (is_lost(sandbox, silent_ms)) {
			set_stuck(sandbox, error);
			return FALSE;
		}
	}
}

static gboolean read_all(struct fdar_sandbox *sandbox, void *bytes, size_t length, GError **error)
{
	char *p = bytes;

	while (length) {
		ssize_t n;

		if (!wait_for_bytes(sandbox, error))
			return FALSE;
		n = read(sandbox->pipe, p, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			set_died(sandbox, error);
			return FALSE;
		}
		p += n;
		length -= (size_t)n;
	}
	return TRUE;
}

static char *read_bytes(struct fdar_sandbox *sandbox, size_t length, GError **error)
{
	g_autofree char *bytes = g_malloc(length + 1);

	bytes[length] = '\0';
	return read_all(sandbox, bytes, length, error) ? g_steal_pointer(&bytes) : NULL;
}

static gboolean take_texts(struct fdar_sandbox *sandbox, size_t length, GError **error)
{
	g_autofree char *texts = read_bytes(sandbox, length, error);

	if (!texts)
		return FALSE;
	for (size_t at = 0; at < length; at += strlen(texts + at) + 1) {
		uint32_t id = fdar_texts_id(sandbox->env->texts, texts + at);

		g_array_append_val(sandbox->ids, id);
	}
	return TRUE;
}

static gboolean take_homes(struct fdar_sandbox *sandbox, uint32_t count, GError **error)
{
	for (; count; count--) {
		struct fdar_home home;
		uint16_t number;

		if (!read_all(sandbox, &home, sizeof(home), error))
			return FALSE;
		home.host = home.host < sandbox->ids->len
				    ? g_array_index(sandbox->ids, uint32_t, home.host)
				    : 0;
		number = fdar_homes_add_home(sandbox->env->homes, home);
		g_array_append_val(sandbox->homes, number);
	}
	return TRUE;
}

/* The sender's id of a text as ours. */
static uint32_t id_of(const struct fdar_sandbox *sandbox, uint32_t sent)
{
	return sent < sandbox->ids->len ? g_array_index(sandbox->ids, uint32_t, sent) : 0;
}

static void take_names(struct fdar_sandbox *sandbox, const struct fdar_sandbox_head *head)
{
	for (unsigned kind = 0; kind < FDAR_EVENT_KINDS; kind++)
		sandbox->env->names[kind] = head->names[kind] == FDAR_DECODER_SEVERAL
						    ? FDAR_DECODER_SEVERAL
						    : id_of(sandbox, head->names[kind]);
}

/* From the sender's ids and offsets to ours. The sender may have gone wrong before it died. */
static void resolve(struct fdar_sandbox *sandbox, uint32_t data_bytes)
{
	for (guint i = 0; i < sandbox->count; i++) {
		struct fdar_event *event = &sandbox->events[i];
		uintptr_t offset = (uintptr_t)event->data;

		if (event->kind >= FDAR_EVENT_KINDS)
			event->kind = FDAR_EVENT_OTHER;
		event->name = id_of(sandbox, event->name);
		if (event->kind == FDAR_EVENT_MODULE)
			event->module.event_name =
				(int32_t)id_of(sandbox, (uint32_t)event->module.event_name);
		event->home = event->home < sandbox->homes->len
				      ? g_array_index(sandbox->homes, uint16_t, event->home)
				      : 0;
		if (!event->data_len || event->data_len > data_bytes ||
		    offset > data_bytes - event->data_len) {
			event->data = "";
			event->data_len = 0;
		} else {
			event->data = sandbox->data + offset;
		}
	}
}

static gboolean take_events(struct fdar_sandbox *sandbox, const struct fdar_sandbox_head *head,
			    GError **error)
{
	if (!take_texts(sandbox, head->text_bytes, error) ||
	    !take_homes(sandbox, head->homes, error) ||
	    !read_all(sandbox, sandbox->events, head->events * sizeof(sandbox->events[0]), error))
		return FALSE;
	g_free(sandbox->data);
	sandbox->data = read_bytes(sandbox, head->data_bytes, error);
	if (!sandbox->data)
		return FALSE;
	sandbox->count = head->events;
	sandbox->delivered = 0;
	resolve(sandbox, head->data_bytes);
	take_names(sandbox, head);
	return TRUE;
}

static void take_counts(struct fdar_sandbox *sandbox, const struct fdar_sandbox_head *head)
{
	sandbox->env->discarded = head->discarded;
	sandbox->env->packets_lost = head->packets_lost;
	sandbox->env->untimed = head->untimed;
	sandbox->env->shift_ns = head->shift_ns;
	take_names(sandbox, head);
	sandbox->last_cpu_ns = fdar_child_cpu_ns(sandbox->child);
	sandbox->timeout_ms = head->type == FDAR_SANDBOX_ALIVE && head->code
				      ? sandbox->long_step_ms
				      : FDAR_SANDBOX_SILENCE_S * 1000;
}

/* The head of the next frame that says more than that there is progress. */
static gboolean take_head(struct fdar_sandbox *sandbox, struct fdar_sandbox_head *head,
			  GError **error)
{
	do {
		if (!read_all(sandbox, head, sizeof(*head), error))
			return FALSE;
		if (head->events > FDAR_SANDBOX_BATCH ||
		    head->text_bytes > FDAR_SANDBOX_FRAME_MAX ||
		    head->data_bytes > FDAR_SANDBOX_FRAME_MAX || head->homes > FDAR_HOMES_MAX + 1) {
			kill(sandbox->child, SIGKILL);
			set_died(sandbox, error);
			return FALSE;
		}
		take_counts(sandbox, head);
	} while (head->type == FDAR_SANDBOX_ALIVE);
	return TRUE;
}

/* Takes the next frame. FALSE and error when it is a failure, or none came. */
static gboolean take_frame(struct fdar_sandbox *sandbox, GError **error)
{
	struct fdar_sandbox_head head;
	g_autofree char *message = NULL;

	sandbox->count = sandbox->delivered = 0;
	if (!take_head(sandbox, &head, error))
		return FALSE;
	sandbox->ended = head.type == FDAR_SANDBOX_END || head.type == FDAR_SANDBOX_FAILED;
	if (head.type != FDAR_SANDBOX_FAILED)
		return take_events(sandbox, &head, error);
	message = read_bytes(sandbox, head.data_bytes, error);
	if (message)
		g_set_error_literal(error, FDAR_SOURCE_ERROR, head.code, message);
	return FALSE;
}

/* Bytes of the files in the folders. */
static uint64_t size_of(const GPtrArray *traces)
{
	uint64_t bytes = 0;

	for (guint i = 0; i < traces->len; i++) {
		g_autoptr(GDir) dir = g_dir_open(g_ptr_array_index(traces, i), 0, NULL);
		const char *name;

		while (dir && (name = g_dir_read_name(dir))) {
			g_autofree char *path =
				g_build_filename(g_ptr_array_index(traces, i), name, NULL);
			struct stat st;

			if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
				bytes += (uint64_t)st.st_size;
		}
	}
	return bytes;
}

struct fdar_sandbox *fdar_sandbox_open(const struct fdar_decoder_ops *ops, const GPtrArray *traces,
				       struct fdar_decoder_env *env, GError **error)
{
	struct fdar_sandbox *sandbox = g_new0(struct fdar_sandbox, 1);
	uint32_t none = 0;
	uint16_t nowhere = 0;

	sandbox->env = env;
	sandbox->pipe = sandbox->log = -1;
	sandbox->path = g_strdup(g_ptr_array_index(traces, 0));
	sandbox->ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	sandbox->events = g_new(struct fdar_event, FDAR_SANDBOX_BATCH);
	sandbox->homes = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	g_array_append_val(sandbox->ids, none);
	g_array_append_val(sandbox->homes, nowhere);
	sandbox->timeout_ms = FDAR_SANDBOX_SILENCE_S * 1000;
	sandbox->long_step_ms =
		sandbox->timeout_ms + (int)MIN(size_of(traces) / BYTES_PER_MS, INT_MAX / 2);
	if (!start_child(sandbox, ops, traces))
		g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "%s: cannot start a process to read it: %s", sandbox->path,
			    g_strerror(errno));
	else if (take_frame(sandbox, error))
		return sandbox;
	fdar_sandbox_close(sandbox);
	return NULL;
}

gssize fdar_sandbox_read(struct fdar_sandbox *sandbox, struct fdar_event *batch, size_t capacity,
			 GError **error)
{
	size_t n;

	while (sandbox->delivered == sandbox->count) {
		if (sandbox->ended)
			return 0;
		if (!take_frame(sandbox, error))
			return -1;
	}
	n = MIN(capacity, sandbox->count - sandbox->delivered);
	memcpy(batch, &sandbox->events[sandbox->delivered], n * sizeof(batch[0]));
	sandbox->delivered += (guint)n;
	return (gssize)n;
}

void fdar_sandbox_close(struct fdar_sandbox *sandbox)
{
	if (!sandbox)
		return;
	if (sandbox->child > 0)
		kill(sandbox->child, SIGKILL);
	wait_child(sandbox);
	if (sandbox->pipe >= 0)
		close(sandbox->pipe);
	if (sandbox->log >= 0)
		close(sandbox->log);
	g_array_unref(sandbox->ids);
	g_array_unref(sandbox->homes);
	g_free(sandbox->events);
	g_free(sandbox->data);
	g_free(sandbox->path);
	g_free(sandbox);
}
