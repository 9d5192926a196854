/* What is waiting for a processor for one side only, or is told as something else. */
#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

#define WATCHED_PART 0.1 /* of the processes: sides that differ by more are not watched alike */
#define OFF_PART     0.1 /* of what was added */

static double watched_part(const struct fdar_profile *profile)
{
	return (double)profile->watched / (double)MAX(profile->processes, 1);
}

/* What threads of a side were off the processor for, of a session's time, by their own word. */
static double off_ns(const struct fdar_diff *diff, int side)
{
	double sum_ns = 0;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (row->frame == FDAR_FRAME_WAIT &&
		    (row->wait == FDAR_WAIT_PROCESSOR || row->wait == FDAR_WAIT_OTHER))
			sum_ns += side == BASELINE ? row->baseline.own_ns : row->subject.own_ns;
	}
	return sum_ns;
}

/* Where one side tells it of more of its processes than the other, what runs in one may be waiting in the
 * other. */
static void cap_for_watching(struct diff_work *work)
{
	static const char *const names[SIDES] = { "baseline", "subject" };
	const struct fdar_verdict *verdict = &work->diff->verdict;
	double before = watched_part(work->side[BASELINE].profile);
	double after = watched_part(work->side[SUBJECT].profile);
	double added_ns = verdict->subject_ns - verdict->baseline_ns;
	int told = after > before ? SUBJECT : BASELINE;

	if ((verdict->change != FDAR_CHANGE_RUNNING && verdict->change != FDAR_CHANGE_WAITING) ||
	    fabs(after - before) <= WATCHED_PART)
		return;
	diff_cap(work,
		 off_ns(work->diff, told) < OFF_PART * added_ns ? FDAR_CONFIDENCE_MEDIUM
								: FDAR_CONFIDENCE_LOW,
		 "the %s tells when threads were off the processor, the %s does not, or of fewer: "
		 "waiting there is running here",
		 names[told], names[SUBJECT - told]);
}

#define WAKE_NS 1e8 /* so long, after each sleep */

/* Whoever wakes up on a full machine waits for a processor, which is told as sleep. */
static void cap_for_waking(struct diff_work *work)
{
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);

	if (!row || row->frame != FDAR_FRAME_WAIT || row->wait != FDAR_WAIT_SLEEP)
		return;
	if (diff_is_full(work) && row->presence == FDAR_IN_BOTH &&
	    row->ratio_calls < work->options.min_ratio &&
	    row->added_ns < WAKE_NS * row->subject.calls)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "the machine was full: %s sleeps as often as before, and may have waited "
			 "for a processor to wake up on",
			 row->function);
}

static gboolean is_unwatched(enum fdar_frame_kind frame, enum fdar_wait_kind wait, const char *name)
{
	return frame == FDAR_FRAME_WAIT && wait == FDAR_WAIT_OTHER && name &&
	       g_str_equal(name, FDAR_PROFILE_BLOCKED);
}

/* What a node, and all that is below it, added off the processor in no call that is watched. */
static double unwatched_ns(const struct fdar_diff *diff, uint32_t top)
{
	g_autofree gboolean *below = g_new0(gboolean, diff->node_count + 1);
	double sum_ns = 0;

	for (uint32_t i = top; top && i < diff->node_count; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];

		below[i] = i == top || below[node->parent];
		if (below[i] && is_unwatched(node->frame, node->wait, node->function))
			sum_ns += node->added_ns;
	}
	return sum_ns;
}

/* A raw futex, a page that is read from the disk, a wait by a call that is not watched: what it is for cannot be
 * known. */
static void cap_for_unwatched(struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);
	double added_ns = verdict->subject_ns - verdict->baseline_ns;

	if (verdict->change != FDAR_CHANGE_WAITING || !verdict->function)
		return;
	if ((row && is_unwatched(row->frame, row->wait, row->below ? row->below : row->function)) ||
	    unwatched_ns(work->diff, verdict->node) > 0.5 * added_ns)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "%s was off the processor in no call that is watched: what it waited for "
			 "is not known",
			 verdict->function);
}

void diff_cap_for_processor(struct diff_work *work)
{
	cap_for_unwatched(work);
	cap_for_watching(work);
	cap_for_waking(work);
}
