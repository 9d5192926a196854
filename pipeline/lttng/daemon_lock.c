#include "pipeline/lttng/daemon_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTE_USE   0 /* shared by recorders, alone by a watchdog that stops the daemon */
#define BYTE_START 1 /* alone by whoever looks for a daemon */
#define WAIT_MS    20000
#define STEP_MS    20

struct fdar_daemon_lock {
	int fd;
	char *path;
};

char *fdar_daemon_folder(void)
{
	const char *home = g_getenv("LTTNG_HOME");

	if (getuid() == 0)
		return g_strdup("/var/run/lttng");
	return g_build_filename(home ? home : g_get_home_dir(), ".lttng", NULL);
}

static int set_lock(int fd, int command, short type, off_t byte)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
	int result;

	do {
		result = fcntl(fd, command, &lock);
	} while (result != 0 && errno == EINTR);
	return result;
}

static struct fdar_daemon_lock *lock_open(int flags)
{
	g_autofree char *folder = fdar_daemon_folder();
	struct fdar_daemon_lock *lock = g_new0(struct fdar_daemon_lock, 1);

	lock->path = g_build_filename(folder, "flowdar.lock", NULL);
	if (flags & O_CREAT)
		g_mkdir_with_parents(folder, getuid() == 0 ? 0755 : 0700);
	lock->fd = open(lock->path, O_RDWR | O_CLOEXEC | flags, 0600);
	if (lock->fd >= 0)
		return lock;
	fdar_daemon_lock_close(lock);
	return NULL;
}

/* A watchdog may have taken the file away between our open and our lock. */
static gboolean still_there(const struct fdar_daemon_lock *lock)
{
	struct stat held, named;

	return fstat(lock->fd, &held) == 0 && stat(lock->path, &named) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

struct fdar_daemon_lock *fdar_daemon_lock_share(GError **error)
{
	int reason = EAGAIN;

	for (int waited = 0; waited <= WAIT_MS; waited += STEP_MS) {
		struct fdar_daemon_lock *lock = lock_open(O_CREAT);

		if (!lock) {
			reason = errno;
			break;
		}
		if (set_lock(lock->fd, F_OFD_SETLK, F_RDLCK, BYTE_USE) == 0 && still_there(lock))
			return lock;
		fdar_daemon_lock_close(lock);
		g_usleep(STEP_MS * 1000);
	}
	g_autofree char *folder = fdar_daemon_folder();
	if (reason == EAGAIN)
		g_set_error(
			error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"%s/flowdar.lock: cannot be locked (a session daemon that does not end?)",
			folder);
	else
		g_set_error(
			error, G_IO_ERROR, (int)g_io_error_from_errno(reason),
			"%s: cannot be used: %s; it is where LTTng's session daemon of this user "
			"has its sockets%s",
			folder, g_strerror(reason),
			getuid() == 0 ? "" : ": set LTTNG_HOME to a directory of your own");
	return NULL;
}

struct fdar_daemon_lock *fdar_daemon_lock_open(void)
{
	return lock_open(0);
}

gboolean fdar_daemon_lock_alone(struct fdar_daemon_lock *lock, gboolean wait)
{
	return set_lock(lock->fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, F_WRLCK, BYTE_USE) == 0;
}

void fdar_daemon_lock_await(void)
{
	gboolean stopping = TRUE;

	for (int waited = 0; stopping && waited <= WAIT_MS; waited += STEP_MS) {
		struct fdar_daemon_lock *lock = lock_open(0);

		stopping = lock && set_lock(lock->fd, F_OFD_SETLK, F_RDLCK, BYTE_USE) != 0;
		fdar_daemon_lock_close(lock);
		if (stopping)
			g_usleep(STEP_MS * 1000);
	}
}

void fdar_daemon_lock_release(struct fdar_daemon_lock *lock)
{
	set_lock(lock->fd, F_OFD_SETLK, F_UNLCK, BYTE_USE);
}

void fdar_daemon_lock_start_begin(struct fdar_daemon_lock *lock)
{
	set_lock(lock->fd, F_OFD_SETLKW, F_WRLCK, BYTE_START);
}

void fdar_daemon_lock_start_end(struct fdar_daemon_lock *lock)
{
	set_lock(lock->fd, F_OFD_SETLK, F_UNLCK, BYTE_START);
}

void fdar_daemon_lock_remove(struct fdar_daemon_lock *lock)
{
	if (still_there(lock))
		unlink(lock->path);
}

void fdar_daemon_lock_close(struct fdar_daemon_lock *lock)
{
	if (!lock)
		return;
	if (lock->fd >= 0)
		close(lock->fd);
	g_free(lock->path);
	g_free(lock);
}
