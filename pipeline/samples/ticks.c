#include "pipeline/samples/ticks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "instrument/wire/ticks.h"
#include "pipeline/samples/ticks_records.h"

#define FIRST_KEY UINT32_C(0x40000000) /* no pid is that large */

/* A process. */
struct ring {
	char *name;
	int fd;
	uint32_t key;
	int32_t pid; /* as it says */
	uint64_t pid_space;
	uint64_t next; /* number that is read next */
	uint64_t
		awaited; /* what was not whole the last time was waited for, of numbers below this one */
};

struct fdar_ticks_folder {
	char *path;
	int fd;
	uint64_t pid_space; /* our own */
	uint32_t self, next_key;
	GHashTable *rings; /* name -> struct ring */
	uint64_t lost;     /* of those that ended, and of those that could not be read */
	uint32_t without;
	struct fdar_tick tick; /* that is read just now */
};

static void ring_free(gpointer data)
{
	struct ring *ring = data;

	close(ring->fd);
	g_free(ring->name);
	g_free(ring);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the folder ---- */

struct fdar_ticks_folder *fdar_ticks_make(const char *path, GError **error)
{
	struct fdar_ticks_folder *folder;
	struct stat space;
	int fd = -1;

	if (mkdir(path, 0700) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Whoever knows the name may add to it; only who added a file may take it away. */
	if (fd < 0 || fchmod(fd, 01733) != 0) {
		g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(errno),
			    "%s: cannot make a folder for samples: %s", path, g_strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	folder = g_new0(struct fdar_ticks_folder, 1);
	folder->path = g_strdup(path);
	folder->fd = fd;
	folder->pid_space = stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
	folder->self = (uint32_t)getpid();
	folder->next_key = FIRST_KEY;
	folder->rings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, ring_free);
	return folder;
}

/* -1: that there is no descriptor to be had is noted. */
static int open_below(struct fdar_ticks_folder *folder, const char *name, int flags)
{
	int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		folder->without |= FDAR_TICKS_UNREAD;
	return fd;
}

static DIR *open_list(struct fdar_ticks_folder *folder)
{
	int fd = open_below(folder, ".", O_DIRECTORY);
	DIR *list = fd >= 0 ? fdopendir(fd) : NULL;

	if (!list && fd >= 0)
		close(fd);
	return list;
}

void fdar_ticks_free(struct fdar_ticks_folder *folder)
{
	const struct dirent *entry;
	DIR *list;

	if (!folder)
		return;
	list = open_list(folder);
	while (list && (entry = readdir(list)))
		if (unlinkat(folder->fd, entry->d_name, 0) != 0 && errno == EISDIR)
			unlinkat(folder->fd, entry->d_name, AT_REMOVEDIR);
	if (list)
		closedir(list);
	close(folder->fd);
	rmdir(folder->path);
	g_hash_table_unref(folder->rings);
	explicit_bzero(&folder->tick, sizeof(folder->tick));
	g_free(folder->path);
	g_free(folder);
}

/* ---- a ring ---- */

static gboolean read_at(const struct ring *ring, void *into, gsize bytes, gsize at)
{
	return pread(ring->fd, into, bytes, (off_t)at) == (ssize_t)bytes;
}

static gsize place_at(uint64_t number)
{
	return offsetof(struct fdar_ticks, places) +
	       (gsize)(number % FDAR_TICKS_PLACES) * sizeof(struct fdar_tick);
}

/* FALSE: it is being written; *lost: it is a later one by now. */
static gboolean read_tick(struct fdar_ticks_folder *folder, struct ring *ring, uint64_t number,
			  gboolean *lost)
{
	uint64_t turn = 0, whole = 2 * number + 2;

	*lost = TRUE;
	if (!read_at(ring, &folder->tick, sizeof(folder->tick), place_at(number)) ||
	    !read_at(ring, &turn, sizeof(turn), place_at(number)))
		return TRUE;
	if (turn < whole)
		return FALSE;
	*lost = turn != whole || folder->tick.turn != whole;
	return TRUE;
}

/* What somebody is writing is waited for, until the next time: all that was there the last time has been. */
static void read_ring(struct fdar_ticks_folder *folder, struct ring *ring, struct fdar_wiped *bytes)
{
	struct fdar_ticks head;
	uint64_t first;

	if (!read_at(ring, &head, offsetof(struct fdar_ticks, places), 0))
		return;
	folder->without |= head.without;
	first = head.head > FDAR_TICKS_PLACES ? head.head - FDAR_TICKS_PLACES : 0;
	if (first > ring->next) {
		folder->lost += MIN(first - ring->next, UINT32_MAX);
		ring->next = first;
	}
	for (; ring->next < head.head; ring->next++) {
		gboolean lost;

		if (!read_tick(folder, ring, ring->next, &lost)) {
			if (ring->next >= ring->awaited) {
				ring->awaited = head.head;
				break;
			}
			lost = TRUE;
		}
		if (lost)
			folder->lost++;
		else
			fdar_ticks_put_tick(bytes, ring->key, &folder->tick);
	}
}

static uint32_t key_of(const struct fdar_ticks_folder *folder, int32_t pid, uint64_t pid_space)
{
	GHashTableIter iter;
	gpointer value;
	uint32_t key = 0;

	g_hash_table_iter_init(&iter, folder->rings);
	while (pid && g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct ring *ring = value;

		if (ring->pid == pid && ring->pid_space == pid_space)
			key = MAX(key, ring->key);
	}
	return key;
}

static gboolean is_here(const struct fdar_ticks_folder *folder, const struct ring *ring)
{
	return folder->pid_space && ring->pid_space == folder->pid_space && ring->pid > 0;
}

static void begin(struct fdar_ticks_folder *folder, const char *name, struct fdar_wiped *bytes)
{
	int fd = open_below(folder, name, O_NOFOLLOW | O_NONBLOCK);
	struct ring *ring = g_new0(struct ring, 1);
	uint32_t parent;
	struct fdar_ticks head;
	struct stat status;

	ring->fd = fd;
	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
	    !read_at(ring, &head, offsetof(struct fdar_ticks, places), 0) ||
	    head.magic != FDAR_TICKS_MAGIC || head.bytes != sizeof(struct fdar_ticks)) {
		ring_free(ring); /* none, or not whole yet */
		return;
	}
	ring->name = g_strdup(name);
	ring->key = folder->next_key++;
	ring->pid = head.pid;
	ring->pid_space = head.pid_space;
	parent = key_of(folder, head.parent, head.pid_space);
	fdar_ticks_put_fork(bytes, head.began_ns, ring->key, parent ? parent : folder->self,
			    (uint32_t)head.pid, is_here(folder, ring) ? (uint32_t)head.pid : 0);
	if (!parent)
		fdar_ticks_put_exec(bytes, head.began_ns, ring->key);
	g_hash_table_insert(folder->rings, ring->name, ring);
}

/* ---- all ---- */

/* Their order is that of their beginning, so that who was forked finds its parent. */
static int by_age(gconstpointer a, gconstpointer b)
{
	const char *x = strchr(*(const char *const *)a, '-'),
		   *y = strchr(*(const char *const *)b, '-');
	guint64 one = g_ascii_strtoull(x ? x + 1 : "", NULL, 10);
	guint64 two = g_ascii_strtoull(y ? y + 1 : "", NULL, 10);

	return one < two ? -1 : one > two;
}

static void look_for_new(struct fdar_ticks_folder *folder, struct fdar_wiped *bytes)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const struct dirent *entry;
	DIR *list = open_list(folder);

	while (list && (entry = readdir(list)))
		if (entry->d_name[0] != '.' && names->len < FDAR_TICKS_PROCESSES_MAX &&
		    !g_hash_table_contains(folder->rings, entry->d_name))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	if (list)
		closedir(list);
	g_ptr_array_sort(names, by_age);
	for (guint i = 0; i < names->len; i++)
		if (g_hash_table_size(folder->rings) < FDAR_TICKS_PROCESSES_MAX)
			begin(folder, g_ptr_array_index(names, i), bytes);
		else
			folder->without |= FDAR_TICKS_UNREAD;
}

static gboolean has_ended(const struct fdar_ticks_folder *folder, const struct ring *ring)
{
	return is_here(folder, ring) && kill(ring->pid, 0) != 0 && errno == ESRCH;
}

/* TRUE: it is not needed any more. */
static gboolean read_one(gpointer name, gpointer value, gpointer user)
{
	struct fdar_ticks_folder *folder = ((gpointer *)user)[0];
	struct fdar_wiped *bytes = ((gpointer *)user)[1];
	struct ring *ring = value;
	gboolean is_over = has_ended(folder, ring);

	if (is_over) /* who was writing writes no more */
		ring->awaited = UINT64_MAX;
	read_ring(folder, ring, bytes);
	if (!is_over)
		return FALSE;
	fdar_ticks_put_exit(bytes, now_ns(), ring->key);
	unlinkat(folder->fd, name, 0);
	return TRUE;
}

void fdar_ticks_read(struct fdar_ticks_folder *folder, struct fdar_wiped *bytes)
{
	gpointer both[] = { folder, bytes };

	look_for_new(folder, bytes);
	g_hash_table_foreach_remove(folder->rings, read_one, both);
	explicit_bzero(&folder->tick, sizeof(folder->tick));
}

uint64_t fdar_ticks_lost(const struct fdar_ticks_folder *folder)
{
	return folder->lost;
}

uint32_t fdar_ticks_without(const struct fdar_ticks_folder *folder)
{
	return folder->without;
}
