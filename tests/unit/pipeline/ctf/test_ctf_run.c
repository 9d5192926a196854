/* Bits, clocks and decode programs, against a writer of bits that goes by the letter. */
#include <string.h>

#include "pipeline/ctf/ctf_bits.h"
#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/ctf/ctf_time.h"
#include "tests/ctf/bit_writer.h"

static void test_bits(void)
{
	GRand *rand = g_rand_new_with_seed(3);

	for (guint round = 0; round < 2000; round++) {
		gboolean big = g_rand_boolean(rand) != FALSE;
		unsigned size = (unsigned)g_rand_int_range(rand, 1, 65);
		guint64 at = (guint64)g_rand_int_range(rand, 0, 70);
		uint64_t value = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand);
		struct bit_writer writer;

		value &= UINT64_MAX >> (64 - size);
		bit_writer_init(&writer);
		bit_writer_int(&writer, UINT64_MAX, 64, big);
		bit_writer_int(&writer, UINT64_MAX, 64, big);
		bit_writer_patch(&writer, at, value, size, big);
		g_assert_cmphex(fdar_ctf_bits_any(writer.bytes->data, at, size, big), ==, value);
		if (at % 8 == 0 && size >= 8 && !(size & (size - 1)))
			g_assert_cmphex(fdar_ctf_bits_bytes(writer.bytes->data + at / 8, size, big),
					==, value);
		bit_writer_clear(&writer);
	}
	g_rand_free(rand);
	g_assert_cmphex(fdar_ctf_bits_extend(0x80, 8), ==, 0xffffffffffffff80);
	g_assert_cmphex(fdar_ctf_bits_extend(0x7f, 8), ==, 0x7f);
	g_assert_cmphex(fdar_ctf_bits_extend(1, 1), ==, UINT64_MAX);
	g_assert_cmphex(fdar_ctf_bits_extend(UINT64_MAX, 64), ==, UINT64_MAX);
}

static void test_clock(void)
{
	const uint64_t high = UINT64_C(5) << 27;

	g_assert_cmpuint(fdar_ctf_bits_clock(high + 10, 11, 27), ==, high + 11);
	g_assert_cmpuint(fdar_ctf_bits_clock(high + 10, 10, 27), ==, high + 10);
	g_assert_cmpuint(fdar_ctf_bits_clock(high + 10, 9, 27), ==, high + (1u << 27) + 9);
	g_assert_cmpuint(fdar_ctf_bits_clock(0xffffffff, 0, 32), ==, UINT64_C(1) << 32);
	g_assert_cmpuint(fdar_ctf_bits_clock(123, 7, 64), ==, 7);
	g_assert_cmpuint(fdar_ctf_bits_clock(0, 1, 1), ==, 1);
}

static void test_time(void)
{
	struct fdar_ctf_time time;
	uint64_t limit;

	g_assert_true(fdar_ctf_time_init(&time, 1000000000, 3, 5));
	g_assert_cmpuint(fdar_ctf_time_ns(&time, 7), ==, 3000000012);
	g_assert_cmpuint(fdar_ctf_time_ns(&time, UINT64_MAX), ==, 0);
	g_assert_true(fdar_ctf_time_is_sum(&time, &limit));
	g_assert_cmpuint(fdar_ctf_time_ns(&time, limit), ==, INT64_MAX);
	g_assert_cmpuint(fdar_ctf_time_ns(&time, limit + 1), ==, 0);
	g_assert_true(fdar_ctf_time_init(&time, 1000, -2, 0));
	g_assert_cmpuint(fdar_ctf_time_ns(&time, 1999), ==, 0);
	g_assert_cmpuint(fdar_ctf_time_ns(&time, 2001), ==, 1000000);
	g_assert_false(fdar_ctf_time_is_sum(&time, &limit));
	g_assert_false(fdar_ctf_time_init(&time, 1000000000, INT64_MAX, 0));
	g_assert_false(fdar_ctf_time_init(&time, 1, 0, UINT64_MAX));
	time.freq = 0;
	g_assert_cmpuint(fdar_ctf_time_ns(&time, 5), ==, 0);
}

/* A clock that becomes another one: at a time it is another time, and goes on from there slower or faster. */
static void test_move(void)
{
	struct fdar_ctf_time time, before;
	int64_t off;

	g_assert_true(fdar_ctf_time_init(&time, 1000000000, 3, 5));
	fdar_ctf_time_move(&time, 3000000012, 1000, 0);
	g_assert_cmpuint(fdar_ctf_time_ns(&time, 7), ==, 1000);
	g_assert_cmpuint(fdar_ctf_time_ns(&time, 1007), ==, 2000);
	for (int i = -2; i <= 2; i++) {
		double rate = 200e-6 * i;

		g_assert_true(fdar_ctf_time_init(&time, 1000000000, 0, 0));
		fdar_ctf_time_move(&time, 1000000000000, 5000000000000, rate);
		off = (int64_t)fdar_ctf_time_ns(&time, 1000000000000) - 5000000000000;
		g_assert_cmpint(ABS(off), <=, 2);
		off = (int64_t)fdar_ctf_time_ns(&time, 2000000000000) - 6000000000000;
		g_assert_cmpint(ABS(off - (int64_t)(1e12 * rate)), <=, 1000);
	}
	/* What does not fit stays as it is: before its clock began, or beyond all times. */
	before = time;
	fdar_ctf_time_move(&time, -1, 0, 0);
	fdar_ctf_time_move(&time, INT64_MAX, INT64_MIN, 0);
	g_assert_cmpuint(fdar_ctf_time_ns(&time, 7), ==, fdar_ctf_time_ns(&before, 7));
}

/* ---- programs ---- */

static const char metadata[] =
	"trace { major = 1; minor = 8; byte_order = le; };\n"
	"typealias integer { size = 8; } := u8;\n"
	"event { name = \"flowdar:bytes\"; fields := struct {\n"
	"  u8 n; struct { integer { size = 3; align = 1; } x; u8 m; u8 y[m]; } loop[n];\n"
	"  enum : u8 { none, some = 1 ... 2 } tag;\n"
	"  variant <tag> { integer { size = 64; } none; string some; } v;\n"
	"  string _label; integer { size = 32; align = 32; signed = 1; } _total;\n"
	"  u8 len; integer { size = 16; byte_order = be; } _data[len];\n"
	"}; };\n";

/* Two rounds of the loop, then the option that is a string. */
static void write_event(struct bit_writer *writer, guint8 tag)
{
	bit_writer_int(writer, 2, 8, FALSE);
	for (guint i = 0; i < 2; i++) {
		bit_writer_align(writer, 8);
		bit_writer_int(writer, 5, 3, FALSE);
		bit_writer_align(writer, 8);
		bit_writer_int(writer, i, 8, FALSE);
		if (i)
			bit_writer_int(writer, 0xaa, 8, FALSE);
	}
	bit_writer_int(writer, tag, 8, FALSE);
	bit_writer_string(writer, "an option");
	bit_writer_string(writer, "the label");
	bit_writer_align(writer, 32);
	bit_writer_int(writer, (uint32_t)-12, 32, FALSE);
	bit_writer_int(writer, 2, 8, FALSE);
	bit_writer_int(writer, 0x1122, 16, TRUE);
	bit_writer_int(writer, 0x3344, 16, TRUE);
}

static void test_program(void)
{
	g_autoptr(GError) error = NULL;
	struct fdar_ctf_plan *plan = fdar_ctf_plan_new(metadata, strlen(metadata), &error);
	const struct fdar_ctf_program *program;
	struct fdar_ctf_cursor cursor = { 0 };
	struct fdar_ctf_frame frame = { 0 };
	struct bit_writer writer;

	g_assert_no_error(error);
	program = &fdar_ctf_plan_class(fdar_ctf_plan_stream(plan, 0), 0)->program;
	bit_writer_init(&writer);
	write_event(&writer, 2);
	cursor.bytes = writer.bytes->data;
	/* Whatever is missing, it is said, and nothing has moved. */
	for (; cursor.end < writer.at; cursor.end++) {
		g_assert_cmpint(fdar_ctf_run(program, &cursor, &frame), ==, FDAR_CTF_SHORT);
		g_assert_cmpuint(cursor.at, ==, 0);
	}
	g_assert_cmpint(fdar_ctf_run(program, &cursor, &frame), ==, FDAR_CTF_OK);
	g_assert_cmpuint(cursor.at, ==, writer.at);
	g_assert_cmpint((int64_t)frame.values[FDAR_ROLE_ADDR], ==, -12);
	g_assert_cmpuint(frame.texts[FDAR_ROLE_NAME].length, ==, 9);
	g_assert_cmpstr((const char *)frame.texts[FDAR_ROLE_NAME].bytes, ==, "the label");
	g_assert_cmpuint(frame.texts[FDAR_ROLE_DATA].length, ==, 4);
	g_assert_cmpuint(frame.texts[FDAR_ROLE_DATA].stride, ==, 2);
	g_assert_true(frame.texts[FDAR_ROLE_DATA].big);
	bit_writer_clear(&writer);

	bit_writer_init(&writer);
	write_event(&writer, 3);
	cursor = (struct fdar_ctf_cursor){ .bytes = writer.bytes->data, .end = writer.at };
	g_assert_cmpint(fdar_ctf_run(program, &cursor, &frame), ==, FDAR_CTF_BAD);
	g_assert_cmpuint(cursor.at, ==, 0);
	bit_writer_clear(&writer);
	fdar_ctf_plan_free(plan);
}

/* The classes of a function trace are of the fast kind, with or without contexts. */
static void test_fast(void)
{
	static const struct {
		const char *context, *payload;
		guint bytes; /* 0: it is not */
	} cases[] = {
		{ "", "u64 _addr; u64 _call_site;", 16 },
		{ "u32 _vtid;", "u64 _addr; u64 _call_site;", 20 },
		{ "u32 _vpid; u32 _vtid; char _procname[17];", "u64 _addr; u64 _call_site;", 41 },
		{ "u32 _vpid; u32 _vtid;", "u32 more[4]; u32 _addr;", 28 },
		{ "u32 _vtid;", "", 4 },
		{ "u32 _vtid;", "string more; u64 _addr;", 0 },
		{ "u32 _vtid;", "be64 _addr;", 0 },
		{ "u32 _vtid;", "u32 more[400]; u64 _addr;", 0 },
		{ "bit x; u32 _vtid;", "u64 _addr;", 13 },
		{ "bit x; bit _vtid;", "u64 _addr;", 0 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strdup_printf(
			"trace { major = 1; minor = 8; byte_order = le; };\n"
			"typealias integer { size = 32; } := u32;\n"
			"typealias integer { size = 64; } := u64;\n"
			"typealias integer { size = 1; } := bit;\n"
			"typealias integer { size = 64; byte_order = be; } := be64;\n"
			"typealias integer { size = 8; encoding = UTF8; } := char;\n"
			"stream { event.header := struct { integer { size = 16; } id; };\n"
			"  event.context := struct { %s }; };\n"
			"event { name = \"flowdar:func_entry\"; fields := struct { %s }; };\n",
			cases[i].context, cases[i].payload);
		struct fdar_ctf_plan *plan = fdar_ctf_plan_new(text, strlen(text), NULL);
		const struct fdar_ctf_class *class;

		g_assert_nonnull(plan);
		class = fdar_ctf_plan_class(fdar_ctf_plan_stream(plan, 0), 0);
		g_assert_cmpint(class->has_fast, ==, cases[i].bytes != 0);
		g_assert_cmpuint(class->fast.bytes, ==, cases[i].bytes);
		fdar_ctf_plan_free(plan);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ctf/run/bits", test_bits);
	g_test_add_func("/ctf/run/clock", test_clock);
	g_test_add_func("/ctf/run/time", test_time);
	g_test_add_func("/ctf/run/move", test_move);
	g_test_add_func("/ctf/run/program", test_program);
	if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
		g_test_add_func("/ctf/run/fast", test_fast);
	return g_test_run();
}
