/* flowdar hunt: from a capture and a server to the sessions that hurt, the function, and a report. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/workplace.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/reduce/child.h"
#include "cli/reduce/hunt_record.h"
#include "cli/reduce/jobs.h"
#include "cli/reduce/jobs_option.h"
#include "cli/reduce/named.h"
#include "cli/reduce/reduce_view.h"
#include "cli/reduce/reducing.h"
#include "cli/reduce/serving.h"
#include "cli/replay/capture_options.h"
#include "replay/sessions/timeline.h"

#define WAIT_NS   ((guint64)10000000000)
#define SEARCH_NS ((guint64)300000000000)

static const struct fdar_usage_values values[] = {
	{ "test", "cpu latency memory", TRUE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "bytes", 0, FDAR_ANY_NUMBER, FALSE },
	{ "jobs", 1, FDAR_JOBS_AT_ONCE_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.command = "hunt",
	.values = values,
	.synopsis = "CAPTURE -o DIR [OPTIONS] -- SERVER ARGUMENT ...",
	.description =
		"Which sessions of a capture hurt a server, and which of its functions do they "
		"hit? Plays the\n"
		"whole capture at the server, a session at a time; takes the nine tenths for "
		"which it took\n"
		"least time for what is normal (or --baseline); searches the smallest part that "
		"costs --over\n"
		"times as much (as flowdar reduce does); records both, and compares them. DIR "
		"gets\n"
		"  smallest.pcap   what hurts: also after Ctrl-C, the best so far\n"
		"  normal.pcap     what it was compared with\n"
		"  base, bad       the recordings (bad-2, ...: where the server answers copies "
		"from a cache)\n"
		"  found.txt       the sessions that hurt, and how sure that is\n"
		"  verdict.txt     the function, the factor, and the evidence\n"
		"  report.html     all of it for a review\n"
		"  again.sh        the commands to see it again\n"
		"\n"
		"The function is named best when the server was built with `flowdar cc`. Of one "
		"that was not, --sample\n"
		"looks where it is, some hundred times a second, and names the function by that; "
		"--io tells reads,\n"
		"writes and waits alone.\n"
		"\n"
		"Exit status: 0 when something was found and named; 4 when no part of it hurts, "
		"or there is\n"
		"no verdict; 130 when it was stopped.\n",
	.examples = "  flowdar hunt day.pcap -o hunt -- ./server --port 8080\n"
		    "  flowdar hunt day.pcap -o hunt --baseline usual.pcap --over 3 -- ./server\n"
		    "  flowdar hunt day.pcap -o hunt --sample -- apache2 -DFOREGROUND\n"
		    "  flowdar hunt day.pcap -o hunt --io --test latency:p99 -- nginx -g 'daemon "
		    "off;'\n",
};

struct texts {
	char *output, *test, *baseline, *over, *time, *sample, *sources, *reset, *grace, *user;
	gint64 bytes, jobs;
	gboolean io, client_pace, quiet;
	struct fdar_capture_texts capture;
	char *captures[3];
};

#define AT(field) ((gpointer)offsetof(struct texts, field))

static const GOptionEntry table[] = {
	{ "output", 'o', 0, G_OPTION_ARG_FILENAME, AT(output),
	  "The directory to make; it must not exist, or be empty", "DIR" },
	{ "baseline", 'b', 0, G_OPTION_ARG_FILENAME, AT(baseline),
	  "A capture of what is normal, in place of the capture's own quick sessions", "CAPTURE" },
	{ "test", 0, 0, G_OPTION_ARG_STRING, AT(test),
	  "What hurting is: cpu (the default), latency, latency:p50, latency:p99 or memory",
	  "TEST" },
	{ "over", 0, 0, G_OPTION_ARG_STRING, AT(over),
	  "It hurts from so many times what is normal on; 5 is the default", "X" },
	{ "time", 't', 0, G_OPTION_ARG_STRING, AT(time),
	  "How long to search before recording the best so far; 5m is the default", "TIME" },
	{ "bytes", 0, 0, G_OPTION_ARG_INT64, AT(bytes),
	  "At most N runs of each cause for the bytes within its messages, 40 is the default; 0 "
	  "leaves "
	  "messages whole",
	  "N" },
	{ "jobs", 'j', 0, G_OPTION_ARG_INT64, AT(jobs), FDAR_JOBS_HELP, "N" },
	{ "client-pace", 0, 0, G_OPTION_ARG_NONE, AT(client_pace), FDAR_TRIAL_CLIENT_PACE_HELP,
	  NULL },
	{ "io", 0, 0, G_OPTION_ARG_NONE, AT(io),
	  "Record waits, reads and writes only: for a server that was not rebuilt", NULL },
	{ "sample", 0, 0, G_OPTION_ARG_STRING, AT(sample),
	  "For a server that was not rebuilt: record samples, too, N a second; 499 is the default "
	  "(--sample=N)",
	  "N" },
	{ "sources", 0, 0, G_OPTION_ARG_STRING, AT(sources), FDAR_TRIAL_SOURCES_HELP, "PREFIX" },
	{ "reset", 0, 0, G_OPTION_ARG_STRING, AT(reset), FDAR_TRIAL_RESET_HELP, "COMMAND" },
	{ "grace", 0, 0, G_OPTION_ARG_STRING, AT(grace), FDAR_TRIAL_GRACE_HELP, "TIME" },
	{ "user", 'u', 0, G_OPTION_ARG_STRING, AT(user), FDAR_TRIAL_USER_HELP, "NAME" },
	{ "quiet", 'q', 0, G_OPTION_ARG_NONE, AT(quiet), "No progress", NULL },
	{ "filter", 0, 0, G_OPTION_ARG_STRING, AT(capture.filter), FDAR_CAPTURE_FILTER_HELP,
	  "EXPRESSION" },
	{ "server", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(capture.servers), FDAR_CAPTURE_SERVER_HELP,
	  "PORT" },
	G_OPTION_ENTRY_NULL,
};

static void texts_clear(struct texts *texts)
{
	char *const all[] = { texts->output, texts->test,   texts->baseline, texts->over,
			      texts->time,   texts->sample, texts->sources,  texts->reset,
			      texts->grace,  texts->user };

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
	fdar_capture_texts_clear(&texts->capture);
}

struct hunt {
	const struct texts *texts;
	const char *capture;
	char **server;
	struct fdar_judge judge;
	struct fdar_load_options load;
	struct fdar_reducing_options options;
	struct fdar_trial_options trial;
	struct fdar_reduce_view view;
	char *smallest, *normal; /* names in the directory */
	struct fdar_hunt_record how;
	struct fdar_user user;
	struct fdar_serving kept; /* with --reset */
	gboolean made;            /* the directory was not there */
};

static char *in(const struct hunt *hunt, const char *name)
{
	return g_build_filename(hunt->texts->output, name, NULL);
}

static void say(const struct hunt *hunt, const char *text)
{
	if (!hunt->texts->quiet)
		fprintf(stderr, "%s\n", text);
}

/* ---- recording and comparing: other commands, each in a process of its own ---- */

static int run(const struct hunt *hunt, int (*command)(int argc, char **argv), const char *output,
	       GPtrArray *arguments)
{
	g_autofree char *path = output ? in(hunt, output) : NULL;
	int code;

	g_ptr_array_add(arguments, NULL);
	code = fdar_child_command(command, (char **)arguments->pdata, path);
	g_ptr_array_unref(arguments);
	return code;
}

static int record(const struct hunt *hunt, const char *name, const char *capture, const char *label,
		  guint32 copies)
{
	g_autofree char *directory = in(hunt, name);
	g_autofree char *number = g_strdup_printf("%u", copies);
	GPtrArray *arguments =
		fdar_child_arguments("record", "-q", "-o", directory, "--play", capture, "--label",
				     label, "--clones", number, NULL);

	fdar_hunt_record_options(&hunt->how, arguments);
	g_ptr_array_add(arguments, g_strdup("--"));
	for (char **word = hunt->server; *word; word++)
		g_ptr_array_add(arguments, g_strdup(*word));
	return run(hunt, fdar_cmd_record, "record.log", arguments);
}

/* Ctrl-C ends the command of a step, too: that is no failure. */
static int fail_step(const struct hunt *hunt, const char *step)
{
	if (*hunt->trial.stop) {
		fdar_warning(&usage, "stopped while %s; %s is what hurts", step, hunt->smallest);
		return FDAR_EXIT_INTERRUPTED;
	}
	g_autofree char *log = in(hunt, "record.log");
	g_autofree char *message = g_strdup_printf("%s failed: %s says why; %s is what hurts", step,
						   log, hunt->smallest);

	return fdar_failure(&usage, g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, message));
}

static int compare(const struct hunt *hunt)
{
	g_autofree char *report = in(hunt, "report.html"), *verdict = in(hunt, "verdict.txt");
	g_autofree char *again = in(hunt, "verdict.json"), *script = in(hunt, "again.sh");
	GPtrArray *diff = fdar_child_arguments("diff", NULL);
	GPtrArray *drawn;
	g_autoptr(GPtrArray) sides = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;
	int code;

	say(hunt, "comparing");
	fdar_hunt_record_sides(&hunt->how, hunt->texts->output, FALSE, sides);
	fdar_hunt_record_sides(&hunt->how, hunt->texts->output, FALSE, diff);
	code = run(hunt, fdar_cmd_diff, "verdict.txt", diff);
	if (*hunt->trial.stop || (code != FDAR_EXIT_OK && code != FDAR_EXIT_NO_VERDICT))
		return fail_step(hunt, "comparing");
	if (code == FDAR_EXIT_OK && !fdar_named(fdar_cmd_diff, sides, again))
		code = FDAR_EXIT_NO_VERDICT;
	drawn = fdar_child_arguments("report", "-o", report, NULL);
	fdar_hunt_record_sides(&hunt->how, hunt->texts->output, TRUE, drawn);
	if (run(hunt, fdar_cmd_report, "report.log", drawn) == FDAR_EXIT_OK) {
		g_autofree char *log = in(hunt, "report.log");

		g_unlink(log);
	}
	if (!fdar_hunt_record_again(&hunt->how, script, hunt->capture, hunt->server, &error))
		return fdar_failure(&usage, error);
	fdar_hunt_record_first_line(verdict);
	printf("\n%s: smallest.pcap, verdict.txt, report.html, and again.sh, which does it once "
	       "more\n",
	       hunt->texts->output);
	return code;
}

static int record_both(struct hunt *hunt, const struct fdar_reducing *reducing)
{
	g_autofree char *log = in(hunt, "record.log");
	const struct fdar_hunt_record *how = &hunt->how;

	fdar_hunt_record_plan(&hunt->how, reducing, hunt->normal, hunt->smallest, &hunt->load);
	fdar_serving_drop(&hunt->trial);
	say(hunt, "recording what is normal");
	if (record(hunt, "base", hunt->normal, "normal", how->copies[0]) != FDAR_EXIT_OK ||
	    *hunt->trial.stop)
		return fail_step(hunt, "recording what is normal");
	say(hunt, "recording what hurts");
	for (guint32 i = 0; i < how->times; i++) {
		g_autofree char *name = fdar_hunt_record_name(i);

		if (record(hunt, name, hunt->smallest, "hurts", how->copies[1]) != FDAR_EXIT_OK ||
		    *hunt->trial.stop)
			return fail_step(hunt, "recording what hurts");
	}
	g_unlink(log);
	return compare(hunt);
}

/* ---- the search ---- */

static void tell_nothing(const struct hunt *hunt, const struct fdar_reducing *reducing)
{
	g_autofree char *last = fdar_judge_number(&hunt->judge, reducing->sight.figure);
	g_autofree char *limit = fdar_judge_number(&hunt->judge, hunt->judge.limit);

	if (fdar_reducing_is_cut(reducing))
		fdar_warning(&usage, "%s", FDAR_REDUCING_CUT);
	else if (fdar_reducing_is_untold(reducing))
		fdar_warning(&usage, FDAR_REDUCING_UNTOLD, reducing->cut, reducing->runs);
	else if (reducing->why)
		fdar_warning(&usage, "stopped before anything was found: %s", reducing->why);
	else
		fdar_warning(&usage,
			     "no part of it hurts: %s, and it hurts from %s on; --over lowers the "
			     "limit, --test asks for something else",
			     last, limit);
}

/* found.txt is what reduce would say. */
static void keep_found(struct hunt *hunt, const struct fdar_reducing *reducing)
{
	g_autofree char *path = in(hunt, "found.txt");
	int saved = dup(STDOUT_FILENO);

	fdar_reduce_view_report(&hunt->view, reducing, FDAR_FORMAT_TABLE);
	fflush(stdout);
	if (saved >= 0 && freopen(path, "w", stdout)) {
		fdar_reduce_view_report(&hunt->view, reducing, FDAR_FORMAT_TABLE);
		fflush(stdout);
		dup2(saved, STDOUT_FILENO);
	}
	if (saved >= 0)
		close(saved);
}

static int go_on(struct hunt *hunt, struct fdar_reducing *reducing, GError *error)
{
	const volatile int *stop = hunt->trial.stop;

	fdar_reduce_view_clear(&hunt->view);
	if (error)
		return fdar_failure(&usage, error);
	if (!reducing->kept.parts->len) {
		tell_nothing(hunt, reducing);
		return *stop ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_NO_VERDICT;
	}
	keep_found(hunt, reducing);
	if (*stop)
		return FDAR_EXIT_INTERRUPTED;
	if (reducing->end == FDAR_REDUCE_DONE && !fdar_reducing_is_confirmed(reducing)) {
		fdar_warning(&usage, "it was not confirmed, and is not recorded");
		return FDAR_EXIT_NO_VERDICT;
	}
	return record_both(hunt, reducing);
}

static int search(struct hunt *hunt)
{
	struct fdar_reducing reducing = { .options = &hunt->options,
					  .judge = &hunt->judge,
					  .trial = &hunt->trial,
					  .show = fdar_reduce_view_show,
					  .warn = fdar_reduce_view_warn,
					  .user = &hunt->view };
	struct fdar_excerpt *excerpt;
	struct fdar_parts parts;
	GError *error = NULL;
	int code;

	excerpt = fdar_excerpt_open(hunt->capture, &hunt->load, &error);
	if (!excerpt)
		return fdar_failure(&usage, error);
	if (fdar_sessions_damage(fdar_excerpt_sessions(excerpt)))
		fdar_warning(&usage, "%s; what came before it is searched",
			     fdar_sessions_damage(fdar_excerpt_sessions(excerpt)));
	fdar_parts_init(&parts, excerpt, FALSE);
	reducing.excerpt = excerpt;
	reducing.parts = &parts;
	if (parts.units < 2) {
		code = fdar_failure(&usage,
				    g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED,
						"%s: a hunt needs two sessions that can be played",
						hunt->capture));
	} else {
		fdar_reducing_run(&reducing, &error);
		code = go_on(hunt, &reducing, error);
		fdar_reducing_clear(&reducing);
	}
	fdar_parts_clear(&parts);
	fdar_excerpt_free(excerpt);
	return code;
}

/* ---- the command line ---- */

static gboolean bad(GError **error, const char *message)
{
	g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
	return FALSE;
}

static gboolean read_test(struct hunt *hunt, const struct texts *texts, GError **error)
{
	if (!fdar_judge_parse(&hunt->judge, texts->test ? texts->test : "cpu", error))
		return FALSE;
	if (hunt->judge.test == FDAR_TEST_COMMAND || hunt->judge.test == FDAR_TEST_CRASH ||
	    hunt->judge.test == FDAR_TEST_FUNCTION)
		return bad(error, "--test is cpu, latency or memory; flowdar reduce has more");
	hunt->options.bytes_runs = (guint64)texts->bytes;
	hunt->options.time_max_ns = SEARCH_NS;
	if (texts->time && (!fdar_parse_duration(texts->time, &hunt->options.time_max_ns) ||
			    !hunt->options.time_max_ns))
		return bad(error, "--time: expected a time like 5m");
	return fdar_judge_parse_over(&hunt->judge, texts->over ? texts->over : "5", TRUE, error);
}

static gboolean hunt_read(struct hunt *hunt, struct texts *texts, int argc, char **argv,
			  GError **error)
{
	/* What is wrong by itself is told before anything that is missing. */
	if (!fdar_trial_check_sources(texts->sources, error) ||
	    !fdar_capture_options_read_ports(&texts->capture, error) ||
	    !fdar_user_find(texts->user, &hunt->user, error) ||
	    !fdar_trial_read_grace(&hunt->trial, texts->grace, error) ||
	    (texts->sample && !fdar_hunt_record_sample(&hunt->how, texts->sample, error)) ||
	    !read_test(hunt, texts, error))
		return FALSE;
	if (argc < 2)
		return bad(error, "CAPTURE is missing");
	if (strcmp(argv[1], "-") == 0)
		return bad(error, "standard input cannot be read again and again: give a file");
	if (!texts->output)
		return bad(error, "-o DIR is missing");
	hunt->server = argv + 2 + (argv[2] && strcmp(argv[2], "--") == 0);
	if (!hunt->server[0])
		return bad(error, "the server's command is missing: give it after --");
	hunt->texts = texts;
	hunt->capture = argv[1];
	texts->captures[0] = argv[0];
	texts->captures[1] = argv[1];
	hunt->load.max_gap_ns = FDAR_TIMELINE_KEEP;
	hunt->how.io = hunt->how.io || texts->io; /* samples need it */
	hunt->how.user = texts->user;
	hunt->how.client_pace = texts->client_pace;
	hunt->options.jobs = (unsigned)texts->jobs;
	hunt->trial.reset = texts->reset;
	return fdar_jobs_option_read(hunt->options.jobs, &hunt->trial, hunt->judge.test, error) &&
	       fdar_capture_options_read(&texts->capture, 2, texts->captures, &hunt->load.capture,
					 &hunt->load.server_ports, error);
}

static void fill_options(struct hunt *hunt)
{
	hunt->smallest = in(hunt, "smallest.pcap");
	hunt->normal = in(hunt, "normal.pcap");
	hunt->options.output = hunt->smallest;
	hunt->options.baseline = hunt->texts->baseline;
	hunt->options.normal = hunt->normal;
	hunt->options.copies = 1;
	hunt->options.trust = 2;
	hunt->options.confirm = 10;
	hunt->options.all = TRUE;
	hunt->trial = (struct fdar_trial_options){ .server = hunt->server,
						   .user = hunt->user,
						   .sources = hunt->texts->sources,
						   .client_pace = hunt->texts->client_pace,
						   .grace_ms = hunt->trial.grace_ms,
						   .reset = hunt->texts->reset,
						   .kept = hunt->texts->reset ? &hunt->kept : NULL,
						   .timeout = "10s",
						   .wait_ns = WAIT_NS,
						   .replay = fdar_cmd_replay,
						   .stop = fdar_interrupt_catch() };
	hunt->view = (struct fdar_reduce_view){ .judge = &hunt->judge,
						.usage = &usage,
						.quiet = hunt->texts->quiet,
						.terminal = isatty(STDERR_FILENO) };
}

static int start(struct hunt *hunt)
{
	struct fdar_workplace work;
	GError *error = NULL;
	int code;

	if (!fdar_hunt_record_can_sample(&hunt->how, &error) ||
	    !fdar_child_make_directory(hunt->texts->output, &hunt->made, &error))
		return fdar_failure(&usage, error);
	if (!fdar_workplace_make("hunt", &work, &error)) {
		if (hunt->made)
			g_rmdir(hunt->texts->output);
		return fdar_failure(&usage, error);
	}
	fill_options(hunt);
	fdar_jobs_option_try(&usage, &hunt->options.jobs);
	hunt->trial.directory = work.path;
	code = search(hunt);
	fdar_serving_drop(&hunt->trial);
	fdar_workplace_remove(&work);
	if (hunt->made)
		g_rmdir(hunt->texts->output); /* only when nothing is in it */
	return code;
}

int fdar_cmd_hunt(int argc, char **argv)
{
	static char sample_default[] = "--sample=" G_STRINGIFY(FDAR_HUNT_SAMPLE_HZ);
	struct texts texts = { .bytes = 40 };
	g_autofree GOptionEntry *entries = fdar_options_bind(table, sizeof(table), &texts);
	struct hunt hunt = { 0 };
	g_autoptr(GError) error = NULL;
	int code = FDAR_EXIT_OK;

	fdar_options_optional(argc, argv, sample_default);
	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		if (hunt_read(&hunt, &texts, argc, argv, &error))
			code = start(&hunt);
		else
			code = fdar_usage_error(&usage, "%s", error->message);
	}
	fdar_judge_clear(&hunt.judge);
	g_free(hunt.smallest);
	g_free(hunt.normal);
	fdar_user_clear(&hunt.user);
	texts_clear(&texts);
	return code;
}
