/* Which rows grew by more than chance, the machine and the load make them. */
#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

/* At another pace a row must grow by more than this; on a full machine one that has little of what was
 * added. */
#define PACE_RATIO 5
/* On a full machine what runs in one run and the next differs by this: caches are others'. */
#define FULL_RATIO 2
/* What has most of what was added, and is above in nearly all sessions: no cache does that. */
#define MOST_P     1e-4
#define MOST_SHARE 0.5
#define ALL_DELTA  0.9

gboolean diff_is_longer(const struct diff_work *work, gboolean running)
{
	return running && diff_knows_processor(work)
		       ? work->running_longer
		       : work->longer || (running && work->running_longer);
}

/* Nearly all sessions of the subject are above those of the baseline, by much: that some are far out
 * and make the mean vary takes nothing away. */
#define SHIFT_LEVEL 0.1 /* between blocks: one of them may be far out */

gboolean diff_is_shift(const struct fdar_diff_row *row)
{
	return row->test.delta >= 0.8 && row->ratio_median >= DIFF_UNTESTED_RATIO;
}

gboolean diff_shifts_by(const struct diff_work *work, const struct fdar_diff_row *row,
			double factor, double p)
{
	return work->testable && row && work->diff->verdict.change == FDAR_CHANGE_RUNNING &&
	       !work->diff->verdict.per_call && !row->transfers && diff_is_shift(row) &&
	       MIN(row->ratio, row->ratio_median) >= factor && row->test.adjusted < p;
}

/* No mood of a machine does that, in whatever part of the run. */
static gboolean is_plain_shift(const struct fdar_diff_row *row)
{
	return row->test.delta >= 0.9 && row->ratio_median >= PACE_RATIO;
}

/* The middle is many times as long, and so are most: those few that are further out still make the mean vary, and
 * those that do not call it make it no shift. */
#define MOST_DELTA 0.5

static gboolean is_plain_most(const struct fdar_diff_row *row)
{
	return row->test.delta >= MOST_DELTA && row->ratio_median >= DIFF_PLAIN_FACTOR;
}

/* Sessions as a whole differ and the row does, on the same side; or the row alone by much. */
static gboolean is_significant(const struct diff_work *work, const struct fdar_diff_row *row)
{
	if (work->diff->whole_run)
		return TRUE;
	if (!work->testable)
		return row->gap >= DIFF_UNTESTED_RATIO;
	return row->added_ns > 0 &&
	       (diff_spread_above(&row->spread) ||
		(diff_is_shift(row) && (row->spread.p <= SHIFT_LEVEL || is_plain_shift(row)))) &&
	       (row->added_ns >= 2 * row->spread.noise_ns || diff_is_shift(row) ||
		is_plain_most(row)) &&
	       (row->test.adjusted < work->options.alpha ||
		(diff_is_longer(work, diff_row_runs(row)) && row->test.p < work->options.alpha));
}

/* It runs, sleeps, or waits for a lock: nothing that a client decides. */
static gboolean is_own_doing(const struct fdar_diff_row *row)
{
	return diff_row_runs(row) ||
	       (row->frame == FDAR_FRAME_WAIT &&
		(row->wait == FDAR_WAIT_SLEEP || row->wait == FDAR_WAIT_LOCK));
}

/* What it gained may be the short calls in it that were left out of one side: of the other they are
 * calls. */
static gboolean is_left_out(const struct diff_work *work, const struct fdar_diff_row *row)
{
	double short_ns = work->options.left_out_ns;
	double in_it_ns = row->subject.skipped_ns - row->baseline.skipped_ns;

	/* Less than half of the sessions call it. */
	double total_ns = row->subject.total_median_ns > 0 ? row->subject.total_median_ns
							   : row->subject.total_ns;

	if (!(short_ns > 0) || !diff_row_runs(row))
		return FALSE;
	return total_ns < 4 * short_ns * row->subject.outer_calls ||
	       row->added_ns - MAX(in_it_ns, 0) < 0.5 * row->added_ns;
}

/* By what factor and how much a row grew; where all of it moved, the middle of it says so, too: one
 * session of the baseline that is far out hides that in the means. */
static double grown_ratio(const struct fdar_diff_row *row)
{
	return diff_is_shift(row) ? MAX(row->ratio, row->ratio_median) : row->ratio;
}

static double grown_ns(const struct fdar_diff_row *row, double usual)
{
	double mean_ns = row->subject.own_ns - usual * row->baseline.own_ns;
	double median_ns = row->subject.own_median_ns - usual * row->baseline.own_median_ns;

	return diff_is_shift(row) ? MAX(mean_ns, median_ns) : mean_ns;
}

/* By what factor a row must grow on a full machine, where it has little of what was added: who is kept
 * from the processor for some sessions makes the mean, not the median. */
static double least_on_full(const struct diff_work *work, const struct fdar_diff_row *row,
			    double usual)
{
	if (diff_is_shift(row))
		return 2;
	return row->ratio_median >= usual * work->options.min_ratio ? PACE_RATIO
								    : DIFF_PLAIN_FACTOR;
}

/* Of what is worth a word: less is none in a session either. */
#define FEW_PART 0.5

/* What grew is not the middle, or that by next to nothing, but some sessions: then these must be beyond chance, too,
 * by more than that. All being a little longer is significant, and what a few add is large; neither is both. */
static gboolean is_of_few_by_chance(const struct diff_work *work, const struct fdar_diff_row *row,
				    double usual)
{
	double little_ns = FEW_PART * diff_least_added(work, is_own_doing(row));
	double middle_ns = row->subject.own_median_ns - usual * row->baseline.own_median_ns;
	gboolean few = row->ratio_median < usual * work->options.min_ratio || middle_ns < little_ns;

	return work->testable && few &&
	       diff_p_few(work, row, usual, little_ns) >= work->options.alpha;
}

/* It has more time because more of its calls are sessions' that were the server's, each as long as
 * before. */
static gboolean is_moved(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->counts.moved && (row->presence != FDAR_IN_BOTH ||
				     row->ratio < work->options.min_ratio * row->ratio_calls);
}

/* It has more time because a loop turned more often. */
static gboolean is_of_more_turns(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->ratio_calls > 1 && diff_is_of_turns(work, row) &&
	       row->ratio < work->options.min_ratio * row->ratio_calls;
}

/* What it has more of was elsewhere before, or is what recording took, or is up to clients. */
static gboolean is_explained(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->traded || is_left_out(work, row) || is_moved(work, row) ||
	       is_of_more_turns(work, row) || diff_price_hides(work, row);
}

/* It runs so much longer that neither pace nor a system call between others is the reason. */
static gboolean is_beyond_pace(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return diff_row_runs(row) && !diff_hides_running(work) && row->ratio >= DIFF_PACE_FACTOR &&
	       row->added_ns >= DIFF_PACE_NS;
}

/* What wakes another thread, say, is many times as long in a run in which others rest. It is little, and what the
 * subject's sessions have some of the baseline's had, too: one run a side does not show that there is more. */
#define SEEN_LEVEL 0.95

static gboolean is_seen_before(const struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct diff_side *a = &work->side[BASELINE], *b = &work->side[SUBJECT];

	if (!work->testable || diff_has_several(work) || work->options.calibration ||
	    !diff_row_runs(row) || row->presence != FDAR_IN_BOTH ||
	    row->ratio >= DIFF_PACE_FACTOR ||
	    row->added_ns >= DIFF_SMALL_PART * diff_usual_ns(work, TRUE))
		return FALSE;
	const struct fdar_profile_stat *before = &a->group->entries[row->entries[BASELINE]].stat;
	const struct fdar_profile_stat *after = &b->group->entries[row->entries[SUBJECT]].stat;
	double had_ns = fdar_histogram_quantile(&fdar_profile_sessions(before)->own_ns, SEEN_LEVEL,
						a->sessions);
	return fdar_histogram_quantile(&fdar_profile_sessions(after)->own_ns, 0.5, b->sessions) <=
	       work->options.min_ratio * had_ns;
}

/* It is processor time, and in nearly all sessions more than what is called a change, where others are as they were. */
static gboolean is_most_in_all(const struct diff_work *work, const struct fdar_diff_row *row,
			       double usual)
{
	return diff_knows_processor(work) && row->share >= MOST_SHARE &&
	       row->test.delta >= ALL_DELTA && row->test.adjusted < MOST_P &&
	       MIN(row->ratio, row->ratio_median) >= work->options.min_ratio * usual;
}

/* A row that grew, by more than everything else did and than the sessions were asked for. */
gboolean diff_stands_out(const struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct fdar_diff_load *load = &work->diff->load;
	/* On a full machine who has a lock may be kept from the processor with it. */
	gboolean kept =
		row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_LOCK && diff_is_full(work);
	gboolean runs = is_own_doing(row) && !kept;
	double usual;

	if (!diff_is_large(work, grown_ratio(row), grown_ns(row, 1), runs) ||
	    !is_significant(work, row))
		return FALSE;
	if (row->resting || (row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_PROCESSOR))
		return FALSE;
	/* Did nothing itself. */
	if (!(row->subject.calls > 0) && !row->below)
		return FALSE;
	if (is_explained(work, row))
		return FALSE;
	/* Who comes more slowly is waited for longer; who never ends is no matter of pace. */
	if (load->pace && !diff_holds(work, row) && !is_beyond_pace(work, row) &&
	    (row->transfers || !runs))
		return FALSE;
	usual = MAX(load->work, diff_machine(work->diff, row));
	/* Caches that are cold, processors that sleep and wake up: at leisure all is slower. */
	double ratio = grown_ratio(row);
	if (load->pace && ratio < PACE_RATIO * usual)
		return FALSE;
	if (diff_is_full(work) && diff_row_runs(row) && !diff_has_several(work) &&
	    ratio < FULL_RATIO * usual && !is_most_in_all(work, row, usual))
		return FALSE;
	if (diff_hides_running(work) && row->share < DIFF_MIN_PART &&
	    ratio < usual * least_on_full(work, row, usual))
		return FALSE;
	if (is_of_few_by_chance(work, row, usual) || is_seen_before(work, row))
		return FALSE;
	return diff_is_large(work, ratio / usual, grown_ns(row, usual), runs);
}

const struct fdar_diff_row *diff_most_of_it(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *row = diff->row_count ? &diff->rows[0] : NULL;

	if (!row || diff->whole_run || diff->even || diff->load.pace || row->share < MOST_SHARE ||
	    row->transfers || row->added_ns <= 0 || !diff_row_runs(row) ||
	    !(row->subject.calls > 0) || !(row->ratio > 1) || !isfinite(row->ratio) ||
	    is_explained(work, row))
		return NULL;
	return row->test.adjusted < MOST_P && diff_spread_above(&row->spread) ? row : NULL;
}

/* ---- a part of the sessions ---- */

/* By so much the part of the sessions that are beyond what is usual must be larger than the baseline's. */
#define PART_LEAST 0.15
/* More is a change of all. */
#define PART_MOST     0.8
#define PART_P        0.001 /* for all functions together */
#define PART_SESSIONS 20u
#define PART_SHARE    0.25
/* Beyond what this part of the baseline's sessions have. */
#define PART_USUAL 0.9
/* Where everything is longer, it must be so by so many times as much. */
#define PART_MACHINE 3

static uint64_t sessions_above(const struct fdar_histogram *values, double ns)
{
	uint64_t above = 0;

	for (uint32_t i = 0; i < values->length; i++)
		if ((double)fdar_bucket_low(values->buckets[i].index) >= ns)
			above += values->buckets[i].count;
	return above;
}

/* That the part of the second is so much larger than that of the first is chance: one-sided. */
static double parts_p(double part_a, double n_a, double part_b, double n_b)
{
	double both = (part_a * n_a + part_b * n_b) / (n_a + n_b);
	double error = sqrt(both * (1 - both) * (1 / n_a + 1 / n_b));

	return error > 0 ? erfc((part_b - part_a) / error / sqrt(2)) / 2 : 1;
}

/* Enough of the subject's sessions are longer at all. Few functions are beyond that, which costs nothing to know;
 * there may be very many. */
static gboolean has_longer(const struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct diff_side *a = &work->side[BASELINE], *b = &work->side[SUBJECT];

	if (row->presence != FDAR_IN_BOTH)
		return FALSE;
	const struct fdar_profile_stat *before = &a->group->entries[row->entries[BASELINE]].stat;
	const struct fdar_profile_stat *after = &b->group->entries[row->entries[SUBJECT]].stat;
	double usual_ns = fdar_histogram_quantile(&fdar_profile_sessions(before)->own_ns,
						  PART_USUAL, a->sessions);
	uint64_t above = sessions_above(&fdar_profile_sessions(after)->own_ns,
					work->options.min_ratio * usual_ns);

	return (double)above / (double)b->sessions >= PART_LEAST;
}

/* It may be that a part of the sessions runs longer in it, which the mean of all hides. */
static gboolean may_be_part(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return diff_row_runs(row) && row->frame != FDAR_FRAME_INFERRED && !row->client &&
	       !row->transfers && has_longer(work, row) && !is_explained(work, row);
}

/* And has a good part of what was added, in whatever part of the run; where everything is longer, by far more. */
static gboolean is_clear_part(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return row->share >= PART_SHARE && row->added_ns >= diff_least_added(work, TRUE) &&
	       diff_spread_above(&row->spread) &&
	       row->ratio - 1 >= PART_MACHINE * (diff_machine(work->diff, row) - 1);
}

/* What one in the middle of the longest sessions, which are that part of all, has. */
static double middle_ns(const struct diff_side *side, const struct fdar_profile_stat *stat,
			double part)
{
	return fdar_histogram_quantile(&fdar_profile_sessions(stat)->own_ns, 1 - part / 2,
				       side->sessions);
}

/* How many of the subject's sessions are; *least_ns: by how much at least. 0: no more than by chance, or all. */
static uint64_t part_of(const struct diff_work *work, const struct fdar_diff_row *row,
			double *least_ns)
{
	const struct diff_side *a = &work->side[BASELINE], *b = &work->side[SUBJECT];
	const struct fdar_profile_stat *before = &a->group->entries[row->entries[BASELINE]].stat;
	const struct fdar_profile_stat *after = &b->group->entries[row->entries[SUBJECT]].stat;
	double n_a = (double)a->sessions, n_b = (double)b->sessions;

	*least_ns = work->options.min_ratio * diff_machine(work->diff, row) *
		    fdar_histogram_quantile(&fdar_profile_sessions(before)->own_ns, PART_USUAL,
					    a->sessions);
	double usually =
		(double)sessions_above(&fdar_profile_sessions(before)->own_ns, *least_ns) / n_a;
	uint64_t above = sessions_above(&fdar_profile_sessions(after)->own_ns, *least_ns);
	double part = (double)above / n_b;

	if (!(*least_ns > 0) || part - usually < PART_LEAST || part > PART_MOST ||
	    parts_p(usually, n_a, part, n_b) * work->diff->row_count >= PART_P)
		return 0;
	/* Not by what a few of them have. */
	double added_ns = part * (middle_ns(b, after, part) - middle_ns(a, before, part));
	return added_ns >= diff_least_added(work, TRUE) ? above : 0;
}

/* Parts can be told: the sides were asked for the same, and who waits for a processor is no part. */
static gboolean tells_parts(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	uint64_t least = MIN(work->side[BASELINE].sessions, work->side[SUBJECT].sessions);

	return work->testable && !diff->whole_run && least >= PART_SESSIONS && !diff->load.pace &&
	       !(diff->load.work > 1) && !diff_hides_running(work) &&
	       !(work->options.left_out_ns > 0);
}

const struct fdar_diff_row *diff_part_row(const struct diff_work *work, uint64_t *sessions)
{
	double least_ns;

	for (uint32_t i = 0; i < work->diff->row_count && tells_parts(work); i++) {
		const struct fdar_diff_row *row = &work->diff->rows[i];

		*sessions = may_be_part(work, row) ? part_of(work, row, &least_ns) : 0;
		if (*sessions)
			return row;
	}
	return NULL;
}

gboolean diff_find_part(struct diff_work *work)
{
	struct fdar_verdict *verdict = &work->diff->verdict;

	/* Rows are sorted by what they added. */
	for (uint32_t i = 0; i < work->diff->row_count && tells_parts(work); i++) {
		const struct fdar_diff_row *row = &work->diff->rows[i];
		gboolean may_be = may_be_part(work, row) && is_clear_part(work, row);
		double least_ns;
		uint64_t part = may_be ? part_of(work, row, &least_ns) : 0;

		if (!part)
			continue;
		diff_blame_alone(work, row);
		verdict->few = part;
		verdict->few_ns = least_ns;
		verdict->few_row = i;
		work->part = TRUE;
		return TRUE;
	}
	return FALSE;
}
