#include "cli/record/player.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "pipeline/server/listening.h"

#define WAIT_NS ((guint64)10000000000)
#define LOOK_US 50000

static int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int end_recorder(pid_t recorder)
{
	int status = 0;

	kill(recorder, SIGTERM);
	while (waitpid(recorder, &status, 0) < 0 && errno == EINTR)
		continue;
	return code_of(status);
}

/* Where to play at, once somebody listens. NULL: *code is what to return, the recorder has ended. */
static char *wait_for_server(const struct fdar_player *player, pid_t recorder, int *code)
{
	const volatile int *stop = fdar_interrupt_catch();
	guint64 wait_ns = player->wait_ns ? player->wait_ns : WAIT_NS;
	gint64 until_us = g_get_monotonic_time() + (gint64)(wait_ns / 1000);
	int status;

	while (!*stop && g_get_monotonic_time() < until_us) {
		char *where = fdar_listening_below(recorder);

		if (where && player->to) {
			g_free(where);
			return g_strdup(player->to);
		}
		if (where)
			return where;
		if (waitpid(recorder, &status, WNOHANG) == recorder) {
			*code = code_of(status);
			return NULL;
		}
		g_usleep(LOOK_US);
	}
	if (!*stop)
		*player->end = FDAR_PLAYER_FAILED;
	*code = end_recorder(recorder);
	if (*stop)
		*code = FDAR_EXIT_INTERRUPTED;
	else
		*code = fdar_failure(
			player->usage,
			g_error_new(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
				    "the server did not listen on any port for %.0f s: "
				    "nothing was played",
				    (double)wait_ns / 1e9));
	return NULL;
}

static int play(const struct fdar_player *player, const char *where, const char *journal)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new();

	g_ptr_array_add(arguments, (gpointer) "replay");
	g_ptr_array_add(arguments, (gpointer)player->capture);
	g_ptr_array_add(arguments, (gpointer) "--to");
	g_ptr_array_add(arguments, (gpointer)where);
	g_ptr_array_add(arguments, (gpointer) "--output");
	g_ptr_array_add(arguments, (gpointer)journal);
	if (player->label) {
		g_ptr_array_add(arguments, (gpointer) "--label");
		g_ptr_array_add(arguments, (gpointer)player->label);
	}
	if (player->clones) {
		g_ptr_array_add(arguments, (gpointer) "--clones");
		g_ptr_array_add(arguments, (gpointer)player->clones);
	}
	if (player->sources) {
		g_ptr_array_add(arguments, (gpointer) "--sources");
		g_ptr_array_add(arguments, (gpointer)player->sources);
	}
	if (player->client_pace)
		g_ptr_array_add(arguments, (gpointer) "--client-pace");
	if (player->quiet)
		g_ptr_array_add(arguments, (gpointer) "--silent");
	g_ptr_array_add(arguments, NULL);
	return player->replay((int)arguments->len - 1, (char **)arguments->pdata);
}

/* The journal is written beside the recording and put into it when both are whole. */
static int keep_journal(const struct fdar_player *player, const char *journal)
{
	g_autofree char *kept = g_build_filename(player->output, "replay.jsonl", NULL);
	int code = FDAR_EXIT_OK;

	if (g_rename(journal, kept) != 0)
		code = fdar_failure(player->usage,
				    g_error_new(G_IO_ERROR, (gint)g_io_error_from_errno(errno),
						"%s: %s", kept, g_strerror(errno)));
	return code;
}

char *fdar_player_journal(const char *output)
{
	return g_strconcat(output, ".replay.jsonl", NULL);
}

/* A recording of a server at which nothing was played looks like any other: it has to be said. */
static int fail_unplayed(const struct fdar_player *player, const char *why)
{
	return fdar_failure(player->usage, g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED,
						       "%s: nothing was played, %s is a "
						       "recording of the server alone",
						       why, player->output));
}

int fdar_player_run(const struct fdar_player *player, pid_t recorder)
{
	g_autofree char *journal = fdar_player_journal(player->output);
	g_autofree char *where = NULL;
	int code = FDAR_EXIT_OK, played;

	where = wait_for_server(player, recorder, &code);
	if (!where && code == FDAR_EXIT_OK)
		return fail_unplayed(player, "the server ended before it listened on a port");
	if (!where)
		return code;
	played = play(player, where, journal);
	if (played != FDAR_EXIT_INTERRUPTED)
		*player->end = played == FDAR_EXIT_OK ? FDAR_PLAYER_PLAYED : FDAR_PLAYER_FAILED;
	code = end_recorder(recorder);
	if (code == FDAR_EXIT_INTERRUPTED) /* by us */
		code = FDAR_EXIT_OK;
	if (played == FDAR_EXIT_USAGE)
		return fail_unplayed(player, "flowdar replay does not take this");
	if (code == FDAR_EXIT_OK && g_file_test(journal, G_FILE_TEST_EXISTS))
		code = keep_journal(player, journal);
	g_unlink(journal);
	return played != FDAR_EXIT_OK ? played : code;
}
