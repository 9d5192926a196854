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
	gboolean measured = work->side[BASELINE].profile->price_measured &&
			    work->side[SUBJECT].profile->price_measured;

	for (int i = 0; i < SIDES; i++) {
		struct diff_side *side = &work->side[i];
		const struct fdar_profile_price *given = &work->options.price[i];

		side->call_price = given->inner_ns > 0 ? *given
				   : measured          ? fdar_profile_price_find(side->profile)
						       : fdar_profile_price_bound(side->profile);
		charge(side);
	}
}

/* In each of its runs. */
static gboolean was_measured(const struct diff_work *work, int which)
{
	const struct fdar_profile *const *runs = work->options.runs[which];

	for (uint32_t i = 0; runs && i < work->options.run_count[which]; i++)
		if (!runs[i]->price_measured)
			return FALSE;
	return work->side[which].profile->price_measured != 0;
}

const char *diff_price_source(const struct diff_work *work)
{
	gboolean before = was_measured(work, BASELINE), after = was_measured(work, SUBJECT);

	if (before && after)
		return "";
	return before  ? ", by the shortest calls: nobody measured it in the subject"
	       : after ? ", by the shortest calls: nobody measured it in the baseline"
		       : ", by the shortest calls: nobody measured it";
}

static double price_below(const struct fdar_diff *diff, uint32_t top, gboolean subject)
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

/* By what part of it the price was wrong at times, where it was measured. */
static double price_varies(const struct diff_work *work)
{
	const struct fdar_profile_price *price = &work->side[SUBJECT].call_price;
	double call_ns = price->inner_ns + price->outer_ns;

	return call_ns > 0 ? 2 * price->spread_ns / call_ns : 0;
}

/* The price is a mean of short measurements: of what calls really paid it was off by so much (docs/truth.md). */
#define PRICE_OFF 0.5

/* What is left of the baseline's may be nothing for that, and is no measure of anything then. */
double diff_median_ratio(const struct fdar_diff_side *baseline,
			 const struct fdar_diff_side *subject)
{
	return diff_ratio(MAX(baseline->own_median_ns, PRICE_OFF * baseline->price_ns),
			  subject->own_median_ns);
}

/* On a full machine caches are others', and calls pay twice that in one run and not in the next. */
#define PRICE_OFF_FULL 1

/* What that is of calls that both sides made, where only one of them paid as was measured: all of it may be in
 * their callers. */
static double price_off(const struct diff_work *work, double both_ns)
{
	const struct fdar_profile_price *price = &work->side[SUBJECT].call_price;
	double part_ns = MAX(price->inner_ns, price->outer_ns);
	double off = diff_is_full(work) ? PRICE_OFF_FULL : PRICE_OFF;

	return part_ns > 0 ? off * (price->inner_ns + price->outer_ns) / part_ns * both_ns : 0;
}

gboolean diff_price_hides(const struct diff_work *work, const struct fdar_diff_row *row)
{
	double price_ns = row->subject.price_ns - row->baseline.price_ns;
	double both_ns = MIN(row->subject.price_ns, row->baseline.price_ns);

	if (!diff_row_runs(row))
		return FALSE;
	if (diff_is_full(work) && row->added_ns > 0 && price_off(work, both_ns) > row->added_ns)
		return TRUE;
	return price_ns > 0 && MAX(PRICE_OFF, price_varies(work)) * price_ns > row->added_ns;
}

char *diff_price_doubt(const struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;
	double subject_ns = row->subject.price_ns;
	double baseline_ns = row->baseline.price_ns;
	double left_ns = row->added_ns;

	/* With what it calls. */
	if (verdict->node && row->subject.own_ns != verdict->subject_ns && !verdict->per_call) {
		subject_ns = price_below(work->diff, verdict->node, TRUE);
		baseline_ns = price_below(work->diff, verdict->node, FALSE);
		left_ns = verdict->subject_ns - verdict->baseline_ns;
	}
	if (subject_ns - baseline_ns > left_ns)
		return g_strdup_printf("most of what was seen of %s is the price of recording its "
				       "calls",
				       row->function);
	/* Who waits pays nothing meanwhile. */
	if (price_varies(work) * subject_ns > left_ns ||
	    (verdict->change == FDAR_CHANGE_RUNNING &&
	     price_off(work, MIN(subject_ns, baseline_ns)) > left_ns))
		return g_strdup_printf("what is left of %s is less than what the price of "
				       "recording its calls varies by",
				       row->function);
	return NULL;
}
