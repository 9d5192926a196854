#include "functions/elsewhere.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions/records.h"
#include "provider/processor.h"

#define LOOK 64u /* calls elsewhere, from one look at where the signal's stack is to the next */

static bool on_signals_stack(const struct fdar_thread *thread, uintptr_t position)
{
	return position - thread->signal_low < thread->signal_bytes;
}

/* Asks the kernel; keeps errno, as this cannot fail. TRUE: it is where it was thought to be. A server that has locked
 * itself in may have forbidden the call: it is where it was, then. */
static bool look(struct fdar_thread *thread)
{
	uintptr_t low = thread->signal_low, bytes = thread->signal_bytes;
	stack_t now;

	if (fdar_processor_ended())
		return bytes > 0;
	if (syscall(SYS_sigaltstack, 0, &now) != 0 || now.ss_flags & SS_DISABLE) {
		now.ss_sp = 0;
		now.ss_size = 0;
	}
	thread->signal_low = (uintptr_t)now.ss_sp;
	thread->signal_bytes = now.ss_size;
	thread->alone_bytes = thread->signal_bytes ? 0 : thread->stack_bytes;
	return thread->signal_low == low && thread->signal_bytes == bytes && bytes > 0;
}

/* A handler was left by siglongjmp(), or switched to other code: if it is finished after all, it returns by
 * itself. Its stack is there as long as it is the signal's. */
static void give_back(const struct fdar_frame *frame)
{
	uintptr_t *slot = (uintptr_t *)frame->position;

	if (frame->from == 0 && *slot == fdar_returns_landing)
		*slot = frame->site;
}

/* Open calls that are on another stack than the thread's own, which are the innermost. */
static uint32_t open_elsewhere(const struct fdar_thread *thread)
{
	uint32_t count = 0, depth = (uint32_t)thread->returns.count;

	while (count < depth &&
	       !fdar_on_own_stack(thread, thread->frames[depth - 1 - count].position))
		count++;
	return count;
}

static void leave(struct fdar_thread *thread, uint32_t count)
{
	uint32_t depth = (uint32_t)thread->returns.count;

	if (look(thread))
		for (uint32_t i = 1; i <= count; i++)
			if (on_signals_stack(thread, thread->frames[depth - i].position))
				give_back(&thread->frames[depth - i]);
	fdar_records_unwind(thread, count);
}

bool fdar_elsewhere_begin(struct fdar_thread *thread, uintptr_t position, uint64_t *below)
{
	uint32_t open = open_elsewhere(thread);

	*below = 0;
	if (fdar_on_own_stack(thread, position)) {
		if (open)
			leave(thread, open);
		return true;
	}
	*below = thread->returns.count - open;
	/* The first of a handler's, which may be a coroutine's that has the memory of an old stack. */
	if (on_signals_stack(thread, position) && (open || look(thread)))
		return true;
	if (thread->elsewhere % LOOK == 0 && !open)
		look(thread);
	if (!open && on_signals_stack(thread, position))
		return true;
	thread->elsewhere++;
	__atomic_fetch_add(&thread->lost, 1, __ATOMIC_RELAXED);
	return false;
}
