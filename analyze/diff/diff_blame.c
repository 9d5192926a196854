/* What a culprit is called, and what is told of it. */
#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

/* The function that a node is or is in; the node itself when there is none around it. */
static uint32_t function_around(const struct fdar_diff_node *nodes, uint32_t at)
{
	uint32_t up = at;

	while (up && !diff_is_function(&nodes[up]))
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

gboolean diff_is_elsewhere(const struct diff_work *work, uint32_t at)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_node *nodes = diff->nodes;

	if (!at || nodes[at].presence == FDAR_IN_BOTH || !diff_is_function(&nodes[at]))
		return FALSE;
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (!diff->rows[i].below && diff->rows[i].ids[0] == work->node_functions[at])
			return diff->rows[i].presence == FDAR_IN_BOTH;
	return FALSE;
}

gboolean diff_rests_at(const struct diff_work *work, uint32_t at)
{
	const struct fdar_diff *diff = work->diff;

	if (diff->nodes[at].frame != FDAR_FRAME_WAIT || diff->nodes[at].wait != FDAR_WAIT_COND)
		return FALSE;
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (diff->rows[i].resting && diff->rows[i].below &&
		    is_of_row(diff, at, &diff->rows[i]))
			return TRUE;
	return FALSE;
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

/* The outermost function whose calls grew about as much, as did those of all between. Recursive calls count, so
 * this leads from a helper to the recursion that calls it. */
uint32_t diff_origin_of_calls(const struct diff_work *work, uint32_t at)
{
	const struct fdar_diff_node *nodes = work->diff->nodes;
	double grown = diff_ratio(nodes[at].baseline.calls, nodes[at].subject.calls);
	uint32_t origin = at;

	for (uint32_t up = nodes[at].parent; up && isfinite(grown); up = nodes[up].parent) {
		double ratio = diff_ratio(nodes[up].baseline.calls, nodes[up].subject.calls);

		if (!diff_is_function(&nodes[up]) || nodes[up].presence != FDAR_IN_BOTH)
			continue;
		if (ratio < work->options.min_ratio || ratio < 0.5 * grown)
			break;
		origin = up;
	}
	return origin;
}

gboolean diff_is_in_loop(const struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct fdar_diff_node *nodes = work->diff->nodes;
	uint32_t up = nodes[diff_origin_of_calls(work, node_of_row(work->diff, row))].parent;

	return up && diff_is_function(&nodes[up]) && !(nodes[up].baseline.calls > 0) &&
	       !(nodes[up].subject.calls > 0);
}

/* Where the baseline's tree has the function, if it is elsewhere. */
static void place_in_baseline(struct diff_work *work, uint32_t function)
{
	struct fdar_verdict *verdict = &work->diff->verdict;
	const struct diff_side *side = &work->side[BASELINE];

	for (uint32_t i = 0; i < side->profile->function_count; i++) {
		const struct fdar_profile_function *like = &side->profile->functions[i];

		if (side->functions[i] != function || !like->file ||
		    (g_strcmp0(like->file, verdict->file) == 0 && like->line == verdict->line))
			continue;
		verdict->baseline_file = g_string_chunk_insert_const(work->diff->texts, like->file);
		verdict->baseline_line = like->line;
		return;
	}
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
	place_in_baseline(work, work->node_functions[up]);
}

/* Most of it on the call path of a node. */
static void blame_row_at(struct diff_work *work, const struct fdar_diff_row *row, uint32_t at)
{
	struct fdar_verdict *verdict = &work->diff->verdict;

	verdict->change = row->change;
	/* It may have grown by less than what is called a change, and stand out all the same. */
	if (row->change == FDAR_CHANGE_NONE)
		verdict->change = diff_row_runs(row) ? FDAR_CHANGE_RUNNING : FDAR_CHANGE_WAITING;
	verdict->presence = row->presence;
	verdict->share = row->share;
	verdict->factor = row->change == FDAR_CHANGE_CALLS
				  ? diff_outer_ratio(&row->baseline, &row->subject)
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
	/* A new wait of a function that was called before as well. */
	if (row->below &&
	    work->diff->nodes[function_around(work->diff->nodes, at)].presence == FDAR_IN_BOTH)
		verdict->presence = FDAR_IN_BOTH;
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

void diff_blame_node(struct diff_work *work, uint32_t at)
{
	struct fdar_diff *diff = work->diff;
	struct fdar_verdict *verdict = &diff->verdict;
	const struct fdar_diff_node *node = &diff->nodes[at];
	double calls = diff_outer_ratio(&node->baseline, &node->subject);

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
	if (diff_mostly_waits(node)) {
		/* Of a wait, what was waited: what runs beside it would only blur the factor. */
		verdict->change = FDAR_CHANGE_WAITING;
		verdict->baseline_ns = node->baseline.wait_ns;
		verdict->subject_ns = node->subject.wait_ns;
		verdict->factor = diff_ratio(verdict->baseline_ns, verdict->subject_ns);
		verdict->below = worst_wait(diff, at);
		if (verdict->below == verdict->function)
			verdict->below = NULL;
	} else if (node->frame != FDAR_FRAME_INFERRED && diff_is_calls(work, node->ratio, calls)) {
		verdict->change = FDAR_CHANGE_CALLS;
		verdict->factor = calls;
	} else {
		verdict->change = FDAR_CHANGE_RUNNING;
	}
}

/* What a node and all below it added, without threads' rest (see diff.h). */
static double tree_added_ns(const struct diff_work *work, uint32_t top)
{
	const struct fdar_diff *diff = work->diff;
	g_autofree gboolean *below = g_new0(gboolean, diff->node_count);
	double added_ns = diff->nodes[top].tree_added_ns;

	below[top] = TRUE;
	for (uint32_t i = top + 1; i < diff->node_count; i++) {
		below[i] = below[diff->nodes[i].parent];
		if (below[i] && diff_rests_at(work, i))
			added_ns -= diff->nodes[i].added_ns;
	}
	return added_ns;
}

/* The row, or a function that says more: where its calls come from; itself with what it calls,
 * when that added a good part too (functions that call each other share their time). */
void diff_blame_row(struct diff_work *work, const struct fdar_diff_row *row)
{
	uint32_t at = node_of_row(work->diff, row);
	gboolean more_calls = at && row->change == FDAR_CHANGE_CALLS;
	uint32_t origin = more_calls ? diff_origin_of_calls(work, at) : at;
	double tree = tree_added_ns(work, at) / work->increases_ns;

	/* On a path that one side has not, what it calls cannot be compared. */
	gboolean whole = at && row->change == FDAR_CHANGE_RUNNING && tree >= row->share + 0.1 &&
			 !diff_is_elsewhere(work, at);

	if (origin != at || whole)
		diff_blame_node(work, origin);
	else
		blame_row_at(work, row, at);
}

void diff_blame_alone(struct diff_work *work, const struct fdar_diff_row *row)
{
	blame_row_at(work, row, node_of_row(work->diff, row));
}

void diff_blame_calls(struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct fdar_diff *diff = work->diff;
	struct fdar_verdict *verdict = &work->diff->verdict;

	blame_row_at(work, row, node_of_row(work->diff, row));
	verdict->change = FDAR_CHANGE_CALLS;
	verdict->counted = TRUE;
	verdict->share = diff->added_ns > 0 ? MIN(1, row->counts.work_ns / diff->added_ns) : 0;
	verdict->factor = row->ratio_calls;
	verdict->baseline_ns = row->baseline.calls * row->counts.per_call_ns;
	verdict->subject_ns = row->subject.calls * row->counts.per_call_ns;
}

void diff_blame_per_call(struct diff_work *work, uint32_t at)
{
	struct fdar_diff *diff = work->diff;
	struct fdar_verdict *verdict = &diff->verdict;
	const struct fdar_diff_node *node = &diff->nodes[at];
	gboolean waits = node->subject.wait_ns >= 0.5 * node->subject.total_ns;

	verdict->change = waits ? FDAR_CHANGE_WAITING : FDAR_CHANGE_RUNNING;
	verdict->per_call = TRUE;
	verdict->node = at;
	verdict->baseline_ns = diff_per_outer_call(&node->baseline);
	verdict->subject_ns = diff_per_outer_call(&node->subject);
	verdict->factor = diff_ratio(verdict->baseline_ns, verdict->subject_ns);
	verdict->below = waits ? worst_wait(diff, at) : NULL;
	name_culprit(work, at);
}
