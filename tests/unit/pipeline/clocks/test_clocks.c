/* Clocks of two and three hosts whose truth is known: what is said has the truth in it, or nothing is said. */
#include "pipeline/clocks/clocks.h"

#include <math.h>
#include <string.h>

#include "instrument/wire/events.h"
#include "pipeline/clocks/clock_bounds.h"

#define BEGIN 1700000000000000000

/* ---- bounds alone ---- */

struct truth {
	double offset_ns, rate;   /* of the second clock, at BEGIN of the first */
	double there_ns, back_ns; /* the least that a message takes */
	double noise_ns;          /* and up to so much more */
	double seconds;
	guint messages;
};

static double true_offset(const struct truth *truth, int64_t time_ns)
{
	return truth->offset_ns + truth->rate * (double)(time_ns - BEGIN);
}

static void exchange(struct fdar_clock_bounds *bounds, const struct truth *truth, GRand *random)
{
	for (guint i = 0; i < truth->messages; i++) {
		int64_t at = BEGIN + (int64_t)(truth->seconds * 1e9 * i / truth->messages);
		double there = truth->there_ns + g_rand_double(random) * truth->noise_ns;
		double back = truth->back_ns + g_rand_double(random) * truth->noise_ns;
		int64_t comes = at + (int64_t)there, back_at = at + (int64_t)(there + back);
		int64_t read = comes + (int64_t)true_offset(truth, comes);

		fdar_clock_bounds_at_most(bounds, at, read - at);
		fdar_clock_bounds_at_least(bounds, back_at, read - back_at);
	}
}

static void check(const struct truth *truth, GRand *random, double most_within_ns)
{
	struct fdar_clock_bounds bounds = { 0 };
	struct fdar_clock_offset offset;

	exchange(&bounds, truth, random);
	g_assert_cmpint(fdar_clock_bounds_solve(&bounds, &offset), ==, FDAR_CLOCK_KNOWN);
	for (int i = 0; i <= 4; i++) {
		int64_t at = BEGIN + (int64_t)(truth->seconds * 1e9 * 0.24 * i);
		double said = (double)offset.offset_ns + offset.rate * (double)(at - offset.at_ns);

		g_assert_cmpfloat(fabs(said - true_offset(truth, at)), <=,
				  (double)offset.within_ns + 2);
	}
	g_assert_cmpfloat((double)offset.within_ns, <=, most_within_ns);
	fdar_clock_bounds_clear(&bounds);
}

static void test_offsets(void)
{
	GRand *random = g_rand_new_with_seed(1);

	for (int i = 0; i < 300; i++) {
		const struct truth truth = {
			.offset_ns = g_rand_double_range(random, -5e9, 5e9),
			.there_ns = g_rand_double_range(random, 1e3, 5e6),
			.back_ns = g_rand_double_range(random, 1e3, 5e6),
			.noise_ns = g_rand_double_range(random, 0, 2e7),
			.seconds = g_rand_double_range(random, 0.01, 20),
			.messages = (guint)g_rand_int_range(random, 4, 400),
		};

		/* Half of the way there and back, at the most, and what drift there may be between two messages. */
		check(&truth, random,
		      (truth.there_ns + truth.back_ns) / 2 + truth.noise_ns +
			      FDAR_CLOCK_RATE_MAX * truth.seconds * 1e9 + 2);
	}
	g_rand_free(random);
}

static void test_drift(void)
{
	GRand *random = g_rand_new_with_seed(2);

	for (int i = 0; i < 100; i++) {
		const struct truth truth = {
			.offset_ns = g_rand_double_range(random, -5e9, 5e9),
			.rate = g_rand_double_range(random, -200e-6, 200e-6),
			.there_ns = 5e4,
			.back_ns = 2e5,
			.noise_ns = 3e5,
			.seconds = 3600,
			.messages = 20000,
		};

		/* An hour at 200 ppm are 720 ms. */
		check(&truth, random, 2e6);
	}
	g_rand_free(random);
}

static void test_refused(void)
{
	struct fdar_clock_bounds bounds = { 0 };
	struct fdar_clock_offset offset;

	g_assert_cmpint(fdar_clock_bounds_solve(&bounds, &offset), ==, FDAR_CLOCK_FEW);
	for (int i = 0; i < 100; i++)
		fdar_clock_bounds_at_most(&bounds, BEGIN + i, 1000);
	g_assert_cmpint(fdar_clock_bounds_solve(&bounds, &offset), ==, FDAR_CLOCK_FEW);
	for (int i = 0; i < 100; i++)
		fdar_clock_bounds_at_least(&bounds, BEGIN + i, 2000);
	g_assert_cmpint(fdar_clock_bounds_solve(&bounds, &offset), ==, FDAR_CLOCK_CONTRADICT);
	/* Nonsense is passed over. */
	fdar_clock_bounds_at_least(&bounds, INT64_MIN, INT64_MAX);
	fdar_clock_bounds_at_most(&bounds, INT64_MAX, INT64_MIN);
	g_assert_cmpint(fdar_clock_bounds_solve(&bounds, &offset), ==, FDAR_CLOCK_CONTRADICT);
	fdar_clock_bounds_clear(&bounds);

	/* A clock that was set in the middle. */
	for (int i = 0; i < 1000; i++) {
		int64_t step = i < 500 ? 0 : 1000000000;

		fdar_clock_bounds_at_most(&bounds, BEGIN + i * 1000000, step + 1000);
		fdar_clock_bounds_at_least(&bounds, BEGIN + i * 1000000, step - 1000);
	}
	g_assert_cmpint(fdar_clock_bounds_solve(&bounds, &offset), ==, FDAR_CLOCK_CONTRADICT);
	fdar_clock_bounds_clear(&bounds);
}

/* ---- hosts ---- */

static const char *const names[] = { "a @11", "b @22", "c @33" };

struct host {
	int64_t ahead_ns;
	const char *name;
	int32_t next_fd;
};

struct fixture {
	struct fdar_clocks *clocks;
	struct host hosts[3];
	GPtrArray *lines;
	GArray *shifts;
};

static void set_up(struct fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) hosts = g_ptr_array_new();

	(void)data;
	for (int i = 0; i < 3; i++) {
		f->hosts[i] = (struct host){ 0, names[i], 10 };
		g_ptr_array_add(hosts, (gpointer)names[i]);
	}
	f->clocks = fdar_clocks_new(hosts);
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	(void)data;
	fdar_clocks_free(f->clocks);
	g_ptr_array_unref(f->lines);
	g_array_unref(f->shifts);
}

static void tell(struct fixture *f, int host, struct fdar_event event, int64_t time_ns)
{
	event.time_ns = (uint64_t)(BEGIN + time_ns + f->hosts[host].ahead_ns);
	event.pid = (uint32_t)host + 100;
	event.tid = event.pid;
	fdar_clocks_feed(f->clocks, &event, names[host],
			 event.kind == FDAR_EVENT_NOTE ? FDAR_NOTE_UPSTREAM : "");
}

static void io(struct fixture *f, int host, enum fdar_io_op op, int32_t fd, int64_t result,
	       int64_t time_ns)
{
	struct fdar_event event = { .kind = FDAR_EVENT_IO };

	event.io.op = op;
	event.io.fd = fd;
	event.io.result = result;
	tell(f, host, event, time_ns);
}

static void waits(struct fixture *f, int host, uint8_t kind, int64_t time_ns)
{
	tell(f, host, (struct fdar_event){ .kind = kind }, time_ns);
}

struct connection {
	int from, to;
	int32_t from_fd, to_fd;
};

static struct connection connects(struct fixture *f, int from, int to, const char *own,
				  int64_t time_ns)
{
	struct connection c = { from, to, f->hosts[from].next_fd++, f->hosts[to].next_fd++ };
	g_autofree char *note = g_strdup_printf("%d %s 10.0.0.9:80", c.from_fd, own);
	struct fdar_event event = { .kind = FDAR_EVENT_NOTE };

	event.note.value = note;
	event.note.value_len = (uint32_t)strlen(note);
	io(f, from, FDAR_IO_CONNECT, c.from_fd, 0, time_ns);
	tell(f, from, event, time_ns);
	io(f, to, FDAR_IO_ACCEPT, 3, c.to_fd, time_ns + 50000);
	event = (struct fdar_event){ .kind = FDAR_EVENT_SESSION_BEGIN };
	event.session.peer = own;
	event.session.peer_len = (uint32_t)strlen(own);
	event.session.fd = c.to_fd;
	tell(f, to, event, time_ns + 51000);
	return c;
}

/* A request of 400 bytes and its answer. The sender of either is told of it long after it has come. */
static void asks(struct fixture *f, struct connection c, int64_t time_ns)
{
	waits(f, c.from, FDAR_EVENT_WAIT_BEGIN, time_ns);
	io(f, c.to, FDAR_IO_READ, c.to_fd, 400, time_ns + 100000);
	waits(f, c.from, FDAR_EVENT_WAIT_END, time_ns + 900000);
	io(f, c.from, FDAR_IO_WRITE, c.from_fd, 400, time_ns + 901000);
	waits(f, c.to, FDAR_EVENT_WAIT_BEGIN, time_ns + 1000000);
	io(f, c.from, FDAR_IO_READ, c.from_fd, 1000, time_ns + 1200000);
	waits(f, c.to, FDAR_EVENT_WAIT_END, time_ns + 1900000);
	io(f, c.to, FDAR_IO_WRITE, c.to_fd, 1000, time_ns + 1901000);
}

static void solve(struct fixture *f)
{
	fdar_clocks_solve(f->clocks, &f->lines, &f->shifts);
}

static void assert_moved(const struct fixture *f, int host, int64_t away_ns)
{
	g_autofree char *home = g_strdup_printf("%s #1 ~00", names[host]);
	const struct fdar_clock_shift *shift = fdar_clock_shift_find(f->shifts, home);

	g_assert_nonnull(shift);
	g_assert_cmpint(ABS(shift->from_ns - shift->to_ns - f->hosts[host].ahead_ns), <=, away_ns);
}

static void assert_line(const struct fixture *f, guint line, const char *pattern)
{
	g_assert_cmpuint(line, <, f->lines->len);
	if (!g_pattern_match_simple(pattern, g_ptr_array_index(f->lines, line)))
		g_error("%s", (const char *)g_ptr_array_index(f->lines, line));
}

/* b is behind a, and c ahead of b, which alone knows it. */
static void test_hosts(struct fixture *f, gconstpointer data)
{
	(void)data;
	f->hosts[1].ahead_ns = -12300000;
	f->hosts[2].ahead_ns = 3000000000;
	for (int i = 0; i < 10; i++) {
		g_autofree char *own = g_strdup_printf("10.0.0.1:%d", 4000 + i);
		g_autofree char *other = g_strdup_printf("[fe80::2]:%d", 4000 + i);
		struct connection c = connects(f, 0, 1, own, i * 100000000);

		for (int j = 0; j < 3; j++)
			asks(f, c, i * 100000000 + 1000000 + j * 10000000);
		c = connects(f, 1, 2, other, i * 100000000 + 50000000);
		for (int j = 0; j < 3; j++)
			asks(f, c, i * 100000000 + 51000000 + j * 10000000);
	}
	solve(f);
	g_assert_cmpuint(f->shifts->len, ==, 2);
	/* A message takes 0.1 ms there, 0.2 back; and clocks may drift by 500 ppm. */
	assert_moved(f, 1, 700000);
	assert_moved(f, 2, 1400000);
	g_assert_null(fdar_clock_shift_find(f->shifts, names[0]));
	assert_line(f, 0,
		    "the clock of host b is 12.* ms behind that of a, +-*, by * messages of 10 "
		    "connections: put right");
	assert_line(f, 1, "the clock of host c is ?.* s ahead of that of a, *");
}

/* Within what a message takes they may be the same; nothing is moved. */
static void test_right(struct fixture *f, gconstpointer data)
{
	struct connection c = connects(f, 0, 1, "10.0.0.1:4000", 0);

	(void)data;
	f->hosts[1].ahead_ns = 30000;
	for (int i = 0; i < 10; i++)
		asks(f, c, 1000000 + i * 10000000);
	solve(f);
	g_assert_cmpuint(f->shifts->len, ==, 0);
	assert_line(f, 0, "the clocks of hosts b and a agree, +-*");
	assert_line(f, 1, "the clock of host c is not compared: too little *");
}

/* What cannot be told apart, is a host's own, or does not fit is of no connection. */
static void test_left_out(struct fixture *f, gconstpointer data)
{
	static const char *const of_none[] = { "127.0.0.1:4000", "[::1]:4000", "unix:/a", "",
					       "10.0.0.1:4001" };

	(void)data;
	f->hosts[1].ahead_ns = 1000000000;
	connects(f, 0, 1, "10.0.0.1:4001", 0);
	for (size_t i = 0; i < G_N_ELEMENTS(of_none); i++) {
		struct connection c = connects(f, 0, 1, of_none[i], 1000000);

		for (int j = 0; j < 10; j++)
			asks(f, c, 2000000 + j * 10000000);
	}
	/* More came than was sent. */
	{
		struct connection c = connects(f, 0, 1, "10.0.0.1:4002", 1000000);

		for (int j = 0; j < 10; j++)
			asks(f, c, 2000000 + j * 10000000);
		io(f, 1, FDAR_IO_READ, c.to_fd, 1, 200000000);
	}
	solve(f);
	g_assert_cmpuint(f->shifts->len, ==, 0);
	assert_line(f, 0, "the clocks of 2 hosts are not compared: too little *(b, c)");
}

static void test_contradiction(struct fixture *f, gconstpointer data)
{
	struct connection c = connects(f, 0, 1, "10.0.0.1:4000", 0);

	(void)data;
	for (int i = 0; i < 20; i++) {
		f->hosts[1].ahead_ns = i < 10 ? 0 : 1000000000;
		asks(f, c, 1000000 + i * 10000000);
	}
	solve(f);
	g_assert_cmpuint(f->shifts->len, ==, 0);
	assert_line(f, 0, "the clock of host b is not compared: by what *");
}

/* By one connection they would be apart: it may be two, of networks that have the same addresses. */
static void test_single(struct fixture *f, gconstpointer data)
{
	struct connection c = connects(f, 0, 1, "10.0.0.1:4000", 0);

	(void)data;
	f->hosts[1].ahead_ns = 400000000000;
	for (int i = 0; i < 10; i++)
		asks(f, c, 1000000 + i * 10000000);
	solve(f);
	g_assert_cmpuint(f->shifts->len, ==, 0);
	assert_line(f, 0, "the clocks of 2 hosts are not compared: too little *(b, c)");
}

/* Each two of three agree with themselves, and not with the third. */
static void test_circle(struct fixture *f, gconstpointer data)
{
	static const int pairs[][2] = { { 0, 1 }, { 1, 2 }, { 0, 2 } };

	(void)data;
	for (int pair = 0; pair < 3; pair++) {
		f->hosts[2].ahead_ns = pair == 2 ? 400000000000 : 0;
		for (int i = 0; i < 3; i++) {
			int64_t time_ns = pair * 100000000 + i * 30000000;
			g_autofree char *own = g_strdup_printf("10.0.0.%d:%d", pair, 4000 + i);
			struct connection c =
				connects(f, pairs[pair][0], pairs[pair][1], own, time_ns);

			for (int j = 0; j < 3; j++)
				asks(f, c, time_ns + 1000000 + j * 9000000);
		}
	}
	solve(f);
	g_assert_cmpuint(f->shifts->len, ==, 0);
	assert_line(f, 0, "the clock of host b is not compared: by what *");
	assert_line(f, 1, "the clock of host c is not compared: by what *");
}

/* A part of an answer has come when its sender begins to wait for room for the rest. */
static void test_partial(struct fixture *f, gconstpointer data)
{
	struct connection c = connects(f, 0, 1, "10.0.0.1:4000", 0);
	struct fdar_event room = { .kind = FDAR_EVENT_WAIT_BEGIN };

	(void)data;
	room.waiting.kind = FDAR_WAIT_IO;
	for (int i = 0; i < 20; i++) {
		int64_t time_ns = 1000000 + i * 10000000;

		asks(f, c, time_ns);
		io(f, 1, FDAR_IO_OTHER, c.to_fd, 0, time_ns + 3000000);
		io(f, 0, FDAR_IO_READ, c.from_fd, 9000, time_ns + 3100000);
		tell(f, 1, room, time_ns + 6000000);
		waits(f, 1, FDAR_EVENT_WAIT_END, time_ns + 6100000);
		io(f, 1, FDAR_IO_WRITE, c.to_fd, 9000, time_ns + 6200000);
	}
	solve(f);
	g_assert_cmpuint(f->shifts->len, ==, 0);
	assert_line(f, 0, "the clocks of hosts b and a agree, +-*");
}

/* More addresses than are kept: those that both tell are the same. */
static void test_many(struct fixture *f, gconstpointer data)
{
	(void)data;
	f->hosts[1].ahead_ns = -500000000;
	for (int64_t i = 0; i < 50000; i++) {
		g_autofree char *own = g_strdup_printf("10.0.%d.1:%d", (int)i % 7, 1024 + (int)i);
		struct connection c = connects(f, 0, 1, own, i * 2000000);

		asks(f, c, i * 2000000 + 60000);
		io(f, 0, FDAR_IO_CLOSE, c.from_fd, 0, i * 2000000 + 1990000);
		io(f, 1, FDAR_IO_CLOSE, c.to_fd, 0, i * 2000000 + 1990000);
	}
	solve(f);
	assert_line(f, 0, "the clock of host b is * behind that of a, *");
	assert_moved(f, 1, 700000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clocks/offsets", test_offsets);
	g_test_add_func("/clocks/drift", test_drift);
	g_test_add_func("/clocks/refused", test_refused);
#define ADD(path, test) g_test_add("/clocks/" path, struct fixture, NULL, set_up, test, tear_down)
	ADD("hosts", test_hosts);
	ADD("right", test_right);
	ADD("left_out", test_left_out);
	ADD("contradiction", test_contradiction);
	ADD("single", test_single);
	ADD("circle", test_circle);
	ADD("partial", test_partial);
	ADD("many", test_many);
	return g_test_run();
}
