/*
 * Work that belongs to no session, per session: what the server does between them, or what the walk
 * could not tell whose it was. Where that grew more than the sessions' own work, it is ranked, too. So is sleeping
 * in it: whoever passes sessions on in its own memory works for nobody that is known.
 *
 * Nothing tests it, but how often it is called: where all calls of a function are a whole number for each session on
 * both sides, they are made for the sessions, whoever owns them.
 */
#include <string.h>

#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

/* So much of the server's increase must be one function's. */
#define SERVER_SHARE 0.5
#define SERVER_RATIO 2.0
/* And it must be called so often a session. */
#define SERVER_CALLS 0.5
/* On a full machine, where threads say when they are off the processor; else it is DIFF_PLAIN_FACTOR. */
#define SERVER_FULL_RATIO 4.0

/* Of so many sessions a side: of fewer, many a number is whole by chance. */
#define WHOLE_SESSIONS 20u
/* All calls of a function may be off by this from so many for each session: what was begun when it ended. */
#define WHOLE_PART 0.001
/* They must take this much of what sessions run for. */
#define WHOLE_WORK 0.001
/* A function of the sessions' that nothing else speaks for is not named beside work that grew by so much more. */
#define FAR_MORE 3

static gboolean counts(const struct fdar_profile *profile, const struct fdar_profile_entry *entry)
{
	uint8_t kind = profile->functions[entry->function].kind;
	const struct fdar_profile_function *below =
		entry->below == FDAR_PROFILE_NONE ? NULL : &profile->functions[entry->below];

	if (below && !(below->kind == FDAR_FRAME_WAIT && below->wait == FDAR_WAIT_SLEEP))
		return FALSE;
	return kind == FDAR_FRAME_FUNCTION || kind == FDAR_FRAME_SCOPE;
}

/* The server's functions that run or sleep, of both sides: indexes in names -> its entries. */
static GArray *pair(const struct diff_work *work, struct fdar_intern *ids)
{
	GArray *entries = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (uint32_t s = 0; s < SIDES; s++) {
		const struct diff_side *side = &work->side[s];
		const struct fdar_profile_group *server = &side->profile->groups[0];

		for (uint32_t e = 0; e < server->entry_count; e++) {
			const struct fdar_profile_entry *entry = &server->entries[e];
			const uint32_t none[SIDES] = { FDAR_PROFILE_NONE, FDAR_PROFILE_NONE };

			if (!counts(side->profile, entry))
				continue;
			uint32_t below = entry->below == FDAR_PROFILE_NONE
						 ? FDAR_PROFILE_NONE
						 : side->functions[entry->below];
			uint32_t row =
				fdar_intern_add(ids, side->functions[entry->function], below);
			if (row * SIDES == entries->len)
				g_array_append_vals(entries, none, SIDES);
			g_array_index(entries, uint32_t, row * SIDES + s) = e;
		}
	}
	return entries;
}

static void fill(const struct diff_side *side, uint32_t entry, struct fdar_diff_side *out)
{
	const struct fdar_profile_stat *stat = &side->profile->groups[0].entries[entry].stat;
	double n = (double)side->sessions;

	out->calls = (double)stat->calls / n;
	out->outer_calls = (double)stat->outer_calls / n;
	out->own_ns = (double)stat->own_ns / n;
	out->total_ns = (double)stat->total_ns / n;
}

static gint by_added(gconstpointer a, gconstpointer b)
{
	const struct fdar_diff_row *left = a, *right = b;

	if (left->added_ns != right->added_ns)
		return left->added_ns > right->added_ns ? -1 : 1;
	return strcmp(left->function, right->function);
}

static void name(struct diff_work *work, struct fdar_diff_row *row, uint32_t function,
		 uint32_t below)
{
	const struct fdar_profile_function *about = &work->names->functions[function];
	GStringChunk *texts = work->diff->texts;

	row->ids[0] = function;
	row->ids[1] = below;
	if (below != FDAR_PROFILE_NONE)
		row->below = g_string_chunk_insert_const(texts, work->names->functions[below].name);

	row->function = g_string_chunk_insert_const(texts, about->name);
	row->component = g_string_chunk_insert_const(texts, about->component);
	row->file = about->file ? g_string_chunk_insert_const(texts, about->file) : NULL;
	row->line = about->line;
	row->frame = row->below ? FDAR_FRAME_WAIT : about->kind;
	row->wait = row->below ? FDAR_WAIT_SLEEP : about->wait;
}

/* How often it is called for a session, whoever is said to call it: a whole number. FALSE: it is none. */
static gboolean whole_calls(const struct diff_work *work, const struct fdar_diff_row *row,
			    int which, double *calls)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_side *own = which == BASELINE ? &row->baseline : &row->subject;
	double all = own->calls;

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *like = &diff->rows[i];

		if (like->ids[0] == row->ids[0] && !like->below)
			all += which == BASELINE ? like->baseline.calls : like->subject.calls;
	}
	*calls = round(all);
	return fabs(all - *calls) <= WHOLE_PART * all;
}

/* How often a loop asks for work is up to how that comes. */
static gboolean asks_for_work(const struct diff_work *work, uint32_t function)
{
	for (int s = 0; s < SIDES; s++) {
		const struct diff_side *side = &work->side[s];
		const struct fdar_profile_group *server = &side->profile->groups[0];

		for (uint32_t e = 0; e < server->entry_count; e++) {
			const struct fdar_profile_entry *entry = &server->entries[e];

			if (side->functions[entry->function] != function ||
			    entry->below == FDAR_PROFILE_NONE)
				continue;
			uint8_t wait = side->profile->functions[entry->below].wait;
			if (wait == FDAR_WAIT_COND || wait == FDAR_WAIT_POLL ||
			    wait == FDAR_WAIT_ACCEPT || wait == FDAR_WAIT_IO)
				return TRUE;
		}
	}
	return FALSE;
}

static void count(const struct diff_work *work, struct fdar_diff_row *row)
{
	struct fdar_diff_counts *counts = &row->counts;
	double calls = row->baseline.calls + row->subject.calls;

	counts->p = 1;
	uint64_t least = MIN(work->side[BASELINE].sessions, work->side[SUBJECT].sessions);

	if (row->below || !(calls > 0) || least < WHOLE_SESSIONS)
		return;
	gboolean whole = whole_calls(work, row, BASELINE, &counts->typical[BASELINE]) &&
			 whole_calls(work, row, SUBJECT, &counts->typical[SUBJECT]);

	counts->per_call_ns = (row->baseline.own_ns + row->subject.own_ns) / calls;
	counts->work_ns =
		(counts->typical[SUBJECT] - counts->typical[BASELINE]) * counts->per_call_ns;
	/* Last, as that looks at all entries. */
	counts->exact = counts->evident =
		whole && work->testable && counts->work_ns > 0 && !asks_for_work(work, row->ids[0]);
}

static void compare(struct fdar_diff_row *row)
{
	row->presence = !(row->baseline.calls > 0)  ? FDAR_IN_SUBJECT
			: !(row->subject.calls > 0) ? FDAR_IN_BASELINE
						    : FDAR_IN_BOTH;
	row->ratio = diff_ratio(row->baseline.own_ns, row->subject.own_ns);
	row->ratio_calls = diff_ratio(row->baseline.calls, row->subject.calls);
	row->ratio_median = row->ratio_p99 = row->ratio;
	row->added_ns = row->subject.own_ns - row->baseline.own_ns;
	row->change = row->ratio < SERVER_RATIO ? FDAR_CHANGE_NONE
		      : row->below              ? FDAR_CHANGE_WAITING
						: FDAR_CHANGE_RUNNING;
	row->test = (struct fdar_diff_test){ .p = 1, .adjusted = 1 };
}

void diff_server_make(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	struct fdar_intern ids = { 0 };
	double increase_ns = 0;

	if (diff->whole_run)
		return;
	g_autoptr(GArray) entries = pair(work, &ids);
	diff->server_rows = g_new0(struct fdar_diff_row, MAX(ids.count, 1));
	diff->server_row_count = ids.count;
	for (uint32_t i = 0; i < ids.count; i++) {
		struct fdar_diff_row *row = &diff->server_rows[i];
		uint32_t before = g_array_index(entries, uint32_t, i * SIDES + BASELINE);
		uint32_t after = g_array_index(entries, uint32_t, i * SIDES + SUBJECT);

		name(work, row, (uint32_t)ids.pairs[i].a, (uint32_t)ids.pairs[i].b);
		if (before != FDAR_PROFILE_NONE)
			fill(&work->side[BASELINE], before, &row->baseline);
		if (after != FDAR_PROFILE_NONE)
			fill(&work->side[SUBJECT], after, &row->subject);
		compare(row);
		count(work, row);
		increase_ns += MAX(row->added_ns, 0);
	}
	for (uint32_t i = 0; i < ids.count && increase_ns > 0; i++)
		diff->server_rows[i].share = MAX(diff->server_rows[i].added_ns, 0) / increase_ns;
	if (ids.count)
		qsort(diff->server_rows, ids.count, sizeof diff->server_rows[0], by_added);
	fdar_intern_clear(&ids);
}

/* Not because fewer sessions share what the server does anyway: per second, too. */
static gboolean grew_per_second(const struct diff_work *work, const struct fdar_diff_row *row)
{
	double before = row->baseline.own_ns * (double)work->side[BASELINE].sessions;
	double after = row->subject.own_ns * (double)work->side[SUBJECT].sessions;
	double span_before = (double)work->side[BASELINE].profile->span_ns;
	double span_after = (double)work->side[SUBJECT].profile->span_ns;

	return span_before > 0 && span_after > 0 &&
	       diff_ratio(before / span_before, after / span_after) >= SERVER_RATIO;
}

/* What there is once a run is a loop around the work, or done before anybody comes. */
static gboolean is_for_sessions(const struct fdar_diff_row *row)
{
	return row->subject.calls >= SERVER_CALLS;
}

/* Of what functions that work for the sessions grew by, what the one does that grew most: by how much of it. */
static const struct fdar_diff_row *most_grown(const struct fdar_diff *diff, double *share)
{
	const struct fdar_diff_row *most = NULL;
	double increase_ns = 0;

	for (uint32_t i = 0; i < diff->server_row_count; i++) {
		const struct fdar_diff_row *row = &diff->server_rows[i];

		if (!is_for_sessions(row))
			continue;
		most = most ? most : row;
		increase_ns += MAX(row->added_ns, 0);
	}
	*share = most && increase_ns > 0 ? most->added_ns / increase_ns : 0;
	return most;
}

/* Nothing of the sessions' own stands out: half of what they grew by is enough. */
#define NOISE_PART 0.5

/* It takes half of what the server's work grew by, and this much a session. */
static const struct fdar_diff_row *grown_row(const struct diff_work *work, double added_ns)
{
	const struct fdar_diff *diff = work->diff;
	double least_ns = MAX(DIFF_MIN_PART * diff->baseline.running_ns, DIFF_MIN_UNTESTED_NS);
	double least = !diff_is_full(work)        ? SERVER_RATIO
		       : diff_hides_running(work) ? DIFF_PLAIN_FACTOR
						  : SERVER_FULL_RATIO;
	double share;
	const struct fdar_diff_row *row = most_grown(diff, &share);

	if (!row || diff->load.pace || share < SERVER_SHARE || row->ratio < least ||
	    row->added_ns < MAX(least_ns, added_ns) || !grew_per_second(work, row))
		return NULL;
	return row;
}

static gboolean blame(struct diff_work *work, const struct fdar_diff_row *row)
{
	double share;

	if (!row)
		return FALSE;
	const struct fdar_diff_row *most = most_grown(work->diff, &share);
	work->diff->verdict = (struct fdar_verdict){
		.change = row->below ? FDAR_CHANGE_WAITING : FDAR_CHANGE_RUNNING,
		.presence = row->below ? FDAR_IN_BOTH : row->presence,
		.function = row->function,
		.component = row->component,
		.below = row->below,
		.file = row->file,
		.line = row->line,
		.factor = row->ratio,
		.baseline_ns = row->baseline.own_ns,
		.subject_ns = row->subject.own_ns,
		.share = row == most ? share : row->share,
		.server = TRUE,
	};
	return TRUE;
}

/* What sessions grew by, without what they wait for that is nobody's doing for them. */
static double sessions_added_ns(const struct diff_work *work)
{
	return MIN(work->diff->added_ns, work->increases_ns);
}

/* The function whose calls grew by what takes most, and nobody inlined anything. */
static const struct fdar_diff_row *recounted_row(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *most = NULL;
	double least_ns = WHOLE_WORK * diff_usual_ns(work, TRUE);

	if (diff->load.pace || diff->load.work > 1 || work->options.left_out_ns > 0 ||
	    !work->same_binaries)
		return NULL;
	for (uint32_t i = 0; i < diff->server_row_count; i++) {
		const struct fdar_diff_row *row = &diff->server_rows[i];

		if (row->counts.evident && row->counts.work_ns >= least_ns &&
		    (!most || row->counts.work_ns > most->counts.work_ns))
			most = row;
	}
	return most;
}

static gboolean blame_calls(struct diff_work *work, const struct fdar_diff_row *row)
{
	struct fdar_verdict *verdict = &work->diff->verdict;

	if (!blame(work, row))
		return FALSE;
	verdict->change = FDAR_CHANGE_CALLS;
	verdict->counted = TRUE;
	verdict->factor = diff_ratio(row->counts.typical[BASELINE], row->counts.typical[SUBJECT]);
	verdict->baseline_ns = row->counts.typical[BASELINE] * row->counts.per_call_ns;
	verdict->subject_ns = row->counts.typical[SUBJECT] * row->counts.per_call_ns;
	return TRUE;
}

gboolean diff_find_server(struct diff_work *work)
{
	return blame(work, grown_row(work, NOISE_PART * sessions_added_ns(work))) ||
	       blame_calls(work, recounted_row(work));
}

const struct fdar_diff_row *diff_server_row(const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	for (uint32_t i = 0; i < diff->server_row_count && verdict->server; i++) {
		const struct fdar_diff_row *row = &diff->server_rows[i];

		if (row->function == verdict->function && row->component == verdict->component &&
		    g_strcmp0(row->below, verdict->below) == 0)
			return row;
	}
	return NULL;
}

gboolean diff_is_for_others(const struct fdar_diff_row *row)
{
	return row->frame == FDAR_FRAME_WAIT && !row->client && row->wait != FDAR_WAIT_SLEEP &&
	       row->wait != FDAR_WAIT_PROCESSOR;
}

/* Nearly all sessions, or their calls, speak for the verdict. */
static gboolean is_spoken_for(const struct fdar_diff *diff, const struct fdar_diff_row *row)
{
	return diff->verdict.counted || diff->verdict.few_only || diff_is_shift(row) ||
	       row->ratio >= DIFF_PLAIN_FACTOR;
}

void diff_prefer_server(struct diff_work *work)
{
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);
	const struct fdar_verdict *verdict = &work->diff->verdict;

	if (!row || work->diff->whole_run)
		return;
	if (diff_is_for_others(row))
		blame(work, grown_row(work, DIFF_MIN_PART * row->added_ns));
	else if (!is_spoken_for(work->diff, row))
		blame(work,
		      grown_row(work, FAR_MORE * (verdict->subject_ns - verdict->baseline_ns)));
}
