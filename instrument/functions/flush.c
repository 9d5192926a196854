/* Writing out what is in a thread's buffer: flush.h. */
#include "functions/flush.h"

#include <errno.h>
#include <unistd.h>

#include "flowdar/flowdar.h"
#include "provider/control.h"
#include "provider/processor.h"

#define WRITE_MAX 16u /* times the least: longer, and something else came in between */

static void marks_tell(struct fdar_counting *counting)
{
	for (unsigned kind = 0; kind < FDAR_CONTROL_EVENTS; kind++) {
		if (!counting->events[kind])
			continue;
		flowdar_control_wrote_many((enum fdar_control_events)kind, counting->events[kind]);
		fdar_control_add(marks, counting->events[kind]);
		counting->events[kind] = 0;
	}
}

/* The process's counters. */
static void thread_tell(struct fdar_thread *thread, uint64_t lost)
{
	static const struct fdar_control *hooked_in; /* where it was told that there are hooks, */
	static int hooked_pid; /* by which process; told twice does little harm */
	const struct fdar_control *segment = flowdar_control_segment();

	if (!thread->vectors &&
	    (__atomic_load_n(&hooked_pid, __ATOMIC_RELAXED) != fdar_threads_pid ||
	     __atomic_load_n(&hooked_in, __ATOMIC_RELAXED) != segment)) {
		__atomic_store_n(&hooked_pid, fdar_threads_pid, __ATOMIC_RELAXED);
		__atomic_store_n(&hooked_in, segment, __ATOMIC_RELAXED);
		fdar_control_add(hooked, 1);
	}

	fdar_control_add(calls, fdar_counting_wrote(&thread->counting));
	if (thread->writer.marks)
		marks_tell(&thread->counting);
	if (thread->told_skipped)
		fdar_control_add(skipped, thread->told_skipped);
	if (thread->told_unwound)
		fdar_control_add(unwound, thread->told_unwound);
	if (lost)
		fdar_control_add(lost, lost);
	if (thread->elsewhere > thread->told_elsewhere)
		fdar_control_add(elsewhere, thread->elsewhere - thread->told_elsewhere);
	thread->told_elsewhere = thread->elsewhere;
	if (thread->write_ticks) {
		fdar_control_add(writes, 1);
		fdar_control_add(write_ns, fdar_clock_ns(thread->write_ticks, fdar_clock_scale()));
	}
	thread->write_ticks = 0;
	thread->told_skipped = 0;
	thread->told_unwound = 0;
}

/* What it took to write an event, but for a time in which the thread did not run. What it waited at the gate
 * before is no part of it (waited_ns). */
static void write_time(struct fdar_thread *thread, uint64_t began)
{
	uint64_t now = fdar_clock_ticks(), ticks = now > began ? now - began : 0;

	if (!thread->write_least || ticks < thread->write_least)
		thread->write_least = ticks;
	thread->write_ticks =
		ticks < WRITE_MAX * thread->write_least ? ticks : WRITE_MAX * thread->write_least;
}

/* In a child of vfork(): the memory is the parent's, the process not. What it does stays in the
 * buffer, for the parent to write; but a buffer that is full is lost. */
static void borrowed_flush(struct fdar_thread *thread)
{
	if (!fdar_writer_full(&thread->writer))
		return;
	__atomic_fetch_add(&thread->lost, fdar_counting_drop(&thread->counting), __ATOMIC_RELAXED);
	fdar_writer_reset(&thread->writer, thread->writer.depth);
}

void fdar_thread_flush(struct fdar_thread *thread, bool may_wait)
{
	int saved_errno = errno;
	uint64_t lost = 0, now;
	const uint8_t *data;
	uint32_t length;

	if (fdar_writer_empty(&thread->writer) && thread->skipped == 0 && thread->lost == 0)
		return;
	if (thread->probes) {
		fdar_writer_reset(&thread->writer, 0);
		return;
	}
	if (!fdar_processor_ended() && getpid() != fdar_threads_pid) {
		/* Or of a clone() that nobody has announced, which is noted. */
		flowdar_control_before_now();
		borrowed_flush(thread);
		return;
	}
	if (!(may_wait ? flowdar_control_before() : flowdar_control_before_now()) ||
	    !(thread->writer.marks ? FLOWDAR_ENABLED(packed) : FLOWDAR_ENABLED(calls))) {
		/* Not wanted any more: whatever is open was never told. */
		fdar_counting_drop(&thread->counting);
		fdar_counting_marks_drop(&thread->counting);
		thread->written = 0;
		thread->inherited = (uint32_t)thread->returns.count;
		fdar_writer_reset(&thread->writer, 0);
		return;
	}
	now = fdar_clock_ticks(); /* after the gate */
	if (thread->skipped && thread->written == 0) {
		fdar_writer_skipped(&thread->writer, now, thread->skipped, thread->skipped_ticks);
		thread->skipped = 0;
		thread->skipped_ticks = 0;
	}
	if (__atomic_load_n(&thread->lost, __ATOMIC_RELAXED)) {
		lost = __atomic_exchange_n(&thread->lost, 0, __ATOMIC_RELAXED);
		fdar_writer_lost(&thread->writer, now, lost);
	}
	if (!fdar_writer_empty(&thread->writer)) {
		data = fdar_writer_finish(&thread->writer, now, &length);
		if (thread->writer.marks)
			flowdar_link_.packed.write(thread->tid, data, length);
		else
			flowdar_link_.calls.write(thread->tid, data, length);
		thread->flushes++;
		write_time(thread, now);
	}
	thread_tell(thread, lost);
	fdar_writer_reset(&thread->writer, thread->writer.depth);
	errno = saved_errno;
}

struct quietly {
	struct fdar_thread *thread;
	uint64_t value;
};

static void quietly_attend(void *argument)
{
	const struct quietly *what = argument;

	fdar_thread_attend(what->thread, (uintptr_t)what->value);
}

static void quietly_flush(void *argument)
{
	const struct quietly *what = argument;

	fdar_thread_flush(what->thread, true);
}

void fdar_thread_attend_quietly(struct fdar_thread *thread, uintptr_t position)
{
	fdar_vectors_call(quietly_attend, &(struct quietly){ thread, position });
}

void fdar_thread_flush_quietly(struct fdar_thread *thread)
{
	fdar_vectors_call(quietly_flush, &(struct quietly){ thread, 0 });
}
