/* Looks at threads from outside: whose work a thread is at, at a moment of its own time. A sample is
 * claimed as a frame that begins and ends in that moment would be. */
#include "analyze/walk/walk_private.h"

/* The thread, where the trace has it already: a look makes none. */
static struct thread *find(const struct fdar_walk *walk, uint32_t pid, uint32_t tid)
{
	uint32_t index = fdar_intern_find(&walk->thread_ids, pid, tid);

	return index == FDAR_INTERN_NONE ? NULL : g_ptr_array_index(walk->threads, index);
}

static const struct frame *wait_of(const struct thread *thread)
{
	const struct frame *top = thread && thread->frames->len
					  ? walk_frame_at(thread, thread->frames->len - 1)
					  : NULL;

	return top && top->kind == FDAR_FRAME_WAIT ? top : NULL;
}

gboolean fdar_walk_waits(const struct fdar_walk *walk, uint32_t pid, uint32_t tid)
{
	return wait_of(find(walk, pid, tid)) != NULL;
}

void fdar_walk_sample(struct fdar_walk *walk, uint32_t pid, uint32_t tid, uint64_t time_ns,
		      uint64_t sample)
{
	struct thread *thread = find(walk, pid, tid);
	const struct frame *wait = wait_of(thread);
	struct session *owner = NULL;
	enum claim claim = CLAIM_SERVER;
	struct fdar_walk_frame told = { .id = ++walk->next_frame,
					.kind = WALK_SAMPLE,
					.addr = sample,
					.start_ns = time_ns,
					.end_ns = time_ns };

	if (!thread) {
		walk_tell_sample(walk, &told);
		return;
	}
	told.pid = pid;
	told.tid = tid ? tid : pid;
	told.name = wait ? wait->name : 0;
	if (wait) {
		claim = (enum claim)wait->claim;
		owner = wait->owner;
	} else {
		claim = thread->current ? CLAIM_SESSION : CLAIM_PENDING;
		owner = thread->current;
	}
	told.session = claim == CLAIM_SESSION && owner ? &owner->told : NULL;
	walk_tell(walk, thread, &told, (uint8_t)claim);
}
