/* A thread that cannot be put into the list, as a fork holds its lock, leaves nothing behind. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include <glib.h>

#include "functions/threads.h"
#include "provider/control.h"

/* ---- what the list's owner has elsewhere ---- */

struct fdar_clock fdar_clock = { .scale = UINT64_C(1) << 32 };
static struct fdar_control_counters *counters;

struct fdar_control_counters *flowdar_control_counters(void)
{
	return counters;
}

void fdar_returns_add(struct fdar_returns *returns)
{
	(void)returns;
}

/* ---- a fork ---- */

static sem_t is_held, is_enough;

static void *hold(void *data)
{
	(void)data;
	g_assert_true(fdar_threads_lock_within(100));
	sem_post(&is_held);
	sem_wait(&is_enough);
	fdar_threads_unlock();
	return NULL;
}

static void come(struct fdar_thread *thread)
{
	(void)thread;
}

static void count_state(struct fdar_thread *thread, void *data)
{
	(void)thread;
	++*(unsigned *)data;
}

static void test_no_lock(void)
{
	struct fdar_thread *state = fdar_threads_new();
	unsigned kept = 0;
	pthread_t fork;

	g_assert_nonnull(state);
	fdar_counting_begin(&state->counting);
	g_assert_cmpuint(counters->slots[0].taken, ==, 1);
	sem_init(&is_held, 0, 0);
	sem_init(&is_enough, 0, 0);
	g_assert_cmpint(pthread_create(&fork, NULL, hold, NULL), ==, 0);
	sem_wait(&is_held);
	g_assert_false(fdar_threads_add(state, come));
	sem_post(&is_enough);
	pthread_join(fork, NULL);
	g_assert_cmpuint(counters->slots[0].taken, ==, 0);
	fdar_threads_each_kept(count_state, &kept);
	g_assert_cmpuint(kept, ==, 1);
	/* The next thread has it. */
	g_assert_true(fdar_threads_new() == state);
	g_assert_true(fdar_threads_add(state, come));
	fdar_threads_remove(state);
	g_assert_true(fdar_threads_new() == state);
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	counters = g_malloc0(sizeof(*counters));
	counters->slots_ready = 1;
	fdar_threads_init();
	g_test_add_func("/threads/no-lock", test_no_lock);
	result = g_test_run();
	g_free(counters);
	return result;
}
