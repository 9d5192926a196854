/*
 * What a walk tells of an event script, a line each: for tests of the ownership rule.
 *
 * "f@A 2..10 s1 self=3 total=8 wait=0" is frame f of thread A, owned by session 1 ("-": the server).
 */
#ifndef TESTS_WALK_STORY_H
#define TESTS_WALK_STORY_H

#include "analyze/walk/walk.h"
#include "tests/unit/kit/event_script.h"

/* What the walk told, in one line each. */
struct story {
	const struct script *script;
	GString *text;
	uint64_t own_ns;   /* sum of the frames' own times */
	uint64_t roots_ns; /* sum of the durations of frames without a parent */
	gboolean frames_only;
};

static inline void on_opened(void *user, struct fdar_walk_session *session)
{
	struct story *story = user;

	g_assert_null(session->user);
	g_assert_cmpint(session->state, ==, FDAR_SESSION_OPEN);
	session->user = story;
	if (!story->frames_only)
		g_string_append_printf(story->text,
				       "open %" G_GUINT64_FORMAT " %s at %" G_GUINT64_FORMAT "\n",
				       session->id, session->peer, session->begin_ns);
}

static inline void on_closed(void *user, struct fdar_walk_session *session)
{
	static const char *const states[] = { "open", "finished", "unfinished", "replaced" };
	struct story *story = user;

	g_assert_true(session->user == story);
	if (story->frames_only)
		return;
	g_string_append_printf(story->text,
			       "close %" G_GUINT64_FORMAT " %s %" G_GUINT64_FORMAT
			       "..%" G_GUINT64_FORMAT,
			       session->id, states[session->state], session->begin_ns,
			       session->end_ns);
	if (*session->what)
		g_string_append_printf(story->text, " '%s'", session->what);
	else if (session->requests)
		g_string_append_printf(story->text, " requests=%" G_GUINT64_FORMAT,
				       session->requests);
	if (session->bytes_in || session->bytes_out)
		g_string_append_printf(story->text,
				       " in=%" G_GUINT64_FORMAT " out=%" G_GUINT64_FORMAT,
				       session->bytes_in, session->bytes_out);
	g_string_append_c(story->text, '\n');
}

/* "f@A 2..10 s1 self=3 total=8 wait=0": frame f of thread A, owned by session 1 ("-": server). */
static inline void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	struct story *story = user;
	const char *name =
		frame->kind == FDAR_FRAME_FUNCTION   ? script_function(story->script, frame->addr)
		: frame->kind == FDAR_FRAME_INFERRED ? "work"
						     : script_name(story->script, frame->name);

	story->own_ns += frame->self_ns;
	if (!frame->parent)
		story->roots_ns += frame->end_ns - frame->start_ns;
	if (frame->session)
		g_assert_true(frame->session->user == story);
	g_string_append_printf(story->text, "%s@%c %" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT " ",
			       name, (char)frame->tid, frame->start_ns, frame->end_ns);
	if (frame->session)
		g_string_append_printf(story->text, "s%" G_GUINT64_FORMAT, frame->session->id);
	else
		g_string_append_c(story->text, '-');
	g_string_append_printf(story->text,
			       " self=%" G_GUINT64_FORMAT " total=%" G_GUINT64_FORMAT
			       " wait=%" G_GUINT64_FORMAT "%s%s%s%s",
			       frame->self_ns, frame->total_ns, frame->wait_ns,
			       frame->recursive ? " recursive" : "",
			       frame->unfinished ? " unfinished" : "",
			       frame->repaired ? " repaired" : "", frame->ended ? " ended" : "");
	if (frame->skipped_calls)
		g_string_append_printf(story->text,
				       " skipped=%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
				       frame->skipped_calls, frame->skipped_ns);
	g_string_append_c(story->text, '\n');
}

static inline void on_handoff(void *user, const struct fdar_walk_handoff *handoff)
{
	struct story *story = user;

	g_string_append_printf(story->text,
			       "handoff %" G_GUINT64_FORMAT " %s %c>%c %" G_GUINT64_FORMAT
			       "..%" G_GUINT64_FORMAT " s%" G_GUINT64_FORMAT "\n",
			       handoff->object,
			       handoff->inferred ? "inferred"
						 : script_name(story->script, handoff->queue),
			       handoff->from_tid ? (char)handoff->from_tid : '?',
			       handoff->to_tid ? (char)handoff->to_tid : '?', handoff->put_ns,
			       handoff->end_ns, handoff->session ? handoff->session->id : 0);
}

static inline void on_note(void *user, const struct fdar_walk_note *note)
{
	struct story *story = user;

	g_string_append_printf(story->text,
			       "note %s=%s (%" G_GUINT64_FORMAT ") s%" G_GUINT64_FORMAT "\n",
			       script_name(story->script, note->key), note->value, note->total,
			       note->session ? note->session->id : 0);
}

static const struct fdar_walk_visitor walk_story_visitor = {
	.session_opened = on_opened,
	.session_closed = on_closed,
	.frame = on_frame,
	.handoff = on_handoff,
	.note = on_note,
	.bytes = on_note,
};

/* Walks the script, in batches of any size, and gives what was told. Each run checks that own
 * times add up to the time that threads spent in frames. */
static inline char *tell(const char *text, size_t batch, gboolean frames_only,
			 struct fdar_walk_stats *stats)
{
	g_autoptr(script_auto) script = script_new(text);
	struct story story = { .script = script,
			       .text = g_string_new(NULL),
			       .frames_only = frames_only };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&walk_story_visitor, &story);
	size_t total = script->events->len;

	for (size_t at = 0; at < total; at += batch)
		fdar_walk_feed(walk, script_events(script) + at, MIN(batch, total - at));
	fdar_walk_finish(walk);
	fdar_walk_finish(walk); /* once is enough, twice is no harm */
	g_assert_cmpuint(story.own_ns, ==, story.roots_ns);
	if (stats)
		fdar_walk_get_stats(walk, stats);
	return g_string_free(story.text, FALSE);
}

/* The same for a unit, and with function events that come late. */
static inline char *tell_unit(const char *text, enum fdar_unit unit, gboolean late,
			      struct fdar_walk_stats *stats)
{
	g_autoptr(script_auto) script = script_new(text);
	struct story story = { .script = script, .text = g_string_new(NULL) };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&walk_story_visitor, &story);

	if (late)
		script_delay(script);
	fdar_walk_set_unit(walk, unit);
	fdar_walk_set_texts(walk, script_name, script);
	fdar_walk_feed(walk, script_events(script), script->events->len);
	fdar_walk_finish(walk);
	g_assert_cmpuint(story.own_ns, ==, story.roots_ns);
	fdar_walk_get_stats(walk, stats);
	return g_string_free(story.text, FALSE);
}

/* What threads do between I/O is inferred. */
static inline void expect_work(const char *text, const char *expected)
{
	g_autoptr(script_auto) script = script_new(text);
	struct story story = { .script = script, .text = g_string_new(NULL), .frames_only = TRUE };
	g_autoptr(fdar_walk) walk = fdar_walk_new(&walk_story_visitor, &story);

	fdar_walk_infer_work(walk);
	fdar_walk_feed(walk, script_events(script), script->events->len);
	fdar_walk_finish(walk);
	g_assert_cmpuint(story.own_ns, ==, story.roots_ns);
	g_assert_cmpstr(story.text->str, ==, expected);
	g_string_free(story.text, TRUE);
}

static inline void expect_unit(const char *text, enum fdar_unit unit, const char *expected)
{
	struct fdar_walk_stats stats;
	g_autofree char *told = tell_unit(text, unit, FALSE, &stats);

	g_assert_cmpstr(told, ==, expected);
}

static inline void expect_frames(const char *text, const char *expected)
{
	g_autofree char *told = tell(text, 1000, TRUE, NULL);
	g_autofree char *one_by_one = tell(text, 1, TRUE, NULL);

	g_assert_cmpstr(told, ==, expected);
	g_assert_cmpstr(one_by_one, ==, expected);
}

static inline void expect_all(const char *text, const char *expected)
{
	g_autofree char *told = tell(text, 1000, FALSE, NULL);

	g_assert_cmpstr(told, ==, expected);
}

static inline struct fdar_walk_stats stats_of(const char *text)
{
	struct fdar_walk_stats stats;

	g_free(tell(text, 7, TRUE, &stats));
	return stats;
}

#endif
