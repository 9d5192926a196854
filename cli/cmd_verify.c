/* flowdar verify: a small capture played in every way, at one server or at two: is it fixed? */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/workplace.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/replay/capture_options.h"
#include "cli/verify/ladder.h"
#include "cli/verify/trex_rung.h"
#include "cli/verify/verify_view.h"
#include "replay/play/script.h"

#define WAIT_NS    ((guint64)10000000000)
#define LIMIT_NS   ((guint64)20000000000)
#define CLONES_MAX 10000

static const struct fdar_usage_values values[] = {
	{ "test", "cpu latency memory crash", TRUE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "runs", 1, FDAR_LADDER_RUNS_MAX, FALSE },
	{ "clones", 1, CLONES_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.command = "verify",
	.values = values,
	.synopsis = "SMALL.pcap BASE... [OPTIONS] -- SERVER ARGUMENT ...",
	.description =
		"Plays a small capture (of flowdar reduce or hunt) at a server in one way after "
		"the other, each\n"
		"beside what is normal played in the same way, and says of each step whether it "
		"hurts:\n"
		"  fed         a session at a time\n"
		"  larger      among the sessions of BASE\n"
		"  replayed    at captured times\n"
		"  amplified   in --clones times as many copies, side by side\n"
		"  trex        a profile for T-Rex is written, and read back by the rules of its "
		"loader\n"
		"  mirrored    played at a second server, and mirrored from there as it happens; "
		"needs the\n"
		"              right to capture, and a server that takes any port (port 0)\n"
		"BASE is a capture of what is normal, or several files of one. The small capture "
		"is played in as\n"
		"many copies as make as many sessions as BASE has: the load is the same. A step is "
		"run until yes\n"
		"leads no by --runs or the other way round, at most four times as often; else it "
		"cannot be told.\n"
		"\n"
		"With --before, what the server was before a patch, the table has both, and says "
		"whether it is\n"
		"fixed.\n"
		"\n"
		"Exit status: 0 when it hurts on no step (with --before: and did before); 3 when "
		"it "
		"hurts on one;\n"
		"4 when it cannot be told, or did not hurt before either; 130 when it was "
		"stopped.\n",
	.examples = "  flowdar verify small.pcap usual.pcap -- ./server --port 0\n"
		    "  flowdar verify small.pcap usual.pcap --before './server-1.0 --port 0' -- "
		    "./server-1.1 --port 0\n"
		    "  flowdar verify crash.pcap usual.pcap --test crash -o trex/ -- ./server "
		    "--port 0\n",
};

struct texts {
	char *output, *format, *test, *over, *before, *to, *sources, *timeout, *time, *user;
	gint64 runs, clones;
	gboolean quiet;
};

#define AT(field) ((gpointer)offsetof(struct texts, field))

static const GOptionEntry table[] = {
	{ "before", 0, 0, G_OPTION_ARG_STRING, AT(before),
	  "The server as it was before: its command in one word, as a shell takes it", "COMMAND" },
	{ "test", 0, 0, G_OPTION_ARG_STRING, AT(test),
	  "What hurting is: cpu (the default), latency, latency:p50, latency:p99, memory or crash",
	  "TEST" },
	{ "over", 0, 0, G_OPTION_ARG_STRING, AT(over),
	  "It hurts from so many times what is normal on (2); without BASE, from a figure like 5ms",
	  "FIGURE" },
	{ "clones", 'n', 0, G_OPTION_ARG_INT64, AT(clones),
	  "How many times as many copies the step amplified has; 8 is the default", "N" },
	{ "runs", 0, 0, G_OPTION_ARG_INT64, AT(runs),
	  "By how many runs yes must lead no, or no yes; 3 is the default", "N" },
	{ "time", 't', 0, G_OPTION_ARG_STRING, AT(time),
	  "Cut a play after this time; 20s is the default", "TIME" },
	{ "output", 'o', 0, G_OPTION_ARG_FILENAME, AT(output),
	  "Keep T-Rex's profile in this directory, which is made, or empty", "DIR" },
	{ "to", 0, 0, G_OPTION_ARG_STRING, AT(to),
	  "Play at this address instead of the port the server listens on", "HOST:PORT" },
	{ "sources", 0, 0, G_OPTION_ARG_STRING, AT(sources), FDAR_TRIAL_SOURCES_HELP, "PREFIX" },
	{ "user", 'u', 0, G_OPTION_ARG_STRING, AT(user), FDAR_TRIAL_USER_HELP, "NAME" },
	{ "timeout", 0, 0, G_OPTION_ARG_STRING, AT(timeout),
	  "Give a session up after this long without an answer; 10s is the default", "TIME" },
	{ "format", 0, 0, G_OPTION_ARG_STRING, AT(format),
	  "The table as table (the default), json or csv", "FORMAT" },
	{ "quiet", 'q', 0, G_OPTION_ARG_NONE, AT(quiet), "No progress", NULL },
	G_OPTION_ENTRY_NULL,
};

static void texts_clear(struct texts *texts)
{
	char *const all[] = { texts->output,  texts->format, texts->test,    texts->over,
			      texts->before,  texts->to,     texts->timeout, texts->time,
			      texts->sources, texts->user };

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
}

struct request {
	const struct texts *texts;
	const char *small;
	const char *const *base; /* NULL: none */
	struct fdar_judge judge;
	struct fdar_trial_options trial, before_trial;
	struct fdar_ladder now, before;
	enum fdar_format format;
	char **before_server;
	gboolean terminal, shown;
};

/* ---- the command line ---- */

static gboolean bad(GError **error, const char *message)
{
	g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
	return FALSE;
}

static gboolean read_time(const char *name, const char *text, guint64 *value, GError **error)
{
	if (!text || (fdar_parse_duration(text, value) && *value))
		return TRUE;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "%s: \"%s\": expected a time like 10s", name, text);
	return FALSE;
}

static gboolean read_before(struct request *request, const struct texts *texts, GError **error)
{
	g_autoptr(GError) wrong = NULL;

	if (!texts->before ||
	    g_shell_parse_argv(texts->before, NULL, &request->before_server, &wrong))
		return TRUE;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--before: %s",
		    wrong->message);
	return FALSE;
}

/* What can be wrong by itself: it is told before anything that is missing. */
static gboolean read_values(struct request *request, const struct texts *texts, gboolean has_base,
			    uint64_t *limit_ns, GError **error)
{
	uint64_t timeout_ns = 0;

	if (!fdar_format_parse(texts->format, &request->format))
		return bad(error, "--format is table, json or csv");
	if (!fdar_judge_parse(&request->judge, texts->test ? texts->test : "cpu", error))
		return FALSE;
	if (request->judge.test == FDAR_TEST_COMMAND || request->judge.test == FDAR_TEST_FUNCTION)
		return bad(error, "--test is cpu, latency, memory or crash; flowdar reduce has "
				  "more");
	/* A crash needs nothing to be compared with; BASE is what it is played among. */
	has_base = has_base && request->judge.test != FDAR_TEST_CRASH;
	if (texts->over && !fdar_judge_parse_over(&request->judge, texts->over, has_base, error))
		return FALSE;
	return read_time("--time", texts->time, limit_ns, error) &&
	       read_time("--timeout", texts->timeout, &timeout_ns, error) &&
	       fdar_trial_check_to(texts->to, error) &&
	       fdar_trial_check_sources(texts->sources, error) &&
	       fdar_user_find(texts->user, &request->trial.user, error) &&
	       read_before(request, texts, error);
}

static gboolean read_normal(struct request *request, GError **error)
{
	gboolean has_base = request->base && request->judge.test != FDAR_TEST_CRASH;

	if (request->texts->over)
		return TRUE;
	if (!has_base && request->judge.test != FDAR_TEST_CRASH)
		return bad(error, "what is normal? give BASE, a capture of it, or --over a figure "
				  "like 5ms");
	return fdar_judge_parse_over(&request->judge, NULL, has_base, error);
}

static gboolean request_read(struct request *request, struct texts *texts, int argc, char **argv,
			     char **server, GError **error)
{
	uint64_t limit_ns = LIMIT_NS;

	if (!read_values(request, texts, argc > 2, &limit_ns, error))
		return FALSE;
	if (argc < 2)
		return bad(error, "SMALL.pcap is missing");
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-") == 0)
			return bad(error,
				   "standard input cannot be read again and again: give a file");
	if (!server || !server[0])
		return bad(error, "the server's command is missing: give it after --");
	request->texts = texts;
	request->small = argv[1];
	request->base = argc > 2 ? (const char *const *)argv + 2 : NULL;
	request->trial = (struct fdar_trial_options){
		.server = server,
		.user = request->trial.user,
		.to = texts->to,
		.sources = texts->sources,
		.timeout = texts->timeout ? texts->timeout : "10s",
		.wait_ns = WAIT_NS,
		.replay = fdar_cmd_replay,
	};
	if (!read_normal(request, error))
		return FALSE;
	request->now.limit_ns = limit_ns;
	return TRUE;
}

/* ---- climbing ---- */

static void show(void *user, enum fdar_rung rung, unsigned run)
{
	struct request *request = user;

	if (request->texts->quiet)
		return;
	if (request->terminal)
		fprintf(stderr, "\r\033[K%s, run %u", fdar_rung_text(rung), run + 1);
	else if (!run)
		fprintf(stderr, "%s\n", fdar_rung_text(rung));
	request->shown = request->terminal;
}

static void clear_line(struct request *request)
{
	if (request->shown)
		fprintf(stderr, "\r\033[K");
	request->shown = FALSE;
}

/* Sessions that can be played; 0 and error when there are none. */
static uint32_t count(const char *path, const char *const *more, GError **error)
{
	struct fdar_load_options load = { .capture.more = more };
	struct fdar_sessions *sessions = fdar_sessions_load(path, &load, error);
	struct fdar_scripts *scripts;
	uint32_t playable = 0;

	if (!sessions)
		return 0;
	if (fdar_sessions_damage(sessions))
		fdar_warning(&usage, "%s; what came before it is played",
			     fdar_sessions_damage(sessions));
	scripts = fdar_scripts_new(sessions, FALSE);
	for (size_t i = 0; i < fdar_sessions_count(sessions); i++)
		playable += !scripts->scripts[i].unfit;
	fdar_scripts_free(scripts);
	fdar_sessions_free(sessions);
	if (!playable)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "%s: not one session of it can be played", path);
	return playable;
}

static gboolean prepare(struct request *request, GError **error)
{
	struct fdar_ladder *now = &request->now;

	now->judge = &request->judge;
	now->trial = &request->trial;
	now->small = request->small;
	now->base = request->base;
	now->clones = (uint32_t)request->texts->clones;
	now->runs = (unsigned)request->texts->runs;
	now->mirror = fdar_cmd_mirror;
	now->show = show;
	now->user = request;
	now->small_sessions = count(request->small, NULL, error);
	if (!now->small_sessions)
		return FALSE;
	if (request->base)
		now->base_sessions = count(request->base[0], request->base + 1, error);
	if (request->base && !now->base_sessions)
		return FALSE;
	request->before = *now;
	request->before_trial = request->trial;
	request->before_trial.server = request->before_server;
	request->before.trial = &request->before_trial;
	return TRUE;
}

/* What the server takes when nobody is there is no session's, as in reduce. */
static gboolean climb_one(struct fdar_ladder *ladder, struct fdar_trial_options *trial,
			  GError **error)
{
	return (ladder->judge->test != FDAR_TEST_CPU ||
		fdar_trial_idle(trial, &trial->idle_share, error)) &&
	       fdar_ladder_climb(ladder, error);
}

static gboolean climb(struct request *request, struct fdar_verify_result *result,
		      struct fdar_trex_rung *trex, GError **error)
{
	if (!prepare(request, error) ||
	    !fdar_trex_rung_climb(trex, request->small, request->texts->output,
				  request->trial.directory, error))
		return FALSE;
	result->trex = trex;
	result->now = &request->now;
	result->profile = request->texts->output;
	if (request->before_server) {
		if (!request->texts->quiet)
			fprintf(stderr, "before: %s\n", request->texts->before);
		if (!climb_one(&request->before, &request->before_trial, error))
			return FALSE;
		result->before = &request->before;
		clear_line(request);
		if (!request->texts->quiet)
			fprintf(stderr, "now: %s\n", request->trial.server[0]);
	}
	return climb_one(&request->now, &request->trial, error);
}

static int exit_code(const struct fdar_verify_result *result)
{
	switch (fdar_verify_conclude(result)) {
	case FDAR_VERIFIED_FREE:
	case FDAR_VERIFIED_FIXED:
		return FDAR_EXIT_OK;
	case FDAR_VERIFIED_HURTS:
		return FDAR_EXIT_LIMIT;
	default:
		return FDAR_EXIT_NO_VERDICT;
	}
}

static int run(struct request *request)
{
	struct fdar_verify_result result = { 0 };
	struct fdar_trex_rung trex = { 0 };
	struct fdar_workplace work;
	GError *error = NULL;
	int code;

	if (!fdar_workplace_make("verify", &work, &error))
		return fdar_failure(&usage, error);
	request->trial.directory = work.path;
	request->trial.stop = fdar_interrupt_catch();
	climb(request, &result, &trex, &error);
	clear_line(request);
	if (*request->trial.stop) {
		g_clear_error(&error);
		fdar_warning(&usage, "stopped");
		code = FDAR_EXIT_INTERRUPTED;
	} else if (error) {
		code = fdar_failure(&usage, error);
	} else {
		fdar_verify_print(&result, request->format);
		code = exit_code(&result);
	}
	fdar_trex_rung_clear(&trex);
	fdar_ladder_clear(&request->now);
	if (request->before_server)
		fdar_ladder_clear(&request->before);
	fdar_workplace_remove(&work);
	return code;
}

/* Where the options end: what follows is the server's. GLib takes the "--" away in some cases. */
static char **split_off_server(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			*argc = i;
			argv[i] = NULL;
			return argv + i + 1;
		}
	return NULL;
}

int fdar_cmd_verify(int argc, char **argv)
{
	struct texts texts = { .runs = 3, .clones = 8 };
	g_autofree GOptionEntry *entries = fdar_options_bind(table, sizeof(table), &texts);
	struct request request = { .terminal = isatty(STDERR_FILENO) != 0 };
	g_autoptr(GError) error = NULL;
	char **server = split_off_server(&argc, argv);
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		if (request_read(&request, &texts, argc, argv, server, &error))
			code = run(&request);
		else
			code = fdar_usage_error(&usage, "%s", error->message);
	}
	fdar_judge_clear(&request.judge);
	g_strfreev(request.before_server);
	fdar_user_clear(&request.trial.user);
	texts_clear(&texts);
	return code;
}
