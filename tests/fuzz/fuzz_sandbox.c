/* Fuzzing what comes through the sandbox's pipe: a child that went wrong writes any bytes. With the first
 * byte odd they are behind a head that is right, so that what is behind it is reached. */
#include <string.h>
#include <unistd.h>

#include "pipeline/bt/sandbox.h"
#include "pipeline/bt/sandbox_wire.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PIPE  3 /* where the child has it (sandbox.c) */
#define BATCH 64

static const uint8_t *input;
static size_t input_size;
static volatile uint8_t sum;

static void put(const void *bytes, size_t size)
{
	if (size && write(PIPE, bytes, size) != (ssize_t)size)
		_exit(1);
}

/* Bytes of texts, homes, events and data, as many as there are. */
static void put_frame(uint32_t type, const uint8_t *bytes, size_t size)
{
	struct fdar_sandbox_head head = { .type = type };
	size_t left = size;

	head.events = (uint32_t)MIN(left / (2 * sizeof(struct fdar_event)), 2);
	left -= head.events * sizeof(struct fdar_event);
	head.homes = (uint32_t)MIN(left / (2 * sizeof(struct fdar_home)), 2);
	left -= head.homes * sizeof(struct fdar_home);
	head.text_bytes = (uint32_t)(left / 2);
	head.data_bytes = (uint32_t)(left - left / 2);
	put(&head, sizeof(head));
	put(bytes, size);
}

/* In the child. */
static void *child(const GPtrArray *traces, struct fdar_decoder_env *env, GError **error)
{
	(void)traces;
	(void)env;
	(void)error;
	if (input_size && input[0] & 1) {
		put_frame(FDAR_SANDBOX_OPENED, input, 0);
		for (size_t at = 1; at < input_size; at += 256)
			put_frame(FDAR_SANDBOX_EVENTS, input + at, MIN(input_size - at, 256));
		put_frame(FDAR_SANDBOX_END, input, 0);
	} else if (input_size) {
		put(input + 1, input_size - 1);
	}
	_exit(0);
}

static gssize nothing(void *decoder, struct fdar_event *batch, size_t capacity, GError **error)
{
	(void)decoder;
	(void)batch;
	(void)capacity;
	(void)error;
	return 0;
}

static void leave(void *decoder)
{
	(void)decoder;
}

static void look(const struct fdar_decoder_env *env, const struct fdar_event *event)
{
	check(event->kind < FDAR_EVENT_KINDS, "an event is of a kind that there is");
	check(event->name < fdar_texts_count(env->texts), "its name is one");
	for (uint32_t i = 0; i < event->data_len; i++)
		sum = (uint8_t)(sum + (uint8_t)event->data[i]);
	sum = (uint8_t)(sum + strlen(event->data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fdar_decoder_ops ops = {
		.name = "fuzz", .open = child, .read = nothing, .close = leave
	};
	struct fdar_decoder_env env = { .texts = fdar_texts_new(), .homes = fdar_homes_new() };
	g_autoptr(GPtrArray) traces = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	struct fdar_sandbox *sandbox;
	struct fdar_event batch[BATCH];
	gssize n = 0;

	input = data;
	input_size = size;
	g_ptr_array_add(traces, (char *)scratch());
	sandbox = fdar_sandbox_open(&ops, traces, &env, &error);
	check(sandbox || error, "a refusal says why");
	while (sandbox && (n = fdar_sandbox_read(sandbox, batch, BATCH, &error)) > 0)
		for (gssize i = 0; i < n; i++)
			look(&env, &batch[i]);
	check(n >= 0 || error, "so does an end");
	for (unsigned kind = 0; kind < FDAR_EVENT_KINDS; kind++)
		sum = (uint8_t)(sum + *fdar_texts_get(env.texts, env.names[kind]));
	fdar_sandbox_close(sandbox);
	fdar_homes_free(env.homes);
	fdar_texts_free(env.texts);
	return 0;
}
