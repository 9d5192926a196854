/* flowdar diff: who made the sessions of one recording slower than those of another. */
#include <gio/gio.h>
#include <stdio.h>

#include "cli/kit/cells.h"
#include "cli/kit/command.h"
#include "cli/diff/diff_report.h"
#include "cli/diff/diff_sides.h"
#include "cli/diff/fail_on.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/profile_input.h"

#define LIMIT_DEFAULT 10

static const struct fdar_usage usage = {
	.command = "diff",
	.synopsis = "BASELINE SUBJECT [OPTIONS]",
	.description =
		"Compares the sessions of two recordings, or of two labels of one, and says in its "
		"first line which\n"
		"function the subject's sessions lose their time in, by what factor, and how: "
		"running, waiting,\n"
		"being called more often, or standing in a queue. Then it lists the functions by "
		"their share of\n"
		"the added time per session (own time, running or in a wait), call paths that only "
		"one side has,\n"
		"and what a reviewer should know.\n"
		"\n"
		"Functions that were switched off on one side, or left out by its rules, are "
		"counted "
		"as a part of\n"
		"their callers on both. --unit request compares requests instead of sessions, "
		"where "
		"the server\n"
		"tells them: better where clients make many on one connection.\n"
		"\n"
		"effect is Cliff's delta (-1 to 1: how surely a session of the subject has more), "
		"p "
		"is corrected\n"
		"for the number of rows. Both traces may be the same when labels differ.\n",
	.examples = "  flowdar diff usual.rec attack.rec\n"
		    "  flowdar diff mixed.rec mixed.rec --baseline-label usual --label attack\n"
		    "  flowdar diff old.rec new.rec --format json > diff.json\n"
		    "  flowdar diff old.rec new.rec --fail-on 'ratio>1.5' --fail-on 'lost>1'\n",
};

struct texts {
	char *label;
	char *baseline_label;
	char *label_from;
	char *baseline_label_from;
	char *format;
	char *unit;
	char **fail_on;
	int limit;
	double min_share; /* per cent */
};

static void texts_clear(struct texts *texts)
{
	g_free(texts->label);
	g_free(texts->baseline_label);
	g_free(texts->label_from);
	g_free(texts->baseline_label_from);
	g_free(texts->format);
	g_free(texts->unit);
	g_strfreev(texts->fail_on);
}

/* Makes sense of the options; gives 0, or the code to return. */
static int request_of(const struct texts *texts, char **paths, struct fdar_diff_request *request)
{
	*request = (struct fdar_diff_request){ .paths = { paths[0], paths[1] } };
	if (!fdar_format_parse(texts->format, &request->format))
		return fdar_usage_error(&usage, "--format %s: expected table, json or csv",
					texts->format);
	if (!fdar_unit_parse(texts->unit, &request->unit))
		return fdar_usage_error(&usage, "--unit %s: expected session or request",
					texts->unit);
	if (texts->limit < 0)
		return fdar_usage_error(&usage, "--limit %d: expected 0 (no limit) or more",
					texts->limit);
	if (!(texts->min_share >= 0 && texts->min_share <= 100))
		return fdar_usage_error(&usage, "--min-share %g: expected per cent, 0 to 100",
					texts->min_share);
	for (char **text = texts->fail_on; text && *text; text++) {
		struct fdar_fail_on ignored;

		if (!fdar_fail_on_parse(*text, &ignored))
			return fdar_usage_error(&usage,
						"--fail-on %s: expected ratio>N, time>N, "
						"unfinished>PERCENT or lost>PERCENT",
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
			fprintf(stderr, "flowdar diff: limit crossed: %s is %.4g (--fail-on %s)\n",
				fail_on.what, value, *text);
			code = FDAR_EXIT_LIMIT;
		}
	}
	return code;
}

static struct fdar_diff *compare(const struct texts *texts, const struct fdar_diff_request *request,
				 GError **error)
{
	const volatile int *stop = fdar_interrupt_catch();
	struct fdar_profile_input baseline_input = { .usage = &usage,
						     .path = request->paths[0],
						     .label_from = texts->baseline_label_from,
						     .unit = request->unit,
						     .stop = stop };
	struct fdar_profile_input subject_input = { .usage = &usage,
						    .path = request->paths[1],
						    .label_from = texts->label_from,
						    .unit = request->unit,
						    .stop = stop };
	struct fdar_diff_options options = { .label = texts->label,
					     .baseline_label = texts->baseline_label };
	struct fdar_diff_sides sides = { 0 };
	struct fdar_diff *diff = NULL;

	if (fdar_diff_sides_read(&baseline_input, &subject_input, &sides, error)) {
		options.unrecorded = sides.unrecorded;
		options.doubt = sides.doubt;
		diff = fdar_diff_new(sides.baseline, sides.subject, &options, error);
	}
	fdar_diff_sides_clear(&sides);
	return diff;
}

static int diff_traces(const struct texts *texts, const struct fdar_diff_request *request)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_diff) diff = compare(texts, request, &error);

	if (!diff) {
		gboolean stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

		fdar_failure(&usage, g_steal_pointer(&error));
		return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
	}
	fdar_diff_print(diff, request, stdout);
	fflush(stdout);
	return check_limits(texts, diff);
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
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &texts.unit,
		  "What is compared: session (default) or request", "UNIT" },
		{ "limit", 'n', 0, G_OPTION_ARG_INT, &texts.limit,
		  "How many rows (default 10; 0: all)", "N" },
		{ "min-share", 0, 0, G_OPTION_ARG_DOUBLE, &texts.min_share,
		  "Leave out rows with less of the added time (default 0.1)", "PERCENT" },
		{ "fail-on", 0, 0, G_OPTION_ARG_STRING_ARRAY, &texts.fail_on,
		  "Exit with 3 when ratio>N, time>N, unfinished>PERCENT or lost>PERCENT; may be "
		  "repeated",
		  "LIMIT" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &texts.format,
		  "table (default), json or csv", "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	struct fdar_diff_request request;
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		code = argc == 3 ? request_of(&texts, &argv[1], &request)
				 : fdar_usage_error(&usage, "expected two traces");
		if (!code)
			code = diff_traces(&texts, &request);
	}
	texts_clear(&texts);
	return code;
}
