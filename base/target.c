#include "base/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */

struct walk {
	int at;     /* the folder that it is in */
	char *rest; /* what is still to go */
	char *name; /* the part that is looked at */
	unsigned how;
	int links;
};

static gboolean fail(int code, GError **error)
{
	g_set_error_literal(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
			    g_strerror(code));
	return FALSE;
}

static gboolean is_trusted(uid_t user)
{
	return user == 0 || user == geteuid();
}

static gboolean check_link(const struct walk *walk, const struct stat *link, GError **error)
{
	struct stat folder;

	if (fstat(walk->at, &folder) != 0)
		return fail(errno, error);
	if (is_trusted(link->st_uid) && is_trusted(folder.st_uid) &&
	    (!(folder.st_mode & S_IWOTH) || (folder.st_mode & S_ISVTX)))
		return TRUE;
	g_set_error(
		error, G_FILE_ERROR, G_FILE_ERROR_PERM,
		"%s is a link that user %u can change, who could send what is written elsewhere; "
		"name the folder that it leads to",
		walk->name, (unsigned)(is_trusted(link->st_uid) ? folder.st_uid : link->st_uid));
	return FALSE;
}

static void enter(struct walk *walk, int fd)
{
	close(walk->at);
	walk->at = fd;
}

/* Where links of the kernel's own are (/proc/self/fd/1): their text is for people. */
static gboolean is_in_proc(const struct walk *walk)
{
	struct statfs system;

	return fstatfs(walk->at, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/* /proc/self, which is nobody's in a container whose root is not the machine's. */
static gboolean is_ourselves(const struct walk *walk)
{
	return (strcmp(walk->name, "self") == 0 || strcmp(walk->name, "thread-self") == 0) &&
	       is_in_proc(walk);
}

/* A link's text comes before the rest. */
static gboolean follow(struct walk *walk, int link, GError **error)
{
	char text[PATH_MAX];
	ssize_t length = readlinkat(link, "", text, sizeof(text) - 1);
	int root = -1;
	char *rest;

	if (length <= 0)
		return fail(length < 0 ? errno : ENOENT, error);
	if (++walk->links > LINKS_MAX)
		return fail(ELOOP, error);
	text[length] = '\0';
	if (text[0] == '/' && (root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return fail(errno, error);
	if (root >= 0)
		enter(walk, root);
	rest = *walk->rest ? g_strconcat(text, "/", walk->rest, NULL) : g_strdup(text);
	g_free(walk->rest);
	walk->rest = rest;
	return TRUE;
}

/* Takes the next name off the rest. FALSE: there is none. */
static gboolean next_name(struct walk *walk)
{
	const char *from = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(from, "/");
	char *rest;

	if (!length)
		return FALSE;
	g_free(walk->name);
	walk->name = g_strndup(from, length);
	from += length;
	rest = g_strdup(from + strspn(from, "/"));
	g_free(walk->rest);
	walk->rest = rest;
	return TRUE;
}

/* Opened where it is, without following it. */
static int open_name(const struct walk *walk)
{
	int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(walk->at, walk->name, flags);

	if (fd >= 0 || errno != ENOENT || !(walk->how & FDAR_TARGET_MAKE))
		return fd;
	if (mkdirat(walk->at, walk->name, 0777) != 0 && errno != EEXIST)
		return -1;
	return openat(walk->at, walk->name, flags);
}

/* One folder further. */
static gboolean step(struct walk *walk, GError **error)
{
	int fd = open_name(walk), through;
	struct stat st;
	gboolean fine;

	if (fd < 0 || fstat(fd, &st) != 0) {
		fine = fail(errno, error);
	} else if (S_ISDIR(st.st_mode)) {
		enter(walk, fd);
		return TRUE;
	} else if (!S_ISLNK(st.st_mode)) {
		fine = fail(ENOTDIR, error);
	} else if (!is_ourselves(walk) && !check_link(walk, &st, error)) {
		fine = FALSE;
	} else if (is_in_proc(walk)) {
		through = openat(walk->at, walk->name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		fine = through >= 0 || fail(errno, error);
		if (fine)
			enter(walk, through);
	} else {
		fine = follow(walk, fd, error);
	}
	if (fd >= 0)
		close(fd);
	return fine;
}

/* The last name: stays as it is unless it is a link that is to be followed. TRUE and *on: there is more to go. */
static gboolean last(struct walk *walk, gboolean *on, GError **error)
{
	int fd = openat(walk->at, walk->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	gboolean fine = TRUE;

	*on = FALSE;
	if (fd < 0)
		return errno == ENOENT || fail(errno, error);
	if ((walk->how & FDAR_TARGET_FOLLOW) && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode) &&
	    !is_in_proc(walk)) {
		fine = check_link(walk, &st, error) && follow(walk, fd, error);
		*on = fine;
	}
	close(fd);
	return fine;
}

static gboolean go(struct walk *walk, GError **error)
{
	gboolean on;

	while (next_name(walk)) {
		if (*walk->rest) {
			if (!step(walk, error))
				return FALSE;
			continue;
		}
		if (!last(walk, &on, error))
			return FALSE;
		if (!on)
			return TRUE;
	}
	return TRUE;
}

/* By what is held, where there is a /proc to do that; else by its name. */
static void take(struct fdar_target *target, const struct walk *walk, const char *path)
{
	g_autofree char *held = g_strdup_printf("/proc/self/fd/%d", walk->at);

	if (access(held, F_OK) == 0) {
		target->folder = walk->at;
		target->kernels = is_in_proc(walk);
		target->path = g_build_filename(held, walk->name ? walk->name : ".", NULL);
		return;
	}
	close(walk->at);
	target->folder = -1;
	target->path = g_strdup(path);
}

gboolean fdar_target_open(const char *path, unsigned how, struct fdar_target *target,
			  GError **error)
{
	struct walk walk = { .at = open(path[0] == '/' ? "/" : ".",
					O_PATH | O_DIRECTORY | O_CLOEXEC),
			     .rest = g_strdup(path),
			     .how = how };
	gboolean fine = walk.at >= 0 ? TRUE : fail(errno, error);

	fine = fine && (*path || fail(ENOENT, error)) && go(&walk, error);
	*target = (struct fdar_target){ .folder = -1 };
	if (fine)
		take(target, &walk, path);
	else if (walk.at >= 0)
		close(walk.at);
	g_free(walk.rest);
	g_free(walk.name);
	return fine;
}

int fdar_target_nofollow(const struct fdar_target *target)
{
	return target->folder >= 0 && !target->kernels ? O_NOFOLLOW : 0;
}

gboolean fdar_target_stat(const struct fdar_target *target, struct stat *status)
{
	int flags = fdar_target_nofollow(target) ? AT_SYMLINK_NOFOLLOW : 0;

	return fstatat(AT_FDCWD, target->path, status, flags) == 0;
}

int fdar_target_mode(const struct stat *status)
{
	return status && status->st_uid == geteuid() ? (int)(status->st_mode & 0777) : 0600;
}

int fdar_target_create(const char *path, int flags, GError **error)
{
	g_autoptr(GError) cause = NULL;
	struct fdar_target target;
	int fd = -1;

	if (!fdar_target_open(path, FDAR_TARGET_FOLLOW, &target, &cause)) {
		g_propagate_prefixed_error(error, g_steal_pointer(&cause), "%s: ", path);
		return -1;
	}
	fd = open(target.path,
		  O_WRONLY | O_CREAT | O_CLOEXEC | fdar_target_nofollow(&target) | flags, 0600);
	if (fd < 0)
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s",
			    path, g_strerror(errno));
	fdar_target_clear(&target);
	return fd;
}

gboolean fdar_target_folder(const char *path, unsigned how, gboolean *made, GError **error)
{
	g_autoptr(GError) cause = NULL;
	struct fdar_target target;
	gboolean fine;

	if (made)
		*made = FALSE;
	if (!fdar_target_open(path, how | FDAR_TARGET_FOLLOW, &target, &cause)) {
		g_propagate_prefixed_error(error, g_steal_pointer(&cause), "%s: ", path);
		return FALSE;
	}
	fine = mkdir(target.path, 0700) == 0;
	if (fine && made)
		*made = TRUE;
	if (!fine && errno != EEXIST)
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s",
			    path, g_strerror(errno));
	else
		fine = TRUE;
	fdar_target_clear(&target);
	return fine;
}

void fdar_target_clear(struct fdar_target *target)
{
	if (target->folder >= 0)
		close(target->folder);
	target->folder = -1;
	g_clear_pointer(&target->path, g_free);
}
