/* flowdar batch: many recordings, each into a profile; a table of them, and where it changed. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>

#include "base/target.h"
#include "cli/batch/batch_run.h"
#include "cli/batch/batch_table.h"
#include "cli/kit/cells.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/save.h"

static const struct fdar_usage_range ranges[] = {
	{ "jobs", 1, FDAR_JOBS_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.command = "batch",
	.synopsis = "RECORDING-OR-FOLDER... -o DIR [OPTIONS]",
	.description =
		"Analyzes many recordings, some at a time, each into a profile in DIR (flowdar "
		"analyze --save), and\n"
		"prints a line for each and a table at the end, in the order in which they were "
		"recorded. One that\n"
		"fails does not stop the others: the exit code is 1 then. What is done already is "
		"not done again;\n"
		"what failed is.\n"
		"\n"
		"The table marks runs that stand apart from their neighbours (outlier), and where "
		"the time per\n"
		"session changed for good (changed here, from eight runs on), so that a nightly "
		"run "
		"can watch a\n"
		"release train. What is damaged or unfinished is warned of, and no run among them "
		"(incomplete).\n",
	.examples = "  flowdar batch nightly/ -o nightly.profiles\n"
		    "  flowdar batch monday.rec tuesday.rec -o week --jobs 4 --format json\n"
		    "  flowdar merge week/*.profile -o week.profile\n",
};

struct options {
	char *output;
	char *unit;
	char *rules;
	char *symbols;
	char *format;
	int jobs;
	gboolean again;
};

/* The lines go to stderr where stdout is for machines. */
static void on_through(const struct fdar_batch_case *one, gboolean before, void *user)
{
	FILE *out = user;

	if (one->error)
		fprintf(out, "%s: failed: %s\n", one->name, one->error);
	else
		fprintf(out, "%s: done%s\n", one->name, before ? " before" : "");
	fflush(out);
}

static void warn_of_doubts(const GPtrArray *cases)
{
	for (guint i = 0; i < cases->len; i++) {
		const struct fdar_batch_case *one = g_ptr_array_index(cases, i);
		const char *doubt = fdar_batch_doubt(one);

		if (doubt)
			fdar_warning(&usage, "%s: %s", one->name, doubt);
	}
}

static gboolean any_failed(const GPtrArray *cases)
{
	for (guint i = 0; i < cases->len; i++)
		if (((const struct fdar_batch_case *)g_ptr_array_index(cases, i))->error)
			return TRUE;
	return FALSE;
}

static int batch(const struct options *options, char **paths, enum fdar_format format)
{
	g_autoptr(GError) error = NULL;
	struct fdar_batch_options run = {
		.jobs = (guint)options->jobs,
		.unit = options->unit,
		.rules = options->rules,
		.listing = options->symbols,
		.again = options->again,
		.stop = fdar_interrupt_catch(),
		.through = on_through,
		.user = format == FDAR_FORMAT_TABLE ? stdout : stderr,
	};
	g_autoptr(GPtrArray) cases = fdar_batch_cases_new(paths, options->output, &error);

	if (!cases)
		return fdar_failure(&usage, g_steal_pointer(&error));
	if (!fdar_target_folder(options->output, FDAR_TARGET_MAKE, NULL, &error))
		return fdar_failure(&usage, g_steal_pointer(&error));
	struct fdar_batch_making *making = fdar_batch_making_begin(options->output, &error);

	if (!making)
		return fdar_failure(&usage, g_steal_pointer(&error));
	gboolean through = fdar_batch_run(cases, &run, making);

	fdar_batch_making_end(making);
	if (!through)
		return FDAR_EXIT_INTERRUPTED;
	fdar_batch_load(cases);
	warn_of_doubts(cases);
	fdar_batch_print(cases, format, stdout);
	return any_failed(cases) ? FDAR_EXIT_FAILED : FDAR_EXIT_OK;
}

int fdar_cmd_batch(int argc, char **argv)
{
	struct options options = { .jobs = (int)g_get_num_processors() };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "Where the profiles go",
		  "DIR" },
		{ "jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs,
		  "How many at a time (default: as many as there are processors)", "N" },
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &options.unit,
		  "What counts as a session: session (default) or request", "UNIT" },
		FDAR_OPTION_RULES(&options.rules),
		{ "again", 0, 0, G_OPTION_ARG_NONE, &options.again, "Do what is done already, too",
		  NULL },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &options.format,
		  "table (default), json or csv", "FORMAT" },
		FDAR_OPTION_SYMBOLS(&options.symbols),
		G_OPTION_ENTRY_NULL,
	};
	enum fdar_format format;
	int code = FDAR_EXIT_OK;

	gboolean go_on = fdar_options_parse(&usage, entries, &argc, &argv, &code);

	if (go_on && !fdar_format_parse(options.format, &format))
		code = fdar_usage_error(&usage, "--format %s: expected table, json or csv",
					options.format);
	else if (go_on && (!options.output || argc < 2))
		code = fdar_usage_error(&usage, "%s",
					argc < 2 ? "which recordings?" : "-o DIR is missing");
	else if (go_on)
		code = fdar_save_check(&usage, options.output, (const char *const *)argv + 1);
	if (go_on && code == FDAR_EXIT_OK)
		code = batch(&options, argv + 1, format);
	g_free(options.output);
	g_free(options.unit);
	g_free(options.rules);
	g_free(options.symbols);
	g_free(options.format);
	return code;
}
