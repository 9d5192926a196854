/* The rows: functions of both sides, what they cost per session, what they added. */
#include <string.h>

#include "analyze/diff/diff_private.h"
#include "analyze/profile/profile_private.h"
#include "instrument/wire/events.h"

static void fill_whole_run(const struct fdar_profile_stat *stat, struct fdar_diff_side *out)
{
	*out = (struct fdar_diff_side){
		.calls = (double)stat->calls,
		.outer_calls = (double)stat->outer_calls,
		.own_ns = (double)stat->own_ns,
		.own_median_ns = (double)stat->own_ns,
		.own_p99_ns = (double)stat->own_ns,
		.total_ns = (double)stat->total_ns,
		.total_median_ns = (double)stat->total_ns,
		.total_p99_ns = (double)stat->total_ns,
		.wait_ns = (double)stat->wait_ns,
		.skipped_calls = (double)stat->skipped_calls,
		.skipped_ns = (double)stat->skipped_ns,
		.unfinished = stat->unfinished,
	};
}

static void fill_sessions(const struct diff_side *side, const struct fdar_profile_stat *stat,
			  double n, struct fdar_diff_side *out)
{
	const struct fdar_profile_sessions *sessions = fdar_profile_sessions(stat);

	*out = (struct fdar_diff_side){
		.calls = (double)stat->calls / n,
		.outer_calls = (double)stat->outer_calls / n,
		.own_ns = (double)stat->own_ns / n,
		.own_median_ns = fdar_histogram_quantile(&sessions->own_ns, 0.5, side->sessions),
		.own_p99_ns = fdar_histogram_quantile(&sessions->own_ns, 0.99, side->sessions),
		.total_ns = (double)stat->total_ns / n,
		.total_median_ns =
			fdar_histogram_quantile(&sessions->total_ns, 0.5, side->sessions),
		.total_p99_ns = fdar_histogram_quantile(&sessions->total_ns, 0.99, side->sessions),
		.wait_ns = (double)stat->wait_ns / n,
		.skipped_calls = (double)stat->skipped_calls / n,
		.skipped_ns = (double)stat->skipped_ns / n,
		.io_calls = (double)stat->io_calls / n,
		.io_bytes = (double)stat->io_bytes / n,
		.client_ns = (double)stat->client_ns / n,
		.unfinished = stat->unfinished,
	};
}

static void take_price(const struct fdar_profile_stat *stat, double price_ns, double n,
		       struct fdar_diff_side *out)
{
	out->price_ns = MIN(price_ns, (double)stat->own_ns) / n;
	out->own_ns -= out->price_ns;
	out->own_median_ns = MAX(0, out->own_median_ns - out->price_ns);
	out->own_p99_ns = MAX(0, out->own_p99_ns - out->price_ns);
}

void diff_side_fill(const struct diff_side *side, const struct fdar_profile_stat *stat,
		    double price_ns, gboolean whole_run, struct fdar_diff_side *out)
{
	double n = (double)side->sessions;

	*out = (struct fdar_diff_side){ 0 };
	if (!stat)
		return;
	if (whole_run)
		fill_whole_run(stat, out);
	else
		fill_sessions(side, stat, n, out);
	take_price(stat, price_ns, n, out);
}

static const char *keep(struct fdar_diff *diff, const char *text)
{
	return text ? g_string_chunk_insert_const(diff->texts, text) : NULL;
}

static const struct fdar_profile_stat *stat_of(const struct diff_work *work, int which,
					       const uint32_t *entry)
{
	const struct fdar_profile_group *group = work->side[which].group;

	return entry[which] == FDAR_PROFILE_NONE ? NULL : &group->entries[entry[which]].stat;
}

static const struct fdar_histogram no_values = { 0 };

double diff_p_few(const struct diff_work *work, const struct fdar_diff_row *row, double usual,
		  double more_ns)
{
	const struct fdar_profile_stat *before = stat_of(work, BASELINE, row->entries);
	const struct fdar_profile_stat *after = stat_of(work, SUBJECT, row->entries);
	const struct fdar_histogram *baseline =
		before ? &fdar_profile_sessions(before)->own_ns : &no_values;
	uint64_t sessions = work->side[BASELINE].sessions;
	struct fdar_histogram longer = { 0 };

	/* Sessions without it are in no bucket. */
	if (sessions > baseline->count)
		fdar_histogram_add(&longer, (uint64_t)MIN(more_ns, (double)INT64_MAX),
				   sessions - baseline->count);
	for (uint32_t i = 0; i < baseline->length; i++) {
		double ns = usual * (double)fdar_bucket_low(baseline->buckets[i].index);
		double much = MAX(work->options.min_ratio * ns, ns + more_ns);

		fdar_histogram_add(&longer, (uint64_t)MIN(much, (double)INT64_MAX),
				   baseline->buckets[i].count);
	}
	struct fdar_sample_test test =
		fdar_sample_test(&longer, sessions,
				 after ? &fdar_profile_sessions(after)->own_ns : &no_values,
				 work->side[SUBJECT].sessions);
	fdar_histogram_clear(&longer);
	return test.p_few;
}

static void test_row(const struct diff_work *work, const struct fdar_profile_stat *baseline,
		     const struct fdar_profile_stat *subject, double added_ns,
		     struct fdar_diff_test *out)
{
	*out = (struct fdar_diff_test){ .p = 1, .adjusted = 1 };
	if (work->diff->whole_run)
		return;
	struct fdar_sample_test test =
		fdar_sample_test(baseline ? &fdar_profile_sessions(baseline)->own_ns : &no_values,
				 work->side[BASELINE].sessions,
				 subject ? &fdar_profile_sessions(subject)->own_ns : &no_values,
				 work->side[SUBJECT].sessions);
	out->delta = test.delta;
	out->p = added_ns > 0 ? test.p_up : added_ns < 0 ? test.p_down : 1;
	out->beyond = test.beyond;
}

/* Of the sessions' own times. */
static double gap_of(const struct diff_work *work, const struct fdar_profile_stat *baseline,
		     const struct fdar_profile_stat *subject)
{
	const struct fdar_histogram *before =
		baseline ? &fdar_profile_sessions(baseline)->own_ns : NULL;
	const struct fdar_histogram *after =
		subject ? &fdar_profile_sessions(subject)->own_ns : NULL;

	if (!after || !after->count || after->count < work->side[SUBJECT].sessions)
		return 0;
	double most = before && before->count ? (double)before->max : 0;
	return (double)after->min > most ? diff_ratio(most, (double)after->min) : 0;
}

static enum fdar_change change_of(const struct diff_work *work, const struct fdar_diff_row *row)
{
	if (row->ratio < 1 / work->options.min_ratio)
		return FDAR_CHANGE_FASTER;
	if (row->ratio < work->options.min_ratio)
		return FDAR_CHANGE_NONE;
	if (row->frame == FDAR_FRAME_WAIT)
		return FDAR_CHANGE_WAITING;
	if (row->frame == FDAR_FRAME_QUEUE)
		return FDAR_CHANGE_QUEUEING;
	if (row->frame == FDAR_FRAME_INFERRED) /* nothing is called */
		return FDAR_CHANGE_RUNNING;
	double outer = diff_ratio(row->baseline.outer_calls, row->subject.outer_calls);
	return diff_is_calls(work, row->ratio, outer) ? FDAR_CHANGE_CALLS : FDAR_CHANGE_RUNNING;
}

gboolean diff_is_transfer(const struct fdar_diff_row *row, double work)
{
	const struct fdar_diff_side *before = &row->baseline, *after = &row->subject;
	double calls = diff_ratio(before->io_calls, after->io_calls);
	double bytes = diff_ratio(before->io_bytes, after->io_bytes);

	return diff_row_runs(row) && !row->below && after->io_calls >= 0.5 * after->outer_calls &&
	       after->io_calls > 0 && calls <= 1.25 * work && bytes <= 1.25 * work;
}

/* How long that takes the clients decide. */
gboolean diff_is_for_client(uint8_t frame, const struct fdar_diff_side *baseline,
			    const struct fdar_diff_side *subject)
{
	double added_ns = subject->own_ns - baseline->own_ns;

	return frame == FDAR_FRAME_WAIT && added_ns > 0 &&
	       subject->client_ns - baseline->client_ns > 0.5 * added_ns;
}

/* How long a side's sessions, or the server itself, wait in a function for other threads to wake it. */
static double woken_ns(const struct diff_side *side, const struct fdar_profile_group *group,
		       const struct fdar_diff_row *row)
{
	double ns = 0;

	for (uint32_t e = 0; e < group->entry_count; e++) {
		const struct fdar_profile_entry *entry = &group->entries[e];

		if (entry->below == FDAR_PROFILE_NONE ||
		    side->functions[entry->function] != row->ids[0] ||
		    side->profile->functions[entry->below].wait != FDAR_WAIT_COND)
			continue;
		if (!row->below || side->functions[entry->below] == row->ids[1])
			ns += (double)entry->stat.own_ns;
	}
	return ns;
}

/* A worker that has passed a session on waits for the next one's in a function that looks like a part of the
 * first one's work. It is told by this: workers wait there for longer while they have no session at all. Whose its
 * calls are is chance then, and with them what it runs. */
static gboolean is_resting(const struct diff_work *work, const struct fdar_diff_row *row)
{
	const struct diff_side *side = &work->side[BASELINE];
	gboolean waits = row->frame == FDAR_FRAME_WAIT && row->wait == FDAR_WAIT_COND && row->below;
	gboolean runs = !row->below && diff_row_runs(row) && row->ids[0] < side->server_count &&
			side->server_calls[row->ids[0]] >= row->baseline.calls &&
			row->ratio < DIFF_UNTESTED_RATIO * MAX(1, row->ratio_calls);

	/* All entries are looked at below: for few rows only. */
	if (work->diff->whole_run || !(waits || runs))
		return FALSE;
	double rests = woken_ns(side, &side->profile->groups[0], row);

	return rests > 0 && rests >= woken_ns(side, side->group, row);
}

static double price_of(const struct diff_side *side, const uint32_t *entry, int which)
{
	const struct fdar_profile_entry *of =
		entry[which] == FDAR_PROFILE_NONE ? NULL : &side->group->entries[entry[which]];

	return of && of->below == FDAR_PROFILE_NONE ? side->price[of->function] : 0;
}

static void name_row(struct diff_work *work, struct fdar_diff_row *row, uint32_t function,
		     uint32_t below)
{
	const struct fdar_profile_function *about = &work->names->functions[function];
	const struct fdar_profile_function *under =
		below == FDAR_PROFILE_NONE ? NULL : &work->names->functions[below];

	row->function = keep(work->diff, about->name);
	row->component = keep(work->diff, about->component);
	row->below = under ? keep(work->diff, under->name) : NULL;
	row->file = keep(work->diff, about->file);
	row->line = about->line;
	row->frame = under ? under->kind : about->kind;
	row->wait = under ? under->wait : about->wait;
	row->ids[0] = function;
	row->ids[1] = below;
}

/* entry: the row's entry in each side's group, or FDAR_PROFILE_NONE. */
static void fill_row(struct diff_work *work, struct fdar_diff_row *row, uint32_t function,
		     uint32_t below, const uint32_t *entry)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_profile_stat *baseline = stat_of(work, BASELINE, entry);
	const struct fdar_profile_stat *subject = stat_of(work, SUBJECT, entry);

	name_row(work, row, function, below);
	for (int i = 0; i < SIDES; i++)
		row->entries[i] = entry[i];
	diff_side_fill(&work->side[BASELINE], baseline,
		       price_of(&work->side[BASELINE], entry, BASELINE), diff->whole_run,
		       &row->baseline);
	diff_side_fill(&work->side[SUBJECT], subject,
		       price_of(&work->side[SUBJECT], entry, SUBJECT), diff->whole_run,
		       &row->subject);
	row->presence = !baseline || !baseline->calls ? FDAR_IN_SUBJECT
			: !subject || !subject->calls ? FDAR_IN_BASELINE
						      : FDAR_IN_BOTH;
	row->ratio = diff_ratio(row->baseline.own_ns, row->subject.own_ns);
	row->ratio_median = diff_median_ratio(&row->baseline, &row->subject);
	row->ratio_p99 = diff_ratio(row->baseline.own_p99_ns, row->subject.own_p99_ns);
	row->ratio_calls = diff_ratio(row->baseline.calls, row->subject.calls);
	row->added_ns = row->subject.own_ns - row->baseline.own_ns;
	row->change = change_of(work, row);
	row->client = diff_is_for_client(row->frame, &row->baseline, &row->subject);
	row->gap = diff->whole_run ? 0 : gap_of(work, baseline, subject);
	test_row(work, baseline, subject, row->added_ns, &row->test);
	diff_spread_of(work, entry, function, below, FALSE, &row->spread);
	diff_counts_find(work, entry, function, row);
	row->resting = is_resting(work, row);
}

#define LOCK_PART 0.02

/* What may be longer only because of what threads do elsewhere. */
enum follower { FOLLOWS_NOT, FOLLOWS_QUEUE, FOLLOWS_LOCK, FOLLOWS_CLIENT, FOLLOWS_PROCESSOR };

static enum follower follower_of(uint8_t frame, uint8_t wait, const struct fdar_diff_side *baseline,
				 const struct fdar_diff_side *subject)
{
	if (frame == FDAR_FRAME_QUEUE)
		return FOLLOWS_QUEUE;
	if (frame == FDAR_FRAME_WAIT && wait == FDAR_WAIT_LOCK)
		return FOLLOWS_LOCK;
	if (frame == FDAR_FRAME_WAIT && wait == FDAR_WAIT_PROCESSOR)
		return FOLLOWS_PROCESSOR;
	return diff_is_for_client(frame, baseline, subject) ? FOLLOWS_CLIENT : FOLLOWS_NOT;
}

/* Does time in queues follow from what threads do? It does when functions work markedly longer for
 * a session, by an amount that is no trifle beside the queues: the next sessions stand behind it,
 * and where many do, the time in the queue is a multiple of its cause. They also stand behind threads
 * that are kept from their processors meanwhile. Likewise locks, behind whoever has them; and waits for
 * clients: who plays them shares the processors. */
static gboolean they_follow(struct diff_work *work, enum follower kind)
{
	/* A lock that is kept keeps all who come meanwhile, each for up to as long. */
	double part = kind == FOLLOWS_LOCK ? LOCK_PART : DIFF_MIN_PART;
	double follow_ns = 0, served_ns = 0, kept_ns = 0;

	for (uint32_t i = 0; i < work->diff->row_count; i++) {
		const struct fdar_diff_row *row = &work->diff->rows[i];
		enum follower is =
			follower_of(row->frame, row->wait, &row->baseline, &row->subject);

		if (row->resting)
			continue;
		if (is == kind)
			follow_ns += MAX(row->added_ns, 0);
		else if (is == FOLLOWS_PROCESSOR)
			kept_ns += MAX(row->added_ns, 0);
		else if (is != FOLLOWS_QUEUE && is != FOLLOWS_CLIENT &&
			 row->ratio >= work->options.min_ratio)
			served_ns += MAX(row->added_ns, 0);
	}
	if (kind == FOLLOWS_LOCK)
		work->locks_hide = follow_ns > served_ns;
	if (kind == FOLLOWS_QUEUE)
		served_ns += kept_ns;
	return served_ns >= work->options.min_added_ns &&
	       served_ns >= part * (served_ns + follow_ns);
}

gboolean diff_follows(const struct diff_work *work, uint8_t frame, uint8_t wait,
		      const struct fdar_diff_side *baseline, const struct fdar_diff_side *subject)
{
	switch (follower_of(frame, wait, baseline, subject)) {
	case FOLLOWS_QUEUE:
		return work->queues_follow;
	case FOLLOWS_LOCK:
		return work->locks_follow;
	case FOLLOWS_CLIENT:
		return work->clients_follow;
	case FOLLOWS_PROCESSOR:
		return TRUE; /* behind whoever had it, in whatever program */
	default:
		return FALSE;
	}
}

static void share_rows(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	work->queues_follow = they_follow(work, FOLLOWS_QUEUE);
	work->locks_follow = they_follow(work, FOLLOWS_LOCK);
	work->clients_follow = they_follow(work, FOLLOWS_CLIENT);
	for (uint32_t i = 0; i < diff->row_count; i++) {
		struct fdar_diff_row *row = &diff->rows[i];

		if (!row->resting &&
		    !diff_follows(work, row->frame, row->wait, &row->baseline, &row->subject))
			row->share = MAX(row->added_ns, 0);
		work->increases_ns += row->share;
	}
	for (uint32_t i = 0; i < diff->row_count && work->increases_ns > 0; i++)
		diff->rows[i].share /= work->increases_ns;
}

static gint by_share(gconstpointer a, gconstpointer b)
{
	const struct fdar_diff_row *left = a, *right = b;

	if (left->stands_out != right->stands_out)
		return left->stands_out ? -1 : 1;

	if (left->share != right->share)
		return left->share > right->share ? -1 : 1;
	if (left->added_ns != right->added_ns)
		return left->added_ns > right->added_ns ? -1 : 1;
	int order = strcmp(left->function, right->function);
	if (!order)
		order = strcmp(left->component, right->component);
	return order ? order : g_strcmp0(left->below, right->below);
}

static void adjust_rows(struct fdar_diff *diff)
{
	g_autofree double *p = g_new(double, MAX(diff->row_count, 1));

	for (uint32_t i = 0; i < diff->row_count; i++)
		p[i] = diff->rows[i].test.p;
	fdar_adjust_p(p, diff->row_count);
	for (uint32_t i = 0; i < diff->row_count; i++)
		diff->rows[i].test.adjusted = p[i];
}

/* Which entry of each side is a row: entries[row * SIDES + side]. */
static GArray *pair_entries(const struct diff_work *work, struct fdar_intern *rows)
{
	GArray *entries = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (int i = 0; i < SIDES; i++) {
		const struct diff_side *side = &work->side[i];

		for (uint32_t e = 0; e < side->group->entry_count; e++) {
			const struct fdar_profile_entry *entry = &side->group->entries[e];
			uint32_t below = FDAR_PROFILE_NONE;

			if (entry->below != FDAR_PROFILE_NONE)
				below = side->functions[entry->below];
			if (diff_leaves_out(work, below))
				continue;
			uint32_t row =
				fdar_intern_add(rows, side->functions[entry->function], below);

			if (row * SIDES == entries->len) {
				const uint32_t none[SIDES] = { FDAR_PROFILE_NONE,
							       FDAR_PROFILE_NONE };

				g_array_append_vals(entries, none, SIDES);
			}
			g_array_index(entries, uint32_t, row * SIDES + (uint32_t)i) = e;
		}
	}
	return entries;
}

void diff_rows_make(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	struct fdar_intern ids = { 0 };
	g_autoptr(GArray) entries = pair_entries(work, &ids);

	diff_counts_pool(work);
	diff->row_count = ids.count;
	diff->rows = g_new0(struct fdar_diff_row, ids.count);
	for (uint32_t i = 0; i < ids.count; i++)
		fill_row(work, &diff->rows[i], (uint32_t)ids.pairs[i].a, (uint32_t)ids.pairs[i].b,
			 &g_array_index(entries, uint32_t, i * SIDES));
	share_rows(work);
	adjust_rows(diff);
	diff_counts_adjust(diff);
	fdar_intern_clear(&ids);
}

void diff_rows_sort(struct fdar_diff *diff)
{
	if (diff->row_count)
		qsort(diff->rows, diff->row_count, sizeof diff->rows[0], by_share);
}
