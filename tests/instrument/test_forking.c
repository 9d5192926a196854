/* A fork while somebody changes what a child is to find whole: it waits for who only needs a processor, and goes on
 * without who stands still. */
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "functions/forking.h"
#include "functions/records.h"
#include "functions/threads.h"
#include "provider/control.h"

#define TRIES 20u

/* ---- what others have elsewhere ---- */

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

void fdar_records_flush_own(void)
{
}

/* ---- a change ---- */

static sem_t is_held, is_enough;

static void *change_for_long(void *data)
{
	(void)data;
	g_assert_true(fdar_forking_change_begin());
	sem_post(&is_held);
	g_usleep(3 * FDAR_FORKING_MS * 1000);
	fdar_forking_change_end();
	return NULL;
}

static void *change_until_told(void *data)
{
	(void)data;
	g_assert_true(fdar_forking_change_begin());
	sem_post(&is_held);
	sem_wait(&is_enough);
	fdar_forking_change_end();
	return NULL;
}

/* Whether the child found all of it whole. */
static gboolean fork_once(void)
{
	int status = 0;
	pid_t child;

	fdar_forking_begin();
	child = fork();
	g_assert_cmpint(child, >=, 0);
	fdar_forking_end();
	if (child == 0) {
		/* until here they are its parent's */
		if (counters->gave_up)
			_exit(2);
		fdar_forking_forked();
		_exit(counters->gave_up ? 1 : 0);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpuint(counters->gave_up, ==, 0);
	g_assert_cmpint(WEXITSTATUS(status), <=, 1);
	return WEXITSTATUS(status) == 0;
}

static gboolean fork_during(void *(*change)(void *))
{
	pthread_t helper;
	gboolean is_whole;

	g_assert_cmpint(pthread_create(&helper, NULL, change, NULL), ==, 0);
	sem_wait(&is_held);
	is_whole = fork_once();
	sem_post(&is_enough);
	pthread_join(helper, NULL);
	return is_whole;
}

/* A machine may be so busy that one is not waited for; hardly each time. */
static void test_waited_for(void)
{
	guint tries = 0;

	while (!fork_during(change_for_long)) {
		g_assert_cmpuint(++tries, <, TRIES);
		g_assert_true(fork_once());
	}
}

static void test_gone_without(void)
{
	while (sem_trywait(&is_enough) == 0)
		;
	g_assert_false(fork_during(change_until_told));
	g_assert_true(fork_once());
}

int main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	counters = g_malloc0(sizeof(*counters));
	sem_init(&is_held, 0, 0);
	sem_init(&is_enough, 0, 0);
	fdar_threads_init();
	g_test_add_func("/forking/waited-for", test_waited_for);
	g_test_add_func("/forking/gone-without", test_gone_without);
	result = g_test_run();
	g_free(counters);
	return result;
}
