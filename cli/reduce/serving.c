#include "cli/reduce/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/reduce/trial.h"
#include "pipeline/server/listening.h"
#include "pipeline/server/processes.h"
#include "replay/lockstep/threads.h"

#define LOOK_US   3000
#define GRACE_MS  500
#define KILLED_MS 5000
#define FREE_MS   2000
#define REST_MS   2000

/* ---- processes ---- */

void fdar_serving_redirect(const char *out, const char *log)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int errors = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	int output = out ? open(out, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)
			 : errors;

	if (in < 0 || errors < 0 || output < 0 || dup2(in, 0) < 0 || dup2(output, 1) < 0 ||
	    dup2(errors, 2) < 0)
		_exit(126);
}

pid_t fdar_serving_fork(GError **error)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		fdar_process_reset(-1);
		if (!fdar_process_end_with(parent))
			_exit(126);
	}
	if (pid < 0)
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "fork: %s",
			    g_strerror(errno));
	return pid;
}

static gboolean start(const struct fdar_trial_options *options, struct fdar_serving *server,
		      GError **error)
{
	pid_t parent = getpid();

	g_unlink(server->log);
	server->pid = fdar_serving_fork(error);
	if (server->pid == 0) {
		setsid();
		fdar_serving_redirect(NULL, server->log);
		close_range(3, ~0U, 0);
		if (!fdar_user_become(&options->user)) {
			dprintf(STDERR_FILENO, "cannot become \"%s\": %s\n", options->user.name,
				g_strerror(errno));
			_exit(126);
		}
		if (!fdar_process_end_with(parent))
			_exit(126);
		execvp(options->server[0], options->server);
		_exit(127);
	}
	return server->pid > 0;
}

gboolean fdar_serving_has_ended(struct fdar_serving *server)
{
	if (!server->ended && waitpid(server->pid, &server->status, WNOHANG) == server->pid)
		server->ended = TRUE;
	return server->ended;
}

/* What a server has started, as descriptors that stay theirs (pidfd_open(2)): also who has left its process group. */
static GArray *family_of(pid_t root)
{
	g_autoptr(GArray) pids = fdar_processes_below(root);
	GArray *family = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < pids->len; i++) {
		int fd = (int)syscall(SYS_pidfd_open, g_array_index(pids, pid_t, i), 0);

		if (fd >= 0)
			g_array_append_val(family, fd);
	}
	return family;
}

static void signal_family(const GArray *family, int number)
{
	for (guint i = 0; i < family->len; i++)
		syscall(SYS_pidfd_send_signal, g_array_index(family, int, i), number, NULL, 0);
}

/* TRUE: it had to be killed. To the server itself SIGTERM goes once: a second one tells some to leave all and go, a
 * recorder among them. */
static gboolean end_processes(const struct fdar_trial_options *options, struct fdar_serving *server)
{
	int grace_ms = options->grace_ms ? (int)options->grace_ms : GRACE_MS;
	int alone_ms = MIN(grace_ms, GRACE_MS) / 2;
	gboolean killed = FALSE;
	/* A recorder's daemons are not ours to end; below who is reaped there is nobody of ours. */
	GArray *family = options->recorder || server->ended ? g_array_new(FALSE, FALSE, sizeof(int))
							    : family_of(server->pid);

	if (!server->ended) {
		kill(server->pid, SIGTERM);
		if (!fdar_process_wait(server->pid, alone_ms, NULL)) {
			signal_family(family, SIGTERM);
			killed = !fdar_process_wait(server->pid, grace_ms - alone_ms, NULL);
		}
	}
	if (killed) {
		kill(server->pid, SIGKILL);
		fdar_process_wait(server->pid, KILLED_MS, NULL);
	}
	/* What it left behind: the group is its own. */
	kill(-server->pid, SIGKILL);
	signal_family(family, SIGKILL);
	for (guint i = 0; i < family->len; i++)
		close(g_array_index(family, int, i));
	g_array_unref(family);
	return killed;
}

static gboolean end(const struct fdar_trial_options *options, struct fdar_serving *server)
{
	gboolean killed = server->pid > 0 && end_processes(options, server);
	/* Its workers die a little later, and the next trial may need the port. */
	gint64 until_us = g_get_monotonic_time() + FREE_MS * 1000;

	while (server->where && !options->to && g_get_monotonic_time() < until_us &&
	       fdar_listening_at(server->where))
		g_usleep(LOOK_US);
	g_free(server->where);
	g_free(server->log);
	*server = (struct fdar_serving){ 0 };
	return killed;
}

gboolean fdar_serving_end(const struct fdar_trial_options *options, struct fdar_serving *server)
{
	if (!options->kept || server->pid <= 0 || fdar_serving_has_ended(server))
		return end(options, server);
	*options->kept = *server;
	return FALSE;
}

void fdar_serving_drop(const struct fdar_trial_options *options)
{
	if (options->kept)
		end(options, options->kept);
}

/* ---- starting ---- */

char *fdar_serving_last_words(const struct fdar_serving *server)
{
	g_autofree char *log = NULL;
	g_auto(GStrv) lines = NULL;
	guint count;

	if (!g_file_get_contents(server->log, &log, NULL, NULL))
		return g_strdup("");
	g_strchomp(log);
	lines = g_strsplit(log, "\n", -1);
	count = g_strv_length(lines);
	if (!count || !lines[count - 1][0])
		return g_strdup("");
	return g_strdup_printf(": \"%.200s\"", lines[count - 1]);
}

static gboolean fail_start(const struct fdar_serving *server, const char *command, GError **error)
{
	g_autofree char *words = fdar_serving_last_words(server);

	if (WIFEXITED(server->status) && WEXITSTATUS(server->status) == 127)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: cannot be executed%s",
			    command, words);
	else if (WIFEXITED(server->status) && WEXITSTATUS(server->status) == 126)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: cannot be started%s",
			    command, words);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "%s ended before it listened, with status %d%s; a server must stay in "
			    "the foreground",
			    command,
			    WIFEXITED(server->status) ? WEXITSTATUS(server->status)
						      : 128 + WTERMSIG(server->status),
			    words);
	return FALSE;
}

gboolean fdar_serving_stopped(const struct fdar_trial_options *options, GError **error)
{
	if (!options->stop || !*options->stop)
		return FALSE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
	return TRUE;
}

/* A server may listen before it can answer, while it reads its data: until all of its threads wait, in two looks, one
 * after the other. Not for long: some never do. */
static gboolean wait_until_it_rests(const struct fdar_trial_options *options,
				    struct fdar_serving *server)
{
	gint64 until_us = g_get_monotonic_time() + REST_MS * 1000;
	struct fdar_threads *watch = fdar_threads_new(&server->pid, 1);
	unsigned rests = 0;

	while (watch && rests < 2 && g_get_monotonic_time() < until_us &&
	       !fdar_serving_has_ended(server) && !(options->stop && *options->stop)) {
		rests = fdar_threads_look(watch) == FDAR_REST_WAITING ? rests + 1 : 0;
		g_usleep(LOOK_US);
	}
	fdar_threads_free(watch);
	return !watch || rests >= 2;
}

static gboolean wait_until_it_listens(const struct fdar_trial_options *options,
				      struct fdar_serving *server, GError **error)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)(options->wait_ns / 1000);

	while (g_get_monotonic_time() < until_us) {
		if (fdar_serving_stopped(options, error))
			return FALSE;
		if (fdar_serving_has_ended(server))
			return fail_start(server, options->server[0], error);
		server->where = fdar_listening_below(getpid());
		if (server->where) {
			if (options->to) {
				g_free(server->where);
				server->where = g_strdup(options->to);
			}
			wait_until_it_rests(options, server);
			return TRUE;
		}
		g_usleep(LOOK_US);
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
		    "%s did not listen on any port for %.0f s", options->server[0],
		    (double)options->wait_ns / 1e9);
	return FALSE;
}

/* ---- resetting ---- */

/* FALSE: it took too long, or everything is to stop; it is ended. */
static gboolean await_reset(const struct fdar_trial_options *options, pid_t child, int *status)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)(options->wait_ns / 1000);

	while (!fdar_process_wait(child, LOOK_US / 1000, status)) {
		if (g_get_monotonic_time() < until_us && !(options->stop && *options->stop))
			continue;
		kill(child, SIGKILL); /* it may have no group of its own yet */
		kill(-child, SIGKILL);
		fdar_process_wait(child, KILLED_MS, NULL);
		return FALSE;
	}
	return TRUE;
}

/* Runs the command: TRUE when it says that it went well. */
static gboolean reset(const struct fdar_trial_options *options, const struct fdar_serving *server,
		      GError **error)
{
	g_autofree char *to = g_shell_quote(server->where), *words = NULL;
	GString *line = g_string_new(options->reset);
	pid_t child;
	int status = -1;

	g_string_replace(line, "{to}", to, 0);
	child = fdar_serving_fork(error);
	if (child == 0) {
		setsid();
		fdar_serving_redirect(NULL, server->log);
		close_range(3, ~0U, 0);
		execl("/bin/sh", "sh", "-c", line->str, (char *)NULL);
		_exit(127);
	}
	g_string_free(line, TRUE);
	if (child < 0)
		return FALSE;
	if (!await_reset(options, child, &status)) {
		if (fdar_serving_stopped(options, error))
			return FALSE;
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
			    "--reset: the command did not end within %.0f s",
			    (double)options->wait_ns / 1e9);
		return FALSE;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return TRUE;
	words = fdar_serving_last_words(server);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "--reset: the command failed, with %d%s",
		    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), words);
	return FALSE;
}

static gboolean begin_anew(const struct fdar_trial_options *options, struct fdar_serving *server,
			   GError **error)
{
	*server = (struct fdar_serving){ .log = g_build_filename(options->directory, "server.log",
								 NULL) };
	return start(options, server, error) && wait_until_it_listens(options, server, error) &&
	       (!options->reset || reset(options, server, error));
}

gboolean fdar_serving_begin(const struct fdar_trial_options *options, struct fdar_serving *server,
			    GError **error)
{
	gboolean fine;

	*server = (struct fdar_serving){ 0 };
	if (!options->server || !options->server[0]) {
		server->log = g_build_filename(options->directory, "server.log", NULL);
		return TRUE;
	}
	if (options->kept && options->kept->pid > 0) {
		*server = *options->kept;
		*options->kept = (struct fdar_serving){ 0 };
		fine = !fdar_serving_has_ended(server) && wait_until_it_rests(options, server);
		if (fine && !reset(options, server, error)) {
			end(options, server);
			return FALSE;
		}
		if (fine && wait_until_it_rests(options, server))
			return TRUE;
		/* It is still at work on what was cut, or is gone. */
		end(options, server);
	}
	fine = begin_anew(options, server, error);
	if (!fine && options->kept)
		end(options, server);
	return fine;
}
