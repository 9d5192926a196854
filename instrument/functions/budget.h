/*
 * The budget: which functions are not worth what recording them costs.
 *
 * Place in the house: used by select.c in the helper thread; plain arithmetic, tested by itself.
 *
 * The budget is of all that is recorded; sessions, waits and reads are told in any case, so calls have what those
 * leave.
 *
 * Over a window of processor time each function was called so often, for so long, its longest call
 * that long. What recording costs is calls times the cost of one. Over the budget, functions are
 * switched off from the one that says least for it:
 *
 *	score = calls / (mean * (1 + log2(longest / mean)))      calls in the window, mean in ns
 *
 * so what is called a lot, is short and always the same goes first; what is rare, long or varies
 * stays. It goes down to FDAR_BUDGET_LOW of the budget, so that a little more load does not switch
 * again. Far enough below it, functions come back whose last known cost fits in, the cheapest first.
 * Under a steady load none comes back that had to go.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_BUDGET_H
#define FDAR_INSTRUMENT_FUNCTIONS_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdar_budget_function {
	uint64_t calls; /* in the window; of one that is off, in the last one that it was on */
	uint64_t ns;
	uint64_t longest_ns;
	uint64_t window_ns; /* the window's processor time */
	bool off;
	bool changed; /* set by fdar_budget_decide */
};

/* How much of the budget is meant to be used. */
#define FDAR_BUDGET_LOW(budget_ns) ((budget_ns) / 10 * 8)

/* Turns off, or on, what is to be: sets off and changed. cost_ns: of one recorded call; budget_ppm of
 * window_ns may be spent. Order is of the caller, of room for count. Gives what will be spent. */
uint64_t fdar_budget_decide(struct fdar_budget_function *functions, uint32_t *order, size_t count,
			    uint64_t window_ns, uint64_t cost_ns, uint32_t budget_ppm);

/* What is left of the budget for calls, when all else that is recorded took others_ns of the window: a fifth of it at
 * the least, for without a function nothing says what the server did. */
uint32_t fdar_budget_left_ppm(uint64_t window_ns, uint64_t others_ns, uint32_t budget_ppm);

#endif
