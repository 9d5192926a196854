#include "pipeline/events/arena.h"
#include "pipeline/bt/bt_event.h"
#include "pipeline/bt/bt_graph.h"
#include "pipeline/events/decoder.h"

struct decoder {
	struct fd_bt_graph *graph;
	struct fd_bt_events *events;
	struct fd_arena *arena;
	GArray *pending; /* of struct fd_event: translated, not yet delivered */
	guint delivered; /* of pending */
	GError *failure; /* came after what is pending */
	gboolean ended;
};

static void on_message(const bt_message *message, void *user)
{
	struct decoder *decoder = user;

	fd_bt_events_translate(decoder->events, message, decoder->arena, decoder->pending);
}

static void decoder_close(void *data)
{
	struct decoder *decoder = data;

	fd_bt_graph_close(decoder->graph);
	fd_bt_events_free(decoder->events);
	fd_arena_free(decoder->arena);
	g_array_unref(decoder->pending);
	g_clear_error(&decoder->failure);
	g_free(decoder);
}

static void *decoder_open(const GPtrArray *traces, struct fd_decoder_env *env, GError **error)
{
	struct decoder *decoder = g_new0(struct decoder, 1);

	decoder->events = fd_bt_events_new(env);
	decoder->arena = fd_arena_new();
	decoder->pending = g_array_new(FALSE, FALSE, sizeof(struct fd_event));
	decoder->graph =
		fd_bt_graph_open(traces,
				 env->explain ? BT_LOGGING_LEVEL_WARNING : BT_LOGGING_LEVEL_NONE,
				 on_message, decoder, error);
	if (!decoder->graph) {
		decoder_close(decoder);
		return NULL;
	}
	return decoder;
}

static size_t deliver(struct decoder *decoder, struct fd_event *batch, size_t capacity)
{
	size_t n = MIN(capacity, decoder->pending->len - decoder->delivered);

	for (size_t i = 0; i < n; i++)
		batch[i] = g_array_index(decoder->pending, struct fd_event, decoder->delivered + i);
	decoder->delivered += (guint)n;
	if (decoder->delivered == decoder->pending->len) {
		g_array_set_size(decoder->pending, 0);
		decoder->delivered = 0;
	}
	return n;
}

static gssize decoder_read(void *data, struct fd_event *batch, size_t capacity, GError **error)
{
	struct decoder *decoder = data;
	size_t n = deliver(decoder, batch, capacity);

	/* The arena holds what these point to; it is emptied when nothing does. */
	if (n)
		return (gssize)n;
	fd_arena_reset(decoder->arena);
	while (n < capacity && !decoder->pending->len && !decoder->ended &&
	       fd_arena_used(decoder->arena) < FD_DECODER_BATCH_BYTES) {
		int more = fd_bt_graph_step(decoder->graph, &decoder->failure);

		decoder->ended = more <= 0;
		n += deliver(decoder, batch + n, capacity - n);
	}
	if (n || !decoder->failure)
		return (gssize)n;
	g_propagate_error(error, g_steal_pointer(&decoder->failure));
	return -1;
}

const struct fd_decoder_ops fd_decoder_babeltrace = {
	.name = "babeltrace2",
	.open = decoder_open,
	.read = decoder_read,
	.close = decoder_close,
};
