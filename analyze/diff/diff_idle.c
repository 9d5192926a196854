/* Sessions that stay open while no thread works for them. */
#include "analyze/diff/diff_private.h"

/* Idle before any function: hardly any of the time that sessions stay open longer is a thread's. */
#define PLAIN_RATIO 1000
/* In the less plain case sessions must stay open this much longer. */
#define OPEN_RATIO_MIN 3.0
/* So many reads and writes, of a session and in a second, are no talk with a client. */
#define SPIN_MIN 1000
/* A server whose threads run for so much of one processor is not waiting for its clients. */
#define BUSY_PART 0.3

/* What runs on a side, besides the sessions that are compared: of the server itself and of sessions
 * with other labels. The largest of it is most. */
struct others {
	double running_ns;
	const struct fdar_profile_function *most;
	const char *whose; /* a label, or NULL: the server itself */
	double most_ns;
};

static void add_group(const struct diff_side *side, const struct fdar_profile_group *group,
		      struct others *others)
{
	for (uint32_t i = 0; i < group->entry_count; i++) {
		const struct fdar_profile_entry *entry = &group->entries[i];
		const struct fdar_profile_function *function =
			&side->profile->functions[entry->function];

		if (entry->below != FDAR_PROFILE_NONE || function->kind == FDAR_FRAME_QUEUE ||
		    function->kind == FDAR_FRAME_WAIT)
			continue;
		others->running_ns += (double)entry->stat.own_ns;
		if ((double)entry->stat.own_ns <= others->most_ns)
			continue;
		others->most_ns = (double)entry->stat.own_ns;
		others->most = function;
		others->whose = group->sessions ? group->label : NULL;
	}
}

static struct others others_of(const struct diff_side *side)
{
	struct others others = { 0 };

	for (uint32_t i = 0; i < side->profile->group_count; i++)
		if (&side->profile->groups[i] != side->group)
			add_group(side, &side->profile->groups[i], &others);
	return others;
}

/* Running time as a part of one processor, while there were sessions. */
static double busy_part(const struct diff_side *side, double running_ns)
{
	const struct fdar_profile_grid *grid = &side->group->grid;
	double span_ns = (double)(grid->end_ns - grid->begin_ns) +
			 fdar_histogram_mean(&side->group->lifetime_ns);

	return span_ns > 0 ? running_ns / span_ns : 0;
}

/* Was anything of what threads do recorded, besides their waits? */
static gboolean knows_running(const struct diff_work *work)
{
	for (int i = 0; i < SIDES; i++) {
		const struct diff_side *side = &work->side[i];
		struct others others = others_of(side);

		if (others.running_ns > 0 || side->group->running_ns.sum > 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean is_longer_open(const struct diff_work *work, double ratio)
{
	const struct fdar_diff *diff = work->diff;
	struct fdar_sample_test test = fdar_sample_test(&work->side[BASELINE].group->lifetime_ns,
							work->side[BASELINE].sessions,
							&work->side[SUBJECT].group->lifetime_ns,
							work->side[SUBJECT].sessions);
	double median =
		diff_ratio(diff->baseline.lifetime_median_ns, diff->subject.lifetime_median_ns);

	if (work->testable && test.p_up >= work->options.alpha)
		return FALSE;
	return ratio >= OPEN_RATIO_MIN &&
	       (median >= 2 || test.beyond * 10 >= diff->subject.sessions);
}

gboolean diff_never_end(const struct fdar_diff *diff)
{
	const struct fdar_diff_sessions *baseline = &diff->baseline, *subject = &diff->subject;

	return (double)subject->unfinished >= 0.5 * (double)subject->sessions &&
	       (double)baseline->unfinished <= 0.1 * (double)baseline->sessions;
}

gboolean diff_holds(const struct diff_work *work, const struct fdar_diff_row *row)
{
	return diff_never_end(work->diff) && !diff_row_runs(row) && !row->transfers &&
	       row->added_ns >= 0.5 * work->increases_ns;
}

gboolean diff_is_plain(const struct fdar_diff *diff, double added_ns, double worked_ns)
{
	return (diff_never_end(diff) && worked_ns <= 0.1 * added_ns) ||
	       PLAIN_RATIO * MAX(worked_ns, 0) <= added_ns;
}

double diff_silence(const struct diff_work *work)
{
	const struct fdar_diff_options *options = &work->options;

	return options->silence_known && work->diff->unit == FDAR_UNIT_SESSION
		       ? MAX(0, options->silent_ns[SUBJECT] - options->silent_ns[BASELINE])
		       : 0;
}

gboolean diff_is_silence(const struct diff_work *work, double added_ns)
{
	return added_ns > 0 && diff_silence(work) >= 0.5 * added_ns;
}

/* Of what sessions wait longer for their clients, what these were silent for. */
static double waited_in_vain(const struct diff_work *work)
{
	double client_ns = 0;

	for (uint32_t i = 0; i < work->diff->row_count; i++)
		client_ns += work->diff->rows[i].client ? work->diff->rows[i].added_ns : 0;
	return MIN(client_ns, diff_silence(work));
}

/* While the sessions were open, threads were busy with something else. */
static gboolean find_blocker(struct diff_work *work)
{
	const struct diff_side *side = &work->side[SUBJECT];
	struct fdar_verdict *verdict = &work->diff->verdict;
	struct others others = others_of(side), before = others_of(&work->side[BASELINE]);

	if (!others.most || busy_part(side, others.running_ns) < BUSY_PART ||
	    busy_part(&work->side[BASELINE], before.running_ns) >= BUSY_PART)
		return FALSE;
	verdict->change = FDAR_CHANGE_BLOCKED;
	verdict->function = g_string_chunk_insert_const(work->diff->texts, others.most->name);
	verdict->component = g_string_chunk_insert_const(work->diff->texts, others.most->component);
	verdict->server = !others.whose;
	if (others.whose)
		verdict->below = g_string_chunk_insert_const(work->diff->texts, others.whose);
	verdict->share = others.most_ns / others.running_ns;
	return TRUE;
}

/* Reads and writes of an open session in a second, if they are of a busy loop: a thousand a second and a
 * session, ten times as many as in the baseline, for not twice the bytes. */
static double spin_rate(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	double calls = diff->subject.io_calls, bytes[SIDES];
	double rate = diff->subject.lifetime_ns > 0 ? 1e9 * calls / diff->subject.lifetime_ns : 0;

	for (int s = 0; s < SIDES; s++) {
		const struct diff_side *side = &work->side[s];

		bytes[s] = (double)(side->group->bytes_in + side->group->bytes_out) /
			   (double)side->sessions;
	}
	return rate >= SPIN_MIN && calls >= SPIN_MIN && calls >= 10 * diff->baseline.io_calls &&
			       bytes[SUBJECT] < 2 * bytes[BASELINE]
		       ? rate
		       : 0;
}

gboolean diff_find_idle(struct diff_work *work, gboolean first)
{
	struct fdar_diff *diff = work->diff;
	const struct diff_side *side = &work->side[SUBJECT];
	double ratio = diff_ratio(diff->baseline.lifetime_ns, diff->subject.lifetime_ns);
	double added_ns = diff->subject.lifetime_ns - diff->baseline.lifetime_ns;
	/* Waits that got shorter do not make up for what runs longer. */
	double worked_ns = MAX(diff->added_ns - waited_in_vain(work),
			       diff->subject.running_ns - diff->baseline.running_ns);

	if (diff->whole_run || !diff_is_large(work, ratio, added_ns, FALSE) ||
	    added_ns < DIFF_MIN_UNTESTED_NS || !is_longer_open(work, ratio))
		return FALSE;
	if (first && !diff_is_plain(diff, added_ns, worked_ns))
		return FALSE;
	if (added_ns - MAX(worked_ns, 0) < 0.5 * added_ns)
		return FALSE;
	diff->verdict = (struct fdar_verdict){
		.change = FDAR_CHANGE_IDLE,
		.factor = ratio,
		.baseline_ns = diff->baseline.lifetime_ns,
		.subject_ns = diff->subject.lifetime_ns,
	};
	diff->silent = diff_is_silence(work, added_ns);
	if (diff->silent)
		return TRUE;
	if (!knows_running(work)) {
		diff->blind = TRUE;
		diff->spin_rate = spin_rate(work);
		return TRUE;
	}
	if (find_blocker(work))
		return TRUE;
	/* Its own sessions keep the threads busy: what they do is to be named. */
	if (busy_part(side, (double)side->group->running_ns.sum) >= BUSY_PART) {
		diff->verdict = (struct fdar_verdict){ 0 };
		return FALSE;
	}
	return TRUE;
}
