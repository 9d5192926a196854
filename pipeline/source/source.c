#include "pipeline/source/source.h"

#include <string.h>

#include "pipeline/events/calls.h"
#include "pipeline/events/decoder.h"
#include "pipeline/events/event_map.h"
#include "pipeline/events/load_map.h"
#include "pipeline/recording/losses.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/recording/recording.h"
#include "pipeline/events/text.h"
#include "pipeline/events/whose.h"
#include "pipeline/recording/trace_find.h"
#include "instrument/wire/events.h"
#include "pipeline/source/mixed.h"
#include "pipeline/source/source_check.h"
#include "pipeline/source/source_clocks.h"
#include "pipeline/source/source_ends.h"
#include "pipeline/source/source_index.h"
#include "pipeline/source/source_tally.h"
#include "pipeline/source/strangers.h"

/* A life of a process that is over, and the one that begins. */
struct over {
	uint64_t time_ns;
	uint32_t pid, next;
	enum fdar_whose_change change;
};

struct fdar_source {
	char *path;
	const struct fdar_decoder_ops *ops;
	void *decoder;
	struct fdar_decoder_env env;
	struct fdar_source_summary summary;
	struct fdar_recording_state recording;
	struct fdar_source_times times;
	GArray *shifts;                  /* of struct fdar_clock_shift; NULL: none */
	struct fdar_shares *shares;      /* NULL: path is no folder of several recordings */
	struct fdar_strangers strangers; /* processes whose events are left out */
	struct fdar_whose *whose;
	struct fdar_load_map *load_map;
	GArray *over; /* of struct over: told before the next event of the other life */
	struct fdar_source_ends ends;
	struct fdar_calls *calls;
	GArray *raw;    /* of struct fdar_event: the batch that holds calls events, as decoded */
	guint raw_at;   /* of raw: the one to deliver next */
	gboolean split; /* that one is a calls event, and calls has more of it */
	char *damage;
	gboolean ended;
};

/* A recording says whose events in its trace are not its own. */
static gboolean read_recording(struct fdar_source *source, GError **error)
{
	const struct fdar_recording_info *info = &source->recording.info;

	if (!fdar_recording_state_load(source->path, &source->recording, error))
		return FALSE;
	source->ends.ends = info->ends;
	if (source->env.slices <= 1)
		source->times = fdar_source_times_of(info);
	fdar_strangers_init(&source->strangers, info, source->shares);
	return TRUE;
}

/* Our decoder if it takes all traces, else each one's, which has no slices but the first. */
static gboolean open_decoder(struct fdar_source *source, const GPtrArray *traces, GError **error)
{
	g_autoptr(GError) refusal = NULL;

	source->ops = &fdar_decoder_ctf;
	source->decoder = source->ops->open(traces, &source->env, &refusal);
	if (source->decoder)
		return TRUE;
	if (!g_error_matches(refusal, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT)) {
		g_propagate_error(error, g_steal_pointer(&refusal));
		return FALSE;
	}
	source->ops = &fdar_decoder_mixed;
	source->ended = source->env.slice > 0;
	if (!source->ended)
		source->decoder = source->ops->open(traces, &source->env, error);
	return source->ended || source->decoder;
}

/* Of several hosts whose clocks may be compared: opens it once more, for the first slice alone, with times that fit. */
static gboolean compare_clocks(struct fdar_source *source, const GPtrArray *traces,
			       const struct fdar_source_options *options, GError **error)
{
	const struct fdar_source_options alone = { .go_on = options->go_on,
						   .user = options->user,
						   .own_clocks = TRUE };
	g_autoptr(fdar_source) own = NULL;

	if (options->own_clocks || source->ops != &fdar_decoder_ctf ||
	    !fdar_source_clocks_several(source->env.hosts))
		return TRUE;
	source->ops->close(g_steal_pointer(&source->decoder));
	if ((source->ended = source->env.slice > 0))
		return TRUE;
	own = fdar_source_open_with(source->path, &alone, error);
	if (!own)
		return FALSE;
	source->shifts =
		fdar_source_clocks_find(&(struct fdar_source_clocks_input){ own, fdar_source_read,
									    fdar_source_host,
									    fdar_source_text },
					source->env.hosts, source->recording.doubts);
	source->env.shifts = source->shifts;
	fdar_source_forget_counts(&source->env);
	source->env.slices = 0;
	if (!open_decoder(source, traces, error))
		return FALSE;
	source->env.slices = options->slices;
	return TRUE;
}

struct fdar_source *fdar_source_open_with(const char *path,
					  const struct fdar_source_options *options, GError **error)
{
	g_autoptr(fdar_source) source = NULL;
	g_autofree char *dir = fdar_recording_trace_path(path, error);
	g_autoptr(GPtrArray) traces = dir ? fdar_trace_find(dir, error) : NULL;

	if (!traces)
		return NULL;
	source = g_new0(struct fdar_source, 1);
	source->path = g_strdup(path);
	source->env.texts = fdar_texts_new();
	source->env.hosts = g_ptr_array_new_with_free_func(g_free);
	source->env.homes = fdar_homes_new();
	source->whose = fdar_whose_new(source->env.homes, source->env.texts);
	source->load_map = fdar_load_map_new();
	source->over = g_array_new(FALSE, FALSE, sizeof(struct over));
	source->env.losses = fdar_recording_losses_new();
	source->env.streams = fdar_recording_streams_new();
	source->calls = fdar_calls_new(source->env.texts);
	source->raw = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
	source->env.slice = options->slice;
	source->env.slices = options->slices;
	source->env.go_on = options->go_on;
	source->env.user = options->user;
	source->env.maps = options->maps;
	source->times = fdar_source_times_any();
	source->shares = fdar_shares_new(traces);
	source->env.shares = source->shares;
	if (!read_recording(source, error))
		return NULL;
	fdar_source_compare_indexes(traces, source->recording.doubts);
	if (!open_decoder(source, traces, error) || !compare_clocks(source, traces, options, error))
		return NULL;
	return g_steal_pointer(&source);
}

struct fdar_source *fdar_source_open_slice(const char *path, unsigned slice, unsigned slices,
					   GError **error)
{
	const struct fdar_source_options options = { .slice = slice, .slices = slices };

	return fdar_source_open_with(path, &options, error);
}

struct fdar_source *fdar_source_open(const char *path, GError **error)
{
	return fdar_source_open_with(path, &(struct fdar_source_options){ .slices = 0 }, error);
}

/* ---- batches ---- */

/* From process ids to processes. */
static void identify(struct fdar_source *source, struct fdar_event *batch, size_t n,
		     gboolean special)
{
	if (!special && !fdar_whose_matters(source->whose))
		return;
	for (size_t i = 0; i < n; i++) {
		struct over over = { .time_ns = batch[i].time_ns };

		over.change = fdar_whose_tell(source->whose, &batch[i], &over.pid);
		if (over.change != FDAR_WHOSE_SAME) {
			over.next = batch[i].pid;
			g_array_append_val(source->over, over);
		}
	}
}

static gboolean is_told(const struct fdar_event *event)
{
	return event->kind != FDAR_EVENT_THREAD_NAME;
}

static void count(struct fdar_source_summary *summary, const struct fdar_event *batch, size_t n,
		  uint64_t tally)
{
	size_t made_up = tallied(tally, MADE_UP), first = 0, last = n;

	if (made_up == n)
		return;
	while (!is_told(&batch[first]))
		first++;
	while (!is_told(&batch[last - 1]))
		last--;
	if (!summary->events)
		summary->begin_ns = batch[first].time_ns;
	summary->end_ns = MAX(summary->end_ns, batch[last - 1].time_ns);
	summary->events += n - made_up;
	summary->ours += n - made_up - tallied(tally, OTHERS);
}

/* All of it was out of time: then it is recording.json that is wrong about it, and it is read again. */
static gboolean forgive_times(struct fdar_source *source)
{
	g_autofree char *dir = NULL;
	g_autoptr(GPtrArray) traces = NULL;

	if (source->summary.events || !source->summary.out_of_time)
		return FALSE;
	dir = fdar_recording_trace_path(source->path, NULL);
	traces = dir ? fdar_trace_find(dir, NULL) : NULL;
	if (!traces)
		return FALSE;
	source->ops->close(g_steal_pointer(&source->decoder));
	fdar_source_forget_counts(&source->env);
	source->summary = (struct fdar_source_summary){ 0 };
	source->times = fdar_source_times_any();
	return open_decoder(source, traces, NULL);
}

const char *fdar_source_event_name(const struct fdar_source *source, enum fdar_event_kind kind)
{
	uint32_t id = kind < FDAR_EVENT_KINDS ? source->env.names[kind] : 0;
	const char *name = id == FDAR_DECODER_SEVERAL ? "" : fdar_texts_get(source->env.texts, id);

	return *name && !g_str_has_prefix(name, FDAR_PROVIDER ":") ? name : NULL;
}

/* The end of reading, good or bad; gives what fdar_source_read gives. */
static gssize finish(struct fdar_source *source, GError *cause, GError **error)
{
	source->ended = TRUE;
	fdar_source_take_counts(&source->env, &source->summary);
	if (!cause && source->env.damage)
		cause = g_error_new_literal(FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED,
					    source->env.damage);
	if (cause && (!source->summary.events || cause->domain != FDAR_SOURCE_ERROR)) {
		g_propagate_error(error, cause);
		return -1;
	}
	if (cause) {
		source->summary.damaged = TRUE;
		source->damage = g_strdup(cause->message);
		source->summary.damage = source->damage;
		g_error_free(cause);
	}
	if (source->summary.events || source->env.slices > 1) {
		fdar_source_place_streams(source->env.streams, source->path);
		fdar_source_compare(&source->recording, &source->summary, source->env.streams,
				    source->env.slices > 1);
		return 0;
	}
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY,
		    "%s: the trace holds no event", source->path);
	return -1;
}

/* Events as they are on the wire, calls events among them: what fdar_source_read gives otherwise. */
static gssize read_wire(struct fdar_source *source, struct fdar_event *batch, size_t capacity,
			gboolean *special, GError **error)
{
	GError *cause = NULL;
	uint64_t tally;
	gssize n;

	do {
		n = source->ops->read(source->decoder, batch, MIN(capacity, TALLY(1) - 1), &cause);
		if (n == 0 && !cause && forgive_times(source))
			continue;
		if (n <= 0)
			return finish(source, cause, error);
		tally = tally_of(batch, (size_t)n);
		*special = tallied(tally, SPECIAL) > 0;
		identify(source, batch, (size_t)n, *special || source->shares);
		if (*special || fdar_strangers_matter(&source->strangers)) {
			n = (gssize)fdar_strangers_leave_out(&source->strangers, source->whose,
							     source->env.texts, batch, (size_t)n,
							     &source->summary.strangers);
			tally = tally_of(batch, (size_t)n);
		}
		if (n && !fdar_source_times_have(&source->times, batch, (size_t)n)) {
			n = (gssize)fdar_source_times_keep(&source->times, batch, (size_t)n,
							   &source->summary.out_of_time);
			tally = tally_of(batch, (size_t)n);
		}
	} while (!n);
	count(&source->summary, batch, (size_t)n, tally);
	fdar_source_take_counts(&source->env, &source->summary);
	return n;
}

static void add_over(struct fdar_source *source, guint index)
{
	const struct over *over = &g_array_index(source->over, struct over, index);
	struct fdar_event event = { .time_ns = over->time_ns,
				    .data = "",
				    .pid = over->pid,
				    .kind = FDAR_EVENT_PROCESS_OVER };

	event.over.next = over->next;
	event.over.perhaps = over->change == FDAR_WHOSE_NAMESAKE;
	g_array_append_val(source->raw, event);
	g_array_remove_index(source->over, index);
}

/* A batch with calls events, with another life of a process or the end of one, becomes raw. */
static void set_raw(struct fdar_source *source, const struct fdar_event *batch, size_t n)
{
	source->raw_at = 0;
	g_array_set_size(source->raw, 0);
	for (size_t i = 0; i < n; i++) {
		fdar_source_ends_take(&source->ends, batch[i].time_ns, source->whose, source->raw);
		if (source->over->len &&
		    g_array_index(source->over, struct over, 0).next == batch[i].pid)
			add_over(source, 0);
		g_array_append_val(source->raw, batch[i]);
	}
	/* Of a stranger's next life nothing is told, but that the one before is over is. */
	while (source->over->len)
		add_over(source, 0);
}

/* Delivers of raw: calls events in pieces, all others as they are. */
static size_t deliver(struct fdar_source *source, struct fdar_event *batch, size_t capacity)
{
	size_t n = 0;

	fdar_calls_forget_texts(source->calls);
	while (source->raw_at < source->raw->len && n < capacity) {
		const struct fdar_event *event =
			&g_array_index(source->raw, struct fdar_event, source->raw_at);

		if (!fdar_event_is_packed(event)) {
			if (event->kind == FDAR_EVENT_THREAD_END)
				fdar_calls_end_thread(source->calls, event->pid, event->tid);
			batch[n++] = *event;
			source->raw_at++;
			continue;
		}
		if (!source->split)
			fdar_calls_begin(source->calls, event);
		n += fdar_source_take_calls(source->calls, event, batch + n, capacity - n,
					    source->env.streams);
		source->split = n == capacity;
		source->raw_at += !source->split;
	}
	fdar_load_map_tell(source->load_map, batch, n);
	source->summary.calls = fdar_calls_count(source->calls);
	source->summary.calls_broken = fdar_calls_broken(source->calls);
	return n;
}

/* Nothing is the end: those that were killed after the last event. In a slice but the last the next one
 * tells of them. */
static gboolean is_to_be_raw(const struct fdar_source *source, const struct fdar_event *batch,
			     size_t n, gboolean special)
{
	if (n == 0)
		return source->env.slice + 1 >= source->env.slices &&
		       fdar_source_ends_due(&source->ends, UINT64_MAX);
	return special || source->over->len ||
	       fdar_source_ends_due(&source->ends, batch[n - 1].time_ns);
}

gssize fdar_source_read(struct fdar_source *source, struct fdar_event *batch, size_t capacity,
			GError **error)
{
	gboolean special = FALSE;
	gssize n = 0;

	if (!capacity)
		return 0;
	/* What raw's data points to is the decoder's, until it is read again. */
	while (!n) {
		n = (gssize)deliver(source, batch, capacity);
		if (n)
			return n;
		if (source->ended)
			return 0;
		n = read_wire(source, batch, capacity, &special, error);
		if (n > 0 && !special && fdar_load_map_matters(source->load_map))
			fdar_load_map_tell(source->load_map, batch, (size_t)n);
		if (n < 0 || !is_to_be_raw(source, batch, (size_t)n, special))
			return n;
		set_raw(source, batch, (size_t)n);
		if (n == 0)
			fdar_source_ends_take(&source->ends, UINT64_MAX, source->whose,
					      source->raw);
		n = 0;
	}
	return n;
}

void fdar_source_join_calls(struct fdar_source *source)
{
	fdar_calls_join(source->calls);
}

const char *fdar_source_text(const struct fdar_source *source, uint32_t name)
{
	return fdar_texts_get(source->env.texts, name);
}

uint32_t fdar_source_texts(const struct fdar_source *source)
{
	return fdar_texts_count(source->env.texts);
}

uint32_t fdar_source_namespace(const void *source, uint16_t home)
{
	return fdar_homes_get(((const struct fdar_source *)source)->env.homes, home).ns;
}

const char *fdar_source_host(const struct fdar_source *source, uint16_t home)
{
	return fdar_texts_get(source->env.texts, fdar_homes_get(source->env.homes, home).host);
}

uint32_t fdar_source_homes(const struct fdar_source *source)
{
	return fdar_homes_count(source->env.homes);
}

gboolean fdar_source_is_own(const struct fdar_source *source)
{
	return source->ops == &fdar_decoder_ctf;
}

struct fdar_source_process fdar_source_process(const struct fdar_source *source, uint32_t pid)
{
	struct fdar_whose_process told = fdar_whose_process(source->whose, pid);
	g_autofree char *title = fdar_homes_title(source->env.homes, source->env.texts, told.host);
	const char *host =
		fdar_texts_get(source->env.texts, fdar_texts_id(source->env.texts, title));

	return (struct fdar_source_process){ told.pid, told.life, told.ns, host };
}

void fdar_source_get_summary(const struct fdar_source *source, struct fdar_source_summary *summary)
{
	*summary = source->summary;
}

const GPtrArray *fdar_source_doubts(const struct fdar_source *source)
{
	return source->recording.doubts;
}

const GArray *fdar_source_losses(struct fdar_source *source)
{
	fdar_losses_sort(source->env.losses);
	return source->env.losses;
}

GArray *fdar_source_streams(const struct fdar_source *source)
{
	return source->env.streams;
}

GArray *fdar_source_strangers(const struct fdar_source *source)
{
	return fdar_strangers_list(&source->strangers);
}

void fdar_source_close(struct fdar_source *source)
{
	if (!source)
		return;
	if (source->decoder)
		source->ops->close(source->decoder);
	fdar_whose_free(source->whose);
	fdar_load_map_free(source->load_map);
	g_array_unref(source->over);
	fdar_homes_free(source->env.homes);
	fdar_texts_free(source->env.texts);
	g_array_unref(source->env.losses);
	g_array_unref(source->env.streams);
	g_ptr_array_unref(source->env.hosts);
	g_clear_pointer(&source->shifts, g_array_unref);
	fdar_strangers_clear(&source->strangers);
	fdar_shares_free(source->shares);
	fdar_calls_free(source->calls);
	g_array_unref(source->raw);
	fdar_recording_state_clear(&source->recording);
	g_free(source->env.damage);
	g_free(source->env.back_at);
	g_free(source->damage);
	g_free(source->path);
	g_free(source);
}
