/* What else a reviewer should know, beside the verdict. */
#include <string.h>

#include "analyze/diff/diff_private.h"

#include "analyze/profile/unowned.h"
#include "base/amount.h"
#include "instrument/wire/events.h"

#define COUNTS_MIN 1.0 /* a session: less is not worth a word */

static void hint(struct fdar_diff *diff, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void hint(struct fdar_diff *diff, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(diff->hints, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

static void hint_quality(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_diff_sessions *sides[SIDES] = { &diff->baseline, &diff->subject };
	static const char *const names[SIDES] = { "baseline", "subject" };

	for (int i = 0; i < SIDES; i++) {
		if (sides[i]->discarded > work->options.max_discarded)
			hint(diff,
			     "the trace of the %s is not good enough to rely on: %.*g %% of its "
			     "events were discarded",
			     names[i], sides[i]->discarded < 0.99 ? 2 : 3,
			     100 * sides[i]->discarded);
		if (sides[i]->unknown > work->options.max_unknown)
			hint(diff,
			     "%.0f %% of the time of the %s is in functions without a name: are "
			     "their binaries at hand, and unchanged?",
			     100 * sides[i]->unknown, names[i]);
	}
}

static void hint_load(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_diff_load *load = &diff->load;

	if (load->work > 1) {
		g_autofree char *work_text = fdar_number_text(load->work);

		hint(diff, "the subject's %s ask for %s times as much each (%s)", diff_units(diff),
		     work_text,
		     diff->subject.requests > 0 && diff->unit == FDAR_UNIT_SESSION
			     ? "requests; --unit request compares those"
			     : "reads and bytes");
	}
	if (load->pace) {
		g_autofree char *rate = fdar_number_text(diff->subject.rate);
		g_autofree char *usual = fdar_number_text(diff->baseline.rate);
		g_autofree char *open = fdar_number_text(diff->subject.open);
		g_autofree char *usually_open = fdar_number_text(diff->baseline.open);

		hint(diff,
		     "the clients came at another pace: %s %s a second and %s open at once, "
		     "against %s and %s; waits and system calls follow it, and are passed over",
		     rate, diff_units(diff), open, usual, usually_open);
	}
	if (load->machine >= 1.2 && !diff->whole_run && !diff->verdict.function)
		hint(diff,
		     "half of what ran in the baseline takes %.2g times as long now: the "
		     "machine, or a change everywhere",
		     load->machine);
}

/* What was taken out of all times. */
static void hint_price(const struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	char before[32], after[32];

	if (diff->baseline.price_ns <= 0.05 * diff->baseline.running_ns &&
	    diff->subject.price_ns <= 0.05 * diff->subject.running_ns)
		return;
	hint(diff, "recording itself took %s of %s, %s in the baseline: taken out%s",
	     diff_duration(diff->subject.price_ns, after),
	     diff->whole_run                   ? "the run"
	     : diff->unit == FDAR_UNIT_REQUEST ? "a request"
					       : "a session",
	     diff_duration(diff->baseline.price_ns, before), diff_price_source(work));
}

/* Much of the added time is a few sessions': that is told, not blamed. */
static void hint_outlier(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	for (uint32_t i = 0; i < diff->row_count && work->testable; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];
		char time[32];

		if (row->share < 0.3 || row->stands_out || row == diff_verdict_row(diff) ||
		    !row->test.beyond || row->test.beyond * 4 > diff->subject.sessions)
			continue;
		/* Where the middle moved as well it is not theirs alone; and nobody asks for nanoseconds. */
		if (row->ratio_median >= work->options.min_ratio || diff_is_shift(row) ||
		    row->added_ns < diff_least_added(work, diff_row_runs(row)))
			continue;
		hint(diff,
		     "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " %s %s far above the others in "
		     "%s%s%s, which adds %s to the mean: it may be chance",
		     row->test.beyond, diff->subject.sessions, diff_units(diff),
		     row->test.beyond == 1 ? "is" : "are", row->function, row->below ? " in " : "",
		     row->below ? row->below : "", diff_duration(row->added_ns, time));
	}
}

/* The line is about a few, and the others are longer, too. */
static void hint_others(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	double median = diff_ratio(diff->baseline.busy_median_ns, diff->subject.busy_median_ns);
	char subject[32], baseline[32];

	if (diff->verdict.few_only && (work->longer || work->running_longer) &&
	    median >= 1 + DIFF_MIN_PART)
		hint(diff, "most %s take longer, too, beyond chance: %s against %s by the median",
		     diff_units(diff), diff_duration(diff->subject.busy_median_ns, subject),
		     diff_duration(diff->baseline.busy_median_ns, baseline));
}

static void hint_sessions(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	if (diff->whole_run)
		hint(diff,
		     "neither side has %s: whole runs are compared, which says little when they "
		     "did different work",
		     diff_units(diff));
	else if (!work->testable)
		hint(diff,
		     "%" G_GUINT64_FORMAT " against %" G_GUINT64_FORMAT
		     " %s are too few to test whether the difference is chance",
		     diff->subject.sessions, diff->baseline.sessions, diff_units(diff));
	if (diff->verdict.change != FDAR_CHANGE_IDLE &&
	    diff->verdict.change != FDAR_CHANGE_BLOCKED && !diff->whole_run) {
		double ratio = diff_ratio(diff->baseline.lifetime_ns, diff->subject.lifetime_ns);
		char subject[32], baseline[32];

		if (ratio >= 2 && diff->subject.lifetime_ns - diff->baseline.lifetime_ns >
					  2 * MAX(diff->added_ns, 0))
			hint(diff,
			     "%s also stay open longer: %s against %s, most of it while no thread "
			     "works for them",
			     diff_units(diff), diff_duration(diff->subject.lifetime_ns, subject),
			     diff_duration(diff->baseline.lifetime_ns, baseline));
	}
}

/* The queue, or the wait of that kind, that grew most, where it is worth a word; else NULL. */
static const struct fdar_diff_row *worst_of(const struct diff_work *work, uint8_t frame,
					    uint8_t wait)
{
	const struct fdar_diff_row *worst = NULL;

	for (uint32_t i = 0; i < work->diff->row_count; i++) {
		const struct fdar_diff_row *row = &work->diff->rows[i];

		if (row->frame == frame && (frame == FDAR_FRAME_QUEUE || row->wait == wait) &&
		    (!worst || row->added_ns > worst->added_ns))
			worst = row;
	}
	return worst && worst->ratio >= work->options.min_ratio &&
			       worst->added_ns >= work->options.min_added_ns
		       ? worst
		       : NULL;
}

/* Where they follow from what threads do they are no news of their own. */
static void hint_followers(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *queue = worst_of(work, FDAR_FRAME_QUEUE, 0);
	const struct fdar_diff_row *lock = worst_of(work, FDAR_FRAME_WAIT, FDAR_WAIT_LOCK);
	char subject[32], baseline[32];

	if (work->queues_follow && queue)
		hint(diff,
		     "%s also stand longer in the queue \"%s\": %s against %s, behind %s that keep "
		     "the threads busy",
		     diff_units(diff), queue->function,
		     diff_duration(queue->subject.own_ns, subject),
		     diff_duration(queue->baseline.own_ns, baseline), diff_units(diff));
	if (work->locks_follow && lock)
		hint(diff, "%s also waits longer for a lock: %s against %s, behind whoever has it",
		     lock->function, diff_duration(lock->subject.own_ns, subject),
		     diff_duration(lock->baseline.own_ns, baseline));
}

static void hint_processor(struct fdar_diff *diff)
{
	double before_ns = 0, added_ns = diff_processor_added_ns(diff);
	char added[32], before[32];

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (diff->rows[i].frame == FDAR_FRAME_WAIT &&
		    diff->rows[i].wait == FDAR_WAIT_PROCESSOR)
			before_ns += diff->rows[i].baseline.own_ns;
	if (diff->added_ns > 0 && added_ns >= 0.1 * diff->added_ns)
		hint(diff,
		     "%s also wait longer for a processor that others have: %s against %s; it is "
		     "not in what functions run for",
		     diff_units(diff), diff_duration(before_ns + added_ns, added),
		     diff_duration(before_ns, before));
}

static void hint_recursion(struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	for (uint32_t i = 0; i < diff->row_count && verdict->function; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (row->function != verdict->function || row->component != verdict->component ||
		    row->below || !(row->subject.outer_calls > 0))
			continue;
		double deep = row->subject.calls / row->subject.outer_calls;
		double before = row->baseline.outer_calls > 0
					? row->baseline.calls / row->baseline.outer_calls
					: 1;

		if (deep >= 10 && deep >= 2 * before) {
			g_autoptr(GString) text = g_string_new(NULL);

			g_string_append_printf(text, "%s calls itself: ", row->function);
			diff_add_number(text, floor(deep));
			g_string_append(text, " activations a call, against ");
			diff_add_number(text, floor(before));
			g_ptr_array_add(diff->hints, g_strdup(text->str));
		}
	}
}

static void hint_work(struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	if (verdict->per_call)
		hint(diff,
		     "%s of the two sides do different amounts of work: the subject's do less, so "
		     "calls are compared instead",
		     diff_units(diff));
}

/* Running time of the server itself, as a part of one CPU. */
static double server_load(const struct fdar_profile *profile)
{
	const struct fdar_profile_group *server = &profile->groups[0];
	double running_ns = 0;

	for (uint32_t i = 0; i < server->entry_count; i++) {
		const struct fdar_profile_entry *entry = &server->entries[i];

		if (entry->below == FDAR_PROFILE_NONE &&
		    profile->functions[entry->function].kind != FDAR_FRAME_QUEUE)
			running_ns += (double)entry->stat.own_ns;
	}
	return profile->span_ns ? running_ns / (double)profile->span_ns : 0;
}

static void hint_server(struct diff_work *work)
{
	double before = server_load(work->side[BASELINE].profile);
	double after = server_load(work->side[SUBJECT].profile);

	if (!work->diff->whole_run && after >= 0.05 && after >= 2 * before)
		hint(work->diff,
		     "the server itself, outside of %s, runs %.0f %% of the time, against "
		     "%.0f %%",
		     diff_units(work->diff), 100 * after, 100 * before);
}

#define UNOWNED_MIN 0.1 /* of what runs */

/* What runs for nobody that is known: its own verdict says more, where there is one. */
static void hint_unowned(struct diff_work *work)
{
	struct fdar_unowned before, after;

	fdar_unowned_find(work->side[BASELINE].profile, &before);
	fdar_unowned_find(work->side[SUBJECT].profile, &after);
	if (!work->diff->whole_run && !work->diff->verdict.server && after.part >= UNOWNED_MIN)
		hint(work->diff,
		     "%.0f %% of the running time of the subject belongs to no %s%s%s; "
		     "%.0f %% in the baseline",
		     100 * after.part,
		     work->diff->unit == FDAR_UNIT_REQUEST ? "request" : "session",
		     after.path ? ": " : "", after.path ? after.path : "", 100 * before.part);
	g_free(before.path);
	g_free(after.path);
}

/* Sessions that nobody marks are connections, which may be more, or fewer, than what was asked for. */
static void hint_inferred(const struct diff_work *work)
{
	const struct fdar_profile *before = work->side[BASELINE].profile;
	const struct fdar_profile *after = work->side[SUBJECT].profile;

	if (!before->io_sessions != !after->io_sessions)
		hint(work->diff,
		     "sessions of the %s are inferred from --io, and those of the %s are marked",
		     before->io_sessions ? "baseline" : "subject",
		     before->io_sessions ? "subject" : "baseline");
	else if (before->io_sessions && work->diff->unit == FDAR_UNIT_SESSION)
		hint(work->diff, "sessions are inferred from --io: connections that were accepted");
}

/* How much of the culprit's own time is in calls that left no record. */
static void hint_skipped(struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	for (uint32_t i = 0; i < diff->row_count && verdict->function; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];
		char time[32];

		if (row->function != verdict->function || row->component != verdict->component ||
		    row->below || row->subject.skipped_ns < 0.01 * row->subject.own_ns ||
		    !(row->subject.skipped_calls > 0))
			continue;
		g_autoptr(GString) text = g_string_new(NULL);
		g_string_append_printf(text, "of the own time of %s, %s is in ", row->function,
				       diff_duration(row->subject.skipped_ns, time));
		diff_add_number(text, row->subject.skipped_calls);
		g_string_append(text, " calls too short to be recorded");
		g_ptr_array_add(diff->hints, g_strdup(text->str));
	}
}

#define NAMES_MAX 8u

/* The functions that are missing on just these sides. */
static void hint_missing(struct fdar_diff *diff, gboolean baseline, gboolean subject,
			 const char *where)
{
	g_autoptr(GString) names = g_string_new(NULL);
	guint count = 0;

	for (uint32_t i = 0; i < diff->unrecorded_count; i++) {
		const struct fdar_diff_unrecorded *function = &diff->unrecorded[i];

		if (function->baseline != baseline || function->subject != subject)
			continue;
		if (count++ < NAMES_MAX)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "",
					       function->function);
	}
	if (count > NAMES_MAX)
		g_string_append_printf(names, " and %u more", count - NAMES_MAX);
	if (count)
		hint(diff,
		     "not recorded all the time %s, and so counted as a part of their callers on "
		     "both sides: %s",
		     where, names->str);
}

static void hint_unrecorded(struct fdar_diff *diff)
{
	hint_missing(diff, TRUE, FALSE, "in the baseline");
	hint_missing(diff, FALSE, TRUE, "in the subject");
	hint_missing(diff, TRUE, TRUE, "on either side");
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void hint_renamed(const struct diff_work *work)
{
	g_autofree gpointer *components = g_hash_table_get_keys_as_array(work->match.renamed, NULL);
	guint count = g_hash_table_size(work->match.renamed);

	qsort(components, count, sizeof(*components), by_name);
	for (guint i = 0; i < count; i++) {
		const char *old = components[i];

		hint(work->diff, "%s is the baseline's %s under another name%s",
		     fdar_profile_match_component(&work->match, old), old,
		     g_hash_table_contains(work->match.same, old) ? " (equal build ids)" : "");
	}
}

/* Functions that were compared as one. */
static void hint_replaced(const struct diff_work *work)
{
	g_autoptr(GString) names = g_string_new(NULL);
	guint count = 0;

	for (uint32_t i = 0; i < work->replaced_count; i++)
		if (work->replaced[i] != i && count++ < NAMES_MAX)
			g_string_append_printf(names, "%s%s for %s", names->len ? ", " : "",
					       work->names->functions[work->replaced[i]].name,
					       work->names->functions[i].name);
	if (count > NAMES_MAX)
		g_string_append_printf(names, " and %u more", count - NAMES_MAX);
	if (count)
		hint(work->diff,
		     "renamed or replaced, by caller, calls and time, and compared as one: %s",
		     names->str);
}

/* What the kernel counted is no culprit: which function did it is not known. */
static void hint_counts(struct diff_work *work)
{
	static const char *const names[] = { "page faults", "page faults that waited for a disk",
					     "migrations" };
	const struct fdar_diff_sessions *before = &work->diff->baseline;
	const struct fdar_diff_sessions *after = &work->diff->subject;

	G_STATIC_ASSERT(G_N_ELEMENTS(names) == FDAR_COUNT_KINDS);
	for (int kind = 0; kind < FDAR_COUNT_KINDS && before->counted && after->counted; kind++) {
		double was = before->counts[kind], is = after->counts[kind];
		g_autoptr(GString) text = g_string_new(NULL);

		if (MAX(was, is) - MIN(was, is) < COUNTS_MIN ||
		    MAX(was, is) < work->options.min_ratio * MIN(was, is))
			continue;
		g_string_append_printf(text, "%s of a %s: ", names[kind],
				       work->diff->unit == FDAR_UNIT_REQUEST ? "request"
									     : "session");
		diff_add_number(text, is);
		g_string_append(text, " instead of ");
		diff_add_number(text, was);
		if (before->counts_estimated || after->counts_estimated)
			g_string_append(text, " (estimated: the kernel told of several at once)");
		hint(work->diff, "%s", text->str);
	}
}

/* Which builds were compared, where they are not one. */
static void hint_builds(struct fdar_diff *diff)
{
	const struct fdar_diff_sessions *before = &diff->baseline, *after = &diff->subject;

	if (*before->build_id && *after->build_id && strcmp(before->build_id, after->build_id) != 0)
		hint(diff, "two builds: %s %.12s against %s %.12s", after->program, after->build_id,
		     before->program, before->build_id);
}

void diff_hint(struct diff_work *work)
{
	hint_renamed(work);
	hint_builds(work->diff);
	hint_replaced(work);
	hint_quality(work);
	hint_load(work);
	hint_price(work);
	hint_outlier(work);
	hint_others(work);
	hint_sessions(work);
	hint_followers(work);
	hint_counts(work);
	hint_processor(work->diff);
	hint_recursion(work->diff);
	hint_work(work->diff);
	hint_server(work);
	hint_unowned(work);
	hint_inferred(work);
	hint_skipped(work->diff);
	hint_unrecorded(work->diff);
	for (const char *const *doubt = work->options.doubts; doubt && *doubt; doubt++)
		hint(work->diff, "%s", *doubt);
}
