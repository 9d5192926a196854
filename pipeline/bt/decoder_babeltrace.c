#include "pipeline/events/arena.h"
#include "pipeline/bt/bt_event.h"
#include "pipeline/bt/bt_graph.h"
#include "pipeline/events/decoder.h"

struct decoder {
	struct fdar_decoder_env *env;
	struct fdar_bt_graph *graph;
	struct fdar_bt_events *events;
	struct fdar_arena *arena;
	GArray *pending; /* of struct fdar_event: translated, not yet delivered */
	guint delivered; /* of pending */
	GError *failure; /* came after what is pending */
	gboolean ended;
};

static void on_message(const bt_message *message, void *user)
{
	struct decoder *decoder = user;

	fdar_bt_events_translate(decoder->events, message, decoder->arena, decoder->pending);
}

static void on_progress(void *user, gboolean long_step)
{
	const struct fdar_decoder_env *env = ((struct decoder *)user)->env;

	if (env->progress)
		env->progress(env->progress_user, long_step);
}

static void decoder_close(void *data)
{
	struct decoder *decoder = data;

	fdar_bt_graph_close(decoder->graph);
	fdar_bt_events_free(decoder->events);
	fdar_arena_free(decoder->arena);
	g_array_unref(decoder->pending);
	g_clear_error(&decoder->failure);
	g_free(decoder);
}

static void *decoder_open(const GPtrArray *traces, struct fdar_decoder_env *env, GError **error)
{
	struct decoder *decoder = g_new0(struct decoder, 1);
	const struct fdar_bt_client client = { .message = on_message,
					       .progress = on_progress,
					       .user = decoder };

	decoder->env = env;
	decoder->events = fdar_bt_events_new(env);
	decoder->arena = fdar_arena_new();
	decoder->pending = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
	decoder->graph =
		fdar_bt_graph_open(traces,
				   env->explain ? BT_LOGGING_LEVEL_WARNING : BT_LOGGING_LEVEL_NONE,
				   &client, error);
	if (!decoder->graph) {
		decoder_close(decoder);
		return NULL;
	}
	return decoder;
}

static size_t deliver(struct decoder *decoder, struct fdar_event *batch, size_t capacity)
{
	size_t n = MIN(capacity, decoder->pending->len - decoder->delivered);

	for (size_t i = 0; i < n; i++)
		batch[i] =
			g_array_index(decoder->pending, struct fdar_event, decoder->delivered + i);
	decoder->delivered += (guint)n;
	if (decoder->delivered == decoder->pending->len) {
		g_array_set_size(decoder->pending, 0);
		decoder->delivered = 0;
	}
	return n;
}

static gssize decoder_read(void *data, struct fdar_event *batch, size_t capacity, GError **error)
{
	struct decoder *decoder = data;
	size_t n = deliver(decoder, batch, capacity);

	/* The arena holds what these point to; it is emptied when nothing does. */
	if (n)
		return (gssize)n;
	fdar_arena_reset(decoder->arena);
	while (n < capacity && !decoder->pending->len && !decoder->ended &&
	       fdar_arena_used(decoder->arena) < FDAR_DECODER_BATCH_BYTES) {
		int more = fdar_bt_graph_step(decoder->graph, &decoder->failure);

		decoder->ended = more <= 0;
		on_progress(decoder, FALSE);
		n += deliver(decoder, batch + n, capacity - n);
	}
	if (n || !decoder->failure)
		return (gssize)n;
	g_propagate_error(error, g_steal_pointer(&decoder->failure));
	return -1;
}

const struct fdar_decoder_ops fdar_decoder_babeltrace = {
	.name = "babeltrace2",
	.open = decoder_open,
	.read = decoder_read,
	.close = decoder_close,
};
