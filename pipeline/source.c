#include "pipeline/source.h"

#include "pipeline/decoder.h"
#include "pipeline/recording.h"
#include "pipeline/text.h"
#include "pipeline/trace_find.h"

struct fd_source {
	char *path;
	const struct fd_decoder_ops *ops;
	void *decoder;
	struct fd_decoder_env env;
	struct fd_source_summary summary;
	GHashTable *strangers; /* pids whose events are left out; NULL: none */
	char *damage;
	gboolean ended;
};

G_DEFINE_QUARK(fd_source_error, fd_source_error)

/* A recording says whose events in its trace are not its own. What it says otherwise, and whether
 * there is such a file at all, is no matter here. */
static GHashTable *read_strangers(const char *path)
{
	struct fd_recording_info info = { 0 };
	GHashTable *strangers = NULL;

	if (!fd_recording_info_load(path, &info, NULL))
		return NULL;
	for (guint i = 0; info.strangers && i < info.strangers->len; i++) {
		if (!strangers)
			strangers = g_hash_table_new(NULL, NULL);
		g_hash_table_add(strangers,
				 GUINT_TO_POINTER(g_array_index(info.strangers, guint32, i)));
	}
	fd_recording_info_clear(&info);
	return strangers;
}

/* Our decoder if it takes the traces, else libbabeltrace2's, which has no slices but the first. */
static gboolean open_decoder(struct fd_source *source, const GPtrArray *traces, GError **error)
{
	source->ops = &fd_decoder_ctf;
	source->decoder = source->ops->open(traces, &source->env, NULL);
	if (source->decoder)
		return TRUE;
	source->ops = &fd_decoder_guarded;
	source->ended = source->env.slice > 0;
	if (!source->ended)
		source->decoder = source->ops->open(traces, &source->env, error);
	return source->ended || source->decoder;
}

struct fd_source *fd_source_open_slice(const char *path, unsigned slice, unsigned slices,
				       GError **error)
{
	g_autoptr(fd_source) source = NULL;
	g_autofree char *dir = NULL;
	g_autoptr(GPtrArray) traces = NULL;

	dir = fd_recording_trace_path(path, error);
	if (!dir)
		return NULL;
	traces = fd_trace_find(dir, error);
	if (!traces)
		return NULL;
	source = g_new0(struct fd_source, 1);
	source->path = g_strdup(path);
	source->env.texts = fd_texts_new();
	source->strangers = read_strangers(path);
	source->env.slice = slice;
	source->env.slices = slices;
	if (!open_decoder(source, traces, error))
		return NULL;
	return g_steal_pointer(&source);
}

struct fd_source *fd_source_open(const char *path, GError **error)
{
	return fd_source_open_slice(path, 0, 0, error);
}

/* Takes the strangers' events out of the batch; gives how many are left. */
static size_t leave_out(struct fd_source *source, struct fd_event *batch, size_t n)
{
	size_t kept = 0;

	if (!source->strangers)
		return n;
	for (size_t i = 0; i < n; i++) {
		if (g_hash_table_contains(source->strangers, GUINT_TO_POINTER(batch[i].pid)))
			source->summary.strangers += batch[i].kind != FD_EVENT_THREAD_NAME;
		else
			batch[kept++] = batch[i];
	}
	return kept;
}

static gboolean is_told(const struct fd_event *event)
{
	return event->kind != FD_EVENT_THREAD_NAME;
}

/* Done for every event there is: the loop has no branch. */
static void count(struct fd_source_summary *summary, const struct fd_event *batch, size_t n)
{
	size_t made_up = 0, others = 0, first = 0, last = n;

	for (size_t i = 0; i < n; i++) {
		made_up += !is_told(&batch[i]);
		others += batch[i].kind == FD_EVENT_OTHER;
	}
	if (made_up == n)
		return;
	while (!is_told(&batch[first]))
		first++;
	while (!is_told(&batch[last - 1]))
		last--;
	if (!summary->events)
		summary->begin_ns = batch[first].time_ns;
	summary->end_ns = batch[last - 1].time_ns;
	summary->events += n - made_up;
	summary->ours += n - made_up - others;
}

/* The end of reading, good or bad; gives what fd_source_read gives. */
static gssize finish(struct fd_source *source, GError *cause, GError **error)
{
	source->ended = TRUE;
	source->summary.discarded = source->env.discarded;
	source->summary.packets_lost = source->env.packets_lost;
	if (!cause && source->env.damage)
		cause = g_error_new_literal(FD_SOURCE_ERROR, FD_SOURCE_ERROR_DAMAGED,
					    source->env.damage);
	if (cause && !source->summary.events) {
		g_propagate_error(error, cause);
		return -1;
	}
	if (cause) {
		source->summary.damaged = TRUE;
		source->damage = g_strdup(cause->message);
		source->summary.damage = source->damage;
		g_error_free(cause);
		return 0;
	}
	if (source->summary.events || source->env.slices > 1)
		return 0;
	g_set_error(error, FD_SOURCE_ERROR, FD_SOURCE_ERROR_EMPTY, "%s: the trace holds no event",
		    source->path);
	return -1;
}

gssize fd_source_read(struct fd_source *source, struct fd_event *batch, size_t capacity,
		      GError **error)
{
	GError *cause = NULL;
	gssize n;

	if (source->ended || !capacity)
		return 0;
	do {
		n = source->ops->read(source->decoder, batch, capacity, &cause);
		if (n <= 0)
			return finish(source, cause, error);
		n = (gssize)leave_out(source, batch, (size_t)n);
	} while (!n);
	count(&source->summary, batch, (size_t)n);
	source->summary.discarded = source->env.discarded;
	source->summary.packets_lost = source->env.packets_lost;
	return n;
}

const char *fd_source_text(const struct fd_source *source, uint32_t name)
{
	return fd_texts_get(source->env.texts, name);
}

void fd_source_get_summary(const struct fd_source *source, struct fd_source_summary *summary)
{
	*summary = source->summary;
}

void fd_source_close(struct fd_source *source)
{
	if (!source)
		return;
	if (source->decoder)
		source->ops->close(source->decoder);
	fd_texts_free(source->env.texts);
	if (source->strangers)
		g_hash_table_destroy(source->strangers);
	g_free(source->env.damage);
	g_free(source->damage);
	g_free(source->path);
	g_free(source);
}
