/* The writer of calls records, read back by the tests' own reader. */
#include <glib.h>
#include <string.h>

#include "calls_decode.h"
#include "functions/writer.h"
#include "instrument/wire/events.h"

#define RECORDS 200000

struct fdar_clock fdar_clock = { .scale = UINT64_C(1) << 32 }; /* ticks are nanoseconds */

struct expected {
	struct calls_record record;
	uint64_t begin, end; /* ticks */
};

static uint64_t random_span(GRand *random)
{
	switch (g_rand_int_range(random, 0, 4)) {
	case 0:
		return (uint64_t)g_rand_int_range(random, 0, 40);
	case 1:
		return (uint64_t)g_rand_int_range(random, 0, 5000);
	case 2:
		return g_rand_int(random);
	default:
		return 0;
	}
}

/* One record of any kind, and what a reader should see. */
static void write_one(struct fdar_writer *writer, GRand *random, uint64_t *now,
		      struct expected *out)
{
	uint64_t function = (uint64_t)g_rand_int(random) << 16 ^ g_rand_int(random);
	uint64_t count = random_span(random) + 1, ns = random_span(random);
	enum fdar_calls_op op = (enum fdar_calls_op)g_rand_int_range(random, 0, 8);

	if ((op == FDAR_CALLS_EXIT || op == FDAR_CALLS_UNWOUND) && writer->depth == 0)
		op = FDAR_CALLS_ENTER;
	*now += random_span(random);
	memset(out, 0, sizeof(*out));
	out->begin = out->end = *now;
	out->record.op = op;
	switch (op) {
	case FDAR_CALLS_ENTER:
		fdar_writer_enter(writer, *now, out->record.function = function);
		break;
	case FDAR_CALLS_EXIT:
		fdar_writer_exit(writer, *now);
		break;
	case FDAR_CALLS_CALL:
	case FDAR_CALLS_CALL_OVER:
		out->record.function = function;
		out->end = *now += random_span(random);
		if (op == FDAR_CALLS_CALL) {
			fdar_writer_call(writer, out->begin, out->end, function);
			break;
		}
		out->record.count = count;
		out->record.ns = ns;
		fdar_writer_call_over(writer, out->begin, out->end, function, count, ns);
		break;
	case FDAR_CALLS_OPEN:
		out->record.function = function;
		out->record.duration = ns < *now ? ns : *now;
		fdar_writer_open(writer, *now, function, *now - out->record.duration);
		break;
	case FDAR_CALLS_SKIPPED:
		out->record.count = count;
		out->record.ns = ns;
		fdar_writer_skipped(writer, *now, count, ns);
		break;
	case FDAR_CALLS_UNWOUND:
		out->record.count =
			(uint64_t)g_rand_int_range(random, 0, (gint32)writer->depth) + 1;
		fdar_writer_unwound(writer, *now, (uint32_t)out->record.count);
		break;
	case FDAR_CALLS_LOST:
		out->record.count = count;
		fdar_writer_lost(writer, *now, count);
		break;
	}
}

/* Reads an event back: its own time is now, and all times are exact then. */
static void check(struct fdar_writer *writer, uint64_t now, uint32_t depth, const GArray *expected)
{
	struct calls_reader reader;
	struct calls_record got;
	uint64_t base, last = 0;
	uint32_t length;
	const uint8_t *data = fdar_writer_finish(writer, now, &length);

	g_assert_cmpuint(length, <=, FDAR_WRITER_BYTES);
	calls_open(&reader, data, length);
	g_assert_cmpuint(reader.depth, ==, depth);
	g_assert_cmpuint(reader.age, <=, now);
	base = now - reader.age;
	for (guint i = 0; i < expected->len; i++) {
		const struct expected *want = &g_array_index(expected, struct expected, i);

		g_assert_true(calls_next(&reader, &got));
		g_assert_cmpint(got.op, ==, want->record.op);
		g_assert_cmpuint(base + got.time, ==, want->begin);
		g_assert_cmpuint(got.time, >=, last);
		last = got.time + (got.op == FDAR_CALLS_OPEN ? 0 : got.duration);
		if (want->record.function)
			g_assert_cmpuint(got.function, ==, want->record.function);
		g_assert_cmpuint(got.count, ==, want->record.count);
		g_assert_cmpuint(got.ns, ==, want->record.ns);
		if (got.op == FDAR_CALLS_CALL || got.op == FDAR_CALLS_CALL_OVER)
			g_assert_cmpuint(got.duration, ==, want->end - want->begin);
		if (got.op == FDAR_CALLS_OPEN)
			g_assert_cmpuint(got.duration, ==, want->record.duration);
	}
	g_assert_false(calls_next(&reader, &got));
	g_assert_false(reader.broken);
}

static void test_random(void)
{
	g_autoptr(GArray) expected = g_array_new(FALSE, FALSE, sizeof(struct expected));
	GRand *random = g_rand_new_with_seed(7);
	uint64_t now = UINT64_C(1) << 40;
	struct fdar_writer writer;
	uint32_t depth = 0;

	fdar_writer_init(&writer);
	for (unsigned i = 0; i < RECORDS; i++) {
		struct expected one;

		if (fdar_writer_full(&writer)) {
			check(&writer, now, depth, expected);
			g_array_set_size(expected, 0);
			depth = writer.depth;
			fdar_writer_reset(&writer, depth);
		}
		write_one(&writer, random, &now, &one);
		g_array_append_val(expected, one);
	}
	check(&writer, now, depth, expected);
	g_rand_free(random);
}

/* The widest record begins where the buffer is just not full, and two more follow. */
static void test_room(void)
{
	uint64_t now = UINT64_C(1) << 62, wide = UINT64_MAX;
	struct fdar_writer writer;
	uint32_t length;

	for (unsigned narrow = 0; narrow < 200; narrow++) {
		fdar_writer_init(&writer);
		for (unsigned i = 0; i < narrow && !fdar_writer_full(&writer); i++)
			fdar_writer_enter(&writer, now, wide / 3 * (i % 2));
		while (!fdar_writer_full(&writer)) {
			now += UINT64_C(1) << 55;
			fdar_writer_call_over(&writer, now, now + 1, wide / 3 * (now >> 55 & 1),
					      wide, wide);
		}
		fdar_writer_skipped(&writer, now, wide, wide);
		fdar_writer_lost(&writer, now, wide);
		g_assert_true(writer.next <= writer.data + sizeof(writer.data));
		fdar_writer_finish(&writer, now, &length);
		g_assert_cmpuint(length, <=, FDAR_WRITER_BYTES);
	}
}

/* A clock that goes back gives times that do not. */
static void test_backwards(void)
{
	struct calls_reader reader;
	struct calls_record record;
	struct fdar_writer writer;
	uint32_t length;
	const uint8_t *data;

	fdar_writer_init(&writer);
	fdar_writer_enter(&writer, 1000, 1);
	fdar_writer_call(&writer, 900, 800, 2);
	fdar_writer_exit(&writer, 1200);
	data = fdar_writer_finish(&writer, 1100, &length);
	calls_open(&reader, data, length);
	g_assert_cmpuint(reader.age, ==, 200);
	g_assert_true(calls_next(&reader, &record) && record.time == 0);
	g_assert_true(calls_next(&reader, &record) && record.time == 0 && record.duration == 0);
	g_assert_true(calls_next(&reader, &record) && record.time == 200);
}

/* What a call costs in bytes: the usual ones, near each other. */
static void test_bytes(void)
{
	struct fdar_writer writer;
	uint64_t now = 1000000;
	unsigned calls = 0;
	uint32_t length;

	fdar_writer_init(&writer);
	while (!fdar_writer_full(&writer)) {
		now += 60;
		fdar_writer_call(&writer, now, now + 300, 0x550000001000 + calls * 16 % 4096);
		now += 300;
		calls++;
	}
	fdar_writer_finish(&writer, now, &length);
	g_assert_cmpuint(length, <, calls * 10);
}

static void assert_mark(struct calls_reader *reader, const struct fdar_writer_mark *mark,
			uint32_t length, bool is_request)
{
	struct calls_record got;

	g_assert_true(calls_next(reader, &got));
	g_assert_cmpint(got.mark, ==, mark->kind);
	if (is_request) {
		g_assert_cmpuint(got.key, ==, mark->key);
		g_assert_cmpuint(got.text_length, ==, length);
		g_assert_true(memcmp(got.text, mark->text, length) == 0);
		return;
	}
	g_assert_cmpuint(got.small, ==, mark->small);
	g_assert_cmpint(got.fd, ==, mark->fd);
	g_assert_cmpint(got.result, ==, mark->result);
}

/* The largest marks, wherever in the buffer there is room: they fit, with what a flush adds, and are read back. */
static void test_marks(void)
{
	char text[FDAR_TEXT_MAX + 1];
	struct fdar_writer_mark request = { .kind = FDAR_CALLS_REQUEST_BEGIN, .text = text };
	struct fdar_writer_mark io = { FDAR_CALLS_IO, 0, INT64_MIN, INT32_MIN, UINT32_MAX, NULL };
	uint64_t now = UINT64_C(1) << 62;

	memset(text, 'x', sizeof(text));
	for (uint32_t length = 0; length <= FDAR_TEXT_MAX; length++) {
		struct calls_reader reader;
		struct fdar_writer writer;
		const uint8_t *data;
		uint32_t bytes, marks = 0;

		fdar_writer_init(&writer);
		g_assert_true(fdar_writer_has_room(&writer, FDAR_TEXT_MAX));
		for (; fdar_writer_has_room(&writer, length); marks++) {
			now += UINT64_C(1) << 55;
			request.key = marks % 2 ? 0 : UINT64_MAX / 3;
			fdar_writer_mark(&writer, now, marks % 3 ? &request : &io,
					 marks % 3 ? length : 0);
		}
		g_assert_cmpuint(writer.marks, ==, marks);
		fdar_writer_skipped(&writer, now, UINT64_MAX, UINT64_MAX);
		fdar_writer_lost(&writer, now, UINT64_MAX);
		g_assert_true(writer.next <= writer.data + sizeof(writer.data));
		data = fdar_writer_finish(&writer, now, &bytes);
		calls_open(&reader, data, bytes);
		for (uint32_t i = 0; i < marks; i++) {
			request.key = i % 2 ? 0 : UINT64_MAX / 3;
			assert_mark(&reader, i % 3 ? &request : &io, length, i % 3 != 0);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/calls_writer/random", test_random);
	g_test_add_func("/calls_writer/room", test_room);
	g_test_add_func("/calls_writer/backwards", test_backwards);
	g_test_add_func("/calls_writer/bytes", test_bytes);
	g_test_add_func("/calls_writer/marks", test_marks);
	return g_test_run();
}
