#include "cli/info/info_tables.h"

#include <glib/gstdio.h>

#include "base/sum.h"
#include "cli/kit/cells.h"
#include "pipeline/recording/recording.h"

static const struct fdar_column event_columns[] = {
	{ "event", "event", FALSE, FDAR_FIT_CUT },
	{ "count", "count", TRUE, FALSE },
};

static const struct fdar_column process_columns[] = {
	{ "process", "pid", TRUE, FALSE },
	{ "program", "program", FALSE, FDAR_FIT_CUT },
	{ "threads", "threads", TRUE, FALSE },
	{ "events", "events", TRUE, FALSE },
	{ "from", "begin_ns", TRUE, FDAR_FIT_DROP(1) },
	{ "for", "duration_ns", TRUE, FALSE },
};

static const struct fdar_column thread_columns[] = {
	{ "process", "pid", TRUE, FALSE },
	{ "thread", "tid", TRUE, FALSE },
	{ "name", "name", FALSE, FDAR_FIT_CUT },
	{ "events", "events", TRUE, FALSE },
};

static const struct fdar_column loss_columns[] = {
	{ "lost", "events", TRUE, FALSE },
	{ "from", "begin_ns", TRUE, FDAR_FIT_DROP(1) },
	{ "until", "end_ns", TRUE, FALSE },
	{ "of stream", "stream", FALSE, FDAR_FIT_CUT },
};

static const struct fdar_column binary_columns[] = {
	{ "binary", "path", FALSE, FDAR_FIT_TAIL },
	{ "build id", "build_id", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(1) },
	{ "processes", "processes", TRUE, FALSE },
};

static void add_count(struct fdar_table *table, const char *name, guint64 count)
{
	fdar_table_row(table);
	fdar_table_cell(table, 0, name, NULL);
	fdar_cell_count(table, 1, (double)count);
}

struct fdar_table *fdar_info_events(const struct fdar_about *about)
{
	struct fdar_table *table =
		fdar_table_new("events", event_columns, G_N_ELEMENTS(event_columns));
	GHashTableIter all;
	gpointer name, count;

	for (unsigned kind = FDAR_EVENT_OTHER + 1; kind < FDAR_EVENT_KINDS; kind++) {
		const char *own = fdar_source_event_name(about->contents->source, kind);

		if (about->contents->kinds[kind] && kind != FDAR_EVENT_THREAD_NAME)
			add_count(table, own ? own : fdar_event_kind_name(kind),
				  about->contents->kinds[kind]);
	}
	g_hash_table_iter_init(&all, about->contents->others);
	while (g_hash_table_iter_next(&all, &name, &count))
		add_count(table,
			  GPOINTER_TO_UINT(name) ? fdar_source_text(about->contents->source,
								    GPOINTER_TO_UINT(name))
						 : "(others)",
			  *(guint64 *)count);
	return table;
}

/* A trace without times has no durations, not even of 0. */
static gboolean is_timeless(const struct fdar_about *about)
{
	const struct fdar_source_summary *summary = &about->contents->summary;

	return summary->untimed && summary->untimed >= summary->events;
}

/* A call may have begun before the recording did. */
static char *since_begin(const struct fdar_about *about, guint64 time_ns)
{
	guint64 begin_ns = about->contents->summary.begin_ns;

	if (is_timeless(about))
		return g_strdup("-");
	return fdar_format_duration((double)(MAX(time_ns, begin_ns) - begin_ns));
}

static char *pid_number(const struct fdar_about *about, guint32 pid)
{
	return g_strdup_printf("%u", fdar_source_process(about->contents->source, pid).pid);
}

struct fdar_table *fdar_info_processes(const struct fdar_about *about)
{
	struct fdar_table *table =
		fdar_table_new("processes", process_columns, G_N_ELEMENTS(process_columns));

	for (guint i = 0; i < about->contents->processes->len; i++) {
		const struct fdar_contents_process *process =
			g_ptr_array_index(about->contents->processes, i);
		g_autofree char *pid = fdar_contents_pid(about->contents, process->pid);
		g_autofree char *number = pid_number(about, process->pid);
		g_autofree char *begin = g_strdup_printf("%" G_GUINT64_FORMAT, process->begin_ns);
		g_autofree char *after = since_begin(about, process->begin_ns);

		fdar_table_row(table);
		fdar_table_cell(table, 0, pid, number);
		fdar_table_cell(table, 1, process->program ? process->program : "", NULL);
		fdar_cell_count(table, 2, g_hash_table_size(process->threads));
		fdar_cell_count(table, 3, (double)process->events);
		fdar_table_cell(table, 4, after, begin);
		if (is_timeless(about))
			fdar_table_cell(table, 5, "-", "");
		else
			fdar_cell_duration(table, 5, (double)(process->end_ns - process->begin_ns));
	}
	return table;
}

struct fdar_table *fdar_info_threads(const struct fdar_about *about)
{
	struct fdar_table *table =
		fdar_table_new("threads", thread_columns, G_N_ELEMENTS(thread_columns));

	for (guint i = 0; i < about->contents->threads->len; i++) {
		const struct fdar_contents_thread *thread =
			g_ptr_array_index(about->contents->threads, i);
		g_autofree char *pid = fdar_contents_pid(about->contents, thread->pid);
		g_autofree char *number = pid_number(about, thread->pid);
		g_autofree char *tid = g_strdup_printf("%u", thread->tid);

		fdar_table_row(table);
		fdar_table_cell(table, 0, pid, number);
		fdar_table_cell(table, 1, tid, NULL);
		fdar_table_cell(table, 2, thread->name ? thread->name : "", NULL);
		fdar_cell_count(table, 3, (double)thread->events);
	}
	return table;
}

/* Where events are missing, as the recorder noted it. */
struct fdar_table *fdar_info_losses(const struct fdar_about *about, guint most)
{
	struct fdar_table *table =
		fdar_table_new("losses", loss_columns, G_N_ELEMENTS(loss_columns));
	const GArray *losses = about->state.info.losses;

	for (guint i = 0; losses && i < losses->len && (!most || i < most); i++) {
		const struct fdar_recording_loss *loss =
			&g_array_index(losses, struct fdar_recording_loss, i);
		g_autofree char *begin = g_strdup_printf("%" G_GUINT64_FORMAT, loss->begin_ns);
		g_autofree char *end = g_strdup_printf("%" G_GUINT64_FORMAT, loss->end_ns);
		g_autofree char *from = since_begin(about, loss->begin_ns);
		g_autofree char *until = since_begin(about, loss->end_ns);

		fdar_table_row(table);
		fdar_cell_count(table, 0, (double)loss->events);
		fdar_table_cell(table, 1, from, begin);
		fdar_table_cell(table, 2, until, end);
		fdar_table_cell(table, 3, loss->stream, NULL);
	}
	return table;
}

struct fdar_table *fdar_info_binaries(const struct fdar_about *about)
{
	struct fdar_table *table =
		fdar_table_new("binaries", binary_columns, G_N_ELEMENTS(binary_columns));

	for (guint i = 0; i < about->contents->binaries->len; i++) {
		const struct fdar_contents_binary *binary =
			g_ptr_array_index(about->contents->binaries, i);

		fdar_table_row(table);
		fdar_table_cell(table, 0, binary->path, NULL);
		fdar_table_cell(table, 1, binary->build_id, NULL);
		fdar_cell_count(table, 2, g_hash_table_size(binary->processes));
	}
	return table;
}

guint64 fdar_info_lost_events(const struct fdar_about *about)
{
	guint64 told = fdar_sum(about->state.info.discarded, about->state.info.dropped);

	return fdar_sum(MAX(about->contents->summary.discarded, told),
			about->state.info.events_missing);
}

guint64 fdar_info_secrets(const struct fdar_about *about)
{
	g_autofree char *path = g_build_filename(about->path, FDAR_RECORDING_TLS_KEYS, NULL);
	GStatBuf st;

	return g_lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (guint64)st.st_size : 0;
}
