/*
 * Work that belongs to no session, per session: what the server does between them, or what the walk
 * could not tell whose it was. Where that grew more than the sessions' own work, it is ranked, too.
 */
#include <string.h>

#include "analyze/diff/diff_private.h"
#include "instrument/wire/events.h"

/* So much of the server's increase must be one function's. */
#define SERVER_SHARE 0.5
#define SERVER_RATIO 2.0
/* And it must be called so often a session. */
#define SERVER_CALLS 0.5

static gboolean counts(const struct fdar_profile *profile, const struct fdar_profile_entry *entry)
{
	uint8_t kind = profile->functions[entry->function].kind;

	return entry->below == FDAR_PROFILE_NONE &&
	       (kind == FDAR_FRAME_FUNCTION || kind == FDAR_FRAME_SCOPE);
}

/* The server's functions that run, of both sides: index in names -> its entries. */
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
			uint32_t row = fdar_intern_add(ids, side->functions[entry->function], 0);
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

static void name(struct diff_work *work, struct fdar_diff_row *row, uint32_t function)
{
	const struct fdar_profile_function *about = &work->names->functions[function];
	GStringChunk *texts = work->diff->texts;

	row->function = g_string_chunk_insert_const(texts, about->name);
	row->component = g_string_chunk_insert_const(texts, about->component);
	row->file = about->file ? g_string_chunk_insert_const(texts, about->file) : NULL;
	row->line = about->line;
	row->frame = about->kind;
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
	row->change = row->ratio >= SERVER_RATIO ? FDAR_CHANGE_RUNNING : FDAR_CHANGE_NONE;
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

		name(work, row, (uint32_t)ids.pairs[i].a);
		if (before != FDAR_PROFILE_NONE)
			fill(&work->side[BASELINE], before, &row->baseline);
		if (after != FDAR_PROFILE_NONE)
			fill(&work->side[SUBJECT], after, &row->subject);
		compare(row);
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

/* The first function that takes half of what the server's work grew by, and this much a session. */
static const struct fdar_diff_row *grown_row(const struct diff_work *work, double added_ns)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *row = diff->server_row_count ? &diff->server_rows[0] : NULL;
	double least_ns = MAX(DIFF_MIN_PART * diff->baseline.running_ns, DIFF_MIN_UNTESTED_NS);

	/* Called now and then: what there is once a run is a loop around the work. */
	if (!row || diff->load.pace || row->subject.calls < SERVER_CALLS ||
	    row->share < SERVER_SHARE || row->ratio < SERVER_RATIO ||
	    row->added_ns < MAX(least_ns, added_ns) || !grew_per_second(work, row) ||
	    (diff_is_full(work) && row->ratio < DIFF_PLAIN_FACTOR))
		return NULL;
	return row;
}

static gboolean blame(struct diff_work *work, const struct fdar_diff_row *row)
{
	if (!row)
		return FALSE;
	work->diff->verdict = (struct fdar_verdict){
		.change = FDAR_CHANGE_RUNNING,
		.presence = row->presence,
		.function = row->function,
		.component = row->component,
		.file = row->file,
		.line = row->line,
		.factor = row->ratio,
		.baseline_ns = row->baseline.own_ns,
		.subject_ns = row->subject.own_ns,
		.share = row->share,
		.server = TRUE,
	};
	return TRUE;
}

gboolean diff_find_server(struct diff_work *work)
{
	return blame(work, grown_row(work, work->diff->added_ns));
}

gboolean diff_is_for_others(const struct fdar_diff_row *row)
{
	return row->frame == FDAR_FRAME_WAIT && !row->client && row->wait != FDAR_WAIT_SLEEP &&
	       row->wait != FDAR_WAIT_PROCESSOR;
}

void diff_prefer_server(struct diff_work *work)
{
	const struct fdar_diff_row *row = diff_verdict_row(work->diff);

	if (row && diff_is_for_others(row) && !work->diff->whole_run)
		blame(work, grown_row(work, DIFF_MIN_PART * row->added_ns));
}
