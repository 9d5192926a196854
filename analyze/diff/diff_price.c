/* What recording cost (analyze/profile/profile_price.h), taken out of all times. */
#include "analyze/diff/diff_private.h"

/* What is in the own times of the group's nodes, and of its functions. */
static void charge(struct diff_side *side)
{
	const struct fdar_profile_group *group = side->group;

	side->price = g_new0(double, side->profile->function_count + 1);
	side->node_price = g_new0(double, group->node_count);
	for (uint32_t i = 1; i < group->node_count; i++) {
		double paid_ns =
			fdar_profile_price_node(side->profile, group, i, &side->call_price);

		side->node_price[i] = paid_ns;
		side->price[group->nodes[i].function] += paid_ns;
	}
}

void diff_price_find(struct diff_work *work)
{
	for (int i = 0; i < SIDES; i++) {
		struct diff_side *side = &work->side[i];
		const struct fdar_profile_price *given = &work->options.price[i];

		side->call_price =
			given->inner_ns > 0 ? *given : fdar_profile_price_find(side->profile);
		charge(side);
	}
}

double diff_price_below(const struct fdar_diff *diff, uint32_t top, gboolean subject)
{
	g_autofree gboolean *below = g_new0(gboolean, diff->node_count);
	double price_ns = 0;

	below[top] = TRUE;
	for (uint32_t i = top; i < diff->node_count; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];

		below[i] = i == top || below[node->parent];
		if (below[i])
			price_ns += subject ? node->subject.price_ns : node->baseline.price_ns;
	}
	return price_ns;
}
