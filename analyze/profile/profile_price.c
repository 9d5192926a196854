#include "analyze/profile/profile_price.h"

#include <math.h>

#include "instrument/wire/events.h"

/* So many calls are enough for a mean. */
#define CALLS_MIN 1000u
/* Calls that take longer do something; ns. */
#define INNER_MAX 150
#define OUTER_MAX 400
/* The outer part is so many inner ones at most: 12 of 36 to 41 ns are inner (bench/calls.sh). */
#define OUTER_PER_INNER 2.5

static gboolean is_function(const struct fdar_profile *profile,
			    const struct fdar_profile_node *node)
{
	return node->function != FDAR_PROFILE_NONE &&
	       profile->functions[node->function].kind == FDAR_FRAME_FUNCTION;
}

/* Calls that a node makes, and whether it has anything else below it. */
static uint64_t calls_below(const struct fdar_profile *profile,
			    const struct fdar_profile_group *group, uint32_t at, gboolean *others)
{
	uint64_t calls = 0;

	*others = FALSE;
	for (uint32_t i = group->nodes[at].first_child; i != FDAR_PROFILE_NONE;
	     i = group->nodes[i].next_sibling) {
		if (is_function(profile, &group->nodes[i]))
			calls += group->nodes[i].stat.calls;
		else
			*others = TRUE;
	}
	return calls;
}

/* What nearly all calls take longer than: the mean has their own work in it. */
static double shortest_ns(const struct fdar_profile_stat *stat, gboolean measured)
{
	if (measured)
		return (double)stat->own_ns / (double)stat->calls;
	return MIN((double)stat->own_ns / (double)stat->calls,
		   fdar_histogram_quantile(&stat->call_ns, 0.05, stat->call_ns.count));
}

static void take_node(const struct fdar_profile *profile, const struct fdar_profile_group *group,
		      uint32_t at, gboolean measured, struct fdar_profile_price *least)
{
	const struct fdar_profile_node *node = &group->nodes[at];
	const struct fdar_profile_stat *stat = &node->stat;
	gboolean others;
	uint64_t below = calls_below(profile, group, at, &others);

	if (!is_function(profile, node) || stat->skipped_calls || stat->folded_calls ||
	    stat->calls == 0)
		return;
	/* Of functions that call each other again the tree has the outer calls only: whose calls the
	 * others are is not known there. */
	if (stat->call_ns.count != stat->calls)
		return;
	if (!below && !others && stat->calls >= CALLS_MIN)
		least->inner_ns = MIN(least->inner_ns, shortest_ns(stat, measured));
	if (below >= CALLS_MIN && below >= stat->calls)
		least->outer_ns = MIN(least->outer_ns, (double)stat->own_ns / (double)below);
}

/* What the cheapest functions of the profile took. */
static struct fdar_profile_price find_least(const struct fdar_profile *profile, gboolean measured)
{
	struct fdar_profile_price least = { INFINITY, INFINITY, 0 };

	for (uint32_t g = 0; g < profile->group_count; g++)
		for (uint32_t i = 1; i < profile->groups[g].node_count; i++)
			take_node(profile, &profile->groups[g], i, measured, &least);
	return least;
}

static struct fdar_profile_price measured(const struct fdar_profile *profile)
{
	struct fdar_profile_price least = find_least(profile, TRUE);
	double n = 1000 * (double)profile->price_measured;

	return (struct fdar_profile_price){
		MIN((double)profile->price_inner_ps / n, least.inner_ns),
		MIN((double)profile->price_outer_ps / n, least.outer_ns),
		(double)profile->price_spread_ps / n,
	};
}

struct fdar_profile_price fdar_profile_price_find(const struct fdar_profile *profile)
{
	return profile->price_measured ? measured(profile) : fdar_profile_price_bound(profile);
}

struct fdar_profile_price fdar_profile_price_bound(const struct fdar_profile *profile)
{
	struct fdar_profile_price least = find_least(profile, FALSE);

	if (least.inner_ns > INNER_MAX)
		return (struct fdar_profile_price){ 0 };
	/* Whoever makes many short calls and does much between them tells nothing. */
	if (least.outer_ns > OUTER_MAX)
		least.outer_ns = least.inner_ns;
	least.outer_ns = MIN(least.outer_ns, OUTER_PER_INNER * least.inner_ns);
	return least;
}

double fdar_profile_price_node(const struct fdar_profile *profile,
			       const struct fdar_profile_group *group, uint32_t node,
			       const struct fdar_profile_price *price)
{
	const struct fdar_profile_node *of = &group->nodes[node];
	double paid_ns = 0;
	gboolean others;

	if (is_function(profile, of))
		paid_ns = price->inner_ns * (double)of->stat.calls;
	paid_ns += (price->inner_ns + price->outer_ns) * (double)of->stat.folded_calls;
	paid_ns += price->outer_ns * (double)calls_below(profile, group, node, &others);
	return MIN(paid_ns, (double)of->stat.own_ns);
}

double fdar_profile_price_of(const struct fdar_profile *profile,
			     const struct fdar_profile_group *group,
			     const struct fdar_profile_price *price)
{
	double sum_ns = 0;

	for (uint32_t i = 1; i < group->node_count; i++)
		sum_ns += fdar_profile_price_node(profile, group, i, price);
	return sum_ns;
}
