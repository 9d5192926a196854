#include "pipeline/bt/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/errors.h"
#include "pipeline/bt/guard_wire.h"

#define CHILD_MEMORY_MAX ((rlim_t)2 << 30) /* bytes; babeltrace2 needs some ten MB */
#define PIPE_BYTES       (1 << 20)
#define LOOK_MS          200   /* between two looks at whether to wait on */
#define BYTES_PER_MS     20000 /* of a trace that is opened: as a slow disk gives them */

struct fdar_guard {
	struct fdar_decoder_env *env;
	char *path;                /* the first trace, for messages */
	pid_t child;               /* 0 when it was waited for */
	int pipe;                  /* from it */
	int log;                   /* its stderr, a file in memory */
	GArray *ids;               /* its text ids -> ours */
	GArray *homes;             /* uint16_t: its homes -> ours */
	struct fdar_event *events; /* the frame in hand: FDAR_GUARD_BATCH */
	guint count, delivered;    /* of events */
	char *data;                /* what they point to */
	gboolean ended;
	int patience_ms;    /* without progress */
	int long_step_ms;   /* for a step as long as the trace */
	gint64 last_cpu_ns; /* of the child, when it had come on last */
};

/* ---- the child's birth ---- */

static void limit(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit now;

	if (getrlimit(resource, &now) != 0 || now.rlim_cur <= value)
		return;
	now.rlim_cur = value;
	setrlimit(resource, &now);
}

/* What the child needs: the pipe as 3, the log as 4 and as stderr, and nothing else of ours. */
static gboolean settle(int out, int log, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);
	int high = fcntl(out, F_DUPFD, 10), high_log = fcntl(log, F_DUPFD, 10);

	if (null < 0 || high < 0 || high_log < 0)
		return FALSE;
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(high_log, 2) < 0 || dup2(high, 3) < 0 ||
	    dup2(high_log, 4) < 0)
		return FALSE;
	close_range(5, ~0U, 0);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	/* Ctrl-C is the parent's to answer: it closes the pipe when it is done with us. */
	signal(SIGINT, SIG_IGN);
	limit(RLIMIT_CORE, 0);
#ifndef __SANITIZE_ADDRESS__
	limit(RLIMIT_DATA, CHILD_MEMORY_MAX);
#endif
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

static gboolean start_child(struct fdar_guard *guard, const struct fdar_decoder_ops *ops,
			    const GPtrArray *traces)
{
	pid_t parent = getpid();
	int ends[2];

	guard->log = memfd_create("flowdar-decoder-log", MFD_CLOEXEC);
	if (guard->log < 0 || pipe2(ends, O_CLOEXEC) != 0)
		return FALSE;
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	guard->child = fork();
	if (guard->child == 0) {
		if (settle(ends[1], guard->log, parent))
			fdar_guard_serve(ops, traces, guard->env, 3, 4);
		_exit(0);
	}
	close(ends[1]);
	guard->pipe = ends[0];
	return guard->child > 0;
}

/* ---- receiving ---- */

static int wait_child(struct fdar_guard *guard)
{
	int status = 0;

	if (guard->child <= 0)
		return 0;
	while (waitpid(guard->child, &status, 0) < 0 && errno == EINTR)
		;
	guard->child = 0;
	return status;
}

/* The pipe ended before the decoder said so. */
static void set_died(struct fdar_guard *guard, GError **error)
{
	g_autofree char *line = NULL;
	int status = wait_child(guard);

	line = fdar_guard_explain(guard->log);
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED,
		    "%s: babeltrace2 crashed on it (%s)%s%s", guard->path,
		    WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exited", line ? ": " : "",
		    line ? line : "");
}

static void set_stuck(struct fdar_guard *guard, GError **error)
{
	kill(guard->child, SIGKILL);
	wait_child(guard);
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_STUCK,
		    "%s: babeltrace2 got lost in it (no progress for %d s)", guard->path,
		    guard->patience_ms / 1000);
}

static gint64 cpu_of(const struct fdar_guard *guard)
{
	struct timespec used = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(guard->child, &clock) != 0 || clock_gettime(clock, &used) != 0)
		return 0;
	return (gint64)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* After so long without a word. Who has not been given a processor has not been lost. */
static gboolean is_lost(const struct fdar_guard *guard, int silent_ms)
{
	gint64 used_ms = (cpu_of(guard) - guard->last_cpu_ns) / 1000000;

	return silent_ms >= guard->patience_ms &&
	       (used_ms >= guard->patience_ms * 4 / 5 ||
		silent_ms >= MAX(guard->patience_ms, FDAR_GUARD_STARVED_S * 1000));
}

/* FALSE and error: nothing will come. */
static gboolean wait_for_bytes(struct fdar_guard *guard, GError **error)
{
	struct pollfd ready = { .fd = guard->pipe, .events = POLLIN };
	const struct fdar_decoder_env *env = guard->env;

	for (int silent_ms = 0;; silent_ms += LOOK_MS) {
		if (poll(&ready, 1, LOOK_MS) > 0)
			return TRUE;
		if (env->go_on && !env->go_on(env->user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
		if (is_lost(guard, silent_ms)) {
			set_stuck(guard, error);
			return FALSE;
		}
	}
}

static gboolean read_all(struct fdar_guard *guard, void *bytes, size_t length, GError **error)
{
	char *p = bytes;

	while (length) {
		ssize_t n;

		if (!wait_for_bytes(guard, error))
			return FALSE;
		n = read(guard->pipe, p, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			set_died(guard, error);
			return FALSE;
		}
		p += n;
		length -= (size_t)n;
	}
	return TRUE;
}

static char *read_bytes(struct fdar_guard *guard, size_t length, GError **error)
{
	g_autofree char *bytes = g_malloc(length + 1);

	bytes[length] = '\0';
	return read_all(guard, bytes, length, error) ? g_steal_pointer(&bytes) : NULL;
}

static gboolean take_texts(struct fdar_guard *guard, size_t length, GError **error)
{
	g_autofree char *texts = read_bytes(guard, length, error);

	if (!texts)
		return FALSE;
	for (size_t at = 0; at < length; at += strlen(texts + at) + 1) {
		uint32_t id = fdar_texts_id(guard->env->texts, texts + at);

		g_array_append_val(guard->ids, id);
	}
	return TRUE;
}

static gboolean take_homes(struct fdar_guard *guard, uint32_t count, GError **error)
{
	for (; count; count--) {
		struct fdar_home home;
		uint16_t number;

		if (!read_all(guard, &home, sizeof(home), error))
			return FALSE;
		home.host = home.host < guard->ids->len
				    ? g_array_index(guard->ids, uint32_t, home.host)
				    : 0;
		number = fdar_homes_add(guard->env->homes, home.host, home.ns);
		g_array_append_val(guard->homes, number);
	}
	return TRUE;
}

/* From the sender's ids and offsets to ours. The sender may have gone wrong before it died. */
static void resolve(struct fdar_guard *guard, uint32_t data_bytes)
{
	for (guint i = 0; i < guard->count; i++) {
		struct fdar_event *event = &guard->events[i];
		uintptr_t offset = (uintptr_t)event->data;

		event->name = event->name < guard->ids->len
				      ? g_array_index(guard->ids, uint32_t, event->name)
				      : 0;
		event->home = event->home < guard->homes->len
				      ? g_array_index(guard->homes, uint16_t, event->home)
				      : 0;
		if (!event->data_len || event->data_len > data_bytes ||
		    offset > data_bytes - event->data_len) {
			event->data = "";
			event->data_len = 0;
		} else {
			event->data = guard->data + offset;
		}
	}
}

static gboolean take_events(struct fdar_guard *guard, const struct fdar_guard_head *head,
			    GError **error)
{
	if (!take_texts(guard, head->text_bytes, error) || !take_homes(guard, head->homes, error) ||
	    !read_all(guard, guard->events, head->events * sizeof(guard->events[0]), error))
		return FALSE;
	g_free(guard->data);
	guard->data = read_bytes(guard, head->data_bytes, error);
	if (!guard->data)
		return FALSE;
	guard->count = head->events;
	guard->delivered = 0;
	resolve(guard, head->data_bytes);
	return TRUE;
}

static void take_counts(struct fdar_guard *guard, const struct fdar_guard_head *head)
{
	guard->env->discarded = head->discarded;
	guard->env->packets_lost = head->packets_lost;
	guard->env->untimed = head->untimed;
	guard->env->shift_ns = head->shift_ns;
	memcpy(guard->env->names, head->names, sizeof(guard->env->names));
	guard->last_cpu_ns = cpu_of(guard);
	guard->patience_ms = head->type == FDAR_GUARD_ALIVE && head->code
				     ? guard->long_step_ms
				     : FDAR_GUARD_SILENCE_S * 1000;
}

/* The head of the next frame that says more than that there is progress. */
static gboolean take_head(struct fdar_guard *guard, struct fdar_guard_head *head, GError **error)
{
	do {
		if (!read_all(guard, head, sizeof(*head), error))
			return FALSE;
		if (head->events > FDAR_GUARD_BATCH || head->text_bytes > FDAR_GUARD_FRAME_MAX ||
		    head->data_bytes > FDAR_GUARD_FRAME_MAX || head->homes > FDAR_HOMES_MAX + 1) {
			kill(guard->child, SIGKILL);
			set_died(guard, error);
			return FALSE;
		}
		take_counts(guard, head);
	} while (head->type == FDAR_GUARD_ALIVE);
	return TRUE;
}

/* Takes the next frame. FALSE and error when it is a failure, or none came. */
static gboolean take_frame(struct fdar_guard *guard, GError **error)
{
	struct fdar_guard_head head;
	g_autofree char *message = NULL;

	guard->count = guard->delivered = 0;
	if (!take_head(guard, &head, error))
		return FALSE;
	guard->ended = head.type == FDAR_GUARD_END || head.type == FDAR_GUARD_FAILED;
	if (head.type != FDAR_GUARD_FAILED)
		return take_events(guard, &head, error);
	message = read_bytes(guard, head.data_bytes, error);
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

struct fdar_guard *fdar_guard_open(const struct fdar_decoder_ops *ops, const GPtrArray *traces,
				   struct fdar_decoder_env *env, GError **error)
{
	struct fdar_guard *guard = g_new0(struct fdar_guard, 1);
	uint32_t none = 0;
	uint16_t nowhere = 0;

	guard->env = env;
	guard->pipe = guard->log = -1;
	guard->path = g_strdup(g_ptr_array_index(traces, 0));
	guard->ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	guard->events = g_new(struct fdar_event, FDAR_GUARD_BATCH);
	guard->homes = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	g_array_append_val(guard->ids, none);
	g_array_append_val(guard->homes, nowhere);
	guard->patience_ms = FDAR_GUARD_SILENCE_S * 1000;
	guard->long_step_ms =
		guard->patience_ms + (int)MIN(size_of(traces) / BYTES_PER_MS, INT_MAX / 2);
	if (!start_child(guard, ops, traces))
		g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "%s: cannot start a process to read it: %s", guard->path,
			    g_strerror(errno));
	else if (take_frame(guard, error))
		return guard;
	fdar_guard_close(guard);
	return NULL;
}

gssize fdar_guard_read(struct fdar_guard *guard, struct fdar_event *batch, size_t capacity,
		       GError **error)
{
	size_t n;

	while (guard->delivered == guard->count) {
		if (guard->ended)
			return 0;
		if (!take_frame(guard, error))
			return -1;
	}
	n = MIN(capacity, guard->count - guard->delivered);
	memcpy(batch, &guard->events[guard->delivered], n * sizeof(batch[0]));
	guard->delivered += (guint)n;
	return (gssize)n;
}

void fdar_guard_close(struct fdar_guard *guard)
{
	if (!guard)
		return;
	if (guard->child > 0)
		kill(guard->child, SIGKILL);
	wait_child(guard);
	if (guard->pipe >= 0)
		close(guard->pipe);
	if (guard->log >= 0)
		close(guard->log);
	g_array_unref(guard->ids);
	g_array_unref(guard->homes);
	g_free(guard->events);
	g_free(guard->data);
	g_free(guard->path);
	g_free(guard);
}
