#include "functions/records.h"

#include "functions/elsewhere.h"

#include "functions/selection.h"
#include "provider/processor.h"

void fdar_records_skipped_write(struct fdar_thread *thread, struct fdar_frame *frame, uint64_t at)
{
	fdar_records_room(thread);
	fdar_writer_skipped(&thread->writer, at, frame->skipped, frame->skipped_ticks);
	frame->skipped = 0;
	frame->skipped_ticks = 0;
}

__attribute__((cold)) bool fdar_records_abandoned(struct fdar_thread *thread, uintptr_t position)
{
	uintptr_t busy = __atomic_load_n(&thread->busy, __ATOMIC_RELAXED);

	if (!fdar_on_own_stack(thread, position) ||
	    (fdar_on_own_stack(thread, busy) && position < busy))
		return false;
	if (thread->written > thread->returns.count)
		thread->written = (uint32_t)thread->returns.count;
	fdar_writer_reset(&thread->writer, thread->written);
	return true;
}

void fdar_records_open(struct fdar_thread *thread, uint32_t depth, uint64_t now)
{
	/* A buffer that is not wanted any more makes all untold again: not for ever. */
	for (uint32_t tries = 0; thread->written < depth && tries < 2 * FDAR_FRAMES_MAX; tries++) {
		struct fdar_frame *frame = &thread->frames[thread->written];

		if (thread->written < thread->inherited) {
			fdar_records_room(thread);
			fdar_writer_open(&thread->writer, now, frame->function, frame->begin);
		} else {
			if (thread->written > 0)
				fdar_records_skipped(thread, frame - 1, frame->begin);
			fdar_records_room(thread);
			fdar_writer_enter(&thread->writer, frame->begin, frame->function);
		}
		thread->written++;
		fdar_counting_call(&thread->counting);
	}
}

/* A patched call that is taken to be left gets its return address back, for it may return after all: a
 * coroutine whose stack is an array in a function of this thread is in between. Only where nothing is in
 * use, below the stack pointer; what is above, up to the new call, is the trampoline's, so that call
 * is left for certain. Not for another thread. */
static void frame_give_back(const struct fdar_thread *thread, const struct fdar_frame *frame)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t *slot = (uintptr_t *)frame->position;

	if (frame->from == 0 && fdar_on_own_stack(thread, here) &&
	    fdar_on_own_stack(thread, frame->position) && frame->position < here - 256 &&
	    *slot == fdar_returns_landing)
		*slot = frame->site;
}

__attribute__((cold)) void fdar_records_unwind(struct fdar_thread *thread, uint32_t count)
{
	uint64_t now = fdar_clock_ticks();

	for (uint32_t i = 1; i <= count; i++)
		frame_give_back(thread, &thread->frames[thread->returns.count - i]);
	fdar_records_open(thread, (uint32_t)thread->returns.count, now);
	fdar_records_skipped(thread, &thread->frames[thread->returns.count - 1], now);
	fdar_records_room(thread);
	/* A buffer that could not be written has made them untold. */
	if (thread->written == thread->returns.count) {
		fdar_writer_unwound(&thread->writer, now, count);
		thread->written -= count;
	}
	thread->returns.count -= count;
	if (thread->inherited > thread->returns.count)
		thread->inherited = (uint32_t)thread->returns.count;
	if (thread->written > thread->returns.count)
		thread->written = (uint32_t)thread->returns.count;
	thread->told_unwound += count;
}

__attribute__((cold)) void fdar_records_pause(struct fdar_thread *thread, uint32_t count)
{
	uint64_t now = fdar_clock_ticks();

	fdar_records_open(thread, (uint32_t)thread->returns.count, now);
	for (; count; count--) {
		uint32_t depth = (uint32_t)thread->returns.count - 1;

		fdar_records_skipped(thread, &thread->frames[depth], now);
		fdar_records_room(thread);
		/* A buffer that could not be written has made them untold. */
		if (thread->written > depth) {
			fdar_writer_exit(&thread->writer, now);
			thread->written = depth;
		}
		if (thread->inherited > depth)
			thread->inherited = depth;
		__atomic_store_n(&thread->returns.count, depth, __ATOMIC_RELEASE);
	}
}

void fdar_records_tell_open(struct fdar_thread *thread, uint64_t now, bool may_wait)
{
	if (fdar_selection_on())
		fdar_records_open(thread, (uint32_t)thread->returns.count, now);
	if (thread->returns.count > 0 && thread->written == thread->returns.count) {
		struct fdar_frame *top = &thread->frames[thread->returns.count - 1];

		if (top->skipped) {
			if (fdar_writer_full(&thread->writer))
				fdar_thread_flush(thread, may_wait);
			fdar_writer_skipped(&thread->writer, now, top->skipped, top->skipped_ticks);
			top->skipped = 0;
			top->skipped_ticks = 0;
		}
	}
}

void fdar_records_flush(struct fdar_thread *thread, uint64_t now, bool may_wait)
{
	fdar_records_tell_open(thread, now, may_wait);
	fdar_thread_flush(thread, may_wait);
}

static void off(void *argument)
{
	struct fdar_thread *thread = argument;
	unsigned why;
	uint64_t ns;

	if (thread->probes)
		return;
	ns = flowdar_control_off_ns(&why);
	if (!ns)
		return;
	fdar_records_flush(thread, fdar_clock_ticks(), true);
	flowdar_control_off(ns, why);
}

__attribute__((cold)) void fdar_records_off(struct fdar_thread *thread)
{
	if (thread->vectors)
		fdar_vectors_call(off, thread);
	else
		off(thread);
}

void fdar_records_flush_own(void)
{
	struct fdar_thread *thread = fdar_thread_self;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (!thread || __atomic_load_n(&thread->busy, __ATOMIC_RELAXED))
		return;
	__atomic_store_n(&thread->busy, here, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&thread->attention, __ATOMIC_ACQUIRE))
		fdar_thread_attend(thread, here);
	if (!fdar_writer_empty(&thread->writer) || thread->written < thread->returns.count)
		fdar_records_flush(thread, fdar_clock_ticks(), true);
	__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
}
