#include "analyze/profile/profile_threads.h"

#include <gio/gio.h>

#include "base/intern.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source_ahead.h"
#include "pipeline/source/source_notes.h"

/* A row while it is read. */
struct thread {
	struct fdar_profile_thread row;
	uint32_t pid;  /* as events have it */
	uint32_t name; /* text id */
};

struct reading {
	struct fdar_intern ids; /* (pid, tid) -> index of threads */
	GArray *threads;        /* of struct thread */
	GPtrArray *doubts;      /* of what rules met */
};

static uint64_t sum_of(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static struct thread *thread_of(struct reading *reading, uint32_t pid, uint32_t tid)
{
	uint32_t index = fdar_intern_add(&reading->ids, pid, tid);

	if (index == reading->threads->len) {
		struct thread fresh = { .row = { .tid = tid }, .pid = pid };

		g_array_append_val(reading->threads, fresh);
	}
	return &g_array_index(reading->threads, struct thread, index);
}

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	struct thread *thread = thread_of(user, frame->pid, frame->tid);
	struct fdar_profile_thread *row = &thread->row;

	thread->name = frame->thread_name ? frame->thread_name : thread->name;
	row->calls += frame->kind == FDAR_FRAME_FUNCTION || frame->kind == FDAR_FRAME_SCOPE;
	if (frame->kind == FDAR_FRAME_WAIT)
		row->waiting_ns = sum_of(row->waiting_ns, frame->self_ns);
	else
		row->running_ns = sum_of(row->running_ns, frame->self_ns);
	if (frame->session)
		row->sessions_ns = sum_of(row->sessions_ns, frame->self_ns);
}

static void on_opened(void *user, struct fdar_walk_session *session)
{
	thread_of(user, session->pid, session->tid)->row.sessions++;
}

static const struct fdar_walk_visitor visitor = { .session_opened = on_opened, .frame = on_frame };

static struct fdar_profile_threads *threads_new(void)
{
	struct fdar_profile_threads *threads = g_new0(struct fdar_profile_threads, 1);

	threads->threads = g_array_new(FALSE, TRUE, sizeof(struct fdar_profile_thread));
	threads->texts = g_string_chunk_new(1024);
	return threads;
}

static void add_row(struct fdar_profile_threads *sum, const struct fdar_profile_thread *from)
{
	struct fdar_profile_thread row = *from;

	row.host = g_string_chunk_insert_const(sum->texts, from->host);
	row.name = g_string_chunk_insert_const(sum->texts, from->name);
	g_array_append_val(sum->threads, row);
}

/* Once all was read: what a process is called may turn out late. */
static struct fdar_profile_threads *name_all(const struct reading *reading,
					     const struct fdar_source *source)
{
	struct fdar_profile_threads *threads = threads_new();

	for (guint i = 0; i < reading->threads->len; i++) {
		struct thread *thread = &g_array_index(reading->threads, struct thread, i);
		struct fdar_source_process process = fdar_source_process(source, thread->pid);

		thread->row.process = thread->pid;
		thread->row.pid = process.pid;
		thread->row.life = process.life;
		thread->row.host = process.host;
		thread->row.name = fdar_source_text(source, thread->name);
		add_row(threads, &thread->row);
	}
	return threads;
}

static gboolean walk_all(struct fdar_source_ahead *ahead, struct fdar_symbols *symbols,
			 struct fdar_rules_run *run, struct fdar_walk *walk,
			 const struct fdar_profile_options *options, GError **error)
{
	const struct fdar_event *batch;
	uint64_t events = 0;
	gssize count;

	while ((count = fdar_source_ahead_read(ahead, &batch, error)) > 0) {
		size_t length = (size_t)count;

		if (run) {
			fdar_symbols_add_modules(symbols, batch, length, fdar_source_ahead_text,
						 ahead);
			batch = fdar_rules_run_apply(run, batch, length, &length);
		}
		fdar_walk_feed(walk, batch, length);
		events += (uint64_t)count;
		if (options->progress && !options->progress(events, options->user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
	}
	fdar_walk_finish(walk);
	return count == 0;
}

static gboolean go_on(void *user)
{
	const struct fdar_profile_options *options = user;

	return !options->progress || options->progress(0, options->user);
}

/* Walks the whole source. */
static gboolean read_source(struct fdar_source *source, const char *path, struct reading *reading,
			    const struct fdar_profile_options *options, GError **error)
{
	g_autofree char *symbols_dir = g_build_filename(path, "symbols", NULL);
	g_autoptr(fdar_source_ahead) ahead = NULL;
	g_autoptr(fdar_symbols) symbols = fdar_symbols_new(symbols_dir);
	g_autoptr(fdar_rules_run) run = NULL;
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, reading);
	struct fdar_source_summary summary;

	if (!options->rules || !fdar_rules_have_functions(options->rules))
		fdar_source_join_calls(source);
	ahead = fdar_source_ahead_new(source, options->threads);
	fdar_symbols_around_forks(symbols, fdar_source_ahead_hold, fdar_source_ahead_release,
				  ahead);
	if (options->rules)
		run = fdar_rules_run_new(options->rules, fdar_source_ahead_text,
					 fdar_source_ahead_namespace, ahead, symbols);
	fdar_walk_set_unit(walk, options->unit);
	fdar_walk_set_texts(walk, run ? fdar_rules_run_text : fdar_source_ahead_text,
			    run ? (const void *)run : ahead);
	if (fdar_profile_read_infers(path))
		fdar_walk_infer_work(walk);
	if (!walk_all(ahead, symbols, run, walk, options, error))
		return FALSE;
	fdar_rules_run_doubts(run, reading->doubts);
	fdar_source_get_summary(source, &summary);
	return fdar_source_check_times(&summary, path, error);
}

static void warn(const struct fdar_source *source, const char *path, GPtrArray *doubts,
		 GPtrArray *warnings)
{
	struct fdar_source_summary summary;

	fdar_doubts_add_all(doubts, fdar_source_doubts(source));
	for (guint i = 0; i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		g_ptr_array_add(warnings, g_strdup_printf("%s: %s", path, doubt->text));
	}
	fdar_source_get_summary(source, &summary);
	fdar_source_note_times(&summary, path, warnings);
}

struct fdar_profile_threads *fdar_profile_threads_read(const char *path,
						       const struct fdar_profile_options *options,
						       GPtrArray *warnings, GError **error)
{
	const struct fdar_source_options how = { .go_on = go_on,
						 .user = (void *)options,
						 .maps = options->rules
								 ? fdar_rules_maps(options->rules)
								 : NULL };
	g_autoptr(fdar_source) source = fdar_source_open_with(path, &how, error);
	struct reading reading = { 0 };
	struct fdar_profile_threads *threads = NULL;

	if (!source)
		return NULL;
	reading.threads = g_array_new(FALSE, TRUE, sizeof(struct thread));
	reading.doubts = fdar_doubts_new();
	if (read_source(source, path, &reading, options, error))
		threads = name_all(&reading, source);
	if (threads && warnings)
		warn(source, path, reading.doubts, warnings);
	g_array_unref(reading.threads);
	g_ptr_array_unref(reading.doubts);
	fdar_intern_clear(&reading.ids);
	return threads;
}

void fdar_profile_threads_add(struct fdar_profile_threads *sum,
			      const struct fdar_profile_threads *from)
{
	for (guint i = 0; i < from->threads->len; i++)
		add_row(sum, &g_array_index(from->threads, struct fdar_profile_thread, i));
}

void fdar_profile_threads_free(struct fdar_profile_threads *threads)
{
	if (!threads)
		return;
	g_array_unref(threads->threads);
	g_string_chunk_free(threads->texts);
	g_free(threads);
}
