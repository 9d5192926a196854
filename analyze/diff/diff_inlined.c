/*
 * Functions that only the subject's build has: new work, or what was inlined before. Where the callers run for
 * the sessions, time that went from them to a new function shows in the sessions (diff_traded.c). Where they
 * are the server's own, as loops that wait for work are, it does not: what was inlined there had its time among
 * the server's, and looks as if it came from nothing. And whatever the callers are: time that is new makes
 * sessions run longer.
 */
#include "analyze/diff/diff_private.h"

/* So much of what new functions run for was elsewhere. */
#define INLINED_PART 0.5
/* A wait is made as often as before, by whatever function. */
#define OTHER_WAITS 1.1

/* It is there for what it calls: no session's. */
static gboolean is_context(const struct fdar_diff_node *node)
{
	return !(node->baseline.calls > 0 || node->subject.calls > 0);
}

static gboolean is_new(const struct fdar_diff_row *row)
{
	return !row->below && diff_row_runs(row) && row->frame == FDAR_FRAME_FUNCTION &&
	       row->presence == FDAR_IN_SUBJECT;
}

static const struct fdar_diff_row *new_row_at(const struct diff_work *work, uint32_t at,
					      const struct fdar_diff_row *const *row)
{
	const struct fdar_diff_node *node = &work->diff->nodes[at];

	return at && diff_is_function(node) && is_context(&work->diff->nodes[node->parent])
		       ? row[work->node_functions[at]]
		       : NULL;
}

/* What the server's own frames of a function ran less than before, a session. */
static double server_lost_ns(const struct diff_work *work, uint32_t function)
{
	double ns[SIDES] = { 0 };

	for (int s = 0; s < SIDES; s++)
		if (function < work->side[s].server_count)
			ns[s] = work->side[s].server_ns[function];
	return ns[BASELINE] - ns[SUBJECT];
}

/* Reads, writes and waits that a node makes itself. */
static double asked_of_kernel(const struct fdar_diff *diff, uint32_t top, gboolean subject)
{
	const struct fdar_diff_node *node = &diff->nodes[top];
	double calls = subject ? node->subject.io_calls : node->baseline.io_calls;

	for (uint32_t i = top + 1; i < diff->node_count; i++) {
		const struct fdar_diff_node *wait = &diff->nodes[i];

		if (wait->parent == top && wait->frame == FDAR_FRAME_WAIT)
			calls += subject ? wait->subject.calls : wait->baseline.calls;
	}
	return calls;
}

/* The server's frame around it made these calls itself, and does no more: it was there. */
static gboolean took_calls(const struct diff_work *work, uint32_t at)
{
	const struct fdar_diff *diff = work->diff;
	uint32_t up = diff->nodes[at].parent;
	double own = asked_of_kernel(diff, at, TRUE);
	double lost = asked_of_kernel(diff, up, FALSE) - asked_of_kernel(diff, up, TRUE);

	return own > 0 && lost >= INLINED_PART * own;
}

/* New functions below a frame of the server's, which lost as much time as they have. */
static gboolean took_time(const struct diff_work *work, uint32_t at,
			  const struct fdar_diff_row *const *row)
{
	const struct fdar_diff *diff = work->diff;
	uint32_t up = diff->nodes[at].parent;
	double new_ns = 0;

	for (uint32_t i = up + 1; i < diff->node_count; i++)
		if (diff->nodes[i].parent == up && new_row_at(work, i, row))
			new_ns += MAX(diff->nodes[i].added_ns, 0);
	return up && server_lost_ns(work, work->node_functions[up]) >= INLINED_PART * new_ns;
}

/* What is new elsewhere is no part of what the loop had. */
static void find_in_server(struct diff_work *work, const struct fdar_diff_row *const *row)
{
	struct fdar_diff *diff = work->diff;
	g_autofree gboolean *was_there = g_new0(gboolean, diff->row_count + 1);
	g_autofree double *taken_ns = g_new0(double, diff->row_count + 1);

	for (uint32_t i = 1; i < diff->node_count; i++) {
		const struct fdar_diff_row *about = new_row_at(work, i, row);

		if (!about || !(took_calls(work, i) || took_time(work, i, row)))
			continue;
		was_there[about - diff->rows] = TRUE;
		taken_ns[about - diff->rows] += MAX(diff->nodes[i].added_ns, 0);
	}
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (was_there[i] && taken_ns[i] >= INLINED_PART * diff->rows[i].added_ns)
			diff->rows[i].traded = TRUE;
}

/* All that is new, and not known to have been elsewhere, is longer than what sessions run longer: most of it
 * was somewhere. */
static void find_in_sum(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	double machine = diff_machine(diff, NULL), new_ns = 0;
	double added_ns = diff->subject.running_ns - machine * diff->baseline.running_ns;

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (is_new(&diff->rows[i]) && !diff->rows[i].traded)
			new_ns += diff->rows[i].added_ns;
	for (uint32_t i = 0; i < diff->row_count && added_ns < INLINED_PART * new_ns; i++)
		if (is_new(&diff->rows[i]))
			diff->rows[i].traded = TRUE;
}

/* A wait that its function did not have before and others had: all of these together say whether it is longer. */
static void find_waits(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		struct fdar_diff_row *row = &diff->rows[i];
		double calls[SIDES] = { 0 }, ns[SIDES] = { 0 };

		if (!row->below || row->presence != FDAR_IN_SUBJECT)
			continue;
		for (uint32_t k = 0; k < diff->row_count; k++) {
			const struct fdar_diff_row *like = &diff->rows[k];

			if (like->ids[1] != row->ids[1])
				continue;
			calls[BASELINE] += like->baseline.calls;
			calls[SUBJECT] += like->subject.calls;
			ns[BASELINE] += like->baseline.own_ns;
			ns[SUBJECT] += like->subject.own_ns;
		}
		if (calls[SUBJECT] <= OTHER_WAITS * calls[BASELINE] &&
		    ns[SUBJECT] - ns[BASELINE] <= INLINED_PART * row->added_ns)
			row->traded = TRUE;
	}
}

void diff_inlined_find(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	uint32_t functions = work->names->function_count;
	g_autofree const struct fdar_diff_row **row =
		g_new0(const struct fdar_diff_row *, functions + 1);

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (is_new(&diff->rows[i]))
			row[diff->rows[i].ids[0]] = &diff->rows[i];
	find_in_server(work, row);
	find_in_sum(work);
	find_waits(work);
}

void diff_cap_for_inlined(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_verdict *verdict = &diff->verdict;
	uint32_t up = verdict->node ? diff->nodes[verdict->node].parent : 0;

	if (!verdict->function || verdict->presence != FDAR_IN_SUBJECT || work->same_binaries ||
	    diff->whole_run)
		return;
	if (up && is_context(&diff->nodes[up]))
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%s is new, and called by %s, whose own time is the server's: another "
			 "build may have it in there",
			 verdict->function, diff->nodes[up].function);
	if (verdict->counted)
		diff_cap(work, work->running_longer ? FDAR_CONFIDENCE_MEDIUM : FDAR_CONFIDENCE_LOW,
			 "%s is new, and so is the build: another may have it in its callers",
			 verdict->function);
}
