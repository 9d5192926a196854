#include "pipeline/events/decoder.h"
#include "base/errors.h"
#include "pipeline/bt/guard.h"
#include "pipeline/bt/salvage.h"

struct guarded {
	struct fd_guard *guard;
	struct fd_salvage *salvage; /* NULL when the traces were taken as they are */
};

/* For the salvage: opens one trace and closes it again. */
static gboolean probe(const char *trace, void *user, GError **error)
{
	g_autoptr(GPtrArray) alone = g_ptr_array_new();
	struct fd_decoder_env env = { .texts = fd_texts_new() };
	struct fd_guard *guard;

	(void)user;
	g_ptr_array_add(alone, (void *)trace);
	guard = fd_guard_open(&fd_decoder_babeltrace, alone, &env, error);
	fd_guard_close(guard);
	fd_texts_free(env.texts);
	return guard != NULL;
}

static void guarded_close(void *decoder)
{
	struct guarded *guarded = decoder;

	fd_guard_close(guarded->guard);
	fd_salvage_free(guarded->salvage);
	g_free(guarded);
}

static void *guarded_open(const GPtrArray *traces, struct fd_decoder_env *env, GError **error)
{
	struct guarded *guarded = g_new0(struct guarded, 1);
	g_autoptr(GError) refusal = NULL;

	guarded->guard = fd_guard_open(&fd_decoder_babeltrace, traces, env, &refusal);
	if (guarded->guard)
		return guarded;
	if (g_error_matches(refusal, FD_SOURCE_ERROR, FD_SOURCE_ERROR_EMPTY)) {
		g_propagate_error(error, g_steal_pointer(&refusal));
		guarded_close(guarded);
		return NULL;
	}
	guarded->salvage = fd_salvage_new(traces, probe, NULL, error);
	if (guarded->salvage)
		guarded->guard =
			fd_guard_open(&fd_decoder_babeltrace, guarded->salvage->traces, env, error);
	if (!guarded->guard) {
		guarded_close(guarded);
		return NULL;
	}
	env->damage =
		g_strdup(guarded->salvage->damage ? guarded->salvage->damage : refusal->message);
	return guarded;
}

static gssize guarded_read(void *decoder, struct fd_event *batch, size_t capacity, GError **error)
{
	struct guarded *guarded = decoder;

	return fd_guard_read(guarded->guard, batch, capacity, error);
}

const struct fd_decoder_ops fd_decoder_guarded = {
	.name = "babeltrace2 in a process of its own",
	.open = guarded_open,
	.read = guarded_read,
	.close = guarded_close,
};
