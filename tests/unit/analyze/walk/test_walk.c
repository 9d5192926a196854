/* The ownership rule, line by line, on scripted traces. */
#include "tests/unit/kit/walk_story.h"

static void test_nesting(void)
{
	expect_frames("A 0 +main 2 +f 5 +g 6 -g 9 -f 10 -main",
		      "g@A 5..6 - self=1 total=1 wait=0\n"
		      "f@A 2..9 - self=6 total=7 wait=0\n"
		      "main@A 0..10 - self=3 total=10 wait=0\n");
	/* Told at the end, when no session can adopt them any more, thread by thread. Threads do
	 * not mix, nor do equal thread ids of two processes. */
	expect_frames("A 0 +f 4 -f\nB 1 +f 3 -f\n2A 2 +f 9 -f",
		      "f@A 0..4 - self=4 total=4 wait=0\n"
		      "f@B 1..3 - self=2 total=2 wait=0\n"
		      "f@A 2..9 - self=7 total=7 wait=0\n");
	expect_frames("A 0 +f 1 {s 4 }s 6 -f", "s@A 1..4 - self=3 total=3 wait=0\n"
					       "f@A 0..6 - self=3 total=6 wait=0\n");
}

static void test_session_is_simple(void)
{
	expect_all("A 0 begin:7:10.0.0.1:80 1 +f 3 -f 5 end:7 6 +g 7 -g",
		   "open 1 10.0.0.1 at 0\n"
		   "f@A 1..3 s1 self=2 total=2 wait=0\n"
		   "close 1 finished 0..5\n"
		   "g@A 6..7 - self=1 total=1 wait=0\n");
}

static void test_waits_are_leaves(void)
{
	expect_frames("A 0 begin:1: 0 +f 1 +g 2 wait:IO:recv 8 w:5 9 -g 10 -f 11 end:1",
		      "recv@A 2..8 s1 self=6 total=6 wait=6\n"
		      "g@A 1..9 s1 self=2 total=8 wait=6\n"
		      "f@A 0..10 s1 self=2 total=10 wait=6\n");
	/* A wait inside a wait: the outer one has what is left. */
	expect_frames("A 0 +f 1 wait:OTHER:getaddrinfo 2 wait:IO:recv 5 w 7 w 8 -f",
		      "recv@A 2..5 - self=3 total=3 wait=3\n"
		      "getaddrinfo@A 1..7 - self=3 total=6 wait=6\n"
		      "f@A 0..8 - self=2 total=8 wait=6\n");
	/* Still open at the end: up to the end. */
	expect_frames("A 0 begin:1: 0 +f 3 wait:IO:recv\nB 9 other:x",
		      "recv@A 3..9 s1 self=6 total=6 wait=6 unfinished\n"
		      "f@A 0..9 s1 self=3 total=9 wait=6 unfinished\n");
}

/* Whoever is kept from running waits, in what is open and for whom that is. */
static void test_off_the_processor(void)
{
	expect_frames("A 0 begin:1: 0 +f 10 cpu:1:6 12 -f 13 end:1",
		      "processor@A 4..10 s1 self=6 total=6 wait=6\n"
		      "f@A 0..12 s1 self=6 total=12 wait=6\n");
	/* Since the last event at most. */
	expect_frames("A 0 +f 5 +g 6 -g 8 cpu:2:100 9 -f",
		      "g@A 5..6 - self=1 total=1 wait=0\n"
		      "blocked@A 6..8 - self=2 total=2 wait=2\n"
		      "f@A 0..9 - self=6 total=9 wait=2\n");
	/* A loop that asks for work by a call that nobody sees: not for who comes next. */
	expect_frames(
		"A 0 begin:1: 0 suspend:1 1 +loop 2 wait:POLL:w 3 w 9 cpu:2:5 10 +h 11 resume:1 "
		"12 -h 13 -loop",
		"w@A 2..3 - self=1 total=1 wait=1\n"
		"blocked@A 4..9 - self=5 total=5 wait=5\n"
		"h@A 10..12 s1 self=2 total=2 wait=0\n"
		"loop@A 1..13 - self=4 total=10 wait=6\n");
	/* In a wait that is told it is known; where nothing is open there is nobody to wait. */
	expect_frames("A 0 +f 1 wait:IO:recv 5 cpu:1:3 6 w 7 -f 9 cpu:1:2",
		      "recv@A 1..6 - self=5 total=5 wait=5\n"
		      "f@A 0..7 - self=2 total=7 wait=5\n");
}

/* Each wait that asks for any work suspends the session, and what is open is the server's. */
static void test_idle_wait(void)
{
	const char *kinds[] = { "POLL", "ACCEPT" };

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *text = g_strdup_printf(
			"A 0 +loop 1 begin:1: 2 +handle 4 -handle 5 +next 6 wait:%s:w 9 w 10 -next "
			"11 +f 12 resume:1 13 -f",
			kinds[i]);

		expect_frames(text, "handle@A 2..4 s1 self=2 total=2 wait=0\n"
				    "w@A 6..9 - self=3 total=3 wait=3\n"
				    "next@A 5..10 - self=2 total=5 wait=3\n"
				    "f@A 11..13 s1 self=2 total=2 wait=0\n"
				    "loop@A 0..13 - self=4 total=9 wait=3 unfinished\n");
	}
}

static void test_blocking_wait_in_handler(void)
{
	const char *kinds[] = { "IO", "COND", "LOCK", "SLEEP", "OTHER" };

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *text =
			g_strdup_printf("A 0 begin:1: 1 +f 2 wait:%s:w 5 w 6 +g 7 -g 8 -f",
					kinds[i]);

		expect_frames(text, "w@A 2..5 s1 self=3 total=3 wait=3\n"
				    "g@A 6..7 s1 self=1 total=1 wait=0\n"
				    "f@A 1..8 s1 self=3 total=7 wait=3\n");
	}
}

/* No frame of the session is open: a condition wait asks for work, other waits do not. */
static void test_blocking_wait_outside(void)
{
	expect_frames(
		"A 0 +worker 1 wait:COND:c 2 w 2 begin:1: 3 +f 4 -f 5 wait:COND:c 8 w 9 +g 10 -g",
		"c@A 1..2 - self=1 total=1 wait=1\n"
		"f@A 3..4 s1 self=1 total=1 wait=0\n"
		"c@A 5..8 - self=3 total=3 wait=3\n"
		"g@A 9..10 - self=1 total=1 wait=0\n"
		"worker@A 0..10 - self=4 total=9 wait=4 unfinished\n");
	expect_frames("A 0 begin:1: 1 wait:IO:recv 4 w 5 +g 6 -g",
		      "recv@A 1..4 s1 self=3 total=3 wait=3\n"
		      "g@A 5..6 s1 self=1 total=1 wait=0\n");
	/* A lock wait without a session is pending like any frame, and is adopted. */
	expect_frames("A 0 wait:LOCK:l 2 w 3 begin:1: 4 end:1",
		      "l@A 0..2 s1 self=2 total=2 wait=2\n");
}

/* Frames since the boundary are adopted, open or closed, in the order of their closing. */
static void test_adoption(void)
{
	expect_frames("A 0 +loop 1 wait:ACCEPT:accept 4 w 4 +setup 5 +parse 6 -parse 7 begin:1: "
		      "8 -setup 9 +work 10 -work 11 end:1 12 wait:ACCEPT:accept 15 w",
		      "accept@A 1..4 - self=3 total=3 wait=3\n"
		      "parse@A 5..6 s1 self=1 total=1 wait=0\n"
		      "setup@A 4..8 s1 self=3 total=4 wait=0\n"
		      "work@A 9..10 s1 self=1 total=1 wait=0\n"
		      "accept@A 12..15 - self=3 total=3 wait=3\n"
		      "loop@A 0..15 - self=4 total=10 wait=6 unfinished\n");
	/* Nobody came before the next boundary: the server's. */
	expect_frames(
		"A 0 wait:POLL:p 1 w 2 +timer 3 -timer 4 wait:POLL:p 5 w 6 +f 7 -f 8 begin:1:",
		"p@A 0..1 - self=1 total=1 wait=1\n"
		"timer@A 2..3 - self=1 total=1 wait=0\n"
		"p@A 4..5 - self=1 total=1 wait=1\n"
		"f@A 6..7 s1 self=1 total=1 wait=0\n");
	/* The end of a session is a boundary: what was before it is not adopted by the next. */
	expect_frames("A 0 begin:1: 1 +f 2 end:1 3 -f 4 +g 5 -g 6 begin:2:",
		      "f@A 1..3 s1 self=2 total=2 wait=0\n"
		      "g@A 4..5 s2 self=1 total=1 wait=0\n");
}

/* As a wait for work, without one: what comes after it is for who is next. */
static void test_boundary(void)
{
	expect_frames(
		"A 0 +loop 1 boundary: 2 +timer 3 -timer 4 boundary: 5 +read 6 -read 7 begin:1: "
		"8 +work 9 -work 10 boundary: 11 +next 12 -next 13 begin:2: 14 -loop",
		"timer@A 2..3 - self=1 total=1 wait=0\n"
		"read@A 5..6 s1 self=1 total=1 wait=0\n"
		"work@A 8..9 s1 self=1 total=1 wait=0\n"
		"next@A 11..12 s2 self=1 total=1 wait=0\n"
		"loop@A 0..14 - self=10 total=11 wait=0\n");
}

/* A key of the marks may be any number, also one that begins as those of datagrams do. */
static void test_high_keys(void)
{
	static const char *const keys[] = { "5", "0x8000000000000005", "0xffffffffffffffff" };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *script =
			g_strdup_printf("A 0 begin:%s::9 1 +f 2 wait:IO:recv:9 4 w 5 +g 6 -g 7 -f",
					keys[i]);

		expect_frames(script, "recv@A 2..4 s1 self=2 total=2 wait=2\n"
				      "g@A 5..6 s1 self=1 total=1 wait=0\n"
				      "f@A 1..7 s1 self=3 total=6 wait=2\n");
	}
}

/* A worker whose first work came without a wait: its loop is adopted, and given back. */
static void test_adopted_loop(void)
{
	const char *frames = "f@A 2..3 s1 self=1 total=1 wait=0\n"
			     "c@A 5..7 - self=2 total=2 wait=2\n"
			     "worker@A 0..9 - self=6 total=8 wait=2\n";

	expect_frames("A 0 +worker 1 begin:1: 2 +f 3 -f 4 end:1 5 wait:COND:c 7 w 9 -worker",
		      frames);
	/* Even when the session does not end. */
	expect_frames("A 0 +worker 1 begin:1: 2 +f 3 -f 5 wait:COND:c 7 w 9 -worker", frames);
	/* The next session shows it too. */
	expect_frames("A 0 +worker 1 begin:1: 2 +f 3 -f 4 end:1 5 begin:2: 6 +f 7 -f 9 -worker",
		      "f@A 2..3 s1 self=1 total=1 wait=0\n"
		      "f@A 6..7 s2 self=1 total=1 wait=0\n"
		      "worker@A 0..9 - self=7 total=7 wait=0\n");
	/* A handler that suspends its session and waits for a helper keeps its frame. */
	expect_frames("A 0 begin:1: 1 +f 2 suspend:1 3 wait:COND:c 5 w 6 resume:1 7 -f",
		      "c@A 3..5 - self=2 total=2 wait=2\n"
		      "f@A 1..7 s1 self=4 total=4 wait=0\n");
}

static void test_switch(void)
{
	expect_frames("A 0 begin:1: 1 +f 2 -f 3 +g 4 begin:2: 5 +h 6 -h 7 resume:1 8 +h 9 -h 10 -g",
		      "f@A 1..2 s1 self=1 total=1 wait=0\n"
		      "h@A 5..6 s2 self=1 total=1 wait=0\n"
		      "h@A 8..9 s1 self=1 total=1 wait=0\n"
		      "g@A 3..10 s1 self=5 total=6 wait=0\n");
	/* Suspending or resuming what is not open is noise. */
	struct fdar_walk_stats stats =
		stats_of("A 0 begin:1: 1 suspend:2 2 resume:3 3 end:4 4 end:1 5 end:1");
	g_assert_cmpuint(stats.stray_sessions, ==, 4);
	g_assert_cmpuint(stats.finished, ==, 1);
	/* Suspending another thread's session changes nothing. */
	expect_frames("A 0 begin:1: 4 +f 5 -f\nB 1 begin:2: 2 suspend:1",
		      "f@A 4..5 s1 self=1 total=1 wait=0\n");
}

static void test_key_reuse(void)
{
	expect_all("A 0 begin:1:x 1 +f 2 -f 3 end:1 4 begin:1:y 5 +f 6 begin:1:z 7 -f",
		   "open 1 x at 0\n"
		   "f@A 1..2 s1 self=1 total=1 wait=0\n"
		   "close 1 finished 0..3\n"
		   "open 2 y at 4\n"
		   "open 3 z at 6\n"
		   "f@A 5..7 s2 self=2 total=2 wait=0\n"
		   "close 2 replaced 4..6\n"
		   "close 3 unfinished 6..7\n");
	/* The same key in two processes: two sessions. */
	struct fdar_walk_stats stats = stats_of("A 0 begin:1:\n2A 1 begin:1: 2 end:1");
	g_assert_cmpuint(stats.sessions, ==, 2);
	g_assert_cmpuint(stats.replaced, ==, 0);
	g_assert_cmpuint(stats.unfinished_sessions, ==, 1);
	g_assert_cmpuint(stats.processes, ==, 2);
}

/* A session ends while a frame of it is open: it is closed when the frame is. */
static void test_late_close(void)
{
	expect_all("A 0 begin:1:x 1 +f 2 end:1 3 +g 4 -g 9 -f",
		   "open 1 x at 0\n"
		   "f@A 1..9 s1 self=7 total=7 wait=0\n"
		   "close 1 finished 0..2\n"
		   "g@A 3..4 - self=1 total=1 wait=0\n");
	/* Another thread works for it still: closed when that is through. */
	expect_all("A 0 begin:1:x 2 end:1\nB 1 resume:1 3 +f 4 -f 5 wait:POLL:p 6 w",
		   "open 1 x at 0\n"
		   "f@B 3..4 s1 self=1 total=1 wait=0\n"
		   "close 1 finished 0..2\n"
		   "p@B 5..6 - self=1 total=1 wait=1\n");
}

static void test_handoffs(void)
{
	/* The object is the session's key: it goes along. */
	expect_all(
		"A 0 wait:ACCEPT:a 1 w 1 begin:9:x 2 put:9:jobs 3 +log 4 -log 5 wait:ACCEPT:a 8 w\n"
		"B 0 +worker 0 wait:COND:c 6 w 6 +pop 7 take:9:jobs 7 -pop 8 +run 9 -run 10 end:9",
		"a@A 0..1 - self=1 total=1 wait=1\n"
		"open 1 x at 1\n"
		"log@A 3..4 - self=1 total=1 wait=0\n"
		"c@B 0..6 - self=6 total=6 wait=6\n"
		"handoff 9 jobs A>B 2..7 s1\n"
		"pop@B 6..7 s1 self=1 total=1 wait=0\n"
		"a@A 5..8 - self=3 total=3 wait=3\n"
		"run@B 8..9 s1 self=1 total=1 wait=0\n"
		"close 1 finished 1..10\n"
		"worker@B 0..10 - self=2 total=8 wait=6 unfinished\n");
	/* Another object: the giver's session, which goes on. Taking it makes nothing current. */
	expect_all("A 0 begin:1:x 1 put:5:q 3 +f 4 -f\nB 2 take:5:q 5 +g 6 -g",
		   "open 1 x at 0\n"
		   "handoff 5 q A>B 1..2 s1\n"
		   "f@A 3..4 s1 self=1 total=1 wait=0\n"
		   "g@B 5..6 - self=1 total=1 wait=0\n"
		   "close 1 unfinished 0..6\n");
	/* Never taken, put twice, taken without a put, another queue; the session long gone. */
	expect_all("A 0 put:1:q 1 put:1:q 2 take:2:q 3 take:1:other 4 begin:8:x 5 put:3:q 6 end:8 "
		   "7 take:3:q",
		   "handoff 1 q A>? 0..1 s0\n"
		   "handoff 2 q ?>A 0..2 s0\n"
		   "handoff 1 other ?>A 0..3 s0\n"
		   "open 1 x at 4\n"
		   "close 1 finished 4..6\n"
		   "handoff 3 q A>A 5..7 s0\n"
		   "handoff 1 q A>? 1..7 s0\n");
}

/* Who takes a session from a queue did not work for it before it was put there. */
static void test_taken_since(void)
{
	static const char giver[] = "A 4 begin:9:x 5 put:9:jobs\n";
	struct fdar_walk_stats stats;

	/* No wait was seen: what the worker was in is the server's, with all that is in it. */
	g_autofree char *open = g_strconcat(
		giver, "B 0 +worker 1 +pop 2 +cond 3 +lock 4 -lock 6 +wake 7 -wake 7 -cond 8 +log ",
		"9 -log 10 take:9:jobs 11 -pop 12 +run 13 -run 14 end:9 15 -worker", NULL);
	expect_frames(open, "handoff 9 jobs A>B 5..10 s1\n"
			    "lock@B 3..4 - self=1 total=1 wait=0\n"
			    "wake@B 6..7 - self=1 total=1 wait=0\n"
			    "cond@B 2..7 - self=3 total=5 wait=0\n"
			    "log@B 8..9 s1 self=1 total=1 wait=0\n"
			    "pop@B 1..11 - self=4 total=9 wait=0\n"
			    "run@B 12..13 s1 self=1 total=1 wait=0\n"
			    "worker@B 0..15 - self=4 total=13 wait=0\n");
	/* What it began since then is adopted as ever, open or closed, also inside of what it was in
	 * before. */
	g_autofree char *since =
		g_strconcat(giver,
			    "B 0 +worker 1 +pop 6 -pop 6 +parse 7 +head 8 -head 9 -parse 9 +run ",
			    "10 +get 11 -get 12 take:9:jobs 13 -run 14 end:9 15 -worker", NULL);
	expect_frames(since, "handoff 9 jobs A>B 5..12 s1\n"
			     "pop@B 1..6 - self=5 total=5 wait=0\n"
			     "head@B 7..8 s1 self=1 total=1 wait=0\n"
			     "parse@B 6..9 s1 self=2 total=3 wait=0\n"
			     "get@B 10..11 s1 self=1 total=1 wait=0\n"
			     "run@B 9..13 s1 self=3 total=4 wait=0\n"
			     "worker@B 0..15 - self=3 total=8 wait=0\n");
	/* Nothing is open around it. */
	g_autofree char *roots =
		g_strconcat(giver, "B 0 +f 1 -f 5 +g 6 -g 7 take:9:jobs 8 end:9", NULL);
	expect_frames(roots, "handoff 9 jobs A>B 5..7 s1\n"
			     "f@B 0..1 - self=1 total=1 wait=0\n"
			     "g@B 5..6 s1 self=1 total=1 wait=0\n");
	/* A put that was not seen: it was elsewhere when it began. */
	expect_frames("A 4 begin:9:x 4 suspend:9\nB 0 +worker 1 +pop 3 -pop 5 +log 6 -log 7 "
		      "take:9:jobs 8 +run 9 -run 10 end:9 11 -worker",
		      "handoff 9 jobs ?>B 0..7 s1\n"
		      "pop@B 1..3 - self=2 total=2 wait=0\n"
		      "log@B 5..6 s1 self=1 total=1 wait=0\n"
		      "run@B 8..9 s1 self=1 total=1 wait=0\n"
		      "worker@B 0..11 - self=7 total=9 wait=0\n");
	/* One's own put is no sign of having waited. */
	expect_frames("A 0 begin:9:x 1 suspend:9 2 +f 3 put:9:q 4 take:9:q 5 -f 6 end:9",
		      "handoff 9 q A>A 3..4 s1\n"
		      "f@A 2..5 s1 self=3 total=3 wait=0\n");
	/* Only until the next boundary, and no longer. */
	stats = stats_of("A 0 begin:1: 4 put:1:q\n"
			 "B 1 +f 2 -f 5 take:1:q 6 end:1 7 +f 8 -f 9 begin:2: 10 end:2");
	g_assert_cmpuint(stats.adopted, ==, 1);
	/* Where requests are told, nothing is adopted before there is one. */
	expect_unit("A 0 begin:9:x 4 put:9:q\n"
		    "B 1 +worker 2 +pop 5 take:9:q 6 -pop 7 +read 8 req:0:one 9 -read 10 "
		    "done:0:0 11 -worker",
		    FDAR_UNIT_REQUEST,
		    "handoff 9 q A>B 4..5 s0\n"
		    "open 1 x at 8\n"
		    "pop@B 2..6 - self=4 total=4 wait=0\n"
		    "read@B 7..9 s1 self=2 total=2 wait=0\n"
		    "close 1 finished 8..10 'one'\n"
		    "worker@B 1..11 - self=4 total=8 wait=0\n");
}

/* A thread that is in a wait when its events begin: its end is a boundary. */
static void test_wait_under_way(void)
{
	struct fdar_walk_stats stats;

	expect_frames("A 0 +worker 1 +pop 5 w 6 +log 7 -log 8 begin:1: 9 -pop 10 +f 11 -f 12 end:1 "
		      "13 -worker",
		      "log@A 6..7 s1 self=1 total=1 wait=0\n"
		      "pop@A 1..9 - self=7 total=7 wait=0\n"
		      "f@A 10..11 s1 self=1 total=1 wait=0\n"
		      "worker@A 0..13 - self=4 total=11 wait=0\n");
	/* The begin of a wait that never ended: what was before it is the server's too. */
	expect_frames("A 3 begin:9:x 4 put:9:q\n"
		      "B 0 +worker 1 +pop 2 wait:COND:c 5 take:9:q 6 w 7 -pop 8 +f 9 -f 10 -worker",
		      "handoff 9 q A>B 4..5 s1\n"
		      "c@B 2..6 - self=4 total=4 wait=4\n"
		      "pop@B 1..7 - self=2 total=6 wait=4\n"
		      "f@B 8..9 s1 self=1 total=1 wait=0\n"
		      "worker@B 0..10 - self=3 total=9 wait=4\n");
	/* A later end without a begin says nothing, nor one in the name of a session. */
	expect_frames("A 0 wait:LOCK:l 1 w 2 +f 3 w 4 -f 5 begin:1:",
		      "l@A 0..1 s1 self=1 total=1 wait=1\n"
		      "f@A 2..4 s1 self=2 total=2 wait=0\n");
	expect_frames("A 0 +f 1 begin:1: 2 w 3 -f", "f@A 0..3 s1 self=3 total=3 wait=0\n");
	/* The next thread of that number begins anew. */
	expect_frames("A 0 wait:LOCK:l 1 w 2 tend 3 +f 4 w 5 -f 6 begin:1:",
		      "l@A 0..1 - self=1 total=1 wait=1\n"
		      "f@A 3..5 - self=2 total=2 wait=0\n");
	stats = stats_of("A 0 +f 1 w 2 -f");
	g_assert_cmpuint(stats.stray_exits, ==, 1);
}

static void test_repair(void)
{
	expect_frames("A 0 +f 1 +g 2 +h 5 -f 6 +i 7 -g 8 -i",
		      "h@A 2..5 - self=3 total=3 wait=0 repaired\n"
		      "g@A 1..5 - self=1 total=4 wait=0 repaired\n"
		      "f@A 0..5 - self=1 total=5 wait=0\n"
		      "i@A 6..8 - self=2 total=2 wait=0\n");
	struct fdar_walk_stats stats =
		stats_of("A 0 +f 1 +g 2 +h 5 -f 6 +i 7 -g 8 -i 9 w 9 }s 9 -");
	g_assert_cmpuint(stats.repaired, ==, 2);
	g_assert_cmpuint(stats.stray_exits, ==, 4);
	/* Without an address: the innermost function, over scopes and waits. */
	expect_frames("A 0 +f 1 +g 2 {s 3 - 4 -", "s@A 2..3 - self=1 total=1 wait=0 repaired\n"
						  "g@A 1..3 - self=1 total=2 wait=0\n"
						  "f@A 0..4 - self=2 total=4 wait=0\n");
	expect_frames("A 0 {a 1 {b 2 }a", "b@A 1..2 - self=1 total=1 wait=0 repaired\n"
					  "a@A 0..2 - self=1 total=2 wait=0\n");
	/* A wait whose end was lost is closed by the function around it. */
	expect_frames("A 0 +f 1 wait:IO:recv 4 -f", "recv@A 1..4 - self=3 total=3 wait=3 repaired\n"
						    "f@A 0..4 - self=1 total=4 wait=3\n");
	/* The innermost activation is meant. */
	expect_frames("A 0 +f 1 +f 2 -f 4 -f", "f@A 1..2 - self=1 total=1 wait=0 recursive\n"
					       "f@A 0..4 - self=3 total=4 wait=0\n");
}

static void test_recursion(void)
{
	expect_frames("A 0 begin:1: 0 +f 1 +g 2 +f 3 +g 4 -g 5 -f 6 -g 8 -f",
		      "g@A 3..4 s1 self=1 total=1 wait=0 recursive\n"
		      "f@A 2..5 s1 self=2 total=3 wait=0 recursive\n"
		      "g@A 1..6 s1 self=2 total=5 wait=0\n"
		      "f@A 0..8 s1 self=3 total=8 wait=0\n");
	/* The server's activation further out does not make the session's one recursive. */
	expect_frames("A 0 +f 1 wait:POLL:p 2 w 2 begin:1: 3 +f 5 -f 6 end:1 7 -f",
		      "p@A 1..2 - self=1 total=1 wait=1\n"
		      "f@A 3..5 s1 self=2 total=2 wait=0\n"
		      "f@A 0..7 - self=4 total=5 wait=1\n");
}

static void test_unfinished(void)
{
	expect_all("A 0 begin:1:x 1 +f 2 +g\nB 3 +h 5 other:bye",
		   "open 1 x at 0\n"
		   "g@A 2..5 s1 self=3 total=3 wait=0 unfinished\n"
		   "f@A 1..5 s1 self=1 total=4 wait=0 unfinished\n"
		   "h@B 3..5 - self=2 total=2 wait=0 unfinished\n"
		   "close 1 unfinished 0..5\n");
}

static void test_notes(void)
{
	expect_all("A 0 note:k:v 1 begin:1:x 2 note:k:v 3 bytes:request:GET",
		   "note k=v (1) s0\n"
		   "open 1 x at 1\n"
		   "note k=v (1) s1\n"
		   "note request=GET (1003) s1\n"
		   "close 1 unfinished 1..3\n");
}

/* The server's total leaves out the sessions' time inside it, and takes in what was pending. */
static void test_totals(void)
{
	expect_frames(
		"A 0 +loop 1 wait:POLL:p 2 w 2 +pre 4 -pre 5 wait:POLL:p 6 w 6 begin:1: 7 +f 9 "
		"-f 10 end:1 11 +post 12 -post 13 wait:POLL:p 14 w 15 -loop",
		"p@A 1..2 - self=1 total=1 wait=1\n"
		"pre@A 2..4 - self=2 total=2 wait=0\n"
		"p@A 5..6 - self=1 total=1 wait=1\n"
		"f@A 7..9 s1 self=2 total=2 wait=0\n"
		"post@A 11..12 - self=1 total=1 wait=0\n"
		"p@A 13..14 - self=1 total=1 wait=1\n"
		"loop@A 0..15 - self=7 total=13 wait=3\n");
	/* A frame that turns out to be the server's: what it held of the session stays there. */
	expect_frames("A 0 begin:1: 1 +f 2 +g 4 -g 5 wait:POLL:p 7 w 8 -f",
		      "g@A 2..4 s1 self=2 total=2 wait=0\n"
		      "p@A 5..7 - self=2 total=2 wait=2\n"
		      "f@A 1..8 - self=3 total=5 wait=2\n");
}

static void path_text(const struct fdar_walk *walk, const struct script *script, uint32_t path,
		      GString *text)
{
	struct fdar_walk_path at = fdar_walk_path(walk, path);

	if (!path)
		return;
	path_text(walk, script, at.parent, text);
	g_string_append_printf(text, ">%s",
			       at.kind == FDAR_FRAME_FUNCTION ? script_function(script, at.addr)
							      : script_name(script, at.name));
}

struct paths {
	const struct script *script;
	const struct fdar_walk *walk;
	GString *text;
};

static void on_path(void *user, const struct fdar_walk_frame *frame)
{
	struct paths *paths = user;

	path_text(paths->walk, paths->script, frame->path, paths->text);
	g_string_append_c(paths->text, '\n');
}

static void test_paths(void)
{
	static const struct fdar_walk_visitor path_visitor = { .frame = on_path };
	g_autoptr(script_auto) script =
		script_new("A 0 +m 1 +f 2 +g 3 +f 4 +h 5 -h 6 -f 7 -g 8 -f 9 "
			   "+g 10 wait:IO:recv 11 w 12 -g 13 -m");
	struct paths paths = { .script = script, .text = g_string_new(NULL) };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&path_visitor, &paths);

	paths.walk = walk;
	fdar_walk_feed(walk, script_events(script), script->events->len);
	fdar_walk_finish(walk);
	g_assert_cmpstr(paths.text->str, ==,
			">m>f>h\n"
			">m>f\n"
			">m>f>g\n"
			">m>f\n"
			">m>g>recv\n"
			">m>g\n"
			">m\n");
	g_assert_cmpuint(fdar_walk_path(walk, 12345).parent, ==, 0);
	g_string_free(paths.text, TRUE);
}

static void test_bad_times_and_threads(void)
{
	struct script *script = script_new("A 5 +f 6 -f");
	struct fdar_walk_visitor none = { 0 };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&none, NULL);
	struct fdar_walk_stats stats;
	struct fdar_event events[2];

	memcpy(events, script_events(script), sizeof events);
	events[1].time_ns = 2; /* before its entry */
	events[0].tid = 0;
	events[1].tid = 0;
	fdar_walk_feed(walk, events, 2);
	events[0].kind = 200;
	fdar_walk_feed(walk, events, 1);
	fdar_walk_finish(walk);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.time_backwards, ==, 1);
	g_assert_cmpuint(stats.no_thread, ==, 2);
	g_assert_cmpuint(stats.other, ==, 1);
	g_assert_cmpuint(stats.events, ==, 3);
	g_assert_cmpuint(stats.frames, ==, 1);
	g_assert_cmpuint(stats.begin_ns, ==, 2);
	g_assert_cmpuint(stats.end_ns, ==, 5);
	script_free(script);
}

/* Hostile lengths: stacks that never end, frames that nobody owns, objects that nobody takes. */
static void test_bounds(void)
{
	struct fdar_walk_visitor none = { 0 };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&none, NULL);
	struct fdar_walk_stats stats;
	struct fdar_event event = { .kind = FDAR_EVENT_FUNC_ENTRY, .addr = 1, .pid = 1, .tid = 1 };

	for (uint32_t i = 0; i < FDAR_WALK_DEPTH_MAX + 10; i++)
		fdar_walk_feed(walk, &event, 1);
	event.kind = FDAR_EVENT_FUNC_EXIT;
	for (uint32_t i = 0; i < FDAR_WALK_DEPTH_MAX + 10; i++)
		fdar_walk_feed(walk, &event, 1);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.too_deep, ==, 10);
	g_assert_cmpuint(stats.stray_exits, ==, 0);
	g_assert_cmpuint(stats.pending_over, ==, 0);
	event.kind = FDAR_EVENT_SESSION_BEGIN;
	fdar_walk_feed(walk, &event, 1);
	event.kind = FDAR_EVENT_SESSION_END;
	fdar_walk_feed(walk, &event, 1);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.adopted, ==, FDAR_WALK_PENDING_MAX);
	g_assert_cmpuint(stats.pending_over, ==, FDAR_WALK_DEPTH_MAX - FDAR_WALK_PENDING_MAX);

	event.kind = FDAR_EVENT_HANDOFF_PUT;
	for (uint32_t i = 0; i < FDAR_WALK_PUTS_MAX + 10; i++) {
		event.addr = i;
		fdar_walk_feed(walk, &event, 1);
	}
	fdar_walk_finish(walk);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.puts_over, ==, 10);
	g_assert_cmpuint(stats.frames, ==, FDAR_WALK_DEPTH_MAX);
	g_assert_cmpuint(stats.unfinished, ==, 0);
}

/* A stack of many functions called at random from each other: paths stay few, exits that are not
 * open are found out at once. */
static void test_many_paths(void)
{
	struct fdar_walk_visitor none = { 0 };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&none, NULL);
	struct fdar_walk_stats stats;
	uint32_t state = 1;

	for (int i = 0; i < 400000; i++) {
		struct fdar_event event = { .time_ns = (uint64_t)i, .pid = 1, .tid = 1 };

		state = state * 1664525u + 1013904223u;
		event.kind = state >> 31 ? FDAR_EVENT_FUNC_ENTRY : FDAR_EVENT_FUNC_EXIT;
		event.addr = 1 + (state >> 16) % 5;
		fdar_walk_feed(walk, &event, 1);
	}
	fdar_walk_finish(walk);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.paths_over, ==, 0);
	/* Chains of distinct functions out of 5: 5 + 20 + 60 + 120 + 120. */
	g_assert_cmpuint(fdar_walk_path(walk, 325).parent, !=, 0);
	g_assert_cmpuint(fdar_walk_path(walk, 326).parent, ==, 0);
}

/* ---- events of libflowdar and libflowdar-io ---- */

static void test_skipped(void)
{
	struct fdar_walk_stats stats;

	/* In the innermost frame that is no wait; with none open, they are counted only. */
	expect_frames(
		"A 0 skip:9:9 1 +f 2 +g 4 skip:3:1 5 skip:2:1 6 -g 7 wait:IO:r 8 skip:1:0 9 w "
		"10 -f",
		"g@A 2..6 - self=4 total=4 wait=0 skipped=5/2\n"
		"r@A 7..9 - self=2 total=2 wait=2\n"
		"f@A 1..10 - self=3 total=9 wait=2 skipped=1/0\n");
	stats = stats_of("A 0 skip:9:9 1 +f 2 skip:1:5 3 lost:7 4 -f");
	g_assert_cmpuint(stats.skipped_calls, ==, 10);
	g_assert_cmpuint(stats.skipped_ns, ==, 14);
	g_assert_cmpuint(stats.lost, ==, 7);
}

static void test_unwound(void)
{
	struct fdar_walk_stats stats;

	expect_frames("A 0 +f 1 +g 2 {s 3 +h 5 unwound:2 6 -f 7 unwound:1",
		      "h@A 3..5 - self=2 total=2 wait=0 repaired\n"
		      "s@A 2..5 - self=1 total=3 wait=0 repaired\n"
		      "g@A 1..5 - self=1 total=4 wait=0 repaired\n"
		      "f@A 0..6 - self=2 total=6 wait=0\n");
	stats = stats_of("A 0 +f 1 +g 5 unwound:3 6 -f 7 unwound:18446744073709551615");
	g_assert_cmpuint(stats.unwound, ==, 2);
	g_assert_cmpuint(stats.stray_exits, ==, 3);
}

/* A worker gives a connection back to the poller, puts it under watch, and asks its queue for more. */
static void test_watch_is_no_work(void)
{
	expect_frames("A 0 +loop 1 begin:1:x:7 2 +serve 3 io:READ:7:5 4 put:1:pollset 5 +add 6 "
		      "io:WATCH:7:0 "
		      "7 -add 8 -serve 9 +pop 10 wait:COND:c 90 w 91 -pop 92 -loop",
		      "serve@A 2..8 s1 self=4 total=4 wait=0\n"
		      "add@A 5..7 - self=2 total=2 wait=0\n"
		      "c@A 10..90 - self=80 total=80 wait=80\n"
		      "pop@A 9..91 - self=2 total=82 wait=80\n"
		      "loop@A 0..92 - self=4 total=88 wait=80\n"
		      "handoff 1 pollset A>? 4..92 s1\n");
}

/* What is open ends with the thread; its number may come again. */
static void test_thread_end(void)
{
	expect_all("A 0 +main 1 begin:1:x 2 +f 3 wait:IO:r 5 tend 8 +f 9 -f\nB 20 +g 21 -g",
		   "open 1 x at 1\n"
		   "r@A 3..5 s1 self=2 total=2 wait=2 repaired\n"
		   "f@A 2..5 s1 self=1 total=3 wait=2 repaired\n"
		   "main@A 0..5 s1 self=2 total=5 wait=2 repaired\n"
		   "f@A 8..9 - self=1 total=1 wait=0\n"
		   "g@B 20..21 - self=1 total=1 wait=0\n"
		   "close 1 unfinished 1..21\n");
	/* As pthread_exit() ends them: nothing is amiss. */
	g_assert_cmpuint(stats_of("A 0 +main 2 +f 5 tend 8 +f 9 -f").unwound, ==, 2);
}

/* What is open ends with the process, whose number may come again: then it is another process. */
static void test_process_over(void)
{
	static const char story[] = "open 1 x at 1\n"
				    "f@A 2..5 s1 self=3 total=3 wait=0 unfinished\n"
				    "main@A 0..5 s1 self=2 total=5 wait=0 unfinished\n"
				    "close 1 unfinished 1..5\n"
				    "g@A 20..21 - self=1 total=1 wait=0\n";

	expect_all("A 0 +main 1 begin:1:x 2 +f 5 over:0\n2A 20 +g 21 -g", story);
	/* Perhaps: it depends on whether anything comes of it after that. */
	expect_frames("A 0 +main 2 +f 5 over:1\n2A 20 +g 21 -g",
		      "f@A 2..5 - self=3 total=3 wait=0 unfinished\n"
		      "main@A 0..5 - self=2 total=5 wait=0 unfinished\n"
		      "g@A 20..21 - self=1 total=1 wait=0\n");
	/* Seen to be killed: then all that was open has ended, as if it had said so; who hangs is another. */
	expect_frames("A 0 +main 2 +f\n2A 3 +g\nA 15 over:2\n2A 20 +h 21 -h",
		      "f@A 2..15 - self=13 total=13 wait=0 ended\n"
		      "main@A 0..15 - self=2 total=15 wait=0 ended\n"
		      "h@A 20..21 - self=1 total=1 wait=0\n"
		      "g@A 3..21 - self=17 total=18 wait=0 unfinished\n");
	expect_frames("A 0 +main 2 +f 5 over:1 6 -f\n2A 20 +g 21 -g",
		      "f@A 2..6 - self=4 total=4 wait=0\n"
		      "main@A 0..21 - self=17 total=21 wait=0 unfinished\n"
		      "g@A 20..21 - self=1 total=1 wait=0\n");
}

static void count_calls(void *user, struct fdar_walk_session *session)
{
	uint64_t *calls = user;

	calls[0] += session->reads;
	calls[1] += session->writes;
}

/* Each call that is told, also those that failed. */
static void test_io_calls(void)
{
	static const struct fdar_walk_visitor visitor = { .session_closed = count_calls };
	g_autoptr(script_auto) script = script_new(
		"A 0 begin:1:x:5 1 io:READ:5:100 2 io:READ:5:-11 3 io:READ:5:0 4 io:WRITE:5:30 "
		"5 io:WRITE:77:1 6 end:1");
	uint64_t calls[2] = { 0 };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&visitor, calls);

	fdar_walk_feed(walk, script_events(script), script->events->len);
	fdar_walk_finish(walk);
	g_assert_cmpuint(calls[0], ==, 3);
	g_assert_cmpuint(calls[1], ==, 1);
}

/* I/O on a session's descriptor makes it current, reads and writes are counted there. */
static void test_io(void)
{
	/* Keys of libflowdar-io: descriptor | generation << 32. */
	expect_all("A 0 begin:4294967301:x:5 1 wait:POLL:p\n"
		   "B 2 +serve 3 io:READ:5:100 4 +f 5 -f 6 io:WRITE:5:30 7 io:READ:5:-11 8 -serve "
		   "9 io:READ:77:5 12 end:4294967301 13 +g 14 -g",
		   "open 1 x at 0\n"
		   "f@B 4..5 s1 self=1 total=1 wait=0\n"
		   "serve@B 2..8 s1 self=5 total=6 wait=0\n"
		   "close 1 finished 0..12 in=100 out=30\n"
		   "p@A 1..14 - self=13 total=13 wait=13 unfinished\n"
		   "g@B 13..14 - self=1 total=1 wait=0\n");
	/* Another session's descriptor is a switch; a wait on it is its wait; a duplicate is it too. */
	expect_frames(
		"A 0 begin:4294967301::5 1 begin:4294967302::6 2 +f 3 io:READ:5:1 4 +g 5 -g "
		"6 wait:IO:r:6 7 w 8 io:DUP:5:9 9 +h 10 -h 11 wait:IO:r:6 12 w 13 io:READ:9:1 "
		"14 +k 15 -k 16 -f",
		"g@A 4..5 s1 self=1 total=1 wait=0\n"
		"r@A 6..7 s2 self=1 total=1 wait=1\n"
		"h@A 9..10 s1 self=1 total=1 wait=0\n"
		"r@A 11..12 s2 self=1 total=1 wait=1\n"
		"k@A 14..15 s1 self=1 total=1 wait=0\n"
		"f@A 2..16 s2 self=9 total=11 wait=2\n");
	/* What the header says is not changed by I/O for somebody else, but counted. */
	expect_all(
		"A 0 begin:1:x:5 1 begin:2:y:6 2 resume:1 3 io:WRITE:6:8 4 +f 5 -f 6 end:1 7 end:2",
		"open 1 x at 0\n"
		"open 2 y at 1\n"
		"f@A 4..5 s1 self=1 total=1 wait=0\n"
		"close 1 finished 0..6\n"
		"close 2 finished 1..7 in=0 out=8\n");
}

/* The header and libflowdar-io tell of the same connection. */
static void test_alias(void)
{
	struct fdar_walk_stats stats;

	expect_all("A 0 begin:4294967301:x:5 1 begin:77:y:5 2 suspend:77 3 resume:77 4 +f 5 -f 6 "
		   "end:77 "
		   "7 end:4294967301",
		   "open 1 x at 0\n"
		   "f@A 4..5 s1 self=1 total=1 wait=0\n"
		   "close 1 finished 0..6\n");
	stats = stats_of(
		"A 0 begin:77:y:5 1 begin:4294967301:x:5 2 end:4294967301 3 end:77 4 end:77");
	g_assert_cmpuint(stats.sessions, ==, 1);
	g_assert_cmpuint(stats.aliases, ==, 1);
	g_assert_cmpuint(stats.finished, ==, 1);
	g_assert_cmpuint(stats.stray_sessions, ==, 1);
	/* The descriptor was opened again, unseen: the old session is over. */
	stats = stats_of("A 0 begin:4294967301::5 1 begin:8589934597::5 2 end:8589934597");
	g_assert_cmpuint(stats.sessions, ==, 2);
	g_assert_cmpuint(stats.replaced, ==, 1);
	/* Two keys of the header on one descriptor (datagrams) are two sessions. */
	expect_all("A 0 begin:1:x:5 1 begin:2:y:5 2 io:READ:5:3 3 resume:1 4 io:READ:5:4 5 end:1 6 "
		   "end:2",
		   "open 1 x at 0\n"
		   "open 2 y at 1\n"
		   "close 1 finished 0..5 in=4 out=0\n"
		   "close 2 finished 1..6 in=3 out=0\n");
	/* Where datagrams of many come, who waits waits for anybody: not for the last one, and not in the
	 * name of the next. */
	expect_all("A 0 +serve 1 begin:-9223372032559808505:x:7 2 io:READ:7:3 3 +work 4 -work "
		   "5 end:-9223372032559808505 6 wait:IO:recvfrom:7 16 w "
		   "17 begin:-9223372028264841209:y:7 18 +work 20 -work 21 wait:IO:recvfrom:7 "
		   "31 w 32 begin:-9223372023969873913:z:7 33 +work 35 -work "
		   "36 end:-9223372023969873913 37 -serve",
		   "open 1 x at 1\n"
		   "work@A 3..4 s1 self=1 total=1 wait=0\n"
		   "close 1 finished 1..5 in=3 out=0\n"
		   "recvfrom@A 6..16 - self=10 total=10 wait=10\n"
		   "open 2 y at 17\n"
		   "work@A 18..20 s2 self=2 total=2 wait=0\n"
		   "recvfrom@A 21..31 - self=10 total=10 wait=10\n"
		   "open 3 z at 32\n"
		   "work@A 33..35 s3 self=2 total=2 wait=0\n"
		   "close 3 finished 32..36\n"
		   "serve@A 0..37 - self=12 total=32 wait=20\n"
		   "close 2 unfinished 17..37\n");
	/* Nor where that is not known yet: the first wait of a thread is for anybody, too. */
	expect_all(
		"A 0 +main 1 +serve 2 wait:IO:recvfrom:7 12 w 13 begin:-9223372032559808505:x:7 "
		"14 io:READ:7:3 15 +work 17 -work 18 -serve 19 end:-9223372032559808505 20 -main",
		"open 1 x at 13\n"
		"recvfrom@A 2..12 - self=10 total=10 wait=10\n"
		"work@A 15..17 s1 self=2 total=2 wait=0\n"
		"serve@A 1..18 - self=5 total=15 wait=10\n"
		"close 1 finished 13..19 in=3 out=0\n"
		"main@A 0..20 - self=3 total=18 wait=10\n");
	/* A second key cannot be taken twice. */
	stats = stats_of("A 0 begin:4294967301::5 1 begin:77::5 2 begin:78::5 3 end:77 4 end:78");
	g_assert_cmpuint(stats.sessions, ==, 2);
	g_assert_cmpuint(stats.finished, ==, 2);
}

/* Marks that do not say the descriptor: once, all the same. */
static void test_alias_without_descriptor(void)
{
	struct fdar_walk_stats stats;

	expect_all("A 0 begin:4294967301:10.0.0.1,80:5 1 begin:77:10.0.0.1,80 2 +f 3 -f 4 end:77 5 "
		   "io:CLOSE:5:0 5 end:4294967301",
		   "open 1 10.0.0.1,80 at 0\n"
		   "f@A 2..3 s1 self=1 total=1 wait=0\n"
		   "close 1 finished 0..4\n");
	/* The client is not said either; a worker that has read from it knows him. */
	stats = stats_of("A 0 begin:4294967301:x:5 1 begin:77: 2 end:77 3 end:4294967301");
	g_assert_cmpuint(stats.sessions, ==, 1);
	g_assert_cmpuint(stats.io_sessions, ==, 0);
	g_assert_cmpuint(stats.stray_sessions, ==, 0);
	stats = stats_of("A 0 begin:4294967301:x:5\nB 1 io:READ:5:3 2 begin:77:x 3 end:77");
	g_assert_cmpuint(stats.sessions, ==, 1);
	g_assert_cmpuint(stats.io_sessions, ==, 0);
	/* Another client, a connection that another thread may have, one with a mark, or none: two. */
	stats = stats_of("A 0 begin:4294967301:x:5 1 begin:77:y");
	g_assert_cmpuint(stats.sessions, ==, 2);
	g_assert_cmpuint(stats.io_sessions, ==, 1);
	g_assert_cmpuint(stats_of("A 0 begin:4294967301:x:5\nB 1 io:READ:5:3 2 begin:77:").sessions,
			 ==, 2);
	g_assert_cmpuint(stats_of("A 0 begin:4294967301:x:5 1 begin:77:x 2 suspend:77 3 begin:78:x")
				 .sessions,
			 ==, 2);
	g_assert_cmpuint(
		stats_of("A 0 begin:4294967301:x:5 1 wait:POLL:p 2 w 3 begin:77:x").sessions, ==,
		2);
}

static void test_requests(void)
{
	static const char two[] =
		"A 0 begin:1:x:5 1 +read 2 req:0:one 3 +f 4 -f 5 -read 6 done:0:200 "
		"7 +idle 8 -idle 9 req:1:two 10 io:READ:5:9 11 +f 15 end:1 16 -f";

	expect_unit(two, FDAR_UNIT_SESSION,
		    "open 1 x at 0\n"
		    "f@A 3..4 s1 self=1 total=1 wait=0\n"
		    "read@A 1..5 s1 self=3 total=4 wait=0\n"
		    "idle@A 7..8 s1 self=1 total=1 wait=0\n"
		    "f@A 11..16 s1 self=5 total=5 wait=0\n"
		    "close 1 finished 0..15 requests=2 in=9 out=0\n");
	/* Requests as units: what was read before the request was known is its own. */
	expect_unit(two, FDAR_UNIT_REQUEST,
		    "open 1 x at 2\n"
		    "f@A 3..4 s1 self=1 total=1 wait=0\n"
		    "read@A 1..5 s1 self=3 total=4 wait=0\n"
		    "close 1 finished 2..6 'one'\n"
		    "open 2 x at 9\n"
		    "idle@A 7..8 s2 self=1 total=1 wait=0\n"
		    "f@A 11..16 s2 self=5 total=5 wait=0\n"
		    "close 2 finished 9..15 'two' in=9 out=0\n");
	/* One that begins in another ends it; without a session there is none. */
	expect_unit(
		"A 0 req:0:no 1 begin:1:x 2 req:0:one 3 req:0:two 4 done:0:0 5 done:0:0 6 req:9:no",
		FDAR_UNIT_REQUEST,
		"open 1 x at 2\n"
		"close 1 replaced 2..3 'one'\n"
		"open 2 x at 3\n"
		"close 2 finished 3..4 'two'\n");
	/* Another thread ended it: this one is through with it when it waits for the next. */
	expect_unit(
		"A 0 begin:1:x:5 1 req:0:one 2 +f 3 -f 5 wait:IO:recv:5 9 w 10 +g 11 -g 12 end:1\n"
		"B 4 done:1:200",
		FDAR_UNIT_REQUEST,
		"open 1 x at 1\n"
		"f@A 2..3 s1 self=1 total=1 wait=0\n"
		"close 1 finished 1..4 'one'\n"
		"recv@A 5..9 - self=4 total=4 wait=4\n"
		"g@A 10..11 - self=1 total=1 wait=0\n");
	/* Waiting for the next one is nobody's; waiting in one is its own. */
	expect_unit("A 0 begin:1:x:5 1 +read 2 wait:IO:recv:5 9 w 10 +head 11 -head 12 req:0:one "
		    "13 -read "
		    "14 wait:IO:send:5 19 w 20 done:0:0 21 end:1",
		    FDAR_UNIT_REQUEST,
		    "recv@A 2..9 - self=7 total=7 wait=7\n"
		    "open 1 x at 12\n"
		    "head@A 10..11 s1 self=1 total=1 wait=0\n"
		    "read@A 1..13 - self=4 total=11 wait=7\n"
		    "send@A 14..19 s1 self=5 total=5 wait=5\n"
		    "close 1 finished 12..20 'one'\n");
	/* Another thread answers. */
	expect_unit("A 0 begin:1:x 1 req:0:one 2 put:1:q\n"
		    "B 3 take:1:q 4 +f 5 -f 6 done:0:0 7 +g 8 -g 9 wait:COND:c",
		    FDAR_UNIT_REQUEST,
		    "open 1 x at 1\n"
		    "handoff 1 q A>B 2..3 s1\n"
		    "f@B 4..5 s1 self=1 total=1 wait=0\n"
		    "close 1 finished 1..6 'one'\n"
		    "g@B 7..8 - self=1 total=1 wait=0\n"
		    "c@B 9..9 - self=0 total=0 wait=0 unfinished\n");
}

/* Anything at all: nothing breaks, and own times still add up (checked by tell and here). */
static void add_random_thread(GRand *rand, char letter, GString *text)
{
	static const char *const words[] = { "+f",
					     "+g",
					     "-f",
					     "-g",
					     "-",
					     "{s",
					     "}s",
					     "w",
					     "wait:IO:r",
					     "wait:POLL:p",
					     "wait:COND:c",
					     "begin:1:",
					     "begin:2:",
					     "resume:1",
					     "suspend:1",
					     "end:1",
					     "end:2",
					     "put:1:q",
					     "take:1:q",
					     "take:9:q",
					     "wait:LOCK:l",
					     "put:9:q",
					     "skip:2:5",
					     "unwound:1",
					     "unwound:3",
					     "lost:1",
					     "begin:3::5",
					     "begin:4::5",
					     "begin:4294967301::5",
					     "end:3",
					     "end:4",
					     "end:4294967301",
					     "io:READ:5:10",
					     "io:WRITE:5:3",
					     "io:DUP:5:6",
					     "io:READ:6:1",
					     "wait:IO:recv:5",
					     "req:0:x",
					     "req:3:y",
					     "done:0:1",
					     "done:3:0",
					     "tend",
					     "off:f",
					     "on:f" };
	uint64_t now = 0;

	g_string_append_c(text, letter);
	for (int i = 0; i < 200; i++) {
		now += (uint64_t)g_rand_int_range(rand, 0, 4);
		g_string_append_printf(text, " %" G_GUINT64_FORMAT " %s", now,
				       words[g_rand_int_range(rand, 0, G_N_ELEMENTS(words))]);
	}
	g_string_append_c(text, '\n');
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *sorted_lines(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	qsort(lines, g_strv_length(lines), sizeof(*lines), by_text);
	return g_strjoinv("\n", lines);
}

/* Function events that come late tell the same, if in another order. */
static void test_late_events(void)
{
	for (uint32_t seed = 0; seed < 300; seed++) {
		GRand *rand = g_rand_new_with_seed(seed);
		g_autoptr(GString) text = g_string_new(NULL);
		struct fdar_walk_stats stats, late_stats;

		add_random_thread(rand, 'A', text);
		add_random_thread(rand, 'B', text);
		add_random_thread(rand, 'C', text);
		for (enum fdar_unit unit = FDAR_UNIT_SESSION; unit <= FDAR_UNIT_REQUEST; unit++) {
			g_autofree char *told = tell_unit(text->str, unit, FALSE, &stats);
			g_autofree char *late = tell_unit(text->str, unit, TRUE, &late_stats);
			g_autofree char *told_lines = sorted_lines(told);
			g_autofree char *late_lines = sorted_lines(late);

			g_assert_cmpstr(late_lines, ==, told_lines);
			g_assert_cmpint(memcmp(&late_stats, &stats, sizeof(stats)), ==, 0);
			g_assert_cmpuint(stats.time_backwards, ==, 0);
			g_assert_cmpuint(stats.finished + stats.unfinished_sessions +
						 stats.replaced,
					 ==, stats.sessions);
		}
		g_rand_free(rand);
	}
}

static void test_random(void)
{
	for (uint32_t seed = 0; seed < 300; seed++) {
		GRand *rand = g_rand_new_with_seed(seed);
		g_autoptr(GString) text = g_string_new(NULL);
		struct fdar_walk_stats stats;

		add_random_thread(rand, 'A', text);
		add_random_thread(rand, 'B', text);
		add_random_thread(rand, 'C', text);
		g_autofree char *told = tell(text->str, 64, FALSE, &stats);
		g_autofree char *again = tell(text->str, 1, FALSE, NULL);
		g_assert_cmpstr(told, ==, again);
		g_assert_cmpuint(stats.finished + stats.unfinished_sessions + stats.replaced, ==,
				 stats.sessions);
		g_rand_free(rand);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/walk/nesting", test_nesting);
	g_test_add_func("/walk/session", test_session_is_simple);
	g_test_add_func("/walk/waits", test_waits_are_leaves);
	g_test_add_func("/walk/idle-wait", test_idle_wait);
	g_test_add_func("/walk/blocking-wait-in-handler", test_blocking_wait_in_handler);
	g_test_add_func("/walk/blocking-wait-outside", test_blocking_wait_outside);
	g_test_add_func("/walk/adoption", test_adoption);
	g_test_add_func("/walk/boundary", test_boundary);
	g_test_add_func("/walk/high-keys", test_high_keys);
	g_test_add_func("/walk/adopted-loop", test_adopted_loop);
	g_test_add_func("/walk/switch", test_switch);
	g_test_add_func("/walk/key-reuse", test_key_reuse);
	g_test_add_func("/walk/late-close", test_late_close);
	g_test_add_func("/walk/handoffs", test_handoffs);
	g_test_add_func("/walk/taken-since", test_taken_since);
	g_test_add_func("/walk/wait-under-way", test_wait_under_way);
	g_test_add_func("/walk/repair", test_repair);
	g_test_add_func("/walk/recursion", test_recursion);
	g_test_add_func("/walk/unfinished", test_unfinished);
	g_test_add_func("/walk/notes", test_notes);
	g_test_add_func("/walk/totals", test_totals);
	g_test_add_func("/walk/paths", test_paths);
	g_test_add_func("/walk/bad-times", test_bad_times_and_threads);
	g_test_add_func("/walk/bounds", test_bounds);
	g_test_add_func("/walk/many-paths", test_many_paths);
	g_test_add_func("/walk/skipped", test_skipped);
	g_test_add_func("/walk/unwound", test_unwound);
	g_test_add_func("/walk/watch-is-no-work", test_watch_is_no_work);
	g_test_add_func("/walk/thread-end", test_thread_end);
	g_test_add_func("/walk/process-over", test_process_over);
	g_test_add_func("/walk/io", test_io);
	g_test_add_func("/walk/io-calls", test_io_calls);
	g_test_add_func("/walk/alias", test_alias);
	g_test_add_func("/walk/alias-without-descriptor", test_alias_without_descriptor);
	g_test_add_func("/walk/off-the-processor", test_off_the_processor);
	g_test_add_func("/walk/requests", test_requests);
	g_test_add_func("/walk/late-events", test_late_events);
	g_test_add_func("/walk/random", test_random);
	return g_test_run();
}
