/* Our decoder of CTF on what is damaged: cut anywhere, with bits flipped, with sizes that make no
 * sense. Everything before the damage is delivered, and one line says where it is. */
#include <stdio.h>
#include <string.h>

#include "pipeline/events/decoder.h"
#include "pipeline/source/source.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

#define PACKETS       4u
#define EVENTS        5u  /* of a packet */
#define HEAD_BYTES    76u /* of a packet, before its first event */
#define EVENT_BYTES   (35u + 8u)
#define PACKET_BYTES  (HEAD_BYTES + EVENTS * EVENT_BYTES)
#define CONTENT_PLACE 40u /* of content_size in a packet; packet_size follows */
#define FLIPS         1500u

/* Not g_file_set_contents: that waits for the disk. */
static void put_file(const char *path, const char *bytes, gsize length)
{
	FILE *file = fopen(path, "wb");

	g_assert_nonnull(file);
	g_assert_cmpuint(fwrite(bytes, 1, length, file), ==, length);
	g_assert_cmpint(fclose(file), ==, 0);
}

/* ---- a small trace, and what is read of it ---- */

struct fixture {
	char *dir, *stream, *metadata;
	char *bytes; /* of the stream file, whole */
	gsize length;
};

static void set_up(struct fixture *fixture, gconstpointer data)
{
	struct tiny_trace *trace;
	uint16_t entry;

	(void)data;
	fixture->dir = g_dir_make_tmp("flowdar-test-ctf-XXXXXX", NULL);
	g_assert_nonnull(fixture->dir);
	fixture->stream = g_build_filename(fixture->dir, "stream_0", NULL);
	fixture->metadata = g_build_filename(fixture->dir, "metadata", NULL);
	trace = tiny_trace_new(fixture->dir);
	entry = tiny_trace_class(trace, "flowdar:func_entry", "uint64_t _addr;");
	for (unsigned i = 0; i < PACKETS * EVENTS; i++) {
		tiny_trace_event(trace, entry, 100 + i, 1, 2, "thread");
		tiny_trace_u64(trace, i);
		if (i % EVENTS == EVENTS - 1)
			tiny_trace_packet(trace, 0);
	}
	tiny_trace_close(trace);
	g_assert_true(
		g_file_get_contents(fixture->stream, &fixture->bytes, &fixture->length, NULL));
	g_assert_cmpuint(fixture->length, ==, PACKETS * PACKET_BYTES);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	remove_tree(fixture->dir);
	g_free(fixture->dir);
	g_free(fixture->stream);
	g_free(fixture->metadata);
	g_free(fixture->bytes);
}

struct reading {
	gboolean ours;
	guint events;   /* but THREAD_NAME */
	guint in_order; /* how many of the first have the addr that they were written with */
	char *damage;
};

static void take(struct reading *reading, const struct fdar_event *event)
{
	if (event->kind == FDAR_EVENT_THREAD_NAME)
		return;
	reading->in_order +=
		reading->in_order == reading->events && event->addr == reading->events &&
		event->kind == FDAR_EVENT_FUNC_ENTRY && event->pid == 1 && event->tid == 2;
	reading->events++;
}

static struct reading read_all(const char *dir)
{
	struct fdar_decoder_env env = { .texts = fdar_texts_new() };
	g_autoptr(GPtrArray) traces = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	struct reading reading = { 0 };
	struct fdar_event batch[7];
	void *decoder;
	gssize n;

	g_ptr_array_add(traces, (void *)dir);
	decoder = fdar_decoder_ctf.open(traces, &env, NULL);
	reading.ours = decoder != NULL;
	while (decoder &&
	       (n = fdar_decoder_ctf.read(decoder, batch, G_N_ELEMENTS(batch), &error)) > 0)
		for (gssize i = 0; i < n; i++)
			take(&reading, &batch[i]);
	if (error) {
		g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED);
		g_assert_null(strchr(error->message, '\n'));
		g_assert_nonnull(strstr(error->message, dir));
		reading.damage = g_strdup(error->message);
	}
	if (decoder)
		fdar_decoder_ctf.close(decoder);
	g_free(env.back_at);
	fdar_texts_free(env.texts);
	return reading;
}

static struct reading read_bytes(const struct fixture *fixture, const char *bytes, gsize length)
{
	put_file(fixture->stream, bytes, length);
	return read_all(fixture->dir);
}

/* ---- cut ---- */

static void test_cut(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	for (gsize cut = 1; cut <= fixture->length; cut++) {
		struct reading reading = read_bytes(fixture, fixture->bytes, cut);
		gsize rest = cut % PACKET_BYTES;
		guint expected = (guint)(cut / PACKET_BYTES) * EVENTS;

		if (rest > HEAD_BYTES)
			expected += (guint)(rest - HEAD_BYTES) / EVENT_BYTES;
		g_assert_true(reading.ours);
		g_assert_cmpuint(reading.events, ==, expected);
		g_assert_cmpuint(reading.in_order, ==, expected);
		g_assert_true((reading.damage != NULL) == (rest != 0));
		if (rest >= HEAD_BYTES) {
			g_autofree char *where =
				g_strdup_printf(": byte %" G_GSIZE_FORMAT ": ", cut);

			g_assert_nonnull(strstr(reading.damage, where));
		}
		g_free(reading.damage);
	}
}

static void test_metadata_cut(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *text = NULL;
	guint silent = 0;
	gsize length;

	(void)data;
	g_assert_true(g_file_get_contents(fixture->metadata, &text, &length, NULL));
	for (gsize cut = 0; cut < length; cut++) {
		struct reading reading;

		put_file(fixture->metadata, text, cut);
		reading = read_all(fixture->dir);
		g_assert_cmpuint(reading.events, ==, reading.in_order);
		silent += reading.ours && !reading.damage;
		g_free(reading.damage);
	}
	/* What is whole of it is used, and the rest is said, but for the line's end behind the last block. */
	g_assert_cmpuint(silent, <, 2);
}

/* ---- bits ---- */

/* What is in packets before the bit, and in its packet before it, is read as it was. */
static void test_flips(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *bytes = g_memdup2(fixture->bytes, fixture->length);
	GRand *rand = g_rand_new_with_seed(4711);

	(void)data;
	for (guint i = 0; i < FLIPS; i++) {
		gsize at = (gsize)g_rand_int_range(rand, 0, (gint32)fixture->length);
		gsize rest = at % PACKET_BYTES;
		guint least = (guint)(at / PACKET_BYTES) * EVENTS;
		char bit = (char)(1 << g_rand_int_range(rand, 0, 8));
		struct reading reading;

		if (rest > HEAD_BYTES)
			least += (guint)(rest - HEAD_BYTES) / EVENT_BYTES;
		bytes[at] ^= bit;
		reading = read_bytes(fixture, bytes, fixture->length);
		bytes[at] ^= bit;
		g_assert_true(reading.ours);
		g_assert_cmpuint(reading.in_order, >=, least);
		g_assert_cmpuint(reading.events, <=, fixture->length / 10);
		g_free(reading.damage);
	}
	g_rand_free(rand);
}

static void test_metadata_flips(struct fixture *fixture, gconstpointer data)
{
	GRand *rand = g_rand_new_with_seed(815);
	g_autofree char *text = NULL;
	gsize length;

	(void)data;
	g_assert_true(g_file_get_contents(fixture->metadata, &text, &length, NULL));
	for (guint i = 0; i < FLIPS; i++) {
		gsize at = (gsize)g_rand_int_range(rand, 0, (gint32)length);
		char bit = (char)(1 << g_rand_int_range(rand, 0, 8));
		struct reading reading;

		text[at] ^= bit;
		put_file(fixture->metadata, text, length);
		text[at] ^= bit;
		reading = read_all(fixture->dir);
		g_assert_cmpuint(reading.events, <=, fixture->length);
		g_free(reading.damage);
	}
	g_rand_free(rand);
}

/* ---- sizes ---- */

static const struct sizes {
	uint64_t content, packet; /* bits */
} sizes[] = {
	{ 0, 0 },
	{ 8, 0 },
	{ PACKET_BYTES * 8, 0 },
	{ PACKET_BYTES * 8, 8 },
	{ PACKET_BYTES * 8 + 8, PACKET_BYTES * 8 },
	{ PACKET_BYTES * 8, PACKET_BYTES * 8 + 1 },
	{ HEAD_BYTES * 8 - 8, PACKET_BYTES * 8 },
	{ 0, PACKET_BYTES * 8 },
	{ UINT64_MAX, UINT64_MAX },
	{ UINT64_MAX - 7, UINT64_MAX - 7 },
	{ UINT64_MAX, PACKET_BYTES * 8 },
	{ PACKET_BYTES * 8, UINT64_MAX - 7 },
	{ PACKET_BYTES * 8 - 1, PACKET_BYTES * 8 },
};

/* The third packet says how long it is, and it is not. */
static void test_sizes(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *bytes = g_memdup2(fixture->bytes, fixture->length);

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		struct reading reading;

		memcpy(bytes + PACKET_BYTES * 2 + CONTENT_PLACE, &sizes[i], sizeof(sizes[i]));
		reading = read_bytes(fixture, bytes, fixture->length);
		g_assert_cmpuint(reading.in_order, >=, EVENTS * 2);
		g_assert_nonnull(reading.damage);
		g_free(reading.damage);
	}
}

/* ---- events ---- */

/* A sequence that says it has 2^32 - 1 bytes, and a text without an end. */
static void test_lengths(struct fixture *fixture, gconstpointer data)
{
	struct tiny_trace *trace = tiny_trace_new(fixture->dir);
	uint16_t entry = tiny_trace_class(trace, "flowdar:func_entry", "uint64_t _addr;");
	uint16_t bytes =
		tiny_trace_class(trace, "flowdar:bytes", "uint32_t _len; uint8_t _data[ _len ];");
	uint16_t text = tiny_trace_class(trace, "flowdar:scope_enter", "string _name;");
	struct reading reading;

	(void)data;
	for (unsigned i = 0; i < 2; i++) {
		tiny_trace_event(trace, entry, i, 1, 2, "thread");
		tiny_trace_u64(trace, i);
		if (i)
			tiny_trace_packet(trace, 0);
	}
	tiny_trace_event(trace, bytes, 3, 1, 2, "thread");
	tiny_trace_u32(trace, UINT32_MAX);
	tiny_trace_event(trace, text, 4, 1, 2, "thread");
	tiny_trace_bytes(trace, "no end", 6);
	tiny_trace_close(trace);
	reading = read_all(fixture->dir);
	g_assert_cmpuint(reading.in_order, ==, 2);
	g_assert_cmpuint(reading.events, ==, 2);
	g_assert_nonnull(strstr(reading.damage, "expected an event that ends within its packet"));
	g_free(reading.damage);
}

/* An event that is longer than any window, and one that no window can hold. */
static void test_long_events(struct fixture *fixture, gconstpointer data)
{
	static const guint32 lengths[] = { 300000, 5000000, 17u << 20 };

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		struct tiny_trace *trace = tiny_trace_new(fixture->dir);
		uint16_t entry = tiny_trace_class(trace, "flowdar:func_entry", "uint64_t _addr;");
		uint16_t bytes = tiny_trace_class(trace, "flowdar:bytes",
						  "uint32_t _len; uint8_t _data[ _len ];");
		g_autofree char *zeros = g_malloc0(lengths[i]);
		struct reading reading;

		for (unsigned event = 0; event < 3; event++) {
			tiny_trace_event(trace, event == 1 ? bytes : entry, event, 1, 2, "thread");
			if (event == 1) {
				tiny_trace_u32(trace, lengths[i]);
				tiny_trace_bytes(trace, zeros, lengths[i]);
			} else {
				tiny_trace_u64(trace, event);
			}
		}
		tiny_trace_close(trace);
		reading = read_all(fixture->dir);
		g_assert_cmpuint(reading.events, ==, lengths[i] > 16u << 20 ? 1 : 3);
		g_assert_true((reading.damage != NULL) == (lengths[i] > 16u << 20));
		g_free(reading.damage);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(struct fixture *fixture, gconstpointer data);
	} tests[] = {
		{ "/ctf/damage/cut", test_cut },
		{ "/ctf/damage/metadata-cut", test_metadata_cut },
		{ "/ctf/damage/flips", test_flips },
		{ "/ctf/damage/metadata-flips", test_metadata_flips },
		{ "/ctf/damage/sizes", test_sizes },
		{ "/ctf/damage/lengths", test_lengths },
		{ "/ctf/damage/long-events", test_long_events },
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
