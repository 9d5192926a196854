/* A decoder in a process of its own: what comes through, and what is left when it dies. */
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/bt/sandbox.h"
#include "pipeline/source/source.h"

/* A decoder that makes events up. What it does in the end is in the "trace"'s name. */
struct fake {
	const char *trace;
	struct fdar_decoder_env *env;
	unsigned made;
};

#define EVENTS 10000u

/* Needs the processor for so many seconds. */
static void spin(int seconds)
{
	gint64 end_us = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;

	while (g_get_monotonic_time() < end_us)
		;
}

static void *fake_open(const GPtrArray *traces, struct fdar_decoder_env *env, GError **error)
{
	struct fake *fake = g_new0(struct fake, 1);

	fake->trace = g_ptr_array_index(traces, 0);
	fake->env = env;
	if (strcmp(fake->trace, "abort-open") == 0)
		abort();
	if (strcmp(fake->trace, "lost") == 0)
		for (volatile unsigned turns = 0;; turns++)
			;
	/* As long as that, and a second more: but it comes on. */
	for (unsigned i = 0; strcmp(fake->trace, "slow") == 0 && i <= FDAR_SANDBOX_SILENCE_S; i++) {
		spin(1);
		env->progress(env->progress_user, FALSE);
	}
	if (strcmp(fake->trace, "refuse") == 0) {
		g_set_error_literal(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
				    "refuse: no");
		g_free(fake);
		return NULL;
	}
	return fake;
}

static gssize fake_end(struct fake *fake, GError **error)
{
	if (strcmp(fake->trace, "abort") == 0)
		abort();
	if (strcmp(fake->trace, "exit") == 0)
		_exit(0);
	if (strcmp(fake->trace, "fail") != 0)
		return 0;
	g_set_error_literal(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED, "fail: broken");
	return -1;
}

static gssize fake_read(void *decoder, struct fdar_event *batch, size_t capacity, GError **error)
{
	static char texts[60][16];
	struct fake *fake = decoder;
	size_t n = 0;

	for (; n < MIN(capacity, 60) && fake->made < EVENTS; n++, fake->made++) {
		g_snprintf(texts[n], sizeof(texts[n]), "text %u", fake->made);
		batch[n] = (struct fdar_event){ .addr = fake->made,
						.data = fake->made % 3 ? texts[n] : "",
						.name = fdar_texts_id(fake->env->texts, texts[n]) };
		batch[n].data_len = (uint32_t)strlen(batch[n].data);
	}
	fake->env->discarded = fake->made;
	return n ? (gssize)n : fake_end(fake, error);
}

static void fake_close(void *decoder)
{
	g_free(decoder);
}

static const struct fdar_decoder_ops fake_ops = {
	.name = "fake", .open = fake_open, .read = fake_read, .close = fake_close
};

static void check_event(const struct fdar_event *event, unsigned number,
			const struct fdar_decoder_env *env)
{
	g_autofree char *text = g_strdup_printf("text %u", number);

	g_assert_cmpuint(event->addr, ==, number);
	g_assert_cmpstr(fdar_texts_get(env->texts, event->name), ==, text);
	g_assert_cmpstr(event->data, ==, number % 3 ? text : "");
}

/* Reads the fake to its end; gives the number of events. */
static unsigned read_fake(const char *trace, GError **error)
{
	struct fdar_decoder_env env = { .texts = fdar_texts_new() };
	g_autoptr(GPtrArray) traces = g_ptr_array_new();
	struct fdar_event batch[37];
	struct fdar_sandbox *sandbox;
	unsigned count = 0;
	gssize n = 0;

	/* The ids of the two sides need not be the same. */
	fdar_texts_id(env.texts, "before");
	g_ptr_array_add(traces, (void *)trace);
	sandbox = fdar_sandbox_open(&fake_ops, traces, &env, error);
	while (sandbox && (n = fdar_sandbox_read(sandbox, batch, G_N_ELEMENTS(batch), error)) > 0) {
		for (gssize i = 0; i < n; i++)
			check_event(&batch[i], count++, &env);
	}
	if (sandbox && !n)
		g_assert_cmpuint(env.discarded, ==, EVENTS);
	fdar_sandbox_close(sandbox);
	fdar_texts_free(env.texts);
	return count;
}

static void test_whole(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(read_fake("whole", &error), ==, EVENTS);
	g_assert_no_error(error);
}

static void test_ends(gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(read_fake(data, &error), ==, EVENTS);
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED);
	g_assert_true(g_str_has_prefix(error->message, data));
}

static void test_open(void)
{
	g_autoptr(GError) refused = NULL, died = NULL;

	g_assert_cmpuint(read_fake("refuse", &refused), ==, 0);
	g_assert_error(refused, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
	g_assert_cmpuint(read_fake("abort-open", &died), ==, 0);
	g_assert_error(died, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED);
	g_assert_nonnull(strstr(died->message, "Aborted"));
}

/* As long as a person would wait. */
static void test_lost(void)
{
	gint64 begin_us = g_get_monotonic_time();
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(read_fake("lost", &error), ==, 0);
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_STUCK);
	g_assert_true(g_str_has_prefix(error->message, "lost: "));
	g_assert_cmpint(g_get_monotonic_time() - begin_us, >=,
			FDAR_SANDBOX_SILENCE_S * G_USEC_PER_SEC);
}

static void test_slow(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(read_fake("slow", &error), ==, EVENTS);
	g_assert_no_error(error);
}

static gboolean stop_third(void *user)
{
	return ++*(unsigned *)user < 3;
}

/* Who waits can be told to stop. */
static void test_stopped(void)
{
	unsigned asked = 0;
	struct fdar_decoder_env env = { .texts = fdar_texts_new(),
					.go_on = stop_third,
					.user = &asked };
	g_autoptr(GPtrArray) traces = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(traces, (void *)"lost");
	g_assert_null(fdar_sandbox_open(&fake_ops, traces, &env, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	g_assert_cmpuint(asked, ==, 3);
	fdar_texts_free(env.texts);
}

/* Closed in the middle: the child must not stay. */
static void test_close_early(void)
{
	struct fdar_decoder_env env = { .texts = fdar_texts_new() };
	g_autoptr(GPtrArray) traces = g_ptr_array_new();
	struct fdar_event event;
	struct fdar_sandbox *sandbox;

	g_ptr_array_add(traces, (void *)"whole");
	sandbox = fdar_sandbox_open(&fake_ops, traces, &env, NULL);
	g_assert_nonnull(sandbox);
	g_assert_cmpint(fdar_sandbox_read(sandbox, &event, 1, NULL), ==, 1);
	fdar_sandbox_close(sandbox);
	fdar_texts_free(env.texts);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sandbox/whole", test_whole);
	g_test_add_data_func("/sandbox/abort", "abort", test_ends);
	g_test_add_data_func("/sandbox/exit", "exit", test_ends);
	g_test_add_data_func("/sandbox/fail", "fail", test_ends);
	g_test_add_func("/sandbox/open", test_open);
	g_test_add_func("/sandbox/close-early", test_close_early);
	g_test_add_func("/sandbox/stopped", test_stopped);
	g_test_add_func("/sandbox/lost", test_lost);
	g_test_add_func("/sandbox/slow", test_slow);
	return g_test_run();
}
