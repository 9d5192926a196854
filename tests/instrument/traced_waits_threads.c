#include "traced_waits.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool ready;
static sem_t semaphore;

static void *wake(void *nothing)
{
	until_main_waits();
	pthread_mutex_lock(&mutex);
	ready = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&mutex);
	sem_post(&semaphore);
	return nothing;
}

static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec time;

	clock_gettime(clock, &time);
	time.tv_nsec += ms * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_sec++;
		time.tv_nsec -= 1000000000;
	}
	return time;
}

static void conditions(void)
{
	struct timespec soon;
	pthread_t thread;

	pthread_mutex_lock(&mutex);
	pthread_create(&thread, NULL, wake, NULL);
	while (!ready) {
		said("pthread_cond_wait", pthread_cond_wait(&changed, &mutex));
		expect_wait("pthread_cond_wait", 4, -1, 0);
	}
	soon = in_ms(CLOCK_REALTIME, 10);
	said("pthread_cond_timedwait, timeout",
	     pthread_cond_timedwait(&changed, &mutex, &soon) == ETIMEDOUT);
	expect_wait("pthread_cond_timedwait", 4, -1, ETIMEDOUT);
	soon = in_ms(CLOCK_MONOTONIC, 10);
	said("pthread_cond_clockwait, timeout",
	     pthread_cond_clockwait(&changed, &mutex, CLOCK_MONOTONIC, &soon) == ETIMEDOUT);
	expect_wait("pthread_cond_clockwait", 4, -1, ETIMEDOUT);
	pthread_mutex_unlock(&mutex);
	thread_done(thread);
	said("sem_wait, ready", sem_wait(&semaphore));
}

static void semaphores(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 10), wrong = { .tv_nsec = -1 };
	pthread_t thread;

	said("sem_timedwait, timeout", sem_timedwait(&semaphore, &soon));
	expect_wait("sem_timedwait", 4, -1, -1);
	said("sem_timedwait, no time", sem_timedwait(&semaphore, &wrong));
	pthread_create(&thread, NULL, wake, NULL);
	said("sem_wait, late", sem_wait(&semaphore));
	expect_wait("sem_wait", 4, -1, 0);
	thread_done(thread);
}

static void sleeps(void)
{
	struct timespec span = { .tv_nsec = 1000000 }, long_time = { .tv_sec = 1000 },
			left = { 0, 0 };

	said("nanosleep", nanosleep(&span, NULL));
	expect_wait("nanosleep", 6, -1, 0);
	later_signal();
	said("nanosleep, signal", nanosleep(&long_time, &left));
	expect_wait("nanosleep", 6, -1, -1);
	later_done();
	said("there is time left", left.tv_nsec > 0);
	said("clock_nanosleep", clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL));
	expect_wait("clock_nanosleep", 6, -1, 0);
	said("usleep", usleep(1000));
	expect_wait("usleep", 6, -1, 0);
	said("sleep", sleep(0));
	expect_wait("sleep", 6, -1, 0);
}

/* A cancelled thread has its mutex back while its clean-up runs. */
static void unlock(void *nothing)
{
	(void)nothing;
	pthread_mutex_unlock(&mutex);
}

static void *wait_for_ever(void *nothing)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, NULL);
	for (;;)
		pthread_cond_wait(&changed, &mutex);
	pthread_cleanup_pop(1);
	return nothing;
}

static void cancelled(void)
{
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, wait_for_ever, NULL);
	usleep(20000);
	expect_wait("usleep", 6, -1, 0);
	pthread_cancel(thread);
	result = thread_done(thread);
	said("pthread_cond_wait, cancelled", result == PTHREAD_CANCELED);
	said("its mutex is free", pthread_mutex_trylock(&mutex));
	pthread_mutex_unlock(&mutex);
}

void waits_of_threads(void)
{
	sem_init(&semaphore, 0, 0);
	conditions();
	semaphores();
	sleeps();
	cancelled();
}
