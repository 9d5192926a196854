#include "functions/forking.h"

#include <pthread.h>
#include <unistd.h>

#include "provider/lock.h"
#include "functions/records.h"
#include "functions/threads.h"
#include "provider/control.h"

#define OTHERS_MS 2000u /* that another thread's fork may take */
#define HOLDER_MS 1000u /* that who has a lock may wait for a processor */

/* The tid of who has them. */
static uint32_t fork_lock, change_lock;

/* Whether this process was made in the middle of a change, or one of its fathers was; and whether its counters are
 * still to say so: until it has some, its father's are there. */
static uint32_t half_changed, half_untold;

/* Atomic: somebody has not given a lock back in all of HOLDER_MS. Should he stand still for ever, that is what one
 * fork takes longer, not each. */
static uint32_t holder_stuck;

/* Of the fork that this thread is in: which locks it has taken. */
static __thread struct {
	bool begun, by_handler;
	bool fork, change, list;
} mine __attribute__((tls_model("initial-exec")));

static void locks_take(unsigned others_ms, unsigned holder_ms)
{
	bool patient =
		holder_ms > FDAR_FORKING_MS && !__atomic_load_n(&holder_stuck, __ATOMIC_RELAXED);
	unsigned ms = patient ? holder_ms : FDAR_FORKING_MS;
	bool whole;

	mine.begun = true;
	mine.fork = fdar_lock_take_within(&fork_lock, others_ms) == FDAR_LOCK_TAKEN;
	mine.change = fdar_lock_take_within(&change_lock, ms) == FDAR_LOCK_TAKEN;
	mine.list = fdar_threads_lock_within(mine.change ? ms : FDAR_FORKING_MS);
	whole = mine.change && mine.list;
	if (whole || patient)
		__atomic_store_n(&holder_stuck, !whole, __ATOMIC_RELAXED);
}

static void parent_done(void)
{
	if (mine.list)
		fdar_threads_unlock();
	if (mine.change)
		fdar_lock_give(&change_lock);
	if (mine.fork)
		fdar_lock_give(&fork_lock);
}

/* Alone: who had the locks that we have not got is not here. */
static void child_done(void)
{
	bool whole = mine.change && mine.list;

	fork_lock = change_lock = holder_stuck = 0;
	fdar_threads_forked(mine.list);
	if (whole || half_changed)
		return;
	half_changed = half_untold = 1;
}

static void done(void)
{
	if (!mine.begun)
		return;
	if (getpid() == fdar_threads_pid)
		parent_done();
	else
		child_done();
	mine.begun = mine.by_handler = false;
}

void fdar_forking_begin(void)
{
	if (mine.begun)
		return;
	fdar_records_flush_own();
	locks_take(OTHERS_MS, HOLDER_MS);
}

void fdar_forking_end(void)
{
	done();
}

void fdar_forking_forked(void)
{
	struct fdar_thread *self = fdar_thread_self;

	if (half_untold)
		fdar_control_add(gave_up, 1);
	half_untold = 0;
	if (!self)
		return;
	fdar_counting_init(&self->counting);
	fdar_counting_begin(&self->counting);
}

/* The C library's handlers: of a fork that was not announced, or in the middle of one that was, where
 * LTTng is locked and nothing can be written. */
static void handler_prepare(void)
{
	if (mine.begun)
		return;
	mine.by_handler = true;
	fdar_records_flush_own();
	locks_take(FDAR_FORKING_MS, FDAR_FORKING_MS);
}

static void handler_parent(void)
{
	if (mine.by_handler)
		done();
}

/* As early as can be: functions that are called from here on are the child's. */
static void handler_child(void)
{
	done();
}

void fdar_forking_watch(void)
{
	pthread_atfork(handler_prepare, handler_parent, handler_child);
}

bool fdar_forking_change_begin(void)
{
	enum fdar_lock_got got;

	if (half_changed)
		return false;
	got = fdar_lock_take_within(&change_lock, FDAR_FORKING_MS);
	return got == FDAR_LOCK_TAKEN;
}

void fdar_forking_change_end(void)
{
	fdar_lock_give(&change_lock);
}
