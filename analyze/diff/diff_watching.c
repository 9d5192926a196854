/* What is waiting for a processor for one side only, or is told as something else. */
#include "analyze/diff/diff_private.h"
#include "base/amount.h"
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

/* So much longer each wait: no machine that is merely full keeps anybody from a processor for that long. */
#define LONG_WAIT_NS 1e8

/* Who is waited for on a full machine, a thread, a server behind this one, a client, waits for a processor, too,
 * and this side only sees that nothing comes. Waits of some microseconds are a hundred times as long then:
 * factors say nothing. Whether runs differ by as much is known of several. */
gboolean diff_is_beyond_full(double added_ns, double waits)
{
	return added_ns >= LONG_WAIT_NS * waits;
}

static enum fdar_confidence trust_in_others(const struct diff_work *work, double added_ns,
					    double waits)
{
	return diff_is_beyond_full(added_ns, waits) ||
			       (diff_has_enough_runs(work) && diff_is_beyond_runs(work))
		       ? FDAR_CONFIDENCE_MEDIUM
		       : FDAR_CONFIDENCE_LOW;
}

static void cap_for_others(struct diff_work *work, const struct fdar_diff_row *row)
{
	if (row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_COND)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "%s waits for another thread: what keeps that one is not in it",
			 row->function);
	if (!diff_is_for_others(row) || !diff_is_full(work) || diff_never_end(work->diff))
		return;
	diff_cap(work, trust_in_others(work, row->added_ns, row->subject.calls),
		 "the machine was full, and %s waits for somebody else, who may have waited for a "
		 "processor",
		 row->function);
}

/* A function is named for a wait further down: whose it is counts for that, too. */
static void cap_for_waits_below(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_verdict *verdict = &diff->verdict;
	g_autofree gboolean *below = g_new0(gboolean, diff->node_count + 1);
	double added_ns = verdict->subject_ns - verdict->baseline_ns;
	double client_ns = 0, other_ns = 0, threads_ns = 0, waits = 0;

	if (verdict->change != FDAR_CHANGE_WAITING || !verdict->node || verdict->per_call ||
	    diff_never_end(diff))
		return;
	for (uint32_t i = verdict->node; i < diff->node_count; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];

		below[i] = i == verdict->node || below[node->parent];
		if (!below[i] || node->frame != FDAR_FRAME_WAIT)
			continue;
		client_ns += node->subject.client_ns - node->baseline.client_ns;
		waits += node->subject.calls;
		if (node->wait != FDAR_WAIT_SLEEP)
			other_ns += node->added_ns;
		if (node->wait == FDAR_WAIT_LOCK || node->wait == FDAR_WAIT_COND)
			threads_ns += node->added_ns;
	}
	if (threads_ns > 0.5 * added_ns)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "%s waits for other threads: what keeps them is not in it",
			 verdict->function ? verdict->function : "it");
	gboolean client = client_ns > 0.5 * added_ns;
	if (!client && !(diff_is_full(work) && other_ns > 0.5 * added_ns))
		return;
	enum fdar_confidence level =
		verdict->factor >= DIFF_PLAIN_FACTOR ? FDAR_CONFIDENCE_MEDIUM : FDAR_CONFIDENCE_LOW;
	if (diff_is_full(work))
		level = trust_in_others(work, added_ns, waits);
	diff_cap(work, level,
		 client ? "%s waits for its clients, on their own connections: how long is their "
			  "doing"
			: "the machine was full, and %s waits for somebody else, who may have "
			  "waited for a processor",
		 verdict->function ? verdict->function : "it");
}

static void cap_for_clients(struct diff_work *work, const struct fdar_diff_row *row)
{
	if (row->client && !diff_never_end(work->diff))
		diff_cap(work,
			 diff_is_full(work)
				 ? trust_in_others(work, row->added_ns, row->subject.calls)
			 : row->ratio >= DIFF_PLAIN_FACTOR ? FDAR_CONFIDENCE_MEDIUM
							   : FDAR_CONFIDENCE_LOW,
			 "%s waits for its clients, on their own connections: how long is their "
			 "doing",
			 row->function);
}

/* How often a session stands in the verdict's queue. */
static double stands(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (diff->rows[i].frame == FDAR_FRAME_QUEUE &&
		    g_strcmp0(diff->rows[i].function, diff->verdict.below) == 0)
			return diff->rows[i].subject.calls;
	return 1;
}

/* Who takes from it does not run longer: then more come at once, or it is kept from its processor, or from
 * taking by something that is not seen. */
static void cap_for_queue(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_verdict *verdict = &diff->verdict;
	double added_ns = verdict->subject_ns - verdict->baseline_ns;

	if (verdict->change != FDAR_CHANGE_QUEUEING)
		return;
	if (diff->baseline.open > 0 &&
	    diff->subject.open >= DIFF_OPEN_RATIO * diff->baseline.open) {
		g_autofree char *open = fdar_number_text(diff->subject.open);
		g_autofree char *usual = fdar_number_text(diff->baseline.open);

		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%s against %s %s were open at once: where more come at once they stand "
			 "longer",
			 open, usual, diff_units(diff));
	}
	if (diff_is_full(work))
		diff_cap(work, trust_in_others(work, added_ns, stands(work)),
			 "the machine was full, and who takes from the queue may have waited for a "
			 "processor");
}

static void cap_for_waits(struct diff_work *work)
{
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);

	if (row && !work->diff->verdict.counted) {
		cap_for_clients(work, row);
		cap_for_others(work, row);
	}
	cap_for_waits_below(work);
	cap_for_queue(work);
}

void diff_cap_for_processor(struct diff_work *work)
{
	cap_for_unwatched(work);
	cap_for_watching(work);
	cap_for_waking(work);
	cap_for_waits(work);
}

/* Less than so many times what most others grew by is what made them grow. */
#define MOST_FACTOR 2

void diff_cap_for_others(struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);

	if (!row || !diff_row_runs(row) || verdict->counted || verdict->per_call ||
	    (diff_has_several(work) && diff_is_beyond_runs(work)))
		return;
	double others = diff_most_others(work, row);

	if (others >= work->options.min_ratio && verdict->factor < MOST_FACTOR * others)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "half of the other functions run %.2gx longer, too, or more: a run of a "
			 "slower machine looks like that",
			 others);
}
