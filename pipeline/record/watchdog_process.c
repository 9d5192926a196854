#include "pipeline/record/watchdog_process.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <lttng/lttng.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "pipeline/server/control.h"
#include "pipeline/lttng/daemon_lock.h"
#include "pipeline/drain/drain.h"
#include "pipeline/lttng/timeout.h"
#include "pipeline/server/processes.h"
#include "pipeline/record/record_folder.h"
#include "pipeline/record/record_memory.h"
#include "pipeline/record/record_recover.h"
#include "pipeline/recording/recording.h"

#define AGAIN_TRIES     10u
#define AGAIN_MS        200
#define START_MS        15000 /* for a session daemon to answer */
#define STOP_MS         10000
#define STUCK_MS        500   /* a stuck one does not answer SIGTERM either, as a rule */
#define DESTROY_MS      40000 /* for a session that the recorder left */
#define OTHERS_MS       500   /* between looks whether somebody's session is still there */
#define SERVER_GRACE_MS 5000
#define DISK_NS         (60 * UINT64_C(1000000000)) /* for what is in memory to get there */

static void answer(int socket, enum fdar_watchdog_word word, int value, const char *text)
{
	struct fdar_watchdog_message message = { .word = word, .value = value };

	g_strlcpy(message.text, text, sizeof(message.text));
	send(socket, &message, sizeof(message), MSG_NOSIGNAL);
}

/* ---- the daemon ---- */

/* The server keeps its own; the daemons have several descriptors for each of its processes. */
static void raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == files.rlim_max)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static pid_t exec_daemon(void)
{
	const char *program = g_getenv("LTTNG_SESSIOND_PATH");
	pid_t watchdog = getpid();
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	fdar_process_reset(3);
	setsid();
	g_unsetenv("LD_PRELOAD");
	raise_limit();
	if (fdar_child_end_with(watchdog, SIGTERM))
		execlp(program ? program : "lttng-sessiond", "lttng-sessiond", "--no-kernel",
		       "--quiet", (char *)NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

/* Of one that did not start. */
static void answer_exit(int socket, int status)
{
	g_autofree char *text =
		g_strdup_printf("LTTng's session daemon did not start (exit status %d); "
				"try it by hand: lttng-sessiond --no-kernel -v",
				WIFEXITED(status) ? WEXITSTATUS(status) : -1);

	answer(socket, FDAR_WATCHDOG_FAILED, 0,
	       WIFEXITED(status) && WEXITSTATUS(status) == 127
		       ? "there is no LTTng session daemon, and no lttng-sessiond to start; "
			 "install lttng-tools"
		       : text);
}

/* Gives the daemon's pid, 0 when one was there already, -1 and an answer when there is none. The one before
 * may be gone, and what it leaves to its children (its lock file, a socket) not yet: then the next one ends at
 * once, and is tried again. */
static pid_t start_daemon(int socket)
{
	unsigned again = AGAIN_TRIES;
	pid_t pid;

	if (lttng_session_daemon_alive() == 1)
		return 0;
	pid = exec_daemon();
	for (int waited = 0; pid > 0 && waited < START_MS; waited += 20) {
		int status = 0;

		if (lttng_session_daemon_alive() == 1)
			return pid;
		if (!fdar_process_wait(pid, 20, &status))
			continue;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 1 || !again--) {
			answer_exit(socket, status);
			return -1;
		}
		g_usleep(AGAIN_MS * 1000);
		pid = exec_daemon();
	}
	if (pid > 0)
		fdar_process_end(pid, STOP_MS);
	answer(socket, FDAR_WATCHDOG_FAILED, 0,
	       "LTTng's session daemon started but does not answer");
	return -1;
}

/* It takes its consumer daemon along; what stays all the same comes to us (subreaper). */
static void end_rest(int milliseconds)
{
	for (int round = 0; round < 8; round++) {
		g_autoptr(GArray) left = fdar_processes_children(getpid());

		if (!left->len)
			return;
		for (guint i = 0; i < left->len; i++) {
			pid_t child = g_array_index(left, pid_t, i);

			if (!fdar_process_wait(child, MIN(milliseconds, 2000), NULL))
				fdar_process_end(child, MIN(milliseconds, 1000));
		}
	}
}

static void stop_daemon(pid_t daemon, int milliseconds)
{
	fdar_process_end(daemon, milliseconds);
	end_rest(milliseconds);
}

static gboolean sessions_left(void)
{
	struct lttng_session *sessions = NULL;
	int count = lttng_list_sessions(&sessions);

	free(sessions);
	return count > 0;
}

/* Until nobody needs the daemon. */
static void keep_daemon(struct fdar_daemon_lock *lock, pid_t daemon)
{
	for (;;) {
		if (!fdar_daemon_lock_alone(lock, TRUE))
			return;
		if (fdar_process_wait(daemon, 0, NULL)) {
			end_rest(STOP_MS);
			break;
		}
		if (!sessions_left()) {
			stop_daemon(daemon, STOP_MS);
			break;
		}
		fdar_daemon_lock_release(lock);
		g_usleep(OTHERS_MS * 1000);
	}
	fdar_daemon_lock_remove(lock);
}

/* ---- the recorder ---- */

static void end_server(pid_t group)
{
	if (group <= 0 || kill(-group, SIGTERM) != 0)
		return;
	for (int waited = 0; waited < SERVER_GRACE_MS; waited += 50) {
		g_usleep(50000);
		if (kill(-group, 0) != 0)
			return;
	}
	kill(-group, SIGKILL);
}

struct ending {
	const struct fdar_watchdog_charge *charge;
	char *out, *watch; /* the folder in memory; the session that looks for triggers, if any */
};

static void take_snapshot(const struct ending *ending)
{
	struct lttng_snapshot_output *output = lttng_snapshot_output_create();

	if (output && lttng_snapshot_output_set_local_path(ending->out, output) == 0)
		lttng_snapshot_record(ending->charge->session, output, 1);
	lttng_snapshot_output_destroy(output);
}

static void end_sessions(void *data)
{
	const struct ending *ending = data;

	if (ending->charge->snapshot) {
		take_snapshot(ending);
		lttng_destroy_session(ending->watch);
	}
	lttng_destroy_session(ending->charge->session);
}

/* FALSE when the daemon is stuck: then it may still use what it was given. */
static gboolean end_tracing(const struct fdar_watchdog_charge *charge)
{
	struct ending *ending = g_new0(struct ending, 1);

	ending->charge = charge;
	ending->out = g_build_filename(charge->memory, "out", NULL);
	ending->watch = g_strdup_printf("%s-watch", charge->session);
	if (!fdar_timeout_call(end_sessions, ending, DESTROY_MS))
		return FALSE;
	g_free(ending->out);
	g_free(ending->watch);
	g_free(ending);
	return TRUE;
}

/* What the recorder would have done at its end. */
static void bring_to_disk(const struct fdar_watchdog_charge *charge)
{
	struct fdar_record_memory memory = { .lock = -1 };
	struct fdar_drain_options options = { .memory_bytes = charge->memory_bytes };
	struct fdar_drain *drain;

	if (!fdar_record_memory_share(charge->memory, &memory))
		return;
	drain = fdar_drain_start(memory.out, charge->trace, &options, NULL);
	if (drain)
		fdar_drain_finish(drain, DISK_NS, NULL, NULL);
	fdar_drain_free(drain);
	if (charge->recover && lttng_session_daemon_alive() != 1)
		fdar_record_recover(memory.buffers, charge->trace, NULL);
	fdar_record_memory_remove(&memory);
	fdar_record_memory_clear(&memory);
}

/* The recording stays unfinished, but says why, and what can be said without reading it. */
static void describe(const struct fdar_watchdog_charge *charge, uint64_t duration_ns)
{
	const struct fdar_record_folder folder = { .trace = (char *)charge->trace, .fd = -1 };
	struct fdar_recording_info info = { 0 };

	if (!fdar_recording_info_load(charge->folder, &info, NULL))
		return;
	if (info.unfinished) {
		g_free(info.ended);
		info.ended = g_strdup(FDAR_RECORDING_KILLED);
		info.duration_ns = duration_ns;
		info.trace_bytes = fdar_record_folder_bytes(&folder);
		fdar_recording_info_save(&info, charge->folder, NULL);
	}
	fdar_recording_info_clear(&info);
}

/* Until the recorder is done, or gone. FALSE when the daemon is stuck. */
static gboolean follow_recorder(int socket, const struct fdar_watchdog_charge *charge)
{
	struct fdar_watchdog_message message;
	gboolean stuck = FALSE, answers;
	gint64 begin_us = 0, end_us;
	pid_t group = 0;
	ssize_t n;

	while ((n = recv(socket, &message, sizeof(message), 0)) > 0 || (n < 0 && errno == EINTR)) {
		if (n != (ssize_t)sizeof(message))
			continue;
		if (message.word == FDAR_WATCHDOG_DONE)
			return !stuck;
		if (message.word == FDAR_WATCHDOG_WATCH) {
			group = message.value;
			begin_us = begin_us ? begin_us : g_get_monotonic_time();
		}
		stuck = stuck || message.word == FDAR_WATCHDOG_STUCK;
	}
	fdar_control_release(charge->control);
	end_us = g_get_monotonic_time();
	end_server(group);
	answers = end_tracing(charge);
	bring_to_disk(charge);
	describe(charge, begin_us ? (uint64_t)(end_us - begin_us) * 1000 : 0);
	return answers;
}

void fdar_watchdog_serve(int socket, const struct fdar_watchdog_charge *charge)
{
	struct fdar_daemon_lock *lock = fdar_daemon_lock_open();
	gboolean answers = TRUE;
	pid_t daemon;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!lock) {
		answer(socket, FDAR_WATCHDOG_FAILED, 0,
		       "the lock of the session daemon was taken away");
		return;
	}
	fdar_daemon_lock_start_begin(lock);
	daemon = start_daemon(socket);
	fdar_daemon_lock_start_end(lock);
	if (daemon >= 0) {
		answer(socket, FDAR_WATCHDOG_READY, daemon > 0, "");
		answers = follow_recorder(socket, charge);
	}
	close(socket);
	if (daemon > 0 && answers)
		keep_daemon(lock, daemon);
	else if (daemon > 0)
		stop_daemon(daemon, STUCK_MS);
	else if (fdar_daemon_lock_alone(lock, FALSE))
		fdar_daemon_lock_remove(lock);
	fdar_daemon_lock_close(lock);
}
