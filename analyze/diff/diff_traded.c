/*
 * Time that went from one function to another by a change of its cut: a part of a function became one of its
 * own, or a function was merged into its caller. Who has more of it now is no culprit: who calls it has as
 * much less. Medians are compared, which do not move when some sessions are kept from the processor.
 */
#include "analyze/diff/diff_private.h"

/* So much of what one gained the other lost, nearly all sessions of it. */
#define TRADED_PART  0.5
#define TRADED_DELTA (-0.5)
/* Calls in between that are new, or gone, themselves. */
#define TRADED_STEPS 8

struct trade {
	struct fdar_diff_row **row; /* by index in names: of its own running, or NULL */
	uint32_t *caller;           /* of whoever calls it most; FDAR_PROFILE_NONE: nobody */
	double *most;               /* calls from there */
	uint32_t count;
};

static void find_callers(const struct diff_side *side, struct trade *trade)
{
	for (uint32_t i = 0; i < trade->count; i++) {
		trade->caller[i] = FDAR_PROFILE_NONE;
		trade->most[i] = 0;
	}
	for (uint32_t i = 1; i < side->group->node_count; i++) {
		const struct fdar_profile_node *node = &side->group->nodes[i];
		uint32_t function = side->functions[node->function];
		double calls = (double)node->stat.outer_calls;

		if (!node->parent || function >= trade->count || calls <= trade->most[function])
			continue;
		trade->most[function] = calls;
		trade->caller[function] =
			side->functions[side->group->nodes[node->parent].function];
	}
}

static double lost_ns(const struct fdar_diff_row *row)
{
	return row->baseline.own_median_ns - row->subject.own_median_ns;
}

/* The first of its callers that both sides have; NULL: none. */
static struct fdar_diff_row *caller_in_both(const struct trade *trade, uint32_t function)
{
	for (int step = 0; step < TRADED_STEPS; step++) {
		function = function < trade->count ? trade->caller[function] : FDAR_PROFILE_NONE;
		if (function >= trade->count || !trade->row[function])
			return NULL;
		if (trade->row[function]->presence == FDAR_IN_BOTH)
			return trade->row[function];
	}
	return NULL;
}

/* What is new ran in its caller before. */
static void find_split(struct diff_work *work, struct trade *trade)
{
	find_callers(&work->side[SUBJECT], trade);
	for (uint32_t i = 0; i < trade->count; i++) {
		struct fdar_diff_row *row = trade->row[i];
		const struct fdar_diff_row *caller;

		if (!row || row->presence != FDAR_IN_SUBJECT)
			continue;
		caller = caller_in_both(trade, i);
		row->traded = caller && caller->test.delta <= TRADED_DELTA && lost_ns(caller) > 0 &&
			      lost_ns(caller) >= TRADED_PART * row->subject.own_median_ns;
	}
}

/* What is gone runs in its caller now. */
static void find_merged(struct diff_work *work, struct trade *trade)
{
	g_autoptr(GHashTable) lost = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	GHashTableIter all;
	gpointer caller, sum;

	find_callers(&work->side[BASELINE], trade);
	for (uint32_t i = 0; i < trade->count; i++) {
		struct fdar_diff_row *row = trade->row[i], *into;

		if (!row || row->presence != FDAR_IN_BASELINE)
			continue;
		into = caller_in_both(trade, i);
		if (!into)
			continue;
		double *so_far = g_hash_table_lookup(lost, into);
		if (!so_far) {
			so_far = g_new0(double, 1);
			g_hash_table_insert(lost, into, so_far);
		}
		*so_far += lost_ns(row);
	}
	g_hash_table_iter_init(&all, lost);
	while (g_hash_table_iter_next(&all, &caller, &sum)) {
		struct fdar_diff_row *row = caller;
		double gained_ns = -lost_ns(row);

		row->traded = gained_ns > 0 && *(double *)sum >= TRADED_PART * gained_ns;
	}
}

void diff_trade_find(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	uint32_t count = work->names->function_count;
	g_autofree struct fdar_diff_row **row = g_new0(struct fdar_diff_row *, count + 1);
	g_autofree uint32_t *caller = g_new(uint32_t, count + 1);
	g_autofree double *most = g_new(double, count + 1);
	struct trade trade = { row, caller, most, count };

	/* Without names of calls, and without sessions, there are no medians. */
	if (diff->whole_run || !work->testable)
		return;
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (!diff->rows[i].below && diff_row_runs(&diff->rows[i]) &&
		    diff->rows[i].ids[0] < count)
			row[diff->rows[i].ids[0]] = &diff->rows[i];
	find_split(work, &trade);
	find_merged(work, &trade);
}
