#include "functions/frames.h"

#include "functions/elsewhere.h"
#include "functions/life.h"
#include "functions/records.h"
#include "functions/selection.h"
#include "provider/processor.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define PUSHED_MAX 512u /* bytes of arguments that a function may have pushed for another */

/* Inside already: a signal handler, or what the tracer calls of the program; or it was left in there. */
__attribute__((noinline, cold)) static bool core_abandoned(struct fdar_thread *thread,
							   uintptr_t position)
{
	__atomic_fetch_add(&thread->lost, 1, __ATOMIC_RELAXED);
	return fdar_records_abandoned(thread, position);
}

static void begin(void *argument)
{
	*(struct fdar_thread **)argument = fdar_thread_begin();
}

__attribute__((noinline, cold)) static struct fdar_thread *thread_begin_quietly(void)
{
	struct fdar_thread *thread;

	fdar_vectors_call(begin, &thread);
	return thread;
}

/* The calling thread's state, to be given back with core_end; NULL: nothing can be recorded. */
static inline struct fdar_thread *core_begin(uintptr_t position, bool patched)
{
	struct fdar_thread *thread = fdar_thread_self;

	if (unlikely(!thread)) {
		thread = patched ? thread_begin_quietly() : fdar_thread_begin();
		if (!thread)
			return NULL;
	}
	/* Busy: this is a signal handler that came while the thread was in here, or what was in here
	 * was left by longjmp out of such a handler. Only the thread itself and its handlers write
	 * busy, so relaxed will do, with a fence against the compiler. */
	if (unlikely(__atomic_load_n(&thread->busy, __ATOMIC_RELAXED)) &&
	    !core_abandoned(thread, position))
		return NULL;
	__atomic_store_n(&thread->busy, position, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (unlikely(thread->vectors == FDAR_THREAD_VECTORS_UNKNOWN))
		thread->vectors = patched;
	if (unlikely(__atomic_load_n(&thread->attention, __ATOMIC_ACQUIRE))) {
		if (patched)
			fdar_thread_attend_quietly(thread, position);
		else
			fdar_thread_attend(thread, position);
	}
	return thread;
}

/* Before what comes next is told: the time that the thread was kept from running, if it was, is in what
 * is open now. TRUE: that took time. */
static inline bool core_off(struct fdar_thread *thread)
{
	if (likely(!fdar_processor_switched()))
		return false;
	fdar_records_off(thread);
	return true;
}

static inline void core_end(struct fdar_thread *thread)
{
	__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
}

/* Whether a call must have been left, since one begins at position now. */
static inline bool frame_left(const struct fdar_frame *frame, uintptr_t position, uintptr_t site,
			      uintptr_t from)
{
	if (likely(frame->position > position))
		return false;
	if (frame->position < position)
		return true;
	if (!from)
		return frame->from || site != fdar_returns_landing; /* else a tail call */
	/* The same place: inlined into the same function, which a hook elsewhere tells. */
	return !frame->from || frame->site != site || frame->from == from;
}

/* A new frame on top; NULL: not recorded. */
static inline struct fdar_frame *frame_push(struct fdar_thread *thread, uintptr_t function,
					    uintptr_t position, uintptr_t site, uintptr_t from)
{
	uint32_t limit = __atomic_load_n(&fdar_calls_settings.depth_max, __ATOMIC_RELAXED);
	uint32_t number = 0;
	uint64_t depth, below = 0;
	struct fdar_frame *frame;

	if (unlikely(position - thread->stack_low >= thread->alone_bytes) &&
	    !fdar_elsewhere_begin(thread, position, &below))
		return NULL;
	/* Stacks grow down: whoever is at or below the new call's place cannot be open any more. The
	 * loop ends after one look for nearly every call; after a longjmp it runs over what was left. */
	depth = thread->returns.count;
	while (depth > below &&
	       unlikely(frame_left(&thread->frames[depth - 1], position, site, from)))
		depth--;
	if (unlikely(depth < thread->returns.count))
		fdar_records_unwind(thread, (uint32_t)(thread->returns.count - depth));
	if (!fdar_selection_wants(thread, function, &number) || unlikely(depth >= limit)) {
		if (depth > 0 && thread->frames[depth - 1].function == function)
			thread->over++;
		return NULL;
	}
	if (unlikely(depth >= FDAR_FRAMES_MAX)) {
		__atomic_fetch_add(&thread->lost, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	frame = &thread->frames[depth];
	frame->function = function;
	frame->position = position;
	frame->site = site;
	frame->from = from;
	frame->skipped_ticks = 0;
	frame->skipped = 0;
	frame->number = number;
	/* The count last: a handler that comes in between, or another thread that reads where a frame
	 * returns to (stacks of a server that hangs), finds a frame that is whole, or none. */
	__atomic_store_n(&thread->returns.count, depth + 1, __ATOMIC_RELEASE);
	return frame;
}

/* A call that was too short: its parent keeps its time. */
static inline void frame_skip(struct fdar_thread *thread, const struct fdar_frame *frame,
			      uint64_t ticks)
{
	thread->told_skipped++;
	if (likely(thread->returns.count > 0)) {
		struct fdar_frame *parent = &thread->frames[thread->returns.count - 1];

		parent->skipped += 1 + frame->skipped;
		parent->skipped_ticks += ticks;
	} else {
		thread->skipped += 1 + frame->skipped;
		thread->skipped_ticks += ticks;
	}
}

static inline void frame_count(struct fdar_thread *thread, const struct fdar_frame *frame,
			       uint64_t ticks)
{
	struct fdar_count *count = __atomic_load_n(&thread->counts, __ATOMIC_ACQUIRE);

	if (likely(frame->number == 0 || !count))
		return;
	count += frame->number;
	__atomic_store_n(&count->calls, count->calls + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&count->ticks, count->ticks + ticks, __ATOMIC_RELAXED);
	if (unlikely(ticks > count->longest))
		__atomic_store_n(&count->longest, ticks, __ATOMIC_RELAXED);
}

/* The innermost call returns. */
static inline void frame_pop(struct fdar_thread *thread, uint64_t now)
{
	uint32_t depth = (uint32_t)thread->returns.count - 1;
	struct fdar_frame *frame = &thread->frames[depth];
	uint64_t ticks = now > frame->begin ? now - frame->begin : 0;

	frame_count(thread, frame, ticks);
	thread->over = 0;
	if (thread->written > depth) {
		fdar_records_skipped(thread, frame, now);
		fdar_records_room(thread);
	}
	if (thread->written > depth) {
		fdar_writer_exit(&thread->writer, now);
		thread->written = depth;
		thread->returns.count = depth;
		if (unlikely(thread->inherited > depth))
			thread->inherited = depth;
		return;
	}
	if (ticks < __atomic_load_n(&fdar_calls_settings.minimum_ticks, __ATOMIC_RELAXED) &&
	    likely(thread->inherited <= depth)) {
		thread->returns.count = depth;
		frame_skip(thread, frame, ticks);
		return;
	}
	fdar_records_open(thread, thread->inherited > depth ? depth + 1 : depth, now);
	fdar_records_room(thread);
	if (unlikely(thread->inherited > depth)) {
		if (thread->written > depth) {
			fdar_writer_exit(&thread->writer, now);
			thread->written = depth;
		}
		thread->inherited = depth;
	} else if (likely(frame->skipped == 0)) {
		fdar_writer_call(&thread->writer, frame->begin, now, frame->function);
		fdar_counting_call(&thread->counting);
	} else {
		fdar_writer_call_over(&thread->writer, frame->begin, now, frame->function,
				      frame->skipped, frame->skipped_ticks);
		fdar_counting_call(&thread->counting);
	}
	thread->returns.count = depth;
}

bool fdar_calls_enter(uintptr_t function, void **slot)
{
	uintptr_t position = (uintptr_t)slot;
	struct fdar_frame *frame;
	struct fdar_thread *thread;

	if (!fdar_selection_on() || !slot)
		return false;
	thread = core_begin(position, true);
	if (unlikely(!thread))
		return false;
	core_off(thread);
	frame = frame_push(thread, function, position, (uintptr_t)*slot, 0);
	if (frame)
		frame->begin = fdar_clock_ticks();
	core_end(thread);
	return frame != NULL;
}

/* The frame of a slot, 1 being the outermost; 0: none. */
static uint32_t slot_find(const struct fdar_thread *thread, uintptr_t slot)
{
	for (uint32_t i = (uint32_t)thread->returns.count; i > 0; i--)
		if (thread->frames[i - 1].position == slot && thread->frames[i - 1].from == 0)
			return i;
	return 0;
}

/* The return address of a slot whose frame is not this thread's to close: the core cannot be entered,
 * or it is on the stack of another thread, which began the coroutine that this one finishes. Frames
 * of tail calls are passed over. NULL: none, which cannot be. */
__attribute__((noinline, cold)) static void *slot_recover(uintptr_t slot)
{
	const struct fdar_returns *list = __atomic_load_n(&fdar_returns_first, __ATOMIC_ACQUIRE);

	for (; list; list = list->next) {
		const struct fdar_frame *frames = (const struct fdar_frame *)list->frames;

		for (uint64_t i = list->count; i > 0; i--)
			if (frames[i - 1].position == slot && frames[i - 1].from == 0 &&
			    frames[i - 1].site != fdar_returns_landing)
				return (void *)frames[i - 1].site;
	}
	return NULL;
}

void *fdar_calls_leave(void **slot)
{
	uint64_t now = fdar_clock_ticks();
	uintptr_t position = (uintptr_t)slot, site;
	struct fdar_thread *thread = core_begin(position, true);
	uint32_t depth;

	if (unlikely(!thread))
		return slot_recover(position);
	if (core_off(thread))
		now = fdar_clock_ticks();
	depth = (uint32_t)thread->returns.count;
	if (unlikely(depth == 0 || thread->frames[depth - 1].position != position ||
		     thread->frames[depth - 1].from != 0)) {
		depth = slot_find(thread, position);
		if (depth == 0) {
			core_end(thread);
			return slot_recover(position);
		}
		fdar_records_unwind(thread, (uint32_t)(thread->returns.count - depth));
	}
	site = thread->frames[depth - 1].site;
	frame_pop(thread, now);
	core_end(thread);
	return (void *)site;
}

/* Where a function that calls a hook is on the stack. One with alloca moves its stack pointer between
 * the two hooks, but has a frame pointer: there, beside the return address. */
static inline uintptr_t hook_position(const struct fdar_thread *thread, uintptr_t call_site,
				      uintptr_t stack, uintptr_t base)
{
	if (base > stack && (base & 7) == 0 && base - thread->stack_low < thread->stack_bytes &&
	    thread->stack_bytes - (base - thread->stack_low) >= 16 &&
	    *(const uintptr_t *)(base + 8) == call_site)
		return base;
	return stack;
}

void fdar_calls_hook_enter(uintptr_t function, uintptr_t call_site, uintptr_t from, uintptr_t stack,
			   uintptr_t base)
{
	struct fdar_thread *thread = core_begin(stack, false);
	struct fdar_frame *frame;

	if (unlikely(!thread))
		return;
	core_off(thread);
	frame = frame_push(thread, function, hook_position(thread, call_site, stack, base),
			   call_site, from);
	if (frame)
		frame->begin = fdar_clock_ticks();
	core_end(thread);
}

/* What a function says of itself when it ends. */
struct hook_exit {
	uintptr_t function;
	uintptr_t call_site;
	uintptr_t position;
	bool jumped; /* to the hook, as its last deed: its frame is gone, position is its caller's */
};

/* Whether the innermost call ends, though its stack pointer is not where it was: arguments that it
 * pushed for a call may still be there (gcc pops them late). Not one inside it that is not recorded. */
static inline bool hook_ends_lower(struct fdar_thread *thread, const struct hook_exit *exit)
{
	const struct fdar_frame *frame = &thread->frames[thread->returns.count - 1];

	if (frame->function != exit->function || frame->site != exit->call_site || exit->jumped ||
	    frame->from == 0 || frame->position <= exit->position ||
	    frame->position - exit->position > PUSHED_MAX)
		return false;
	if (thread->over == 0)
		return true;
	thread->over--;
	return false;
}

/* Whether a call is the one that ends. */
static inline bool hook_ends(const struct fdar_frame *frame, const struct hook_exit *exit)
{
	if (frame->function != exit->function)
		return false;
	if (exit->jumped)
		return frame->position < exit->position && frame->site == exit->call_site;
	return frame->position == exit->position;
}

/* Not the innermost call: ones above it may have been left, or it was never recorded. 0: that. */
__attribute__((noinline, cold)) static uint32_t hook_find(const struct fdar_thread *thread,
							  const struct hook_exit *exit)
{
	for (uint32_t i = (uint32_t)thread->returns.count; i > 0; i--) {
		const struct fdar_frame *frame = &thread->frames[i - 1];

		if (frame->position > exit->position &&
		    fdar_on_same_stack(thread, frame->position, exit->position))
			return 0;
		if (frame->from != 0 && hook_ends(frame, exit))
			return i;
	}
	return 0;
}

void fdar_calls_hook_leave(uintptr_t function, uintptr_t call_site, uintptr_t from, uintptr_t stack,
			   uintptr_t base)
{
	uint64_t now = fdar_clock_ticks();
	struct fdar_thread *thread = core_begin(stack, false);
	struct hook_exit exit = { function, call_site, stack, from == call_site };
	uint32_t depth;

	if (unlikely(!thread))
		return;
	if (core_off(thread))
		now = fdar_clock_ticks();
	if (!exit.jumped)
		exit.position = hook_position(thread, call_site, stack, base);
	depth = (uint32_t)thread->returns.count;
	if (unlikely(depth == 0 || (!hook_ends(&thread->frames[depth - 1], &exit) &&
				    !hook_ends_lower(thread, &exit)))) {
		depth = hook_find(thread, &exit);
		if (depth > 0 && depth < thread->returns.count)
			fdar_records_unwind(thread, (uint32_t)(thread->returns.count - depth));
	}
	if (depth > 0)
		frame_pop(thread, now);
	core_end(thread);
}
