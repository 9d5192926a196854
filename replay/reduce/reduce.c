#include "replay/reduce/reduce.h"

#include <assert.h>

#include "replay/reduce/search.h"

#define CONFIRM_MOST 15u

static int by_number(gconstpointer a, gconstpointer b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return one < other ? -1 : one > other;
}

static void reduced_init(struct fdar_reduced *result)
{
	*result = (struct fdar_reduced){ .intensity = 1 };
	result->units = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	result->causes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	result->by_cause = g_array_new(FALSE, FALSE, sizeof(uint32_t));
}

void fdar_reduced_clear(struct fdar_reduced *result)
{
	g_clear_pointer(&result->units, g_array_unref);
	g_clear_pointer(&result->causes, g_array_unref);
	g_clear_pointer(&result->by_cause, g_array_unref);
}

static void add_cause(struct fdar_reduced *result, const uint32_t *units, size_t count)
{
	uint32_t size = (uint32_t)count;

	g_array_append_val(result->causes, size);
	g_array_append_vals(result->by_cause, units, size);
	g_array_append_vals(result->units, units, size);
	g_array_sort(result->units, by_number);
}

static struct fdar_try result_set(const struct fdar_reduced *result)
{
	return (struct fdar_try){ (const uint32_t *)(const void *)result->units->data,
				  result->units->len, result->intensity };
}

/* One cause more. */
static enum fdar_reduce_end search_one(struct fdar_tries *tries,
				       const struct fdar_reduce_options *options,
				       struct fdar_reduced *result)
{
	struct fdar_search search;
	enum fdar_reduce_end end;
	enum fdar_answer answer;

	fdar_search_init(&search, tries, options, result->units);
	answer = search.open ? fdar_search_whole(&search) : FDAR_ANSWER_NOT;
	if (answer == FDAR_ANSWER_STOP) {
		end = FDAR_REDUCE_STOPPED;
	} else if (answer == FDAR_ANSWER_NOT) {
		end = FDAR_REDUCE_HARMLESS;
	} else {
		end = fdar_search_run(&search);
		result->went_back += search.went_back;
		/* The best so far, when it was stopped; beside a cause that is whole it is worse than
		 * nothing. */
		if (end == FDAR_REDUCE_DONE ||
		    (end == FDAR_REDUCE_STOPPED && !result->causes->len)) {
			struct fdar_try best = fdar_search_best(&search);

			add_cause(result, best.units, best.count);
			if (result->causes->len == 1)
				result->intensity = best.intensity;
		}
	}
	fdar_search_clear(&search);
	return end;
}

static enum fdar_reduce_end search_all(struct fdar_tries *tries,
				       const struct fdar_reduce_options *options,
				       struct fdar_reduced *result)
{
	enum fdar_reduce_end end = search_one(tries, options, result);

	while (options->all && end == FDAR_REDUCE_DONE && result->units->len < options->units)
		end = search_one(tries, options, result);
	/* What is left without the causes is harmless: that is how it ends well. */
	if (result->causes->len && (end == FDAR_REDUCE_HARMLESS || end == FDAR_REDUCE_DOUBTFUL))
		end = FDAR_REDUCE_DONE;
	if (options->load && result->units->len)
		result->intensity = fdar_try_copies(options->load, result->units->len);
	return end;
}

/* The fewest copies that hurt, by bisection. */
static enum fdar_reduce_end lower(struct fdar_tries *tries,
				  const struct fdar_reduce_options *options,
				  struct fdar_reduced *result)
{
	unsigned trust = options->trust;
	uint32_t lo = 0;

	while (result->intensity - lo > 1) {
		struct fdar_try set = result_set(result);
		enum fdar_answer answer;

		/* One copy is often enough: that is asked first. */
		set.intensity = lo ? lo + (result->intensity - lo) / 2 : 1;
		answer = fdar_tries_ask(tries, &set, trust + (trust > 1), trust, CONFIRM_MOST);
		if (answer == FDAR_ANSWER_STOP)
			return FDAR_REDUCE_STOPPED;
		if (answer == FDAR_ANSWER_HURTS) {
			result->intensity = set.intensity;
			if (options->better)
				options->better(options->user, &set);
		} else {
			lo = set.intensity;
		}
	}
	return FDAR_REDUCE_DONE;
}

/* Asks anew, one question after the other: earlier answers made it the result, so they cannot
 * speak for it. */
static void confirm(struct fdar_tries *tries, const struct fdar_reduce_options *options,
		    struct fdar_reduced *result)
{
	struct fdar_try set = result_set(result);

	for (uint32_t i = 0; i < options->confirm; i++) {
		struct fdar_tally_of_try before = fdar_tries_of(tries, &set), after;

		/* Leads that no tally has: exactly one question more. */
		if (fdar_tries_ask(tries, &set, G_MAXINT32, G_MAXINT32, 1) == FDAR_ANSWER_STOP) {
			result->end = FDAR_REDUCE_STOPPED;
			return;
		}
		after = fdar_tries_of(tries, &set);
		result->confirmed += after.hurts - before.hurts;
		result->confirm_runs++;
	}
}

void fdar_reduce_run(struct fdar_tries *tries, const struct fdar_reduce_options *options,
		     struct fdar_reduced *result)
{
	assert(options->units > 0 && options->trust > 0 && options->intensity > 0);
	reduced_init(result);
	result->intensity = options->intensity;
	result->end = search_all(tries, options, result);
}

void fdar_reduce_settle(struct fdar_tries *tries, const struct fdar_reduce_options *options,
			struct fdar_reduced *result)
{
	assert(result->units->len > 0);
	result->end = options->keep_load ? FDAR_REDUCE_DONE : lower(tries, options, result);
	if (result->end == FDAR_REDUCE_DONE)
		confirm(tries, options, result);
}
