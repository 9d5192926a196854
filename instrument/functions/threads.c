#include "functions/threads.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "provider/lock.h"

#define SPINS        200u
#define TRIES        2000u /* of a tenth of a millisecond, to get a thread's state */
#define OWNER_WAIT_S 2
#define LIST_MS      500u /* at most, for the list's lock */

struct fdar_calls_settings fdar_calls_settings = { .depth_max = UINT32_MAX };
__thread struct fdar_thread *fdar_thread_self;
int fdar_threads_pid;

static struct {
	uint32_t lock; /* the tid of who has it */
	struct fdar_thread *first;
	struct fdar_thread *spare;
	struct fdar_thread *given; /* atomic: to be spare, added without the lock */
	bool barrier;              /* there is membarrier */
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
	thread->named = 0;
	thread->written = 0;
	thread->skipped = 0;
	thread->skipped_ticks = 0;
	fdar_writer_reset(&thread->writer, 0);
	fdar_counting_begin(&thread->counting);
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

/* Kept likewise, where the lock cannot be had. */
static void thread_give_back(struct fdar_thread *thread)
{
	thread->next = __atomic_load_n(&list.given, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&list.given, &thread->next, thread, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

/* Under the lock. */
static void given_take(void)
{
	struct fdar_thread *given = __atomic_exchange_n(&list.given, NULL, __ATOMIC_ACQUIRE);

	while (given) {
		struct fdar_thread *thread = given;

		given = thread->next;
		thread_drop(thread);
	}
}

struct fdar_thread *fdar_threads_new(void)
{
	struct fdar_thread *thread = NULL;
	void *memory;

	if (!list_lock())
		return NULL;
	given_take();
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
		fdar_counting_init(&thread->counting);
		thread->attention = list.barrier ? 0 : FDAR_THREAD_FENCED;
		return thread;
	}
	memory = mmap(NULL, sizeof(*thread), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	thread = memory;
	/* Where pages are larger, or the kernel is older, children that nobody announced are told less of. */
	madvise(thread->writer.data, FDAR_WRITER_PAGE, MADV_WIPEONFORK);
	thread->returns.frames = (const char *)thread->frames;
	thread->returns.frame_bytes = sizeof(thread->frames[0]);
	fdar_counting_init(&thread->counting);
	thread->attention = list.barrier ? 0 : FDAR_THREAD_FENCED;
	fdar_returns_add(&thread->returns);
	return thread;
}

bool fdar_threads_add(struct fdar_thread *thread, void (*newcomer)(struct fdar_thread *thread))
{
	if (!list_lock()) {
		fdar_counting_end(&thread->counting);
		thread_give_back(thread);
		return false;
	}
	newcomer(thread);
	thread_link(thread);
	list_unlock();
	return true;
}

void fdar_threads_remove(struct fdar_thread *thread)
{
	if (!list_lock())
		return;
	thread_unlink(thread);
	thread_drop(thread);
	list_unlock();
}

bool fdar_threads_mine(void)
{
	return fdar_lock_mine(&list.lock);
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
	self->named = 0;
	self->written = 0;
	self->lost = 0;
	self->told_elsewhere = self->elsewhere;
	self->skipped = 0;
	self->skipped_ticks = 0;
	fdar_counting_init(&self->counting);
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

bool fdar_threads_pending(void)
{
	const struct fdar_thread *self = fdar_thread_self;
	const uint8_t *at = self ? self->writer.data + FDAR_WRITER_HEAD_MAX : NULL;

	while (self && at < self->writer.next)
		if (*at++)
			return true;
	return false;
}

void fdar_threads_init(void)
{
	fdar_threads_pid = getpid();
	list.barrier =
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void fdar_threads_others(bool (*wanted)(const struct fdar_thread *thread, uint64_t data),
			 void (*act)(struct fdar_thread *thread), uint64_t data)
{
	if (!list_lock())
		return;
	for (struct fdar_thread *thread = list.first; thread; thread = thread->next) {
		if (thread == fdar_thread_self || !wanted(thread, data) || !thread_take(thread))
			continue;
		act(thread);
		thread_give(thread);
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
	given_take();
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
