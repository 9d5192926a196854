#include "pipeline/record/record_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/tree.h"
#include "pipeline/record/record_folder.h"

#define ROOT  "/dev/shm"
#define TRIES 1000

static gboolean take_lock(const char *path, int how, int *lock)
{
	struct stat held, named;

	*lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	/* Somebody who found it without a lock may be taking it away. */
	if (*lock >= 0 && flock(*lock, how | LOCK_NB) == 0 && fstat(*lock, &held) == 0 &&
	    stat(path, &named) == 0 && held.st_ino == named.st_ino)
		return TRUE;
	if (*lock >= 0)
		close(*lock);
	*lock = -1;
	return FALSE;
}

static void name_parts(struct fdar_record_memory *memory, const char *path)
{
	memory->path = g_strdup(path);
	memory->out = g_build_filename(path, "out", NULL);
	memory->buffers = g_build_filename(path, "buffers", NULL);
}

static void sweep(void)
{
	g_autofree char *prefix = g_strdup_printf("flowdar-%u-", (unsigned)getuid());
	g_autoptr(GDir) root = g_dir_open(ROOT, 0, NULL);
	const char *name;

	while (root && (name = g_dir_read_name(root))) {
		g_autofree char *path = g_build_filename(ROOT, name, NULL);
		struct stat st;
		int lock;

		if (!g_str_has_prefix(name, prefix) || lstat(path, &st) != 0 ||
		    !S_ISDIR(st.st_mode) || st.st_uid != getuid() ||
		    !take_lock(path, LOCK_EX, &lock))
			continue;
		fdar_tree_remove(path);
		close(lock);
	}
}

static gboolean make_parts(struct fdar_record_memory *memory)
{
	/* The umask may have taken away what others need to get at the control segment. */
	return chmod(memory->path, 0711) == 0 && g_mkdir(memory->out, 0700) == 0 &&
	       g_mkdir(memory->buffers, 0700) == 0;
}

gboolean fdar_record_memory_make(struct fdar_record_memory *memory, GError **error)
{
	memory->lock = -1;
	sweep();
	for (int number = 1; number < TRIES; number++) {
		g_autofree char *path = g_strdup_printf(ROOT "/flowdar-%u-%d-%d",
							(unsigned)getuid(), (int)getpid(), number);

		if (g_mkdir(path, 0711) != 0) {
			if (errno == EEXIST)
				continue;
			break;
		}
		if (!take_lock(path, LOCK_SH, &memory->lock))
			continue;
		name_parts(memory, path);
		if (make_parts(memory))
			return TRUE;
		fdar_record_memory_remove(memory);
		fdar_record_memory_clear(memory);
		break;
	}
	g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(errno),
		    ROOT ": cannot make a folder in memory: %s", g_strerror(errno));
	return FALSE;
}

gboolean fdar_record_memory_share(const char *path, struct fdar_record_memory *memory)
{
	memory->lock = -1;
	if (!take_lock(path, LOCK_SH, &memory->lock))
		return FALSE;
	name_parts(memory, path);
	return TRUE;
}

uint64_t fdar_record_memory_room(const struct fdar_record_memory *memory)
{
	struct statvfs disk;

	if (statvfs(memory->path, &disk) != 0)
		return 0;
	return (uint64_t)disk.f_bavail * disk.f_frsize;
}

void fdar_record_memory_remove(struct fdar_record_memory *memory)
{
	if (memory->path)
		fdar_tree_remove(memory->path);
}

void fdar_record_memory_clear(struct fdar_record_memory *memory)
{
	if (memory->lock >= 0)
		close(memory->lock);
	memory->lock = -1;
	g_clear_pointer(&memory->path, g_free);
	g_clear_pointer(&memory->out, g_free);
	g_clear_pointer(&memory->buffers, g_free);
}
