/* Who is to blame. The steps are described in docs/analysis.md. */
#include <string.h>

#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

/* ---- call paths ---- */

/* It worked, or waited, for the sessions; what is there for its callees' sake did not. */
static gboolean did_work(const struct fdar_diff_node *node)
{
	return node->baseline.calls > 0 || node->subject.calls > 0;
}

/* Do two functions call each other? Both call themselves, one is below the other, and neither is
 * called many times as often. */
static gboolean is_cycle(const struct fdar_diff_node *outer, const struct fdar_diff_node *inner)
{
	const struct fdar_diff_side *a = &outer->subject, *b = &inner->subject;

	return diff_is_function(outer) && diff_is_function(inner) && a->calls > 0 && b->calls > 0 &&
	       a->calls >= 2 * a->outer_calls && b->calls >= 2 * b->outer_calls &&
	       a->calls <= 4 * b->calls && b->calls <= 4 * a->calls;
}

/* The row that a node's own time is in, as profile_entry_of has it. */
static uint32_t row_at(const struct diff_work *work, const struct fdar_intern *rows, uint32_t at)
{
	const struct fdar_diff_node *nodes = work->diff->nodes;
	uint32_t function = work->node_functions[at], up = nodes[at].parent;

	if (nodes[at].frame != FDAR_FRAME_WAIT)
		return fdar_intern_find(rows, function, FDAR_PROFILE_NONE);
	while (up && nodes[up].frame == FDAR_FRAME_WAIT)
		up = nodes[up].parent;
	return fdar_intern_find(rows, up ? work->node_functions[up] : function, function);
}

/* What it ran for is processor time, and in nearly all sessions so many times as much that no system call in it
 * is the reason. */
static gboolean is_own_time(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return diff_knows_processor(work) && diff_is_shift(row) &&
	       MIN(row->ratio, row->ratio_median) >= DIFF_PLAIN_FACTOR;
}

/* Whoever takes from a queue may be kept from a processor for as long. */
static gboolean is_full_queue(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->frame == FDAR_FRAME_QUEUE && diff_is_full(work) &&
	       !diff_is_beyond_full(row->added_ns, row->subject.calls);
}

/* Others decide how long it takes: the kernel and whoever shares the processor; the clients. */
static gboolean is_outside(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->client || is_full_queue(work, row) ||
	       (row->transfers && !is_own_time(work, row));
}

static gboolean is_proven(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->stands_out || (work->outside_too && is_outside(work, row) &&
				   !(row->client && diff_is_silence(work, row->added_ns)) &&
				   diff_stands_out(work, row));
}

/* Of each node, what was added in it and below it by rows that stand out: a mean that one session of
 * many made is nobody's doing. Decreases do not count: a caller may have grown in one place and shrunk
 * in another. The caller frees the result. */
static double *proven_increases(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	double *increase = g_new0(double, diff->node_count);
	struct fdar_intern rows = { 0 };

	for (uint32_t i = 0; i < diff->row_count; i++)
		fdar_intern_add(&rows, diff->rows[i].ids[0], diff->rows[i].ids[1]);
	for (uint32_t i = 1; i < diff->node_count; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];
		uint32_t row = row_at(work, &rows, i);

		if (row != FDAR_INTERN_NONE && is_proven(work, &diff->rows[row]) &&
		    !diff_follows(work, node->frame, node->wait, &node->baseline, &node->subject))
			increase[i] = MAX(node->added_ns, 0);
	}
	for (uint32_t i = diff->node_count - 1; i > 0; i--)
		increase[diff->nodes[i].parent] += increase[i];
	fdar_intern_clear(&rows);
	return increase;
}

/* Down from the root, as long as one child has at least half of those increases below it. Functions
 * that call each other share their work, so of those the outermost is meant. */
static uint32_t deepest(const struct diff_work *work, gboolean *cycle)
{
	const struct fdar_diff *diff = work->diff;
	g_autofree double *increase = proven_increases(work);
	uint32_t at = 0;

	*cycle = FALSE;
	/* Children come after their parents, so one pass goes all the way down. */
	for (uint32_t i = 1; i < diff->node_count && !*cycle; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];

		if (node->parent != at ||
		    diff_follows(work, node->frame, node->wait, &node->baseline, &node->subject))
			continue;
		*cycle = at && is_cycle(&diff->nodes[at], node) && increase[i] >= 0.1 * increase[0];
		if (!*cycle && increase[i] > 0 && increase[i] >= 0.5 * increase[0])
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

/* What rows that stand out added below a node, as a part of what it added. */
static double proven_part(const struct diff_work *work, uint32_t top)
{
	g_autofree double *proven = proven_increases(work);

	return diff_ratio(work->diff->nodes[top].tree_added_ns, proven[top]);
}

/* A function with all that it calls: the sessions' time is what was tested. */
static gboolean node_counts(const struct diff_work *work, uint32_t at)
{
	const struct fdar_diff_node *node = &work->diff->nodes[at];
	const struct fdar_diff_load *load = &work->diff->load;
	gboolean runs = !diff_mostly_waits(node);
	double usual = MAX(load->work, load->machine);

	return at && did_work(node) && !diff_is_elsewhere(work, at) && diff_is_longer(work, runs) &&
	       !(load->pace && !runs) && proven_part(work, at) >= 0.5 &&
	       diff_is_large(work, node->ratio / usual,
			     node->subject.total_ns - usual * node->baseline.total_ns, runs);
}

/* ---- candidates ---- */

static gboolean row_follows(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return diff_follows(work, row->frame, row->wait, &row->baseline, &row->subject);
}

/* Everything got slower by about the same factor: half the distance between the parts that rows
 * have of the increases and of the baseline's time. */
static gboolean is_even(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	double distance = 0, largest = 0, before_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++)
		before_ns += row_follows(work, &diff->rows[i]) ? 0 : diff->rows[i].baseline.own_ns;
	if (!(before_ns > 0) || diff->ratio >= DIFF_UNTESTED_RATIO)
		return FALSE;
	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];
		double part = row->baseline.own_ns / before_ns;

		if (row_follows(work, row))
			continue;
		distance += fabs(part - row->share) / 2;
		largest = MAX(largest, part);
	}
	return distance < 0.15 && largest < 0.9;
}

/* The first row with so much of what rows that stand out added. */
static gboolean find_row(struct diff_work *work, double least)
{
	struct fdar_diff *diff = work->diff;
	double proven_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (is_proven(work, &diff->rows[i]))
			proven_ns += diff->rows[i].share;
	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (is_proven(work, row) && row->share > 0 && row->share >= least * proven_ns) {
			diff_blame_row(work, row);
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean find_slower(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	gboolean cycle;

	if (!diff->row_count || !(work->increases_ns > 0) || is_even(work))
		return FALSE;
	uint32_t at = deepest(work, &cycle);
	const struct fdar_diff_row *head = cycle ? row_of_node(diff, at) : NULL;
	if (head && is_proven(work, head)) {
		diff_blame_node(work, at);
		return TRUE;
	}
	if (find_row(work, 0.5))
		return TRUE;
	if (node_counts(work, at)) {
		const struct fdar_diff_node *node = &diff->nodes[at];
		gboolean calls = diff_is_calls(work, node->ratio,
					       diff_outer_ratio(&node->baseline, &node->subject));

		diff_blame_node(work, calls ? diff_origin_of_calls(work, at) : at);
		return TRUE;
	}
	return find_row(work, 0);
}

/* How often a function that reads or writes itself is called is up to how bytes arrive, unless all
 * sessions agree. */
static gboolean is_of_arrival(const struct fdar_diff_row *row)
{
	return !row->counts.exact && (row->baseline.io_calls > 0 || row->subject.io_calls > 0);
}

/* That a function is called which the other build does not have says nothing: its code may be in there. Its time
 * does. */
static gboolean is_of_build(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return !work->same_binaries && row->presence == FDAR_IN_SUBJECT && !row->stands_out;
}

static const struct fdar_diff_row *most_recounted(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;

	for (uint32_t i = 0; i < diff->recounted_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[diff->recounted[i]];

		if (!is_of_arrival(row) && !row->traded && !is_of_build(work, row) &&
		    !diff_is_of_turns(work, row))
			return row;
	}
	return NULL;
}

/* Functions that are called more often for every session, where none takes markedly longer. */
static gboolean find_more_calls(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_diff_sessions *before = &diff->baseline, *after = &diff->subject;
	gboolean other_io =
		before->io_calls > 0 && fabs(after->io_calls / before->io_calls - 1) > 0.05;

	/* Turns of an event loop come with the client's pace; calls that one side left out are none. */
	const struct fdar_diff_row *row = most_recounted(work);
	if (diff->load.pace || work->options.left_out_ns > 0 || !row)
		return FALSE;
	gboolean steady = row->counts.steady || row->counts.all_more;
	/* What varies from session to session in the baseline does so from run to run. */
	double part = other_io ? 0.05 : row->counts.exact ? 0.001 : steady ? 0.01 : 0.02;

	if (row->counts.work_ns < part * diff_usual_ns(work, TRUE) ||
	    row->ratio_calls < (diff->load.work > 1 ? 1.5 * diff->load.work : 1))
		return FALSE;
	diff_blame_calls(work, row);
	return TRUE;
}

static gboolean is_slower_per_call(const struct diff_work *work, const struct fdar_diff_node *node)
{
	const struct fdar_diff *diff = work->diff;
	double before = diff_per_outer_call(&node->baseline);
	double after = diff_per_outer_call(&node->subject);

	/* A call that is longer than its session is not the session's. */
	return diff_is_function(node) && node->presence == FDAR_IN_BOTH &&
	       diff_outer_ratio(&node->baseline, &node->subject) <= 0.5 &&
	       node->subject.total_ns >= 0.5 * diff->subject.busy_ns &&
	       after <= diff->subject.busy_p99_ns && !diff->load.pace &&
	       diff_ratio(before, after) >= DIFF_UNTESTED_RATIO &&
	       after - before >= MAX(diff_least_added(work, TRUE), DIFF_MIN_UNTESTED_NS);
}

/* Sessions do less than in the baseline, and so hide that each call takes longer. */
static gboolean find_slower_per_call(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	uint32_t best = 0;

	for (uint32_t i = 1; i < diff->node_count; i++)
		if (is_slower_per_call(work, &diff->nodes[i]) &&
		    diff->nodes[i].depth > diff->nodes[best].depth)
			best = i;
	if (best)
		diff_blame_per_call(work, best);
	return best != 0;
}

/* That is most of what sessions take longer. */
static gboolean is_resting(const struct fdar_diff *diff)
{
	double resting_ns = diff_resting_added_ns(diff);

	return resting_ns > 0 && resting_ns >= 0.5 * diff->added_ns;
}

/* Sessions take longer, and nobody stands out. */
static gboolean find_spread(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	struct fdar_verdict *verdict = &diff->verdict;
	gboolean large = diff_is_large(work, diff->ratio, diff->added_ns, FALSE);

	if (!(diff->added_ns > 0) || !(work->testable ? work->longer : large && is_even(work)))
		return FALSE;
	/* What sessions wait for is their clients' pace. */
	if ((diff->load.pace || is_resting(diff)) && !work->running_longer)
		return FALSE;
	verdict->change = FDAR_CHANGE_SPREAD;
	verdict->factor = diff->ratio;
	verdict->baseline_ns = diff->baseline.busy_ns;
	verdict->subject_ns = diff->subject.busy_ns;
	verdict->share = 1;
	diff->even = is_even(work);
	return TRUE;
}

static void find_faster(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	gboolean faster = diff->ratio <= 1 / work->options.min_ratio && work->shorter &&
			  -diff->added_ns >= diff_least_added(work, FALSE);

	diff->may_be_chance =
		work->testable && diff_is_large(work, diff->ratio, diff->added_ns, FALSE);
	diff->verdict.change = faster ? FDAR_CHANGE_FASTER : FDAR_CHANGE_NONE;
	diff->verdict.factor = diff->ratio;
	diff->verdict.baseline_ns = diff->baseline.busy_ns;
	diff->verdict.subject_ns = diff->subject.busy_ns;
}

/* On a full machine some sessions of any function are far out. Beside one that is longer in all of them
 * they say nothing. */
static void prefer_shifts(struct fdar_diff *diff)
{
	double shift_ns = 0, most_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (row->stands_out && diff_is_shift(row))
			shift_ns = MAX(shift_ns, row->added_ns);
		else if (row->stands_out)
			most_ns = MAX(most_ns, row->added_ns);
	}
	for (uint32_t i = 0; i < diff->row_count && 4 * shift_ns >= most_ns; i++)
		if (shift_ns > 0 && diff_row_runs(&diff->rows[i]) && !diff_is_shift(&diff->rows[i]))
			diff->rows[i].stands_out = FALSE;
}

void diff_rows_rank(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	for (uint32_t i = 0; i < diff->row_count; i++)
		diff->rows[i].transfers = diff_is_transfer(&diff->rows[i], diff->load.work);
	for (uint32_t i = 0; i < diff->row_count; i++)
		diff->rows[i].stands_out =
			!is_outside(work, &diff->rows[i]) && diff_stands_out(work, &diff->rows[i]);
	if (diff_hides_running(work))
		prefer_shifts(diff);
	diff_rows_sort(diff);
}

/* What others decide is the last to be looked at: what moves bytes for the kernel has the time of a
 * system call, which whoever shares the processor can make long; how long clients are waited for is up
 * to them. On a full machine a system call says nothing at all, and a client little. First only where
 * nothing else that was added is worth a word beside it. */
static gboolean find_outside(struct diff_work *work, gboolean first)
{
	struct fdar_diff *diff = work->diff;
	double added_ns = 0, client_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (!is_outside(work, row) || row->ratio < DIFF_UNTESTED_RATIO ||
		    (row->client && diff_is_silence(work, row->added_ns)) ||
		    (diff_is_full(work) &&
		     (row->transfers || row->frame == FDAR_FRAME_QUEUE ||
		      row->ratio < DIFF_PLAIN_FACTOR ||
		      !(diff_never_end(diff) ||
			diff_is_beyond_full(row->added_ns, row->subject.calls)))) ||
		    !diff_is_longer(work, diff_row_runs(row)) || !diff_stands_out(work, row))
			continue;
		added_ns += row->share > 0 ? row->added_ns : 0;
		client_ns += row->client ? row->added_ns : 0;
	}
	if (!(added_ns > 0) || added_ns < 0.5 * work->increases_ns)
		return FALSE;
	if (first && !diff_is_plain(diff, client_ns, work->increases_ns - client_ns))
		return FALSE;
	work->outside_too = TRUE;
	return find_slower(work);
}

/* On a full machine counts are better evidence than times: they come first, unless times grew by much
 * more than what is called more often takes, and not just because some sessions were kept from the
 * processor. */
static gboolean find_counts_first(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	double counted_ns = 0, longest_ns = 0;

	if (!diff_is_full(work))
		return FALSE;
	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (row->counts.evident && row->counts.exact && !row->traded)
			counted_ns += row->counts.work_ns;
		else if (row->stands_out && (diff_is_shift(row) || row->ratio >= DIFF_PLAIN_FACTOR))
			longest_ns = MAX(longest_ns, row->added_ns);
	}
	return counted_ns > 0 && 3 * counted_ns >= longest_ns && find_more_calls(work);
}

static gboolean find(struct diff_work *work)
{
	return diff_find_idle(work, TRUE) || find_outside(work, TRUE) || find_counts_first(work) ||
	       find_slower(work) || find_more_calls(work) || diff_find_server(work) ||
	       diff_find_few(work) || diff_find_part(work) || diff_find_idle(work, FALSE);
}

/* That more was done is known, not what: the culprit is no function. */
static void unname_inferred(struct fdar_diff *diff)
{
	struct fdar_verdict *verdict = &diff->verdict;

	if (!diff->inferred || verdict->change == FDAR_CHANGE_BLOCKED || !verdict->function ||
	    strcmp(verdict->component, FDAR_PROFILE_INFERRED_BY) != 0)
		return;
	verdict->function = NULL;
	verdict->component = NULL;
	if (verdict->change == FDAR_CHANGE_CALLS)
		verdict->change = FDAR_CHANGE_RUNNING;
}

void diff_judge(struct diff_work *work)
{
	work->caps = g_ptr_array_new_with_free_func(g_free);
	gboolean found = find(work);

	if (found)
		diff_prefer_server(work);
	if (!found && !find_outside(work, FALSE) && !find_spread(work) &&
	    !find_slower_per_call(work))
		find_faster(work);
	unname_inferred(work->diff);
	diff_count_few(work);
	if (!diff_refuse(work)) {
		diff_cap_for_few(work);
		diff_cap_for_processor(work);
		diff_cap_for_build(work);
		diff_cap_for_inlined(work);
		diff_cap_for_part(work);
		diff_cap_for_others(work);
		diff_trust(work);
	}
	diff_doubt_trace(work);
	g_ptr_array_unref(work->caps);
}
