/* flowdar calibrate: how much runs of one server under one load differ on this machine. */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "analyze/diff/calibration.h"
#include "base/target.h"
#include "cli/diff/calibration_file.h"
#include "cli/diff/diff_sides.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/print.h"
#include "cli/kit/table.h"
#include "cli/reduce/child.h"

#define RUNS_DEFAULT 5
#define RUNS_MAX     100
#define RECORD_SAYS  "flowdar record: "

static const struct fdar_usage_range ranges[] = {
	{ "runs", FDAR_CALIBRATION_RUNS_MIN, RUNS_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage_values values[] = {
	{ "detail", "session io function all", FALSE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.values = values,
	.command = "calibrate",
	.synopsis = "-o DIR [OPTIONS] RECORDING... | -- SERVER ARGUMENT ...",
	.description =
		"How much do runs of one server under one load differ on this machine? Records the "
		"server several times\n"
		"under the same load, or takes recordings of that (three or more), compares each "
		"with each other\n"
		"one, and says the most that a function and a session took longer, and how often "
		"such a\n"
		"comparison names a function: false alarms, as nothing has changed. DIR gets\n"
		"  calibration.json   what flowdar diff --calibration takes\n"
		"  run1, run2, ...    the recordings, where it made them\n"
		"\n"
		"With it, one recording a side is enough for a verdict of high confidence: where "
		"the difference is\n"
		"beyond twice of what these runs ever showed. Record both sides as these were: the "
		"same load,\n"
		"settings and machine.\n",
	.examples = "  flowdar calibrate -o calm --io --play usual.pcap -- ./server --port 8080\n"
		    "  flowdar calibrate -o calm old1.rec old2.rec old3.rec\n"
		    "  flowdar diff old.rec new.rec --calibration calm\n",
};

struct texts {
	char *output, *play, *clones, *detail, *functions, *to, *unit;
	gboolean io, no_cache;
	int runs;
};

#define TEXT(field)      G_OPTION_ARG_STRING, (gpointer)offsetof(struct texts, field)
#define FILE_NAME(field) G_OPTION_ARG_FILENAME, (gpointer)offsetof(struct texts, field)
#define FLAG(field)      G_OPTION_ARG_NONE, (gpointer)offsetof(struct texts, field)

static const GOptionEntry table[] = {
	{ "output", 'o', 0, FILE_NAME(output), "The folder to make", "DIR" },
	{ "runs", 0, 0, G_OPTION_ARG_INT, (gpointer)offsetof(struct texts, runs),
	  "How many to record (default 5, at least 3)", "N" },
	{ "play", 0, 0, FILE_NAME(play), "The load of each run: a capture, as of flowdar record",
	  "CAPTURE" },
	{ "clones", 'n', 0, TEXT(clones), "Play every session N times", "N" },
	{ "to", 0, 0, TEXT(to), "Play at this address instead of the port it listens on",
	  "HOST:PORT" },
	{ "detail", 'd', 0, TEXT(detail), "As of flowdar record", "LEVEL" },
	{ "io", 0, 0, FLAG(io), "As of flowdar record", NULL },
	{ "functions", 'f', 0, TEXT(functions), "As of flowdar record", "RULES" },
	{ "unit", 0, 0, TEXT(unit), "What will be compared: session (default) or request", "UNIT" },
	{ "no-cache", 0, 0, FLAG(no_cache),
	  "Read the recordings again, and keep nothing beside them", NULL },
	G_OPTION_ENTRY_NULL,
};

/* ---- recording: another command, in a process of its own ---- */

static void add_option(GPtrArray *arguments, const char *name, const char *value)
{
	if (!value)
		return;
	g_ptr_array_add(arguments, g_strdup(name));
	g_ptr_array_add(arguments, g_strdup(value));
}

/* What record would not take is this command line's fault: said as such, and nothing is left of it. */
static int refuse_as_record(const char *log)
{
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents(log, &text, NULL, NULL))
		return FDAR_EXIT_USAGE;
	text[strcspn(text, "\n")] = '\0';
	line = g_str_has_prefix(text, RECORD_SAYS) ? text + strlen(RECORD_SAYS) : text;
	g_unlink(log);
	return fdar_usage_error(&usage, "%s", line);
}

static int record_run(const struct texts *texts, char **server, const char *to, const char *log)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(arguments, g_strdup("record"));
	g_ptr_array_add(arguments, g_strdup("-q"));
	if (texts->io)
		g_ptr_array_add(arguments, g_strdup("--io"));
	add_option(arguments, "-o", to);
	add_option(arguments, "--play", texts->play);
	add_option(arguments, "--clones", texts->clones);
	add_option(arguments, "--to", texts->to);
	add_option(arguments, "--detail", texts->detail);
	add_option(arguments, "--functions", texts->functions);
	g_ptr_array_add(arguments, g_strdup("--"));
	for (; *server; server++)
		g_ptr_array_add(arguments, g_strdup(*server));
	g_ptr_array_add(arguments, NULL);
	return fdar_child_command(fdar_cmd_record, (char **)arguments->pdata, log);
}

/* The paths of all runs; NULL and a code to return. */
static char **record_all(const struct texts *texts, char **server, int *code)
{
	const volatile int *stop = fdar_interrupt_catch();
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *log = g_build_filename(texts->output, "record.log", NULL);

	for (int i = 1; i <= texts->runs; i++) {
		char *path = g_strdup_printf("%s/run%d", texts->output, i);

		g_ptr_array_add(paths, path);
		fprintf(stderr, "run %d of %d\n", i, texts->runs);
		*code = record_run(texts, server, path, log);
		if (*stop)
			*code = FDAR_EXIT_INTERRUPTED;
		else if (*code == FDAR_EXIT_USAGE)
			refuse_as_record(log);
		else if (*code != FDAR_EXIT_OK)
			fdar_warning(&usage, "run %d failed: %s says why", i, log);
		if (*code != FDAR_EXIT_OK)
			return NULL;
	}
	g_unlink(log);
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&paths), FALSE);
}

/* ---- what runs differ by ---- */

static void print(const struct fdar_calibration *found, const char *path)
{
	const char *unit = found->unit == FDAR_UNIT_REQUEST ? "request" : "session";
	g_autofree char *session = fdar_format_duration(found->session_ns);
	g_autofree char *function = fdar_format_duration(found->function_ns);
	const uint32_t *alarms = found->alarms;

	fdar_print_line("%u runs%s%s, of %" G_GUINT64_FORMAT
			" %ss or more: at most, one differs from another",
			found->runs, *found->program ? " of " : "", found->program, found->sessions,
			unit);
	fdar_print_line("  by %s a %s, %.2fx", session, unit, found->session_ratio);
	fdar_print_line("  by %s a %s of one function%s%s%s, %.2fx", function, unit,
			found->function ? " (" : "", found->function ? found->function : "",
			found->function ? ")" : "", found->function_ratio);
	fdar_print_line(
		"false alarms: %u of %u pairs name a function (%u high, %u medium, %u low), "
		"%u %s that %ss take longer",
		alarms[0] + alarms[1] + alarms[2], found->pairs, alarms[FDAR_CONFIDENCE_HIGH],
		alarms[FDAR_CONFIDENCE_MEDIUM], alarms[FDAR_CONFIDENCE_LOW], found->claims,
		found->claims == 1 ? "says" : "say", unit);
	fdar_print_line("flowdar diff BASELINE SUBJECT --calibration %s", path);
}

/* As flowdar diff reads the runs of one side: what it would doubt is no calibration. */
static gboolean calibrate(const struct texts *texts, char **paths, enum fdar_unit unit,
			  struct fdar_calibration *found, GError **error)
{
	char *one[2] = { paths[0], NULL };
	const struct fdar_profile_input input = { .usage = &usage,
						  .unit = unit,
						  .no_cache = texts->no_cache,
						  .stop = fdar_interrupt_catch() };
	struct fdar_diff_side_input inputs[2] = { { .input = input, .paths = one },
						  { .input = input, .paths = paths } };
	struct fdar_diff_options options = { 0 };
	struct fdar_diff_sides sides = { 0 };
	gboolean fine = fdar_diff_sides_read(inputs, &sides, error);

	if (fine) {
		fdar_diff_sides_options(&sides, &options);
		options.runs[0] = options.runs[1] = NULL;
		options.run_count[0] = options.run_count[1] = 0;
		fine = fdar_calibration_make(
			(const struct fdar_profile *const *)sides.runs[1]->pdata,
			sides.runs[1]->len, &options, found, error);
	}
	fdar_diff_sides_clear(&sides);
	return fine;
}

static int calibrate_and_save(const struct texts *texts, char **paths)
{
	g_autofree char *path = g_build_filename(texts->output, FDAR_CALIBRATION_NAME, NULL);
	struct fdar_calibration found = { 0 };
	enum fdar_unit unit = FDAR_UNIT_SESSION;
	GError *error = NULL;
	int code = FDAR_EXIT_OK;

	fdar_unit_parse(texts->unit, &unit);
	if (calibrate(texts, paths, unit, &found, &error) &&
	    fdar_calibration_save(&found, path, &error))
		print(&found, texts->output);
	else
		code = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
			       ? FDAR_EXIT_INTERRUPTED
			       : FDAR_EXIT_FAILED;
	if (error)
		fdar_failure(&usage, error);
	fdar_calibration_clear(&found);
	return code;
}

/* words: the recordings, or with --play the server's command. */
static int run(const struct texts *texts, char **words)
{
	GError *error = NULL;
	char **made = NULL;
	int code = FDAR_EXIT_OK;

	if (!fdar_target_folder(texts->output, 0, NULL, &error))
		return fdar_failure(&usage, error);
	if (texts->play)
		made = record_all(texts, words, &code);
	if (code == FDAR_EXIT_OK)
		code = calibrate_and_save(texts, made ? made : words);
	g_rmdir(texts->output); /* only when nothing is in it */
	g_strfreev(made);
	return code;
}

static int check(const struct texts *texts, int words)
{
	enum fdar_unit unit;

	if (!texts->output)
		return fdar_usage_error(&usage, "expected -o DIR");
	if (!fdar_unit_parse(texts->unit, &unit))
		return fdar_usage_error(&usage, "--unit %s: expected session or request",
					texts->unit);
	if (texts->play && !words)
		return fdar_usage_error(&usage, "expected the server's command after --");
	if (!texts->play && words < (int)FDAR_CALIBRATION_RUNS_MIN)
		return fdar_usage_error(&usage,
					"%d recordings: expected %u or more, or --play CAPTURE -- "
					"SERVER",
					words, FDAR_CALIBRATION_RUNS_MIN);
	return FDAR_EXIT_OK;
}

static void texts_clear(struct texts *texts)
{
	char *all[] = { texts->output,    texts->play, texts->clones, texts->detail,
			texts->functions, texts->to,   texts->unit };

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
}

int fdar_cmd_calibrate(int argc, char **argv)
{
	struct texts texts = { .runs = RUNS_DEFAULT };
	g_autofree GOptionEntry *entries = fdar_options_bind(table, sizeof(table), &texts);
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		gboolean dashes = argc > 1 && strcmp(argv[1], "--") == 0;
		char **words = argv + 1 + dashes;

		code = check(&texts, argc - 1 - dashes);
		if (code == FDAR_EXIT_OK)
			code = run(&texts, words);
	}
	texts_clear(&texts);
	return code;
}
