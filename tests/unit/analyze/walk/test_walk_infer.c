/* What nobody told: hand-offs between threads, exchanges in place of requests; and who works for whom when
 * one client's command closes another's connection. */
#include "tests/unit/kit/walk_story.h"

/* Descriptors 7 and 8, for the first time: libflowdar-io's keys. */
#define SEVEN "4294967303"
#define EIGHT "4294967304"

static void test_accepted_by_another(void)
{
	/* A blocking pool: the worker reads, or waits to. What it did before is not the client's. */
	expect_all("A 0 wait:ACCEPT:accept:3 10 w 10 begin:" SEVEN
		   ":p:7 12 wait:ACCEPT:accept:3 90 w\n"
		   "B 1 +worker 2 +take 15 -take 20 +serve 30 wait:IO:read:7 40 w 40 io:READ:7:5 "
		   "50 io:WRITE:7:6 51 io:CLOSE:7:0 51 end:" SEVEN " 52 -serve 60 -worker",
		   "accept@A 0..10 - self=10 total=10 wait=10\n"
		   "open 1 p at 10\n"
		   "handoff 4294967303 inferred A>B 10..30 s1\n"
		   "take@B 2..15 - self=13 total=13 wait=0\n"
		   "read@B 30..40 s1 self=10 total=10 wait=10\n"
		   "serve@B 20..52 s1 self=22 total=32 wait=10\n"
		   "close 1 finished 10..51 in=5 out=6\n"
		   "worker@B 1..60 - self=14 total=27 wait=0\n"
		   "accept@A 12..90 - self=78 total=78 wait=78\n");
	/* Data that is there at once. */
	g_assert_cmpuint(stats_of("A 0 begin:" SEVEN ":p:7\nB 9 io:READ:7:5").inferred_handoffs, ==,
			 1);
	/* Whose thread polls many may have waited for the client before it gave him away. */
	g_assert_cmpuint(stats_of("A 0 wait:POLL:poll 1 w 2 begin:" SEVEN
				  ":p:7 3 wait:POLL:poll 4 w\n"
				  "B 9 io:READ:7:5")
				 .inferred_handoffs,
			 ==, 0);
	/* But who puts it under watch says that he has it; the first of all, that he keeps it. */
	g_assert_cmpuint(stats_of("A 0 wait:POLL:poll 1 w 2 begin:" SEVEN
				  ":p:7 3 wait:POLL:poll 4 w\n"
				  "B 9 io:WATCH:7:0")
				 .inferred_handoffs,
			 ==, 1);
	g_assert_cmpuint(stats_of("A 2 begin:" SEVEN ":p:7 3 io:WATCH:7:0\nB 9 io:READ:7:1")
				 .inferred_handoffs,
			 ==, 0);
	/* By epoll it waits for what it has put under watch, and tells of that: httpd's listener. */
	expect_unit("A 0 wait:POLL:epoll_wait 1 w 2 begin:" SEVEN
		    ":p:7 3 wait:POLL:epoll_wait 20 w\n"
		    "B 9 wait:COND:queue 10 w 11 io:READ:7:5 12 io:CLOSE:7:0 12 end:" SEVEN,
		    FDAR_UNIT_SESSION,
		    "epoll_wait@A 0..1 - self=1 total=1 wait=1\n"
		    "open 1 p at 2\n"
		    "queue@B 9..10 - self=1 total=1 wait=1\n"
		    "handoff 4294967303 inferred A>B 2..11 s1\n"
		    "close 1 finished 2..12 in=5 out=0\n"
		    "epoll_wait@A 3..20 - self=17 total=17 wait=17\n");
	/* Once, and not of what marks tell of, or where another only closes it. */
	g_assert_cmpuint(stats_of("A 0 begin:" SEVEN ":p:7\nB 1 io:READ:7:1\nC 2 io:READ:7:1")
				 .inferred_handoffs,
			 ==, 1);
	g_assert_cmpuint(stats_of("A 0 begin:9:p:7 1 begin:" SEVEN ":p:7\nB 2 io:READ:7:1")
				 .inferred_handoffs,
			 ==, 0);
	g_assert_cmpuint(stats_of("A 0 begin:" SEVEN ":p:7\nB 1 io:CLOSE:7:0\nB 2 io:READ:7:1")
				 .inferred_handoffs,
			 ==, 0);
}

static void test_closes_another(void)
{
	/* CLIENT KILL: the command goes on after it, and is the work of who asked for it. */
	expect_all("A 0 begin:" SEVEN ":killer:7 1 wait:POLL:poll 2 w 2 begin:" EIGHT ":victim:8 "
		   "3 wait:POLL:poll 4 w 5 io:READ:7:9 6 +kill 7 io:CLOSE:8:0 7 end:" EIGHT
		   " 8 +reply 9 "
		   "-reply 10 -kill 11 io:WRITE:7:3 12 end:" SEVEN,
		   "open 1 killer at 0\n"
		   "poll@A 1..2 - self=1 total=1 wait=1\n"
		   "open 2 victim at 2\n"
		   "poll@A 3..4 - self=1 total=1 wait=1\n"
		   "close 2 finished 2..7\n"
		   "reply@A 8..9 s1 self=1 total=1 wait=0\n"
		   "kill@A 6..10 s1 self=3 total=4 wait=0\n"
		   "close 1 finished 0..12 in=9 out=3\n");
	/* An event loop that closes what has waited too long works for that one then. */
	expect_all("A 0 begin:" SEVEN
		   ":idle:7 1 wait:POLL:poll 2 w 3 +timeout 4 io:CLOSE:7:0 5 +free 6 "
		   "-free 7 end:" SEVEN " 8 -timeout",
		   "open 1 idle at 0\n"
		   "poll@A 1..2 - self=1 total=1 wait=1\n"
		   "free@A 5..6 s1 self=1 total=1 wait=0\n"
		   "timeout@A 3..8 s1 self=4 total=5 wait=0\n"
		   "close 1 finished 0..7\n");
}

static void test_woken_by_descriptor(void)
{
	/* One thread reads, another is woken by an eventfd and answers: what it does then is no work for the one
	 * whom it has answered before. */
	expect_all("A 0 begin:" SEVEN ":p:7 1 begin:" EIGHT ":q:8 2 io:READ:7:3 3 io:READ:8:3\n"
		   "B 0 +worker 1 wait:IO:read:5 10 w 11 +serve 20 io:WRITE:7:2 21 -serve\n"
		   "B 22 wait:IO:read:5 30 w 31 +serve 41 io:WRITE:8:2 42 -serve 43 wait:IO:read:5 "
		   "50 w\n"
		   "B 51 -worker",
		   "open 1 p at 0\n"
		   "open 2 q at 1\n"
		   "read@B 1..10 - self=9 total=9 wait=9\n"
		   "serve@B 11..21 s1 self=10 total=10 wait=0\n"
		   "read@B 22..30 - self=8 total=8 wait=8\n"
		   "serve@B 31..42 s2 self=11 total=11 wait=0\n"
		   "read@B 43..50 - self=7 total=7 wait=7\n"
		   "worker@B 0..51 - self=6 total=30 wait=24\n"
		   "close 1 unfinished 0..51 in=3 out=2\n"
		   "close 2 unfinished 1..51 in=3 out=2\n");
	/* What it waits for in its own work is its session's: a child's pipe, another server's answer. */
	expect_all("A 0 begin:" SEVEN
		   ":p:7 1 io:READ:7:3 2 +serve 3 wait:IO:read:5 9 w 10 io:WRITE:7:2 11 -serve",
		   "open 1 p at 0\n"
		   "read@A 3..9 s1 self=6 total=6 wait=6\n"
		   "serve@A 2..11 s1 self=3 total=9 wait=6\n"
		   "close 1 unfinished 0..11 in=3 out=2\n");
	expect_all("A 0 +main 1 wait:POLL:poll 2 w 3 begin:" SEVEN
		   ":p:7 4 io:READ:7:3 5 io:CONNECT:6:0 "
		   "6 wait:IO:read:6 9 w 10 io:READ:6:3 11 io:WRITE:7:2 12 -main",
		   "poll@A 1..2 - self=1 total=1 wait=1\n"
		   "open 1 p at 3\n"
		   "read@A 6..9 s1 self=3 total=3 wait=3\n"
		   "main@A 0..12 - self=8 total=9 wait=1\n"
		   "close 1 unfinished 3..12 in=3 out=2\n");
}

static void test_answers_only(void)
{
	/* Its queue was not empty: nothing is told between two pieces of work. */
	expect_all("A 0 begin:" SEVEN ":p:7 1 begin:" EIGHT ":q:8 2 io:READ:7:3 3 io:READ:8:3\n"
		   "B 4 +worker 5 wait:COND:queue 10 w 11 +serve 12 +spin 19 -spin 20 io:WRITE:7:2 "
		   "21 -serve\n"
		   "B 31 +serve 32 +spin 40 -spin 41 io:WRITE:8:2 42 +log 43 -log 44 -serve 45 "
		   "wait:COND:queue 50 w\n"
		   "B 51 -worker",
		   "open 1 p at 0\n"
		   "open 2 q at 1\n"
		   "queue@B 5..10 - self=5 total=5 wait=5\n"
		   "spin@B 12..19 s1 self=7 total=7 wait=0\n"
		   "serve@B 11..21 s1 self=3 total=10 wait=0\n"
		   "spin@B 32..40 s2 self=8 total=8 wait=0\n"
		   "log@B 42..43 s2 self=1 total=1 wait=0\n"
		   "serve@B 31..44 s2 self=4 total=13 wait=0\n"
		   "queue@B 45..50 - self=5 total=5 wait=5\n"
		   "worker@B 4..51 - self=14 total=24 wait=10\n"
		   "close 1 unfinished 0..51 in=3 out=2\n"
		   "close 2 unfinished 1..51 in=3 out=2\n");
	/* An answer that is told when its connection is closed, and the number another's: who came after the work
	 * was begun has nothing of it. */
	expect_all("A 0 begin:" SEVEN ":p:7 1 io:READ:7:3\n"
		   "B 2 +worker 3 wait:COND:queue 4 w 5 +serve\n"
		   "A 10 io:READ:7:0 11 end:" SEVEN " 12 begin:8589934599:q:7\n"
		   "B 20 io:WRITE:7:2 21 -serve 22 wait:COND:queue 30 w 31 -worker",
		   "open 1 p at 0\n"
		   "queue@B 3..4 - self=1 total=1 wait=1\n"
		   "close 1 finished 0..11 in=3 out=0\n"
		   "open 2 q at 12\n"
		   "serve@B 5..21 - self=16 total=16 wait=0\n"
		   "queue@B 22..30 - self=8 total=8 wait=8\n"
		   "worker@B 2..31 - self=4 total=29 wait=9\n"
		   "close 2 unfinished 12..31\n");
}

static void test_exchanges(void)
{
	/* Two on one connection, by two reads the first: each to its last write; what comes between them is
	 * the server's, and so is the wait for the next. */
	expect_unit("A 0 begin:" SEVEN ":p:7 1 +serve 2 io:READ:7:3 3 io:READ:7:3 4 +work 8 -work "
		    "9 io:WRITE:7:5 10 io:WRITE:7:5 11 +log 12 -log 13 wait:IO:read:7 20 w 20 "
		    "io:READ:7:4 "
		    "21 +work 22 -work 23 io:WRITE:7:1 24 io:READ:7:0 25 end:" SEVEN " 26 -serve",
		    FDAR_UNIT_REQUEST,
		    "open 1 p at 2\n"
		    "work@A 4..8 s1 self=4 total=4 wait=0\n"
		    "log@A 11..12 s1 self=1 total=1 wait=0\n"
		    "close 1 finished 2..10 requests=1 in=6 out=10\n"
		    "read@A 13..20 - self=7 total=7 wait=7\n"
		    "open 2 p at 20\n"
		    "work@A 21..22 s2 self=1 total=1 wait=0\n"
		    "close 2 finished 20..23 requests=1 in=4 out=1\n"
		    "serve@A 1..26 - self=12 total=19 wait=7\n");
	/* A slow client: a wait for room to write belongs to the answer. */
	expect_unit("A 0 begin:" SEVEN ":p:7 2 io:READ:7:3 9 io:WRITE:7:5 10 wait:IO:send:7 20 w "
		    "20 io:WRITE:7:5 30 end:" SEVEN,
		    FDAR_UNIT_REQUEST,
		    "open 1 p at 2\n"
		    "send@A 10..20 s1 self=10 total=10 wait=10\n"
		    "close 1 finished 2..20 requests=1 in=3 out=10\n");
	/* Event loops. */
	expect_unit(
		"A 0 begin:" SEVEN
		":p:7 1 wait:POLL:poll 2 w 3 +read 4 io:READ:7:3 5 -read 6 +work "
		"7 io:WRITE:7:1 8 -work 9 wait:POLL:poll 12 w 13 +read 14 io:READ:7:3 15 -read 16 "
		"+work 17 io:WRITE:7:1 18 -work 19 wait:POLL:poll 22 w 23 io:CLOSE:7:0 23 "
		"end:" SEVEN,
		FDAR_UNIT_REQUEST,
		"poll@A 1..2 - self=1 total=1 wait=1\n"
		"open 1 p at 4\n"
		"read@A 3..5 s1 self=2 total=2 wait=0\n"
		"work@A 6..8 s1 self=2 total=2 wait=0\n"
		"poll@A 9..12 - self=3 total=3 wait=3\n"
		"close 1 finished 4..7 requests=1 in=3 out=1\n"
		"open 2 p at 14\n"
		"read@A 13..15 s2 self=2 total=2 wait=0\n"
		"work@A 16..18 s2 self=2 total=2 wait=0\n"
		"poll@A 19..22 - self=3 total=3 wait=3\n"
		"close 2 finished 14..17 requests=1 in=3 out=1\n");
}

static void test_marked(void)
{
	struct fdar_walk_stats stats;
	g_autofree char *told =
		tell_unit("A 0 begin:" SEVEN
			  ":p:7 1 io:READ:7:3 2 req:0:/one 3 io:WRITE:7:3 4 done:0:200 5 "
			  "io:READ:7:3 6 req:0:/two 7 io:WRITE:7:1 8 done:0:200 9 end:" SEVEN,
			  FDAR_UNIT_REQUEST, FALSE, &stats);

	g_assert_cmpuint(stats.exchanges, ==, 0);
	g_assert_cmpuint(stats.requests, ==, 2);
	g_assert_cmpuint(stats.stray_requests, ==, 0);
	g_assert_cmpstr(told, ==,
			"open 1 p at 1\n"
			"close 1 finished 1..4 '/one' in=3 out=3\n"
			"open 2 p at 6\n"
			"close 2 finished 6..8 '/two' in=0 out=1\n");
}

/* An event loop of a server that nobody rebuilt: what its thread does for a session is from the poll's end
 * on, as far as nobody else's read comes between. */
static void test_work(void)
{
	expect_work("A 0 io:OTHER:99:0 1 wait:POLL:poll 10 w 11 begin:" SEVEN ":p:7 12 "
		    "wait:POLL:poll 20 w 23 io:READ:7:5 50 io:WRITE:7:9 55 wait:POLL:poll 60 w 61 "
		    "io:READ:7:0 62 io:CLOSE:7:0 62 end:" SEVEN " 63 wait:POLL:poll 70 w",
		    "work@A 0..1 - self=1 total=1 wait=0\n"
		    "poll@A 1..10 - self=9 total=9 wait=9\n"
		    "work@A 10..11 s1 self=1 total=1 wait=0\n"
		    "work@A 11..12 s1 self=1 total=1 wait=0\n"
		    "poll@A 12..20 - self=8 total=8 wait=8\n"
		    "work@A 20..23 s1 self=3 total=3 wait=0\n"
		    "work@A 23..50 s1 self=27 total=27 wait=0\n"
		    "work@A 50..55 s1 self=5 total=5 wait=0\n"
		    "poll@A 55..60 - self=5 total=5 wait=5\n"
		    "work@A 60..61 s1 self=1 total=1 wait=0\n"
		    "work@A 61..62 s1 self=1 total=1 wait=0\n"
		    "work@A 62..62 s1 self=0 total=0 wait=0\n"
		    "work@A 62..63 - self=1 total=1 wait=0\n"
		    "poll@A 63..70 - self=7 total=7 wait=7\n"
		    "work@A 70..70 - self=0 total=0 wait=0 unfinished\n");
	/* Two in one round: each has what comes before its own last event, and after it until the
	 * other's. Nobody's is what no I/O follows. */
	expect_work("A 0 begin:" SEVEN ":p:7 0 begin:" EIGHT ":q:8 1 io:OTHER:99:0 2 "
		    "wait:POLL:poll 10 w 11 io:READ:7:5 20 io:READ:8:5 90 io:WRITE:8:1 91 "
		    "wait:POLL:poll 95 w 98 wait:POLL:poll 99 w",
		    "work@A 1..2 s2 self=1 total=1 wait=0\n"
		    "poll@A 2..10 - self=8 total=8 wait=8\n"
		    "work@A 10..11 s1 self=1 total=1 wait=0\n"
		    "work@A 11..20 s1 self=9 total=9 wait=0\n"
		    "work@A 20..90 s2 self=70 total=70 wait=0\n"
		    "work@A 90..91 s2 self=1 total=1 wait=0\n"
		    "poll@A 91..95 - self=4 total=4 wait=4\n"
		    "work@A 95..98 - self=3 total=3 wait=0\n"
		    "poll@A 98..99 - self=1 total=1 wait=1\n"
		    "work@A 99..99 - self=0 total=0 wait=0 unfinished\n");
	/* A blocking worker; what is written on its own descriptor is a wait of the session. */
	expect_work("B 0 wait:ACCEPT:accept 5 w 5 begin:" SEVEN
		    ":p:7 6 wait:IO:read:7 30 w 30 io:READ:7:4 80 wait:IO:write:7 85 w 85 "
		    "io:WRITE:7:4 86 io:CLOSE:7:0 86 end:" SEVEN " 90 wait:ACCEPT:accept 99 w",
		    "accept@B 0..5 - self=5 total=5 wait=5\n"
		    "read@B 6..30 s1 self=24 total=24 wait=24\n"
		    "work@B 30..80 s1 self=50 total=50 wait=0\n"
		    "write@B 80..85 s1 self=5 total=5 wait=5\n"
		    "work@B 85..85 s1 self=0 total=0 wait=0\n"
		    "work@B 85..86 s1 self=1 total=1 wait=0\n"
		    "work@B 86..86 s1 self=0 total=0 wait=0\n"
		    "work@B 86..90 - self=4 total=4 wait=0\n"
		    "accept@B 90..99 - self=9 total=9 wait=9\n"
		    "work@B 99..99 - self=0 total=0 wait=0 unfinished\n");
}

/* Nothing is inferred where functions are told, from the first on, or only marks tell of waits. */
static void test_no_work(void)
{
	expect_work("A 0 +main 1 begin:" SEVEN ":p:7 2 io:READ:7:5 9 io:WRITE:7:5 10 -main 11 "
		    "io:READ:7:5 20 wait:POLL:poll 22 w",
		    "main@A 0..10 s1 self=10 total=10 wait=0\n"
		    "poll@A 20..22 - self=2 total=2 wait=2\n");
	expect_work("A 0 begin:7:p 5 wait:POLL:poll 9 w 12 resume:7 15 wait:POLL:poll 18 w",
		    "poll@A 5..9 - self=4 total=4 wait=4\n"
		    "poll@A 15..18 - self=3 total=3 wait=3\n");
	/* Of another process, which tells of none, it is. */
	expect_work("A 0 +f 9 -f\n2A 0 io:READ:7:5 5 wait:POLL:poll 8 w 8 pend:0",
		    "work@A 0..5 - self=5 total=5 wait=0\n"
		    "poll@A 5..8 - self=3 total=3 wait=3\n"
		    "work@A 8..8 - self=0 total=0 wait=0\n"
		    "f@A 0..9 - self=9 total=9 wait=0\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/walk/woken-by-descriptor", test_woken_by_descriptor);
	g_test_add_func("/walk/answers-only", test_answers_only);
	g_test_add_func("/walk/accepted-by-another", test_accepted_by_another);
	g_test_add_func("/walk/closes-another", test_closes_another);
	g_test_add_func("/walk/exchanges", test_exchanges);
	g_test_add_func("/walk/exchanges-marked", test_marked);
	g_test_add_func("/walk/work", test_work);
	g_test_add_func("/walk/no-work", test_no_work);
	return g_test_run();
}
