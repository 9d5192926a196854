/*
 * What recording cost. A call is recorded by code around it: what that takes before the entry's time
 * is read, and after the exit's, is in the caller's own time; the rest is in the call's. A function of
 * a nanosecond that is called 200,000 times looks like milliseconds.
 *
 * Nobody can be called for less than the price, so the shortest calls of a recording tell it. Where
 * none is short, calls are few or long, and the price does not matter.
 */
#include "analyze/diff/diff_private.h"

/* So many calls are enough to have seen a quick one. */
#define CALLS_MIN 1000u
/* Calls that take longer do something; ns. What is seen is about half of the price. */
#define INNER_MAX 150

static double shortest_ns(const struct fdar_profile *profile)
{
	double least = INFINITY;

	for (uint32_t g = 0; g < profile->group_count; g++) {
		const struct fdar_profile_group *group = &profile->groups[g];

		for (uint32_t i = 1; i < group->node_count; i++) {
			const struct fdar_profile_node *node = &group->nodes[i];

			if (profile->functions[node->function].kind == FDAR_FRAME_FUNCTION &&
			    node->stat.call_ns.count >= CALLS_MIN)
				least = MIN(least,
					    fdar_histogram_quantile(&node->stat.call_ns, 0.05,
								    node->stat.call_ns.count));
		}
	}
	return least <= INNER_MAX ? least : 0;
}

/* What is in the own times of the group's nodes, and of its functions. */
static void charge(struct diff_side *side)
{
	const struct fdar_profile_group *group = side->group;
	double half_ns = side->price_ns / 2;

	side->price = g_new0(double, side->profile->function_count + 1);
	side->node_price = g_new0(double, group->node_count);
	for (uint32_t i = 1; i < group->node_count; i++) {
		const struct fdar_profile_node *node = &group->nodes[i];
		double paid_ns = half_ns * (double)node->stat.calls;
		uint32_t up = node->parent;

		if (side->profile->functions[node->function].kind != FDAR_FRAME_FUNCTION)
			continue;
		side->node_price[i] += paid_ns;
		side->node_price[up] += paid_ns;
		side->price[node->function] += paid_ns;
		if (up)
			side->price[group->nodes[up].function] += paid_ns;
	}
}

void diff_price_find(struct diff_work *work)
{
	for (int i = 0; i < SIDES; i++) {
		struct diff_side *side = &work->side[i];

		side->price_ns = work->options.price_ns > 0 ? work->options.price_ns
							    : 2 * shortest_ns(side->profile);
		charge(side);
	}
}
