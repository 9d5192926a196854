#include "instrument/patcher/patch_spatch.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instrument/patcher/patch_tree.h"

#define TIMEOUT_US (120 * G_USEC_PER_SEC)
#define LOOK_US    5000
#define SAID_MAX   300 /* bytes of what spatch complains that are passed on */

static const char *const names[] = { "file.c", "patched.c", "said" };
enum { BEFORE, AFTER, SAID };

static char *name_of(const struct fdar_spatch *spatch, int which)
{
	return g_build_filename(spatch->directory, names[which], NULL);
}

gboolean fdar_spatch_begin(struct fdar_spatch *spatch, GError **error)
{
	spatch->program = g_find_program_in_path("spatch");
	if (!spatch->program) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
			    "there is no spatch, which does the patching: install Coccinelle "
			    "(Debian package coccinelle)");
		return FALSE;
	}
	spatch->directory = g_dir_make_tmp("flowdar-patch-XXXXXX", error);
	return spatch->directory != NULL;
}

void fdar_spatch_end(struct fdar_spatch *spatch)
{
	if (spatch->directory) {
		for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
			g_autofree char *path = name_of(spatch, (int)i);

			g_unlink(path);
		}
		g_rmdir(spatch->directory);
	}
	g_clear_pointer(&spatch->directory, g_free);
	g_clear_pointer(&spatch->program, g_free);
}

static gboolean stopped(const struct fdar_spatch *spatch)
{
	return spatch->stop && *spatch->stop;
}

/* Until the process ends, is stopped or has taken too long; then it is killed. */
static gboolean wait_for(const struct fdar_spatch *spatch, GPid pid, int *status, GError **error)
{
	gint64 until_us = g_get_monotonic_time() + TIMEOUT_US;
	pid_t done;

	while ((done = waitpid(pid, status, WNOHANG)) == 0 || (done < 0 && errno == EINTR)) {
		gboolean late = g_get_monotonic_time() > until_us;

		if (stopped(spatch) || late) {
			kill(pid, SIGKILL);
			waitpid(pid, status, 0);
			g_set_error(error, G_IO_ERROR,
				    late ? G_IO_ERROR_TIMED_OUT : G_IO_ERROR_CANCELLED,
				    late ? "spatch took more than two minutes" : "stopped");
			return FALSE;
		}
		g_usleep(LOOK_US);
	}
	return TRUE;
}

/* What spatch complained of, in one line. */
static char *complaint(const struct fdar_spatch *spatch)
{
	g_autofree char *path = name_of(spatch, SAID);
	char *said = NULL;

	if (!g_file_get_contents(path, &said, NULL, NULL))
		return g_strdup("it said nothing");
	if (strlen(said) > SAID_MAX)
		said[SAID_MAX] = '\0';
	return g_strstrip(g_strdelimit(said, "\n\r\t", ' '));
}

static gboolean spawn(const struct fdar_spatch *spatch, const char *patch, GPid *pid,
		      GError **error)
{
	g_autofree char *before = name_of(spatch, BEFORE), *after = name_of(spatch, AFTER);
	g_autofree char *said = name_of(spatch, SAID);
	const char *argv[] = { spatch->program,
			       "--very-quiet",
			       "--no-includes",
			       "--no-show-diff",
			       "--sp-file",
			       patch,
			       "-o",
			       after,
			       before,
			       spatch->macros ? "--macro-file-builtins" : NULL,
			       spatch->macros,
			       NULL };
	int fd = g_open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	gboolean done;

	if (fd < 0) {
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s",
			    said, g_strerror(errno));
		return FALSE;
	}
	done = g_spawn_async_with_fds(spatch->directory, (char **)argv, NULL,
				      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, pid, -1, fd, fd,
				      error);
	close(fd);
	return done;
}

/* What spatch wrote; it writes nothing when nothing matched. */
static GBytes *result(const struct fdar_spatch *spatch, GBytes *content, GError **error)
{
	g_autofree char *path = name_of(spatch, AFTER);
	char *text;
	gsize size;

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return g_bytes_ref(content);
	if (!g_file_get_contents(path, &text, &size, error))
		return NULL;
	g_unlink(path);
	return g_bytes_new_take(text, size);
}

GBytes *fdar_spatch_run(const struct fdar_spatch *spatch, const char *patch, GBytes *content,
			GError **error)
{
	g_autofree char *before = name_of(spatch, BEFORE), *said = NULL;
	gsize size;
	const char *data = g_bytes_get_data(content, &size);
	int status = 0;
	GPid pid;

	if (stopped(spatch)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "stopped");
		return NULL;
	}
	if (!g_file_set_contents(before, size ? data : "", (gssize)size, error) ||
	    !spawn(spatch, patch, &pid, error) || !wait_for(spatch, pid, &status, error))
		return NULL;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return result(spatch, content, error);
	said = complaint(spatch);
	/* Some of its ways not to match are errors to it, by the option that says where to write. */
	if (strstr(said, "there are no modified files"))
		return g_bytes_ref(content);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "spatch failed with %s: %s", patch, said);
	return NULL;
}
