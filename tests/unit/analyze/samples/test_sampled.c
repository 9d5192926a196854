/* Samples beside a trace: each between the events of its thread, with the session that it worked for. */
#include "analyze/samples/sampled.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

#define EPOCH_NS (TINY_TRACE_EPOCH_S * 1000000000u)

/* What a process has loaded when it registers: a program that was executed in it is another life of it. */
static void write_listed(struct tiny_trace *trace, uint16_t listed, uint64_t time_ns,
			 const char *program)
{
	tiny_trace_event(trace, listed, time_ns, 1, 10, "server");
	tiny_trace_u64(trace, 0x400000);
	tiny_trace_u64(trace, 0x2000);
	tiny_trace_string(trace, program);
}

/* A thread that polls, accepts, reads in a call that is told when it is over, and ends the session. */
static void write_trace(const char *dir, gboolean is_wrapped)
{
	g_autofree char *folder = g_build_filename(dir, "trace", NULL);
	struct tiny_trace *trace = tiny_trace_new(folder);
	uint16_t begin = tiny_trace_class(trace, "flowdar:session_begin",
					  "uint64_t _key; string _peer; int32_t _fd;");
	uint16_t end = tiny_trace_class(trace, "flowdar:session_end", "uint64_t _key;");
	uint16_t wait = tiny_trace_class(trace, "flowdar:wait_begin",
					 "string _what; uint8_t _kind; int32_t _fd;");
	uint16_t waited = tiny_trace_class(trace, "flowdar:wait_end", "int64_t _result;");
	uint16_t io =
		tiny_trace_class(trace, "flowdar:io", "uint8_t _op; int32_t _fd; int64_t _result;");
	uint16_t listed = tiny_trace_class(trace, "lttng_ust_statedump:bin_info",
					   "uint64_t _baddr; uint64_t _memsz; string _path;");

	if (is_wrapped) {
		write_listed(trace, listed, 10, "/bin/sh");
		write_listed(trace, listed, 20, "/usr/bin/env");
		write_listed(trace, listed, 30, "/usr/sbin/server");
	}
	tiny_trace_event(trace, begin, 100, 1, 10, "server");
	tiny_trace_u64(trace, 7);
	tiny_trace_string(trace, "peer");
	tiny_trace_u32(trace, 9);
	tiny_trace_event(trace, wait, 200, 1, 10, "server");
	tiny_trace_string(trace, "poll");
	tiny_trace_u8(trace, 2); /* FDAR_WAIT_POLL */
	tiny_trace_u32(trace, 0xffffffff);
	tiny_trace_event(trace, waited, 300, 1, 10, "server");
	tiny_trace_u64(trace, 1);
	tiny_trace_event(trace, io, 400, 1, 10, "server");
	tiny_trace_u8(trace, 1); /* FDAR_IO_READ */
	tiny_trace_u32(trace, 9);
	tiny_trace_u64(trace, 5);
	tiny_trace_event(trace, end, 500, 1, 10, "server");
	tiny_trace_u64(trace, 7);
	tiny_trace_close(trace);
}

static void write_samples(const char *dir, const struct fdar_sample *sample, guint count)
{
	g_autoptr(fdar_samples) samples = fdar_samples_new();

	samples->period_ns = 1000000;
	for (guint i = 0; i < count; i++) {
		struct fdar_sample one = sample[i];

		one.time_ns += EPOCH_NS;
		fdar_samples_add(samples, &one);
	}
	g_assert_true(fdar_samples_save(samples, dir, NULL));
}

static void check_join(gboolean is_wrapped)
{
	static const struct fdar_sample looks[] = {
		{ .time_ns = 50, .pid = 1, .tid = 10 },  /* adopted by who comes */
		{ .time_ns = 60, .pid = 1, .tid = 99 },  /* nobody's */
		{ .time_ns = 150, .pid = 1, .tid = 10 }, /* the session's */
		{ .time_ns = 160,
		  .pid = 1,
		  .tid = 10,
		  .flags = FDAR_SAMPLE_PRICE | FDAR_SAMPLE_CUT },
		{ .time_ns = 250, .pid = 1, .tid = 10 }, /* in the poll */
		{ .time_ns = 350, .pid = 1, .tid = 10, .flags = FDAR_SAMPLE_IN_CALL },
		{ .time_ns = 600, .pid = 1, .tid = 10, .flags = FDAR_SAMPLE_CUT },
	};
	static const uint8_t places[] = { FDAR_SAMPLED_SERVER,  FDAR_SAMPLED_UNKNOWN,
					  FDAR_SAMPLED_SESSION, FDAR_SAMPLED_PRICE,
					  FDAR_SAMPLED_WAIT,    FDAR_SAMPLED_SESSION,
					  FDAR_SAMPLED_SERVER };
	g_autofree char *dir = g_dir_make_tmp("flowdar-sampled-XXXXXX", NULL);
	struct fdar_sampled_options options = { 0 };
	g_autoptr(GError) error = NULL;

	write_trace(dir, is_wrapped);
	write_samples(dir, looks, G_N_ELEMENTS(looks));
	g_autoptr(fdar_sampled) sampled = fdar_sampled_read(dir, &options, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(sampled->sessions->len, ==, 1);
	const struct fdar_sampled_session *session =
		&g_array_index(sampled->sessions, struct fdar_sampled_session, 0);
	g_assert_cmpuint(session->samples, ==, 2);
	g_assert_cmpstr(session->peer, ==, "peer");
	g_assert_cmpuint(session->end_ns, ==, EPOCH_NS + 500);
	g_assert_cmpuint(sampled->cut, ==, 1);
	for (guint i = 1; i < G_N_ELEMENTS(looks); i++)
		g_assert_cmpstr(fdar_sampled_place_name(sampled->owners[i].place), ==,
				fdar_sampled_place_name(places[i]));
	remove_tree(dir);
}

static void test_join(void)
{
	check_join(FALSE);
}

static void test_wrapped(void)
{
	check_join(TRUE);
}

static void test_none(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-sampled-XXXXXX", NULL);
	struct fdar_sampled_options options = { 0 };
	g_autoptr(GError) error = NULL;

	write_trace(dir, FALSE);
	g_assert_null(fdar_sampled_read(dir, &options, &error));
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_MISSING);
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sampled/join", test_join);
	g_test_add_func("/sampled/wrapped", test_wrapped);
	g_test_add_func("/sampled/none", test_none);
	return g_test_run();
}
