#include "pipeline/events/decoder.h"
#include "base/errors.h"
#include "pipeline/bt/guard.h"
#include "pipeline/bt/salvage.h"

struct guarded {
	struct fdar_guard *guard;
	struct fdar_salvage *salvage; /* NULL when the traces were taken as they are */
};

/* For the salvage: opens one trace and closes it again. */
static gboolean probe(const char *trace, void *user, GError **error)
{
	g_autoptr(GPtrArray) alone = g_ptr_array_new();
	const struct fdar_decoder_env *asked = user;
	struct fdar_decoder_env env = { .texts = fdar_texts_new(),
					.go_on = asked->go_on,
					.user = asked->user };
	struct fdar_guard *guard;

	g_ptr_array_add(alone, (void *)trace);
	guard = fdar_guard_open(&fdar_decoder_babeltrace, alone, &env, error);
	fdar_guard_close(guard);
	fdar_texts_free(env.texts);
	return guard != NULL;
}

static void guarded_close(void *decoder)
{
	struct guarded *guarded = decoder;

	fdar_guard_close(guarded->guard);
	fdar_salvage_free(guarded->salvage);
	g_free(guarded);
}

/* Nothing can be saved of a trace that it got lost in. */
static gboolean is_final(const GError *refusal, const GPtrArray *traces)
{
	return refusal->domain != FDAR_SOURCE_ERROR || refusal->code == FDAR_SOURCE_ERROR_EMPTY ||
	       (refusal->code == FDAR_SOURCE_ERROR_STUCK && traces->len == 1);
}

static void *guarded_open(const GPtrArray *traces, struct fdar_decoder_env *env, GError **error)
{
	struct guarded *guarded = g_new0(struct guarded, 1);
	g_autoptr(GError) refusal = NULL;

	guarded->guard = fdar_guard_open(&fdar_decoder_babeltrace, traces, env, &refusal);
	if (guarded->guard)
		return guarded;
	if (is_final(refusal, traces)) {
		g_propagate_error(error, g_steal_pointer(&refusal));
		guarded_close(guarded);
		return NULL;
	}
	guarded->salvage = fdar_salvage_new(traces, probe, env, error);
	if (guarded->salvage)
		guarded->guard = fdar_guard_open(&fdar_decoder_babeltrace, guarded->salvage->traces,
						 env, error);
	if (!guarded->guard) {
		guarded_close(guarded);
		return NULL;
	}
	env->damage =
		g_strdup(guarded->salvage->damage ? guarded->salvage->damage : refusal->message);
	return guarded;
}

static gssize guarded_read(void *decoder, struct fdar_event *batch, size_t capacity, GError **error)
{
	struct guarded *guarded = decoder;

	return fdar_guard_read(guarded->guard, batch, capacity, error);
}

const struct fdar_decoder_ops fdar_decoder_guarded = {
	.name = "babeltrace2 in a process of its own",
	.open = guarded_open,
	.read = guarded_read,
	.close = guarded_close,
};
