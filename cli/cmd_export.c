/* flowdar export: a recording in the form of others. */
#include <gio/gio.h>
#include <stdio.h>

#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/reading.h"
#include "cli/replay/replay_tables.h"
#include "cli/kit/table.h"
#include "pipeline/source/export.h"
#include "pipeline/recording/recording.h"

static const struct fdar_usage usage = {
	.command = "export",
	.synopsis = "RECORDING --ctf OUT",
	.description = "Gives the trace of a recording to other programs. --ctf makes the "
		       "directory OUT, a\n"
		       "plain CTF 1.8 trace as LTTng writes it, for babeltrace2 and Trace Compass: "
		       "streams\n"
		       "that are packed in the recording are unpacked byte for byte, the rest is "
		       "copied. OUT\n"
		       "must be new or empty; when it cannot be finished, nothing is left of it.\n",
	.examples = "  flowdar export bad --ctf bad-ctf\n"
		    "  babeltrace2 bad-ctf | less\n",
};

/* What whoever reads the result with another program would not learn from it. */
static void warn(const char *path, const struct fdar_export *result)
{
	struct fdar_recording_info info = { 0 };

	if (result->damaged)
		fdar_warning(&usage, "damaged: %s", result->damage);
	if (result->damaged > 1)
		fdar_warning(&usage, "damaged: %u more stream files", result->damaged - 1);
	if (result->dropped > result->dropped_ends)
		fdar_warning(&usage,
			     "%" G_GUINT64_FORMAT
			     " events were dropped while recording: others show "
			     "packets lost in their places",
			     result->dropped - result->dropped_ends);
	if (result->dropped_ends)
		fdar_warning(&usage,
			     "%" G_GUINT64_FORMAT
			     " events were dropped at the end of a stream, which "
			     "others cannot know",
			     result->dropped_ends);
	if (!fdar_recording_info_load(path, &info, NULL))
		return;
	if (info.strangers && info.strangers->len)
		fdar_warning(&usage,
			     "events of %u processes of other recordings are in the trace, too",
			     info.strangers->len);
	fdar_recording_info_clear(&info);
}

static void report(const char *out, const struct fdar_export *result)
{
	g_autofree char *bytes = fdar_format_bytes(result->bytes);
	g_autofree char *packed = fdar_format_bytes(result->packed_bytes);

	printf("%s: %u stream file%s, %s", out, result->files, result->files == 1 ? "" : "s",
	       bytes);
	if (result->packed)
		printf(" (%s packed)", packed);
	puts("");
}

static int export(const char *path, const char *out)
{
	g_autofree char *what = g_strdup_printf("writing %s", out);
	struct fdar_reading reading = { .what = what, .stop = fdar_interrupt_catch() };
	struct fdar_export result;
	GError *error = NULL;
	gboolean ok = fdar_export_ctf(path, out, fdar_reading_progress, &reading, &result, &error);
	int code = FDAR_EXIT_OK;

	fdar_reading_clear(&reading);
	if (ok) {
		report(out, &result);
		warn(path, &result);
	} else {
		code = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
			       ? FDAR_EXIT_INTERRUPTED
			       : FDAR_EXIT_FAILED;
		fdar_failure(&usage, error);
	}
	fdar_export_clear(&result);
	return code;
}

int fdar_cmd_export(int argc, char **argv)
{
	g_autofree char *ctf = NULL;
	const GOptionEntry entries[] = {
		{ "ctf", 0, 0, G_OPTION_ARG_FILENAME, &ctf, "write a plain CTF trace to OUT",
		  "OUT" },
		G_OPTION_ENTRY_NULL,
	};
	int code = FDAR_EXIT_OK;

	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code))
		return code;
	if (argc != 2)
		return fdar_usage_error(&usage,
					argc < 2 ? "which recording?" : "one recording only");
	if (!ctf)
		return fdar_usage_error(&usage, "as what? expected --ctf OUT");
	return export(argv[1], ctf);
}
