/* flowdar info: what is in a recording. */
#include <stdio.h>

#include "analyze/labels.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/contents.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/table.h"
#include "pipeline/recording.h"

static const struct fd_usage usage = {
	.command = "info",
	.synopsis = "TRACE [--format FORMAT]",
	.description =
		"Tells what is in a recording, or in any LTTng trace: how it was made, what was\n"
		"lost, which events, processes and binaries it has. Reads all of it.\n"
		"\n"
		"--format csv has the processes; json has everything.\n",
	.examples = "  flowdar info base\n"
		    "  flowdar info base --format json | jq .processes\n",
};

/* What is known of one trace. */
struct about {
	const char *path;
	struct fd_recording_info info; /* all empty when it is a plain trace */
	gboolean is_recording;
	struct fd_contents *contents;
	guint labels; /* lines of replay.jsonl with a label */
};

/* ---- tables ---- */

static const struct fd_column event_columns[] = {
	{ "event", "event", FALSE, TRUE },
	{ "count", "count", TRUE, FALSE },
};

static const struct fd_column process_columns[] = {
	{ "process", "pid", TRUE, FALSE },     { "program", "program", FALSE, TRUE },
	{ "threads", "threads", TRUE, FALSE }, { "events", "events", TRUE, FALSE },
	{ "from", "begin_ns", TRUE, FALSE },   { "for", "duration_ns", TRUE, FALSE },
};

static const struct fd_column binary_columns[] = {
	{ "binary", "path", FALSE, TRUE },
	{ "build id", "build_id", FALSE, TRUE },
	{ "processes", "processes", TRUE, FALSE },
};

static void add_count(struct fd_table *table, const char *name, guint64 count)
{
	fd_table_row(table);
	fd_table_cell(table, 0, name, NULL);
	fd_cell_count(table, 1, (double)count);
}

static struct fd_table *table_events(const struct about *about)
{
	struct fd_table *table = fd_table_new("events", event_columns, G_N_ELEMENTS(event_columns));
	GHashTableIter all;
	gpointer name, count;

	for (unsigned kind = FD_EVENT_OTHER + 1; kind < FD_EVENT_KINDS; kind++) {
		if (about->contents->kinds[kind] && kind != FD_EVENT_THREAD_NAME)
			add_count(table, fd_contents_kind_name(kind), about->contents->kinds[kind]);
	}
	g_hash_table_iter_init(&all, about->contents->others);
	while (g_hash_table_iter_next(&all, &name, &count))
		add_count(table,
			  GPOINTER_TO_UINT(name)
				  ? fd_source_text(about->contents->source, GPOINTER_TO_UINT(name))
				  : "(others)",
			  *(guint64 *)count);
	return table;
}

static struct fd_table *table_processes(const struct about *about)
{
	struct fd_table *table =
		fd_table_new("processes", process_columns, G_N_ELEMENTS(process_columns));

	for (guint i = 0; i < about->contents->processes->len; i++) {
		const struct fd_contents_process *process =
			g_ptr_array_index(about->contents->processes, i);
		g_autofree char *pid = g_strdup_printf("%u", process->pid);
		g_autofree char *begin = g_strdup_printf("%" G_GUINT64_FORMAT, process->begin_ns);
		g_autofree char *after = fd_format_duration(
			(double)(process->begin_ns - about->contents->summary.begin_ns));

		fd_table_row(table);
		fd_table_cell(table, 0, pid, NULL);
		fd_table_cell(table, 1, process->program ? process->program : "", NULL);
		fd_cell_count(table, 2, g_hash_table_size(process->threads));
		fd_cell_count(table, 3, (double)process->events);
		fd_table_cell(table, 4, after, begin);
		fd_cell_duration(table, 5, (double)(process->end_ns - process->begin_ns));
	}
	return table;
}

static struct fd_table *table_binaries(const struct about *about)
{
	struct fd_table *table =
		fd_table_new("binaries", binary_columns, G_N_ELEMENTS(binary_columns));

	for (guint i = 0; i < about->contents->binaries->len; i++) {
		const struct fd_contents_binary *binary =
			g_ptr_array_index(about->contents->binaries, i);

		fd_table_row(table);
		fd_table_cell(table, 0, binary->path, NULL);
		fd_table_cell(table, 1, binary->build_id, NULL);
		fd_cell_count(table, 2, g_hash_table_size(binary->processes));
	}
	return table;
}

/* ---- for people ---- */

static void print_recording(const struct about *about)
{
	const struct fd_recording_info *info = &about->info;
	g_autofree char *command = g_strjoinv(" ", info->command);
	g_autofree char *duration = fd_format_duration((double)info->duration_ns);

	fd_print_line("%s: %s", about->path, command);
	fd_print_line("recorded %s for %s with --detail %s, on %s", info->started, duration,
		      info->detail, info->host);
	fd_print_line("ended: %s; the server's exit status is %d", info->ended, info->exit_status);
	for (char **warning = info->warnings; warning && *warning; warning++)
		fd_print_line("warning: %s", *warning);
}

static void print_losses(const struct about *about)
{
	const struct fd_source_summary *summary = &about->contents->summary;
	guint64 discarded = MAX(summary->discarded, about->info.discarded);
	g_autofree char *events = fd_format_count(summary->events);
	g_autofree char *lost = fd_format_count(discarded);
	g_autofree char *packets =
		fd_format_count(MAX(summary->packets_lost, about->info.packets_lost));
	g_autofree char *strangers = fd_format_count(summary->strangers);
	g_autofree char *span = fd_format_duration((double)(summary->end_ns - summary->begin_ns));

	fd_print_line("%s events in %s; %s events lost, %s packets lost", events, span, lost,
		      packets);
	if (summary->strangers)
		fd_print_line("%s events of other recordings' processes are left out", strangers);
	if (summary->damaged)
		fd_print_line("damaged: %s", summary->damage);
	if (about->labels)
		fd_print_line("replay.jsonl: %u sessions with a label", about->labels);
}

static void print_tables(const struct about *about)
{
	g_autoptr(fd_table) events = table_events(about);
	g_autoptr(fd_table) processes = table_processes(about);
	g_autoptr(fd_table) binaries = table_binaries(about);

	if (about->is_recording)
		print_recording(about);
	else
		fd_print_line("%s: a trace, not made by flowdar record", about->path);
	print_losses(about);
	puts("");
	fd_table_print(events, FD_FORMAT_TABLE, stdout);
	puts("");
	fd_table_print(processes, FD_FORMAT_TABLE, stdout);
	if (!about->contents->binaries->len)
		return;
	puts("");
	fd_table_print(binaries, FD_FORMAT_TABLE, stdout);
}

/* ---- for programs ---- */

static void print_text(const char *name, const char *text)
{
	g_autofree char *quoted = text ? fd_json_text(text) : g_strdup("null");

	printf("  \"%s\": %s,\n", name, quoted);
}

static void print_number(const char *name, guint64 number)
{
	printf("  \"%s\": %" G_GUINT64_FORMAT ",\n", name, number);
}

static void print_command(const struct about *about)
{
	fputs("  \"command\": [", stdout);
	for (char **word = about->info.command; word && *word; word++) {
		g_autofree char *quoted = fd_json_text(*word);

		printf("%s%s", word == about->info.command ? "" : ", ", quoted);
	}
	fputs("],\n", stdout);
}

static void print_rows(const char *name, const struct fd_table *table, const char *after)
{
	printf("  \"%s\": ", name);
	fd_table_print_rows_json(table, stdout);
	puts(after);
}

static void print_json(const struct about *about)
{
	const struct fd_source_summary *summary = &about->contents->summary;
	g_autoptr(fd_table) events = table_events(about);
	g_autoptr(fd_table) processes = table_processes(about);
	g_autoptr(fd_table) binaries = table_binaries(about);

	puts("{");
	print_text("trace", about->path);
	print_command(about);
	print_text("host", about->info.host);
	print_text("detail", about->info.detail);
	print_text("started", about->info.started);
	print_text("ended", about->info.ended);
	print_number("begin_ns", summary->begin_ns);
	print_number("end_ns", summary->end_ns);
	print_number("event_count", summary->events);
	print_number("discarded", MAX(summary->discarded, about->info.discarded));
	print_number("packets_lost", MAX(summary->packets_lost, about->info.packets_lost));
	print_number("strangers", summary->strangers);
	print_text("damage", summary->damage);
	print_number("replay_sessions", about->labels);
	print_rows("events", events, ",");
	print_rows("processes", processes, ",");
	print_rows("binaries", binaries, "");
	puts("}");
}

static void print_csv(const struct about *about)
{
	g_autoptr(fd_table) processes = table_processes(about);

	fd_table_print(processes, FD_FORMAT_CSV, stdout);
}

/* ---- the command ---- */

static guint count_labels(const char *path)
{
	g_autofree char *journal = g_build_filename(path, "replay.jsonl", NULL);
	g_autoptr(fd_labels) labels = fd_labels_load(journal, NULL);

	return labels ? fd_labels_count(labels) : 0;
}

static int tell(const char *path, enum fd_format format)
{
	static void (*const print[])(const struct about *about) = {
		[FD_FORMAT_TABLE] = print_tables,
		[FD_FORMAT_JSON] = print_json,
		[FD_FORMAT_CSV] = print_csv,
	};
	const volatile int *stop = fd_interrupt_catch();
	struct about about = { .path = path, .labels = count_labels(path) };
	GError *error = NULL;

	about.contents = fd_contents_read(path, stop, &error);
	if (!about.contents)
		return fd_failure(&usage, error);
	about.is_recording = fd_recording_info_load(path, &about.info, NULL);
	print[format](&about);
	if (about.contents->summary.damaged && format != FD_FORMAT_TABLE)
		fd_warning(&usage, "damaged: %s", about.contents->summary.damage);
	if (*stop)
		fd_warning(&usage, "interrupted: the trace goes on");
	fd_contents_free(about.contents);
	fd_recording_info_clear(&about.info);
	return *stop ? FD_EXIT_INTERRUPTED : FD_EXIT_OK;
}

int fd_cmd_info(int argc, char **argv)
{
	g_autofree char *text = NULL;
	const GOptionEntry entries[] = {
		{ "format", 0, 0, G_OPTION_ARG_STRING, &text, "table (the default), json or csv",
		  "FORMAT" },
		G_OPTION_ENTRY_NULL,
	};
	enum fd_format format;
	int code = FD_EXIT_OK;

	if (!fd_options_parse(&usage, entries, &argc, &argv, &code))
		return code;
	if (argc != 2)
		return fd_usage_error(&usage, argc < 2 ? "which recording?" : "one recording only");
	if (!fd_format_parse(text, &format))
		return fd_usage_error(&usage, "--format: \"%s\": expected table, json or csv",
				      text);
	return tell(argv[1], format);
}
