/* Forks, and how processes end: whose frames and sessions they are then. */
#include "tests/unit/kit/walk_story.h"

/* Descriptor 7, for the first time: libflowdar-io's key. */
#define KEY "4294967303"

/* As proftpd does: one session, whichever of the two closes it first; the child's own frames are its,
 * what was open at the fork is the server's, and ends with the child. */
static void test_fork_per_connection(void)
{
	static const char parent[] =
		"A 0 +main 1 +loop 2 wait:ACCEPT:accept:3 10 w 11 begin:" KEY ":p:7 12 +handle "
		"13 fork:1 14 io:CLOSE:7:0 14 end:" KEY " 15 -handle 16 wait:ACCEPT:accept:3 60 w "
		"100 -loop 101 -main\n";
	static const char told[] = "accept@A 2..10 - self=8 total=8 wait=8\n"
				   "open 1 p at 11\n"
				   "handle@A 12..15 s1 self=3 total=3 wait=0\n"
				   "serve@A 21..40 s1 self=19 total=19 wait=0\n"
				   "handle@A 20..45 - self=6 total=6 wait=0 ended\n"
				   "loop@A 20..45 - self=0 total=6 wait=0 ended\n"
				   "main@A 20..45 - self=0 total=6 wait=0 ended\n"
				   "close 1 finished 11..41 in=10 out=5\n"
				   "accept@A 16..60 - self=44 total=44 wait=44\n"
				   "loop@A 1..100 - self=44 total=96 wait=52\n"
				   "main@A 0..101 - self=2 total=98 wait=52\n";
	g_autofree char *child_last =
		g_strconcat(parent,
			    "2A 20 proc:1:1 21 +serve 22 begin:" KEY
			    ":p:7 23 io:READ:7:10 30 io:WRITE:7:5 "
			    "40 -serve 41 io:CLOSE:7:0 41 end:" KEY " 45 pend:1",
			    NULL);

	expect_all(child_last, told);
}

/* The child was quicker with its work than with its word: it goes on, and what it had from its parent
 * is the server's from the fork on, no session's since the beginning of the parent. */
static void test_late_word(void)
{
	static const char script[] =
		"A 0 +main 10 wait:ACCEPT:accept:3 13 w 14 fork:1 90 wait:ACCEPT:accept:3 95 w 99 "
		"-main\n"
		"2A 21 +main 22 begin:9:p:7 23 io:READ:7:10 24 +serve 30 proc:1:1 40 -serve "
		"41 end:9 45 pend:1";
	g_autoptr(script_auto) read = script_new(script);
	struct story story = { .script = read, .text = g_string_new(NULL), .frames_only = TRUE };

	/* Its first entry has the time of its parent's. */
	for (guint i = 0; i < read->events->len; i++) {
		struct fdar_event *event = &g_array_index(read->events, struct fdar_event, i);

		if (event->pid == 2 && event->kind == FDAR_EVENT_FUNC_ENTRY && event->time_ns == 21)
			event->time_ns = 0;
	}
	g_autoptr(fdar_walk) walk = fdar_walk_new(&walk_story_visitor, &story);
	fdar_walk_feed(walk, (const struct fdar_event *)(gpointer)read->events->data,
		       read->events->len);
	fdar_walk_finish(walk);
	g_assert_nonnull(strstr(story.text->str, "serve@A 24..40 s1 self=16 total=16 wait=0\n"));
	g_assert_nonnull(strstr(story.text->str, "main@A 14..45 - "));
	g_string_free(story.text, TRUE);
}

/* A child that never has to do with the connection: it ended when the parent closed it. */
static void test_fork_unused(void)
{
	expect_all("A 0 +main 11 begin:" KEY ":p:7 12 io:READ:7:3 13 fork:1 14 end:" KEY
		   " 100 -main\n"
		   "2A 20 proc:1:1 21 +clean 40 -clean 45 pend:0",
		   "open 1 p at 11\n"
		   "clean@A 21..40 s1 self=19 total=19 wait=0\n"
		   "main@A 20..45 - self=6 total=6 wait=0 ended\n"
		   "main@A 0..100 s1 self=100 total=100 wait=0\n"
		   "close 1 finished 11..14 in=3 out=0\n");
	/* Nor one that never says a word. */
	expect_all("A 11 begin:" KEY ":p:7 12 io:READ:7:3 13 fork:1 14 end:" KEY " 50 begin:9:q",
		   "open 1 p at 11\n"
		   "open 2 q at 50\n"
		   "close 1 finished 11..14 in=3 out=0\n"
		   "close 2 unfinished 50..50\n");
	g_assert_cmpuint(stats_of("A 1 fork:1 2 fork:2\n2A 3 proc:1:2").forks, ==, 2);
	g_assert_cmpuint(stats_of("A 1 fork:1 2 fork:2\n2A 3 proc:1:2").born, ==, 1);
}

/* The parent still has it open, and a child of the child brings it. */
static void test_grandchild(void)
{
	expect_all("A 0 begin:" KEY ":p:7 1 fork:1 90 end:" KEY "\n"
		   "2A 10 proc:1:1 11 fork:2 20 pend:1\n"
		   "3A 15 proc:2:2 30 begin:" KEY ":p:7 31 +g 35 -g 40 end:" KEY " 41 pend:1",
		   "open 1 p at 0\n"
		   "g@A 31..35 s1 self=4 total=4 wait=0\n"
		   "close 1 finished 0..90\n");
	/* Another peer on a descriptor of the same number and generation is another session. */
	expect_all("A 0 begin:" KEY ":p:7 1 fork:1 5 end:" KEY "\n"
		   "2A 10 proc:1:1 30 begin:" KEY ":other:7 40 end:" KEY " 41 pend:1",
		   "open 1 p at 0\n"
		   "open 2 other at 30\n"
		   "close 2 finished 30..40\n"
		   "close 1 finished 0..5\n");
}

/* As dropbear and sshd do: the child becomes the program anew, and finds the connection on another descriptor,
 * in another life of the process or, where that is not known, in the same. */
static void test_exec(void)
{
	static const char parent[] = "A 0 begin:" KEY ":p:7 1 fork:1 5 end:" KEY "\n"
				     "2A 10 proc:1:1 11 +log 12 -log 13 pend:2 ";
	static const char told[] = "open 1 p at 0\n"
				   "log@A 11..12 s1 self=1 total=1 wait=0\n"
				   "serve@A 31..39 s1 self=8 total=8 wait=0\n"
				   "close 1 finished 0..40 in=9 out=0\n";
	static const char program[] = "30 begin:4294967296:p:0 30 io:READ:0:9 31 +serve 39 -serve "
				      "40 end:4294967296 41 pend:0";
	g_autofree char *another = g_strconcat(parent, "20 over:0:3\n3A 21 proc:1 ", program, NULL);
	g_autofree char *same = g_strconcat(parent, "21 proc:1 ", program, NULL);
	/* It accepts one from the same port, which is another connection. */
	g_autofree char *accepted =
		g_strconcat(parent, "21 proc:1 29 io:ACCEPT:3:0 ", program, NULL);

	expect_all(another, told);
	expect_all(same, told);
	g_assert_cmpuint(stats_of(accepted).sessions, ==, 2);
	/* Of two that cannot be told apart it is neither. */
	g_assert_cmpuint(stats_of("A 0 begin:" KEY ":u:7 1 begin:8589934600:u:8 2 fork:1\n"
				  "2A 10 proc:1:1 13 pend:2 21 proc:1 30 begin:4294967296:u:0")
				 .sessions,
			 ==, 3);
	/* One who accepts, and becomes another program; which never comes to it, and ends. */
	expect_all("A 0 begin:" KEY ":p:7 3 pend:2 9 proc:0 10 +f 11 -f 12 pend:0\n",
		   "open 1 p at 0\n"
		   "f@A 10..11 - self=1 total=1 wait=0\n"
		   "close 1 finished 0..3\n");
	/* What it calls its own has nothing to do with what it was. */
	g_assert_cmpuint(stats_of("A 0 begin:" KEY ":p:7 1 fork:1\n"
				  "2A 10 proc:1:1 13 pend:2 21 proc:1 30 begin:" KEY ":q:7")
				 .sessions,
			 ==, 2);
}

/* Clients of local sockets have all one address, which is none. */
static void test_exec_nameless(void)
{
	static const struct fdar_walk_visitor none = { 0 };

	for (int nameless = 0; nameless < 2; nameless++) {
		g_autoptr(script_auto) script = script_new(
			"A 0 begin:" KEY ":p:7 1 fork:1\n"
			"2A 10 proc:1:1 13 pend:2 21 proc:1 30 begin:4294967296:p:0 31 +f 32 -f");
		g_autoptr(fdar_walk) walk = fdar_walk_new(&none, NULL);
		struct fdar_walk_stats stats;

		for (guint i = 0; i < script->events->len; i++) {
			struct fdar_event *event =
				&g_array_index(script->events, struct fdar_event, i);

			if (nameless && event->kind == FDAR_EVENT_SESSION_BEGIN)
				event->session.peer = "unix:";
		}
		fdar_walk_feed(walk, script_events(script), script->events->len);
		fdar_walk_finish(walk);
		fdar_walk_get_stats(walk, &stats);
		g_assert_cmpuint(stats.sessions, ==, nameless ? 2 : 1);
	}
}

/* Marks in the parent, and none in the child but the end: the thread goes on with its session. */
static void test_marked(void)
{
	expect_all("A 0 begin:9:p 1 +handle 2 fork:1 3 -handle 4 wait:ACCEPT:accept:3\n"
		   "2A 10 proc:1:1 11 +work 20 -work 21 end:9 22 +log 23 -log 24 pend:0\n"
		   "A 50 w",
		   "open 1 p at 0\n"
		   "handle@A 1..3 s1 self=2 total=2 wait=0\n"
		   "work@A 11..20 s1 self=9 total=9 wait=0\n"
		   "log@A 22..23 - self=1 total=1 wait=0\n"
		   "handle@A 10..24 - self=4 total=5 wait=0 ended\n"
		   "close 1 finished 0..21\n"
		   "accept@A 4..50 - self=46 total=46 wait=46\n");
}

/* What a child's calls say of functions that were open when it was made is known already. */
static void test_heirlooms(void)
{
	static const char text[] =
		"A 0 +main 1 {scope 2 +loop 3 fork:1 9 -loop 10 }scope 11 -main\n"
		"2A 20 proc:1:1 20 +main 20 +loop 21 +other 22 -other 25 -loop 26 "
		"}scope 27 -main 28 +after 29 -after 30 pend:0";
	g_autoptr(script_auto) script = script_new(text);
	struct story story = { .script = script, .text = g_string_new(NULL) };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&walk_story_visitor, &story);
	struct fdar_walk_stats stats;

	/* They come after the process event, with their own times. */
	for (guint i = 0; i < script->events->len; i++) {
		struct fdar_event *event = &g_array_index(script->events, struct fdar_event, i);

		if (event->pid == 2 && event->time_ns == 20 && event->kind == FDAR_EVENT_FUNC_ENTRY)
			event->time_ns = 1;
	}
	fdar_walk_feed(walk, script_events(script), script->events->len);
	fdar_walk_finish(walk);
	fdar_walk_get_stats(walk, &stats);
	g_assert_cmpuint(stats.time_backwards, ==, 0);
	g_assert_cmpuint(stats.stray_exits, ==, 0);
	g_assert_cmpstr(story.text->str, ==,
			"loop@A 20..25 - self=4 total=4 wait=0\n"
			"scope@A 20..26 - self=1 total=5 wait=0\n"
			"main@A 20..27 - self=1 total=6 wait=0\n"
			"other@A 21..22 - self=1 total=1 wait=0\n"
			"after@A 28..29 - self=1 total=1 wait=0\n"
			"loop@A 2..9 - self=7 total=7 wait=0\n"
			"scope@A 1..10 - self=2 total=9 wait=0\n"
			"main@A 0..11 - self=2 total=11 wait=0\n");
	g_string_free(story.text, TRUE);
}

/* Its end closes what is open in all of its threads, and its connections. */
static void test_end(void)
{
	expect_all("A 0 begin:" KEY ":p:7 1 +f 5 pend:1\n"
		   "B 2 wait:COND:idle\n2A 0 +g 100 -g",
		   "open 1 p at 0\n"
		   "f@A 1..5 s1 self=4 total=4 wait=0 ended\n"
		   "idle@B 2..5 - self=3 total=3 wait=3 ended\n"
		   "close 1 finished 0..5\n"
		   "g@A 0..100 - self=100 total=100 wait=0\n");
	/* What is still said after it is closed when the last of it is said. */
	expect_all("A 0 +f 5 pend:0\nB 2 wait:COND:idle 6 w 7 +late\n2A 0 +g 100 -g",
		   "f@A 0..5 - self=5 total=5 wait=0 ended\n"
		   "idle@B 2..5 - self=3 total=3 wait=3 ended\n"
		   "late@B 7..7 - self=0 total=0 wait=0 ended\n"
		   "g@A 0..100 - self=100 total=100 wait=0\n");
	/* Another program takes the process over, which never says that it found the connection. */
	expect_all("A 0 begin:" KEY
		   ":p:7 1 +f 5 pend:2 6 proc:9:0 7 +h 8 io:READ:7:1 9 -h 10 end:" KEY
		   " 11 pend:0\n2A 0 +g 100 -g",
		   "open 1 p at 0\n"
		   "f@A 1..5 s1 self=4 total=4 wait=0 ended\n"
		   "h@A 7..9 - self=2 total=2 wait=0\n"
		   "close 1 finished 0..5\n"
		   "g@A 0..100 - self=100 total=100 wait=0\n");
	/* daemon(): the parent is no more. */
	expect_all(
		"A 0 +main 1 +daemon 2 fork:1\n2A 10 proc:1:1:gone 11 -daemon 12 -main 20 pend:0",
		"daemon@A 1..2 - self=1 total=1 wait=0 ended\n"
		"main@A 0..2 - self=1 total=2 wait=0 ended\n"
		"daemon@A 10..11 - self=1 total=1 wait=0\n"
		"main@A 10..12 - self=1 total=2 wait=0\n");
}

/* A number is used again, and the end of its first owner was not seen. */
static void test_number_again(void)
{
	expect_all("A 0 fork:1 20 fork:2\n2A 1 proc:1:1 2 +f 3 begin:" KEY ":p:7 5 +g\n"
		   "2A 30 proc:1:2 31 +f 35 -f 36 pend:0",
		   "open 1 p at 3\n"
		   "g@A 5..5 s1 self=0 total=0 wait=0 ended\n"
		   "f@A 2..5 s1 self=3 total=3 wait=0 ended\n"
		   "close 1 finished 3..5\n"
		   "f@A 31..35 - self=4 total=4 wait=0\n");
	/* Told again, as when another recorder comes. */
	expect_all("A 0 fork:1\n2A 1 proc:1:1 2 +f 3 proc:1:1 4 -f 5 pend:0",
		   "f@A 2..4 - self=2 total=2 wait=0\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/walk/fork-per-connection", test_fork_per_connection);
	g_test_add_func("/walk/late-word", test_late_word);
	g_test_add_func("/walk/fork-unused", test_fork_unused);
	g_test_add_func("/walk/grandchild", test_grandchild);
	g_test_add_func("/walk/fork-marked", test_marked);
	g_test_add_func("/walk/exec-per-connection", test_exec);
	g_test_add_func("/walk/exec-nameless", test_exec_nameless);
	g_test_add_func("/walk/heirlooms", test_heirlooms);
	g_test_add_func("/walk/process-end", test_end);
	g_test_add_func("/walk/number-again", test_number_again);
	return g_test_run();
}
