#include "cli/verify/live.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/reduce/child.h"
#include "pipeline/server/processes.h"

#define OPEN_MS   5000
#define LOOK_US   20000
#define SETTLE_US 500000
#define END_MS    3000

/* In the process that plays at the watched server. */
struct watched {
	const struct fdar_live *live;
	const char *to;
	char *log, *summary;
};

static pid_t start_mirror(const struct watched *watched, const char *from)
{
	const char *sources = watched->live->trial->sources;
	char *arguments[] = { (char *)"mirror",
			      (char *)"-i",
			      (char *)"lo",
			      (char *)"--from",
			      (char *)from,
			      (char *)"--to",
			      (char *)watched->to,
			      (char *)"--format",
			      (char *)"json",
			      (char *)"--timeout",
			      (char *)watched->live->trial->timeout,
			      (char *)(sources ? "--sources" : NULL),
			      (char *)sources,
			      NULL };
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		fdar_process_reset(-1);
		if (!fdar_process_end_with(parent))
			_exit(126);
		if (!freopen(watched->log, "w", stderr) || !freopen(watched->summary, "w", stdout))
			_exit(126);
		setvbuf(stderr, NULL, _IONBF, 0);
		int code = watched->live->mirror((int)g_strv_length(arguments), arguments);

		fflush(NULL);
		_exit(code);
	}
	return pid;
}

/* Whether it watches; when it has ended instead, what it said goes to standard error. */
static gboolean it_watches(const struct watched *watched, pid_t mirror)
{
	for (int ms = 0; ms < OPEN_MS; ms += LOOK_US / 1000) {
		g_autofree char *said = NULL;

		if (g_file_get_contents(watched->log, &said, NULL, NULL) &&
		    g_strstr_len(said, -1, "watching"))
			return TRUE;
		if (fdar_process_wait(mirror, LOOK_US / 1000, NULL)) {
			g_clear_pointer(&said, g_free);
			g_file_get_contents(watched->log, &said, NULL, NULL);
			fputs(said ? said : "the mirror ended\n", stderr);
			return FALSE;
		}
	}
	fputs("the mirror does not begin\n", stderr);
	kill(mirror, SIGKILL);
	waitpid(mirror, NULL, 0);
	return FALSE;
}

static int play_at(const struct watched *watched, const char *where)
{
	const struct fdar_live *live = watched->live;
	g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
	const char *const options[] = { "--asap",    "--max-lag",          "0",    "--repeat", "1",
					"--timeout", live->trial->timeout, "--to", where };

	g_ptr_array_add(arguments, g_strdup("replay"));
	g_ptr_array_add(arguments, g_strdup(live->capture));
	for (const char *const *file = live->more; file && *file; file++)
		g_ptr_array_add(arguments, g_strdup(*file));
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		g_ptr_array_add(arguments, g_strdup(options[i]));
	if (live->trial->sources) {
		g_ptr_array_add(arguments, g_strdup("--sources"));
		g_ptr_array_add(arguments, g_strdup(live->trial->sources));
	}
	g_ptr_array_add(arguments, g_strdup("--clones"));
	g_ptr_array_add(arguments, g_strdup_printf("%u", live->copies));
	g_ptr_array_add(arguments, g_strdup("--duration"));
	g_ptr_array_add(arguments,
			g_strdup_printf("%" G_GUINT64_FORMAT "ms", live->limit_ns / 1000000 + 1));
	g_ptr_array_add(arguments, NULL);
	return fdar_child_command(live->trial->replay, (char **)arguments->pdata, "/dev/null");
}

/* Beside the watched server. FDAR_EXIT_LIMIT: the play was cut by its time. */
static int play_and_mirror(void *user, const char *where)
{
	const struct watched *watched = user;
	pid_t mirror = start_mirror(watched, where);
	gint64 began_us;
	gboolean cut;

	if (mirror < 0 || !it_watches(watched, mirror))
		return FDAR_EXIT_FAILED;
	began_us = g_get_monotonic_time();
	play_at(watched, where);
	cut = g_get_monotonic_time() - began_us >= (gint64)(watched->live->limit_ns / 1000);
	g_usleep(SETTLE_US);
	kill(mirror, SIGINT);
	if (!fdar_process_wait(mirror, END_MS, NULL)) {
		kill(mirror, SIGKILL);
		waitpid(mirror, NULL, 0);
	}
	return cut ? FDAR_EXIT_LIMIT : FDAR_EXIT_OK;
}

int fdar_live_play(void *user, const char *where)
{
	const struct fdar_live *live = user;
	struct fdar_trial_options options = *live->trial;
	g_autofree char *directory = g_build_filename(live->trial->directory, "watched", NULL);
	g_autofree char *log = g_build_filename(directory, "mirror.log", NULL);
	g_autofree char *summary = g_build_filename(directory, "mirror.json", NULL);
	g_autofree char *said = NULL;
	struct watched watched = { live, where, log, summary };
	GError *error = NULL;
	int code;

	g_mkdir(directory, 0700);
	options.directory = directory;
	/* Ctrl-C ends the server that is watched, too. */
	options.stop = fdar_interrupt_catch();
	code = fdar_trial_at(&options, play_and_mirror, &watched, &error);
	if (error) {
		fprintf(stderr, "%s\n", error->message);
		g_error_free(error);
	}
	if ((code == FDAR_EXIT_OK || code == FDAR_EXIT_LIMIT) &&
	    g_file_get_contents(summary, &said, NULL, NULL))
		fputs(said, stdout);
	else if (code == FDAR_EXIT_FAILED) {
		g_autofree char *test = g_build_filename(directory, "test.log", NULL);

		if (g_file_get_contents(test, &said, NULL, NULL))
			fputs(said, stderr);
	}
	fdar_child_remove(directory);
	fflush(NULL);
	return code;
}
