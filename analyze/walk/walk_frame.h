/*
 * What closing a frame takes: its times, and what of them the frame around it gets.
 *
 * Place in the house: inside the walk, for walk_stack.c, which enters and closes frames one by one in
 * all cases, and walk_run.c, which does nearly all of them in the ordinary one. The frame that is
 * closed is not in the thread's frames any more, but in its place behind their end.
 */
#ifndef FDAR_ANALYZE_WALK_WALK_FRAME_H
#define FDAR_ANALYZE_WALK_WALK_FRAME_H

#include "analyze/walk/walk_private.h"

static inline struct slot *walk_slot_at(const struct fdar_walk *walk, uint32_t id)
{
	return &g_array_index(walk->slots, struct slot, id);
}

/* Whether a thread that only answers has done so and left all that it did for that: its queue may give it the next
 * piece of work without a wait, and nothing is told in between. */
static inline gboolean walk_has_answered(const struct thread *thread)
{
	return !thread->takes && thread->current && !thread->by_header && !thread->current_open &&
	       !thread->adopted;
}

static inline gboolean walk_frame_same_claim(const struct frame *a, const struct frame *b)
{
	return a->claim == b->claim && a->owner == b->owner;
}

/* Is the frame's function open further out, for the same owner? */
static inline uint8_t walk_frame_is_recursive(const struct frame *frames, const struct frame *frame)
{
	for (uint32_t outer = frame->outer; outer;) {
		const struct frame *other = &frames[outer - 1];

		if (walk_frame_same_claim(other, frame))
			return TRUE;
		outer = other->outer;
	}
	return FALSE;
}

/* parent: the frame around it, or NULL. Whose times these are is in walk_private.h. */
static inline void walk_frame_add(struct thread *thread, struct frame *parent,
				  const struct frame *frame, uint64_t duration_ns,
				  const struct fdar_walk_cost *cost)
{
	if (frame->claim == CLAIM_PENDING && (!parent || parent->claim != CLAIM_PENDING)) {
		thread->pending_ns += cost->total_ns;
		thread->pending_wait_ns += cost->wait_ns;
	}
	if (!parent)
		return;
	parent->child_ns += duration_ns;
	if (frame->claim == CLAIM_SERVER) {
		parent->in_server_ns += cost->total_ns;
		parent->in_server_wait_ns += cost->wait_ns;
		return;
	}
	parent->in_server_ns += frame->in_server_ns;
	parent->in_server_wait_ns += frame->in_server_wait_ns;
	if (walk_frame_same_claim(parent, frame)) {
		parent->in_owner_ns += cost->total_ns;
		parent->in_owner_wait_ns += cost->wait_ns;
	}
}

static inline struct fdar_walk_cost walk_frame_cost(const struct frame *frames, uint64_t now_ns,
						    const struct frame *frame, enum how how)
{
	gboolean server = frame->claim == CLAIM_SERVER;
	struct fdar_walk_cost cost = {
		.session = frame->owner ? &frame->owner->told : NULL,
		.self_ns = now_ns - frame->start_ns - frame->child_ns,
		.wait_ns = server ? frame->in_server_wait_ns : frame->in_owner_wait_ns,
		.skipped_calls = frame->skipped_calls,
		.skipped_ns = frame->skipped_ns,
		.path = frame->path,
		.kind = frame->kind,
		.recursive = frame->outer ? walk_frame_is_recursive(frames, frame) : FALSE,
		.unfinished = how == HOW_END_OF_TRACE,
		.repaired = how == HOW_REPAIR,
		.ended = how == HOW_END_OF_PROCESS,
		.client = frame->client,
	};

	cost.total_ns = cost.self_ns + (server ? frame->in_server_ns : frame->in_owner_ns);
	if (frame->kind == FDAR_FRAME_WAIT)
		cost.wait_ns += cost.self_ns;
	return cost;
}

#endif
