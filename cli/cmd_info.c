/* flowdar info: what is in a recording. */
#include <stdio.h>

#include "cli/kit/cells.h"
#include "cli/kit/command.h"
#include "cli/info/info_stacks.h"
#include "cli/info/info_tables.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/info/info_check.h"
#include "cli/info/info_counts.h"
#include "cli/info/info_json.h"
#include "cli/info/info_labels.h"
#include "cli/record/record_view.h"
#include "pipeline/recording/recording.h"
#include "pipeline/source/source_notes.h"

static const struct fdar_usage usage = {
	.command = "info",
	.synopsis = "TRACE [--check] [--format FORMAT]",
	.description =
		"Tells what is in a recording, or in any LTTng trace: how it was made, what was\n"
		"lost, which events, processes and binaries it has. Reads all of it.\n"
		"\n"
		"--format csv has the processes; json has everything.\n"
		"\n"
		"--check reads every byte of a recording and compares it with the manifest that "
		"was\n"
		"written with it (sizes, check sums, counts), and says nothing else. Exit status "
		"1\n"
		"when something is damaged, missing, added, or was lost.\n",
	.examples = "  flowdar info base\n"
		    "  flowdar info base --format json | jq .processes\n"
		    "  flowdar info base --check && echo whole\n",
};

#define THREADS_SHOWN 40u
#define LOSSES_SHOWN  10u

/* ---- for people ---- */

/* Of a recording that was attached: what its calls do not say. */
static void print_stacks(const struct fdar_about *about)
{
	g_autoptr(fdar_table) table = NULL;

	if (!about->stacks)
		return;
	table = fdar_info_stacks(about->stacks);
	puts("");
	fdar_print_line("where its threads were when the recording began:");
	fdar_table_print(table, FDAR_FORMAT_TABLE, stdout);
	if (about->stacks->left_out)
		fdar_print_line("... and %" G_GUINT64_FORMAT
				" threads more, whose stacks are missing",
				about->stacks->left_out);
}

/* What was asked for, where that is not everything. */
static void print_settings(const struct fdar_recording_info *info)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (info->functions && info->functions[0]) {
		g_autofree char *rules = g_strjoinv(",", info->functions);

		g_string_append_printf(text, ", functions %s", rules);
	}
	if (info->min_duration_ns) {
		g_autofree char *least = fdar_format_duration((double)info->min_duration_ns);

		g_string_append_printf(text, ", calls of %s and more", least);
	}
	if (info->depth)
		g_string_append_printf(text, ", %" G_GUINT64_FORMAT " calls deep", info->depth);
	if (info->budget_ppm)
		g_string_append_printf(text, ", a budget of %g %% of the processor",
				       (double)info->budget_ppm / 1e4);
	if (info->lossless)
		g_string_append(text, fdar_recording_info_whole(info)
					      ? ", without loss"
					      : ", with --lossless, and not whole all the same");
	if (info->snapshot)
		g_string_append(text, ", the last of it (snapshot)");
	if (text->len)
		fdar_print_line("recorded: %s", text->str + 2);
}

/* What each call took longer for it, where that was measured. */
static void print_price(const struct fdar_recording_info *info)
{
	uint64_t ps = info->price_inner_ps + info->price_outer_ps;
	g_autofree char *call = fdar_format_duration((double)ps / 1e3);
	g_autofree char *spread = fdar_format_duration((double)info->price_spread_ps / 1e3);

	if (info->price_measured)
		fdar_print_line("recording took %s a call, give or take %s", call, spread);
}

/* What the libraries in the server counted. */
static void print_calls(const struct fdar_recording_info *info)
{
	g_autofree char *calls = fdar_format_count(info->calls);
	g_autofree char *skipped = fdar_format_count(info->calls_skipped);
	g_autofree char *lost = fdar_format_count(info->calls_lost);
	g_autofree char *live = fdar_format_count(info->functions_live);
	g_autofree char *seen = fdar_format_count(info->functions_seen);
	g_autofree char *off = fdar_format_count(info->budget_off);
	g_autofree char *missing = fdar_format_count(info->calls_missing);
	g_autofree char *waited = fdar_format_duration((double)info->waited_ns);

	if (info->calls || info->calls_skipped || info->calls_lost)
		fdar_print_line("calls: %s recorded to their end, %s too short, %s lost%s%s", calls,
				skipped, lost,
				info->calls_missing ? ", missing from the trace: " : "",
				info->calls_missing ? missing : "");
	if (info->functions_seen)
		fdar_print_line("functions: %s of %s recorded at the end, %s switched off to keep "
				"the budget",
				live, seen, off);
	print_price(info);
	if (info->waited_ns)
		fdar_print_line("the server's threads waited %s for the recorder", waited);
}

static void print_recording(const struct fdar_about *about)
{
	const struct fdar_recording_info *info = &about->state.info;
	g_autofree char *command = g_strjoinv(" ", info->command);
	g_autofree char *duration = fdar_format_duration((double)info->duration_ns);
	g_autofree char *server = fdar_record_view_server(info);

	if (*command)
		fdar_print_line("%s: %s", about->path, command);
	else
		fdar_print_line("%s: servers that ran already", about->path);
	if (info->duration_ns)
		fdar_print_line("recorded %s for %s with --detail %s, on %s", info->started,
				duration, info->detail, info->host);
	else
		fdar_print_line("recorded %s with --detail %s, on %s", info->started, info->detail,
				info->host);
	if (info->unfinished)
		fdar_print_line("ended: %s; what it would have counted is not known", info->ended);
	else
		fdar_print_line("ended: %s; %s", info->ended, server);
	print_settings(info);
	print_calls(info);
	if (fdar_info_secrets(about))
		fdar_print_line("TLS secrets: in " FDAR_RECORDING_TLS_KEYS
				"; whoever has that file can read what was captured");
}

static void print_doubts(const GPtrArray *doubts)
{
	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		fdar_print_line("warning: %s", doubt->text);
	}
}

static void print_what(const struct fdar_about *about)
{
	if (about->state.has_info)
		print_recording(about);
	else if (about->state.is_recording)
		fdar_print_line("%s: a recording; what it says of itself cannot be used",
				about->path);
	else
		fdar_print_line("%s: a trace, not made by flowdar record", about->path);
}

/* "in 3.00 s" */
static char *span_of(const struct fdar_source_summary *summary)
{
	g_autofree char *span = fdar_format_duration((double)(summary->end_ns - summary->begin_ns));

	if (summary->untimed && summary->untimed >= summary->events)
		return g_strdup("without times");
	return g_strdup_printf("in %s", span);
}

static void print_oddities(const struct fdar_about *about)
{
	const struct fdar_source_summary *summary = &about->contents->summary;
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	if (summary->copies)
		fdar_print_line("%" G_GUINT64_FORMAT " packets are in several of its files: each "
				"was read once",
				summary->copies);
	if (summary->shift_ns)
		fdar_print_line("its times begin before 1970: %" G_GUINT64_FORMAT
				" s were added to all of them",
				summary->shift_ns / 1000000000);
	if (summary->untimed < summary->events)
		fdar_source_note_times(summary, about->path, lines);
	for (guint i = 0; i < lines->len; i++)
		fdar_print_line("%s", (const char *)g_ptr_array_index(lines, i));
}

static void print_losses(const struct fdar_about *about)
{
	const struct fdar_source_summary *summary = &about->contents->summary;
	guint64 discarded = fdar_info_lost_events(about);
	g_autofree char *events = fdar_format_count(summary->events);
	g_autofree char *lost = fdar_format_count(discarded);
	g_autofree char *packets =
		fdar_format_count(MAX(summary->packets_lost, about->state.info.packets_lost));
	g_autofree char *strangers = fdar_format_count(summary->strangers);
	g_autofree char *span = span_of(summary);

	if (summary->calls) {
		g_autofree char *calls = fdar_format_count(summary->calls);

		fdar_print_line("%s events with %s calls %s; %s events lost, %s packets lost",
				events, calls, span, lost, packets);
	} else {
		fdar_print_line("%s events %s; %s events lost, %s packets lost", events, span, lost,
				packets);
	}
	if (about->state.info.dropped)
		fdar_print_line("the recorder dropped %" G_GUINT64_FORMAT
				" of the lost events to keep to its memory",
				about->state.info.dropped);
	if (summary->calls_broken)
		fdar_print_line("%" G_GUINT64_FORMAT " calls events are malformed",
				summary->calls_broken);
	if (summary->strangers)
		fdar_print_line("%s events of other recordings' processes are left out", strangers);
	print_oddities(about);
	if (summary->damaged)
		fdar_print_line("damaged: %s", summary->damage);
	fdar_info_print_labels(about);
	fdar_info_print_counts(about);
}

static void print_tables(const struct fdar_about *about)
{
	g_autoptr(fdar_table) events = fdar_info_events(about);
	g_autoptr(fdar_table) processes = fdar_info_processes(about);
	g_autoptr(fdar_table) threads = fdar_info_threads(about);
	g_autoptr(fdar_table) losses = fdar_info_losses(about, LOSSES_SHOWN);
	g_autoptr(fdar_table) binaries = fdar_info_binaries(about);

	print_what(about);
	print_doubts(fdar_source_doubts(about->contents->source));
	print_losses(about);
	puts("");
	fdar_table_print(events, FDAR_FORMAT_TABLE, stdout);
	puts("");
	fdar_table_print(processes, FDAR_FORMAT_TABLE, stdout);
	if (about->contents->threads->len <= THREADS_SHOWN && about->contents->threads->len) {
		puts("");
		fdar_table_print(threads, FDAR_FORMAT_TABLE, stdout);
	}
	print_stacks(about);
	if (about->state.info.losses && about->state.info.losses->len) {
		puts("");
		fdar_table_print(losses, FDAR_FORMAT_TABLE, stdout);
		if (about->state.info.losses->len > LOSSES_SHOWN)
			fdar_print_line("... and %u more (--format json has all)",
					about->state.info.losses->len - LOSSES_SHOWN);
	}
	if (!about->contents->binaries->len)
		return;
	puts("");
	fdar_table_print(binaries, FDAR_FORMAT_TABLE, stdout);
}

/* ---- for programs ---- */

static void print_csv(const struct fdar_about *about)
{
	g_autoptr(fdar_table) processes = fdar_info_processes(about);

	fdar_table_print(processes, FDAR_FORMAT_CSV, stdout);
}

/* ---- the command ---- */

/* NULL: there are none, as a rule. */
static struct fdar_stacks *load_stacks(const char *path)
{
	GError *error = NULL;
	struct fdar_stacks *stacks = fdar_stacks_load(path, &error);

	if (error && !g_error_matches(error, FDAR_RECORDING_ERROR, FDAR_RECORDING_ERROR_MISSING))
		fdar_warning(&usage, "%s", error->message);
	g_clear_error(&error);
	return stacks;
}

/* A recorder that was killed before the first packet still knew what it was to do. */
static int tell_without_events(struct fdar_about *about, GError *error)
{
	if (about->state.has_info) {
		print_recording(about);
		print_doubts(about->state.doubts);
	}
	fdar_contents_free(about->contents);
	fdar_recording_state_clear(&about->state);
	return fdar_failure(&usage, error);
}

static int tell(const char *path, enum fdar_format format)
{
	static void (*const print[])(const struct fdar_about *about) = {
		[FDAR_FORMAT_TABLE] = print_tables,
		[FDAR_FORMAT_JSON] = fdar_info_print_json,
		[FDAR_FORMAT_CSV] = print_csv,
	};
	const volatile int *stop = fdar_interrupt_catch();
	struct fdar_about about = { .path = path };
	GError *error = NULL;

	about.contents = fdar_contents_read(path, stop, &error);
	if (!about.contents && *stop) {
		g_clear_error(&error);
		fdar_warning(&usage, "interrupted");
		return FDAR_EXIT_INTERRUPTED;
	}
	if (!fdar_recording_state_load(path, &about.state, error ? NULL : &error) || error)
		return tell_without_events(&about, error);
	about.stacks = load_stacks(path);
	fdar_info_labels(&about, &usage);
	fdar_info_counts(&about, &usage);
	print[format](&about);
	if (about.contents->summary.damaged && format != FDAR_FORMAT_TABLE)
		fdar_warning(&usage, "damaged: %s", about.contents->summary.damage);
	if (*stop)
		fdar_warning(&usage, "interrupted: the trace goes on");
	fdar_contents_free(about.contents);
	fdar_stacks_free(about.stacks);
	fdar_recording_state_clear(&about.state);
	return *stop ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_OK;
}

int fdar_cmd_info(int argc, char **argv)
{
	g_autofree char *text = NULL;
	gboolean check = FALSE;
	const GOptionEntry entries[] = {
		{ "check", 0, 0, G_OPTION_ARG_NONE, &check,
		  "Read every byte, and compare with what was written", NULL },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &text, "table (the default), json or csv",
		  "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	enum fdar_format format;
	int code = FDAR_EXIT_OK;

	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code))
		return code;
	if (!fdar_format_parse(text, &format))
		return fdar_usage_error(&usage, "--format: \"%s\": expected table, json or csv",
					text);
	code = fdar_usage_one_recording(&usage, argc, argv, NULL);
	if (code != FDAR_EXIT_OK)
		return code;
	return check ? fdar_info_check(&usage, argv[1], format) : tell(argv[1], format);
}
