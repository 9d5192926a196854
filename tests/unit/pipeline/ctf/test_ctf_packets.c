/* What packets say of each other: which was read before, how much is missing between them, and times that
 * go back. */
#include <glib/gstdio.h>
#include <string.h>

#include "pipeline/recording/doubts.h"
#include "pipeline/source/source.h"
#include "tests/unit/kit/remove_tree.h"

/* A stream of events of 12 bytes: a time and a number. */
struct shape {
	unsigned seq_bits, lost_bits; /* of these fields, 0: there is none; else 8, 16, 32 or 64 */
	unsigned time_bits;           /* of the packets' times; 0: 64 */
	const char *tracer;           /* NULL: nobody says */
	gboolean big_endian;
};

struct packet {
	uint64_t begin, end, seq, lost;
	uint32_t first; /* number of the first event */
	unsigned events;
	uint64_t at;   /* the first event's time */
	uint64_t step; /* from one to the next */
};

static char *metadata_of(const struct shape *shape)
{
	g_autoptr(GString) text = g_string_new("/* CTF 1.8 */\n");
	unsigned time_bits = shape->time_bits ? shape->time_bits : 64;

	g_string_append_printf(text, "trace { major = 1; minor = 8; byte_order = %s;\n",
			       shape->big_endian ? "be" : "le");
	g_string_append(text, "uuid = \"2a6422d0-6cee-11e0-8c08-cb07d7b3a564\";\n"
			      "packet.header := struct { integer { size = 32; } magic;\n"
			      "  integer { size = 32; } stream_instance_id; }; };\n"
			      "clock { name = c; freq = 1000000000; offset_s = 1000; };\n"
			      "typealias integer { size = 64; map = clock.c.value; } := ts;\n");
	if (shape->tracer)
		g_string_append_printf(text,
				       "env { domain = \"ust\"; tracer_name = \"%s\"; "
				       "tracer_major = 2; tracer_minor = 13; };\n",
				       shape->tracer);
	g_string_append_printf(text,
			       "typealias integer { size = %u; map = clock.c.value; } := pt;\n",
			       time_bits);
	g_string_append(text,
			"stream { packet.context := struct { pt timestamp_begin; pt "
			"timestamp_end;\n integer { size = 32; } content_size; integer { size "
			"= 32; } packet_size;\n");
	if (shape->seq_bits)
		g_string_append_printf(text, "integer { size = %u; } packet_seq_num;\n",
				       shape->seq_bits);
	if (shape->lost_bits)
		g_string_append_printf(text, "integer { size = %u; } events_discarded;\n",
				       shape->lost_bits);
	g_string_append(text, "}; event.header := struct { ts timestamp; }; };\n"
			      "event { name = \"flowdar:func_entry\"; fields := struct { integer { "
			      "size = 32; } addr; }; };\n");
	return g_strdup(text->str);
}

static void put_little(GByteArray *bytes, uint64_t value, unsigned bits)
{
	for (unsigned i = 0; i < bits; i += 8) {
		guint8 byte = (guint8)(value >> i);

		g_byte_array_append(bytes, &byte, 1);
	}
}

static void put_big(GByteArray *bytes, uint64_t value, unsigned bits)
{
	for (unsigned i = bits; i > 0; i -= 8) {
		guint8 byte = (guint8)(value >> (i - 8));

		g_byte_array_append(bytes, &byte, 1);
	}
}

static void put_packet(GByteArray *bytes, const struct shape *shape, const struct packet *packet)
{
	void (*put)(GByteArray *, uint64_t, unsigned) = shape->big_endian ? put_big : put_little;
	unsigned time_bits = shape->time_bits ? shape->time_bits : 64;
	unsigned head = 64 + 2 * time_bits + 64 + shape->seq_bits + shape->lost_bits;

	put(bytes, 0xc1fc1fc1, 32);
	put(bytes, 7, 32);
	put(bytes, packet->begin, time_bits);
	put(bytes, packet->end, time_bits);
	put(bytes, head + packet->events * 96, 32);
	put(bytes, head + packet->events * 96, 32);
	put(bytes, packet->seq, shape->seq_bits);
	put(bytes, packet->lost, shape->lost_bits);
	for (unsigned i = 0; i < packet->events; i++) {
		put(bytes, packet->at + i * packet->step, 64);
		put(bytes, packet->first + i, 32);
	}
}

struct trace {
	char *dir;
	const struct shape *shape;
};

static struct trace trace_new(const struct shape *shape)
{
	struct trace trace = { .shape = shape };
	g_autofree char *text = metadata_of(shape), *path = NULL;

	trace.dir = g_dir_make_tmp("flowdar-test-packets-XXXXXX", NULL);
	path = g_build_filename(trace.dir, "metadata", NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return trace;
}

static void add_file(const struct trace *trace, const char *name, const struct packet *packets,
		     guint count)
{
	g_autofree char *path = g_build_filename(trace->dir, name, NULL);
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (guint i = 0; i < count; i++)
		put_packet(bytes, trace->shape, &packets[i]);
	g_assert_true(g_file_set_contents(path, (const char *)bytes->data, bytes->len, NULL));
}

static void trace_free(struct trace *trace)
{
	g_autoptr(GDir) dir = g_dir_open(trace->dir, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(trace->dir, name, NULL);

		g_unlink(path);
	}
	g_rmdir(trace->dir);
	g_free(trace->dir);
}

/* The numbers of the events in their order, "1 2 3", and what the source says. */
static char *read_all(const struct trace *trace, struct fdar_source_summary *summary)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open(trace->dir, &error);
	g_autoptr(GString) text = g_string_new(NULL);
	struct fdar_event batch[5];
	uint64_t last_ns = 0;
	gssize n;

	g_assert_no_error(error);
	while ((n = fdar_source_read(source, batch, G_N_ELEMENTS(batch), &error)) > 0) {
		for (gssize i = 0; i < n; i++) {
			g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, text->len ? " " : "",
					       batch[i].addr);
			g_assert_cmpuint(batch[i].time_ns, >=, last_ns);
			last_ns = batch[i].time_ns;
		}
	}
	g_assert_no_error(error);
	fdar_source_get_summary(source, summary);
	g_assert_cmpstr(summary->damage, ==, NULL);
	return g_strdup(text->str);
}

#define READ(trace, summary, right)                               \
	do {                                                      \
		g_autofree char *said = read_all(trace, summary); \
		g_assert_cmpstr(said, ==, right);                 \
	} while (0)

/* ---- copies ---- */

/* A clock that counts seconds: all packets have the same times and sizes. */
static void test_coarse(void)
{
	static const struct shape shape = { 0 };
	static const struct packet packets[] = {
		{ .begin = 5, .end = 5, .first = 1, .events = 2, .at = 5 },
		{ .begin = 5, .end = 5, .first = 3, .events = 2, .at = 5 },
		{ .begin = 5, .end = 5, .first = 3, .events = 2, .at = 5 },
	};
	struct trace trace = trace_new(&shape);
	struct fdar_source_summary summary;

	add_file(&trace, "a", packets, 3);
	READ(&trace, &summary, "1 2 3 4 3 4");
	g_assert_cmpuint(summary.copies, ==, 0);
	trace_free(&trace);
}

/* The same in two files: what is the same to the byte is there once, and counted. */
static void test_same_bytes(void)
{
	static const struct shape shape = { 0 };
	static const struct packet packets[] = {
		{ .begin = 5, .end = 5, .first = 1, .events = 2, .at = 5 },
		{ .begin = 5, .end = 5, .first = 3, .events = 2, .at = 5 },
		{ .begin = 5, .end = 5, .first = 5, .events = 2, .at = 5 },
		{ .begin = 6, .end = 6, .first = 7, .events = 1, .at = 6 },
	};
	struct trace trace = trace_new(&shape);
	struct fdar_source_summary summary;
	g_autofree char *said = NULL;

	add_file(&trace, "a", packets, 2);
	add_file(&trace, "b", packets + 1, 3);
	said = read_all(&trace, &summary);
	g_assert_cmpuint(summary.events, ==, 7);
	g_assert_cmpuint(summary.copies, ==, 1);
	trace_free(&trace);
}

static void test_numbered(void)
{
	static const struct shape shape = { .seq_bits = 32 };
	static const struct packet one[] = {
		{ .begin = 5, .end = 6, .seq = 1, .first = 1, .events = 1, .at = 5 },
		{ .begin = 7, .end = 8, .seq = 2, .first = 2, .events = 1, .at = 7 },
	};
	static const struct packet two[] = {
		{ .begin = 7, .end = 8, .seq = 2, .first = 2, .events = 1, .at = 7 },
		{ .begin = 7, .end = 8, .seq = 3, .first = 3, .events = 1, .at = 7 },
	};
	struct trace trace = trace_new(&shape);
	struct fdar_source_summary summary;

	add_file(&trace, "a", one, 2);
	add_file(&trace, "b", two, 2);
	READ(&trace, &summary, "1 2 3");
	g_assert_cmpuint(summary.copies, ==, 1);
	g_assert_cmpuint(summary.packets_lost, ==, 0);
	trace_free(&trace);
}

/* ---- counters ---- */

static void check_lost(unsigned bits, const char *tracer, const uint64_t *counts, guint count,
		       uint64_t right)
{
	const struct shape shape = { .lost_bits = bits, .tracer = tracer };
	struct trace trace = trace_new(&shape);
	struct packet packets[8] = { { 0 } };
	struct fdar_source_summary summary;
	g_autofree char *said = NULL;

	for (guint i = 0; i < count; i++)
		packets[i] = (struct packet){ .begin = 10 * i + 1,
					      .end = 10 * i + 9,
					      .lost = counts[i],
					      .events = 1,
					      .at = 10 * i + 2 };
	add_file(&trace, "a", packets, count);
	said = read_all(&trace, &summary);
	g_assert_cmpuint(summary.discarded, ==, right);
	trace_free(&trace);
}

#define CHECK_LOST(bits, tracer, right, ...)                                   \
	do {                                                                   \
		static const uint64_t counts[] = { __VA_ARGS__ };              \
		check_lost(bits, tracer, counts, G_N_ELEMENTS(counts), right); \
	} while (0)

static void test_counters(void)
{
	/* Round once and twice; as far as half of all numbers, and further. */
	CHECK_LOST(16, NULL, 150000, 0, 30000, 60000, 24464, 54464, 18928);
	CHECK_LOST(16, "lttng-ust", 150000, 0, 30000, 60000, 24464, 54464, 18928);
	CHECK_LOST(16, NULL, 80000, 0, 40000, 14464);
	CHECK_LOST(8, NULL, 257, 255, 0, 255, 0);
	CHECK_LOST(32, NULL, 48, 0xfffffff0, 0x20);
	CHECK_LOST(32, "lttng-ust", 48, 0xfffffff0, 0x20);
	CHECK_LOST(32, "lttng-ust", 48, 0xfffffff0, 0, 0x20);
	/* LTTng's timer writes 0, and of two writers one is late: the count goes on. */
	CHECK_LOST(64, "lttng-ust", 20, 100, 0, 110, 105, 120);
	CHECK_LOST(32, "lttng-ust", 20, 100, 0, 110, 105, 120);
	/* 64 bits come round from their very end only: else it has begun anew. */
	CHECK_LOST(64, NULL, 17, 100, 110, 3, 10);
	CHECK_LOST(64, NULL, 9, UINT64_MAX - 1, 1, 4, 7);
	CHECK_LOST(64, "lttng-ust", 9, UINT64_MAX - 1, 0, 1, 4, 7);
	/* Their sum does not: it stays at the end of 64 bits. */
	CHECK_LOST(64, NULL, UINT64_MAX, 0, UINT64_MAX - 1, 5);
	CHECK_LOST(64, NULL, UINT64_MAX, 0, UINT64_MAX - 9, UINT64_MAX - 1, 5);
}

static void check_missing(unsigned bits, const uint64_t *numbers, guint count, uint64_t right)
{
	const struct shape shape = { .seq_bits = bits };
	struct trace trace = trace_new(&shape);
	struct packet packets[8] = { { 0 } };
	struct fdar_source_summary summary;
	g_autofree char *said = NULL;

	for (guint i = 0; i < count; i++)
		packets[i] = (struct packet){ .begin = 10 * i + 1,
					      .end = 10 * i + 9,
					      .seq = numbers[i],
					      .events = 1,
					      .at = 10 * i + 2 };
	add_file(&trace, "a", packets, count);
	said = read_all(&trace, &summary);
	g_assert_cmpuint(summary.packets_lost, ==, right);
	trace_free(&trace);
}

static void test_numbers(void)
{
	static const uint64_t round[] = { 254, 255, 0, 3 }, across[] = { 65534, 2 };
	static const uint64_t back[] = { 5, 4, 5 };

	check_missing(8, round, 4, 2);
	check_missing(16, across, 2, 3);
	check_missing(64, back, 3, 0);
}

/* ---- times ---- */

/* The clock is set back by four seconds; what follows goes on from there. */
static void test_back(void)
{
	static const struct shape shape = { 0 };
	static const struct packet packets[] = {
		{ .begin = 5000, .end = 5030, .first = 1, .events = 3, .at = 5010, .step = 10 },
		{ .begin = 1000, .end = 1030, .first = 4, .events = 3, .at = 1010, .step = 10 },
		{ .begin = 2000, .end = 2030, .first = 7, .events = 1, .at = 2010, .step = 10 },
	};
	struct trace trace = trace_new(&shape);
	struct fdar_source_summary summary;

	add_file(&trace, "a", packets, 3);
	READ(&trace, &summary, "1 2 3 4 5 6 7");
	g_assert_cmpuint(summary.times_back, ==, 1);
	g_assert_cmpuint(summary.most_back_ns, ==, 4020);
	g_assert_cmpuint(summary.begin_ns, ==, 1000000005010);
	g_assert_cmpuint(summary.end_ns, ==, 1000000005030 + 1000);
	trace_free(&trace);
}

/* That they go back speaks against the trace: with the stream and the packet. */
static void test_back_doubt(void)
{
	static const struct shape shape = { 0 };
	static const struct packet packets[] = {
		{ .begin = 5000, .end = 5030, .first = 1, .events = 3, .at = 5010, .step = 10 },
		{ .begin = 1000, .end = 1030, .first = 4, .events = 3, .at = 1010, .step = 10 },
	};
	struct trace trace = trace_new(&shape);
	struct fdar_source_summary summary;
	g_autoptr(fdar_source) source = NULL;
	struct fdar_event batch[8];
	const GPtrArray *doubts;

	add_file(&trace, "a", packets, 2);
	source = fdar_source_open(trace.dir, NULL);
	g_assert_nonnull(source);
	while (fdar_source_read(source, batch, G_N_ELEMENTS(batch), NULL) > 0)
		continue;
	fdar_source_get_summary(source, &summary);
	g_assert_true(g_str_has_suffix(summary.back_at, "/a, packet at byte 68"));
	doubts = fdar_source_doubts(source);
	g_assert_cmpuint(doubts->len, ==, 1);
	const struct fdar_doubt *doubt = g_ptr_array_index(doubts, 0);

	g_assert_cmpint(doubt->kind, ==, FDAR_DOUBT_DAMAGED);
	g_assert_nonnull(
		strstr(doubt->text, "times go back by up to 4.02e-06 s, 1 time; first in"));
	g_clear_pointer(&source, fdar_source_close);
	trace_free(&trace);
}

/* Packets' times of 16 bits come round between files and within them. */
static void test_narrow(void)
{
	static const struct shape shape = { .time_bits = 16 };
	static const struct packet packets[] = {
		{ .begin = 65000, .end = 100, .first = 1, .events = 2, .at = 65010, .step = 600 },
		{ .begin = 200, .end = 300, .first = 3, .events = 1, .at = 65536 + 250 },
	};
	struct trace trace = trace_new(&shape);
	struct fdar_source_summary summary;

	add_file(&trace, "a", packets, 2);
	READ(&trace, &summary, "1 2 3");
	g_assert_cmpuint(summary.times_back, ==, 0);
	g_assert_cmpuint(summary.end_ns, ==, 1000000000000 + 65536 + 250);
	trace_free(&trace);
}

/* ---- traces ---- */

/* Two traces of one UUID, from machines of either byte order: each is read as its own. */
static void test_two_orders(void)
{
	static const struct shape little = { .lost_bits = 32 };
	static const struct shape big = { .lost_bits = 32, .big_endian = TRUE };
	static const struct packet first[] = {
		{ .begin = 5, .end = 8, .first = 1, .events = 2, .at = 5, .step = 2, .lost = 1 },
		{ .begin = 15, .end = 18, .first = 5, .events = 1, .at = 15, .lost = 3 },
	};
	static const struct packet other[] = {
		{ .begin = 6, .end = 9, .first = 3, .events = 2, .at = 8, .step = 1, .lost = 1 },
		{ .begin = 16, .end = 19, .first = 6, .events = 1, .at = 16, .lost = 5 },
	};
	struct trace parts[] = { trace_new(&little), trace_new(&big) };
	struct trace both = { .dir = g_dir_make_tmp("flowdar-test-packets-XXXXXX", NULL) };
	struct fdar_source_summary summary;

	add_file(&parts[0], "a", first, 2);
	add_file(&parts[1], "b", other, 2);
	for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *name = g_strdup_printf("%s/%u", both.dir, i);

		g_assert_cmpint(g_rename(parts[i].dir, name), ==, 0);
		g_free(parts[i].dir);
	}
	READ(&both, &summary, "1 2 3 4 5 6");
	g_assert_cmpuint(summary.discarded, ==, 2 + 4);
	remove_tree(both.dir);
	g_free(both.dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctf/packets/coarse", test_coarse);
	g_test_add_func("/ctf/packets/same-bytes", test_same_bytes);
	g_test_add_func("/ctf/packets/numbered", test_numbered);
	g_test_add_func("/ctf/packets/counters", test_counters);
	g_test_add_func("/ctf/packets/numbers", test_numbers);
	g_test_add_func("/ctf/packets/back", test_back);
	g_test_add_func("/ctf/packets/back-doubt", test_back_doubt);
	g_test_add_func("/ctf/packets/narrow", test_narrow);
	g_test_add_func("/ctf/packets/two-orders", test_two_orders);
	return g_test_run();
}
