/* flowdar reduce: the smallest part of a capture that still hurts. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/workplace.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/reading.h"
#include "cli/reduce/jobs.h"
#include "cli/reduce/jobs_option.h"
#include "cli/reduce/reduce_view.h"
#include "cli/reduce/reducing.h"
#include "cli/reduce/serving.h"
#include "cli/replay/capture_options.h"
#include "cli/replay/replay_options.h"
#include "replay/sessions/timeline.h"

#define COPIES_MAX 1000000
#define WAIT_NS    ((guint64)10000000000)

static const struct fdar_usage_group groups[] = {
	{ "output", "What is written" }, { "test", "What hurts" },
	{ "timed", "How it is played" }, { "trust", "The search" },
	{ "filter", "The capture" },     { NULL, NULL },
};

static const struct fdar_usage_values values[] = {
	{ "test", "cpu latency memory crash", TRUE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "copies", 1, COPIES_MAX, FALSE },
	{ "trust", 1, 20, FALSE },
	{ "jobs", 1, FDAR_JOBS_AT_ONCE_MAX, FALSE },
	{ "concurrency", 1, FDAR_REPLAY_CONCURRENCY_MAX, FALSE },
	{ "speed", 0, 1e9, TRUE },
	{ "confirm", 0, 1000, FALSE },
	{ "runs", 1, FDAR_ANY_NUMBER, FALSE },
	{ "bytes", 0, FDAR_ANY_NUMBER, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.command = "reduce",
	.values = values,
	.synopsis = "CAPTURE --test TEST -o SMALL.pcap [OPTIONS] [-- SERVER ARGUMENT ...]",
	.groups = groups,
	.description =
		"Finds the smallest part of a capture that still hurts a server: sessions "
		"first, then\n"
		"messages within them, then how many copies it takes. Each try starts the "
		"server anew, plays\n"
		"a part of the capture at it, and measures. SMALL.pcap is the best so far at "
		"any moment;\n"
		"Ctrl-C leaves it, and the same command goes on from there.\n"
		"\n"
		"--test says what hurting is:\n"
		"  cpu              the server's processor time a session\n"
		"  latency          how long answers take; latency:p50, :p90 (the default), "
		":p99\n"
		"  memory           by how much the server grows a session\n"
		"  function:NAME    how long it is in that function a session, from a recording of "
		"each run\n"
		"  crash            it ends while it is played at, or does not answer in time\n"
		"  'COMMAND {}'     a shell's command with the part's name for {}, {copies} and "
		"(with a\n"
		"                   server) {to}: exit code 0 hurts, 125 cannot tell, others do "
		"not\n"
		"cpu, latency, memory and function:NAME hurt from --over times the --baseline on. "
		"While parts\n"
		"get smaller they are played in more copies: the load stays the same. A yes is "
		"asked again, "
		"because a\n"
		"wrong one would throw away what is searched for.\n"
		"\n"
		"Exit status: 0 when it is found and confirmed; 4 when the whole capture does "
		"not hurt, or\n"
		"answers contradict each other; 130 when it was stopped with a best so far.\n",
	.examples =
		"  flowdar reduce day.pcap --test cpu --baseline usual.pcap -o small.pcap -- "
		"./server -p 80\n"
		"  flowdar reduce day.pcap --test latency:p99 --over 50ms -o small.pcap -- "
		"./server -p 80\n"
		"  flowdar reduce crash.pcap --test crash -o small.pcap -- ./server --port 8080\n"
		"  flowdar reduce day.pcap --test './hurts.sh {} {copies}' -o small.pcap\n",
};

struct texts {
	char *output, *state, *format, *test, *baseline, *over, *to, *sources, *reset, *grace,
		*timeout, *user;
	double speed;       /* 0: not given */
	gint64 concurrency; /* likewise */
	char *speed_text, *concurrency_text;
	char *wait_for, *time;
	gint64 copies, runs, trust, confirm, bytes, jobs;
	gboolean timed, client_pace, all, whole_sessions, keep_copies, quiet;
	struct fdar_capture_texts capture;
	char *captures[3]; /* a command line with the capture alone */
};

#define AT(field) ((gpointer)offsetof(struct texts, field))

static const GOptionEntry table[] = {
	{ "output", 'o', 0, G_OPTION_ARG_FILENAME, AT(output),
	  "The smallest part so far, as a capture", "FILE" },
	{ "state", 0, 0, G_OPTION_ARG_FILENAME, AT(state),
	  "Where answers are kept until the search is over; default: FILE.state", "FILE" },
	{ "format", 0, 0, G_OPTION_ARG_STRING, AT(format),
	  "The result as table (the default), json or csv", "FORMAT" },
	{ "quiet", 'q', 0, G_OPTION_ARG_NONE, AT(quiet), "No progress", NULL },
	{ "test", 0, 0, G_OPTION_ARG_STRING, AT(test),
	  "cpu, latency, memory, function:NAME, crash, or a command with {} in it", "TEST" },
	{ "baseline", 'b', 0, G_OPTION_ARG_FILENAME, AT(baseline),
	  "A capture of what is normal; it is played six times, and again after every 20 runs",
	  "CAPTURE" },
	{ "over", 0, 0, G_OPTION_ARG_STRING, AT(over),
	  "It hurts from so many times the baseline on (2), or from a figure like 5ms or 64K",
	  "FIGURE" },
	{ "timed", 0, 0, G_OPTION_ARG_NONE, AT(timed),
	  "Play at captured times, which slow clients need; else as fast as the server answers",
	  NULL },
	{ "speed", 's', 0, G_OPTION_ARG_DOUBLE, AT(speed),
	  "With --timed: so many times as fast as captured", "X" },
	{ "concurrency", 'c', 0, G_OPTION_ARG_INT64, AT(concurrency),
	  "At most N sessions open at once; 64 is the default", "N" },
	{ "copies", 'n', 0, G_OPTION_ARG_INT64, AT(copies),
	  "Play the whole capture in so many copies; parts in more, so that the load is the same",
	  "N" },
	{ "to", 0, 0, G_OPTION_ARG_STRING, AT(to),
	  "Play at this address instead of the port the server listens on", "HOST:PORT" },
	{ "sources", 0, 0, G_OPTION_ARG_STRING, AT(sources), FDAR_TRIAL_SOURCES_HELP, "PREFIX" },
	{ "reset", 0, 0, G_OPTION_ARG_STRING, AT(reset), FDAR_TRIAL_RESET_HELP, "COMMAND" },
	{ "grace", 0, 0, G_OPTION_ARG_STRING, AT(grace), FDAR_TRIAL_GRACE_HELP, "TIME" },
	{ "user", 'u', 0, G_OPTION_ARG_STRING, AT(user), FDAR_TRIAL_USER_HELP, "NAME" },
	{ "timeout", 0, 0, G_OPTION_ARG_STRING, AT(timeout),
	  "Give a session up after this long without an answer; 10s is the default", "TIME" },
	{ "wait-for", 0, 0, G_OPTION_ARG_STRING, AT(wait_for),
	  "How long the server may take until it listens; 10s is the default", "TIME" },
	{ "trust", 0, 0, G_OPTION_ARG_INT64, AT(trust),
	  "A part hurts when yes leads no by this; 2 is the default, 1 for a test that is never "
	  "wrong",
	  "N" },
	{ "jobs", 'j', 0, G_OPTION_ARG_INT64, AT(jobs), FDAR_JOBS_HELP, "N" },
	{ "client-pace", 0, 0, G_OPTION_ARG_NONE, AT(client_pace), FDAR_TRIAL_CLIENT_PACE_HELP,
	  NULL },
	{ "all", 'a', 0, G_OPTION_ARG_NONE, AT(all),
	  "Find every cause: what is left without the first is searched again, while it hurts",
	  NULL },
	{ "whole-sessions", 0, 0, G_OPTION_ARG_NONE, AT(whole_sessions),
	  "Leave out sessions only, no messages within them and no bytes of these", NULL },
	{ "bytes", 0, 0, G_OPTION_ARG_INT64, AT(bytes),
	  "At most N runs of each cause for the bytes within its messages, 100 is the default; 0 "
	  "leaves messages whole",
	  "N" },
	{ "keep-copies", 0, 0, G_OPTION_ARG_NONE, AT(keep_copies),
	  "Do not try with fewer copies, at once or a second, at the end", NULL },
	{ "confirm", 0, 0, G_OPTION_ARG_INT64, AT(confirm),
	  "Runs of the result at the end; 10 is the default", "N" },
	{ "runs", 0, 0, G_OPTION_ARG_INT64, AT(runs), "Stop after so many runs", "N" },
	{ "time", 't', 0, G_OPTION_ARG_STRING, AT(time), "Stop after this time, e.g. 10m", "TIME" },
	{ "filter", 0, 0, G_OPTION_ARG_STRING, AT(capture.filter), FDAR_CAPTURE_FILTER_HELP,
	  "EXPRESSION" },
	{ "server", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(capture.servers), FDAR_CAPTURE_SERVER_HELP,
	  "PORT" },
	G_OPTION_ENTRY_NULL,
};

static void texts_clear(struct texts *texts)
{
	char *const all[] = {
		texts->output,   texts->state, texts->format,     texts->test,
		texts->baseline, texts->over,  texts->speed_text, texts->concurrency_text,
		texts->to,       texts->time,  texts->timeout,    texts->wait_for,
		texts->sources,  texts->reset, texts->grace,      texts->user
	};

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
	fdar_capture_texts_clear(&texts->capture);
}

/* All that is asked for. */
struct request {
	struct fdar_load_options load;
	struct fdar_judge judge;
	struct fdar_reducing_options options;
	struct fdar_trial_options trial;
	enum fdar_format format;
	char *state;
	struct fdar_serving kept; /* with --reset */
};

static gboolean bad(GError **error, const char *message)
{
	g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
	return FALSE;
}

static gboolean read_time(const char *name, const char *text, guint64 otherwise, guint64 *value,
			  GError **error)
{
	*value = otherwise;
	if (!text || (fdar_parse_duration(text, value) && *value))
		return TRUE;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "%s: \"%s\": expected a time like 10s", name, text);
	return FALSE;
}

static gboolean read_numbers(struct request *request, const struct texts *texts, GError **error)
{
	request->options.copies = (uint32_t)texts->copies;
	request->options.trust = (uint32_t)texts->trust;
	request->options.confirm = (uint32_t)texts->confirm;
	request->options.bytes_runs = texts->whole_sessions ? 0 : (uint64_t)texts->bytes;
	request->options.runs_max = (uint64_t)texts->runs;
	return read_time("--time", texts->time, 0, &request->options.time_max_ns, error) &&
	       read_time("--wait-for", texts->wait_for, WAIT_NS, &request->trial.wait_ns, error);
}

/* What can be wrong by itself: it is told before anything that is missing. */
static gboolean read_values(struct request *request, struct texts *texts, GError **error)
{
	gboolean has_baseline = texts->baseline != NULL;
	guint64 timeout;

	if (!fdar_format_parse(texts->format, &request->format))
		return bad(error, "--format is table, json or csv");
	if (texts->test && !fdar_judge_parse(&request->judge, texts->test, error))
		return FALSE;
	if (texts->test && texts->over &&
	    !fdar_judge_parse_over(&request->judge, texts->over, has_baseline, error))
		return FALSE;
	return read_numbers(request, texts, error) &&
	       read_time("--timeout", texts->timeout, 0, &timeout, error) &&
	       fdar_trial_check_to(texts->to, error) &&
	       fdar_trial_check_sources(texts->sources, error) &&
	       fdar_capture_options_read_ports(&texts->capture, error) &&
	       fdar_user_find(texts->user, &request->trial.user, error) &&
	       fdar_trial_read_grace(&request->trial, texts->grace, error);
}

static gboolean read_play(struct request *request, const struct texts *texts, char **server,
			  GError **error)
{
	if (texts->speed > 0 && !texts->timed)
		return bad(error, "--speed goes with --timed");
	if (!server[0] && request->judge.test != FDAR_TEST_COMMAND)
		return bad(error, "the server's command is missing: give it after --");
	if (texts->reset && (!server[0] || request->judge.test == FDAR_TEST_FUNCTION))
		return bad(error, "--reset goes with a server behind --, and not with "
				  "function:NAME, whose runs are a recording each");
	request->trial.server = server;
	request->trial.to = texts->to;
	request->trial.sources = texts->sources;
	request->trial.reset = texts->reset;
	request->trial.kept = texts->reset ? &request->kept : NULL;
	request->trial.timeout = texts->timeout ? texts->timeout : "10s";
	request->trial.speed = texts->timed ? texts->speed_text ? texts->speed_text : "1" : NULL;
	request->trial.concurrency = texts->concurrency_text;
	request->trial.client_pace = texts->client_pace;
	request->trial.replay = fdar_cmd_replay;
	request->trial.analyze = fdar_cmd_analyze;
	return TRUE;
}

/* The capture is argv[1], alone; what follows -- is the server's. */
static gboolean request_read(struct request *request, struct texts *texts, int argc, char **argv,
			     GError **error)
{
	struct fdar_reducing_options *options = &request->options;

	if (!read_values(request, texts, error))
		return FALSE;
	if (argc < 2)
		return bad(error, "CAPTURE is missing");
	if (strcmp(argv[1], "-") == 0)
		return bad(error, "standard input cannot be read again and again: give a file");
	if (!texts->output)
		return bad(error, "-o FILE is missing");
	if (!texts->test)
		return bad(error, "--test is missing");
	texts->speed_text = texts->speed > 0 ? g_strdup_printf("%.9g", texts->speed) : NULL;
	texts->concurrency_text = texts->concurrency
					  ? g_strdup_printf("%" G_GINT64_FORMAT, texts->concurrency)
					  : NULL;
	options->output = texts->output;
	options->baseline = texts->baseline;
	options->all = texts->all;
	options->whole_sessions = texts->whole_sessions;
	options->keep_copies = texts->keep_copies;
	options->jobs = (unsigned)texts->jobs;
	request->state =
		texts->state ? g_strdup(texts->state) : g_strconcat(texts->output, ".state", NULL);
	request->load.max_gap_ns = FDAR_TIMELINE_KEEP;
	texts->captures[0] = argv[0];
	texts->captures[1] = argv[1];
	return fdar_capture_options_read(&texts->capture, 2, texts->captures,
					 &request->load.capture, &request->load.server_ports,
					 error) &&
	       fdar_capture_check_output(&texts->capture, texts->output, error) &&
	       fdar_capture_check_output(&texts->capture, request->state, error) &&
	       fdar_capture_check_other(texts->baseline, "the baseline", texts->output, error) &&
	       fdar_capture_check_other(texts->baseline, "the baseline", request->state, error) &&
	       fdar_judge_parse_over(&request->judge, texts->over, texts->baseline != NULL,
				     error) &&
	       read_play(request, texts, argv + 2 + (argv[2] && strcmp(argv[2], "--") == 0),
			 error) &&
	       fdar_jobs_option_read(options->jobs, &request->trial, request->judge.test, error);
}

/* A program that was built anew is another server. */
static void describe_program(GString *text, const char *name)
{
	g_autofree char *path = name ? g_find_program_in_path(name) : NULL;
	GStatBuf found;

	if (path && g_stat(path, &found) == 0)
		g_string_append_printf(text, "%" G_GINT64_FORMAT " bytes of %" G_GINT64_FORMAT "\n",
				       (gint64)found.st_size, (gint64)found.st_mtime);
}

/* Everything that answers depend on. */
static char *describe(const struct texts *texts, char **server)
{
	GString *text = g_string_new(NULL);
	const char *const all[] = { texts->test,
				    texts->baseline,
				    texts->over,
				    texts->speed_text,
				    texts->concurrency_text,
				    texts->to,
				    texts->sources,
				    texts->reset,
				    texts->timeout,
				    texts->capture.filter };

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_string_append_printf(text, "%s\n", all[i] ? all[i] : "");
	for (char **port = texts->capture.servers; port && *port; port++)
		g_string_append_printf(text, "--server %s\n", *port);
	describe_program(text, *server);
	for (; *server; server++)
		g_string_append_printf(text, "%s\n", *server);
	if (texts->user)
		g_string_append_printf(text, "--user %s\n", texts->user);
	if (texts->client_pace)
		g_string_append(text, "--client-pace\n");
	g_string_append_printf(text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %d",
			       texts->copies, texts->trust, texts->timed, texts->all);
	return g_string_free(text, FALSE);
}

static int exit_code(const struct fdar_reducing *reducing)
{
	switch (reducing->end) {
	case FDAR_REDUCE_DONE:
		return fdar_reducing_is_confirmed(reducing) ? FDAR_EXIT_OK : FDAR_EXIT_NO_VERDICT;
	case FDAR_REDUCE_STOPPED:
		return FDAR_EXIT_INTERRUPTED;
	default:
		return FDAR_EXIT_NO_VERDICT;
	}
}

static int report(struct request *request, struct fdar_reduce_view *view,
		  struct fdar_reducing *reducing, GError *error)
{
	/* Without an output there is nothing to go on with, unless there was before. */
	gboolean lost = reducing->unwritten && !fdar_state_answers(reducing->state);
	gboolean over = error ? lost : reducing->end != FDAR_REDUCE_STOPPED;
	GError *state_error = NULL;
	int code;

	fdar_reduce_view_clear(view);
	if (!fdar_state_close(g_steal_pointer(&reducing->state), over, &state_error))
		fdar_warning(&usage, "%s", state_error->message);
	g_clear_error(&state_error);
	if (error)
		return fdar_failure(&usage, error);
	code = exit_code(reducing);
	if (reducing->kept.parts->len)
		fdar_reduce_view_report(view, reducing, request->format);
	else
		fdar_reduce_view_nothing(view, reducing);
	if (reducing->end == FDAR_REDUCE_DONE && code != FDAR_EXIT_OK)
		fdar_warning(&usage, "it was not confirmed: take it with care");
	return code;
}

static int search(struct request *request, struct fdar_reducing *reducing,
		  struct fdar_reduce_view *view, const char *path)
{
	struct fdar_excerpt *excerpt;
	struct fdar_parts parts;
	GError *error = NULL;
	int code;

	excerpt = fdar_excerpt_open(path, &request->load, &error);
	if (!excerpt)
		return fdar_failure(&usage, error);
	if (fdar_sessions_damage(fdar_excerpt_sessions(excerpt)))
		fdar_warning(&usage, "%s; what came before it is searched",
			     fdar_sessions_damage(fdar_excerpt_sessions(excerpt)));
	fdar_parts_init(&parts, excerpt, request->judge.test == FDAR_TEST_COMMAND);
	reducing->excerpt = excerpt;
	reducing->parts = &parts;
	if (!parts.units) {
		code = fdar_failure(&usage,
				    g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED,
						"%s: not one session of it can be played", path));
	} else {
		fdar_reducing_run(reducing, &error);
		code = report(request, view, reducing, error);
		fdar_reducing_clear(reducing);
	}
	fdar_parts_clear(&parts);
	fdar_excerpt_free(excerpt);
	return code;
}

static int run(struct request *request, const struct texts *texts, const char *path)
{
	g_autofree char *text = describe(texts, (char **)request->trial.server);
	char *const files[] = { (char *)path, texts->baseline, NULL };
	struct fdar_reduce_view view = { .judge = &request->judge,
					 .usage = &usage,
					 .quiet = texts->quiet,
					 .terminal = isatty(STDERR_FILENO) };
	struct fdar_reducing reducing = { .options = &request->options,
					  .judge = &request->judge,
					  .trial = &request->trial,
					  .show = fdar_reduce_view_show,
					  .warn = fdar_reduce_view_warn,
					  .user = &view };
	g_autofree char *fingerprint = NULL;
	struct fdar_workplace work = { .lock = -1 };
	GError *error = NULL;
	int code;

	fingerprint = fdar_state_fingerprint(files, text, &error);
	if (fingerprint)
		reducing.state = fdar_state_open(request->state, fingerprint, &error);
	if (!reducing.state || !fdar_workplace_make("reduce", &work, &error)) {
		fdar_state_close(reducing.state, FALSE, NULL);
		return fdar_failure(&usage, error);
	}
	if (fdar_state_answers(reducing.state) && !texts->quiet)
		fprintf(stderr, "going on: %u answers of before, in %s\n",
			fdar_state_answers(reducing.state), request->state);
	request->trial.directory = work.path;
	request->trial.stop = fdar_interrupt_catch();
	fdar_jobs_option_try(&usage, &request->options.jobs);
	code = search(request, &reducing, &view, path);
	fdar_serving_drop(&request->trial);
	fdar_state_close(reducing.state, FALSE, NULL);
	fdar_workplace_remove(&work);
	return code;
}

int fdar_cmd_reduce(int argc, char **argv)
{
	struct texts texts = { .copies = 1, .trust = 2, .confirm = 10, .bytes = 100 };
	g_autofree GOptionEntry *entries = fdar_options_bind(table, sizeof(table), &texts);
	struct request request = { 0 };
	g_autoptr(GError) error = NULL;
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		if (request_read(&request, &texts, argc, argv, &error))
			code = run(&request, &texts, argv[1]);
		else
			code = fdar_usage_error(&usage, "%s", error->message);
	}
	fdar_judge_clear(&request.judge);
	g_free(request.state);
	fdar_user_clear(&request.trial.user);
	texts_clear(&texts);
	return code;
}
