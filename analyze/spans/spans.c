#include "analyze/spans/spans.h"

#include <gio/gio.h>

#include "analyze/spans/spans_build.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source_notes.h"

#define BATCH 4096u

static const char *text_of(const void *source, uint32_t name)
{
	return fdar_source_text(source, name);
}

/* While another process is waited for. */
static gboolean go_on(void *user)
{
	const struct fdar_spans_options *options = user;

	return !options->progress || options->progress(0, options->user);
}

static void warn(const char *path, const struct fdar_source *source,
		 const struct fdar_symbols *symbols, GPtrArray *warnings)
{
	const GPtrArray *doubts = fdar_source_doubts(source);
	struct fdar_source_summary summary;

	for (guint i = 0; i < doubts->len; i++)
		g_ptr_array_add(
			warnings,
			g_strdup_printf(
				"%s: %s", path,
				((const struct fdar_doubt *)g_ptr_array_index(doubts, i))->text));
	fdar_source_get_summary(source, &summary);
	fdar_source_note_times(&summary, path, warnings);
	for (const char *const *note = fdar_symbols_notes(symbols); *note; note++)
		g_ptr_array_add(warnings, g_strdup(*note));
}

static gboolean read_all(const char *path, const struct fdar_spans_options *options,
			 struct fdar_source *source, struct fdar_symbols *symbols,
			 struct fdar_spans_builder *builder, GError **error)
{
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	struct fdar_source_summary summary;
	guint64 events = 0;
	gssize count;

	while ((count = fdar_source_read(source, batch, BATCH, error)) > 0) {
		fdar_symbols_add_modules(symbols, batch, (size_t)count, text_of, source);
		fdar_spans_builder_feed(builder, batch, (size_t)count);
		events += (guint64)count;
		if (options->progress && !options->progress(events, options->user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
	}
	fdar_source_get_summary(source, &summary);
	return count == 0 && fdar_source_check_times(&summary, path, error);
}

struct fdar_spans *fdar_spans_read(const char *path, const struct fdar_spans_options *options,
				   GPtrArray *warnings, GError **error)
{
	struct fdar_source_options how = { .go_on = go_on, .user = (void *)options };
	g_autofree char *symbols_dir = g_build_filename(path, "symbols", NULL);
	g_autoptr(fdar_rules) rules = NULL;
	g_autoptr(fdar_source) source = NULL;
	g_autoptr(fdar_symbols) symbols = NULL;
	g_autoptr(fdar_rules_run) run = NULL;
	struct fdar_spans_builder *builder;
	struct fdar_spans *spans;

	if (!fdar_rules_load_of(path, options->rules, &rules, error))
		return NULL;
	how.maps = rules ? fdar_rules_maps(rules) : NULL;
	source = fdar_source_open_with(path, &how, error);
	if (!source)
		return NULL;
	symbols = fdar_symbols_new(symbols_dir);
	if (options->listing && !fdar_symbols_use_listing(symbols, options->listing, error))
		return NULL;
	if (rules)
		run = fdar_rules_run_new(rules, text_of, fdar_source_namespace, source, symbols);
	builder = fdar_spans_builder_new(options, &(struct fdar_spans_names){ .symbols = symbols,
									      .text = text_of,
									      .texts = source,
									      .rules = rules,
									      .run = run });
	if (!read_all(path, options, source, symbols, builder, error)) {
		fdar_spans_builder_free(builder);
		return NULL;
	}
	spans = fdar_spans_builder_finish(builder);
	for (uint32_t i = 0; i < spans->thread_count; i++)
		spans->threads[i].told_pid = fdar_source_process(source, spans->threads[i].pid).pid;
	if (warnings)
		warn(path, source, symbols, warnings);
	return spans;
}

#define PIDS_MAX 4194304u /* of Linux: ids are below */

uint32_t fdar_spans_pid(const struct fdar_span_thread *thread)
{
	return thread->pid <= INT32_MAX ? thread->pid : PIDS_MAX + (thread->pid & INT32_MAX);
}

char *fdar_spans_process_name(const struct fdar_spans *spans, const struct fdar_span_thread *thread)
{
	return thread->pid <= INT32_MAX
		       ? g_strdup(spans->program)
		       : g_strdup_printf("%s (process %u)", spans->program, thread->told_pid);
}

/* How many spans come before those of a thread that begin after a time. */
static uint32_t after(const struct fdar_spans *spans, uint32_t thread, uint64_t time_ns)
{
	uint32_t low = 0, high = spans->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct fdar_span *span = &spans->spans[middle];

		if (span->thread < thread || (span->thread == thread && span->start_ns <= time_ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t fdar_spans_after(const struct fdar_spans *spans, uint32_t thread, uint64_t time_ns)
{
	uint32_t at = after(spans, thread, time_ns);

	return at < spans->count && spans->spans[at].thread == thread ? at : FDAR_SPANS_NONE;
}

uint32_t fdar_spans_at(const struct fdar_spans *spans, uint32_t thread, uint64_t time_ns)
{
	uint32_t at = after(spans, thread, time_ns);

	/* What is open then is the last that has begun, or around it. */
	if (at == 0 || spans->spans[at - 1].thread != thread)
		return FDAR_SPANS_NONE;
	for (at--; at != FDAR_SPANS_NONE && spans->spans[at].end_ns <= time_ns;)
		at = spans->spans[at].parent;
	return at;
}

void fdar_spans_free(struct fdar_spans *spans)
{
	if (!spans)
		return;
	g_free(spans->spans);
	g_free(spans->functions);
	g_free(spans->threads);
	g_free(spans->sessions);
	g_free(spans->connections);
	g_free(spans->handoffs);
	g_string_chunk_free(spans->texts);
	g_free(spans);
}
