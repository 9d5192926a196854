/*
 * instrument/io/descriptors.h: what is known of descriptors. Compiled with ThreadSanitizer as well.
 */
#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/descriptors.h"

#define EPOCH 7u

static struct fdar_descriptors table;

static uint64_t opened(int fd, enum fdar_open_kind kind)
{
	struct fdar_open before;

	g_assert_true(fdar_descriptors_open(&table, fd, kind, false, EPOCH, &before));
	return fdar_descriptors_get(&table, fd, EPOCH).key;
}

static void empty(void)
{
	g_assert_cmpint(fdar_descriptors_kind(&table, 5), ==, FDAR_OPEN_UNKNOWN);
	g_assert_cmpint(fdar_descriptors_kind(&table, -1), ==, FDAR_OPEN_UNKNOWN);
	g_assert_cmpint(fdar_descriptors_kind(&table, INT_MAX), ==, FDAR_OPEN_UNKNOWN);
	g_assert_cmpint(fdar_descriptors_close(&table, 5, EPOCH).kind, ==, FDAR_OPEN_UNKNOWN);
	g_assert_cmpint(fdar_descriptors_close(&table, -1, EPOCH).kind, ==, FDAR_OPEN_UNKNOWN);
	g_assert_cmpint(fdar_descriptors_highest(&table), ==, -1);
	g_assert_false(fdar_descriptors_tell(&table, 5, EPOCH, &(uint64_t){ 0 }));
}

static void generations(void)
{
	uint64_t first = opened(5, FDAR_OPEN_CLIENT), second;
	struct fdar_open was;

	g_assert_cmpuint(first, ==, UINT64_C(5) | UINT64_C(1) << 32);
	was = fdar_descriptors_close(&table, 5, EPOCH);
	g_assert_cmpint(was.kind, ==, FDAR_OPEN_CLIENT);
	g_assert_cmpuint(was.key, ==, first);
	g_assert_true(was.last);
	g_assert_cmpint(fdar_descriptors_kind(&table, 5), ==, FDAR_OPEN_UNKNOWN);
	second = opened(5, FDAR_OPEN_CLIENT);
	g_assert_cmpuint(second, ==, UINT64_C(5) | UINT64_C(2) << 32);
	/* Closed unseen: the next open tells what was there. */
	g_assert_true(fdar_descriptors_open(&table, 5, FDAR_OPEN_UPSTREAM, true, EPOCH, &was));
	g_assert_cmpint(was.kind, ==, FDAR_OPEN_CLIENT);
	g_assert_cmpuint(was.key, ==, second);
	g_assert_true(fdar_descriptors_get(&table, 5, EPOCH).nonblocking);
	g_assert_cmpint(fdar_descriptors_highest(&table), ==, 5);
}

static void found(void)
{
	fdar_descriptors_found(&table, 9, FDAR_OPEN_FILE, false);
	g_assert_cmpint(fdar_descriptors_kind(&table, 9), ==, FDAR_OPEN_FILE);
	fdar_descriptors_found(&table, 9, FDAR_OPEN_CLIENT, false);
	g_assert_cmpint(fdar_descriptors_kind(&table, 9), ==, FDAR_OPEN_FILE);
	fdar_descriptors_set_nonblocking(&table, 9, true);
	g_assert_true(fdar_descriptors_get(&table, 9, EPOCH).nonblocking);
	fdar_descriptors_set_nonblocking(&table, 9, false);
	g_assert_false(fdar_descriptors_get(&table, 9, EPOCH).nonblocking);
	fdar_descriptors_close(&table, 9, EPOCH);
	fdar_descriptors_set_nonblocking(&table, 9, true);
	g_assert_false(fdar_descriptors_get(&table, 9, EPOCH).nonblocking);
	/* A session that is found has a key of its own as well. */
	fdar_descriptors_found(&table, 9, FDAR_OPEN_CLIENT, false);
	g_assert_cmpuint(fdar_descriptors_get(&table, 9, EPOCH).key, ==,
			 UINT64_C(9) | UINT64_C(1) << 32);
}

static void told(void)
{
	uint64_t key = opened(5, FDAR_OPEN_CLIENT), got;

	g_assert_false(fdar_descriptors_get(&table, 5, EPOCH).told);
	g_assert_true(fdar_descriptors_tell(&table, 5, EPOCH, &got));
	g_assert_cmpuint(got, ==, key);
	g_assert_false(fdar_descriptors_tell(&table, 5, EPOCH, &got));
	g_assert_true(fdar_descriptors_get(&table, 5, EPOCH).told);
	g_assert_false(fdar_descriptors_get(&table, 5, EPOCH + 1).told);
	g_assert_true(fdar_descriptors_tell(&table, 5, EPOCH + 1, &got));
	g_assert_true(fdar_descriptors_close(&table, 5, EPOCH + 1).told);
	opened(5, FDAR_OPEN_CLIENT);
	g_assert_false(fdar_descriptors_close(&table, 5, EPOCH + 1).told);
	opened(6, FDAR_OPEN_UPSTREAM);
	g_assert_false(fdar_descriptors_tell(&table, 6, EPOCH, &got));
}

static void duplicates(void)
{
	uint64_t key = opened(5, FDAR_OPEN_CLIENT), got;
	struct fdar_open was;

	g_assert_cmpint(fdar_descriptors_duplicate(&table, 5, 8, EPOCH).kind, ==,
			FDAR_OPEN_UNKNOWN);
	g_assert_cmpuint(fdar_descriptors_get(&table, 8, EPOCH).key, ==, key);
	g_assert_true(fdar_descriptors_tell(&table, 8, EPOCH, &got));
	g_assert_cmpuint(got, ==, key);
	g_assert_false(fdar_descriptors_tell(&table, 5, EPOCH, &got));
	fdar_descriptors_duplicate(&table, 8, 9, EPOCH);
	was = fdar_descriptors_close(&table, 5, EPOCH);
	g_assert_false(was.last);
	g_assert_cmpuint(was.key, ==, key);
	/* The number is used again: another session, while the first lives on in the others. */
	g_assert_cmpuint(opened(5, FDAR_OPEN_CLIENT), !=, key);
	was = fdar_descriptors_close(&table, 9, EPOCH);
	g_assert_false(was.last);
	/* dup2() over it: closed as well. */
	was = fdar_descriptors_duplicate(&table, 5, 8, EPOCH);
	g_assert_true(was.last);
	g_assert_true(was.told);
	g_assert_cmpuint(was.key, ==, key);
	/* What is no session is copied as it is. */
	opened(20, FDAR_OPEN_UPSTREAM);
	fdar_descriptors_set_nonblocking(&table, 20, true);
	fdar_descriptors_duplicate(&table, 20, 21, EPOCH);
	g_assert_cmpint(fdar_descriptors_kind(&table, 21), ==, FDAR_OPEN_UPSTREAM);
	g_assert_true(fdar_descriptors_get(&table, 21, EPOCH).nonblocking);
	fdar_descriptors_duplicate(&table, 1000, 21, EPOCH);
	g_assert_cmpint(fdar_descriptors_kind(&table, 21), ==, FDAR_OPEN_UNKNOWN);
}

/* More sessions with two descriptors than there are slots: the rest have one. */
static void duplicates_without_end(void)
{
	int without = 0;

	for (int i = 0; i < 5000; i++) {
		opened(i, FDAR_OPEN_CLIENT);
		fdar_descriptors_duplicate(&table, i, 10000 + i, EPOCH);
		without += fdar_descriptors_kind(&table, 10000 + i) == FDAR_OPEN_UNKNOWN;
	}
	g_assert_cmpint(without, ==, 5000 - (int)FDAR_TABLE_SHARED_MAX);
	for (int i = 0; i < 5000; i++) {
		struct fdar_open was = fdar_descriptors_close(&table, i, EPOCH);

		g_assert_cmpint(was.last, ==, i >= (int)FDAR_TABLE_SHARED_MAX);
		g_assert_cmpint(fdar_descriptors_close(&table, 10000 + i, EPOCH).last, ==,
				i < (int)FDAR_TABLE_SHARED_MAX);
	}
	/* They are free again. */
	opened(1, FDAR_OPEN_CLIENT);
	fdar_descriptors_duplicate(&table, 1, 2, EPOCH);
	g_assert_cmpint(fdar_descriptors_kind(&table, 2), ==, FDAR_OPEN_CLIENT);
}

static void far_away(void)
{
	struct fdar_open before;

	g_assert_true(fdar_descriptors_open(&table, FDAR_TABLE_MAX - 1, FDAR_OPEN_CLIENT, false,
					    EPOCH, &before));
	g_assert_cmpint(fdar_descriptors_highest(&table), ==, FDAR_TABLE_MAX - 1);
	g_assert_false(fdar_descriptors_open(&table, FDAR_TABLE_MAX, FDAR_OPEN_CLIENT, false, EPOCH,
					     &before));
	g_assert_cmpint(fdar_descriptors_duplicate(&table, 5, FDAR_TABLE_MAX, EPOCH).kind, ==,
			FDAR_OPEN_UNKNOWN);
}

/* ---- threads ---- */

#define THREADS 4
#define ROUNDS  20000

static int begun, ended, told_of;

/* As a server does: a descriptor belongs to one thread at a time, the tables to all. */
static void *serve(void *user)
{
	int own = 100 + (int)(intptr_t)user;

	for (int i = 0; i < ROUNDS; i++) {
		struct fdar_open was;
		uint64_t key;
		int copy = 4096 * (1 + own % 3) + own;

		fdar_descriptors_open(&table, own, FDAR_OPEN_CLIENT, i % 2, EPOCH, &was);
		__atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
		if (fdar_descriptors_tell(&table, own, EPOCH, &key))
			__atomic_add_fetch(&told_of, 1, __ATOMIC_RELAXED);
		if (i % 3 == 0)
			fdar_descriptors_duplicate(&table, own, copy, EPOCH);
		fdar_descriptors_set_nonblocking(&table, own, true);
		was = fdar_descriptors_close(&table, own, EPOCH);
		if (i % 3 == 0 && !was.last)
			was = fdar_descriptors_close(&table, copy, EPOCH);
		if (was.last)
			__atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* All of them at one descriptor, as only wrong or unlucky programs do: nothing breaks. */
static void *quarrel(void *user)
{
	(void)user;
	for (int i = 0; i < ROUNDS; i++) {
		struct fdar_open was;
		uint64_t key;

		fdar_descriptors_open(&table, 7, FDAR_OPEN_CLIENT, false, EPOCH, &was);
		fdar_descriptors_tell(&table, 7, EPOCH, &key);
		fdar_descriptors_duplicate(&table, 7, 8, EPOCH);
		fdar_descriptors_get(&table, 8, EPOCH);
		fdar_descriptors_close(&table, 7, EPOCH);
		fdar_descriptors_close(&table, 8, EPOCH);
	}
	return NULL;
}

static void together(void *(*run)(void *))
{
	pthread_t threads[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		g_assert_cmpint(pthread_create(&threads[i], NULL, run, (void *)i), ==, 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void servers(void)
{
	together(serve);
	g_assert_cmpint(begun, ==, THREADS * ROUNDS);
	g_assert_cmpint(ended, ==, begun);
	g_assert_cmpint(told_of, ==, begun);
}

static void quarrels(void)
{
	together(quarrel);
	/* Every slot is free again. */
	fdar_descriptors_close(&table, 7, EPOCH);
	fdar_descriptors_close(&table, 8, EPOCH);
	for (unsigned i = 1; i <= FDAR_TABLE_SHARED_MAX; i++)
		g_assert_cmpuint(table.shared[i].count, ==, 0);
}

static void with_empty_table(gconstpointer test)
{
	void (*run)(void);

	memcpy(&run, &test, sizeof(run));
	fdar_descriptors_clear(&table);
	run();
	fdar_descriptors_clear(&table);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_data_func("/table/" #name, (gconstpointer)(name), with_empty_table)
	ADD(empty);
	ADD(generations);
	ADD(found);
	ADD(told);
	ADD(duplicates);
	ADD(duplicates_without_end);
	ADD(far_away);
	ADD(servers);
	ADD(quarrels);
	return g_test_run();
}
