/* flowdar export: a recording in the form of others. */
#include <gio/gio.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/export/export_lines.h"
#include "cli/export/export_pcap.h"
#include "cli/export/export_said.h"
#include "cli/export/export_sql.h"
#include "cli/flame/flame_input.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/paths.h"
#include "cli/kit/reading.h"
#include "cli/kit/save.h"
#include "cli/kit/table.h"
#include "pipeline/source/export.h"
#include "pipeline/source/source.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/recording/recording.h"
#include "viz/export/export_tree.h"

#define CALLS_MAX 10000000
#define BATCH     4096u

static const struct fdar_usage_range ranges[] = {
	{ "calls", 1, CALLS_MAX, FALSE },
	{ "port", 1, UINT16_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.command = "export",
	.synopsis = "RECORDING --ctf DIRECTORY | --FORMAT FILE...",
	.description =
		"Gives a recording to other programs.\n"
		"\n"
		"--ctf makes a directory, a plain CTF 1.8 trace as LTTng writes it, for "
		"babeltrace2 and Trace\n"
		"Compass: streams that are packed in the recording are unpacked byte for "
		"byte, the rest is\n"
		"copied. It must be new or empty; when it cannot be finished, nothing is left "
		"of it.\n"
		"\n"
		"--folded, --speedscope and --pprof write the call tree, in nanoseconds per "
		"session: folded stacks\n"
		"(flamegraph.pl, Perfetto), speedscope's JSON, and a gzipped profile for `go tool "
		"pprof`. With\n"
		"--baseline folded stacks have two numbers (difffolded) and speedscope two "
		"profiles.\n"
		"\n"
		"--chrome, --perfetto and --otlp write each call with its time: Chrome's trace "
		"JSON (also read by\n"
		"speedscope) and Perfetto's protobuf have a track a thread and a session, and "
		"arrows for hand-offs;\n"
		"OTLP has a trace a session, requests as root spans and below them the calls of "
		"100 us or more. Of\n"
		"too many calls the longest are kept, and what is left out is said.\n"
		"\n"
		"--pcap writes what a recording with --io --bytes N has of what the server read "
		"and "
		"wrote, as packets\n"
		"of TCP: for tshark, or to be played again with flowdar replay.\n"
		"\n"
		"--sqlite writes sessions, requests, call paths and functions as a database, with "
		"views for the usual\n"
		"questions; --csv the same tables as files of a new folder.\n"
		"\n"
		"Several can be written at once; - is standard output.\n",
	.examples = "  flowdar export bad --ctf bad-ctf\n"
		    "  flowdar export bad --perfetto bad.pftrace --hide-below 20us\n"
		    "  flowdar export bad --speedscope bad.speedscope.json --pprof bad.pb.gz\n"
		    "  flowdar export bad --sqlite bad.db && sqlite3 bad.db 'SELECT * FROM "
		    "slowest_sessions LIMIT 5'\n"
		    "  flowdar export bad --baseline base --folded - | sort -k3\n",
};

/* What speaks against the recording is known when it has been read: what is copied is not looked into. What
 * the copying has found is not told again. */
static void warn_of_doubts(const char *path, const struct fdar_export *result,
			   const volatile int *stop)
{
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	g_autofree char *what = g_strdup_printf("checking %s", path);
	struct fdar_reading reading = { .what = what, .stop = stop };
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open(path, &error);
	guint64 events = 0;
	gssize count = 0;

	while (source && (count = fdar_source_read(source, batch, BATCH, &error)) > 0) {
		events += (guint64)count;
		if (!fdar_reading_events(events, &reading))
			break;
	}
	fdar_reading_clear(&reading);
	for (guint i = 0; source && i < fdar_source_doubts(source)->len; i++) {
		const struct fdar_doubt *doubt = fdar_source_doubts(source)->pdata[i];

		if (!(doubt->kind == FDAR_DOUBT_LOST && result->dropped) &&
		    !(doubt->kind == FDAR_DOUBT_DAMAGED && result->damaged))
			fdar_warning(&usage, "%s: %s", path, doubt->text);
	}
	if (error)
		fdar_warning(&usage, "%s", error->message);
}

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

	fdar_export_said(out, 0, "%u stream file%s, %s%s%s%s", result->files,
			 result->files == 1 ? "" : "s", bytes, result->packed ? " (" : "",
			 result->packed ? packed : "", result->packed ? " packed)" : "");
}

static int export_trace(const char *path, const char *out)
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
		warn_of_doubts(path, &result, reading.stop);
	} else {
		code = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
			       ? FDAR_EXIT_INTERRUPTED
			       : FDAR_EXIT_FAILED;
		fdar_failure(&usage, error);
	}
	fdar_export_clear(&result);
	return code;
}

/* ---- call trees ---- */

struct texts {
	char *ctf;
	char *folded;
	char *speedscope;
	char *pprof;
	char *baseline;
	char *unit;
	char *chrome;
	char *perfetto;
	char *otlp;
	char *pcap;
	char *hide_below;
	int port;
	int calls;
	char *sqlite;
	char *csv;
	char *rules;
	char *symbols[2]; /* of the baseline, and of the recording */
};

static gboolean save_pprof(const char *path, const struct fdar_flame_tree *tree, GError **error)
{
	g_autoptr(GByteArray) bytes = fdar_export_pprof(tree, FDAR_FLAME_SUBJECT, error);

	if (!bytes || !fdar_save(path, bytes->data, bytes->len, error))
		return FALSE;
	fdar_export_said(path, 0, "a profile of pprof");
	return TRUE;
}

static gboolean save_folded(const char *path, const struct fdar_flame_tree *tree, GError **error)
{
	GString *text = fdar_export_folded(tree);
	gsize bytes = text->len;
	guint stacks = 0;

	for (gsize i = 0; i < bytes; i++)
		stacks += text->str[i] == '\n';
	if (!fdar_save_text(path, text, error))
		return FALSE;
	fdar_export_said(path, bytes, "%u stack%s", stacks, stacks == 1 ? "" : "s");
	return TRUE;
}

static gboolean save_speedscope(const char *path, const struct fdar_flame_tree *tree,
				const char *name, GError **error)
{
	GString *text = fdar_export_speedscope(tree, name);
	gsize bytes = text->len;

	if (!fdar_save_text(path, text, error))
		return FALSE;
	fdar_export_said(path, bytes, "a profile of speedscope");
	return TRUE;
}

static gboolean save_trees(const struct texts *texts, const char *path,
			   const struct fdar_flame_tree *tree, GError **error)
{
	g_autofree char *name = fdar_path_name(path);

	if (texts->folded && !save_folded(texts->folded, tree, error))
		return FALSE;
	if (texts->speedscope && !save_speedscope(texts->speedscope, tree, name, error))
		return FALSE;
	return !texts->pprof || save_pprof(texts->pprof, tree, error);
}

static int export_trees(const struct texts *texts, const char *path, enum fdar_unit unit)
{
	const struct fdar_flame_request request = { .usage = &usage,
						    .path = path,
						    .baseline = texts->baseline,
						    .listings = { texts->symbols[0],
								  texts->symbols[1] },
						    .rules = texts->rules,
						    .unit = unit,
						    .stop = fdar_interrupt_catch() };
	GError *error = NULL;
	g_autoptr(fdar_flame_tree) tree = fdar_flame_request_read(&request, NULL, &error);

	if (tree && save_trees(texts, path, tree, &error))
		return FDAR_EXIT_OK;
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		fdar_failure(&usage, error);
		return FDAR_EXIT_INTERRUPTED;
	}
	return fdar_failure(&usage, error);
}

/* ---- time lines ---- */

static int export_lines(const struct texts *texts, const char *path)
{
	struct fdar_export_lines lines = { .usage = &usage,
					   .path = path,
					   .chrome = texts->chrome,
					   .perfetto = texts->perfetto,
					   .otlp = texts->otlp,
					   .unit = texts->unit,
					   .listing = texts->symbols[1],
					   .rules = texts->rules,
					   .has_shorter = texts->hide_below != NULL,
					   .most = (uint32_t)texts->calls,
					   .stop = fdar_interrupt_catch() };

	if (texts->hide_below)
		fdar_parse_duration(texts->hide_below, &lines.shorter_ns); /* check() did */
	return fdar_export_lines_write(&lines);
}

static gboolean wants_trees(const struct texts *texts)
{
	return texts->folded || texts->speedscope || texts->pprof;
}

static gboolean wants_lines(const struct texts *texts)
{
	return texts->chrome || texts->perfetto || texts->otlp;
}

/* FDAR_EXIT_OK when it can be done. */
static int check(const struct texts *texts, int argc, char **argv, enum fdar_unit *unit)
{
	gboolean trees = wants_trees(texts), lines = wants_lines(texts);

	guint64 shorter_ns;
	int code;

	/* What is wrong by itself is told before anything that is missing. */
	if (texts->hide_below && !fdar_parse_duration(texts->hide_below, &shorter_ns))
		return fdar_usage_error(&usage, "--hide-below: \"%s\": expected a time, e.g. 20us",
					texts->hide_below);
	code = fdar_usage_one_recording(&usage, argc, argv, NULL);
	if (code != FDAR_EXIT_OK)
		return code;
	if (!texts->ctf && !trees && !lines && !texts->pcap && !texts->sqlite && !texts->csv)
		return fdar_usage_error(&usage,
					"as what? expected --ctf, --folded, --speedscope, --pprof, "
					"--chrome, --perfetto, --otlp, --pcap, --sqlite or --csv");
	if (!fdar_unit_parse(texts->unit, unit))
		return fdar_usage_error(&usage, "--unit %s: expected session or request",
					texts->unit);
	if (texts->baseline && (texts->ctf || texts->pcap || lines || !trees || texts->pprof ||
				texts->sqlite || texts->csv))
		return fdar_usage_error(&usage, "--baseline goes with --folded and --speedscope%s",
					texts->pprof ? "; pprof takes two files: -diff_base" : "");
	if (g_strcmp0(texts->csv, "-") == 0 || g_strcmp0(texts->ctf, "-") == 0)
		return fdar_usage_error(&usage,
					"--%s -: writes a folder, which standard output is "
					"not",
					g_strcmp0(texts->csv, "-") == 0 ? "csv" : "ctf");
	if ((texts->hide_below || texts->calls) && !lines)
		return fdar_usage_error(
			&usage, "--hide-below and --calls go with --chrome, --perfetto and --otlp");
	if (texts->rules && !trees && !lines && !texts->sqlite && !texts->csv)
		return fdar_usage_error(&usage, "--rules: --ctf and --pcap give what was recorded");
	if (texts->port && !texts->pcap)
		return fdar_usage_error(&usage, "--port: only with --pcap");
	return FDAR_EXIT_OK;
}

/* All of them, before the first is written. */
static int check_outputs(const struct texts *texts, const char *path)
{
	const char *const inputs[] = { path, texts->baseline, NULL };
	const char *const outputs[] = { texts->ctf,   texts->folded, texts->speedscope,
					texts->pprof, texts->chrome, texts->perfetto,
					texts->otlp,  texts->pcap,   texts->sqlite,
					texts->csv };
	int code = FDAR_EXIT_OK;

	for (size_t i = 0; code == FDAR_EXIT_OK && i < G_N_ELEMENTS(outputs); i++) {
		code = fdar_save_check(&usage, outputs[i], inputs);
		for (size_t j = 0; code == FDAR_EXIT_OK && j < i; j++) {
			if (outputs[i] && g_strcmp0(outputs[i], outputs[j]) == 0)
				code = fdar_usage_error(
					&usage,
					"%s: two formats go there; expected a file for each",
					outputs[i]);
		}
	}
	return code;
}

static int export_tables(const struct texts *texts, const char *path)
{
	const struct fdar_export_sql sql = { .usage = &usage,
					     .path = path,
					     .sqlite = texts->sqlite,
					     .csv = texts->csv,
					     .listing = texts->symbols[1],
					     .rules = texts->rules,
					     .stop = fdar_interrupt_catch() };

	return fdar_export_sql_write(&sql);
}

static int export_all(const struct texts *texts, int argc, char **argv)
{
	enum fdar_unit unit = FDAR_UNIT_SESSION;
	int code = check(texts, argc, argv, &unit);

	if (code == FDAR_EXIT_OK)
		code = check_outputs(texts, argv[1]);
	/* Requests and command lines are in all of them: their owner's, as the recording is. */
	umask(077);
	if (code == FDAR_EXIT_OK && texts->ctf)
		code = export_trace(argv[1], texts->ctf);
	if (code == FDAR_EXIT_OK && wants_trees(texts))
		code = export_trees(texts, argv[1], unit);
	if (code == FDAR_EXIT_OK && wants_lines(texts))
		code = export_lines(texts, argv[1]);
	if (code == FDAR_EXIT_OK && (texts->sqlite || texts->csv))
		code = export_tables(texts, argv[1]);
	if (code == FDAR_EXIT_OK && texts->pcap)
		code = fdar_export_pcap_write(&usage, argv[1], texts->pcap,
					      (uint16_t)(texts->port ? texts->port
								     : FDAR_EXPORT_PCAP_PORT),
					      fdar_interrupt_catch());
	return code;
}

static void texts_clear(struct texts *texts)
{
	g_free(texts->ctf);
	g_free(texts->folded);
	g_free(texts->speedscope);
	g_free(texts->pprof);
	g_free(texts->baseline);
	g_free(texts->unit);
	g_free(texts->chrome);
	g_free(texts->perfetto);
	g_free(texts->otlp);
	g_free(texts->pcap);
	g_free(texts->sqlite);
	g_free(texts->csv);
	g_free(texts->hide_below);
	g_free(texts->symbols[0]);
	g_free(texts->symbols[1]);
	g_free(texts->rules);
}

int fdar_cmd_export(int argc, char **argv)
{
	struct texts texts = { 0 };
	const GOptionEntry entries[] = {
		{ "ctf", 0, 0, G_OPTION_ARG_FILENAME, &texts.ctf, "Write a plain CTF trace to OUT",
		  "OUT" },
		{ "folded", 0, 0, G_OPTION_ARG_FILENAME, &texts.folded,
		  "Write call paths as folded stacks", "FILE" },
		{ "speedscope", 0, 0, G_OPTION_ARG_FILENAME, &texts.speedscope,
		  "Write them as speedscope's JSON", "FILE" },
		{ "pprof", 0, 0, G_OPTION_ARG_FILENAME, &texts.pprof,
		  "Write them as a profile of pprof", "FILE" },
		{ "chrome", 0, 0, G_OPTION_ARG_FILENAME, &texts.chrome,
		  "Write each call as an event of Chrome's trace JSON", "FILE" },
		{ "perfetto", 0, 0, G_OPTION_ARG_FILENAME, &texts.perfetto,
		  "Write each call as a slice of Perfetto's protobuf", "FILE" },
		{ "otlp", 0, 0, G_OPTION_ARG_FILENAME, &texts.otlp,
		  "Write sessions as traces of OpenTelemetry, in JSON", "FILE" },
		{ "sqlite", 0, 0, G_OPTION_ARG_FILENAME, &texts.sqlite,
		  "Write tables as a database of SQLite", "FILE" },
		{ "csv", 0, 0, G_OPTION_ARG_FILENAME, &texts.csv,
		  "Write them as comma-separated values, a file each", "DIRECTORY" },
		{ "baseline", 0, 0, G_OPTION_ARG_FILENAME, &texts.baseline,
		  "Beside this recording's", "RECORDING" },
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &texts.unit,
		  "Per session (default) or per request", "UNIT" },
		{ "pcap", 0, 0, G_OPTION_ARG_FILENAME, &texts.pcap,
		  "Write what the server read and wrote as a capture", "FILE" },
		{ "port", 0, 0, G_OPTION_ARG_INT, &texts.port,
		  "The server's port in it, which a recording does not say; default 80", "PORT" },
		{ "hide-below", 0, 0, G_OPTION_ARG_STRING, &texts.hide_below,
		  "Leave shorter calls out, e.g. 20us", "TIME" },
		{ "calls", 0, 0, G_OPTION_ARG_INT, &texts.calls,
		  "Keep so many calls, the longest; default 500000", "N" },
		FDAR_OPTION_RULES(&texts.rules),
		FDAR_OPTION_SYMBOLS(&texts.symbols[1]),
		FDAR_OPTION_BASELINE_SYMBOLS(&texts.symbols[0]),
		G_OPTION_ENTRY_NULL,
	};
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code))
		code = export_all(&texts, argc, argv);
	texts_clear(&texts);
	return code;
}
