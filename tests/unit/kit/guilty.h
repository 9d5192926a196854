/*
 * Guilty units among many, and an oracle that knows them: for tests and benches of the search.
 *
 * A cause is a set of units that hurts when all of them are there, in enough copies. The oracle can
 * be wrong at random, either way, and unable to tell.
 */
#ifndef FDAR_TESTS_GUILTY_H
#define FDAR_TESTS_GUILTY_H

#include <glib.h>
#include <math.h>

#include "replay/reduce/reduce.h"

#define GUILTY_MAX 16

struct guilty {
	GRand *rand;
	uint32_t units;             /* of all */
	uint32_t count;             /* guilty ones */
	uint32_t unit[GUILTY_MAX];  /* rising */
	gboolean together;          /* one cause of all; otherwise each is one */
	uint32_t copies;            /* of each that it takes */
	double false_yes, false_no; /* how often it is wrong */
	double cannot_tell;
	uint64_t asked, stop_after;     /* 0: never */
	uint32_t load_least, load_most; /* units times copies, over all questions */
	GString *log;                   /* lines that were kept, or NULL */
};

/* Different units by the seed. */
static inline void guilty_init(struct guilty *guilty, uint32_t units, uint32_t count, guint32 seed)
{
	*guilty = (struct guilty){ .rand = g_rand_new_with_seed(seed),
				   .units = units,
				   .count = count,
				   .copies = 1,
				   .load_least = G_MAXUINT32 };
	for (uint32_t i = 0; i < count; i++) {
		uint32_t unit = (uint32_t)g_rand_int_range(guilty->rand, 0, (gint32)units), at = i;

		for (uint32_t j = 0; j < i; j++)
			if (guilty->unit[j] == unit)
				unit = (unit + 1) % units, j = G_MAXUINT32;
		for (; at && guilty->unit[at - 1] > unit; at--)
			guilty->unit[at] = guilty->unit[at - 1];
		guilty->unit[at] = unit;
	}
}

static inline void guilty_clear(struct guilty *guilty)
{
	g_rand_free(guilty->rand);
}

static inline uint32_t guilty_in(const struct guilty *guilty, const struct fdar_try *asked)
{
	uint32_t there = 0;

	for (size_t i = 0; i < asked->count; i++)
		for (uint32_t j = 0; j < guilty->count; j++)
			there += asked->units[i] == guilty->unit[j];
	return there;
}

/* An fdar_oracle_fn. */
static inline enum fdar_answer guilty_oracle(void *user, const struct fdar_try *asked,
					     double *figure)
{
	struct guilty *guilty = user;
	uint32_t there = guilty_in(guilty, asked);
	uint32_t load = (uint32_t)asked->count * asked->intensity;
	gboolean hurts =
		(guilty->together ? there == guilty->count : there > 0) &&
		(guilty->together ? asked->intensity : there * asked->intensity) >= guilty->copies;

	for (size_t i = 1; i < asked->count; i++)
		g_assert_cmpuint(asked->units[i - 1], <, asked->units[i]);
	g_assert_true(asked->count && asked->intensity &&
		      asked->units[asked->count - 1] < guilty->units);
	if (guilty->stop_after && guilty->asked >= guilty->stop_after)
		return FDAR_ANSWER_STOP;
	guilty->asked++;
	guilty->load_least = MIN(guilty->load_least, load);
	guilty->load_most = MAX(guilty->load_most, load);
	*figure = there;
	if (g_rand_double(guilty->rand) < guilty->cannot_tell)
		return FDAR_ANSWER_UNKNOWN;
	if (g_rand_double(guilty->rand) < (hurts ? guilty->false_no : guilty->false_yes))
		hurts = !hurts;
	return hurts ? FDAR_ANSWER_HURTS : FDAR_ANSWER_NOT;
}

static inline void guilty_keep(void *user, const char *line)
{
	struct guilty *guilty = user;

	if (guilty->log)
		g_string_append(guilty->log, line);
}

/* Whether what was found is the guilty ones, all of them and nobody else. */
static inline gboolean guilty_exactly(const struct guilty *guilty, const GArray *units)
{
	if (units->len != guilty->count)
		return FALSE;
	for (uint32_t i = 0; i < guilty->count; i++)
		if (g_array_index(units, uint32_t, i) != guilty->unit[i])
			return FALSE;
	return TRUE;
}

#endif
