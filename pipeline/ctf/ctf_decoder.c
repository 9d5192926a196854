#include "pipeline/ctf/ctf_open.h"
#include "base/errors.h"
#include "base/sum.h"
#include "pipeline/ctf/ctf_sink.h"
#include "pipeline/ctf/ctf_slice.h"
#include "pipeline/events/decoder.h"
#include "pipeline/recording/recording.h"

struct decoder {
	struct fdar_decoder_env *env;
	struct fdar_ctf_input input;
	struct fdar_ctf_sink *sink;
	struct fdar_ctf_stream **heap; /* of those that have more to give; the first one is next */
	guint count;
};

/* ---- the heap ---- */

static gboolean before(const struct fdar_ctf_stream *a, const struct fdar_ctf_stream *b)
{
	return a->key_ns != b->key_ns ? a->key_ns < b->key_ns : a->rank < b->rank;
}

static void sift_down(struct decoder *decoder, guint at)
{
	struct fdar_ctf_stream **heap = decoder->heap, *moved = heap[at];

	for (;;) {
		guint child = 2 * at + 1;

		if (child + 1 < decoder->count && before(heap[child + 1], heap[child]))
			child++;
		if (child >= decoder->count || !before(heap[child], moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

/* How far the first one may go before it is another one's turn. */
static uint64_t limit_of(const struct decoder *decoder)
{
	const struct fdar_ctf_stream *next;

	if (decoder->count < 2)
		return UINT64_MAX;
	next = decoder->heap[1];
	if (decoder->count > 2 && before(decoder->heap[2], next))
		next = decoder->heap[2];
	return decoder->heap[0]->rank < next->rank ? next->key_ns : next->key_ns - 1;
}

static void remove_first(struct decoder *decoder)
{
	decoder->heap[0] = decoder->heap[--decoder->count];
}

/* ---- reading ---- */

static void take_damage(struct decoder *decoder, struct fdar_ctf_stream *stream)
{
	struct fdar_ctf_input *input = &decoder->input;

	if (stream->shortage && !input->shortage)
		input->shortage = g_steal_pointer(&stream->shortage);
	if (!stream->damage)
		return;
	if (!input->damaged++)
		input->damage = g_steal_pointer(&stream->damage);
}

/* Adds what the stream has counted since it was asked last. */
static void take_counts(struct decoder *decoder, struct fdar_ctf_stream *stream)
{
	struct fdar_decoder_env *env = decoder->env;

	env->discarded = fdar_sum(env->discarded, stream->discarded);
	env->packets_lost = fdar_sum(env->packets_lost, stream->packets_lost);
	env->copies += stream->copies;
	env->times_back += stream->times_back;
	env->most_back_ns = MAX(env->most_back_ns, stream->most_back_ns);
	if (!env->back_at)
		env->back_at = g_steal_pointer(&stream->back_at);
	stream->discarded = stream->packets_lost = stream->copies = stream->times_back = 0;
}

static void count_untimed(struct decoder *decoder, size_t from)
{
	for (size_t i = from; i < decoder->sink->count; i++)
		decoder->env->untimed += decoder->sink->events[i].kind != FDAR_EVENT_THREAD_NAME;
}

/* The stream's events since the sink had so many, and so many names among them; one may be its spare. */
static void count_events(struct decoder *decoder, const struct fdar_ctf_stream *stream, size_t from,
			 uint64_t named)
{
	const struct fdar_ctf_sink *sink = decoder->sink;
	GArray *streams = decoder->env->streams;

	if (streams)
		g_array_index(streams, struct fdar_recording_stream, stream->place).events +=
			sink->count - from - (sink->named - named) + (sink->has_spare != FALSE);
}

static void run_first(struct decoder *decoder)
{
	struct fdar_ctf_stream *stream = decoder->heap[0];
	size_t before = decoder->sink->count;
	uint64_t named = decoder->sink->named;
	uint64_t limit_ns = MIN(limit_of(decoder), stream->to_ns - 1);
	enum fdar_ctf_stop stop;

	if (decoder->env->streams)
		decoder->sink->stream = (int32_t)stream->place;
	stop = fdar_ctf_stream_run(stream, limit_ns, decoder->sink);
	take_counts(decoder, stream);
	count_events(decoder, stream, before, named);
	if (!stream->time.freq)
		count_untimed(decoder, before);
	if (stop == FDAR_CTF_FULL)
		return;
	if (stop == FDAR_CTF_ENDED || stream->key_ns >= stream->to_ns) {
		take_damage(decoder, stream);
		remove_first(decoder);
	}
	if (decoder->count)
		sift_down(decoder, 0);
}

static gssize decoder_read(void *data, struct fdar_event *batch, size_t capacity, GError **error)
{
	struct decoder *decoder = data;
	const struct fdar_ctf_input *input = &decoder->input;

	fdar_ctf_sink_begin(decoder->sink, batch, capacity);
	while (decoder->count && !input->shortage && !fdar_ctf_sink_full(decoder->sink))
		run_first(decoder);
	if (input->shortage) {
		g_propagate_error(error, g_error_copy(input->shortage));
		return -1;
	}
	if (decoder->sink->count || !input->damaged)
		return (gssize)decoder->sink->count;
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED, "%s", input->damage);
	if (input->damaged > 1 && error)
		g_prefix_error(error, "in %u places, the first: ", input->damaged);
	return -1;
}

static void decoder_close(void *data)
{
	struct decoder *decoder = data;

	fdar_ctf_input_clear(&decoder->input);
	fdar_ctf_sink_free(decoder->sink);
	g_free(decoder->heap);
	g_free(decoder);
}

/* By the first file, which a stream has before it is read. */
static void name_streams(struct decoder *decoder)
{
	const GPtrArray *streams = decoder->input.streams;

	if (decoder->env->streams)
		g_array_set_size(decoder->env->streams, 0);
	for (guint i = 0; i < streams->len; i++) {
		struct fdar_ctf_stream *stream = g_ptr_array_index(streams, i);
		struct fdar_recording_stream named = { 0 };

		stream->place = i;
		if (!decoder->env->streams)
			continue;
		named.path = g_strdup(g_array_index(stream->files, struct fdar_ctf_file, 0).path);
		g_array_append_val(decoder->env->streams, named);
	}
}

/* Before their first event that is wanted, streams must not touch what the sink remembers. */
static void fill_heap(struct decoder *decoder)
{
	const GPtrArray *streams = decoder->input.streams;
	struct fdar_ctf_sink *scratch = fdar_ctf_sink_new(decoder->env->texts, decoder->env->homes);

	decoder->heap = g_new(struct fdar_ctf_stream *, streams->len + 1);
	for (guint i = 0; i < streams->len; i++) {
		struct fdar_ctf_stream *stream = g_ptr_array_index(streams, i);

		stream->losses = decoder->env->losses;
		if (fdar_ctf_stream_start(stream, scratch))
			decoder->heap[decoder->count++] = stream;
		else
			take_damage(decoder, stream);
		take_counts(decoder, stream);
	}
	for (guint i = decoder->count / 2; i-- > 0;)
		sift_down(decoder, i);
	fdar_ctf_sink_free(scratch);
}

static void *decoder_open(const GPtrArray *traces, struct fdar_decoder_env *env, GError **error)
{
	struct decoder *decoder = g_new0(struct decoder, 1);

	decoder->env = env;
	if (!fdar_ctf_input_open_for(&decoder->input, traces, env, error)) {
		decoder_close(decoder);
		return NULL;
	}
	if (!env->slice)
		env->discarded = fdar_sum(env->discarded, decoder->input.dropped);
	env->shift_ns = decoder->input.shift_ns;
	if (env->slices)
		fdar_ctf_slice_cut(&decoder->input, env->slice, env->slices);
	decoder->sink = fdar_ctf_sink_new(env->texts, env->homes);
	decoder->sink->met = env->names;
	name_streams(decoder);
	fill_heap(decoder);
	return decoder;
}

const struct fdar_decoder_ops fdar_decoder_ctf = {
	.name = "ctf",
	.open = decoder_open,
	.read = decoder_read,
	.close = decoder_close,
};
