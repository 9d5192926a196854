/* How sure the verdict is, and why in words. */
#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

#include "analyze/diff/calibration.h"
#include "base/amount.h"

/* Sessions a side from which on "no difference" means something. */
#define MANY_SESSIONS 20

static void cap_for_sessions(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;

	if (diff->whole_run)
		diff_cap(work, FDAR_CONFIDENCE_LOW, "whole runs are compared, which nothing tests");
	else if (!work->testable)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%" G_GUINT64_FORMAT " against %" G_GUINT64_FORMAT
			 " %s are too few to test",
			 diff->subject.sessions, diff->baseline.sessions, diff_units(diff));
	if (diff->verdict.change == FDAR_CHANGE_NONE &&
	    MIN(diff->baseline.sessions, diff->subject.sessions) < MANY_SESSIONS)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "%" G_GUINT64_FORMAT " against %" G_GUINT64_FORMAT
			 " %s show a large difference only",
			 diff->subject.sessions, diff->baseline.sessions, diff_units(diff));
	if (diff->may_be_chance)
		diff_cap(work, FDAR_CONFIDENCE_LOW, "what was seen may be chance");
	if (diff->verdict.change == FDAR_CHANGE_NONE && work->testable && work->running_longer)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%s run %.2gx longer, which is no chance: what few of them wait for hides "
			 "it",
			 diff_units(diff),
			 diff_ratio(diff->baseline.running_ns, diff->subject.running_ns));
}

/* Cold caches and processors that sleep between two sessions make a function several times as long, and
 * some microseconds; not a hundred times, and milliseconds. Nor does pace hold sessions for ever. */
static gboolean is_beyond_pace(const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	double added_ns = verdict->subject_ns - verdict->baseline_ns;

	if (verdict->factor < DIFF_PACE_FACTOR || added_ns < DIFF_PACE_NS)
		return FALSE;
	return verdict->change == FDAR_CHANGE_RUNNING ||
	       (verdict->change == FDAR_CHANGE_WAITING && diff_never_end(diff));
}

static void cap_for_load(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	double factor = diff->verdict.factor;
	enum fdar_confidence level =
		factor >= DIFF_PLAIN_FACTOR ? FDAR_CONFIDENCE_MEDIUM : FDAR_CONFIDENCE_LOW;

	if (diff->load.pace) {
		g_autofree char *rate = fdar_number_text(diff->subject.rate);
		g_autofree char *usual = fdar_number_text(diff->baseline.rate);
		g_autofree char *open = fdar_number_text(diff->subject.open);
		g_autofree char *usually_open = fdar_number_text(diff->baseline.open);

		diff_cap(work, is_beyond_pace(diff) ? FDAR_CONFIDENCE_MEDIUM : FDAR_CONFIDENCE_LOW,
			 "the sides' clients came at another pace: %s against %s "
			 "%s a second, %s against %s open at once",
			 rate, usual, diff_units(diff), open, usually_open);
	}
	if (diff->load.work > 1) {
		g_autofree char *times = fdar_number_text(diff->load.work);

		diff_cap(work, level, "the subject's %s ask for %s times as much each",
			 diff_units(diff), times);
	}
}

/* Every session of the subject is far above every one of the baseline. */
static gboolean is_far_above(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return work->testable && row && row->gap >= DIFF_PLAIN_FACTOR;
}

/* So many times what repeated baselines ever differed by: a few of them have not shown all there is. */
#define CALIBRATION_MARGIN 2

/* The function of the verdict, with what it calls or without. */
static gboolean is_beyond_calibration(const struct diff_work *work)
{
	const struct fdar_calibration *runs = work->options.calibration;
	const struct fdar_verdict *verdict = &work->diff->verdict;
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);
	gboolean alone = row && row->subject.own_ns == verdict->subject_ns;
	double added_ns = verdict->subject_ns - verdict->baseline_ns;

	return verdict->function && verdict->factor > runs->function_ratio &&
	       added_ns > CALIBRATION_MARGIN * runs->function_ns &&
	       (alone || added_ns > CALIBRATION_MARGIN * runs->session_ns);
}

/* Sessions of one run have the machine's mood in common. */
gboolean diff_is_beyond_runs(const struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);
	struct fdar_diff_spread sessions;
	gboolean runs =
		verdict->change == FDAR_CHANGE_RUNNING || verdict->change == FDAR_CHANGE_CALLS;

	if (verdict->counted)
		return row && row->counts.exact;
	if (!diff_has_several(work) && work->options.calibration)
		return is_beyond_calibration(work);
	if (row && (diff_spread_beyond(&row->spread) || is_far_above(work, row)))
		return TRUE;
	/* A function with all that it calls: the sessions' time is what is known by run. */
	diff_spread_of_sessions(work, runs, &sessions);
	return verdict->function && diff_spread_beyond(&sessions);
}

/* A function is named with all that it calls: who moves bytes below it counts for that, too. */
static void cap_for_transfers_below(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_verdict *verdict = &diff->verdict;
	const struct fdar_diff_row *row = diff_verdict_row(diff);
	gboolean alone = row && row->subject.own_ns == verdict->subject_ns;
	g_autofree gboolean *moves = g_new0(gboolean, work->names->function_count + 1);
	g_autofree gboolean *below = g_new0(gboolean, diff->node_count + 1);
	double moved_ns = 0;

	if (!verdict->node || verdict->per_call || verdict->counted || alone ||
	    verdict->change == FDAR_CHANGE_WAITING)
		return;
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (!diff->rows[i].below && diff->rows[i].transfers)
			moves[diff->rows[i].ids[0]] = TRUE;
	for (uint32_t i = verdict->node; i < diff->node_count; i++) {
		below[i] = i == verdict->node || below[diff->nodes[i].parent];
		if (below[i] && moves[work->node_functions[i]])
			moved_ns += MAX(diff->nodes[i].added_ns, 0);
	}
	if (moved_ns > 0.5 * (verdict->subject_ns - verdict->baseline_ns))
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "what %s calls moves as many bytes with as many calls as before: whoever "
			 "shares "
			 "its processor makes it longer",
			 verdict->function ? verdict->function : "it");
}

/* What is known of the row itself. */
static void cap_for_row(struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);

	if (row && verdict->counted && !row->counts.exact &&
	    row->ratio_calls < work->options.min_ratio)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%s is called a bit more often in some %s only, as turns of an event loop "
			 "are",
			 row->function, diff_units(work->diff));
	if (row && verdict->counted && !row->counts.exact && diff_is_server_too(work, row))
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%s is called outside of %s more often than for them, as a timer is: "
			 "whose a call is may be chance",
			 row->function, diff_units(work->diff));
	if (!row || verdict->counted)
		return;
	if (row->transfers)
		diff_cap(
			work, FDAR_CONFIDENCE_LOW,
			"%s moves as many bytes with as many calls as before%s: whoever shares its "
			"processor makes it longer",
			row->function, work->diff->load.work > 1 ? ", for what is asked" : "");
	if (row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_LOCK)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "%s waits for a lock: what keeps whoever has it is not in it",
			 row->function);
	else if (work->locks_follow && work->locks_hide)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "most of the added time is waiting for locks, which is taken to be behind "
			 "it");
	g_autofree char *price = diff_price_doubt(work, row);
	if (price)
		diff_cap(work, FDAR_CONFIDENCE_LOW, "%s", price);
	if (work->testable && row->share >= 0.5 * verdict->share &&
	    row->test.adjusted >= work->options.alpha && row->test.p >= work->options.alpha)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			 " %s are above all others: it may be chance",
			 verdict->few ? verdict->few : row->test.beyond,
			 work->diff->subject.sessions, diff_units(work->diff));
}

/* What runs, on a full machine. Where its processor time is known: caches and cores are shared, so that, too,
 * is longer for the same work. */
static void cap_for_running(struct diff_work *work)
{
	gboolean known = diff_knows_processor(work);
	g_autofree char *full = diff_full_text(work);
	gboolean beyond = (diff_has_several(work) && diff_is_beyond_runs(work)) ||
			  diff_shifts_by(work, diff_verdict_row(work->diff),
					 known ? DIFF_PLAIN_FACTOR : DIFF_FULL_FACTOR,
					 known ? work->options.alpha : DIFF_FULL_P);

	if (known && !beyond)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "the machine was full: what runs is processor time, and who shares caches "
			 "makes that longer, too");
	if (!known)
		diff_cap(work, beyond ? FDAR_CONFIDENCE_MEDIUM : FDAR_CONFIDENCE_LOW,
			 "the machine was full: %s, and waiting for one looks like running", full);
}

static void cap_for_processors(struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;
	gboolean runs = verdict->change == FDAR_CHANGE_RUNNING ||
			verdict->change == FDAR_CHANGE_CALLS ||
			verdict->change == FDAR_CHANGE_SPREAD;
	/* Threads that wait for a processor work for nobody. */
	gboolean rests =
		verdict->change == FDAR_CHANGE_IDLE || verdict->change == FDAR_CHANGE_BLOCKED;

	if (!diff_is_full(work))
		return;
	g_autofree char *full = diff_full_text(work);
	if (rests && !work->diff->blind && !work->diff->silent && !diff_never_end(work->diff))
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "the machine was full: %s, and nobody works for a session meanwhile",
			 full);
	if (runs && !verdict->counted)
		cap_for_running(work);
}

/* What is known of runs of this server, from a calibration. */
static void cap_for_calibration(struct diff_work *work)
{
	const struct fdar_calibration *runs = work->options.calibration;
	char function[32], session[32];

	if (work->diff->verdict.change == FDAR_CHANGE_NONE)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "one run a side: %u repeated baselines differ by %s a session (%.2fx), "
			 "which hides what is smaller",
			 runs->runs, diff_duration(runs->session_ns, session), runs->session_ratio);
	else
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "one run a side, and it is not beyond twice what %u repeated baselines "
			 "differ by: %s of a function (%.2fx), %s of a session",
			 runs->runs, diff_duration(runs->function_ns, function),
			 runs->function_ratio, diff_duration(runs->session_ns, session));
}

static void cap_for_runs(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	gboolean several = diff_has_several(work);

	if (diff->verdict.change == FDAR_CHANGE_NONE ? several : diff_is_beyond_runs(work))
		return;
	if (!several && work->options.calibration)
		cap_for_calibration(work);
	else if (diff->verdict.change == FDAR_CHANGE_NONE)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "one run a side: runs differ, and hide what is smaller (more runs: "
			 "--baseline, --subject)");
	else if (several)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "it is not beyond what the runs of a side differ by");
	else
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "one run a side: runs differ, and it is not beyond what parts of these "
			 "runs differ by (more runs: --baseline, --subject, or --calibration)");
}

/* Between two reads a thread may have run, waited for a processor, or for a disk: nobody looked. */
static void cap_for_inferred(struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;

	if (!work->diff->inferred)
		return;
	if (verdict->change == FDAR_CHANGE_NONE || verdict->function)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "what threads did is inferred from their reads and writes");
	else
		diff_cap(
			work, FDAR_CONFIDENCE_LOW,
			"what the server's threads did is inferred from their reads and writes: %s",
			FDAR_DIFF_TO_KNOW);
}

static const char *spread_doubt(const struct diff_work *work)
{
	if (diff_is_for_processor(work->diff))
		return "others had the processor: that is nobody's doing here";
	/* The sentence says which. */
	const struct fdar_diff_row *most = work->diff->even ? NULL : diff_most_of_it(work);
	if (most && most->ratio >= work->options.min_ratio)
		return "most of it is in one function, which differs too much within a run to be "
		       "named for it";
	if (most)
		return "most of it is in one function, which grew too little to be named for it";
	return "a slower machine looks the same: no function stands out";
}

/* Where a thread and its callees' data happen to lie, on which processors others wait for its signals: that stays
 * as it is for a run, and the next run has another. */
#define SMALL_FULL_RATIO 3

/* What wakes another thread is many times as long in a run in which others rest: that some sessions of the baseline
 * have as much is seen. */
static gboolean is_seen_before(const struct diff_work *work)
{
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);

	return !diff_has_several(work) && !work->options.calibration && work->testable &&
	       (!row || !diff_is_shift(row) ||
		row->subject.own_median_ns <= row->baseline.own_p99_ns);
}

static void cap_for_small(struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;
	double usual_ns = diff_usual_ns(work, TRUE);
	double part = diff_ratio(usual_ns, verdict->subject_ns - verdict->baseline_ns);

	if ((verdict->change != FDAR_CHANGE_RUNNING && verdict->change != FDAR_CHANGE_CALLS) ||
	    verdict->counted || verdict->per_call || work->diff->whole_run ||
	    (diff_has_several(work) && diff_is_beyond_runs(work)))
		return;
	if (diff_is_full(work) &&
	    (verdict->factor < 2 || (verdict->factor < SMALL_FULL_RATIO && part < DIFF_SMALL_PART)))
		diff_cap(
			work, FDAR_CONFIDENCE_LOW,
			"the machine was full, and it is little: %.2gx, %.2g %% of what %s run for",
			verdict->factor, 100 * part, diff_units(work->diff));
	else if (part < DIFF_SMALL_PART && is_seen_before(work) &&
		 verdict->factor < DIFF_PACE_FACTOR)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "it is little: %.2g %% of what %s run for, and some had as much before",
			 100 * part, diff_units(work->diff));
	else if (verdict->factor < DIFF_PLAIN_FACTOR && part < DIFF_SMALL_PART)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "it is little: %.2g %% of what %s run for, and runs differ", 100 * part,
			 diff_units(work->diff));
}

static void cap_for_kind(struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;

	switch (verdict->change) {
	case FDAR_CHANGE_NONE:
	case FDAR_CHANGE_FASTER:
		return;
	case FDAR_CHANGE_SPREAD:
		diff_cap(work, FDAR_CONFIDENCE_LOW, "%s", spread_doubt(work));
		return;
	case FDAR_CHANGE_IDLE:
	case FDAR_CHANGE_BLOCKED:
		if (work->diff->blind)
			diff_cap(work, FDAR_CONFIDENCE_LOW,
				 "what the server's threads did was not recorded: record with "
				 "--sample, or rebuild");
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM, "%s",
			 work->diff->silent
				 ? "the journals of the replay say when clients sent and when they "
				   "were answered"
				 : "it is concluded from what threads did not do");
		return;
	default:
		break;
	}
	if (verdict->server)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "its work belongs to no session, so nothing can be tested");
	if (verdict->per_call)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM, "the sides do different amounts of work");
	if (!verdict->counted && diff_resting_added_ns(work->diff) > work->increases_ns)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "most of the added time is threads' waiting for other threads, which is "
			 "taken to be no session's");
	gboolean queue = verdict->change == FDAR_CHANGE_QUEUEING;

	/* Whatever makes threads slower makes queues longer. */
	if (!verdict->counted && verdict->share < 0.5)
		diff_cap(work, queue ? FDAR_CONFIDENCE_LOW : FDAR_CONFIDENCE_MEDIUM,
			 "it has less than half of the added time");
	if (!verdict->counted && !diff_has_several(work) && verdict->share < DIFF_MIN_PART &&
	    verdict->factor < DIFF_PACE_FACTOR)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "it has %.2g %% of the added time: the rest is somebody else's",
			 100 * verdict->share);
	if (!verdict->counted && verdict->factor < 2)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM, "the factor is small");
}

static char *good_reason(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const char *units = diff_units(diff);

	if (diff->verdict.change == FDAR_CHANGE_NONE)
		return g_strdup_printf("%" G_GUINT64_FORMAT " against %" G_GUINT64_FORMAT
				       " %s, and no test tells them apart",
				       diff->subject.sessions, diff->baseline.sessions, units);
	if (diff->verdict.counted)
		return g_strdup_printf("counted, in %" G_GUINT64_FORMAT
				       " against %" G_GUINT64_FORMAT " %s",
				       diff->subject.sessions, diff->baseline.sessions, units);
	if (diff_has_several(work))
		return g_strdup("beyond what the runs of a side differ by");
	if (work->options.calibration)
		return g_strdup_printf("beyond twice what %u repeated baselines differ by",
				       work->options.calibration->runs);
	return g_strdup_printf("%" G_GUINT64_FORMAT " against %" G_GUINT64_FORMAT
			       " %s, and twice as long in every part of the run",
			       diff->subject.sessions, diff->baseline.sessions, units);
}

void diff_trust(struct diff_work *work)
{
	struct fdar_verdict *verdict = &work->diff->verdict;
	const struct diff_cap *lowest = NULL;

	diff_cap_for_trace(work);
	cap_for_sessions(work);
	cap_for_load(work);
	cap_for_processors(work);
	cap_for_row(work);
	cap_for_transfers_below(work);
	cap_for_inferred(work);
	cap_for_kind(work);
	cap_for_small(work);
	cap_for_runs(work);
	for (guint i = 0; i < work->caps->len; i++) {
		const struct diff_cap *cap = g_ptr_array_index(work->caps, i);

		if (!lowest || cap->level < lowest->level)
			lowest = cap;
	}
	verdict->confidence = lowest ? lowest->level : FDAR_CONFIDENCE_HIGH;
	verdict->reason = lowest ? g_strdup(lowest->text) : good_reason(work);
}
