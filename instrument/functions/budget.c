#include "functions/budget.h"

#include <stdlib.h>

#define CALLS_PART 5u /* of the budget, one is for calls whatever the rest costs */

/* How little a function says for what it costs. */
static uint64_t score(const struct fdar_budget_function *function)
{
	uint64_t mean = function->ns / (function->calls ? function->calls : 1) + 1;
	uint64_t spread = 1, ratio = function->longest_ns / mean;

	while (ratio > 1) {
		ratio /= 2;
		spread++;
	}
	return (function->calls << 20) / mean / spread;
}

/* What one that is off would cost in this window, at the rate that it had. */
static uint64_t expected_ns(const struct fdar_budget_function *function, uint64_t window_ns,
			    uint64_t cost_ns)
{
	unsigned __int128 calls = (unsigned __int128)function->calls * window_ns;

	return (uint64_t)(calls / (function->window_ns ? function->window_ns : 1)) * cost_ns;
}

struct sorting {
	const struct fdar_budget_function *functions;
};

static int by_score(const void *a, const void *b, void *user)
{
	const struct sorting *sorting = user;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	uint64_t one = score(&sorting->functions[left]), two = score(&sorting->functions[right]);

	if (one != two)
		return one > two ? -1 : 1;
	return left < right ? -1 : left > right;
}

static size_t choose(const struct fdar_budget_function *functions, uint32_t *order, size_t count,
		     bool off)
{
	struct sorting sorting = { functions };
	size_t chosen = 0;

	for (size_t i = 0; i < count; i++)
		if (functions[i].off == off && functions[i].calls > 0)
			order[chosen++] = (uint32_t)i;
	qsort_r(order, chosen, sizeof(order[0]), by_score, &sorting);
	return chosen;
}

uint32_t fdar_budget_left_ppm(uint64_t window_ns, uint64_t others_ns, uint32_t budget_ppm)
{
	unsigned __int128 others_ppm = (unsigned __int128)others_ns * 1000000u;
	uint32_t least = budget_ppm / CALLS_PART;

	others_ppm /= window_ns ? window_ns : 1;
	return others_ppm >= budget_ppm - least ? least : budget_ppm - (uint32_t)others_ppm;
}

uint64_t fdar_budget_decide(struct fdar_budget_function *functions, uint32_t *order, size_t count,
			    uint64_t window_ns, uint64_t cost_ns, uint32_t budget_ppm)
{
	uint64_t budget = (uint64_t)((unsigned __int128)window_ns * budget_ppm / 1000000u);
	uint64_t spent = 0;
	size_t chosen;

	for (size_t i = 0; i < count; i++) {
		functions[i].changed = false;
		if (!functions[i].off)
			spent += functions[i].calls * cost_ns;
	}
	if (spent > budget) {
		chosen = choose(functions, order, count, false);
		for (size_t i = 0; i < chosen && spent > FDAR_BUDGET_LOW(budget); i++) {
			struct fdar_budget_function *function = &functions[order[i]];

			function->off = true;
			function->changed = true;
			spent -= function->calls * cost_ns;
		}
	} else if (spent < budget / 2) {
		chosen = choose(functions, order, count, true);
		for (size_t i = chosen; i > 0; i--) {
			struct fdar_budget_function *function = &functions[order[i - 1]];
			uint64_t more = expected_ns(function, window_ns, cost_ns);

			if (more > FDAR_BUDGET_LOW(budget) ||
			    spent + more > FDAR_BUDGET_LOW(budget))
				continue;
			function->off = false;
			function->changed = true;
			spent += more;
		}
	}
	return spent;
}
