#include "pipeline/server/traceable.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pipeline/elf/elf_facts.h"

#define SCRIPTS_MAX    4u   /* an interpreter that is a script itself: as many as Linux follows */
#define FIRST_LINE_MAX 256u /* of a script: as much as Linux reads */

/* ---- which file ---- */

static char *find(const char *program, GError **error)
{
	char *path = strchr(program, '/') ? g_strdup(program) : g_find_program_in_path(program);

	if (!path)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: not found in any folder of PATH", program);
	return path;
}

/* The program that "env" in a script's first line runs; NULL if it names none. */
static char *program_of_env(char **words)
{
	for (guint i = 1; words[i]; i++) {
		if (words[i][0] != '-' && words[i][0] != '\0' && !strchr(words[i], '='))
			return g_find_program_in_path(words[i]);
	}
	return NULL;
}

/* The interpreter, if the file is a script: of "#!/bin/sh -e", "/bin/sh". */
static char *interpreter_of(int fd)
{
	char line[FIRST_LINE_MAX + 1];
	ssize_t length = pread(fd, line, FIRST_LINE_MAX, 0);
	g_auto(GStrv) words = NULL;
	g_autofree char *name = NULL;

	if (length < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	words = g_strsplit_set(g_strstrip(line + 2), " \t", -1);
	if (!words[0] || words[0][0] == '\0')
		return NULL;
	name = g_path_get_basename(words[0]);
	return strcmp(name, "env") == 0 ? program_of_env(words) : g_strdup(words[0]);
}

static int open_file(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "%s: %s", path,
			    g_strerror(errno));
	return fd;
}

/* Opens what is run in the end; path is replaced by its name. -1 with error set. */
static int open_program(char **path, GError **error)
{
	int fd = open_file(*path, error);

	for (guint i = 0; fd >= 0 && i < SCRIPTS_MAX; i++) {
		char *interpreter = interpreter_of(fd);

		if (!interpreter)
			break;
		close(fd);
		g_free(*path);
		*path = interpreter;
		fd = open_file(*path, error);
	}
	return fd;
}

/* ---- what speaks against it ---- */

/* The dynamic linker preloads nothing when a program runs with more rights than its caller has. */
static const char *more_rights(int fd, const char *user)
{
	const struct passwd *entry = user ? getpwnam(user) : NULL;
	uid_t uid = entry ? entry->pw_uid : geteuid();
	gid_t gid = entry ? entry->pw_gid : getegid();
	struct stat info;

	if (fstat(fd, &info) != 0)
		return NULL;
	if (info.st_mode & S_ISUID && info.st_uid != uid)
		return "is set-user-ID: nothing can be loaded into it, and nothing of it would be "
		       "recorded; run it as the user that it becomes";
	if (info.st_mode & S_ISGID && info.st_gid != gid)
		return "is set-group-ID: nothing can be loaded into it, and nothing of it would be "
		       "recorded; run it as the group that it becomes";
	if (uid != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return "has file capabilities: nothing can be loaded into it, and nothing of it "
		       "would be recorded; run it as root";
	return NULL;
}

/* It is known by its name: what it does to one thread of a process is a system call like any other. */
static const char *changes_users(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);

	return strcmp(name, "setpriv") == 0
		       ? "changes the user of one of its threads at a time, and does not survive "
			 "that where a tracer has threads in it (it aborts, status 134): use --user"
		       : NULL;
}

static const char *reason_of(const struct fdar_elf_facts *facts)
{
	if (facts->go && !facts->interpreted)
		return "is a statically linked Go program: nothing can be loaded into it, and "
		       "nothing of it would be recorded";
	if (!facts->interpreted)
		return "is statically linked: nothing can be loaded into it, and nothing of it "
		       "would be recorded; link it dynamically";
	if (facts->other_kind)
		return "is for another kind of processor than flowdar's libraries: they cannot be "
		       "loaded into it, and nothing of it would be recorded";
	if (facts->musl)
		return "is built for another libc (musl): flowdar's libraries cannot be loaded "
		       "into it, and nothing of it would be recorded";
	if (facts->go)
		return "is a Go program: it makes its system calls without libc, and what its Go "
		       "code reads, writes and waits for would not be recorded";
	if (facts->io_uring)
		return "uses io_uring: what it reads, writes and accepts that way would not be "
		       "recorded";
	return NULL;
}

char *fdar_traceable_first(const char *program)
{
	g_autofree char *path = find(program, NULL);
	struct fdar_elf_facts facts = { 0 };
	int fd = path ? open_program(&path, NULL) : -1;

	if (fd < 0)
		return NULL;
	fdar_elf_facts_read(fd, &facts);
	close(fd);
	/* It becomes part of LD_PRELOAD. */
	if (facts.first && strpbrk(facts.first, " :/"))
		g_clear_pointer(&facts.first, g_free);
	return facts.first;
}

char *fdar_traceable_check(const char *program, const char *user, GError **error)
{
	g_autofree char *path = find(program, error);
	struct fdar_elf_facts facts = { 0 };
	const char *reason;
	int fd;

	if (!path)
		return NULL;
	fd = open_program(&path, error);
	if (fd < 0)
		return NULL;
	reason = more_rights(fd, user);
	if (!reason)
		reason = changes_users(path);
	if (!reason && fdar_elf_facts_read(fd, &facts))
		reason = reason_of(&facts);
	close(fd);
	g_free(facts.first);
	return reason ? g_strdup_printf("%s %s", path, reason) : NULL;
}
