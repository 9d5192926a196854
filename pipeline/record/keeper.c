#include "pipeline/record/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/lttng/daemon_lock.h"
#include "pipeline/record/keeper_process.h"
#include "pipeline/server/processes.h"
#include "pipeline/recording/recording.h"

#define KILL_MS 20000 /* for the keeper to end a daemon that is stuck */
#define GRAB_US 50000 /* how long the keeper may take to notice that the lock is free */

struct fdar_keeper {
	struct fdar_daemon_lock *lock;
	pid_t pid;
	int socket;
	gboolean stuck;
};

#define SOCKET_FD 3
#define FOLDER_FD 4

/* In the keeper: its socket and the folder, at numbers of their own, and nothing else is open. */
static gboolean keep_descriptors(int socket, struct fdar_keeper_charge *charge)
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

static pid_t spawn(int socket, const struct fdar_keeper_charge *charge)
{
	struct fdar_keeper_charge own = *charge;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	/* A session of its own: Ctrl-C and a closed terminal are not for it. */
	setsid();
	if (keep_descriptors(socket, &own) && chdir("/") == 0) {
		prctl(PR_SET_NAME, "flowdar-keeper");
		fdar_keeper_serve(SOCKET_FD, &own);
	}
	_exit(0);
}

static gboolean hear(struct fdar_keeper *keeper, GError **error)
{
	struct fdar_keeper_message message = { 0 };
	ssize_t n;

	do {
		n = recv(keeper->socket, &message, sizeof(message), 0);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(message) && message.word == FDAR_KEEPER_READY)
		return TRUE;
	message.text[sizeof(message.text) - 1] = '\0';
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s",
		    n == (ssize_t)sizeof(message)
			    ? message.text
			    : "the process that starts LTTng's session daemon died");
	return FALSE;
}

struct fdar_keeper *fdar_keeper_start(const struct fdar_keeper_charge *charge, GError **error)
{
	struct fdar_daemon_lock *lock = fdar_daemon_lock_share(error);
	struct fdar_keeper *keeper;
	int ends[2];

	if (!lock)
		return NULL;
	keeper = g_new0(struct fdar_keeper, 1);
	keeper->lock = lock;
	keeper->socket = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
		keeper->socket = ends[0];
		keeper->pid = spawn(ends[1], charge);
		close(ends[1]);
	}
	if (keeper->pid <= 0)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot start a process: %s",
			    g_strerror(errno));
	else if (hear(keeper, error))
		return keeper;
	fdar_keeper_done(keeper);
	return NULL;
}

pid_t fdar_keeper_pid(const struct fdar_keeper *keeper)
{
	return keeper->pid;
}

static void tell(struct fdar_keeper *keeper, enum fdar_keeper_word word, int value)
{
	struct fdar_keeper_message message = { .word = word, .value = value };

	send(keeper->socket, &message, sizeof(message), MSG_NOSIGNAL);
}

void fdar_keeper_watch(struct fdar_keeper *keeper, pid_t group)
{
	tell(keeper, FDAR_KEEPER_WATCH, group);
}

void fdar_keeper_daemon_stuck(struct fdar_keeper *keeper)
{
	tell(keeper, FDAR_KEEPER_STUCK, 0);
	keeper->stuck = TRUE;
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

void fdar_keeper_done(struct fdar_keeper *keeper)
{
	if (!keeper)
		return;
	if (keeper->socket >= 0) {
		tell(keeper, FDAR_KEEPER_DONE, 0);
		close(keeper->socket);
	}
	fdar_daemon_lock_close(keeper->lock);
	if (keeper->stuck)
		fdar_process_wait(keeper->pid, KILL_MS, NULL);
	wait_for_daemon();
	/* A keeper whose daemon others still use lives on; init takes it when we end. */
	if (keeper->pid > 0)
		fdar_process_wait(keeper->pid, 200, NULL);
	g_free(keeper);
}
