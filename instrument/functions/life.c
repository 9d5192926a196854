#include "functions/life.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include "flowdar/flowdar.h"
#include "functions/clock.h"
#include "provider/lock.h"
#include "functions/records.h"
#include "functions/selection.h"
#include "functions/stack.h"

#define AGAIN_NS UINT64_C(100000000)

/* The calling thread has none and is to have none: it is beginning, or ending, or the helper's. */
static __thread volatile int none_for_me __attribute__((tls_model("initial-exec")));

/* It has none as none could be had: when it may try again, in ticks. */
static __thread uint64_t again_at __attribute__((tls_model("initial-exec")));

/* Set once, before any thread comes. */
static struct {
	bool keyed;
	pthread_key_t key;
	void (*newcomer)(struct fdar_thread *thread);
} life;

static bool thread_start(void)
{
	struct fdar_thread *thread = fdar_threads_new();
	uintptr_t low, high;

	if (!thread)
		return false;
	thread->tid = fdar_lock_tid();
	thread->stack_bytes = UINTPTR_MAX;
	thread->signal_bytes = 0;
	thread->coroutine_bytes = 0;
	thread->vectors = FDAR_THREAD_VECTORS_UNKNOWN;
	thread->elsewhere = thread->told_elsewhere = 0;
	if (fdar_stack_find(thread->tid == (uint32_t)getpid(), &low, &high)) {
		thread->stack_low = low;
		thread->stack_bytes = high - low;
	}
	thread->alone_bytes = thread->stack_bytes;
	fdar_writer_init(&thread->writer);
	fdar_counting_begin(&thread->counting);
	if (!fdar_threads_add(thread, life.newcomer))
		return false;
	pthread_setspecific(life.key, thread);
	fdar_thread_self = thread;
	return true;
}

struct fdar_thread *fdar_thread_begin(void)
{
	int saved_errno = errno;

	if (none_for_me || !life.keyed || fdar_clock_ticks() < again_at)
		return NULL;
	none_for_me = 1;
	/* A signal handler that interrupted this thread where it holds the lock gets none yet; and
	 * where none can be had, none is asked for at the next call. */
	if (!fdar_threads_mine() && !thread_start())
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
	    pthread_setspecific(life.key, thread) == 0)
		return;
	none_for_me = 1;
	__atomic_store_n(&thread->busy, (uintptr_t)__builtin_frame_address(0), __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&thread->attention, __ATOMIC_ACQUIRE))
		fdar_thread_attend(thread, (uintptr_t)__builtin_frame_address(0));
	if (fdar_selection_on() && thread->returns.count > 0)
		fdar_records_unwind(thread, (uint32_t)thread->returns.count);
	fdar_thread_flush(thread, true);
	fdar_counting_end(&thread->counting);
	fdar_thread_self = NULL;
	__atomic_store_n(&thread->busy, 0, __ATOMIC_RELEASE);
	fdar_threads_remove(thread);
}

void fdar_life_init(void (*newcomer)(struct fdar_thread *thread))
{
	fdar_threads_init();
	life.newcomer = newcomer;
	life.keyed = pthread_key_create(&life.key, thread_end) == 0;
}

static bool any(const struct fdar_thread *thread, uint64_t data)
{
	(void)thread;
	(void)data;
	return true;
}

static void flush_all(struct fdar_thread *thread)
{
	fdar_records_flush(thread, fdar_clock_ticks(), false);
}

void fdar_life_flush(void)
{
	fdar_records_flush_own();
	fdar_threads_others(any, flush_all, 0);
}

/* A look from outside: what is wrong about it now is right the next time. */
static bool is_stale(const struct fdar_thread *thread, uint64_t ticks)
{
	uint64_t base = __atomic_load_n(&thread->writer.base, __ATOMIC_RELAXED);
	uint64_t now = fdar_clock_ticks();

	return base != 0 && now >= base && now - base >= ticks;
}

static void flush_buffer(struct fdar_thread *thread)
{
	fdar_thread_flush(thread, false);
}

void fdar_life_flush_stale(uint64_t ticks)
{
	fdar_threads_others(is_stale, flush_buffer, ticks);
}

void fdar_thread_never(bool never)
{
	none_for_me = never;
}
