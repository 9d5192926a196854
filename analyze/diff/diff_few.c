/*
 * One session of many, or a few, far beyond all others of both sides in one function: too few to be a difference
 * of the sides that anything tests, and what somebody asks who saw one slow answer. It is told of those sessions,
 * never of all.
 *
 * Machines have hiccups, and each is in some session and some function. Evidence against that is that the
 * function is called there as it is nowhere else; that several calls of it make the session as long; or that a single
 * one takes longer than anybody is kept from a processor.
 */
#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

/* At most every fourth session is few, of so many at least. */
#define FEW_PART     4u
#define FEW_SESSIONS 20u
/* So many times what any other session has. */
#define FEW_FACTOR 10
/* A call that is so many times as long as any of the baseline is longer than those. */
#define CALL_FACTOR 3
/* Names of sessions that a line has room for. */
#define TOLD_MAX 3u

struct few {
	uint64_t sessions; /* 0: there are none */
	double least_ns;   /* of them; and the most of all others */
	double others_ns;
	gboolean counted;  /* its calls alone say so */
	gboolean repeated; /* several calls each */
};

static const struct fdar_profile_stat *stat_of(const struct diff_work *work,
					       const struct fdar_diff_row *row, int which)
{
	const struct fdar_profile_group *group = work->side[which].group;
	uint32_t entry = row->entries[which];

	return entry == FDAR_PROFILE_NONE ? NULL : &group->entries[entry].stat;
}

/* The largest values, as far as there is a gap below them that is wide; the widest group of them. others: the
 * largest value of the other side. */
static struct few gap_of(const struct fdar_histogram *values, uint64_t population, double others)
{
	struct few found = { 0 };
	uint64_t seen = 0;

	for (uint32_t i = values->length; i > 0; i--) {
		double least = (double)fdar_bucket_low(values->buckets[i - 1].index), next = others;

		seen += values->buckets[i - 1].count;
		if (seen * FEW_PART > population)
			break;
		if (i > 1)
			next = MAX(next, (double)fdar_bucket_high(values->buckets[i - 2].index));
		if (least > 0 && least >= FEW_FACTOR * next)
			found = (struct few){ seen, least, next, FALSE, FALSE };
	}
	return found;
}

/* Is it called in these sessions as in no other? */
static gboolean is_counted(const struct diff_work *work, const struct fdar_profile_stat *before,
			   const struct fdar_profile_stat *after, uint64_t sessions)
{
	double most = before ? (double)fdar_profile_sessions(before)->calls.max : 0;
	struct few calls = gap_of(&fdar_profile_sessions(after)->calls,
				  work->side[SUBJECT].sessions, work->diff->load.work * most);

	return calls.sessions == sessions;
}

/* Calls that are longer than any of the baseline's, and make the sessions as long as they are. */
static uint64_t long_calls(const struct fdar_profile_stat *before,
			   const struct fdar_profile_stat *after, double session_ns)
{
	double most = before && before->call_ns.count ? (double)before->call_ns.max : 0;
	double part_ns = session_ns / (2 * (double)MAX(fdar_profile_sessions(after)->calls.max, 1));
	double least_ns = MAX(CALL_FACTOR * most, part_ns);
	uint64_t calls = 0;

	for (uint32_t i = 0; i < after->call_ns.length; i++)
		if ((double)fdar_bucket_low(after->call_ns.buckets[i].index) > least_ns)
			calls += after->call_ns.buckets[i].count;
	return calls;
}

/* What runs, or sleeps: nobody else decides how long that takes. */
static gboolean is_own_doing(const struct fdar_diff_row *row)
{
	if (row->transfers || row->client || row->traded || row->counts.moved)
		return FALSE;
	return (diff_row_runs(row) && row->frame != FDAR_FRAME_INFERRED) ||
	       (row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_SLEEP);
}

/* Who is kept from a processor looks as if it ran, or slept, for as long. */
static gboolean may_be_hiccup(const struct diff_work *work, const struct fdar_diff_row *row,
			      const struct few *few)
{
	gboolean hidden = diff_row_runs(row) ? diff_hides_running(work) : diff_is_full(work);

	return !few->counted && !(few->repeated && !hidden) &&
	       !diff_is_beyond_full(few->least_ns, 1);
}

/* Without the price of recording its calls, of the session that has most of them. */
static double worth_ns(const struct diff_work *work, const struct fdar_profile_stat *after,
		       const struct few *few)
{
	return few->least_ns - work->side[SUBJECT].call_price.inner_ns *
				       (double)fdar_profile_sessions(after)->calls.max;
}

static gboolean are_many(const struct diff_work *work)
{
	return work->testable && work->side[BASELINE].sessions >= FEW_SESSIONS &&
	       work->side[SUBJECT].sessions >= FEW_SESSIONS;
}

static struct few few_of(const struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct fdar_profile_stat *before = stat_of(work, row, BASELINE);
	const struct fdar_profile_stat *after = stat_of(work, row, SUBJECT);
	double most_ns = before && fdar_profile_sessions(before)->own_ns.count
				 ? (double)fdar_profile_sessions(before)->own_ns.max
				 : 0;
	struct few few = { 0 };

	/* Where the middle moved as well it is not theirs alone. */
	if (!after || !are_many(work) || !is_own_doing(row) || diff_is_shift(row) ||
	    row->ratio_median >= work->options.min_ratio)
		return few;
	few = gap_of(&fdar_profile_sessions(after)->own_ns, work->side[SUBJECT].sessions,
		     work->diff->load.work * most_ns);
	if (!few.sessions)
		return few;
	few.counted = is_counted(work, before, after, few.sessions);
	few.repeated = long_calls(before, after, few.least_ns) >= 2 * few.sessions;
	return few;
}

/* All sessions are longer, beyond chance, and most of what was added is theirs. */
static gboolean is_beside_more(const struct diff_work *work, const struct few *few)
{
	double part_ns = (double)few->sessions * few->least_ns /
			 (double)MAX(work->side[SUBJECT].sessions, 1);

	return (work->longer || work->running_longer) && part_ns < 0.5 * work->increases_ns;
}

/* A session is twice as long for it, and it is no hiccup. */
static gboolean is_told(const struct diff_work *work, const struct fdar_diff_row *row,
			const struct few *few)
{
	double least_ns = MAX(diff_usual_ns(work, TRUE), DIFF_MIN_UNTESTED_NS);

	return few->sessions && !may_be_hiccup(work, row, few) && !is_beside_more(work, few) &&
	       worth_ns(work, stat_of(work, row, SUBJECT), few) >= least_ns;
}

gboolean diff_find_few(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *most = NULL;
	struct few few_of_most = { 0 };

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];
		struct few few = few_of(work, row);

		if (!is_told(work, row, &few) ||
		    (double)few.sessions * few.least_ns <=
			    (double)few_of_most.sessions * few_of_most.least_ns)
			continue;
		most = row;
		few_of_most = few;
	}
	if (!most)
		return FALSE;
	diff_blame_row(work, most);
	diff->verdict.change = diff_row_runs(most) ? FDAR_CHANGE_RUNNING : FDAR_CHANGE_WAITING;
	diff->verdict.few = few_of_most.sessions;
	diff->verdict.few_ns = diff->verdict.subject_ns = few_of_most.least_ns;
	diff->verdict.baseline_ns = few_of_most.others_ns;
	diff->verdict.factor = diff_ratio(few_of_most.others_ns, few_of_most.least_ns);
	diff->verdict.few_row = (uint32_t)(most - diff->rows);
	diff->verdict.few_only = TRUE;
	return TRUE;
}

void diff_count_few(struct diff_work *work)
{
	struct fdar_verdict *verdict = &work->diff->verdict;
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);

	/* Who blocks others is in the sessions that it works for, and these are others. */
	if (!row || verdict->few || verdict->per_call || verdict->counted ||
	    verdict->change == FDAR_CHANGE_BLOCKED)
		return;
	struct few few = few_of(work, row);
	verdict->few = few.sessions;
	verdict->few_ns = few.least_ns;
	verdict->few_row = (uint32_t)(row - work->diff->rows);
}

void diff_cap_for_few(struct diff_work *work)
{
	const struct fdar_verdict *verdict = &work->diff->verdict;
	const struct fdar_diff_row *row;

	if (!verdict->few_only)
		return;
	row = &work->diff->rows[verdict->few_row];
	struct few few = few_of(work, row);
	if (diff_p_few(work, row, 1, DIFF_MIN_UNTESTED_NS) >= work->options.alpha)
		diff_cap(
			work, FDAR_CONFIDENCE_LOW,
			"%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			" %s %s far above all others: that as many are the subject's may be chance",
			verdict->few, work->diff->subject.sessions, diff_units(work->diff),
			verdict->few == 1 ? "is" : "are");
	if (!diff_spread_above(&row->spread) || row->added_ns < 2 * row->spread.noise_ns)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "they are in some parts of the run only, as where a machine is slow for a "
			 "while");
	if (!few.counted && !few.repeated)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "it is one call a session, which a hiccup of the machine makes longer, "
			 "too");
	diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
		 "it is in %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " %s only", verdict->few,
		 work->diff->subject.sessions, diff_units(work->diff));
}

/* It is no chance that it runs longer, and by too little to be named: then the sides do differ. */
#define UNNAMED_RATIO 1.1

static void cap_for_unnamed(struct diff_work *work)
{
	const struct fdar_diff_row *most, *part, *turned;
	uint64_t sessions;

	if (work->diff->verdict.change != FDAR_CHANGE_NONE || !work->testable)
		return;
	most = diff_most_of_it(work);
	part = diff_part_row(work, &sessions);
	turned = diff_most_turned(work);
	if (most && most->ratio >= UNNAMED_RATIO && most->added_ns >= diff_least_added(work, TRUE))
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%s runs %.2gx longer, which is no chance, and too little to be named "
			 "for it",
			 most->function, most->ratio);
	else if (part)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			 " %s run longer in %s than is usual",
			 sessions, work->diff->subject.sessions, diff_units(work->diff),
			 part->function);
	else if (turned)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "%s is called %.2gx more often, as a loop that turns more often calls it",
			 turned->function, turned->ratio_calls);
}

void diff_cap_for_part(struct diff_work *work)
{
	cap_for_unnamed(work);
	if (work->part)
		diff_cap(work, FDAR_CONFIDENCE_MEDIUM,
			 "it is in %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " %s only",
			 work->diff->verdict.few, work->diff->subject.sessions,
			 diff_units(work->diff));
}

/* "2 of 80 sessions". */
static void add_few(GString *text, const struct fdar_diff *diff)
{
	g_string_append_printf(text, "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " %s",
			       diff->verdict.few, diff->subject.sessions, diff_units(diff));
}

/* A few sessions are far beyond all others, and no more is known. */
void diff_say_few(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	gboolean one = verdict->few == 1, waits = verdict->change == FDAR_CHANGE_WAITING;
	char subject[32], others[32];

	add_few(text, diff);
	g_string_append(text, waits ? one ? " waits in " : " wait in " : one ? " runs " : " run ");
	g_string_append_printf(text, "%s (%s)", verdict->function, verdict->component);
	g_string_append_printf(text, " for %s%s", diff_duration(verdict->subject_ns, subject),
			       one ? "" : " or more each");
	if (verdict->below)
		g_string_append_printf(text, ", in %s", verdict->below);
	if (verdict->baseline_ns > 0)
		g_string_append_printf(text, ", and no other for more than %s",
				       diff_duration(verdict->baseline_ns, others));
	else
		g_string_append(text, ", and no other at all");
}

void diff_add_few(GString *text, const struct fdar_diff *diff)
{
	if (!diff->verdict.few || diff->verdict.few_only)
		return;
	g_string_append(text, "; only in ");
	add_few(text, diff);
}

void fdar_diff_tell_few(struct fdar_diff *diff, const char *session)
{
	struct fdar_verdict *verdict = &diff->verdict;
	GString *sentence;
	gsize length;

	g_ptr_array_add(diff->few, g_strdup(session));
	if (diff->few->len > TOLD_MAX + 1)
		return;
	sentence = g_string_new(verdict->sentence);
	length = sentence->len;
	g_string_insert(sentence, (gssize)verdict->few_at, diff->few->len > 1 ? ", " : ": ");
	g_string_insert(sentence, (gssize)(verdict->few_at + 2),
			diff->few->len > TOLD_MAX ? "..." : session);
	verdict->few_at += sentence->len - length;
	g_free(verdict->sentence);
	verdict->sentence = g_string_free(sentence, FALSE);
}
