/* Writing out what a thread has pending: threads.h. */
#include <errno.h>
#include <unistd.h>

#include "flowdar/flowdar.h"
#include "functions/selection.h"
#include "functions/threads.h"
#include "provider/control.h"

/* The segment's counters. */
static void thread_tell(struct fd_thread *thread, uint64_t lost)
{
	static struct fd_control *hooked_in; /* where it was told that there are hooks, */
	static int hooked_pid;               /* by which process; told twice does little harm */
	struct fd_control *segment = fd_control_segment();

	if (!thread->vectors && (__atomic_load_n(&hooked_pid, __ATOMIC_RELAXED) != fd_threads_pid ||
				 __atomic_load_n(&hooked_in, __ATOMIC_RELAXED) != segment)) {
		__atomic_store_n(&hooked_pid, fd_threads_pid, __ATOMIC_RELAXED);
		__atomic_store_n(&hooked_in, segment, __ATOMIC_RELAXED);
		fd_control_add(segment, hooked, 1);
	}

	fd_control_add(segment, calls, thread->told_calls);
	if (thread->told_skipped)
		fd_control_add(segment, skipped, thread->told_skipped);
	if (thread->told_unwound)
		fd_control_add(segment, unwound, thread->told_unwound);
	if (lost)
		fd_control_add(segment, lost, lost);
	thread->told_calls = 0;
	thread->told_skipped = 0;
	thread->told_unwound = 0;
}

/* In a child of vfork(): the memory is the parent's, the process not. What it does stays in the
 * buffer, for the parent to write; but a buffer that is full is lost. */
static void borrowed_flush(struct fd_thread *thread)
{
	if (!fd_writer_full(&thread->writer))
		return;
	__atomic_fetch_add(&thread->lost, thread->told_calls, __ATOMIC_RELAXED);
	thread->told_calls = 0;
	fd_writer_reset(&thread->writer, thread->writer.depth);
}

void fd_thread_flush(struct fd_thread *thread, bool may_wait)
{
	int saved_errno = errno;
	uint64_t lost = 0, now;
	const uint8_t *data;
	uint32_t length;

	if (fd_writer_empty(&thread->writer) && thread->skipped == 0 && thread->lost == 0)
		return;
	if (getpid() != fd_threads_pid) {
		borrowed_flush(thread);
		return;
	}
	if (!(may_wait ? fd_control_before() : fd_control_before_now()) ||
	    !FLOWDAR_ENABLED(calls)) {
		/* Not wanted any more: whatever is open was never told. */
		thread->written = 0;
		thread->inherited = (uint32_t)thread->returns.count;
		fd_writer_reset(&thread->writer, 0);
		return;
	}
	now = fd_clock_ticks(); /* after the gate */
	if (thread->skipped && thread->written == 0) {
		fd_writer_skipped(&thread->writer, now, thread->skipped, thread->skipped_ticks);
		thread->skipped = 0;
		thread->skipped_ticks = 0;
	}
	if (__atomic_load_n(&thread->lost, __ATOMIC_RELAXED)) {
		lost = __atomic_exchange_n(&thread->lost, 0, __ATOMIC_RELAXED);
		fd_writer_lost(&thread->writer, now, lost);
	}
	if (!fd_writer_empty(&thread->writer)) {
		data = fd_writer_finish(&thread->writer, now, &length);
		flowdar_link_.calls.write(thread->tid, data, length);
		thread->flushes++;
	}
	fd_writer_reset(&thread->writer, thread->writer.depth);
	thread_tell(thread, lost);
	errno = saved_errno;
}

void fd_thread_flush_all(struct fd_thread *thread, uint64_t now, bool may_wait)
{
	if (fd_selection_on())
		fd_frames_write(thread, (uint32_t)thread->returns.count, now);
	if (thread->returns.count > 0 && thread->written == thread->returns.count) {
		struct fd_frame *top = &thread->frames[thread->returns.count - 1];

		if (top->skipped) {
			if (fd_writer_full(&thread->writer))
				fd_thread_flush(thread, may_wait);
			fd_writer_skipped(&thread->writer, now, top->skipped, top->skipped_ticks);
			top->skipped = 0;
			top->skipped_ticks = 0;
		}
	}
	fd_thread_flush(thread, may_wait);
}

struct quietly {
	struct fd_thread *thread;
	uint64_t value;
};

static void quietly_attend(void *argument)
{
	const struct quietly *what = argument;

	fd_thread_attend(what->thread, (uintptr_t)what->value);
}

static void quietly_flush(void *argument)
{
	const struct quietly *what = argument;

	fd_thread_flush(what->thread, true);
}

void fd_thread_attend_quietly(struct fd_thread *thread, uintptr_t position)
{
	fd_vectors_call(quietly_attend, &(struct quietly){ thread, position });
}

void fd_thread_flush_quietly(struct fd_thread *thread)
{
	fd_vectors_call(quietly_flush, &(struct quietly){ thread, 0 });
}

void fd_thread_flush_own(void)
{
	struct fd_thread *thread = fd_thread_self;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (!thread || __atomic_load_n(&thread->busy, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&thread->busy, here, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&thread->attention, __ATOMIC_ACQUIRE))
		fd_thread_attend(thread, here);
	if (!fd_writer_empty(&thread->writer) || thread->written < thread->returns.count)
		fd_thread_flush_all(thread, fd_clock_ticks(), true);
	__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
}
