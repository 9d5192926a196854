#include "cli/reduce/child.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/target.h"
#include "pipeline/server/processes.h"

/* quiet: without what goes to standard error. */
static void redirect(const char *path, gboolean quiet)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int said = quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : fd;

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0)
		_exit(126);
}

static int run(int (*command)(int argc, char **argv), char **argv, const char *output,
	       gboolean quiet)
{
	int status = 0;
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int code;

		if (!fdar_process_end_with(parent))
			_exit(126);
		if (output)
			redirect(output, quiet);
		code = command((int)g_strv_length(argv), argv);
		fflush(NULL);
		_exit(code);
	}
	if (pid < 0)
		return 126;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int fdar_child_command(int (*command)(int argc, char **argv), char **argv, const char *output)
{
	return run(command, argv, output, FALSE);
}

int fdar_child_quiet(int (*command)(int argc, char **argv), char **argv, const char *output)
{
	return run(command, argv, output, TRUE);
}

gboolean fdar_child_make_directory(const char *path, gboolean *made, GError **error)
{
	g_autoptr(GDir) dir = NULL;

	if (!fdar_target_folder(path, 0, made, error))
		return FALSE;
	if (*made)
		return TRUE;
	dir = g_dir_open(path, 0, error);
	if (dir && !g_dir_read_name(dir))
		return TRUE;
	if (dir)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY, "%s: is not empty", path);
	return FALSE;
}

void fdar_child_remove(const char *directory)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(directory, name, NULL);

		g_unlink(file);
	}
	g_rmdir(directory);
}

GPtrArray *fdar_child_arguments(const char *first, ...)
{
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
	va_list rest;

	va_start(rest, first);
	for (const char *text = first; text; text = va_arg(rest, const char *))
		g_ptr_array_add(arguments, g_strdup(text));
	va_end(rest);
	return arguments;
}
