/*
 * Stories made by hand, for tests of what draws them: the pair of the regular expression that blows
 * up, and a session of a slow-loris.
 */
#ifndef TESTS_STORY_FIXTURE_H
#define TESTS_STORY_FIXTURE_H

#include <string.h>

#include "analyze/story/story.h"

#define FIX_US 1000u
#define FIX_MS 1000000u

struct fixture {
	struct fdar_story story;
	struct fdar_story_lane lanes[8];
	struct fdar_story_step steps[32];
};

static inline void fixture_lane(struct fixture *f, const char *thread, const char *component,
				uint32_t thread_index)
{
	f->lanes[f->story.lane_count++] = (struct fdar_story_lane){ .thread = thread,
								    .component = component,
								    .tid = 100 + thread_index,
								    .thread_index = thread_index };
}

static inline struct fdar_story_step *fixture_step(struct fixture *f, uint32_t depth,
						   enum fdar_story_kind kind, uint32_t lane,
						   const char *name, uint64_t start_us,
						   uint64_t duration_us, uint64_t count)
{
	struct fdar_story_step *step = &f->steps[f->story.step_count++];

	*step = (struct fdar_story_step){
		.name = name,
		.text = "",
		.kind = kind,
		.lane = lane,
		.lane_to = FDAR_STORY_NONE,
		.depth = depth,
		.start_ns = start_us * FIX_US,
		.duration_ns = duration_us * FIX_US,
		.wait_ns = kind == FDAR_STORY_WAIT ? duration_us * FIX_US : 0,
		.count = count,
		.min_ns = duration_us * FIX_US / count,
		.median_ns = duration_us * FIX_US / count,
		.max_ns = duration_us * FIX_US / count,
	};
	return step;
}

/* Parents, ends and own times out of depths and durations. */
static inline void fixture_link(struct fixture *f)
{
	struct fdar_story_step *s = f->steps;

	f->story.lanes = f->lanes;
	f->story.steps = f->steps;
	for (uint32_t i = 0; i < f->story.step_count; i++) {
		s[i].parent = FDAR_STORY_NONE;
		s[i].self_ns = s[i].kind == FDAR_STORY_HANDOFF ? 0 : s[i].duration_ns;
		for (uint32_t j = i; j-- > 0 && s[i].parent == FDAR_STORY_NONE;)
			s[i].parent = s[j].depth < s[i].depth ? j : FDAR_STORY_NONE;
		s[i].end = i + 1;
		while (s[i].end < f->story.step_count && s[s[i].end].depth > s[i].depth)
			s[i].end++;
		if (s[i].parent != FDAR_STORY_NONE)
			s[s[i].parent].self_ns -= MIN(s[s[i].parent].self_ns, s[i].duration_ns);
	}
}

static inline void fixture_httpd(struct fixture *f, const char *worker)
{
	memset(f, 0, sizeof(*f));
	fixture_lane(f, "listener", "httpd", 0);
	fixture_lane(f, worker, "httpd", 1);
	fixture_lane(f, worker, "libapr-1", 1);
	fixture_lane(f, worker, "libpcre2-8", 1);
	fixture_lane(f, worker, "libc", 1);
}

static inline void fixture_queue(struct fixture *f, uint64_t object, uint64_t queue_us)
{
	struct fdar_story_step *step;

	fixture_step(f, 0, FDAR_STORY_CALL, 0, "ap_unixd_accept", 0, 21, 1);
	fixture_step(f, 0, FDAR_STORY_CALL, 0, "ap_queue_push_socket", 40, 9, 1);
	step = fixture_step(f, 0, FDAR_STORY_HANDOFF, 0, "worker_queue", 49, queue_us, 1);
	step->lane_to = 1;
	step->object = object;
}

/* The steps that the other side has not. */
static inline void fixture_alone(struct fixture *f, uint32_t from, uint32_t until)
{
	for (uint32_t i = from; i <= until; i++)
		f->steps[i].beside =
			f->steps[i].kind == FDAR_STORY_LOOP ? FDAR_STORY_PAIRED : FDAR_STORY_ALONE;
}

/* What both sides of the pair do until the expression is matched; t: when the worker begins. */
static inline void fixture_request(struct fixture *f, uint64_t t, uint64_t more_us)
{
	fixture_step(f, 0, FDAR_STORY_CALL, 1, "process_socket", t, 2100 + more_us, 1);
	fixture_step(f, 1, FDAR_STORY_CALL, 1, "ap_run_create_connection", t + 4, 30, 1);
	fixture_step(f, 1, FDAR_STORY_CALL, 1, "ap_process_connection", t + 40, 1990 + more_us, 1);
	fixture_step(f, 2, FDAR_STORY_CALL, 1, "ap_read_request", t + 50, 640, 1);
	fixture_step(f, 3, FDAR_STORY_CALL, 2, "apr_socket_recv", t + 70, 560, 2)->wait_ns =
		550 * FIX_US;
	fixture_step(f, 4, FDAR_STORY_WAIT, 4, "recv", t + 72, 550, 2);
	fixture_step(f, 2, FDAR_STORY_NOTE, FDAR_STORY_NONE, "target", t + 695, 0, 1)->text =
		more_us ? "/?q="
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"
			: "/index.html";
	fixture_step(f, 2, FDAR_STORY_CALL, 1, "ap_process_request", t + 700, 1300 + more_us, 1);
	fixture_step(f, 3, FDAR_STORY_CALL, 1, "hook_uri2file", t + 720, 510 + more_us, 1);
	fixture_step(f, 4, FDAR_STORY_CALL, 1, "ap_regexec", t + 724, 500 + more_us, 1)->is_focus =
		TRUE;
}

static inline void fixture_baseline(struct fixture *f)
{
	fixture_httpd(f, "worker 3");
	fixture_queue(f, 0x7f55d0c8a0f0, 112);
	fixture_request(f, 161, 0);
	fixture_step(f, 5, FDAR_STORY_CALL, 3, "pcre2_match_8", 886, 496, 1);
	fixture_step(f, 3, FDAR_STORY_CALL, 1, "ap_invoke_handler", 1420, 700, 1);
	fixture_step(f, 4, FDAR_STORY_LOOP, 1, "", 1430, 600, 12);
	fixture_step(f, 5, FDAR_STORY_CALL, 2, "apr_file_read", 1431, 200, 12);
	fixture_step(f, 5, FDAR_STORY_CALL, 1, "ap_pass_brigade", 1450, 400, 12);
	fixture_step(f, 6, FDAR_STORY_WAIT, 4, "writev", 1460, 300, 12);
	fixture_step(f, 1, FDAR_STORY_CALL, 1, "ap_lingering_close", 2200, 60, 1);
	fixture_link(f);
	fixture_alone(f, 14, 19);
	f->story.peer = "127.0.0.1:51234";
	f->story.duration_ns = 2290 * FIX_US;
	f->story.calls = 143;
	f->story.hidden_calls = 41;
	f->story.hidden_ns = 38 * FIX_US;
}

static inline void fixture_subject(struct fixture *f)
{
	struct fdar_story_step *step;

	fixture_httpd(f, "worker 1");
	fixture_queue(f, 0x7f55d0c91300, 18400);
	fixture_request(f, 18450, 205500);
	fixture_step(f, 5, FDAR_STORY_CALL, 3, "pcre2_match_8", 19226, 205990, 1);
	step = fixture_step(f, 6, FDAR_STORY_CALL, 3, "match", 19230, 205900, 1);
	step->recursive_calls = 1200000;
	step->recursion_depth = 23;
	fixture_step(f, 3, FDAR_STORY_CALL, 1, "ap_die", 225800, 600, 1);
	fixture_step(f, 4, FDAR_STORY_WAIT, 4, "writev", 225900, 150, 1);
	fixture_link(f);
	fixture_alone(f, 14, 16);
	f->story.peer = "127.0.0.9:40112";
	f->story.duration_ns = 227100 * (uint64_t)FIX_US;
	f->story.calls = 1200190;
}

static inline uint32_t fixture_rows(struct fdar_story_row *rows)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i <= 13; i++)
		rows[count++] = (struct fdar_story_row){ { i, i } };
	rows[count++] = (struct fdar_story_row){ { FDAR_STORY_NONE, 14 } };
	for (uint32_t i = 14; i <= 18; i++)
		rows[count++] = (struct fdar_story_row){ { i, FDAR_STORY_NONE } };
	for (uint32_t i = 15; i <= 16; i++)
		rows[count++] = (struct fdar_story_row){ { FDAR_STORY_NONE, i } };
	rows[count++] = (struct fdar_story_row){ { 19, FDAR_STORY_NONE } };
	return count;
}

static inline void fixture_loris(struct fixture *f)
{
	fixture_httpd(f, "worker 1");
	fixture_queue(f, 0x55d0c8a0f0, 112);
	fixture_step(f, 0, FDAR_STORY_CALL, 1, "process_socket", 161, 12300000, 1);
	fixture_step(f, 1, FDAR_STORY_CALL, 1, "ap_read_request", 165, 12299900, 1);
	fixture_step(f, 2, FDAR_STORY_CALL, 1, "ap_core_input_filter", 170, 12299800, 13)
		->is_focus = TRUE;
	fixture_step(f, 3, FDAR_STORY_CALL, 2, "apr_socket_recv", 180, 12299700, 13);
	fixture_step(f, 4, FDAR_STORY_WAIT, 4, "poll", 190, 12299600, 13);
	for (uint32_t i = 3; i < f->story.step_count; i++) {
		f->steps[i].unfinished = 1;
		f->steps[i].wait_ns = 12299600 * (uint64_t)FIX_US;
	}
	fixture_link(f);
	f->story.peer = "127.0.0.44:51234";
	f->story.state = FDAR_STORY_UNFINISHED;
	f->story.duration_ns = 12300000 * (uint64_t)FIX_US;
	f->story.calls = 61;
}

/* An event-driven server and a client that thinks between its requests, and then goes silent. */
static inline void fixture_events(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	fixture_lane(f, "redis-server", "redis-server", 0);
	fixture_lane(f, "redis-server", "libc", 0);
	fixture_step(f, 0, FDAR_STORY_CALL, 0, "acceptTcpHandler", 0, 45, 1);
	fixture_step(f, 0, FDAR_STORY_LOOP, 0, "", 400, 3001200, 300);
	fixture_step(f, 1, FDAR_STORY_IDLE, FDAR_STORY_NONE, "", 400, 3000000, 300);
	fixture_step(f, 1, FDAR_STORY_CALL, 0, "readQueryFromClient", 10400, 1200, 300);
	fixture_step(f, 2, FDAR_STORY_WAIT, 1, "read", 10401, 300, 300);
	fixture_step(f, 2, FDAR_STORY_CALL, 0, "processInputBuffer", 10402, 800, 300)->is_focus =
		TRUE;
	fixture_step(f, 0, FDAR_STORY_IDLE, FDAR_STORY_NONE, "", 3002000, 9000000, 1)->unfinished =
		1;
	fixture_link(f);
	f->story.peer = "127.0.0.44:51234";
	f->story.state = FDAR_STORY_UNFINISHED;
	f->story.duration_ns = 12002000 * (uint64_t)FIX_US;
	f->story.calls = 901;
}

#endif
