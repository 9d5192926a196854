#include "pipeline/record/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/lttng/daemon_lock.h"
#include "pipeline/record/watchdog_process.h"
#include "pipeline/server/processes.h"
#include "pipeline/recording/recording.h"

#define KILL_MS 20000 /* for the watchdog to end a daemon that is stuck */
#define GRAB_US 50000 /* how long the watchdog may take to notice that the lock is free */

struct fdar_watchdog {
	struct fdar_daemon_lock *lock;
	pid_t pid;
	int socket;
	gboolean stuck;
};

#define SOCKET_FD 3
#define FOLDER_FD 4

/* In the watchdog: its socket and the folder, at numbers of their own, and nothing else is open. */
static gboolean keep_descriptors(int socket, struct fdar_watchdog_charge *charge)
{
	static char folder[64], trace[96];
	int first = SOCKET_FD + 1;
	int high = fcntl(socket, F_DUPFD, FOLDER_FD + 1);

	if (charge->folder_fd >= 0) {
		int held = fcntl(charge->folder_fd, F_DUPFD, FOLDER_FD + 1);

		if (held < 0 || dup2(held, FOLDER_FD) != FOLDER_FD)
			return FALSE;
		g_snprintf(folder, sizeof(folder), "/proc/self/fd/%d", FOLDER_FD);
		g_snprintf(trace, sizeof(trace), "%s/" FDAR_RECORDING_TRACE, folder);
		charge->folder = folder;
		charge->trace = trace;
		first = FOLDER_FD + 1;
	}
	if (high < 0 || dup2(high, SOCKET_FD) != SOCKET_FD)
		return FALSE;
	fdar_process_reset(first);
	return TRUE;
}

static pid_t spawn(int socket, const struct fdar_watchdog_charge *charge)
{
	struct fdar_watchdog_charge own = *charge;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	/* A session of its own: Ctrl-C and a closed terminal are not for it. */
	setsid();
	if (keep_descriptors(socket, &own) && chdir("/") == 0) {
		prctl(PR_SET_NAME, "flowdar-watch");
		fdar_watchdog_serve(SOCKET_FD, &own);
	}
	_exit(0);
}

static gboolean hear(struct fdar_watchdog *watchdog, GError **error)
{
	struct fdar_watchdog_message message = { 0 };
	ssize_t n;

	do {
		n = recv(watchdog->socket, &message, sizeof(message), 0);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(message) && message.word == FDAR_WATCHDOG_READY)
		return TRUE;
	message.text[sizeof(message.text) - 1] = '\0';
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
		    n == (ssize_t)sizeof(message)
			    ? message.text
			    : "the process that starts LTTng's session daemon died");
	return FALSE;
}

struct fdar_watchdog *fdar_watchdog_start(const struct fdar_watchdog_charge *charge, GError **error)
{
	struct fdar_daemon_lock *lock = fdar_daemon_lock_share(error);
	struct fdar_watchdog *watchdog;
	int ends[2];

	if (!lock)
		return NULL;
	watchdog = g_new0(struct fdar_watchdog, 1);
	watchdog->lock = lock;
	watchdog->socket = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
		watchdog->socket = ends[0];
		watchdog->pid = spawn(ends[1], charge);
		close(ends[1]);
	}
	if (watchdog->pid <= 0)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot start a process: %s",
			    g_strerror(errno));
	else if (hear(watchdog, error))
		return watchdog;
	fdar_watchdog_done(watchdog);
	return NULL;
}

pid_t fdar_watchdog_pid(const struct fdar_watchdog *watchdog)
{
	return watchdog->pid;
}

static void tell(struct fdar_watchdog *watchdog, enum fdar_watchdog_word word, int value)
{
	struct fdar_watchdog_message message = { .word = word, .value = value };

	send(watchdog->socket, &message, sizeof(message), MSG_NOSIGNAL);
}

void fdar_watchdog_watch(struct fdar_watchdog *watchdog, pid_t group)
{
	tell(watchdog, FDAR_WATCHDOG_WATCH, group);
}

void fdar_watchdog_daemon_stuck(struct fdar_watchdog *watchdog)
{
	tell(watchdog, FDAR_WATCHDOG_STUCK, 0);
	watchdog->stuck = TRUE;
}

/* When the lock can be had again, the daemon is gone, or others use it. The last one, and a daemon
 * that is not ours: the file has done its duty. */
static void wait_for_daemon(void)
{
	struct fdar_daemon_lock *lock;

	g_usleep(GRAB_US);
	fdar_daemon_lock_await();
	lock = fdar_daemon_lock_open();
	if (lock && fdar_daemon_lock_alone(lock, FALSE))
		fdar_daemon_lock_remove(lock);
	fdar_daemon_lock_close(lock);
}

void fdar_watchdog_done(struct fdar_watchdog *watchdog)
{
	if (!watchdog)
		return;
	if (watchdog->socket >= 0) {
		tell(watchdog, FDAR_WATCHDOG_DONE, 0);
		close(watchdog->socket);
	}
	fdar_daemon_lock_close(watchdog->lock);
	if (watchdog->stuck)
		fdar_process_wait(watchdog->pid, KILL_MS, NULL);
	wait_for_daemon();
	/* A watchdog whose daemon others still use lives on; init takes it when we end. */
	if (watchdog->pid > 0)
		fdar_process_wait(watchdog->pid, 200, NULL);
	g_free(watchdog);
}
