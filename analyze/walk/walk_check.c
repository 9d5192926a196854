/* What holds of a thread between any two of its events, and of the sessions that it works for. */
#include <assert.h>

#include "analyze/walk/walk_private.h"

#ifndef NDEBUG

/* What the frames say, which the thread's own counts only keep in mind. */
struct tally {
	uint32_t adopted, current_open, open[FDAR_FRAME_KINDS];
};

static void check_frame(const struct fdar_walk *walk, const struct thread *thread, uint32_t index,
			struct tally *tally)
{
	const struct frame *frame = walk_frame_at(thread, index);

	assert(frame->kind < FDAR_FRAME_KINDS);
	assert((frame->claim == CLAIM_SESSION) == (frame->owner != NULL));
	assert(!frame->adopted || frame->owner);
	/* All below an index are the server's: disown() and resume do not look there again. */
	assert(index >= thread->server_below || frame->claim != CLAIM_SESSION);
	/* What is pending was opened since the last boundary: settle() looks nowhere else. */
	assert(frame->claim != CLAIM_PENDING || index >= thread->boundary || thread->current);
	/* The chain of the same function's frames goes outwards, and so ends. */
	assert(frame->outer <= index);
	assert(frame->slot < walk->slots->len);
	tally->open[frame->kind]++;
	tally->adopted += frame->adopted;
	tally->current_open += frame->owner && frame->owner == thread->current && !frame->adopted;
	if (frame->owner)
		assert(frame->owner->open_frames > 0);
}

void walk_check(const struct fdar_walk *walk, const struct thread *thread)
{
	struct tally tally = { 0 };

	assert(thread->frames->len <= FDAR_WALK_DEPTH_MAX);
	assert(thread->pending->len <= FDAR_WALK_PENDING_MAX);
	assert(thread->boundary <= thread->frames->len);
	assert(thread->server_below <= thread->frames->len);
	/* Who works for a session has nothing that waits for one. */
	assert(!thread->current || (!thread->pending->len && !walk_deferred_calls(thread)));
	assert(!thread->current || thread->current->currents > 0);
	for (uint32_t i = 0; i < thread->frames->len; i++)
		check_frame(walk, thread, i, &tally);
	assert(tally.adopted == thread->adopted);
	assert(tally.current_open == thread->current_open);
	for (unsigned kind = 0; kind < FDAR_FRAME_KINDS; kind++)
		assert(tally.open[kind] == thread->open[kind]);
}

#else

void walk_check(const struct fdar_walk *walk, const struct thread *thread)
{
	(void)walk;
	(void)thread;
}

#endif
