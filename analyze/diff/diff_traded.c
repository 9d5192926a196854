/*
 * Time that went from one function to another by a change of its cut: a part of a function became one of its
 * own, or a function was merged into its callers, wholly or in some places (compilers inline), or replaced by
 * others. Who has more of it now is no culprit: those around it have as much less.
 *
 * Each node of the call tree has a home: itself where it is called as often as its surroundings, else the
 * nearest such node above it. What a home and those at home in it gained together is the balance. A function
 * is traded where the balances of its homes are small beside what it gained there. Means and medians are both
 * looked at: medians do not move when some sessions are kept from the processor, means know of functions that
 * only some sessions call.
 */
#include "analyze/diff/diff_private.h"

/* So much of what one gained the others lost. */
#define TRADED_PART 0.5
/* Calls differ by more than this. */
#define OTHER_CALLS 1.1
/* Of what more calls of it would take. */
#define UNROLLED_PART 0.2
/* The mean may be so many medians. */
#define TYPICAL_FACTOR 2

struct trade {
	const struct diff_work *work;
	struct fdar_diff_row **row; /* by index in names: of its own running, or NULL */
	uint32_t *home;             /* by node */
	double *balance;            /* by home */
	double *gain;               /* by home, of the row that is looked at; else 0 */
	uint32_t *first, *next;     /* the nodes of a row: by index in names, by node; 0: none */
	double machine;
	gboolean medians;
};

static const struct fdar_diff_node *node_at(const struct trade *trade, uint32_t at)
{
	return &trade->work->diff->nodes[at];
}

static gboolean is_called_otherwise(const struct fdar_diff_node *node,
				    const struct fdar_diff_node *home)
{
	double here = diff_ratio(node->baseline.outer_calls, node->subject.outer_calls);
	double there = diff_ratio(home->baseline.outer_calls, home->subject.outer_calls);

	return !(here > 0) || !isfinite(here) || here > OTHER_CALLS * there ||
	       there > OTHER_CALLS * here;
}

static void find_homes(struct trade *trade)
{
	trade->home[0] = 0;
	for (uint32_t i = 1; i < trade->work->diff->node_count; i++) {
		uint32_t up = trade->home[node_at(trade, i)->parent];

		trade->home[i] =
			is_called_otherwise(node_at(trade, i), node_at(trade, up)) ? up : i;
	}
}

static double gained_ns(const struct trade *trade, uint32_t at)
{
	const struct fdar_diff_side *before = &node_at(trade, at)->baseline;
	const struct fdar_diff_side *after = &node_at(trade, at)->subject;

	return trade->medians ? after->own_median_ns - trade->machine * before->own_median_ns
			      : after->own_ns - trade->machine * before->own_ns;
}

/* What a row gained at each of its homes: what went from one place to another there is none. */
static void find_gains(struct trade *trade, const struct fdar_diff_row *row)
{
	for (uint32_t i = trade->first[row->ids[0]]; i; i = trade->next[i])
		trade->gain[trade->home[i]] += gained_ns(trade, i);
}

/* What was lost by chance explains nothing. */
static void find_balances(struct trade *trade)
{
	const struct fdar_diff *diff = trade->work->diff;

	for (uint32_t i = 0; i < diff->node_count; i++)
		trade->balance[i] = 0;
	for (uint32_t r = 0; r < diff->row_count; r++) {
		const struct fdar_diff_row *row = &diff->rows[r];
		gboolean lost = row->test.delta < 0 && row->test.p < trade->work->options.alpha;

		if (row != trade->row[row->ids[0]])
			continue;
		find_gains(trade, row);
		for (uint32_t i = trade->first[row->ids[0]]; i; i = trade->next[i]) {
			double *gain = &trade->gain[trade->home[i]];

			trade->balance[trade->home[i]] += lost ? *gain : MAX(*gain, 0);
			*gain = 0;
		}
	}
}

static double median_gain_ns(const struct fdar_diff_row *row)
{
	return row->subject.own_median_ns - row->baseline.own_median_ns;
}

/* Where some sessions gained much more than most, the middle says nothing of those. */
static gboolean is_of_most(const struct fdar_diff_row *row)
{
	return row->added_ns <= TYPICAL_FACTOR * median_gain_ns(row);
}

static gboolean is_traded(struct trade *trade, const struct fdar_diff_row *row)
{
	double gained = 0, left = 0;

	if (!(row->added_ns > 0) || (trade->medians && !is_of_most(row)))
		return FALSE;
	find_gains(trade, row);
	for (uint32_t i = trade->first[row->ids[0]]; i; i = trade->next[i]) {
		double *gain = &trade->gain[trade->home[i]];

		gained += MAX(*gain, 0);
		left += CLAMP(trade->balance[trade->home[i]], 0, MAX(*gain, 0));
		*gain = 0;
	}
	return gained > 0 && left <= (1 - TRADED_PART) * gained;
}

/* Recursion that a compiler made a loop of, or the other way round: it is entered as often, and takes no
 * longer. */
static gboolean is_unrolled(const struct fdar_diff_row *row)
{
	double entered = diff_ratio(row->baseline.outer_calls, row->subject.outer_calls);
	double gained_ns =
		is_of_most(row) ? MIN(row->added_ns, median_gain_ns(row)) : row->added_ns;

	return row->ratio_calls > OTHER_CALLS && entered <= OTHER_CALLS &&
	       entered * OTHER_CALLS >= 1 && gained_ns <= UNROLLED_PART * row->counts.work_ns;
}

static void find_traded(struct trade *trade)
{
	struct fdar_diff *diff = trade->work->diff;

	find_balances(trade);
	for (uint32_t i = 0; i < diff->row_count; i++) {
		struct fdar_diff_row *row = &diff->rows[i];

		if (row == trade->row[row->ids[0]])
			row->traded = row->traded || is_traded(trade, row) || is_unrolled(row);
	}
}

static void list_nodes(struct trade *trade)
{
	struct fdar_diff *diff = trade->work->diff;

	for (uint32_t i = 0; i < diff->row_count; i++)
		if (!diff->rows[i].below && diff_row_runs(&diff->rows[i]))
			trade->row[diff->rows[i].ids[0]] = &diff->rows[i];
	for (uint32_t i = 1; i < diff->node_count; i++) {
		uint32_t *first = &trade->first[trade->work->node_functions[i]];

		trade->next[i] = *first;
		*first = i;
	}
}

static GHashTable *builds_of(const struct fdar_profile *profile)
{
	GHashTable *builds = g_hash_table_new(g_str_hash, g_str_equal);

	for (uint32_t i = 0; i < profile->function_count; i++) {
		const char *build_id = profile->functions[i].build_id;

		if (profile->functions[i].kind == FDAR_FRAME_FUNCTION &&
		    !fdar_profile_is_own(&profile->functions[i]))
			g_hash_table_add(builds, (gpointer)(build_id ? build_id : ""));
	}
	return builds;
}

/* No compiler cut otherwise what is the same. */
static gboolean has_same_binaries(const struct diff_work *work)
{
	g_autoptr(GHashTable) before = builds_of(work->side[BASELINE].profile);
	g_autoptr(GHashTable) after = builds_of(work->side[SUBJECT].profile);
	GHashTableIter all;
	gpointer build;

	if (g_hash_table_size(before) != g_hash_table_size(after))
		return FALSE;
	g_hash_table_iter_init(&all, before);
	while (g_hash_table_iter_next(&all, &build, NULL))
		if (!*(const char *)build || !g_hash_table_contains(after, build))
			return FALSE;
	return TRUE;
}

void diff_trade_find(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	uint32_t functions = work->names->function_count, nodes = diff->node_count;
	g_autofree struct fdar_diff_row **row = g_new0(struct fdar_diff_row *, functions + 1);
	g_autofree uint32_t *first = g_new0(uint32_t, functions + 1);
	g_autofree uint32_t *next = g_new0(uint32_t, nodes + 1);
	g_autofree uint32_t *home = g_new0(uint32_t, nodes + 1);
	g_autofree double *balance = g_new0(double, nodes + 1);
	g_autofree double *gain = g_new0(double, nodes + 1);
	struct trade trade = { .work = work,
			       .row = row,
			       .home = home,
			       .balance = balance,
			       .gain = gain,
			       .first = first,
			       .next = next,
			       .machine = diff_machine(diff, NULL) };

	work->same_binaries = has_same_binaries(work);
	/* Without sessions nothing is tested. */
	if (diff->whole_run || !work->testable || work->same_binaries)
		return;
	list_nodes(&trade);
	find_homes(&trade);
	find_traded(&trade);
	trade.medians = TRUE;
	find_traded(&trade);
	diff_inlined_find(work);
}

#define MANY_NEW 5u

/* What only one build has: functions, and what they run for. */
struct one_sided {
	uint32_t functions, traded;
	double ns;
};

static struct one_sided count_one_sided(const struct fdar_diff *diff, enum fdar_presence presence)
{
	struct one_sided of = { 0 };

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (row->below || row->frame != FDAR_FRAME_FUNCTION || row->presence != presence)
			continue;
		of.functions++;
		of.traded += row->traded ? 1 : 0;
		of.ns += row->baseline.own_ns + row->subject.own_ns;
	}
	return of;
}

/* Time that went somewhere else makes nobody longer: sessions do not run longer by half of what the verdict's
 * function, or all that is new, runs longer, and as much is in functions that one build alone has. */
static void cap_for_cut(struct diff_work *work, const struct one_sided *fresh)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_verdict *verdict = &diff->verdict;
	const struct one_sided gone = count_one_sided(diff, FDAR_IN_BASELINE);
	gboolean is_new = verdict->presence == FDAR_IN_SUBJECT;
	double added_ns = verdict->subject_ns - verdict->baseline_ns;
	double moved_ns = is_new ? MAX(fresh->ns, added_ns) : added_ns;

	if ((verdict->change != FDAR_CHANGE_RUNNING && verdict->change != FDAR_CHANGE_CALLS) ||
	    !verdict->function || verdict->server || verdict->per_call || diff->whole_run ||
	    MAX(fresh->ns, gone.ns) < 0.5 * added_ns)
		return;
	if (diff->subject.running_ns - diff->baseline.running_ns < 0.5 * moved_ns)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%u functions are new, %u are gone, and %s do not run longer by as much: "
			 "another build may inline otherwise",
			 fresh->functions, gone.functions, diff_units(diff));
}

/* A build that inlines less has many functions that the other one has not, and the same code. */
void diff_cap_for_build(struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct one_sided fresh = count_one_sided(diff, FDAR_IN_SUBJECT);
	const struct one_sided both = count_one_sided(diff, FDAR_IN_BOTH);

	if (work->same_binaries)
		return;
	cap_for_cut(work, &fresh);
	if (!diff->verdict.function || diff->verdict.presence != FDAR_IN_SUBJECT)
		return;
	if (fresh.functions >= MANY_NEW && 2 * fresh.functions > both.functions)
		diff_cap(work, FDAR_CONFIDENCE_LOW,
			 "%u functions are new beside %u that both sides have: another build may "
			 "inline less",
			 fresh.functions, both.functions);
	else if (fresh.traded)
		diff_cap(
			work, FDAR_CONFIDENCE_LOW,
			"%u of %u new functions ran in their callers before: another build inlines "
			"less",
			fresh.traded, fresh.functions);
}
