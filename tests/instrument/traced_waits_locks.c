#include "traced_waits.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static mtx_t plain;
static volatile bool held;

/* Another thread holds a lock until this one waits for it. */
static void *hold_mutex(void *nothing)
{
	pthread_mutex_lock(&mutex);
	held = true;
	until_main_waits();
	pthread_mutex_unlock(&mutex);
	return nothing;
}

static void *hold_to_write(void *nothing)
{
	pthread_rwlock_wrlock(&lock);
	held = true;
	until_main_waits();
	pthread_rwlock_unlock(&lock);
	return nothing;
}

static void *hold_plain(void *nothing)
{
	mtx_lock(&plain);
	held = true;
	until_main_waits();
	mtx_unlock(&plain);
	return nothing;
}

static void *come_to_barrier(void *nothing)
{
	held = true;
	until_main_waits();
	pthread_barrier_wait(&barrier);
	return nothing;
}

static pthread_t holding(void *(*hold)(void *))
{
	pthread_t thread;

	held = false;
	if (pthread_create(&thread, NULL, hold, NULL) != 0)
		abort();
	while (!held)
		sched_yield();
	return thread;
}

static struct timespec in_s(clockid_t clock, long s)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_sec += s;
	return time;
}

static void mutexes(void)
{
	struct timespec late = in_s(CLOCK_REALTIME, 100), past = { .tv_sec = 1 };
	struct timespec late_here = in_s(CLOCK_MONOTONIC, 100), wrong = { .tv_nsec = -1 };
	pthread_mutexattr_t kind;
	pthread_mutex_t checked;
	pthread_t holder;

	said("pthread_mutex_lock, free", pthread_mutex_lock(&mutex));
	said("pthread_mutex_timedlock, past", pthread_mutex_timedlock(&mutex, &past));
	expect_wait("pthread_mutex_timedlock", 5, -1, ETIMEDOUT);
	said("pthread_mutex_timedlock, wrong", pthread_mutex_timedlock(&mutex, &wrong));
	expect_wait("pthread_mutex_timedlock", 5, -1, EINVAL);
	pthread_mutex_unlock(&mutex);
	said("pthread_mutex_timedlock, free", pthread_mutex_timedlock(&mutex, &wrong));
	pthread_mutex_unlock(&mutex);
	holder = holding(hold_mutex);
	said("pthread_mutex_lock, held", pthread_mutex_lock(&mutex));
	expect_wait("pthread_mutex_lock", 5, -1, 0);
	thread_done(holder);
	pthread_mutex_unlock(&mutex);
	holder = holding(hold_mutex);
	said("pthread_mutex_timedlock, held", pthread_mutex_timedlock(&mutex, &late));
	expect_wait("pthread_mutex_timedlock", 5, -1, 0);
	thread_done(holder);
	pthread_mutex_unlock(&mutex);
	holder = holding(hold_mutex);
	said("pthread_mutex_clocklock, held",
	     pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &late_here));
	expect_wait("pthread_mutex_clocklock", 5, -1, 0);
	thread_done(holder);
	pthread_mutex_unlock(&mutex);
	said("pthread_mutex_clocklock, no clock", pthread_mutex_clocklock(&mutex, 77, &late));
	expect_wait("pthread_mutex_clocklock", 5, -1, EINVAL);

	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&checked, &kind);
	said("pthread_mutex_lock, checked", pthread_mutex_lock(&checked));
	said("pthread_mutex_lock, twice", pthread_mutex_lock(&checked));
	expect_wait("pthread_mutex_lock", 5, -1, EDEADLK);
	pthread_mutex_unlock(&checked);
}

static void read_write_locks(void)
{
	struct timespec late = in_s(CLOCK_REALTIME, 100), past = { .tv_sec = 1 };
	struct timespec late_here = in_s(CLOCK_MONOTONIC, 100), wrong = { .tv_nsec = -1 };
	pthread_t holder;

	said("pthread_rwlock_rdlock, free", pthread_rwlock_rdlock(&lock));
	said("pthread_rwlock_rdlock, read by us", pthread_rwlock_rdlock(&lock));
	said("pthread_rwlock_timedwrlock, past", pthread_rwlock_timedwrlock(&lock, &past));
	expect_wait("pthread_rwlock_timedwrlock", 5, -1, ETIMEDOUT);
	pthread_rwlock_unlock(&lock);
	pthread_rwlock_unlock(&lock);
	said("pthread_rwlock_timedrdlock, wrong", pthread_rwlock_timedrdlock(&lock, &wrong));
	expect_wait("pthread_rwlock_timedrdlock", 5, -1, EINVAL);
	holder = holding(hold_to_write);
	said("pthread_rwlock_rdlock, held", pthread_rwlock_rdlock(&lock));
	expect_wait("pthread_rwlock_rdlock", 5, -1, 0);
	thread_done(holder);
	pthread_rwlock_unlock(&lock);
	holder = holding(hold_to_write);
	said("pthread_rwlock_wrlock, held", pthread_rwlock_wrlock(&lock));
	expect_wait("pthread_rwlock_wrlock", 5, -1, 0);
	thread_done(holder);
	pthread_rwlock_unlock(&lock);
	holder = holding(hold_to_write);
	said("pthread_rwlock_timedrdlock, held", pthread_rwlock_timedrdlock(&lock, &late));
	expect_wait("pthread_rwlock_timedrdlock", 5, -1, 0);
	thread_done(holder);
	pthread_rwlock_unlock(&lock);
	holder = holding(hold_to_write);
	said("pthread_rwlock_clockwrlock, held",
	     pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &late_here));
	expect_wait("pthread_rwlock_clockwrlock", 5, -1, 0);
	thread_done(holder);
	pthread_rwlock_unlock(&lock);
	said("pthread_rwlock_clockrdlock, free",
	     pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &late_here));
	pthread_rwlock_unlock(&lock);
}

static void of_c11(void)
{
	struct timespec past = { .tv_sec = 1 };
	pthread_t holder;
	cnd_t changed;

	mtx_init(&plain, mtx_timed);
	cnd_init(&changed);
	said("mtx_lock, free", mtx_lock(&plain));
	said("mtx_timedlock, past", mtx_timedlock(&plain, &past) == thrd_timedout);
	expect_wait("mtx_timedlock", 5, -1, thrd_timedout);
	said("cnd_timedwait, past", cnd_timedwait(&changed, &plain, &past) == thrd_timedout);
	expect_wait("cnd_timedwait", 4, -1, thrd_timedout);
	mtx_unlock(&plain);
	holder = holding(hold_plain);
	said("mtx_lock, held", mtx_lock(&plain));
	expect_wait("mtx_lock", 5, -1, thrd_success);
	thread_done(holder);
	mtx_unlock(&plain);
	said("thrd_sleep", thrd_sleep(&(struct timespec){ .tv_nsec = 1000 }, NULL));
	expect_wait("thrd_sleep", 6, -1, 0);
}

static void barriers(void)
{
	pthread_t other;
	int result;

	pthread_barrier_init(&barrier, NULL, 2);
	other = holding(come_to_barrier);
	result = pthread_barrier_wait(&barrier);
	said("pthread_barrier_wait", result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
	expect_wait("pthread_barrier_wait", 0, -1, result);
	thread_done(other);
}

/* A file's lock is that of an open file, so one process can wait for itself. */
static int locked_elsewhere;

static void *unlock_file(void *nothing)
{
	until_main_waits();
	flock(locked_elsewhere, LOCK_UN);
	fcntl(locked_elsewhere, F_OFD_SETLK, &(struct flock){ .l_type = F_UNLCK });
	return nothing;
}

static void files(void)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[] = "/tmp/traced_waits.XXXXXX";
	int file = mkstemp(path);
	pthread_t other;

	locked_elsewhere = open(path, O_RDWR | O_CLOEXEC);
	unlink(path);
	said("flock, free", flock(file, LOCK_EX));
	flock(file, LOCK_UN);
	flock(locked_elsewhere, LOCK_EX);
	said("flock, not to wait", flock(file, LOCK_EX | LOCK_NB));
	pthread_create(&other, NULL, unlock_file, NULL);
	said("flock, held", flock(file, LOCK_EX));
	expect_wait("flock", 5, file, 0);
	thread_done(other);
	said("fcntl, free", fcntl(file, F_OFD_SETLKW, &whole));
	fcntl(file, F_OFD_SETLK, &(struct flock){ .l_type = F_UNLCK });
	fcntl(locked_elsewhere, F_OFD_SETLK, &whole);
	pthread_create(&other, NULL, unlock_file, NULL);
	said("fcntl, held", fcntl(file, F_OFD_SETLKW, &whole));
	expect_wait("fcntl", 5, file, 0);
	thread_done(other);
	close(file);
	close(locked_elsewhere);
}

void waits_of_locks(void)
{
	mutexes();
	read_write_locks();
	of_c11();
	barriers();
	files();
}
