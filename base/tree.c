#include "base/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_S 10 /* of processor time: a busy machine is no reason */
#define NAMES  8  /* that are tried for a folder that is moved up */

struct clearing {
	int top;
	time_t until_s;  /* of the thread's processor time */
	guint64 done;    /* removed, or moved */
	unsigned number; /* of the folders that were moved up */
};

static time_t spent_s(void)
{
	struct timespec spent = { 0 };

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return spent.tv_sec;
}

static int folder_open(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Whether it is a folder, which is not empty. */
static gboolean remove_one(struct clearing *clearing, int at, const char *name)
{
	gboolean removed = unlinkat(at, name, 0) == 0 || ((errno == EISDIR || errno == EPERM) &&
							  unlinkat(at, name, AT_REMOVEDIR) == 0);

	clearing->done += removed ? 1 : 0;
	return !removed && (errno == ENOTEMPTY || errno == EEXIST);
}

static void move_up(struct clearing *clearing, int at, const char *name)
{
	for (int i = 0; i < NAMES; i++) {
		char moved[32];

		g_snprintf(moved, sizeof(moved), "moved-up-%u", clearing->number++);
		/* Not all file systems know the flag (NFS); without it an empty folder may be replaced, which goes, too. */
		if (renameat2(at, name, clearing->top, moved, RENAME_NOREPLACE) == 0 ||
		    (errno == EINVAL && renameat(at, name, clearing->top, moved) == 0)) {
			clearing->done++;
			return;
		}
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return;
	}
}

/* Gives each entry of a folder to act. */
static void each(struct clearing *clearing, int folder,
		 void (*act)(struct clearing *clearing, int folder, const char *name))
{
	int copy = folder_open(folder, ".");
	DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;

	while (list && (entry = readdir(list)) && spent_s() < clearing->until_s)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			act(clearing, folder, entry->d_name);
	if (list)
		closedir(list);
	else if (copy >= 0)
		close(copy);
}

static void clear_lower(struct clearing *clearing, int folder, const char *name)
{
	if (remove_one(clearing, folder, name))
		move_up(clearing, folder, name);
}

static void clear_upper(struct clearing *clearing, int folder, const char *name)
{
	int lower;

	if (!remove_one(clearing, folder, name))
		return;
	lower = folder_open(folder, name);
	if (lower < 0)
		return;
	each(clearing, lower, clear_lower);
	close(lower);
	remove_one(clearing, folder, name);
}

void fdar_tree_remove(const char *path)
{
	struct clearing clearing = { .top = folder_open(AT_FDCWD, path),
				     .until_s = spent_s() + MOST_S };
	guint64 before;

	if (clearing.top < 0) {
		unlink(path);
		return;
	}
	do {
		before = clearing.done;
		each(&clearing, clearing.top, clear_upper);
	} while (clearing.done != before && spent_s() < clearing.until_s);
	close(clearing.top);
	rmdir(path);
}
