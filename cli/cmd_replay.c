/* flowdar replay: the sessions of a capture, played at a server. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/replay/capture_options.h"
#include "cli/replay/replay_wait.h"
#include "cli/replay/replay_inputs.h"
#include "cli/replay/replay_journal.h"
#include "cli/replay/replay_lockstep.h"
#include "cli/replay/replay_options.h"
#include "cli/replay/replay_report.h"
#include "cli/replay/replay_rewrite.h"
#include "cli/replay/replay_texts.h"
#include "cli/kit/table.h"
#include "replay/play/driver.h"
#include "replay/sessions/timeline.h"

#define ASAP_CONCURRENCY 64

static const struct fdar_usage_values values[] = {
	{ "phase", "none uniform random", FALSE },
	{ "wait", "answer time none", FALSE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "clones", 1, FDAR_REPLAY_CLONES_MAX, FALSE },
	{ "repeat", 0, UINT32_MAX, FALSE },
	{ "concurrency", 1, FDAR_REPLAY_CONCURRENCY_MAX, FALSE },
	{ "speed", 0, 1e9, TRUE },
	{ "rate", 0, 1e9, TRUE },
	{ "seed", 0, UINT32_MAX, FALSE },
	{ "until", 0, UINT32_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

#define CAPTURED_NAME "." /* of --tls alone; no server has it */

static const struct fdar_usage usage = {
	.ranges = ranges,
	.values = values,
	.command = "replay",
	.synopsis = "CAPTURE... --to HOST:PORT [OPTIONS]",
	.description = "Takes a capture (pcap or pcapng, also compressed; - is standard input) "
		       "apart into sessions\n"
		       "and plays their clients' side at a server, over ordinary connections: "
		       "nothing to route, no\n"
		       "root, no second machine. A request goes out at its captured time, in its "
		       "captured pieces,\n"
		       "and when the answer that came before it is there. Each session gets one "
		       "verdict: ok,\n"
		       "differs (more or fewer bytes came back), refused, reset, timeout, local "
		       "error, stopped or\n"
		       "not replayable; the summary says why.\n"
		       "\n"
		       "--clones plays every session many times at once, each clone as a client of "
		       "its own with\n"
		       "its own address (127.1.0.1 and up, unless --sources says otherwise); "
		       "--repeat plays the\n"
		       "capture again and again; --speed, --rate and --asap make it faster. "
		       "Latencies count from\n"
		       "when a request was due by the schedule, so a slow server cannot hide by "
		       "slowing us down.\n"
		       "\n"
		       "--lockstep takes time out of it: one step of one session after the other, "
		       "each when the\n"
		       "server has read and answered the last and all its threads wait for work. "
		       "Every run has the\n"
		       "same order, addresses and ports; --until, --step and --control pause it, "
		       "for a debugger too.\n",
	.examples =
		"  flowdar replay attack.pcap --to 127.0.0.1:8080 --label attack -o replay.jsonl\n"
		"  flowdar replay day.pcapng.gz --to 127.0.0.1:8080 --speed 100 --clones 20\n"
		"  flowdar replay one-request.pcap --to [::1]:80 --asap --repeat 100000\n"
		"  flowdar replay attack.pcap --to 127.0.0.1:80 --mix "
		"usual.pcap:label=normal,clones=5\n"
		"  flowdar replay all.pcap --map 80=127.0.0.1:8080 --map 53=127.0.0.1:5353\n"
		"  flowdar replay attack.pcap --to 127.0.0.1:8080 --lockstep --order-out "
		"attack.order\n",
};

struct replay {
	struct fdar_capture_texts *texts;
	struct fdar_replay_inputs inputs;
	struct fdar_routes routes;
	struct fdar_driver_options driver;
	struct fdar_plan_options plan;
	struct fdar_load_options load;
	struct fdar_journal *journal;
	struct fdar_replay_reasons *reasons;
	struct fdar_replay_rewrite rewrite;
	struct fdar_replay_lockstep lockstep;
	struct fdar_driver *running;
	const char *output;
	uint64_t wait_for_ns; /* 0: not at all */
	enum fdar_format format;
	gboolean silent;
};

static gboolean read_pace(struct replay *replay, const struct fdar_replay_texts *texts,
			  GError **error)
{
	static const char *const waits[] = { "answer", "time", "none", NULL };
	static const char *const phases[] = { "none", "uniform", "random", NULL };
	struct fdar_pace *pace = &replay->driver.pace;
	unsigned wait;
	unsigned phase;

	if (!fdar_replay_read_word("--wait", texts->wait, waits, &wait, error) ||
	    !fdar_replay_read_word("--phase", texts->phase, phases, &phase, error) ||
	    !fdar_replay_read_span("--quiet", texts->quiet, 50000000, &pace->quiet_ns, error) ||
	    !fdar_replay_read_span("--timeout", texts->timeout, 30000000000, &pace->timeout_ns,
				   error) ||
	    !fdar_replay_read_duration(texts->duration, &replay->driver.duration_ns, error) ||
	    !fdar_replay_read_span("--wait-for", texts->wait_for, 0, &replay->wait_for_ns, error) ||
	    !fdar_replay_read_span("--max-lag", texts->max_lag, 1000000000,
				   &replay->driver.max_lag_ns, error))
		return FALSE;
	if (texts->asap && (texts->rate > 0 || texts->speed != 1)) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "--%s does not go with --asap, which waits for no time at all",
			    texts->rate > 0 ? "rate" : "speed");
		return FALSE;
	}
	pace->wait = (enum fdar_pace_wait)wait;
	pace->speed = texts->speed;
	pace->asap = texts->asap;
	replay->plan.phase = (enum fdar_phase)phase;
	replay->plan.speed = texts->speed;
	replay->plan.rate = texts->rate;
	replay->plan.asap = texts->asap;
	replay->plan.seed = (guint32)texts->seed;
	if (texts->max_gap && strcmp(texts->max_gap, "keep") == 0)
		replay->load.max_gap_ns = FDAR_TIMELINE_KEEP;
	else if (!fdar_replay_read_span("--max-gap", texts->max_gap, 0, &replay->load.max_gap_ns,
					error))
		return FALSE;
	return TRUE;
}

static gboolean read_inputs(struct replay *replay, const struct fdar_replay_texts *texts,
			    const char *capture, GError **error)
{
	/* A duration without a number of rounds: as many as fit. */
	uint64_t rounds = texts->repeat < 0 ? texts->duration == NULL : (uint64_t)texts->repeat;
	uint32_t clones = (uint32_t)texts->clones;

	if (!fdar_replay_inputs_add(&replay->inputs, capture, FALSE, texts->label, clones, rounds,
				    error))
		return FALSE;
	for (char **mix = texts->mix; mix && *mix; mix++)
		if (!fdar_replay_inputs_add(&replay->inputs, *mix, TRUE, NULL, 1, rounds, error))
			return FALSE;
	return TRUE;
}

/* Everything but files: what is wrong here is wrong usage. */
static gboolean replay_read(struct replay *replay, struct fdar_replay_texts *texts, int argc,
			    char **argv, GError **error)
{
	/* What is wrong by itself is told before anything that is missing. */
	if (!read_pace(replay, texts, error) ||
	    !fdar_replay_read_routes(&replay->routes, texts->to, texts->map, texts->sources,
				     error) ||
	    !fdar_capture_options_read(&texts->capture, argc, argv, &replay->load.capture,
				       &replay->load.server_ports, error) ||
	    !fdar_replay_lockstep_read(&replay->lockstep, &usage, texts, error) ||
	    !fdar_capture_check_output(&texts->capture, texts->output, error) ||
	    !fdar_capture_check_other(texts->rewrite, "the rules", texts->output, error))
		return FALSE;
	replay->texts = &texts->capture;
	replay->silent = texts->silent;
	replay->inputs.half_open = texts->half_open;
	replay->load.windows = texts->client_pace;
	replay->driver.verbatim = texts->tls && strcmp(texts->tls, "verbatim") == 0;
	replay->driver.tls = texts->tls && !replay->driver.verbatim;
	if (replay->driver.tls && strcmp(texts->tls, CAPTURED_NAME) != 0)
		replay->driver.tls_name = texts->tls;
	replay->driver.tls_certificate = texts->tls_cert;
	if (texts->tls_cert && !replay->driver.tls) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "--tls-cert is for --tls");
		return FALSE;
	}
	if (!fdar_format_parse(texts->format, &replay->format))
		return fdar_replay_bad_value(error, "--format", texts->format,
					     "table, json or csv");
	replay->output = texts->output;
	replay->driver.concurrency = (uint64_t)texts->concurrency;
	return fdar_replay_rewrite_read(&replay->rewrite, texts->rewrite, replay->driver.pace.wait,
					texts->wait, error) &&
	       fdar_replay_check_routes(&replay->routes, texts->allow_remote, error) &&
	       read_inputs(replay, texts, argv[1], error);
}

static void on_finished(void *user, const struct fdar_outcome *outcome)
{
	struct replay *replay = user;

	fdar_replay_reasons_add(replay->reasons, outcome);
	if (replay->journal)
		fdar_journal_write(replay->journal, outcome,
				   fdar_driver_totals(replay->running)->started_unix_ns);
}

static void on_progress(void *user, const struct fdar_driver_progress *progress)
{
	(void)user;
	fdar_replay_show_progress(progress, NULL);
}

/* How many sessions may be open at once: what was asked for, as far as descriptors go. */
static void set_concurrency(struct replay *replay, const struct fdar_plan *plan)
{
	uint64_t wanted = replay->driver.concurrency;
	gboolean asked = wanted > 0;

	if (!asked) {
		for (size_t i = 0; i < replay->inputs.count; i++) {
			uint64_t sessions = fdar_plan_asked(plan, (uint32_t)i);

			wanted += sessions ? sessions : FDAR_REPLAY_CONCURRENCY_MAX;
		}
		if (replay->plan.asap)
			wanted = ASAP_CONCURRENCY;
		if (replay->lockstep.on)
			wanted = replay->lockstep.order->open_at_once;
	}
	replay->driver.concurrency = fdar_replay_make_room(&usage, wanted, asked);
}

static int report_end(const struct replay *replay, enum fdar_replay_end end)
{
	const struct fdar_replay_totals *totals = fdar_driver_totals(replay->running);
	uint64_t played = 0, refused = 0;

	for (uint32_t i = 0; i < replay->inputs.count; i++) {
		const struct fdar_tally *tally = fdar_driver_tally(replay->running, i);

		played += tally->begun -
			  MIN(tally->begun, tally->verdicts[FDAR_RESULT_REFUSED] +
						    tally->verdicts[FDAR_RESULT_LOCAL]);
		refused += tally->verdicts[FDAR_RESULT_REFUSED];
	}
	if (end == FDAR_REPLAY_STOPPED)
		return FDAR_EXIT_INTERRUPTED;
	if (end == FDAR_REPLAY_LAGGED) {
		g_autofree char *lag = fdar_format_duration((double)totals->lag.max_ns);

		return fdar_failure(&usage,
				    g_error_new(G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
						"stopped: %s behind schedule, more than --max-lag; "
						"this machine cannot keep that pace",
						lag));
	}
	if (!played)
		return fdar_failure(&usage,
				    g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED,
						"not one session could be played%s",
						refused ? ": is the server up, and does it listen "
							  "there? (--wait-for 10s waits for it)"
							: ""));
	return FDAR_EXIT_OK;
}

static void print_summary(const struct replay *replay)
{
	const struct fdar_replay_inputs *inputs = &replay->inputs;
	g_autofree const struct fdar_capture_totals **captures =
		g_new(const struct fdar_capture_totals *, inputs->count);
	struct fdar_replay_figure figures[FDAR_REPLAY_LOCKSTEP_FIGURES];
	struct fdar_replay_run run = { .driver = replay->running,
				       .labels = (const char *const *)inputs->labels,
				       .captures = captures,
				       .count = inputs->count };

	for (size_t i = 0; i < inputs->count; i++)
		captures[i] = fdar_sessions_totals(inputs->sessions[i]);
	if (replay->lockstep.on) {
		fdar_replay_lockstep_figures(&replay->lockstep, figures);
		run.figures = figures;
		run.figure_count = G_N_ELEMENTS(figures);
	}
	fdar_replay_print_summary(&run, replay->reasons, replay->format);
	fdar_replay_rewrite_print(&replay->rewrite, replay->format);
	if (replay->lockstep.on && replay->format == FDAR_FORMAT_TABLE)
		fdar_replay_lockstep_print(&replay->lockstep);
}

/* Plays what is loaded. */
static int replay_play(struct replay *replay, const volatile int *stop, GError **error)
{
	struct fdar_plan *plan =
		fdar_plan_new(replay->inputs.plan, replay->inputs.count, &replay->plan);
	enum fdar_replay_end end;
	gboolean whole;
	int code;

	replay->driver.routes = &replay->routes;
	if (replay->lockstep.on &&
	    !fdar_replay_lockstep_begin(&replay->lockstep, &replay->inputs.plan[0], &replay->driver,
					stop, error)) {
		fdar_journal_close(g_steal_pointer(&replay->journal), NULL);
		fdar_plan_free(plan);
		return FDAR_EXIT_FAILED;
	}
	set_concurrency(replay, plan);
	replay->driver.edit = fdar_replay_rewrite_begin(&replay->rewrite, replay->plan.seed);
	replay->driver.inputs = (uint32_t)replay->inputs.count;
	replay->driver.finished = on_finished;
	replay->driver.progress = replay->silent ? NULL : on_progress;
	replay->driver.user = replay;
	replay->running = fdar_driver_new(&replay->driver, error);
	if (!replay->running) {
		fdar_journal_close(g_steal_pointer(&replay->journal), NULL);
		fdar_plan_free(plan);
		return FDAR_EXIT_FAILED;
	}
	end = fdar_driver_run(replay->running, plan, replay->inputs.plan, stop);
	if (!replay->silent)
		fdar_replay_clear_progress();
	fdar_plan_free(plan);
	whole = fdar_journal_close(g_steal_pointer(&replay->journal), error);
	whole &= fdar_replay_lockstep_end(&replay->lockstep, error);
	if (!replay->silent)
		print_summary(replay);
	fflush(stdout);
	code = report_end(replay, end);
	fdar_driver_free(replay->running);
	return whole ? code : FDAR_EXIT_FAILED;
}

static int replay_run(struct replay *replay)
{
	const volatile int *stop = fdar_interrupt_catch();
	GError *error = NULL;
	int code = FDAR_EXIT_FAILED;

	replay->load.tls_keys = fdar_capture_options_keys(replay->texts, &error);
	if (error)
		return fdar_failure(&usage, error);
	if (!fdar_replay_inputs_load(&replay->inputs, &usage, &replay->load, stop, &error)) {
		if (*stop) {
			g_clear_error(&error);
			return FDAR_EXIT_INTERRUPTED;
		}
		return fdar_failure(&usage, error);
	}
	if (replay->output) {
		if (!fdar_replay_inputs_sum(&replay->inputs, stop))
			return FDAR_EXIT_INTERRUPTED;
		replay->journal =
			fdar_replay_journal_open(replay->output, replay->inputs.names, &error);
		if (!replay->journal)
			return fdar_failure(&usage, error);
	}
	if (replay->wait_for_ns &&
	    !fdar_replay_wait(&replay->routes, replay->wait_for_ns, stop, &error)) {
		fdar_journal_close(g_steal_pointer(&replay->journal), NULL);
		fdar_failure(&usage, error);
		return *stop ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
	}
	replay->reasons = fdar_replay_reasons_new();
	code = replay_play(replay, stop, &error);
	fdar_replay_reasons_free(replay->reasons);
	return error ? fdar_failure(&usage, error) : code;
}

/* The option's value may be left out, which the parser knows of none that has one. */
static void allow_bare_tls(int argc, char **argv)
{
	static char bare[] = "--tls=" CAPTURED_NAME;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--tls") == 0)
			argv[i] = bare;
}

int fdar_cmd_replay(int argc, char **argv)
{
	struct fdar_replay_texts texts = FDAR_REPLAY_TEXTS_INIT;
	g_autofree GOptionEntry *entries = fdar_replay_texts_bind(&texts);
	struct replay replay = { 0 };
	GError *error = NULL;
	int code = FDAR_EXIT_USAGE;

	allow_bare_tls(argc, argv);
	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		fdar_replay_texts_clear(&texts);
		return code;
	}
	if (replay_read(&replay, &texts, argc, argv, &error))
		code = replay_run(&replay);
	else
		code = fdar_usage_error(&usage, "%s", error->message);
	g_clear_error(&error);
	fdar_replay_inputs_clear(&replay.inputs);
	fdar_routes_clear(&replay.routes);
	fdar_replay_rewrite_clear(&replay.rewrite);
	fdar_replay_lockstep_clear(&replay.lockstep);
	fdar_replay_texts_clear(&texts);
	return code;
}
