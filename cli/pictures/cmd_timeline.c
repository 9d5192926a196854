/* flowdar timeline, flowdar handoffs: which thread worked for whom when, and what went from one to another. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analyze/activity/activity_read.h"
#include "base/amount.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/paths.h"
#include "cli/kit/save.h"
#include "cli/kit/table.h"
#include "cli/kit/terminal.h"
#include "viz/timeline/timeline.h"

#define SHOW_AFTER_US 2000000
#define EVERY_US      200000

static const struct fdar_usage_range ranges[] = {
	{ "width", 500, 20000, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage timeline_usage = {
	.ranges = ranges,
	.command = "timeline",
	.synopsis = "[OPTIONS] RECORDING",
	.description =
		"Draws a row a thread over the time of the recording: when it ran for a session, "
		"when it waited for\n"
		"it, when it ran for none; neighbouring sessions have other colours. Arrows "
		"between "
		"rows are hand-offs,\n"
		"from where an object was put into a queue to where it was taken: those that stood "
		"longest. With\n"
		"--session one client is red and all others are grey.\n",
	.examples = "  flowdar timeline attack.rec -o timeline.svg\n"
		    "  flowdar timeline --session 127.0.0.9 attack.rec\n",
};

static const struct fdar_usage handoffs_usage = {
	.ranges = ranges,
	.command = "handoffs",
	.synopsis = "[OPTIONS] RECORDING",
	.description =
		"Draws what threads hand to each other: who puts on the left, queues in the "
		"middle, who takes on the\n"
		"right, with rates, and how long objects stood in each queue (half of them, 99 of "
		"100, the longest).\n"
		"Threads of a pool are one box. What nobody took is red.\n",
	.examples = "  flowdar handoffs attack.rec -o handoffs.svg\n",
};

struct request {
	const struct fdar_usage *usage;
	const char *path;
	char *output;
	char *session;
	char *rules;
	int width;
	const volatile int *stop;
	gint64 started_us;
	gint64 shown_us;
};

static gboolean on_progress(guint64 events, void *user)
{
	struct request *request = user;
	gint64 now_us = g_get_monotonic_time();

	if (now_us - request->started_us > SHOW_AFTER_US && now_us - request->shown_us > EVERY_US &&
	    fdar_terminal_is_ours()) {
		g_autofree char *count = fdar_format_count(events);

		fprintf(stderr, "\r\033[Kreading %s: %s events", request->path, count);
		fflush(stderr);
		request->shown_us = now_us;
	}
	return !*request->stop;
}

/* The first session of a client, with or without port; FALSE: there is none. */
static gboolean find_session(const struct fdar_activity *activity, const char *peer, uint64_t *id)
{
	size_t length = strlen(peer);

	for (guint i = 0; i < activity->sessions->len; i++) {
		const struct fdar_activity_session *session =
			&g_array_index(activity->sessions, struct fdar_activity_session, i);

		if (session->peer && strncmp(session->peer, peer, length) == 0 &&
		    (session->peer[length] == '\0' || session->peer[length] == ':')) {
			*id = session->id;
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean draw(struct request *request, const struct fdar_activity *activity, GError **error)
{
	g_autofree char *name = fdar_path_name(request->path);
	struct fdar_timeline_options options = { .title = name, .width = MAX(request->width, 0) };
	GString *svg;

	if (request->session && !find_session(activity, request->session, &options.session)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: none of its %" G_GUINT64_FORMAT " sessions is of client %s",
			    request->path, activity->session_count, request->session);
		return FALSE;
	}
	svg = request->usage == &timeline_usage ? fdar_timeline_svg(activity, &options)
						: fdar_handoffs_svg(activity, &options);
	return fdar_save_text(request->output, svg, error);
}

static void tell(const struct fdar_activity *activity, const char *output)
{
	g_autofree char *threads = fdar_plural(activity->threads->len, "thread", NULL);
	g_autofree char *sessions = fdar_plural(activity->session_count, "session", NULL);
	g_autofree char *handoffs = fdar_plural(activity->handoff_count, "hand-off", NULL);

	printf("%s, %s, %s\ndrawn: %s\n", threads, sessions, handoffs, output);
}

static int run(struct request *request)
{
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_activity) activity = NULL;

	request->stop = fdar_interrupt_catch();
	request->started_us = g_get_monotonic_time();
	activity = fdar_activity_read(request->path, request->rules, on_progress, request, warnings,
				      &error);
	if (request->shown_us)
		fputs("\r\033[K", stderr);
	for (guint i = 0; activity && i < warnings->len; i++)
		fdar_warning(request->usage, "%s", (const char *)warnings->pdata[i]);
	if (!activity || !draw(request, activity, &error)) {
		gboolean stopped = *request->stop;

		fdar_failure(request->usage, g_steal_pointer(&error));
		return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
	}
	if (strcmp(request->output, "-") != 0)
		tell(activity, request->output);
	return FDAR_EXIT_OK;
}

static int parse_and_run(struct request *request, const GOptionEntry *entries, int argc,
			 char **argv, const char *output)
{
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(request->usage, entries, &argc, &argv, &code)) {
		code = fdar_usage_one_recording(request->usage, argc, argv, NULL);
		if (code == FDAR_EXIT_OK) {
			request->path = argv[1];
			if (!request->output)
				request->output = g_strdup(output);
			code = fdar_save_check_file(request->usage, request->output,
						    (const char *const *)argv + 1);
			if (code == FDAR_EXIT_OK)
				code = fdar_save_check_svg(request->usage, request->output);
			if (code == FDAR_EXIT_OK)
				code = run(request);
		}
	}
	g_free(request->output);
	g_free(request->session);
	g_free(request->rules);
	return code;
}

int fdar_cmd_timeline(int argc, char **argv)
{
	struct request request = { .usage = &timeline_usage };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &request.output,
		  "Where to write the SVG (default timeline.svg; - is standard output)", "FILE" },
		{ "session", 's', 0, G_OPTION_ARG_STRING, &request.session,
		  "The client to be seen first, by address with or without port", "CLIENT" },
		{ "width", 0, 0, G_OPTION_ARG_INT, &request.width,
		  "Width of the picture in points (default 1140)", "N" },
		FDAR_OPTION_RULES(&request.rules),
		G_OPTION_ENTRY_NULL,
	};

	return parse_and_run(&request, entries, argc, argv, "timeline.svg");
}

int fdar_cmd_handoffs(int argc, char **argv)
{
	struct request request = { .usage = &handoffs_usage };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &request.output,
		  "Where to write the SVG (default handoffs.svg; - is standard output)", "FILE" },
		{ "width", 0, 0, G_OPTION_ARG_INT, &request.width,
		  "Width of the picture in points (default 1140)", "N" },
		FDAR_OPTION_RULES(&request.rules),
		G_OPTION_ENTRY_NULL,
	};

	return parse_and_run(&request, entries, argc, argv, "handoffs.svg");
}
