#include "functions/threads.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "flowdar/flowdar.h"
#include "functions/lock.h"
#include "functions/selection.h"
#include "functions/stack.h"

#define SPINS        200u
#define TRIES        2000u /* of a tenth of a millisecond, to get a thread's state */
#define OWNER_WAIT_S 2
#define AGAIN_NS     UINT64_C(100000000)
#define LIST_MS      500u /* at most, for the list's lock */

struct fdar_calls_settings fdar_calls_settings = { .depth_max = UINT32_MAX };
__thread struct fdar_thread *fdar_thread_self;
int fdar_threads_pid;

/* The calling thread has none and is to have none: it is beginning, or ending, or the helper's. */
static __thread volatile int none_for_me __attribute__((tls_model("initial-exec")));

/* It has none as none could be had: when it may try again, in ticks. */
static __thread uint64_t again_at __attribute__((tls_model("initial-exec")));

static struct {
	uint32_t lock; /* the tid of who has it */
	struct fdar_thread *first;
	struct fdar_thread *spare;
	bool barrier; /* there is membarrier */
	bool keyed;
	pthread_key_t key;
} list;

/* False: the caller has it already, or it cannot be had: a fork in another thread has it, and may be
 * waiting for what the caller has (the loader's lock, say). */
static bool list_lock(void)
{
	return fdar_lock_take_within(&list.lock, LIST_MS) == FDAR_LOCK_TAKEN;
}

static void list_unlock(void)
{
	fdar_lock_give(&list.lock);
}

static void attention_add(struct fdar_thread *thread, uint32_t bit)
{
	__atomic_fetch_or(&thread->attention, bit, __ATOMIC_SEQ_CST);
}

static void attention_drop(struct fdar_thread *thread, uint32_t bit)
{
	__atomic_fetch_and(&thread->attention, ~bit, __ATOMIC_RELEASE);
}

/* Another thread's state. False: its owner stays inside, waiting at the gate most likely. */
static bool thread_take(struct fdar_thread *thread)
{
	attention_add(thread, FDAR_THREAD_TAKEN);
	if (list.barrier)
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	for (unsigned tries = 0; tries < TRIES; tries++) {
		if (__atomic_load_n(&thread->busy, __ATOMIC_SEQ_CST) == 0)
			return true;
		if (tries > 10)
			fdar_lock_nap();
	}
	attention_drop(thread, FDAR_THREAD_TAKEN);
	return false;
}

static void thread_give(struct fdar_thread *thread)
{
	attention_drop(thread, FDAR_THREAD_TAKEN);
	syscall(SYS_futex, &thread->attention, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Until the taker is done. One that is not after seconds is none: a raw clone() lost it. */
static void owner_wait(struct fdar_thread *thread)
{
	struct timespec most = { OWNER_WAIT_S, 0 };

	for (unsigned spins = 0;; spins++) {
		uint32_t value = __atomic_load_n(&thread->attention, __ATOMIC_ACQUIRE);

		if (!(value & FDAR_THREAD_TAKEN))
			return;
		if (spins < SPINS)
			continue;
		if (syscall(SYS_futex, &thread->attention, FUTEX_WAIT_PRIVATE, value, &most, NULL,
			    0) < 0 &&
		    errno == ETIMEDOUT)
			attention_drop(thread, FDAR_THREAD_TAKEN);
	}
}

/* Another recording: calls that hooks told of may have ended meanwhile, unseen. Those whose return
 * address is ours are still open. */
static void thread_restart(struct fdar_thread *thread)
{
	uint32_t kept = 0;

	for (uint64_t i = 0; i < thread->returns.count; i++)
		if (thread->frames[i].from == 0)
			thread->frames[kept++] = thread->frames[i];
	__atomic_store_n(&thread->returns.count, kept, __ATOMIC_RELAXED);
	thread->inherited = kept;
	thread->written = 0;
	thread->skipped = 0;
	thread->skipped_ticks = 0;
	fdar_writer_reset(&thread->writer, 0);
}

void fdar_thread_attend(struct fdar_thread *thread, uintptr_t position)
{
	int saved_errno = errno;
	uint32_t attention;

	for (;;) {
		if (__atomic_load_n(&thread->attention, __ATOMIC_RELAXED) & FDAR_THREAD_FENCED)
			__atomic_exchange_n(&thread->busy, position, __ATOMIC_SEQ_CST);
		attention = __atomic_load_n(&thread->attention, __ATOMIC_SEQ_CST);
		if (!(attention & FDAR_THREAD_TAKEN))
			break;
		__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
		owner_wait(thread);
		__atomic_store_n(&thread->busy, position, __ATOMIC_RELAXED);
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
	}
	if (attention & FDAR_THREAD_RESTART) {
		attention_drop(thread, FDAR_THREAD_RESTART);
		thread_restart(thread);
	}
	errno = saved_errno;
}

static void thread_unlink(struct fdar_thread *thread)
{
	if (thread->next)
		thread->next->previous = thread->previous;
	if (thread->previous)
		thread->previous->next = thread->next;
	else
		list.first = thread->next;
}

static void thread_link(struct fdar_thread *thread)
{
	thread->next = list.first;
	thread->previous = NULL;
	if (list.first)
		list.first->previous = thread;
	list.first = thread;
}

/* Kept for another thread. Under the lock. */
static void thread_drop(struct fdar_thread *thread)
{
	__atomic_store_n(&thread->returns.count, 0, __ATOMIC_RELAXED);
	thread->next = list.spare;
	list.spare = thread;
}

static struct fdar_thread *thread_memory(void)
{
	struct fdar_thread *thread = NULL;
	void *memory;

	if (!list_lock())
		return NULL;
	if (list.spare) {
		thread = list.spare;
		list.spare = thread->next;
	}
	list_unlock();
	if (thread) {
		struct fdar_count *counts = thread->counts;

		memset((char *)thread + sizeof(thread->returns), 0,
		       offsetof(struct fdar_thread, writer) - sizeof(thread->returns));
		thread->counts = counts;
		return thread;
	}
	memory = mmap(NULL, sizeof(*thread), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	thread = memory;
	thread->returns.frames = (const char *)thread->frames;
	thread->returns.frame_bytes = sizeof(thread->frames[0]);
	fdar_returns_add(&thread->returns);
	return thread;
}

static bool thread_start(void)
{
	struct fdar_thread *thread = thread_memory();
	uintptr_t low, high;

	if (!thread)
		return false;
	thread->tid = fdar_lock_tid();
	thread->stack_bytes = UINTPTR_MAX;
	if (fdar_stack_find(thread->tid == (uint32_t)getpid(), &low, &high)) {
		thread->stack_low = low;
		thread->stack_bytes = high - low;
	}
	if (!list.barrier)
		thread->attention = FDAR_THREAD_FENCED;
	fdar_writer_init(&thread->writer);
	if (!list_lock())
		return false;
	fdar_selection_thread(thread);
	thread_link(thread);
	list_unlock();
	pthread_setspecific(list.key, thread);
	fdar_thread_self = thread;
	return true;
}

struct fdar_thread *fdar_thread_begin(void)
{
	int saved_errno = errno;

	if (none_for_me || !list.keyed || fdar_clock_ticks() < again_at)
		return NULL;
	none_for_me = 1;
	/* A signal handler that interrupted this thread where it holds the lock gets none yet; and
	 * where none can be had, none is asked for at the next call. */
	if (!fdar_lock_mine(&list.lock) && !thread_start())
		again_at = fdar_clock_ticks() + fdar_clock_ticks_of(AGAIN_NS);
	none_for_me = 0;
	errno = saved_errno;
	return fdar_thread_self;
}

/* The thread ends; called again, as others' destructors may call functions too, up to the last time
 * but one that the C library promises: a sanitizer's has the last. */
static void thread_end(void *data)
{
	struct fdar_thread *thread = data;

	if (++thread->ending < PTHREAD_DESTRUCTOR_ITERATIONS - 1 &&
	    pthread_setspecific(list.key, thread) == 0)
		return;
	none_for_me = 1;
	__atomic_store_n(&thread->busy, (uintptr_t)__builtin_frame_address(0), __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&thread->attention, __ATOMIC_ACQUIRE))
		fdar_thread_attend(thread, (uintptr_t)__builtin_frame_address(0));
	if (fdar_selection_on())
		fdar_frames_unwind_all(thread);
	fdar_thread_flush(thread, true);
	fdar_thread_self = NULL;
	__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
	if (!list_lock())
		return;
	thread_unlink(thread);
	thread_drop(thread);
	list_unlock();
}

bool fdar_threads_lock_within(unsigned ms)
{
	return fdar_lock_take_within(&list.lock, ms) == FDAR_LOCK_TAKEN;
}

void fdar_threads_unlock(void)
{
	list_unlock();
}

/* Its parent's calls, which are open, are told once more; what it has not written its parent will. */
static void thread_forked(struct fdar_thread *self)
{
	thread_link(self);
	self->tid = fdar_lock_tid();
	self->attention &= FDAR_THREAD_FENCED;
	self->inherited = (uint32_t)self->returns.count;
	self->written = 0;
	self->lost = 0;
	self->skipped = 0;
	self->skipped_ticks = 0;
	self->told_calls = 0;
	self->told_skipped = 0;
	self->told_unwound = 0;
	fdar_writer_reset(&self->writer, 0);
}

void fdar_threads_forked(bool whole)
{
	struct fdar_thread *self = fdar_thread_self;

	list.lock = 0;
	fdar_threads_pid = getpid();
	if (!whole)
		list.first = list.spare = NULL;
	while (list.first) {
		struct fdar_thread *thread = list.first;

		list.first = thread->next;
		if (thread != self)
			thread_drop(thread);
	}
	if (self)
		thread_forked(self);
}

void fdar_threads_init(void)
{
	fdar_threads_pid = getpid();
	list.keyed = pthread_key_create(&list.key, thread_end) == 0;
	list.barrier =
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

static void thread_flush_other(struct fdar_thread *thread)
{
	if (thread_take(thread)) {
		fdar_thread_flush_all(thread, fdar_clock_ticks(), false);
		thread_give(thread);
	}
}

void fdar_threads_flush(void)
{
	fdar_thread_flush_own();
	if (!list_lock())
		return;
	for (struct fdar_thread *thread = list.first; thread; thread = thread->next)
		if (thread != fdar_thread_self)
			thread_flush_other(thread);
	list_unlock();
}

void fdar_threads_flush_stale(uint64_t ticks)
{
	uint64_t now = fdar_clock_ticks();

	if (!list_lock())
		return;
	for (struct fdar_thread *thread = list.first; thread; thread = thread->next) {
		uint64_t base = __atomic_load_n(&thread->writer.base, __ATOMIC_RELAXED);

		/* A look from outside: what is wrong about it now is right the next time. */
		if (thread == fdar_thread_self || base == 0 || now < base || now - base < ticks)
			continue;
		if (thread_take(thread)) {
			fdar_thread_flush(thread, false);
			thread_give(thread);
		}
	}
	list_unlock();
}

void fdar_threads_restart(void)
{
	if (!list_lock())
		return;
	for (struct fdar_thread *thread = list.first; thread; thread = thread->next)
		attention_add(thread, FDAR_THREAD_RESTART);
	list_unlock();
}

void fdar_threads_each(void (*visit)(struct fdar_thread *thread, void *data), void *data)
{
	if (!list_lock())
		return;
	for (struct fdar_thread *thread = list.first; thread; thread = thread->next)
		visit(thread, data);
	list_unlock();
}

void fdar_threads_each_kept(void (*visit)(struct fdar_thread *thread, void *data), void *data)
{
	if (!list_lock())
		return;
	for (struct fdar_thread *thread = list.first; thread; thread = thread->next)
		visit(thread, data);
	for (struct fdar_thread *thread = list.spare; thread; thread = thread->next)
		visit(thread, data);
	list_unlock();
}

void fdar_threads_locked(void (*act)(void *data), void *data)
{
	if (!list_lock())
		return;
	act(data);
	list_unlock();
}

bool fdar_threads_grace(void)
{
	bool all = true;

	if (!list_lock())
		return false;
	for (struct fdar_thread *thread = list.first; thread; thread = thread->next) {
		if (thread == fdar_thread_self)
			continue;
		if (thread_take(thread))
			thread_give(thread);
		else
			all = false;
	}
	list_unlock();
	return all;
}

void fdar_thread_never(bool never)
{
	none_for_me = never;
}
