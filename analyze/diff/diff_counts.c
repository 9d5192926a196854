/*
 * Calls as evidence. How long a function takes depends on the machine's mood; how often it is called
 * for a session depends on the session and the code. Two runs of one build and one load differ in the
 * calls of a few functions, those of timers and of turns of an event loop, and these vary within each
 * run, too. So a change of calls that is the same in every session says something where times do not,
 * and what it costs is the added calls times what one takes.
 */
#include "analyze/diff/diff_private.h"

/* The part of a side's sessions that have the same count, for it to be exact. */
#define EXACT_PART 0.9
/* A call takes some time, where the price of recording it is all that was seen. */
#define CALL_NS 1.0
/* Nearly all sessions are above those of the baseline. */
#define ALL_DELTA 0.9
/* So many calls for nobody, for each that is for a session, are not just the first or last of the run. */
#define NOBODY_PART 0.02
/* Turns of loops with less of what sessions run for are not worth a word. */
#define TURNED_PART 0.02
/* Sessions a side. */
#define EXACT_MIN 5u

/* The count that nearly all sessions have. FALSE: there is none. */
static gboolean typical(const struct fdar_profile_stat *stat, uint64_t sessions, double *count)
{
	const struct fdar_histogram *calls = stat ? &fdar_profile_sessions(stat)->calls : NULL;
	double least = EXACT_PART * (double)sessions;

	*count = 0;
	if (!calls || (double)(sessions - MIN(calls->count, sessions)) >= least)
		return TRUE;
	for (uint32_t i = 0; i < calls->length; i++) {
		uint32_t bucket = calls->buckets[i].index;

		if ((double)calls->buckets[i].count < least)
			continue;
		*count = (double)fdar_bucket_low(bucket);
		return fdar_bucket_low(bucket) == fdar_bucket_high(bucket);
	}
	return FALSE;
}

void diff_counts_pool(struct diff_work *work)
{
	for (int s = 0; s < SIDES; s++) {
		struct diff_side *side = &work->side[s];
		const struct fdar_profile_group *server = &side->profile->groups[0];

		side->server_count = work->names->function_count;
		side->server_calls = g_new0(double, side->server_count + 1);
		side->server_ns = g_new0(double, side->server_count + 1);
		for (uint32_t e = 0; e < server->entry_count && !work->diff->whole_run; e++) {
			const struct fdar_profile_entry *entry = &server->entries[e];
			uint32_t function = side->functions[entry->function];

			if (entry->below != FDAR_PROFILE_NONE || function >= side->server_count)
				continue;
			side->server_calls[function] +=
				(double)entry->stat.calls / (double)side->sessions;
			side->server_ns[function] +=
				(double)entry->stat.own_ns / (double)side->sessions;
		}
	}
}

/* Whose a call is that a thread makes before it knows whom it works for depends on whether it had to
 * wait. Calls that sessions gained and the server lost are no news. */
static gboolean is_moved(const struct diff_work *work, uint32_t function,
			 const struct fdar_diff_row *row)
{
	double asked = work->diff->load.work; /* so many times as many calls are no news */
	double added = row->subject.calls - asked * row->baseline.calls, elsewhere = 0;

	for (int s = 0; s < SIDES; s++)
		if (function < work->side[s].server_count)
			elsewhere +=
				(s == SUBJECT ? 1 : -asked) * work->side[s].server_calls[function];
	return added > 0 && elsewhere < -0.5 * added;
}

gboolean diff_is_server_too(const struct diff_work *work, const struct fdar_diff_row *row)
{
	for (int s = 0; s < SIDES; s++) {
		const struct diff_side *side = &work->side[s];
		double calls = s == BASELINE ? row->baseline.calls : row->subject.calls;

		if (row->ids[0] < side->server_count && side->server_calls[row->ids[0]] > calls)
			return TRUE;
	}
	return FALSE;
}

/* On either side it is called for nobody as well, more than a few times. */
static gboolean is_called_for_nobody(const struct diff_work *work, const struct fdar_diff_row *row)
{
	for (int s = 0; s < SIDES; s++) {
		const struct diff_side *side = &work->side[s];
		double calls = s == BASELINE ? row->baseline.calls : row->subject.calls;

		if (row->ids[0] < side->server_count &&
		    side->server_calls[row->ids[0]] > NOBODY_PART * calls)
			return TRUE;
	}
	return FALSE;
}

gboolean diff_is_of_turns(const struct diff_work *work, const struct fdar_diff_row *row)
{
	gboolean nobody = !row->counts.all_more && is_called_for_nobody(work, row);

	return !row->counts.exact && row->ratio_calls < DIFF_UNTESTED_RATIO &&
	       (nobody || diff_is_in_loop(work, row));
}

const struct fdar_diff_row *diff_most_turned(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	double least_ns = TURNED_PART * diff_usual_ns(work, TRUE);

	for (uint32_t i = 0; i < diff->recounted_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[diff->recounted[i]];

		if (row->counts.work_ns < least_ns)
			return NULL;
		if (!row->traded && diff_is_of_turns(work, row))
			return row;
	}
	return NULL;
}

static double cost_of_call(const struct fdar_diff_row *row)
{
	double calls = row->baseline.calls + row->subject.calls;

	return calls > 0 ? MAX(CALL_NS, (row->baseline.own_ns + row->subject.own_ns) / calls) : 0;
}

void diff_counts_find(struct diff_work *work, const uint32_t *entry, uint32_t function,
		      struct fdar_diff_row *row)
{
	static const struct fdar_histogram none = { 0 };
	struct fdar_diff_counts *counts = &row->counts;
	const struct fdar_profile_stat *stat[SIDES] = { 0 };
	struct fdar_diff_spread spread;

	*counts = (struct fdar_diff_counts){ .p = 1 };
	if (!diff_row_runs(row) || row->frame == FDAR_FRAME_INFERRED || work->diff->whole_run)
		return;
	for (int i = 0; i < SIDES; i++)
		if (entry[i] != FDAR_PROFILE_NONE)
			stat[i] = &work->side[i].group->entries[entry[i]].stat;
	uint64_t n_0 = work->side[BASELINE].sessions, n_1 = work->side[SUBJECT].sessions;
	counts->steady = typical(stat[BASELINE], n_0, &counts->typical[BASELINE]);
	gboolean both = typical(stat[SUBJECT], n_1, &counts->typical[SUBJECT]) && counts->steady;
	struct fdar_sample_test test = fdar_sample_test(
		stat[BASELINE] ? &fdar_profile_sessions(stat[BASELINE])->calls : &none, n_0,
		stat[SUBJECT] ? &fdar_profile_sessions(stat[SUBJECT])->calls : &none, n_1);

	counts->per_call_ns = cost_of_call(row);
	counts->work_ns = (row->subject.calls - row->baseline.calls) * counts->per_call_ns;
	counts->p = counts->work_ns >= 0 ? test.p_up : test.p_down;
	counts->all_more = test.delta >= ALL_DELTA;
	counts->exact = both && MIN(n_0, n_1) >= EXACT_MIN &&
			counts->typical[BASELINE] != counts->typical[SUBJECT];
	diff_spread_of(work, entry, function, FDAR_PROFILE_NONE, TRUE, &spread);
	counts->moved = is_moved(work, function, row);
	counts->evident = work->testable && counts->work_ns > 0 && !counts->moved &&
			  diff_spread_above(&spread);
}

void diff_counts_adjust(struct fdar_diff *diff)
{
	g_autofree double *p = g_new(double, MAX(diff->row_count, 1));

	for (uint32_t i = 0; i < diff->row_count; i++)
		p[i] = diff->rows[i].counts.p;
	fdar_adjust_p(p, diff->row_count);
	for (uint32_t i = 0; i < diff->row_count; i++) {
		struct fdar_diff_counts *counts = &diff->rows[i].counts;

		counts->p = p[i];
		counts->evident = counts->evident && (counts->exact || counts->p < 0.01);
	}
}

static gint by_work(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct fdar_diff_row *rows = user;
	const struct fdar_diff_row *left = &rows[*(const uint32_t *)a],
				   *right = &rows[*(const uint32_t *)b];

	if (left->counts.work_ns != right->counts.work_ns)
		return left->counts.work_ns > right->counts.work_ns ? -1 : 1;
	return (left > right) - (left < right);
}

void diff_recount(struct fdar_diff *diff)
{
	diff->recounted = g_new(uint32_t, MAX(diff->row_count, 1));
	for (uint32_t i = 0; i < diff->row_count; i++)
		if (diff->rows[i].counts.evident)
			diff->recounted[diff->recounted_count++] = i;
	if (diff->recounted_count)
		g_qsort_with_data(diff->recounted, (gint)diff->recounted_count, sizeof(uint32_t),
				  by_work, diff->rows);
}
