#include "pipeline/events/decoder.h"
#include "base/errors.h"
#include "pipeline/bt/sandbox.h"
#include "pipeline/bt/recovery.h"

struct sandboxed {
	struct fdar_sandbox *sandbox;
	struct fdar_recovery *recovery; /* NULL when the traces were taken as they are */
};

/* For the recovery: opens one trace and closes it again. */
static gboolean probe(const char *trace, void *user, GError **error)
{
	g_autoptr(GPtrArray) alone = g_ptr_array_new();
	const struct fdar_decoder_env *asked = user;
	struct fdar_decoder_env env = { .texts = fdar_texts_new(),
					.go_on = asked->go_on,
					.user = asked->user };
	struct fdar_sandbox *sandbox;

	g_ptr_array_add(alone, (void *)trace);
	sandbox = fdar_sandbox_open(&fdar_decoder_babeltrace, alone, &env, error);
	fdar_sandbox_close(sandbox);
	fdar_texts_free(env.texts);
	return sandbox != NULL;
}

static void sandboxed_close(void *decoder)
{
	struct sandboxed *sandboxed = decoder;

	fdar_sandbox_close(sandboxed->sandbox);
	fdar_recovery_free(sandboxed->recovery);
	g_free(sandboxed);
}

/* Nothing can be saved of a trace that it got lost in. */
static gboolean is_final(const GError *refusal, const GPtrArray *traces)
{
	return refusal->domain != FDAR_SOURCE_ERROR || refusal->code == FDAR_SOURCE_ERROR_EMPTY ||
	       (refusal->code == FDAR_SOURCE_ERROR_STUCK && traces->len == 1);
}

static void *sandboxed_open(const GPtrArray *traces, struct fdar_decoder_env *env, GError **error)
{
	struct sandboxed *sandboxed = g_new0(struct sandboxed, 1);
	g_autoptr(GError) refusal = NULL;

	sandboxed->sandbox = fdar_sandbox_open(&fdar_decoder_babeltrace, traces, env, &refusal);
	if (sandboxed->sandbox)
		return sandboxed;
	if (is_final(refusal, traces)) {
		g_propagate_error(error, g_steal_pointer(&refusal));
		sandboxed_close(sandboxed);
		return NULL;
	}
	sandboxed->recovery = fdar_recovery_new(traces, probe, env, error);
	if (sandboxed->recovery)
		sandboxed->sandbox = fdar_sandbox_open(&fdar_decoder_babeltrace,
						       sandboxed->recovery->traces, env, error);
	if (!sandboxed->sandbox) {
		sandboxed_close(sandboxed);
		return NULL;
	}
	env->damage = g_strdup(sandboxed->recovery->damage ? sandboxed->recovery->damage
							   : refusal->message);
	return sandboxed;
}

static gssize sandboxed_read(void *decoder, struct fdar_event *batch, size_t capacity,
			     GError **error)
{
	struct sandboxed *sandboxed = decoder;

	return fdar_sandbox_read(sandboxed->sandbox, batch, capacity, error);
}

const struct fdar_decoder_ops fdar_decoder_sandboxed = {
	.name = "babeltrace2 in a process of its own",
	.open = sandboxed_open,
	.read = sandboxed_read,
	.close = sandboxed_close,
};
