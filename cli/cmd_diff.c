/* flowdar diff: who made the sessions of one recording slower than those of another. */
#include <gio/gio.h>
#include <stdio.h>

#include "cli/kit/cells.h"
#include "cli/kit/command.h"
#include "cli/diff/calibration_file.h"
#include "cli/diff/diff_by.h"
#include "cli/diff/diff_report.h"
#include "cli/diff/diff_compare.h"
#include "cli/diff/diff_few.h"
#include "cli/diff/diff_threads.h"
#include "cli/diff/fail_on.h"
#include "cli/diff/self_check.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/profile_input.h"

#define LIMIT_DEFAULT 10
#define BYS           "function, client, label, request, component, thread or host"

static const struct fdar_usage_values values[] = {
	{ "require-confidence", "medium high", FALSE },
	{ "by", "function client label request component thread host", FALSE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "limit", 0, FDAR_ANY_NUMBER, FALSE },
	{ "min-share", 0, 100, FALSE },
	{ "jobs", 1, FDAR_JOBS_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.values = values,
	.command = "diff",
	.synopsis = "BASELINE SUBJECT [OPTIONS]",
	.description =
		"Compares the sessions of two recordings, or of two labels of one, and says in\n"
		"its first line which function the subject's sessions lose their time in, by\n"
		"what factor, and how: running, waiting, being called more often, or standing\n"
		"in a queue. Then it lists the functions by their share of the added time per\n"
		"session (own time, running or in a wait), call paths that only one side has,\n"
		"and what a reviewer should know.\n"
		"\n"
		"Functions that were switched off on one side, or left out by its rules, are\n"
		"counted as a part of their callers on both. --unit request compares requests\n"
		"instead of sessions, where the server tells them: better where clients make\n"
		"many on one connection.\n"
		"\n"
		"Runs differ from run to run: with several recordings a side (--baseline,\n"
		"--subject) a difference must exceed that; with one, what repeated baselines\n"
		"differ by (--calibration, flowdar calibrate). The confidence is low, medium or\n"
		"high, with the reason beside it; what cannot be compared gets no verdict, exit\n"
		"code 4, and neither does --fail-on without evidence (low).\n"
		"\n"
		"effect is Cliff's delta (-1 to 1: how surely a session of the subject has\n"
		"more), p is one-sided and corrected for the number of rows. Both traces may be\n"
		"the same when labels differ. Where both sides have samples (flowdar record\n"
		"--sample) these are compared, too: by session, and they give the verdict where\n"
		"no recorded function can. Where both have the journal of their replay, what\n"
		"clients waited for answers is said. --by client, label and request say what the\n"
		"sessions of each client, those under each label, or requests for the same took\n"
		"on either side, and --by component what all took in each binary, without a\n"
		"verdict. --by thread and --by host say what threads of a name, or all of a\n"
		"host, ran a session on either side, without a verdict; the workers of a pool\n"
		"(worker-1, worker-2) are one row. A side may be a profile instead of a\n"
		"recording (flowdar analyze --save, flowdar merge).\n",
	.examples = "  flowdar diff usual.rec attack.rec\n"
		    "  flowdar diff mixed.rec mixed.rec --baseline-label usual --label attack\n"
		    "  flowdar diff old.rec new.rec --format json > diff.json\n"
		    "  flowdar diff old.rec new.rec --fail-on 'ratio>1.5' --fail-on 'lost>1'\n"
		    "  flowdar diff old1.rec new1.rec --baseline old2.rec --subject new2.rec\n",
};

struct texts {
	char *label;
	char *baseline_label;
	char *label_from;
	char *baseline_label_from;
	char *format;
	char *unit;
	char *require;
	char *by;
	char *calibration;
	char **fail_on;
	char **baselines;
	char **subjects;
	gboolean self_check;
	int limit;
	gboolean no_cache;
	int jobs;
	char *rules;
	double min_share; /* per cent */
	char *symbols[2]; /* of the baseline, and of the subject */
};

static void texts_clear(struct texts *texts)
{
	g_free(texts->label);
	g_free(texts->baseline_label);
	g_free(texts->label_from);
	g_free(texts->baseline_label_from);
	g_free(texts->format);
	g_free(texts->unit);
	g_free(texts->require);
	g_free(texts->by);
	g_free(texts->calibration);
	g_free(texts->rules);
	g_free(texts->symbols[0]);
	g_free(texts->symbols[1]);
	g_strfreev(texts->fail_on);
	g_strfreev(texts->baselines);
	g_strfreev(texts->subjects);
}

/* Makes sense of the options; gives 0, or the code to return. */
static int request_of(const struct texts *texts, char ***paths, struct fdar_diff_request *request)
{
	*request = (struct fdar_diff_request){ .paths = { paths[0], paths[1] } };
	if (!fdar_format_parse(texts->format, &request->format))
		return fdar_usage_error(&usage, "--format %s: expected table, json or csv",
					texts->format);
	if (!fdar_unit_parse(texts->unit, &request->unit))
		return fdar_usage_error(&usage, "--unit %s: expected session or request",
					texts->unit);
	enum fdar_confidence ignored;
	if (texts->require && !fdar_confidence_parse(texts->require, &ignored))
		return fdar_usage_error(&usage, "--require-confidence %s: expected medium or high",
					texts->require);
	for (char **text = texts->fail_on; text && *text; text++) {
		struct fdar_fail_on parsed;

		if (!fdar_fail_on_parse(*text, &parsed))
			return fdar_usage_error(&usage, "--fail-on %s: " FDAR_FAIL_ON_EXPECTED,
						*text);
	}
	request->limit = (guint)texts->limit;
	request->min_share = texts->min_share / 100;
	return 0;
}

static int check_limits(const struct texts *texts, const struct fdar_diff *diff)
{
	int code = FDAR_EXIT_OK;

	for (char **text = texts->fail_on; text && *text; text++) {
		struct fdar_fail_on fail_on;
		double value = 0;

		if (fdar_fail_on_parse(*text, &fail_on) &&
		    fdar_fail_on_check(&fail_on, diff, &value)) {
			g_autofree char *shown = value < 1000 ? g_strdup_printf("%.4g", value)
							      : fdar_format_number(value);

			fprintf(stderr, "flowdar diff: limit crossed: %s is %s (--fail-on %s)\n",
				fail_on.what, shown, *text);
			code = FDAR_EXIT_LIMIT;
		}
	}
	return code;
}

static gboolean is_one(const struct fdar_diff_request *request)
{
	char *const *before = request->paths[0], *const *after = request->paths[1];

	return before[0] && after[0] && !before[1] && !after[1] && strcmp(before[0], after[0]) == 0;
}

static void set_inputs(const struct texts *texts, const struct fdar_diff_request *request,
		       const volatile int *stop, struct fdar_diff_side_input inputs[2])
{
	const char *labels[2] = { texts->baseline_label_from, texts->label_from };

	/* One recording, compared with itself by label: one file of labels is both sides'. */
	if (is_one(request)) {
		labels[0] = labels[0] ? labels[0] : labels[1];
		labels[1] = labels[1] ? labels[1] : labels[0];
	}

	for (int s = 0; s < 2; s++)
		inputs[s] = (struct fdar_diff_side_input){
			.input = { .usage = &usage,
				   .label_from = labels[s],
				   .listing = fdar_profile_input_listing(
					   (const char *const *)texts->symbols, (unsigned)s),
				   .unit = request->unit,
				   .no_cache = texts->no_cache,
				   .rules = texts->rules,
				   .stop = stop },
			.paths = request->paths[s],
			.jobs = (unsigned)texts->jobs
		};
}

static gboolean read_sides(const struct texts *texts, struct fdar_diff_request *request,
			   struct fdar_diff_compared *compared, struct fdar_diff_options *options,
			   GError **error)
{
	struct fdar_diff_side_input inputs[2];

	set_inputs(texts, request, fdar_interrupt_catch(), inputs);
	compared->unit = request->unit;
	compared->unit_is_open = !texts->unit;
	if (!fdar_diff_read_asked(inputs, compared, &options->asked, error))
		return FALSE;
	request->unit = compared->unit;
	fdar_diff_sides_options(&compared->sides, options);
	return TRUE;
}

static gboolean check_sides(const struct texts *texts, const struct fdar_diff_request *request,
			    const struct fdar_diff_sides *sides, GError **error)
{
	struct fdar_diff_side_input inputs[2];

	set_inputs(texts, request, fdar_interrupt_catch(), inputs);
	for (int s = 0; s < 2; s++) {
		for (guint i = 0; i < sides->runs[s]->len; i++) {
			const struct fdar_profile *run = g_ptr_array_index(sides->runs[s], i);
			guint64 sessions = 0;

			for (uint32_t g = 1; g < run->group_count; g++)
				sessions += run->groups[g].sessions;
			inputs[s].input.path = request->paths[s][i];
			if (!fdar_self_check(&inputs[s].input, sessions, stdout, error))
				return FALSE;
		}
	}
	return TRUE;
}

/* A calibration is of one server and one unit. */
static gboolean check_calibration(const struct texts *texts, const struct fdar_diff *diff,
				  const struct fdar_calibration *calibration, GError **error)
{
	const char *of = calibration->program, *recorded = diff->baseline.program;

	if (!texts->calibration)
		return TRUE;
	if (calibration->unit != diff->unit)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			    "%s is of %s, and %s are compared: see --unit", texts->calibration,
			    calibration->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions",
			    diff->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions");
	else if (*of && *recorded && strcmp(of, recorded) != 0)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			    "%s is a calibration of %s, and the baseline is of %s",
			    texts->calibration, of, recorded);
	else
		return TRUE;
	return FALSE;
}

static struct fdar_diff *compare(const struct texts *texts, struct fdar_diff_request *request,
				 GError **error)
{
	struct fdar_diff_options options = { .label = texts->label,
					     .baseline_label = texts->baseline_label };
	struct fdar_calibration calibration = { 0 };
	struct fdar_diff_compared compared = { 0 };
	const struct fdar_diff_sides *sides = &compared.sides;
	struct fdar_diff *diff = NULL;

	if (texts->calibration)
		options.calibration = &calibration;
	if ((!texts->calibration ||
	     fdar_calibration_load(texts->calibration, &calibration, error)) &&
	    read_sides(texts, request, &compared, &options, error) &&
	    (!texts->self_check || check_sides(texts, request, sides, error)))
		diff = fdar_diff_new(fdar_diff_side(sides, 0), fdar_diff_side(sides, 1), &options,
				     error);
	if (diff && !check_calibration(texts, diff, &calibration, error))
		g_clear_pointer(&diff, fdar_diff_free);
	fdar_diff_compared_clear(&compared);
	fdar_calibration_clear(&calibration);
	return diff;
}

/* What recordings know beside their profiles: samples, which may give the verdict, and sessions by name. */
static gboolean complete(const struct texts *texts, const struct fdar_diff_request *request,
			 struct fdar_diff *diff, struct fdar_diff_samples *samples, GError **error)
{
	const char *labels[2] = { texts->baseline_label ? texts->baseline_label : texts->label,
				  texts->label };
	struct fdar_diff_side_input inputs[2];

	set_inputs(texts, request, fdar_interrupt_catch(), inputs);
	if (!fdar_diff_samples_read(inputs, labels, samples, error))
		return FALSE;
	fdar_diff_samples_decide(samples, diff);
	return fdar_diff_few_name(&inputs[1], labels[1], diff, error);
}

/* Nothing is green on no evidence. */
static int exit_code(const struct texts *texts, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	enum fdar_confidence least = FDAR_CONFIDENCE_LOW;

	if (verdict->refused)
		return FDAR_EXIT_NO_VERDICT;
	fdar_confidence_parse(texts->require, &least);
	int code = verdict->confidence < least ? FDAR_EXIT_NO_VERDICT : check_limits(texts, diff);
	if (code == FDAR_EXIT_OK && texts->fail_on && verdict->confidence == FDAR_CONFIDENCE_LOW)
		code = FDAR_EXIT_NO_VERDICT;
	if (code == FDAR_EXIT_NO_VERDICT)
		fprintf(stderr, "flowdar diff: no verdict to rely on: the confidence is %s: %s\n",
			fdar_confidence_name(verdict->confidence), verdict->reason);
	return code;
}

/* A table has no verdict, and nothing that goes by one; threads work for all. */
static int check_by(const struct texts *texts, enum fdar_diff_by by)
{
	gboolean of_sessions = by < FDAR_DIFF_BYS;

	if (!of_sessions && strcmp(texts->by, "thread") != 0 && strcmp(texts->by, "host") != 0)
		return fdar_usage_error(&usage, "--by %s: expected " BYS, texts->by);
	if ((!of_sessions || by == FDAR_DIFF_BY_LABEL) && (texts->label || texts->baseline_label))
		return fdar_usage_error(&usage, "--by %s: %s", texts->by,
					of_sessions ? "each label has a row"
						    : "threads work for all labels");
	if (texts->fail_on || texts->require || texts->calibration || texts->self_check)
		return fdar_usage_error(&usage,
					"--by %s: a table without a verdict, which --fail-on, "
					"--require-confidence, --calibration and --self-check are "
					"about",
					texts->by);
	return FDAR_EXIT_OK;
}

static int diff_tables(const struct texts *texts, struct fdar_diff_request *request)
{
	const char *const labels[2] = { texts->baseline_label ? texts->baseline_label
							      : texts->label,
					texts->label };
	const volatile int *stop = fdar_interrupt_catch();
	struct fdar_diff_side_input inputs[2];
	GError *error = NULL;
	enum fdar_diff_by by;
	gboolean of_sessions = fdar_diff_by_parse(texts->by, &by), ok;
	int code = check_by(texts, by);

	if (code != FDAR_EXIT_OK)
		return code;
	if (by == FDAR_DIFF_BY_REQUEST)
		request->unit = FDAR_UNIT_REQUEST;
	set_inputs(texts, request, stop, inputs);
	ok = of_sessions ? fdar_diff_by(by, inputs, labels, request, stdout, &error)
			 : fdar_diff_threads(inputs, request, strcmp(texts->by, "host") == 0,
					     stdout, &error);
	if (ok)
		return FDAR_EXIT_OK;
	fdar_failure(&usage, error);
	return *stop ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
}

static void read_clients(const struct texts *texts, const struct fdar_diff_request *request,
			 struct fdar_diff_clients *clients)
{
	const char *labels[2] = { texts->baseline_label ? texts->baseline_label : texts->label,
				  texts->label };
	struct fdar_diff_side_input inputs[2];

	set_inputs(texts, request, fdar_interrupt_catch(), inputs);
	fdar_diff_clients_read(inputs, labels, clients);
}

static int diff_traces(const struct texts *texts, struct fdar_diff_request *request)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_diff) diff = compare(texts, request, &error);
	struct fdar_diff_samples samples = { 0 };
	struct fdar_diff_clients clients = { 0 };

	if (!diff || !complete(texts, request, diff, &samples, &error)) {
		gboolean stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
		gboolean label = strstr(error->message, "with the label") != NULL;

		fdar_failure(&usage, g_steal_pointer(&error));
		if (label)
			fputs("Labels are in a recording's replay.jsonl (flowdar record --play "
			      "--label), or come "
			      "from --label-from FILE.\n",
			      stderr);
		return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
	}
	read_clients(texts, request, &clients);
	request->samples = &samples;
	request->clients = &clients;
	fdar_diff_print(diff, request, stdout);
	fflush(stdout);
	fdar_diff_samples_clear(&samples);
	fdar_diff_clients_clear(&clients);
	return exit_code(texts, diff);
}

/* The arguments, and then what options add to each side. The caller frees both. */
static gboolean paths_of(const struct texts *texts, int argc, char **argv, char **paths[2])
{
	GPtrArray *lists[2] = { g_ptr_array_new(), g_ptr_array_new() };
	char **added[2] = { texts->baselines, texts->subjects };
	gboolean one = argc == 2 && texts->baselines && !texts->subjects;

	if (argc == 3)
		g_ptr_array_add(lists[0], argv[1]);
	if (argc == 3 || one)
		g_ptr_array_add(lists[1], argv[argc - 1]);
	for (int s = 0; s < 2; s++) {
		for (char **path = added[s]; path && *path; path++)
			g_ptr_array_add(lists[s], *path);
		gboolean some = lists[s]->len > 0;
		g_ptr_array_add(lists[s], NULL);
		paths[s] = (char **)g_ptr_array_free(lists[s], FALSE);
		one = s ? one && some : some;
	}
	return (argc <= 3 && paths[0][0] && paths[1][0]) && (argc != 2 || one);
}

/* What is left of the command line are the recordings. */
static int run(struct texts *texts, int argc, char **argv)
{
	struct fdar_diff_request request;
	char **paths[2] = { NULL, NULL };
	gboolean both = paths_of(texts, argc, argv, paths);
	int code = request_of(texts, paths, &request);

	if (!code && !both)
		code = fdar_usage_error(&usage, "expected two recordings, baseline and subject");
	if (!code)
		fdar_diff_sides_warn(&usage, (char *const *const *)paths,
				     g_strcmp0(texts->baseline_label, texts->label) != 0 &&
					     texts->baseline_label);
	if (!code)
		code = texts->by && strcmp(texts->by, "function") != 0
			       ? diff_tables(texts, &request)
			       : diff_traces(texts, &request);
	g_free(paths[0]);
	g_free(paths[1]);
	return code;
}

int fdar_cmd_diff(int argc, char **argv)
{
	struct texts texts = { .limit = LIMIT_DEFAULT, .min_share = 0.1 };
	const GOptionEntry entries[] = {
		{ "label", 0, 0, G_OPTION_ARG_STRING, &texts.label,
		  "Only the sessions with this label, on both sides", "LABEL" },
		{ "baseline-label", 0, 0, G_OPTION_ARG_STRING, &texts.baseline_label,
		  "Another label for the baseline", "LABEL" },
		{ "label-from", 0, 0, G_OPTION_ARG_FILENAME, &texts.label_from,
		  "Labels of the subject: the replay.jsonl of flowdar replay (default: the "
		  "recording's own)",
		  "FILE" },
		{ "baseline-label-from", 0, 0, G_OPTION_ARG_FILENAME, &texts.baseline_label_from,
		  "The same for the baseline", "FILE" },
		{ "by", 0, 0, G_OPTION_ARG_STRING, &texts.by,
		  "What a row is (see above; default function)", "WHAT" },
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &texts.unit,
		  "What is compared: session (default) or request", "UNIT" },
		{ "limit", 'n', 0, G_OPTION_ARG_INT, &texts.limit,
		  "How many rows (default 10; 0: all)", "N" },
		{ "min-share", 0, 0, G_OPTION_ARG_DOUBLE, &texts.min_share,
		  "Leave out rows with less of the added time (default 0.1)", "PERCENT" },
		{ "baseline", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts.baselines,
		  "One more recording of the baseline; may be repeated", "REC" },
		{ "subject", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts.subjects,
		  "One more recording of the subject; may be repeated", "REC" },
		{ "calibration", 0, 0, G_OPTION_ARG_FILENAME, &texts.calibration,
		  "How much runs differ here: what flowdar calibrate made", "DIR" },
		{ "self-check", 0, 0, G_OPTION_ARG_NONE, &texts.self_check,
		  "First say how often halves of one recording seem to differ", NULL },
		{ "require-confidence", 0, 0, G_OPTION_ARG_STRING, &texts.require,
		  "Exit with 4 when the verdict's is lower: medium or high", "LEVEL" },
		{ "fail-on", 0, 0, G_OPTION_ARG_STRING_ARRAY, &texts.fail_on,
		  "Exit with 3 when ratio>N, time>N, unfinished>PERCENT or lost>PERCENT; may be "
		  "repeated",
		  "LIMIT" },
		FDAR_OPTION_RULES(&texts.rules),
		{ "no-cache", 0, 0, G_OPTION_ARG_NONE, &texts.no_cache,
		  "Read the recordings again, and keep nothing beside them", NULL },
		{ "jobs", 0, 0, G_OPTION_ARG_INT, &texts.jobs,
		  "How many recordings are read at a time (default: as many as processors)", "N" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &texts.format,
		  "table (default), json or csv", "FORMAT" },
		FDAR_OPTION_SYMBOLS(&texts.symbols[1]),
		FDAR_OPTION_BASELINE_SYMBOLS(&texts.symbols[0]),
		G_OPTION_ENTRY_NULL,
	};
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code))
		code = run(&texts, argc, argv);
	texts_clear(&texts);
	return code;
}
