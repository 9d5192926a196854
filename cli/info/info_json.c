#include "cli/info/info_json.h"

#include <stdio.h>

#include "cli/info/info_stacks.h"
#include "cli/kit/print.h"
#include "cli/kit/table.h"

static void print_text(const char *name, const char *text)
{
	g_autofree char *quoted = text ? fdar_json_text(text) : g_strdup("null");

	printf("  \"%s\": %s,\n", name, quoted);
}

static void print_number(const char *name, guint64 number)
{
	printf("  \"%s\": %" G_GUINT64_FORMAT ",\n", name, number);
}

static void print_texts(const char *name, char *const *texts)
{
	printf("  \"%s\": [", name);
	for (char *const *text = texts; text && *text; text++) {
		g_autofree char *quoted = fdar_json_text(*text);

		printf("%s%s", text == texts ? "" : ", ", quoted);
	}
	fputs("],\n", stdout);
}

/* Of the server; null: nobody counted. */
static void print_counts(const struct fdar_about *about)
{
	static const char *const names[] = { "page_faults", "major_faults", "migrations" };

	G_STATIC_ASSERT(G_N_ELEMENTS(names) == FDAR_COUNT_KINDS);
	for (int kind = 0; kind < FDAR_COUNT_KINDS; kind++)
		if (about->counted)
			print_number(names[kind], about->counts.all[kind]);
		else
			print_text(names[kind], NULL);
	print_number("counts_estimated", about->counts.estimated);
	print_number("counts_lost", about->counts_lost);
}

/* As in recording.json. */
static void print_recorded(const struct fdar_recording_info *info)
{
	print_texts("functions", info->functions);
	print_number("min_duration_ns", info->min_duration_ns);
	print_number("depth", info->depth);
	print_number("budget_ppm", info->budget_ppm);
	print_number("budget_spent_ppm", info->budget_spent_ppm);
	print_number("budget_others_ppm", info->budget_others_ppm);
	print_number("dropped", info->dropped);
	print_number("calls", info->calls);
	print_number("calls_skipped", info->calls_skipped);
	print_number("calls_unwound", info->calls_unwound);
	print_number("calls_lost", info->calls_lost);
	print_number("calls_missing", info->calls_missing);
	print_number("events_missing", info->events_missing);
	print_number("functions_seen", info->functions_seen);
	print_number("functions_live", info->functions_live);
	print_number("budget_off", info->budget_off);
	print_number("waited_ns", info->waited_ns);
	print_number("price_inner_ps", info->price_inner_ps);
	print_number("price_outer_ps", info->price_outer_ps);
	print_number("price_spread_ps", info->price_spread_ps);
	print_number("price_measured", info->price_measured);
	print_number("processes_known", info->processes_known);
	print_number("processes_silent", info->processes_silent);
	print_number("processes_late", info->processes_late);
	print_number("processes_killed", info->processes_killed);
}

static void print_json_doubts(const GPtrArray *doubts)
{
	fputs("  \"doubts\": [", stdout);
	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);
		g_autofree char *text = fdar_json_text(doubt->text);

		printf("%s{ \"kind\": \"%s\", \"text\": %s }", i ? ", " : "",
		       fdar_doubt_kind_name(doubt->kind), text);
	}
	fputs("],\n", stdout);
}

static void print_rows(const char *name, const struct fdar_table *table, const char *after)
{
	printf("  \"%s\": ", name);
	fdar_table_print_rows_json(table, stdout);
	puts(after);
}

void fdar_info_print_json(const struct fdar_about *about)
{
	const struct fdar_source_summary *summary = &about->contents->summary;
	g_autoptr(fdar_table) events = fdar_info_events(about);
	g_autoptr(fdar_table) processes = fdar_info_processes(about);
	g_autoptr(fdar_table) threads = fdar_info_threads(about);
	g_autoptr(fdar_table) losses = fdar_info_losses(about, 0);
	g_autoptr(fdar_table) binaries = fdar_info_binaries(about);

	puts("{\n  \"format\": " FDAR_JSON_FORMAT ",");
	print_text("trace", about->path);
	print_texts("command", about->state.info.command);
	print_text("host", about->state.info.host);
	print_text("detail", about->state.info.detail);
	print_text("started", about->state.info.started);
	print_text("ended", about->state.info.ended);
	print_number("unfinished", about->state.info.unfinished);
	print_number("damaged", about->state.info.damaged);
	print_number("begin_ns", summary->begin_ns);
	print_number("end_ns", summary->end_ns);
	print_number("event_count", summary->events);
	print_number("call_count", summary->calls);
	print_number("malformed_calls_events", summary->calls_broken);
	print_number("discarded", fdar_info_lost_events(about));
	print_number("packets_lost", MAX(summary->packets_lost, about->state.info.packets_lost));
	print_number("packets_copied", summary->copies);
	print_number("events_without_time", summary->untimed);
	print_number("times_back", summary->times_back);
	print_number("times_back_most_ns", summary->most_back_ns);
	print_number("times_shift_ns", summary->shift_ns);
	print_number("strangers", summary->strangers);
	print_recorded(&about->state.info);
	print_text("damage", summary->damage);
	print_json_doubts(fdar_source_doubts(about->contents->source));
	print_number("replay_sessions", about->labels);
	print_number("tls_keys_bytes", fdar_info_secrets(about));
	print_counts(about);
	print_rows("events", events, ",");
	print_rows("processes", processes, ",");
	print_rows("threads", threads, ",");
	fputs("  \"stacks\": ", stdout);
	fdar_info_print_stacks_json(about->stacks, stdout);
	puts(",");
	print_rows("losses", losses, ",");
	print_rows("binaries", binaries, "");
	puts("}");
}
