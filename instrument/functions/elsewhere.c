#include "functions/elsewhere.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "functions/life.h"
#include "functions/records.h"
#include "functions/selection.h"
#include "provider/processor.h"

#define LOOK 64u /* calls elsewhere, from one look at where the signal's stack is to the next */
#define ROOM \
	8192u /* bytes of a coroutine's stack below a call: to write an event takes most of that */

static void look_at_own(struct fdar_thread *thread)
{
	thread->alone_bytes =
		thread->signal_bytes || thread->coroutine_bytes ? 0 : thread->stack_bytes;
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
	look_at_own(thread);
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

/* The same of a coroutine that something else than swapcontext() switched away: its stack may be gone, so
 * by the kernel, which looks. False: it may not be asked (a filter), and so it is not known. Keeps errno. */
static bool give_back_if_there(const struct fdar_frame *frame)
{
	uintptr_t there = 0, site = frame->site;
	struct iovec mine = { &there, sizeof(there) };
	struct iovec slot = { (void *)frame->position, sizeof(there) };
	int saved_errno = errno;
	long pid, done;

	if (frame->from != 0)
		return true;
	if (fdar_processor_ended())
		return false;
	pid = syscall(SYS_getpid);
	done = syscall(SYS_process_vm_readv, pid, &mine, 1, &slot, 1, 0);
	mine.iov_base = &site;
	if (done == sizeof(there) && there == fdar_returns_landing)
		done = syscall(SYS_process_vm_writev, pid, &mine, 1, &slot, 1, 0);
	else if (done < 0 && errno == EFAULT)
		done = 0;
	errno = saved_errno;
	return done >= 0;
}

/* The innermost of the open calls that are on a stack as late as that, or later. */
static uint32_t open_from(const struct fdar_thread *thread, enum fdar_stack stack)
{
	uint32_t count = 0, depth = (uint32_t)thread->returns.count;

	while (count < depth &&
	       fdar_stack_of(thread, thread->frames[depth - 1 - count].position) >= stack)
		count++;
	return count;
}

/* Of the innermost count calls. False: some stay open, as they may return, and would not know where to. */
static bool leave(struct fdar_thread *thread, uint32_t count)
{
	uint32_t depth = (uint32_t)thread->returns.count, left = 0;
	bool is_there = look(thread);

	for (; left < count; left++) {
		const struct fdar_frame *frame = &thread->frames[depth - 1 - left];
		enum fdar_stack stack = fdar_stack_of(thread, frame->position);

		if (stack == FDAR_STACK_SIGNAL && is_there)
			give_back(frame);
		else if (stack != FDAR_STACK_SIGNAL && !give_back_if_there(frame))
			break;
	}
	if (left)
		fdar_records_unwind(thread, left);
	return left == count;
}

static bool lose(struct fdar_thread *thread)
{
	thread->elsewhere++;
	__atomic_fetch_add(&thread->lost, 1, __ATOMIC_RELAXED);
	return false;
}

bool fdar_elsewhere_begin(struct fdar_thread *thread, uintptr_t position, uint64_t *below)
{
	enum fdar_stack stack = fdar_stack_of(thread, position);
	uint32_t open;

	*below = 0;
	if (stack <= FDAR_STACK_COROUTINE) {
		if (stack == FDAR_STACK_COROUTINE && position - thread->coroutine_low < ROOM)
			return lose(thread);
		open = open_from(thread, stack + 1);
		if (open && !leave(thread, open))
			return lose(thread);
		if (stack == FDAR_STACK_COROUTINE)
			*below = thread->returns.count - open_from(thread, stack);
		return true;
	}
	open = open_from(thread, FDAR_STACK_SIGNAL);
	*below = thread->returns.count - open;
	/* The first of a handler's, which may be a coroutine's that has the memory of an old stack. */
	if (stack == FDAR_STACK_SIGNAL && (open || look(thread)))
		return true;
	if (thread->elsewhere % LOOK == 0 && !open)
		look(thread);
	if (!open && fdar_stack_of(thread, position) == FDAR_STACK_SIGNAL)
		return true;
	return lose(thread);
}

/* ---- switches ---- */

/* The calling thread's, inside; NULL: there is none, or it is inside already. */
static struct fdar_thread *go_in(uintptr_t here)
{
	struct fdar_thread *thread = fdar_thread_self;

	if (!thread && fdar_selection_on())
		thread = fdar_thread_begin();
	if (!thread || __atomic_load_n(&thread->busy, __ATOMIC_RELAXED))
		return NULL;
	__atomic_store_n(&thread->busy, here, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&thread->attention, __ATOMIC_ACQUIRE))
		fdar_thread_attend(thread, here);
	return thread;
}

static void go_out(struct fdar_thread *thread)
{
	__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
}

static void stand_on(struct fdar_thread *thread, uintptr_t low, uintptr_t bytes)
{
	thread->coroutine_low = low;
	thread->coroutine_bytes = bytes;
	look_at_own(thread);
}

uint32_t fdar_elsewhere_open(void)
{
	const struct fdar_thread *thread = fdar_thread_self;

	return thread ? open_from(thread, FDAR_STACK_COROUTINE) : 0;
}

__attribute__((noinline)) uint32_t fdar_elsewhere_switch(struct fdar_kept *kept, uint32_t room,
							 uintptr_t low, uintptr_t bytes)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	struct fdar_thread *thread = go_in(here);
	uint32_t open, outer, count = 0;
	enum fdar_stack stack;
	bool stands;

	if (!thread)
		return 0;
	/* On an unknown stack what is open may be on one that is gone. */
	stack = fdar_stack_of(thread, here);
	stands = stack == FDAR_STACK_COROUTINE || stack == FDAR_STACK_SIGNAL;
	open = open_from(thread, stands ? stack + 1 : FDAR_STACK_COROUTINE);
	stands = (!open || leave(thread, open)) && stands;
	open = stands ? open_from(thread, FDAR_STACK_COROUTINE) : 0;
	outer = (uint32_t)thread->returns.count - open;
	for (; count < open && count < room; count++) {
		const struct fdar_frame *frame = &thread->frames[outer + count];

		kept[count] = (struct fdar_kept){ frame->position, frame->site, frame->function,
						  frame->from, frame->number };
	}
	/* It stands on them. */
	for (uint32_t i = open; i > 0; i--)
		give_back(&thread->frames[outer + i - 1]);
	fdar_records_pause(thread, open);
	stand_on(thread, low, bytes);
	go_out(thread);
	return count;
}

/* False: it did not stay as it was. */
static bool again(struct fdar_thread *thread, const struct fdar_kept *kept, uint64_t now)
{
	uint64_t depth = thread->returns.count;
	uintptr_t *slot = (uintptr_t *)kept->position;

	if (depth >= FDAR_FRAMES_MAX || (kept->from == 0 && *slot != kept->site))
		return false;
	thread->frames[depth] = (struct fdar_frame){ .position = kept->position,
						     .site = kept->site,
						     .function = kept->function,
						     .from = kept->from,
						     .begin = now,
						     .number = kept->number };
	__atomic_store_n(&thread->returns.count, depth + 1, __ATOMIC_RELEASE);
	if (kept->from == 0)
		*slot = fdar_returns_landing;
	return true;
}

__attribute__((noinline)) void fdar_elsewhere_resume(const struct fdar_kept *kept, uint32_t count,
						     uintptr_t low, uintptr_t bytes)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	struct fdar_thread *thread = go_in(here);
	uint64_t now;
	uint32_t open;

	if (!thread)
		return;
	open = open_from(thread, FDAR_STACK_COROUTINE);
	if (open)
		leave(thread, open);
	if (fdar_on_own_stack(thread, here) || here - low >= bytes)
		stand_on(thread, 0, 0);
	else
		stand_on(thread, low, bytes);
	now = fdar_clock_ticks();
	for (uint32_t i = 0; i < count && fdar_selection_on(); i++)
		if (fdar_stack_of(thread, kept[i].position) != FDAR_STACK_COROUTINE ||
		    !again(thread, &kept[i], now))
			break;
	go_out(thread);
}
