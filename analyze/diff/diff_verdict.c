/* Who is to blame. The steps are described in docs/analysis.md. */
#include "analyze/diff/diff_private.h"

static gboolean is_function(const struct fdar_diff_node *node)
{
	return node->frame == FDAR_FRAME_FUNCTION || node->frame == FDAR_FRAME_SCOPE;
}

static double outer_ratio(const struct fdar_diff_side *baseline,
			  const struct fdar_diff_side *subject)
{
	return diff_ratio(baseline->outer_calls, subject->outer_calls);
}

/* Is this much of a change worth a verdict? What runs is measured by what ran before: a client that
 * is slow to ask makes sessions wait for it, and a run that is short beside that may be an attack.
 */
static gboolean is_large(const struct diff_work *work, double ratio, double added_ns,
			 gboolean running)
{
	const struct fdar_diff_sessions *baseline = &work->diff->baseline;
	double least = work->testable ? work->options.min_ratio
				      : MAX(work->options.min_ratio, DIFF_UNTESTED_RATIO);

	return ratio >= least && added_ns >= work->options.min_added_ns &&
	       added_ns >= DIFF_MIN_PART * (running ? baseline->running_ns : baseline->busy_ns);
}

static gboolean is_significant(const struct diff_work *work, gboolean running)
{
	return work->significant || (running && work->running_significant);
}

static gboolean row_runs(const struct fdar_diff_row *row)
{
	return row->frame == FDAR_FRAME_FUNCTION || row->frame == FDAR_FRAME_SCOPE;
}

static gboolean row_counts(const struct diff_work *work, const struct fdar_diff_row *row)
{
	gboolean runs = row_runs(row);

	return is_large(work, row->ratio, row->added_ns, runs) &&
	       (is_significant(work, runs) || row->test.adjusted < work->options.alpha);
}

/* Do two functions call each other? Both call themselves, one is below the other, and neither is
 * called many times as often. */
static gboolean is_cycle(const struct fdar_diff_node *outer, const struct fdar_diff_node *inner)
{
	const struct fdar_diff_side *a = &outer->subject, *b = &inner->subject;

	return is_function(outer) && is_function(inner) && a->calls >= 2 * a->outer_calls &&
	       b->calls >= 2 * b->outer_calls && a->calls <= 4 * b->calls &&
	       b->calls <= 4 * a->calls;
}

/* Of each node, the share of all increases that is in it and below it. Decreases do not count: a
 * caller may have grown in one place and shrunk in another. The caller frees the result. */
static double *subtree_increases(const struct fdar_diff *diff)
{
	double *increase = g_new(double, diff->node_count);

	for (uint32_t i = 0; i < diff->node_count; i++)
		increase[i] = diff->nodes[i].share;
	for (uint32_t i = diff->node_count - 1; i > 0; i--)
		increase[diff->nodes[i].parent] += increase[i];
	return increase;
}

/* Down from the root, as long as one child has at least half of all increases below it. Functions
 * that call each other share their work, so of those the outermost is meant. */
static uint32_t deepest(const struct diff_work *work, gboolean *cycle)
{
	const struct fdar_diff *diff = work->diff;
	g_autofree double *increase = subtree_increases(diff);
	uint32_t at = 0;

	*cycle = FALSE;
	/* Children come after their parents, so one pass goes all the way down. */
	for (uint32_t i = 1; i < diff->node_count && !*cycle; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];

		if (node->parent != at || (work->queues_follow && node->frame == FDAR_FRAME_QUEUE))
			continue;
		*cycle = at && is_cycle(&diff->nodes[at], node) && increase[i] >= 0.1;
		if (!*cycle && increase[i] >= 0.5)
			at = i;
	}
	return at;
}

/* The row of a node's own running; NULL when it has none. */
static const struct fdar_diff_row *row_of_node(const struct fdar_diff *diff, uint32_t at)
{
	const struct fdar_diff_node *node = &diff->nodes[at];

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (!row->below && row->function == node->function &&
		    row->component == node->component && row->frame == node->frame)
			return row;
	}
	return NULL;
}

/* The function that a node is or is in; the node itself when there is none around it. */
static uint32_t function_around(const struct fdar_diff_node *nodes, uint32_t at)
{
	uint32_t up = at;

	while (up && !is_function(&nodes[up]))
		up = nodes[up].parent;
	return up ? up : at;
}

/* Is it a node that the row's own time is from? For a wait, the wait. */
static gboolean is_of_row(const struct fdar_diff *diff, uint32_t at,
			  const struct fdar_diff_row *row)
{
	const struct fdar_diff_node *node = &diff->nodes[at];
	const struct fdar_diff_node *function = &diff->nodes[function_around(diff->nodes, at)];

	return node->frame == row->frame &&
	       node->function == (row->below ? row->below : row->function) &&
	       function->function == row->function && function->component == row->component;
}

/* The node of a row that added most. 0: none. */
static uint32_t node_of_row(const struct fdar_diff *diff, const struct fdar_diff_row *row)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < diff->node_count; i++)
		if (is_of_row(diff, i, row) &&
		    (!best || diff->nodes[i].added_ns > diff->nodes[best].added_ns))
			best = i;
	return best;
}

/* Where more calls come from: the outermost function whose calls grew about as much. Recursive
 * calls count, so this leads from a helper to the recursion that calls it. */
static uint32_t origin_of_calls(const struct diff_work *work, uint32_t at)
{
	const struct fdar_diff_node *nodes = work->diff->nodes;
	double grown = diff_ratio(nodes[at].baseline.calls, nodes[at].subject.calls);
	uint32_t origin = at;

	for (uint32_t up = nodes[at].parent; up && isfinite(grown); up = nodes[up].parent) {
		double ratio = diff_ratio(nodes[up].baseline.calls, nodes[up].subject.calls);

		if (is_function(&nodes[up]) && nodes[up].presence == FDAR_IN_BOTH &&
		    ratio >= work->options.min_ratio && ratio >= 0.5 * grown)
			origin = up;
	}
	return origin;
}

/* The function of a node, or the one around it when it is a wait. */
static void name_culprit(struct diff_work *work, uint32_t at)
{
	struct fdar_verdict *verdict = &work->diff->verdict;
	const struct fdar_diff_node *nodes = work->diff->nodes;
	uint32_t up = function_around(nodes, at);
	const struct fdar_profile_function *function =
		&work->names->functions[work->node_functions[up]];

	verdict->function = nodes[up].function;
	verdict->component = nodes[up].component;
	verdict->line = function->line;
	if (function->file)
		verdict->file = g_string_chunk_insert_const(work->diff->texts, function->file);
}

/* The row, most of it on the call path of a node. */
static void blame_row(struct diff_work *work, const struct fdar_diff_row *row, uint32_t at)
{
	struct fdar_verdict *verdict = &work->diff->verdict;

	verdict->change = row->change;
	verdict->presence = row->presence;
	verdict->share = row->share;
	verdict->factor = row->change == FDAR_CHANGE_CALLS
				  ? outer_ratio(&row->baseline, &row->subject)
				  : row->ratio;
	verdict->baseline_ns = row->baseline.own_ns;
	verdict->subject_ns = row->subject.own_ns;
	verdict->node = at;
	if (row->frame == FDAR_FRAME_QUEUE) {
		verdict->below = row->function;
		return;
	}
	name_culprit(work, at);
	/* A wait with no function around it is its own. */
	verdict->below = row->below != row->function ? row->below : NULL;
}

/* The wait below a node that added half of its increase; NULL when there is no such one. */
static const char *worst_wait(const struct fdar_diff *diff, uint32_t top)
{
	double least_ns = 0.5 * diff->nodes[top].tree_added_ns;
	g_autofree gboolean *below = g_new0(gboolean, diff->node_count);
	uint32_t worst = 0;

	below[top] = TRUE;
	for (uint32_t i = top + 1; i < diff->node_count; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];

		below[i] = below[node->parent];
		if (below[i] && node->frame == FDAR_FRAME_WAIT &&
		    (!worst || node->added_ns > diff->nodes[worst].added_ns))
			worst = i;
	}
	return worst && diff->nodes[worst].added_ns >= least_ns ? diff->nodes[worst].function
								: NULL;
}

static gboolean mostly_waits(const struct fdar_diff_node *node)
{
	return node->subject.wait_ns - node->baseline.wait_ns >= 0.5 * node->tree_added_ns;
}

/* The node with all that it calls. */
static void blame_node(struct diff_work *work, uint32_t at)
{
	struct fdar_diff *diff = work->diff;
	struct fdar_verdict *verdict = &diff->verdict;
	const struct fdar_diff_node *node = &diff->nodes[at];
	double calls = outer_ratio(&node->baseline, &node->subject);

	verdict->node = at;
	verdict->presence = node->presence;
	verdict->factor = node->ratio;
	verdict->baseline_ns = node->baseline.total_ns;
	verdict->subject_ns = node->subject.total_ns;
	verdict->share = MIN(1, node->tree_added_ns / work->increases_ns);
	if (node->frame == FDAR_FRAME_QUEUE) {
		verdict->change = FDAR_CHANGE_QUEUEING;
		verdict->below = node->function;
		return;
	}
	name_culprit(work, at);
	if (mostly_waits(node)) {
		verdict->change = FDAR_CHANGE_WAITING;
		verdict->below = worst_wait(diff, at);
		if (verdict->below == verdict->function)
			verdict->below = NULL;
	} else if (diff_is_calls(work, node->ratio, calls)) {
		verdict->change = FDAR_CHANGE_CALLS;
		verdict->factor = calls;
	} else {
		verdict->change = FDAR_CHANGE_RUNNING;
	}
}

/* The row, or a function that says more: where its calls come from; itself with what it calls,
 * when that added a good part too (functions that call each other share their time). */
static void blame_row_or_node(struct diff_work *work, const struct fdar_diff_row *row)
{
	uint32_t at = node_of_row(work->diff, row);
	gboolean more_calls = at && row->change == FDAR_CHANGE_CALLS;
	uint32_t origin = more_calls ? origin_of_calls(work, at) : at;
	double tree = work->diff->nodes[at].tree_added_ns / work->increases_ns;

	if (origin != at || (at && row->change == FDAR_CHANGE_RUNNING && tree >= row->share + 0.1))
		blame_node(work, origin);
	else
		blame_row(work, row, at);
}

/* Everything got slower by about the same factor: half the distance between the parts that rows
 * have of the increases and of the baseline's time. */
static gboolean is_even(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	double distance = 0, largest = 0;

	if (!(diff->baseline.busy_ns > 0) || diff->ratio >= DIFF_UNTESTED_RATIO)
		return FALSE;
	for (uint32_t i = 0; i < diff->row_count; i++) {
		double part = diff->rows[i].baseline.own_ns / diff->baseline.busy_ns;

		distance += fabs(part - diff->rows[i].share) / 2;
		largest = MAX(largest, part);
	}
	return distance < 0.15 && largest < 0.9;
}

/* What runs longer, where waits changed too much and too irregularly to be of any use. */
static gboolean find_running(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	double running_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (row_runs(&diff->rows[i]))
			running_ns += MAX(diff->rows[i].added_ns, 0);
	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (row_runs(row) && row->added_ns >= 0.3 * running_ns && row_counts(work, row)) {
			blame_row_or_node(work, row);
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean find_slower(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *first = diff->row_count ? &diff->rows[0] : NULL;

	if (!first || !(work->increases_ns > 0))
		return FALSE;
	if (is_even(work)) {
		if (!work->significant || !is_large(work, diff->ratio, diff->added_ns, FALSE))
			return FALSE;
		diff->verdict.change = FDAR_CHANGE_RUNNING;
		diff->verdict.factor = diff->ratio;
		diff->verdict.baseline_ns = diff->baseline.busy_ns;
		diff->verdict.subject_ns = diff->subject.busy_ns;
		diff->verdict.share = 1;
		return TRUE;
	}
	gboolean cycle;
	uint32_t at = deepest(work, &cycle);
	const struct fdar_diff_row *head = cycle ? row_of_node(diff, at) : NULL;
	if (head && row_counts(work, head)) {
		blame_node(work, at);
		return TRUE;
	}
	if (first->share >= 0.5 && row_counts(work, first)) {
		blame_row_or_node(work, first);
		return TRUE;
	}
	const struct fdar_diff_node *node = &diff->nodes[at];
	gboolean runs = !mostly_waits(node);
	if (at && is_significant(work, runs) &&
	    is_large(work, node->ratio, node->tree_added_ns, runs)) {
		gboolean calls = diff_is_calls(work, node->ratio,
					       outer_ratio(&node->baseline, &node->subject));

		blame_node(work, calls ? origin_of_calls(work, at) : at);
		return TRUE;
	}
	for (uint32_t i = 0; i < diff->row_count && diff->rows[i].share >= 0.1; i++) {
		if (row_counts(work, &diff->rows[i])) {
			blame_row_or_node(work, &diff->rows[i]);
			return TRUE;
		}
	}
	return find_running(work);
}

/* Sessions stay open and nobody works for them: clients that are slow or silent. */
static gboolean find_idle(struct diff_work *work, gboolean first)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_diff_sessions *baseline = &diff->baseline, *subject = &diff->subject;
	double ratio = diff_ratio(baseline->lifetime_ns, subject->lifetime_ns);
	double added_ns = subject->lifetime_ns - baseline->lifetime_ns;

	if (diff->whole_run)
		return FALSE;
	struct fdar_sample_test test = fdar_sample_test(&work->side[BASELINE].group->lifetime_ns,
							work->side[BASELINE].sessions,
							&work->side[SUBJECT].group->lifetime_ns,
							work->side[SUBJECT].sessions);
	if (!is_large(work, ratio, added_ns, FALSE) ||
	    (work->testable && test.p >= work->options.alpha))
		return FALSE;
	/* Before any function only where it is plain: most never end, and hardly any of the time
	 * that they stay longer is a thread's. */
	if (first && ((double)subject->unfinished < 0.5 * (double)subject->sessions ||
		      (double)baseline->unfinished > 0.1 * (double)baseline->sessions ||
		      diff->added_ns > 0.1 * added_ns))
		return FALSE;
	if (added_ns - MAX(diff->added_ns, 0) < 0.5 * added_ns)
		return FALSE;
	diff->verdict = (struct fdar_verdict){
		.change = FDAR_CHANGE_IDLE,
		.factor = ratio,
		.baseline_ns = baseline->lifetime_ns,
		.subject_ns = subject->lifetime_ns,
	};
	return TRUE;
}

static double per_outer_call(const struct fdar_diff_side *side)
{
	return side->outer_calls > 0 ? side->total_ns / side->outer_calls : 0;
}

static gboolean is_slower_per_call(const struct diff_work *work, const struct fdar_diff_node *node)
{
	double before = per_outer_call(&node->baseline), after = per_outer_call(&node->subject);

	return is_function(node) && node->presence == FDAR_IN_BOTH &&
	       outer_ratio(&node->baseline, &node->subject) <= 0.5 &&
	       node->subject.total_ns >= 0.5 * work->diff->subject.busy_ns &&
	       diff_ratio(before, after) >= DIFF_UNTESTED_RATIO &&
	       after - before >= work->options.min_added_ns;
}

/* Sessions do less than in the baseline, and so hide that each call takes longer. */
static gboolean find_slower_per_call(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	struct fdar_verdict *verdict = &diff->verdict;
	uint32_t best = 0;

	for (uint32_t i = 1; i < diff->node_count; i++)
		if (is_slower_per_call(work, &diff->nodes[i]) &&
		    diff->nodes[i].depth > diff->nodes[best].depth)
			best = i;
	if (!best)
		return FALSE;
	const struct fdar_diff_node *node = &diff->nodes[best];
	gboolean waits = node->subject.wait_ns >= 0.5 * node->subject.total_ns;

	verdict->change = waits ? FDAR_CHANGE_WAITING : FDAR_CHANGE_RUNNING;
	verdict->per_call = TRUE;
	verdict->node = best;
	verdict->baseline_ns = per_outer_call(&node->baseline);
	verdict->subject_ns = per_outer_call(&node->subject);
	verdict->factor = diff_ratio(verdict->baseline_ns, verdict->subject_ns);
	verdict->below = waits ? worst_wait(diff, best) : NULL;
	name_culprit(work, best);
	return TRUE;
}

static void find_faster(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	gboolean faster = diff->ratio <= 1 / work->options.min_ratio && work->significant &&
			  -diff->added_ns >= work->options.min_added_ns;

	diff->may_be_chance = work->testable &&
			      is_large(work, diff->ratio, diff->added_ns, FALSE) &&
			      !work->significant;
	diff->verdict.change = faster ? FDAR_CHANGE_FASTER : FDAR_CHANGE_NONE;
	diff->verdict.factor = diff->ratio;
	diff->verdict.baseline_ns = diff->baseline.busy_ns;
	diff->verdict.subject_ns = diff->subject.busy_ns;
}

/* Is what is blamed a row that may be chance, as when one session of many is stuck? */
static gboolean may_be_chance(const struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;

	for (uint32_t i = 0; i < work->diff->row_count; i++) {
		const struct fdar_diff_row *row = &work->diff->rows[i];

		if (row->function == verdict->function && row->component == verdict->component &&
		    g_strcmp0(row->below, verdict->below) == 0)
			return row->share >= 0.5 * verdict->share &&
			       row->test.adjusted >= work->options.alpha;
	}
	return FALSE;
}

static enum fdar_confidence confidence_of(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_options *options = &work->options;
	gboolean bad =
		options->doubt ||
		MAX(diff->baseline.discarded, diff->subject.discarded) > options->max_discarded ||
		MAX(diff->baseline.unknown, diff->subject.unknown) > options->max_unknown;

	if (bad || !work->testable || may_be_chance(work))
		return FDAR_CONFIDENCE_LOW;
	if (diff->verdict.per_call || diff->verdict.change == FDAR_CHANGE_IDLE)
		return FDAR_CONFIDENCE_MEDIUM;
	if (diff->verdict.change == FDAR_CHANGE_NONE || diff->verdict.change == FDAR_CHANGE_FASTER)
		return FDAR_CONFIDENCE_HIGH;
	return diff->verdict.share >= 0.5 && diff->verdict.factor >= 2 ? FDAR_CONFIDENCE_HIGH
								       : FDAR_CONFIDENCE_MEDIUM;
}

void diff_judge(struct diff_work *work)
{
	if (!find_idle(work, TRUE) && !find_slower(work) && !find_idle(work, FALSE) &&
	    !find_slower_per_call(work))
		find_faster(work);
	work->diff->verdict.confidence = confidence_of(work);
}
