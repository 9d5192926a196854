/* Stories: what one session did, folded, on scripted traces. Names are those of scopes. */
#include <glib.h>
#include <string.h>

#include "analyze/story/story_build.h"
#include "analyze/story/story_pick.h"
#include "analyze/story/story_tell.h"
#include "analyze/story/story_tree.h"
#include "tests/unit/kit/event_script.h"

static struct fdar_story_tree *tree_of(const char *text, uint64_t session, const char *focus)
{
	g_autoptr(script_auto) script = script_new(text);
	struct fdar_story_source source = {
		.text = script_name, .texts = script, .session = session, .focus = focus
	};
	g_autoptr(fdar_story_builder) builder = fdar_story_builder_new(&source);

	fdar_walk_feed(fdar_story_builder_walk(builder), script_events(script),
		       script->events->len);
	return fdar_story_builder_finish(builder);
}

static void append_step(GString *text, const struct fdar_story *story,
			const struct fdar_story_step *step)
{
	static const char *const kinds[] = { "", "~", "loop", ">", "idle", "#" };

	g_string_append_printf(text, "%*s%s%s %" G_GUINT64_FORMAT, (int)step->depth * 2, "",
			       kinds[step->kind], step->name, step->duration_ns);
	if (step->count != 1)
		g_string_append_printf(text, " x%" G_GUINT64_FORMAT, step->count);
	if (step->recursion_depth) {
		g_string_append_printf(text, " recursive %" G_GUINT64_FORMAT "/%u",
				       step->recursive_calls, step->recursion_depth);
	}
	if (step->hidden_calls)
		g_string_append_printf(text, " hidden %" G_GUINT64_FORMAT, step->hidden_calls);
	if (step->text[0])
		g_string_append_printf(text, " (%s)", step->text);
	if (step->unfinished)
		g_string_append(text, " open");
	if (step->kind == FDAR_STORY_HANDOFF) {
		g_string_append_printf(text, " %s->%s",
				       step->lane == FDAR_STORY_NONE
					       ? "?"
					       : story->lanes[step->lane].thread,
				       step->lane_to == FDAR_STORY_NONE
					       ? "?"
					       : story->lanes[step->lane_to].thread);
	}
	g_string_append_c(text, '\n');
}

static gboolean is_folded(const struct fdar_story *story, uint32_t i)
{
	for (; i != FDAR_STORY_NONE; i = story->steps[i].parent)
		if (story->steps[i].count > 1 || story->steps[i].recursive_calls)
			return TRUE;
	return FALSE;
}

/* Two threads at the same time: what the one does is not torn apart by what the other does. */
static gboolean is_of_another(const struct fdar_story *story, uint32_t before, uint32_t step)
{
	if (story->steps[before].lane == FDAR_STORY_NONE ||
	    story->steps[step].lane == FDAR_STORY_NONE)
		return TRUE;
	return story->lanes[story->steps[before].lane].thread_index !=
	       story->lanes[story->steps[step].lane].thread_index;
}

/* Down the picture times never go back, whatever the thread, but from what is in a fold to what is after it, or from
 * a thread to one that worked meanwhile, and that says so; steps of a parent are in order in any case. */
static void check_times(const struct fdar_story *story)
{
	uint32_t before = FDAR_STORY_NONE;
	g_autofree uint32_t *sibling = g_new(uint32_t, story->step_count + 1);

	memset(sibling, 0xff, sizeof(uint32_t) * (story->step_count + 1));
	for (uint32_t i = 0; i < story->step_count; i++) {
		const struct fdar_story_step *step = &story->steps[i];
		uint32_t *beside = &sibling[step->parent == FDAR_STORY_NONE ? story->step_count
									    : step->parent];

		if (*beside != FDAR_STORY_NONE && !step->elided && !story->steps[*beside].elided)
			g_assert_cmpuint(story->steps[*beside].start_ns, <=, step->start_ns);
		*beside = i;
		if (step->kind == FDAR_STORY_HANDOFF) {
			g_assert_cmpint(step->back, ==,
					before != FDAR_STORY_NONE &&
						story->steps[before].start_ns > step->start_ns);
			continue;
		}
		if (before == FDAR_STORY_NONE || story->steps[before].start_ns <= step->start_ns) {
			g_assert_false(step->back);
			before = i;
		} else {
			g_assert_true(step->back);
			g_assert_true(step->elided || story->steps[before].elided ||
				      is_folded(story, before) || is_of_another(story, before, i));
		}
	}
}

/* Steps are a tree in preorder, lanes exist, and every call is shown or counted as hidden. */
static void check_story(const struct fdar_story *story)
{
	uint64_t calls = story->hidden_calls;
	uint64_t hidden = 0;

	check_times(story);
	for (uint32_t i = 0; i < story->step_count; i++) {
		const struct fdar_story_step *step = &story->steps[i];
		gboolean frame = step->kind == FDAR_STORY_CALL || step->kind == FDAR_STORY_WAIT;

		g_assert_cmpuint(step->end, >, i);
		g_assert_cmpuint(step->end, <=, story->step_count);
		if (step->parent == FDAR_STORY_NONE) {
			g_assert_cmpuint(step->depth, ==, 0);
		} else {
			g_assert_cmpuint(step->parent, <, i);
			g_assert_cmpuint(step->end, <=, story->steps[step->parent].end);
			g_assert_cmpuint(step->depth, ==, story->steps[step->parent].depth + 1);
		}
		if (frame) {
			g_assert_cmpuint(step->lane, <, story->lane_count);
			g_assert_cmpuint(step->min_ns, <=, step->median_ns);
			g_assert_cmpuint(step->median_ns, <=, step->max_ns);
			g_assert_cmpuint(step->wait_ns, <=, step->duration_ns);
			calls += step->count + step->recursive_calls;
		}
		hidden += step->hidden_calls;
	}
	g_assert_cmpuint(calls, ==, story->calls);
	g_assert_cmpuint(hidden, <=, story->hidden_calls);
}

static char *story_text(const struct fdar_story *story)
{
	GString *text = g_string_new(NULL);

	check_story(story);
	for (uint32_t i = 0; i < story->step_count; i++)
		append_step(text, story, &story->steps[i]);
	return g_string_free(text, FALSE);
}

static struct fdar_story_set *tell_one(const char *script, const char *focus, uint32_t max_steps)
{
	g_autoptr(fdar_story_tree) tree = tree_of(script, 1, focus);
	struct fdar_story_options options = { .max_steps = max_steps };

	g_assert_nonnull(tree);
	return fdar_story_tell(&tree, 1, &options);
}

static void assert_story(const char *script, const char *expected)
{
	g_autoptr(fdar_story_set) set = tell_one(script, NULL, 1000);
	g_autofree char *text = story_text(set->stories[0]);

	g_assert_cmpstr(text, ==, expected);
}

static void test_order(void)
{
	assert_story("A 0 begin:7:peer 10 {a 20 {b 30 }b 40 {c 50 }c 60 }a 70 {d 80 }d 90 end:7",
		     "a 50\n"
		     "  b 10\n"
		     "  c 10\n"
		     "d 10\n");
}

static void test_repeats(void)
{
	assert_story("A 0 begin:7:peer 10 {a 11 {b 12 }b 20 }a 30 {a 31 {b 33 }b 35 {c 36 }c 40 }a "
		     "50 {a 60 }a 90 end:7",
		     "a 30 x3\n"
		     "  b 3 x2\n"
		     "  c 1\n");
}

static void test_loops(void)
{
	assert_story("A 0 begin:7:p 1 {r 2 {a 3 }a 4 {b 5 }b 6 {a 7 }a 8 {b 9 }b 10 {a 11 }a 12 {b "
		     "13 }b 14 {c 15 }c 16 }r 20 end:7",
		     "r 15\n"
		     "  loop 6 x3\n"
		     "    a 3 x3\n"
		     "    b 3 x3\n"
		     "  c 1\n");
	/* counts within an iteration may differ; loops are found around repeats */
	assert_story("A 0 begin:7:p 1 {a 2 }a 3 {a 4 }a 5 {b 6 }b 7 {a 8 }a 9 {b 10 }b 20 end:7",
		     "loop 5 x2\n"
		     "  a 3 x3\n"
		     "  b 2 x2\n");
}

static void test_nested_loops(void)
{
	GString *script = g_string_new("A 0 begin:7:p ");
	guint now = 1;

	for (guint outer = 0; outer < 4; outer++) {
		g_string_append_printf(script, "%u {open %u }open ", now, now + 1);
		now += 2;
		for (guint inner = 0; inner < 3 + outer; inner++) {
			g_string_append_printf(script, "%u {read %u }read %u {write %u }write ",
					       now, now + 1, now + 2, now + 3);
			now += 4;
		}
		g_string_append_printf(script, "%u {close %u }close ", now, now + 1);
		now += 2;
	}
	g_string_append_printf(script, "%u end:7", now);
	assert_story(script->str, "loop 44 x4\n"
				  "  open 4 x4\n"
				  "  loop 36 x18\n"
				  "    read 18 x18\n"
				  "    write 18 x18\n"
				  "  close 4 x4\n");
	g_string_free(script, TRUE);
}

/* while (a()) b(): the last iteration is not a whole one. */
static void test_last_iteration(void)
{
	assert_story(
		"A 0 begin:7:p 1 {m 2 {a 3 }a 4 {b 5 }b 6 {a 7 }a 8 {b 9 }b 10 {a 11 }a 12 }m 13 "
		"end:7",
		"m 11\n"
		"  loop 5 x2\n"
		"    a 3 x3\n"
		"    b 2 x2\n");
	/* one that never returned is seen for itself */
	assert_story(
		"A 0 begin:7:p 1 {m 2 {a 3 }a 4 {b 5 }b 6 {a 7 }a 8 {b 9 }b 10 {a 1000 {x 1001 }x",
		"m 1000 open\n"
		"  loop 4 x2\n"
		"    a 2 x2\n"
		"    b 2 x2\n"
		"  a 991 open\n"
		"    x 1\n");
}

static void test_recursion(void)
{
	/* direct, and what is called at every level */
	assert_story(
		"A 0 begin:7:p 1 {f 2 {x 3 }x 4 {f 5 {x 6 }x 7 {f 8 {x 9 }x 10 }f 11 }f 12 }f 20 "
		"end:7",
		"f 11 recursive 2/2\n"
		"  x 3 x3\n");
	/* f calls g calls f calls g calls f */
	assert_story(
		"A 0 begin:7:p 1 {f 2 {g 3 {f 4 {g 5 {f 6 {x 7 }x 8 }f 9 }g 10 }f 11 }g 12 }f 20 "
		"end:7",
		"f 11 recursive 2/2\n"
		"  g 9 recursive 1/1\n"
		"  x 1\n");
	/* twice below itself, not in each other */
	assert_story("A 0 begin:7:p 1 {f 2 {f 3 }f 4 {y 5 }y 6 {f 7 }f 8 }f 20 end:7",
		     "f 7 recursive 2/1\n"
		     "  y 1\n");
}

static void test_server_frames(void)
{
	/* the loop is the server's: the handlers in it are the session's, side by side */
	assert_story("A 0 {loop 1 wait:POLL:epoll_wait 5 w 6 begin:7:p 7 {h 8 {i 9 }i 10 }h 11 "
		     "suspend:7 "
		     "12 wait:POLL:epoll_wait 13 w 14 resume:7 15 {h 20 }h 21 end:7 30 }loop",
		     "h 8 x2\n"
		     "  i 1\n");
}

static void test_idle(void)
{
	assert_story(
		"A 0 {loop 1 wait:POLL:w 5 w 6 begin:7:p 7 {h 8 }h 9 suspend:7 10 wait:POLL:w "
		"500000 w 500001 resume:7 500002 {h 500010 }h 500011 suspend:7 500012 wait:POLL:w "
		"900000 w 900001 resume:7 900005 {h 900010 }h 900011 end:7",
		"loop 900003 x2\n"
		"  h 14 x3\n"
		"  idle 899989 x2\n");
}

static void test_own_time_is_not_idle(void)
{
	assert_story("A 0 begin:7:p 10 {a 20 {b 30 }b 500000 {b 500010 }b 500020 }a 500030 end:7",
		     "a 500010\n"
		     "  b 20 x2\n");
}

static void test_handoff(void)
{
	static const char *const script =
		"A 0 name:listener 1 wait:ACCEPT:accept 2 w 3 {accept 4 }accept 5 "
		"begin:0x99:p 6 {push 7 put:0x99:queue 8 }push\n"
		"B 0 name:worker 1 {loop 2 wait:COND:pop 20 w 21 take:0x99:queue 22 "
		"{serve 23 wait:IO:recv 30 w 40 }serve 41 end:0x99";
	g_autoptr(fdar_story_set) set = tell_one(script, NULL, 100);
	const struct fdar_story *story = set->stories[0];
	g_autofree char *text = story_text(story);

	g_assert_cmpstr(text, ==,
			"accept 1\n"
			"push 2\n"
			">queue 14 listener->worker\n"
			"serve 18\n"
			"  ~recv 7\n");
	g_assert_cmpuint(story->lane_count, ==, 3);
	g_assert_cmpstr(story->lanes[0].thread, ==, "listener");
	g_assert_cmpstr(story->lanes[1].thread, ==, "worker");
	g_assert_cmpstr(story->lanes[2].component, ==, "libc");
	g_assert_cmpuint(story->lanes[1].thread_index, ==, story->lanes[2].thread_index);
	g_assert_cmpuint(story->steps[2].object, ==, 0x99);
	g_assert_cmpuint(story->steps[3].wait_ns, ==, 7);
	g_assert_cmpint(story->state, ==, FDAR_STORY_FINISHED);
	g_assert_cmpstr(story->peer, ==, "p");
}

/* Notes stand where they were made, between the calls; equal ones in a loop are folded with it. */
static void test_notes(void)
{
	assert_story("A 0 begin:7:p 1 note:who:me 2 {a 3 {b 4 }b 5 note:uri:/x 6 {c 7 note:in:c 8 "
		     "}c 9 }a 10 "
		     "bytes:request:GET\x01/\rHost 11 end:7",
		     "#who 0 (me)\n"
		     "a 7\n"
		     "  b 1\n"
		     "  #uri 0 (/x)\n"
		     "  c 2\n"
		     "    #in 0 (c)\n"
		     "#request 0 (1010 bytes, GET./)\n");
	assert_story("A 0 begin:7:p 1 {a 2 note:n:1 3 }a 4 {b 5 }b 6 {a 7 note:n:2 8 }a 9 {b 10 }b "
		     "11 end:7",
		     "loop 6 x2\n"
		     "  a 4 x2\n"
		     "    #n 0 x2 (1)\n"
		     "  b 2 x2\n");
}

/* Notes are shown whatever is left out, in the frame of what they are repeated with: it may have begun
 * before, and end after, what other threads did. */
static void test_notes_in_a_loop(void)
{
	g_autoptr(fdar_story_set) set =
		tell_one("A 0 begin:7:p 1 {a 2 note:n:1 3 }a 4 {b 5 }b 6 {a 7 note:n:2 8 }a 9 {b "
			 "10 }b 11 {c 12 }c 90 end:7",
			 "c", 1);
	g_autofree char *text = story_text(set->stories[0]);

	g_assert_cmpstr(text, ==,
			"loop 6 x2 hidden 4\n"
			"  #n 0 x2 (1)\n"
			"c 1\n");
}

static void test_requests(void)
{
	assert_story("A 0 begin:7:p 1 {a 3 req:0:/x 4 }a 5 {a 7 req:7:/y 8 }a 11 end:7",
		     "a 6 x2\n"
		     "  #request 0 x2 (/x)\n");
}

/* Calls that were too short are hidden ones: calls and times still add up. */
static void test_skipped(void)
{
	g_autoptr(fdar_story_set) set =
		tell_one("A 0 begin:7:p 1 {a 2 skip:5:3 4 {b 5 skip:1:1 6 }b 9 }a 11 end:7", NULL,
			 100);
	g_autofree char *text = story_text(set->stories[0]);

	g_assert_cmpstr(text, ==, "a 8 hidden 5\n  b 2 hidden 1\n");
	g_assert_cmpuint(set->stories[0]->calls, ==, 8);
	g_assert_cmpuint(set->stories[0]->hidden_calls, ==, 6);
	g_assert_cmpuint(set->stories[0]->steps[0].self_ns, ==, 3);
	g_assert_cmpuint(set->stories[0]->hidden_ns, ==, 4);
}

/* Function events that come late, as calls events bring them, tell the same story. */
static void test_late_events(void)
{
	static const char script[] =
		"A 0 +accept 1 begin:7:p 2 +hello 5 -hello 6 put:7:q 9 -accept 10 +accept 90 "
		"-accept\n"
		"B 1 +work 7 take:7:q 8 +read 9 wait:IO:recv 20 w 21 -read 22 note:n:1 23 +run 24 "
		"+f "
		"25 -f 26 +f 27 -f 30 +g 31 skip:3:1 50 -g 51 -run 55 +write 60 -write 61 end:7 80 "
		"-work\n"
		"C 2 +idle 40 resume:7 41 +f 45 -f 46 suspend:7 70 -idle";
	g_autoptr(script_auto) late = script_new(script);
	struct fdar_story_source source = { .text = script_name, .texts = late, .session = 1 };
	g_autoptr(fdar_story_builder) builder = fdar_story_builder_new(&source);
	struct fdar_story_options options = { .max_steps = 1000 };
	g_autoptr(fdar_story_tree) tree = NULL;
	g_autoptr(fdar_story_set) expected = tell_one(script, NULL, 1000), set = NULL;
	g_autofree char *text = NULL, *expected_text = NULL;

	script_delay(late);
	fdar_walk_feed(fdar_story_builder_walk(builder), script_events(late), late->events->len);
	tree = fdar_story_builder_finish(builder);
	set = fdar_story_tell(&tree, 1, &options);
	text = story_text(set->stories[0]);
	expected_text = story_text(expected->stories[0]);
	g_assert_cmpstr(text, ==, expected_text);
	g_assert_nonnull(strstr(text, "hidden 3"));
	g_assert_cmpuint(set->stories[0]->calls, ==, expected->stories[0]->calls);
	g_assert_cmpuint(set->stories[0]->duration_ns, ==, expected->stories[0]->duration_ns);
}

static void test_never_taken(void)
{
	assert_story("A 1 begin:0x99:p 2 {push 3 put:0x99:queue 4 }push\nB 1 {idle 90 }idle",
		     "push 2\n"
		     ">queue 87 open thread 65->?\n");
}

static void test_unfinished(void)
{
	g_autoptr(fdar_story_set) set = tell_one("A 0 begin:7:p 1 {a 2 {b 3 wait:IO:recv 10 w 11 "
						 "wait:IO:recv\nB 300000 {z 300001 }z",
						 NULL, 100);
	g_autofree char *text = story_text(set->stories[0]);

	g_assert_cmpstr(text, ==,
			"a 300000 open\n"
			"  b 299999 open\n"
			"    ~recv 7\n"
			"    ~recv 299990 open\n");
	g_assert_cmpint(set->stories[0]->state, ==, FDAR_STORY_UNFINISHED);
	g_assert_cmpuint(set->stories[0]->duration_ns, ==, 300001);
}

static void test_other_sessions(void)
{
	g_autoptr(fdar_story_tree) tree =
		tree_of("A 0 begin:7:p 1 {a 2 }a 3 end:7 4 begin:7:q 5 {b 6 }b 7 end:7", 2, NULL);
	struct fdar_story_options options = { 0 };
	g_autoptr(fdar_story_set) set = fdar_story_tell(&tree, 1, &options);
	g_autofree char *text = story_text(set->stories[0]);

	g_assert_cmpstr(text, ==, "b 1\n");
	g_assert_cmpstr(set->stories[0]->peer, ==, "q");
	g_assert_null(tree_of("A 0 begin:7:p 1 end:7", 2, NULL));
}

/* Of a loop none of whose calls is shown, nothing is. */
static void test_empty_loop(void)
{
	g_autoptr(fdar_story_set) set =
		tell_one("A 0 begin:7:p 1 {m 2 {a 3 }a 4 {b 5 }b 6 {a 7 }a 8 "
			 "{b 9 }b 10 {c 90 }c 91 }m 95 end:7",
			 NULL, 3);
	g_autofree char *text = story_text(set->stories[0]);

	g_assert_cmpstr(text, ==,
			"m 90 hidden 4\n"
			"  c 80\n");
}

/* A library that is called by one and calls another stands between them, on both sides alike. */
static void test_lane_order(void)
{
	static const char *const base =
		"A 0 begin:7:p 1 +main 2 +low 3 -low 4 +high 5 +low 6 -low 7 -high 8 "
		"+high 9 +low 10 -low 11 -high 12 -main 20 end:7";
	g_autoptr(fdar_story_tree) tree = NULL;
	g_autoptr(script_auto) script = script_new(base);
	struct fdar_story_source source = { .text = script_name, .texts = script, .session = 1 };
	struct fdar_story_options options = { 0 };
	const uint64_t bases[] = { script_address(script, "main"), script_address(script, "low"),
				   script_address(script, "high") };
	static const char *const paths[] = { "/bin/main", "/lib/low.so", "/lib/high.so" };

	source.symbols = fdar_symbols_new(NULL);
	for (int i = 0; i < 3; i++)
		fdar_symbols_add_module(source.symbols, 1, bases[i], SCRIPT_ADDRESS, paths[i], "");
	{
		g_autoptr(fdar_story_builder) builder = fdar_story_builder_new(&source);

		fdar_walk_feed(fdar_story_builder_walk(builder), script_events(script),
			       script->events->len);
		tree = fdar_story_builder_finish(builder);
	}
	fdar_symbols_free(source.symbols);
	g_autoptr(fdar_story_set) set = fdar_story_tell(&tree, 1, &options);
	g_assert_cmpuint(set->stories[0]->lane_count, ==, 3);
	g_assert_cmpstr(set->stories[0]->lanes[0].component, ==, "main");
	g_assert_cmpstr(set->stories[0]->lanes[1].component, ==, "high");
	g_assert_cmpstr(set->stories[0]->lanes[2].component, ==, "low");
}

#define BUSY                                                                                      \
	"A 0 begin:7:p 1 {main 2 {big 100 }big 101 {mid 102 {tiny 103 }tiny 150 }mid 151 {small " \
	"152 "                                                                                    \
	"{guilty 153 }guilty 154 }small 160 }main 170 end:7"

static void test_budget(void)
{
	g_autoptr(fdar_story_set) set = tell_one(BUSY, NULL, 3);
	g_autofree char *text = story_text(set->stories[0]);
	g_autoptr(fdar_story_set) focused = tell_one(BUSY, "guilty", 3);
	g_autofree char *focused_text = story_text(focused->stories[0]);

	g_assert_cmpstr(text, ==,
			"main 159 hidden 2\n"
			"  big 98\n"
			"  mid 49 hidden 1\n");
	g_assert_cmpstr(set->focus, ==, "big");
	g_assert_cmpstr(focused_text, ==,
			"main 159 hidden 3\n"
			"  small 3\n"
			"    guilty 1\n");
	g_assert_true(focused->stories[0]->steps[2].is_focus);
	g_assert_true(focused->stories[0]->steps[1].focus);
	g_assert_false(focused->stories[0]->steps[1].is_focus);
}

static void test_thresholds(void)
{
	g_autoptr(fdar_story_tree) tree = tree_of(BUSY, 1, NULL);
	struct fdar_story_options options = { .hide_below_ns = 40 };
	g_autoptr(fdar_story_set) below = fdar_story_tell(&tree, 1, &options);
	g_autofree char *below_text = story_text(below->stories[0]);

	g_assert_cmpstr(below_text, ==,
			"main 159 hidden 2\n"
			"  big 98\n"
			"  mid 49 hidden 1\n");
	options = (struct fdar_story_options){ .min_share = 0.5 };
	g_autoptr(fdar_story_set) share = fdar_story_tell(&tree, 1, &options);
	g_autofree char *share_text = story_text(share->stories[0]);
	g_assert_cmpstr(share_text, ==,
			"main 159 hidden 4\n"
			"  big 98\n");
	options = (struct fdar_story_options){ .max_depth = 2 };
	g_autoptr(fdar_story_set) depth = fdar_story_tell(&tree, 1, &options);
	g_assert_cmpuint(depth->stories[0]->step_count, ==, 4);
}

static char *pair_text(const struct fdar_story_set *set)
{
	GString *text = g_string_new(NULL);

	for (uint32_t r = 0; r < set->row_count; r++) {
		for (unsigned s = 0; s < 2; s++) {
			uint32_t step = set->rows[r].step[s];
			const struct fdar_story *story = set->stories[s];

			g_string_append(text, s ? " | " : "");
			g_string_append(text, step == FDAR_STORY_NONE ? "-"
					      : story->steps[step].kind == FDAR_STORY_LOOP
						      ? "loop"
						      : story->steps[step].name);
		}
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

static char *align(const char *base, const char *subject)
{
	g_autoptr(fdar_story_tree) a = tree_of(base, 1, NULL);
	g_autoptr(fdar_story_tree) b = tree_of(subject, 1, NULL);
	struct fdar_story_tree *trees[2] = { a, b };
	struct fdar_story_options options = { 0 };
	g_autoptr(fdar_story_set) set = fdar_story_tell(trees, 2, &options);

	check_story(set->stories[0]);
	check_story(set->stories[1]);
	return pair_text(set);
}

static void test_pair(void)
{
	g_autofree char *text =
		align("A 0 begin:7:p 1 {m 2 {a 3 }a 4 {b 5 }b 6 {c 7 }c 8 }m 9 end:7",
		      "Z 0 begin:8:q 1 {m 2 {a 3 }a 4 {x 5 {y 6 }y 7 }x 8 {c 9 }c 10 }m 11 "
		      "{n 12 }n 13 end:8");

	g_assert_cmpstr(text, ==,
			"m | m\n"
			"a | a\n"
			"b | -\n"
			"- | x\n"
			"- | y\n"
			"c | c\n"
			"- | n\n");
}

static void test_pair_of_once_and_often(void)
{
	g_autofree char *text =
		align("A 0 begin:7:p 1 {r 2 }r 3 {w 4 }w 5 end:7",
		      "A 0 begin:7:p 1 {r 2 }r 3 {w 4 }w 5 {r 6 }r 7 {w 8 }w 9 end:7");

	g_assert_cmpstr(text, ==,
			"- | loop\n"
			"r | r\n"
			"w | w\n");
}

/* What the other side says of the steps of align(): "name word" a step. */
static void assert_beside(const char *base, const char *subject, const char *expected)
{
	static const char *const words[] = { "", " alone", " moved", " again", " split" };
	struct fdar_story_tree *trees[] = { tree_of(base, 1, NULL), tree_of(subject, 1, NULL) };
	struct fdar_story_options options = { .max_steps = 1000 };
	g_autoptr(fdar_story_set) set = fdar_story_tell(trees, 2, &options);
	GString *text = g_string_new(NULL);

	for (unsigned s = 0; s < 2; s++) {
		g_string_append(text, s ? " | " : "");
		for (uint32_t i = 0; i < set->stories[s]->step_count; i++) {
			const struct fdar_story_step *step = &set->stories[s]->steps[i];

			g_string_append_printf(text, "%s%s%s", i ? ", " : "",
					       step->kind == FDAR_STORY_IDLE   ? "idle"
					       : step->kind == FDAR_STORY_LOOP ? "loop"
									       : step->name,
					       words[step->beside]);
			if (step->beside == FDAR_STORY_MOVED) {
				const struct fdar_story *other = set->stories[!s];

				g_assert_cmpuint(step->moved, <, other->step_count);
				g_assert_cmpstr(other->steps[step->moved].name, ==, step->name);
			}
		}
		fdar_story_tree_free(trees[s]);
	}
	g_assert_cmpstr(text->str, ==, expected);
	g_string_free(text, TRUE);
}

static void test_beside(void)
{
	/* the other way round */
	assert_beside("A 0 begin:7:p 1 {a 2 {x 3 }x 4 }a 5 {b 6 }b 7 {c 8 }c 9 end:7",
		      "A 0 begin:7:p 1 {b 2 }b 3 {c 4 }c 5 {a 6 {x 7 }x 8 }a 9 end:7",
		      "a moved, x moved, b, c | b, c, a moved, x moved");
	/* an idle row stands elsewhere: no call pays for it */
	assert_beside(
		"A 0 begin:7:p 1 {a 2 }a 400000 {b 400001 }b 400002 {c 400003 }c 400004 end:7",
		"A 0 begin:7:p 1 {a 2 }a 3 {b 4 }b 400000 {c 400001 }c 400002 end:7",
		"a, idle, b, c | a, b, idle, c");
	/* as often, in more rows */
	assert_beside(
		"A 0 begin:7:p 1 {a 2 }a 3 {a 4 }a 5 {b 6 }b 7 end:7",
		"A 0 begin:7:p 1 {a 2 }a 400000 {a 400001 }a 400002 {b 400003 }b 400004 end:7",
		"a, b | a, idle, a split, b");
	/* once more than in the baseline, and what the baseline never did */
	assert_beside("A 0 begin:7:p 1 {a 2 }a 3 {b 4 }b 5 end:7",
		      "A 0 begin:7:p 1 {a 2 }a 3 {b 4 }b 5 {a 6 }a 7 {n 8 }n 9 end:7",
		      "a, b | a, b, a again, n alone");
	/* the same function from another caller is another call */
	assert_beside("A 0 begin:7:p 1 {a 2 {x 3 }x 4 }a 5 {b 6 }b 7 end:7",
		      "A 0 begin:7:p 1 {a 2 }a 5 {b 6 {x 7 }x 8 }b 9 end:7",
		      "a, x alone, b | a, b, x alone");
}

/* Loops are one where their bodies stand beside each other, though one has a call more. */
static void test_loops_match(void)
{
	g_autofree char *text =
		align("A 0 begin:7:p 1 {a 2 }a 3 {b 4 }b 5 {a 6 }a 7 {b 8 }b 9 end:7",
		      "A 0 begin:7:p 1 {a 2 }a 3 {b 4 }b 5 {c 6 }c 7 {a 8 }a 9 {b 10 }b 11 {c 12 "
		      "}c 13 end:7");

	g_assert_cmpstr(text, ==,
			"loop | loop\n"
			"a | a\n"
			"b | b\n"
			"- | c\n");
}

/* Brief: of callers that only call, the outermost and the last are told. */
static void test_brief(void)
{
	g_autoptr(fdar_story_tree) tree = tree_of(
		"A 0 begin:7:p 1 {a 2 {b 3 {c 4 {d 5 {e 6 {f 7 }f 9000000 }e 9000001 }d 9000002 }c "
		"9000003 }b 9000004 }a 9000005 {z 9000006 }z 9000007 end:7",
		1, "f");
	struct fdar_story_options options = { .max_steps = 3, .brief = TRUE };
	g_autoptr(fdar_story_set) set = fdar_story_tell(&tree, 1, &options);
	const struct fdar_story *story = set->stories[0];

	check_story(story);
	g_assert_cmpuint(story->step_count, ==, 3);
	g_assert_cmpstr(story->steps[0].name, ==, "a");
	g_assert_cmpstr(story->steps[1].name, ==, "e");
	g_assert_cmpuint(story->steps[1].elided, ==, 3);
	g_assert_cmpstr(story->steps[2].name, ==, "f");
	g_assert_cmpuint(story->steps[2].elided, ==, 0);
}

/* Random walks over a few scopes: whatever is folded, cut or hidden, no call is lost. */
static void random_events(GRand *rand, struct script *script, guint steps, guint names)
{
	struct fdar_event event = { .pid = 1, .tid = 65, .fd = -1 };
	guint32 stack[64];
	guint depth = 0;

	event.kind = FDAR_EVENT_SESSION_BEGIN;
	event.addr = 7;
	event.data = "p";
	g_array_append_val(script->events, event);
	event.addr = 0;
	event.data = "";
	for (guint i = 0; i < steps; i++) {
		gboolean enter =
			depth == 0 || (depth < G_N_ELEMENTS(stack) && g_rand_boolean(rand));

		event.time_ns += (guint)g_rand_int_range(rand, 1, 1000);
		event.kind = enter ? FDAR_EVENT_SCOPE_ENTER : FDAR_EVENT_SCOPE_EXIT;
		if (enter) {
			g_autofree char *name =
				g_strdup_printf("s%d", g_rand_int_range(rand, 0, (gint)names));

			stack[depth++] = script_text(script, name);
			event.name = stack[depth - 1];
		} else {
			event.name = stack[--depth];
		}
		g_array_append_val(script->events, event);
	}
}

static void test_nothing_is_lost(void)
{
	for (guint32 seed = 1; seed <= 60; seed++) {
		g_autoptr(script_auto) script = script_new("");
		GRand *rand = g_rand_new_with_seed(seed);
		struct fdar_story_source source = { .text = script_name,
						    .texts = script,
						    .session = 1 };
		g_autoptr(fdar_story_builder) builder = fdar_story_builder_new(&source);
		g_autoptr(fdar_story_tree) tree = NULL;
		guint entered = 0;

		random_events(rand, script, 3000, 2 + seed % 7);
		for (guint i = 0; i < script->events->len; i++) {
			entered += g_array_index(script->events, struct fdar_event, i).kind ==
				   FDAR_EVENT_SCOPE_ENTER;
		}
		fdar_walk_feed(fdar_story_builder_walk(builder), script_events(script),
			       script->events->len);
		tree = fdar_story_builder_finish(builder);
		for (uint32_t steps = 1; steps < 200; steps *= 3) {
			struct fdar_story_options options = { .max_steps = steps };
			g_autoptr(fdar_story_set) set = fdar_story_tell(&tree, 1, &options);

			check_story(set->stories[0]);
			g_assert_cmpuint(set->stories[0]->calls, ==, entered);
		}
		g_rand_free(rand);
	}
}

static void feed(struct fdar_walk *walk, uint8_t kind, uint64_t addr, uint64_t time_ns)
{
	struct fdar_event event = { .pid = 1,
				    .tid = 65,
				    .fd = -1,
				    .kind = kind,
				    .addr = addr,
				    .time_ns = time_ns,
				    .data = "p" };

	fdar_walk_feed(walk, &event, 1);
}

static const char *no_text(const void *texts, uint32_t name)
{
	(void)texts;
	(void)name;
	return "";
}

/* A regular expression that blows up: a million calls below each other and side by side. */
static void test_million_calls(void)
{
	struct fdar_story_source source = { .text = no_text, .session = 1 };
	g_autoptr(fdar_story_builder) builder = fdar_story_builder_new(&source);
	struct fdar_walk *walk = fdar_story_builder_walk(builder);
	struct fdar_story_options options = { 0 };
	uint64_t now = 1;

	feed(walk, FDAR_EVENT_SESSION_BEGIN, 7, now);
	for (guint round = 0; round < 100; round++) {
		for (guint depth = 0; depth < 10000; depth++)
			feed(walk, FDAR_EVENT_FUNC_ENTRY, depth % 3 ? 0x1000 : 0x2000, now++);
		for (guint depth = 0; depth < 10000; depth++)
			feed(walk, FDAR_EVENT_FUNC_EXIT, 0, now++);
	}
	g_autoptr(fdar_story_tree) tree = fdar_story_builder_finish(builder);
	g_assert_cmpuint(tree->tree.nodes, <, 10);
	g_autoptr(fdar_story_set) set = fdar_story_tell(&tree, 1, &options);
	check_story(set->stories[0]);
	g_assert_cmpuint(set->stories[0]->calls, ==, 1000000);
	g_assert_cmpuint(set->stories[0]->steps[0].count, ==, 100);
	g_assert_cmpuint(set->stories[0]->steps[0].recursive_calls, ==, 333300);
	g_assert_cmpuint(set->stories[0]->steps[0].recursion_depth, ==, 3333);
	g_assert_cmpuint(set->stories[0]->steps[1].recursive_calls +
				 set->stories[0]->steps[1].count,
			 ==, 666600);
}

/* No structure to fold: the longest calls are kept, the others counted. */
static void test_limit(void)
{
	struct fdar_story_source source = { .text = no_text, .session = 1 };
	g_autoptr(fdar_story_builder) builder = fdar_story_builder_new(&source);
	struct fdar_walk *walk = fdar_story_builder_walk(builder);
	struct fdar_story_options options = { 0 };
	const guint calls = 3 * FDAR_STORY_NODES_MAX;
	uint64_t now = 1;

	feed(walk, FDAR_EVENT_SESSION_BEGIN, 7, now);
	for (guint i = 0; i < calls; i++) {
		feed(walk, FDAR_EVENT_FUNC_ENTRY, 0x1000 + i, now);
		now += i == calls / 2 ? 5000000 : 100 + i % 3000;
		feed(walk, FDAR_EVENT_FUNC_EXIT, 0, now);
	}
	g_autoptr(fdar_story_tree) tree = fdar_story_builder_finish(builder);
	g_assert_cmpuint(tree->tree.nodes, <=, FDAR_STORY_NODES_MAX);
	g_autoptr(fdar_story_set) set = fdar_story_tell(&tree, 1, &options);
	check_story(set->stories[0]);
	g_assert_cmpuint(set->stories[0]->calls, ==, calls);
	g_assert_cmpuint(set->stories[0]->step_count, ==, FDAR_STORY_STEPS);
	g_assert_cmpstr(set->focus, ==, "0x19000");
}

static void test_deep(void)
{
	struct fdar_story_source source = { .text = no_text, .session = 1 };
	g_autoptr(fdar_story_builder) builder = fdar_story_builder_new(&source);
	struct fdar_walk *walk = fdar_story_builder_walk(builder);
	struct fdar_story_options options = { .max_steps = 100000 };
	uint64_t now = 1;

	feed(walk, FDAR_EVENT_SESSION_BEGIN, 7, now);
	for (guint depth = 0; depth < 20000; depth++)
		feed(walk, FDAR_EVENT_FUNC_ENTRY, 0x1000 + depth, now++);
	g_autoptr(fdar_story_tree) tree = fdar_story_builder_finish(builder);
	g_autoptr(fdar_story_set) set = fdar_story_tell(&tree, 1, &options);
	check_story(set->stories[0]);
	g_assert_cmpuint(set->stories[0]->calls, ==, 20000);
	g_assert_cmpuint(set->stories[0]->step_count, <=, FDAR_STORY_HEIGHT_MAX + 1);
}

static uint64_t pick(const char *text, struct fdar_story_choice choice)
{
	g_autoptr(script_auto) script = script_new(text);
	g_autoptr(fdar_story_picker) picker =
		fdar_story_picker_new(&choice, NULL, script_name, script);
	struct fdar_story_picked picked;

	for (guint i = 0; i < script->events->len; i++) {
		struct fdar_event *event = &g_array_index(script->events, struct fdar_event, i);

		if (event->kind == FDAR_EVENT_SESSION_BEGIN) {
			g_autofree char *peer = g_strconcat(event->data, ":83", NULL);

			event->data = script_data(script, event, peer);
		}
	}
	fdar_walk_feed(fdar_story_picker_walk(picker), script_events(script), script->events->len);
	fdar_story_picker_finish(picker, &picked);
	g_assert_cmpuint(picked.sessions, ==, 5);
	g_assert_cmpuint(picked.unfinished, ==, 1);
	return picked.id;
}

static void test_pick(void)
{
	/* open for 10, 30, 20, 50 and 15; inside f for 1, 2, 9, 3 and 0 */
	static const char *const script = "A 0 begin:1:10.0.0.1 1 {f 2 }f 10 end:1 100 "
					  "begin:2:10.0.0.2 101 {f 103 }f 130 end:2 "
					  "200 begin:3:10.0.0.3 201 {f 205 {f 206 }f 210 }f 220 "
					  "end:3 300 begin:4:10.0.0.22 301 "
					  "{f 304 }f 350 end:4 400 begin:5:10.0.0.5 415 {g";

	g_assert_cmpuint(pick(script, (struct fdar_story_choice){ .pick = FDAR_PICK_WORST }), ==,
			 4);
	g_assert_cmpuint(pick(script, (struct fdar_story_choice){ .pick = FDAR_PICK_MEDIAN }), ==,
			 3);
	g_assert_cmpuint(pick(script, (struct fdar_story_choice){ .pick = FDAR_PICK_HEAVY }), ==,
			 2);
	g_assert_cmpuint(pick(script,
			      (struct fdar_story_choice){ .pick = FDAR_PICK_WORST, .focus = "f" }),
			 ==, 3);
	g_assert_cmpuint(pick(script, (struct fdar_story_choice){ .pick = FDAR_PICK_PEER,
								  .peer = "10.0.0.2" }),
			 ==, 2);
	g_assert_cmpuint(pick(script, (struct fdar_story_choice){ .pick = FDAR_PICK_PEER,
								  .peer = "10.0.0.22:83" }),
			 ==, 4);
	g_assert_cmpuint(pick(script, (struct fdar_story_choice){ .pick = FDAR_PICK_PEER,
								  .peer = "10.0.0.9" }),
			 ==, 0);
	g_assert_cmpuint(pick(script,
			      (struct fdar_story_choice){ .pick = FDAR_PICK_KEY, .key = 5 }),
			 ==, 5);
}

/* Of many that fetch and two that upload: to be compared with an upload, which on the other side stores twice
 * and calls one that is new. */
static void test_pick_alike(void)
{
	static const char *const baseline =
		"A 0 begin:1:10.0.0.1 1 {fetch 9 }fetch 10 end:1 100 begin:2:10.0.0.2 101 {upload "
		"102 {store 120 }store 121 }upload 122 end:2 200 begin:3:10.0.0.3 201 {fetch 210 "
		"}fetch 211 end:3 300 begin:4:10.0.0.4 301 {upload 303 {store 330 }store 331 "
		"}upload 332 end:4 400 begin:5:10.0.0.5 401 {fetch";
	static const char *const subject = "A 0 begin:1:10.0.0.1 1 {upload 2 {store 3 }store 4 "
					   "{store 5 }store 6 {audit 7 }audit 8 }upload 9 end:1";
	g_autoptr(script_auto) script = script_new(subject);
	struct fdar_story_choice choice = { .pick = FDAR_PICK_WORST };
	g_autoptr(fdar_story_picker) picker =
		fdar_story_picker_new(&choice, NULL, script_name, script);
	struct fdar_story_picked picked;

	fdar_walk_feed(fdar_story_picker_walk(picker), script_events(script), script->events->len);
	fdar_story_picker_finish(picker, &picked);
	g_assert_cmpuint(picked.id, ==, 1);
	g_assert_cmpuint(pick(baseline, (struct fdar_story_choice){ .pick = FDAR_PICK_MEDIAN }), ==,
			 3);
	g_assert_cmpuint(pick(baseline, (struct fdar_story_choice){ .pick = FDAR_PICK_ALIKE,
								    .alike = &picked.kind }),
			 ==, 2);
}

/* Of 20 functions. One session does exactly what the other side's does, eight call one that is new here, and many
 * do something else: the one to be drawn is of the eight and it, by its time. */
static void test_pick_odd(void)
{
	struct fdar_story_choice choice = { .pick = FDAR_PICK_WORST };
	struct fdar_story_picked picked[2];

	for (int side = 0; side < 2; side++) {
		g_autoptr(GString) text = g_string_new("A");
		int sessions = side ? 20 : 1, now = 0;

		for (int i = 1; i <= sessions; i++) {
			/* The odd one is the quickest by far. */
			int step = i == 1 ? 1 : 10 + i;

			g_string_append_printf(text, " %d begin:%d:10.0.0.1", now += 100, i);
			for (int f = 0; f < 20 + (i > 1); f++) {
				g_autofree char *name =
					f == 20 ? g_strdup("new")
						: g_strdup_printf(i > 9 ? "g%d" : "f%d", f);

				g_string_append_printf(text, " %d {%s %d }%s", now + step, name,
						       now + 2 * step, name);
				now += 2 * step;
			}
			g_string_append_printf(text, " %d end:%d", now += 1, i);
		}
		g_autoptr(script_auto) script = script_new(text->str);
		g_autoptr(fdar_story_picker) picker =
			fdar_story_picker_new(&choice, NULL, script_name, script);

		fdar_walk_feed(fdar_story_picker_walk(picker), script_events(script),
			       script->events->len);
		fdar_story_picker_finish(picker, &picked[side]);
		choice = (struct fdar_story_choice){ .pick = FDAR_PICK_ALIKE,
						     .alike = &picked[0].kind };
	}
	g_assert_cmpuint(picked[0].id, ==, 1);
	g_assert_cmpuint(picked[1].sessions, ==, 20);
	g_assert_cmpuint(picked[1].id, ==, 5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/story/order", test_order);
	g_test_add_func("/story/pick-alike", test_pick_alike);
	g_test_add_func("/story/pick-odd", test_pick_odd);
	g_test_add_func("/story/repeats", test_repeats);
	g_test_add_func("/story/loops", test_loops);
	g_test_add_func("/story/nested-loops", test_nested_loops);
	g_test_add_func("/story/last-iteration", test_last_iteration);
	g_test_add_func("/story/recursion", test_recursion);
	g_test_add_func("/story/empty-loop", test_empty_loop);
	g_test_add_func("/story/lane-order", test_lane_order);
	g_test_add_func("/story/server-frames", test_server_frames);
	g_test_add_func("/story/idle", test_idle);
	g_test_add_func("/story/own-time-is-not-idle", test_own_time_is_not_idle);
	g_test_add_func("/story/handoff", test_handoff);
	g_test_add_func("/story/notes", test_notes);
	g_test_add_func("/story/notes-in-a-loop", test_notes_in_a_loop);
	g_test_add_func("/story/requests", test_requests);
	g_test_add_func("/story/skipped", test_skipped);
	g_test_add_func("/story/late-events", test_late_events);
	g_test_add_func("/story/never-taken", test_never_taken);
	g_test_add_func("/story/unfinished", test_unfinished);
	g_test_add_func("/story/other-sessions", test_other_sessions);
	g_test_add_func("/story/budget", test_budget);
	g_test_add_func("/story/thresholds", test_thresholds);
	g_test_add_func("/story/pair", test_pair);
	g_test_add_func("/story/pair-of-once-and-often", test_pair_of_once_and_often);
	g_test_add_func("/story/beside", test_beside);
	g_test_add_func("/story/loops-match", test_loops_match);
	g_test_add_func("/story/brief", test_brief);
	g_test_add_func("/story/nothing-is-lost", test_nothing_is_lost);
	g_test_add_func("/story/million-calls", test_million_calls);
	g_test_add_func("/story/limit", test_limit);
	g_test_add_func("/story/deep", test_deep);
	g_test_add_func("/story/pick", test_pick);
	return g_test_run();
}
