#include "cli/info/info_tables.h"

#include "cli/kit/cells.h"

static const struct fd_column event_columns[] = {
	{ "event", "event", FALSE, TRUE },
	{ "count", "count", TRUE, FALSE },
};

static const struct fd_column process_columns[] = {
	{ "process", "pid", TRUE, FALSE },     { "program", "program", FALSE, TRUE },
	{ "threads", "threads", TRUE, FALSE }, { "events", "events", TRUE, FALSE },
	{ "from", "begin_ns", TRUE, FALSE },   { "for", "duration_ns", TRUE, FALSE },
};

static const struct fd_column thread_columns[] = {
	{ "process", "pid", TRUE, FALSE },
	{ "thread", "tid", TRUE, FALSE },
	{ "name", "name", FALSE, TRUE },
	{ "events", "events", TRUE, FALSE },
};

static const struct fd_column loss_columns[] = {
	{ "lost", "events", TRUE, FALSE },
	{ "from", "begin_ns", TRUE, FALSE },
	{ "until", "end_ns", TRUE, FALSE },
	{ "of stream", "stream", FALSE, TRUE },
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

struct fd_table *fd_info_events(const struct fd_about *about)
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

/* A call may have begun before the recording did. */
static char *since_begin(const struct fd_about *about, guint64 time_ns)
{
	guint64 begin_ns = about->contents->summary.begin_ns;

	return fd_format_duration((double)(MAX(time_ns, begin_ns) - begin_ns));
}

struct fd_table *fd_info_processes(const struct fd_about *about)
{
	struct fd_table *table =
		fd_table_new("processes", process_columns, G_N_ELEMENTS(process_columns));

	for (guint i = 0; i < about->contents->processes->len; i++) {
		const struct fd_contents_process *process =
			g_ptr_array_index(about->contents->processes, i);
		g_autofree char *pid = g_strdup_printf("%u", process->pid);
		g_autofree char *begin = g_strdup_printf("%" G_GUINT64_FORMAT, process->begin_ns);
		g_autofree char *after = since_begin(about, process->begin_ns);

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

struct fd_table *fd_info_threads(const struct fd_about *about)
{
	struct fd_table *table =
		fd_table_new("threads", thread_columns, G_N_ELEMENTS(thread_columns));

	for (guint i = 0; i < about->contents->threads->len; i++) {
		const struct fd_contents_thread *thread =
			g_ptr_array_index(about->contents->threads, i);
		g_autofree char *pid = g_strdup_printf("%u", thread->pid);
		g_autofree char *tid = g_strdup_printf("%u", thread->tid);

		fd_table_row(table);
		fd_table_cell(table, 0, pid, NULL);
		fd_table_cell(table, 1, tid, NULL);
		fd_table_cell(table, 2, thread->name ? thread->name : "", NULL);
		fd_cell_count(table, 3, (double)thread->events);
	}
	return table;
}

/* Where events are missing, as the recorder noted it. */
struct fd_table *fd_info_losses(const struct fd_about *about, guint most)
{
	struct fd_table *table = fd_table_new("losses", loss_columns, G_N_ELEMENTS(loss_columns));
	const GArray *losses = about->info.losses;

	for (guint i = 0; losses && i < losses->len && (!most || i < most); i++) {
		const struct fd_recording_loss *loss =
			&g_array_index(losses, struct fd_recording_loss, i);
		g_autofree char *begin = g_strdup_printf("%" G_GUINT64_FORMAT, loss->begin_ns);
		g_autofree char *end = g_strdup_printf("%" G_GUINT64_FORMAT, loss->end_ns);
		g_autofree char *from = since_begin(about, loss->begin_ns);
		g_autofree char *until = since_begin(about, loss->end_ns);

		fd_table_row(table);
		fd_cell_count(table, 0, (double)loss->events);
		fd_table_cell(table, 1, from, begin);
		fd_table_cell(table, 2, until, end);
		fd_table_cell(table, 3, loss->stream, NULL);
	}
	return table;
}

struct fd_table *fd_info_binaries(const struct fd_about *about)
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
