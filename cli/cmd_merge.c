/* flowdar merge: many recordings, or profiles of them, into one profile. */
#include <gio/gio.h>
#include <stdio.h>

#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/profile_ahead.h"
#include "cli/kit/profile_input.h"
#include "cli/kit/save.h"

static const struct fdar_usage_range ranges[] = {
	{ "jobs", 1, FDAR_JOBS_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.command = "merge",
	.synopsis = "PROFILE-OR-TRACE... -o FILE [OPTIONS]",
	.description =
		"Takes profiles (flowdar analyze --save) and recordings together into one profile, "
		"as "
		"though they\n"
		"were one recording: exactly, in whatever order. A profile is one small file; "
		"analyze, diff and\n"
		"merge take it in the place of recordings. Its format is in "
		"docs/formats/profile.md.\n",
	.examples = "  flowdar merge node1.profile node2.profile -o all.profile\n"
		    "  flowdar merge nightly/*.rec -o nightly.profile\n"
		    "  flowdar diff last-week.profile nightly.profile\n",
};

struct options {
	char *output;
	char *unit;
	gboolean no_cache;
	char *symbols;
	int jobs;
};

static int merge(const struct options *options, char **paths, struct fdar_profile_about *about)
{
	g_autoptr(GError) error = NULL;
	struct fdar_profile_input input = { .usage = &usage,
					    .about = about,
					    .listing = options->symbols,
					    .no_cache = options->no_cache,
					    .stop = fdar_interrupt_catch() };

	if (!options->output)
		return fdar_usage_error(&usage, "expected -o FILE");
	if (!*paths)
		return fdar_usage_error(&usage, "expected profiles or traces");
	if (!fdar_unit_parse(options->unit, &input.unit))
		return fdar_usage_error(&usage, "--unit %s: expected session or request",
					options->unit);
	int code = fdar_save_check_file(&usage, options->output, (const char *const *)paths);

	if (code != FDAR_EXIT_OK)
		return code;
	fdar_profile_input_warn_twice(&usage, paths);
	g_autoptr(fdar_profile) profile =
		fdar_profile_ahead_read_all(&input, paths, (unsigned)options->jobs, &error);
	if (!profile || !fdar_profile_save(profile, about, options->output, &error)) {
		gboolean stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

		fdar_failure(&usage, g_steal_pointer(&error));
		return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
	}
	return FDAR_EXIT_OK;
}

int fdar_cmd_merge(int argc, char **argv)
{
	struct options options = { 0 };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "The profile to write",
		  "FILE" },
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &options.unit,
		  "What counts as a session: session (default) or request", "UNIT" },
		{ "no-cache", 0, 0, G_OPTION_ARG_NONE, &options.no_cache,
		  "Read the recordings again, and keep nothing beside them", NULL },
		{ "jobs", 0, 0, G_OPTION_ARG_INT, &options.jobs,
		  "How many recordings are read at a time (default: as many as processors)", "N" },
		FDAR_OPTION_SYMBOLS(&options.symbols),
		G_OPTION_ENTRY_NULL,
	};
	struct fdar_profile_about about;
	int code = FDAR_EXIT_OK;

	fdar_profile_about_init(&about);
	if (fdar_options_parse(&usage, entries, &argc, &argv, &code))
		code = merge(&options, argv + 1, &about);
	fdar_profile_about_clear(&about);
	g_free(options.output);
	g_free(options.unit);
	g_free(options.symbols);
	return code;
}
