#include "analyze/diff/diff.h"

#include <gio/gio.h>
#include <string.h>

#include "analyze/diff/diff_private.h"
#include "analyze/profile/profile_private.h"
#include "analyze/profile/unrecorded.h"

/* Fewer sessions do not tell how densely they come. */
#define RATE_SESSIONS_MIN 5

static gboolean no_such_label(const struct fdar_profile *profile, const char *label,
			      const char *which, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (uint32_t i = 1; i < profile->group_count; i++)
		g_string_append_printf(known, "%s\"%s\"", i > 1 ? ", " : "",
				       profile->groups[i].label);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
		    "the %s has no sessions with the label \"%s\"; it has %s", which, label,
		    known->len ? known->str : "no sessions at all");
	return FALSE;
}

/* All sessions. A profile that is flat is read as it is: a copy of many call paths is
 * dear. Where it has no sessions, an empty group is all of them. */
static void choose_all(struct diff_side *side, const struct fdar_profile *profile)
{
	gboolean is_flat = fdar_profile_is_flat(profile);
	g_autoptr(fdar_profile) none = NULL;

	side->all = TRUE;
	side->group = is_flat ? fdar_profile_group(profile, FDAR_PROFILE_ALL) : NULL;
	if (side->group)
		return;
	none = is_flat ? fdar_profile_new() : NULL;
	side->flat = fdar_profile_flatten(is_flat ? none : profile);
	side->profile = is_flat ? profile : side->flat;
	side->group = fdar_profile_group(side->flat, FDAR_PROFILE_ALL);
}

/* The sessions to compare: of one label, or all. */
static gboolean choose(struct diff_side *side, const struct fdar_profile *profile,
		       const char *label, const char *which, GError **error)
{
	side->profile = profile;
	if (label) {
		side->group = fdar_profile_group(profile, label);
		if (!side->group || !side->group->sessions)
			return no_such_label(profile, label, which, error);
	} else {
		choose_all(side, profile);
	}
	side->sessions = side->group->sessions;
	return TRUE;
}

/* Without sessions on both sides the runs as a whole are compared. FALSE: only one side has some. */
static gboolean agree(struct diff_work *work)
{
	struct diff_side *baseline = &work->side[BASELINE], *subject = &work->side[SUBJECT];

	if (baseline->sessions || subject->sessions)
		return baseline->sessions && subject->sessions;
	work->diff->whole_run = TRUE;
	for (int i = 0; i < SIDES; i++) {
		work->side[i].group = &work->side[i].profile->groups[0];
		work->side[i].sessions = 1;
	}
	return TRUE;
}

static void map_functions(struct diff_work *work)
{
	fdar_profile_match_init(&work->match, work->side[BASELINE].profile,
				work->side[SUBJECT].profile);
	work->names = fdar_profile_new();
	/* The subject first: files and lines are those of its tree, where it has the function. */
	for (int i = SIDES - 1; i >= 0; i--) {
		struct diff_side *side = &work->side[i];

		side->functions = g_new(uint32_t, MAX(side->profile->function_count, 1));
		for (uint32_t f = 0; f < side->profile->function_count; f++)
			side->functions[f] =
				diff_map_function(work, i, &side->profile->functions[f]);
	}
}

static void note_renamed(struct diff_work *work)
{
	GHashTableIter all;
	gpointer before, after;

	g_hash_table_iter_init(&all, work->match.renamed);
	while (g_hash_table_iter_next(&all, &before, &after))
		g_hash_table_insert(work->diff->renamed, g_strdup(before), g_strdup(after));
}

/* From the begin of a side's first session to that of its last. Nobody came between two runs: those add up.
 * Of a profile that was merged the runs are not known, but how long they were. sessions: how many came in it. */
static double span_of(const struct diff_side *side, double *sessions)
{
	const struct fdar_profile_grid *grid = &side->group->grid;
	double span_ns = 0;

	*sessions = side->run_count ? 0 : (double)side->group->sessions;
	/* Of very many not all are looked at. */
	for (uint32_t i = 0; i < side->run_count; i++) {
		grid = &side->runs[i].group->grid;
		span_ns += (double)(grid->end_ns - grid->begin_ns);
		*sessions += side->runs[i].sessions;
	}
	if (side->run_count)
		return span_ns;
	span_ns = (double)(grid->end_ns - grid->begin_ns);
	return side->profile->span_ns ? MIN(span_ns, (double)side->profile->span_ns) : span_ns;
}

/* How densely sessions came, as far as a few can tell. */
static void sum_load(const struct diff_side *side, struct fdar_diff_sessions *out)
{
	const struct fdar_profile_group *group = side->group;
	double n = (double)group->sessions, runs = MAX(side->run_count, 1), came;
	double span_ns = span_of(side, &came);

	if (!(n > 0))
		return;
	out->requests = (double)group->requests / n;
	out->bytes_in = (double)group->bytes_in / n;
	out->io_calls = (double)group->io_calls / n;
	out->counted = group->counted_sessions > 0;
	out->counts_estimated = group->counts_estimated > 0;
	for (int kind = 0; kind < FDAR_COUNT_KINDS && out->counted; kind++)
		out->counts[kind] = (double)group->counts[kind] / (double)group->counted_sessions;
	if (n < RATE_SESSIONS_MIN || !(span_ns > 0))
		return;
	out->rate = 1e9 * (came - runs) / span_ns;
	out->open = (double)group->lifetime_ns.sum * came / n / (span_ns + runs * out->lifetime_ns);
}

/* Part of what there is that is missing. */
static double missing_part(const struct fdar_profile_losses *losses)
{
	double events = 0, calls = 0;

	if (losses->discarded)
		events = (double)losses->discarded /
			 ((double)losses->discarded + (double)losses->events);
	if (losses->lost_calls)
		calls = (double)losses->lost_calls /
			((double)losses->lost_calls + (double)losses->calls);
	return MAX(events, calls);
}

static double sum_price(const struct diff_side *side)
{
	double price_ns = 0;

	for (uint32_t i = 1; i < side->group->node_count; i++)
		price_ns += MIN(side->node_price[i], (double)side->group->nodes[i].stat.own_ns);
	return price_ns / (double)MAX(side->sessions, 1);
}

/* The program that was recorded: the one with a build id whose functions are called. */
static void name_program(struct diff_work *work, int which, struct fdar_diff_sessions *out)
{
	const struct fdar_profile *profile = work->side[which].profile;

	out->program = out->build_id = "";
	for (uint32_t i = 0; i < profile->function_count && !*out->build_id; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];

		if (!function->program || !function->build_id || !*function->build_id)
			continue;
		out->program = g_string_chunk_insert_const(work->diff->texts, function->component);
		out->build_id = g_string_chunk_insert_const(work->diff->texts, function->build_id);
	}
}

/* A time of a session without what recording took of it. */
static double without(double ns, double price_ns)
{
	return MAX(0, ns - price_ns);
}

static void sum_sessions(const struct diff_side *side, struct fdar_diff_sessions *out)
{
	const struct fdar_profile_group *group = side->group;
	double n = (double)group->sessions;
	double price_ns = sum_price(side);

	*out = (struct fdar_diff_sessions){
		.sessions = group->sessions,
		.finished = group->finished,
		.unfinished = group->unfinished,
		.busy_ns = MAX(0, fdar_histogram_mean(&group->busy_ns) - price_ns),
		.busy_median_ns =
			without(fdar_histogram_quantile(&group->busy_ns, 0.5, group->sessions),
				price_ns),
		.busy_p99_ns =
			without(fdar_histogram_quantile(&group->busy_ns, 0.99, group->sessions),
				price_ns),
		.running_ns = n > 0 ? MAX(0, (double)group->running_ns.sum / n - price_ns) : 0,
		.lifetime_ns = without(fdar_histogram_mean(&group->lifetime_ns), price_ns),
		.lifetime_median_ns =
			without(fdar_histogram_quantile(&group->lifetime_ns, 0.5, group->sessions),
				price_ns),
		.lifetime_p99_ns =
			without(fdar_histogram_quantile(&group->lifetime_ns, 0.99, group->sessions),
				price_ns),
		.price_ns = price_ns,
		.discarded = missing_part(&side->profile->losses),
	};
	sum_load(side, out);
	if (group->own_ns)
		out->unknown = (double)group->unknown_ns / (double)group->own_ns;
}

static void sum_whole_run(struct fdar_diff *diff)
{
	for (uint32_t i = 0; i < diff->row_count; i++) {
		double runs = diff->rows[i].frame != FDAR_FRAME_WAIT;

		diff->baseline.busy_ns += diff->rows[i].baseline.own_ns;
		diff->subject.busy_ns += diff->rows[i].subject.own_ns;
		diff->baseline.running_ns += runs * diff->rows[i].baseline.own_ns;
		diff->subject.running_ns += runs * diff->rows[i].subject.own_ns;
	}
}

/* Tests are of what was seen: where recording took most of what was added to that, they say nothing. */
static gboolean is_paid(const struct fdar_diff *diff, double added_ns)
{
	double price_ns = diff->subject.price_ns - diff->baseline.price_ns;

	return price_ns > added_ns;
}

/* The test is on the side of the change: sessions that got faster are no evidence that one function
 * got slower. */
static void test_sessions(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	const struct fdar_profile_group *before = work->side[BASELINE].group;
	const struct fdar_profile_group *after = work->side[SUBJECT].group;
	double alpha = work->options.alpha;
	double running_ns = diff->subject.running_ns - diff->baseline.running_ns;
	struct fdar_diff_spread busy, running;
	struct fdar_sample_test test = fdar_sample_test(&before->busy_ns, before->sessions,
							&after->busy_ns, after->sessions);

	diff_spread_of_sessions(work, FALSE, &busy);
	diff_spread_of_sessions(work, TRUE, &running);
	diff->test.delta = test.delta;
	diff->test.beyond = test.beyond;
	diff->test.p = diff->test.adjusted = diff->added_ns >= 0 ? test.p_up : test.p_down;
	work->longer = diff->added_ns > 0 && test.p_up < alpha && diff_spread_above(&busy) &&
		       !is_paid(diff, diff->added_ns);
	work->shorter = diff->added_ns < 0 && test.p_down < alpha;
	test = fdar_sample_test(&before->running_ns, before->sessions, &after->running_ns,
				after->sessions);
	work->running_longer = running_ns > 0 && test.p_up < alpha && diff_spread_above(&running) &&
			       !is_paid(diff, running_ns);
}

static void sum_sides(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	sum_sessions(&work->side[BASELINE], &diff->baseline);
	sum_sessions(&work->side[SUBJECT], &diff->subject);
	name_program(work, BASELINE, &diff->baseline);
	name_program(work, SUBJECT, &diff->subject);
}

static void compare_sessions(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	diff->test = (struct fdar_diff_test){ .p = 1, .adjusted = 1 };
	if (diff->whole_run)
		sum_whole_run(diff);
	diff->ratio = diff_ratio(diff->baseline.busy_ns, diff->subject.busy_ns);
	diff->added_ns = diff->subject.busy_ns - diff->baseline.busy_ns;

	if (work->testable)
		test_sessions(work);
	else
		work->longer = work->running_longer = TRUE;
}

static gint by_function(gconstpointer a, gconstpointer b)
{
	const struct fdar_diff_unrecorded *left = a, *right = b;
	int order = strcmp(left->function, right->function);

	return order ? order : strcmp(left->component, right->component);
}

static void add_unrecorded(struct diff_work *work, const char *key, guint sides)
{
	struct fdar_diff *diff = work->diff;
	g_auto(GStrv) parts = g_strsplit(key, "\n", 2);

	/* Where the subject has another name for the binary, both are there (unrecorded.h). */
	if (fdar_profile_match_component(&work->match, parts[0]) != parts[0])
		return;
	diff->unrecorded[diff->unrecorded_count++] = (struct fdar_diff_unrecorded){
		.component = g_string_chunk_insert_const(diff->texts, parts[0]),
		.function = g_string_chunk_insert_const(diff->texts, parts[1]),
		.baseline = (sides & FDAR_MISSING_BASELINE) != 0,
		.subject = (sides & FDAR_MISSING_SUBJECT) != 0,
	};
}

static void list_unrecorded(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	GHashTableIter all;
	gpointer key, sides;

	if (!work->options.unrecorded)
		return;
	diff->unrecorded = g_new0(struct fdar_diff_unrecorded,
				  g_hash_table_size(work->options.unrecorded) + 1);
	g_hash_table_iter_init(&all, work->options.unrecorded);
	while (g_hash_table_iter_next(&all, &key, &sides))
		add_unrecorded(work, key, GPOINTER_TO_UINT(sides));
	qsort(diff->unrecorded, diff->unrecorded_count, sizeof(diff->unrecorded[0]), by_function);
}

static void fill_options(struct diff_work *work, const struct fdar_diff_options *options)
{
	struct fdar_diff_options *filled = &work->options;

	if (options)
		*filled = *options;
	if (!(filled->alpha > 0))
		filled->alpha = 0.01;
	if (!(filled->min_ratio > 1))
		filled->min_ratio = 1.5;
	if (!(filled->max_discarded > 0))
		filled->max_discarded = 0.01;
	if (!(filled->max_unknown > 0))
		filled->max_unknown = 0.2;
	if (!filled->baseline_label)
		filled->baseline_label = filled->label;
}

static void work_clear(struct diff_work *work)
{
	for (int i = 0; i < SIDES; i++) {
		fdar_profile_free(work->side[i].flat);
		g_free(work->side[i].functions);
		g_free(work->side[i].price);
		g_free(work->side[i].node_price);
		g_free(work->side[i].server_calls);
		g_free(work->side[i].server_ns);
		diff_runs_clear(&work->side[i]);
	}
	fdar_profile_free(work->names);
	if (work->match.subject)
		fdar_profile_match_clear(&work->match);
	g_free(work->node_functions);
	g_free(work->replaced);
}

static void compare(struct diff_work *work)
{
	for (int i = 0; i < SIDES; i++)
		diff_blocks_find(&work->side[i]);
	work->testable = !work->diff->whole_run &&
			 fdar_sample_smallest_p(work->side[BASELINE].sessions,
						work->side[SUBJECT].sessions) < work->options.alpha;
	map_functions(work);
	note_renamed(work);
	diff_replaced_find(work);
	diff_runs_map(work);
	diff_price_find(work);
	sum_sides(work);
	work->diff->load.work = diff_work_ratio(work->diff);
	diff_rows_make(work);
	work->processor_part = diff_processor_part(work);
	diff_tree_make(work);
	compare_sessions(work);
	diff_trade_find(work);
	diff_load_find(work);
	diff_rows_rank(work);
	diff_server_make(work);
	diff_recount(work->diff);
	list_unrecorded(work);
	diff_judge(work);
	diff_say(work);
	diff_hint(work);
}

/* Only one side has sessions: there is nothing to compare, and the sentence says so. */
static void compare_nothing(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;

	map_functions(work);
	diff_price_find(work);
	sum_sides(work);
	diff->test = (struct fdar_diff_test){ .p = 1, .adjusted = 1 };
	diff->ratio = diff_ratio(diff->baseline.busy_ns, diff->subject.busy_ns);
	diff->nodes = g_new0(struct fdar_diff_node, 1);
	diff->node_count = 1;
	diff->nodes[0] = (struct fdar_diff_node){
		.function = "", .component = "", .parent = FDAR_PROFILE_NONE, .ratio = 1
	};
	diff_refuse(work);
}

struct fdar_diff *fdar_diff_new(const struct fdar_profile *baseline,
				const struct fdar_profile *subject,
				const struct fdar_diff_options *options, GError **error)
{
	g_autoptr(fdar_diff) diff = g_new0(struct fdar_diff, 1);
	struct diff_work work = { .diff = diff };
	gboolean ready;

	diff->unit = subject->unit;
	diff->texts = g_string_chunk_new(4096);
	diff->renamed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	diff->few = g_ptr_array_new_with_free_func(g_free);
	diff->hints = g_ptr_array_new_with_free_func(g_free);
	fill_options(&work, options);
	diff->inferred = fdar_profile_is_inferred(baseline) && fdar_profile_is_inferred(subject);
	ready = choose(&work.side[BASELINE], baseline, work.options.baseline_label, "baseline",
		       error) &&
		choose(&work.side[SUBJECT], subject, work.options.label, "subject", error);
	if (ready && agree(&work))
		compare(&work);
	else if (ready)
		compare_nothing(&work);
	work_clear(&work);
	return ready ? g_steal_pointer(&diff) : NULL;
}

void fdar_diff_free(struct fdar_diff *diff)
{
	if (!diff)
		return;
	g_free(diff->rows);
	g_free(diff->nodes);
	g_free(diff->unrecorded);
	g_free(diff->recounted);
	g_free(diff->server_rows);
	g_free(diff->verdict.sentence);
	g_free(diff->verdict.reason);
	g_hash_table_unref(diff->renamed);
	g_ptr_array_unref(diff->few);
	g_ptr_array_unref(diff->hints);
	g_string_chunk_free(diff->texts);
	g_free(diff);
}

const char *fdar_change_name(enum fdar_change change)
{
	static const char *const names[FDAR_CHANGES] = {
		[FDAR_CHANGE_NONE] = "none",        [FDAR_CHANGE_RUNNING] = "running",
		[FDAR_CHANGE_WAITING] = "waiting",  [FDAR_CHANGE_QUEUEING] = "queueing",
		[FDAR_CHANGE_CALLS] = "more calls", [FDAR_CHANGE_IDLE] = "idle",
		[FDAR_CHANGE_BLOCKED] = "blocked",  [FDAR_CHANGE_SPREAD] = "spread",
		[FDAR_CHANGE_FASTER] = "faster",
	};

	return names[change];
}

const char *fdar_presence_name(enum fdar_presence presence)
{
	return presence == FDAR_IN_BOTH ? "both" : presence == FDAR_IN_SUBJECT ? "new" : "gone";
}

const char *fdar_confidence_name(enum fdar_confidence confidence)
{
	return confidence == FDAR_CONFIDENCE_HIGH     ? "high"
	       : confidence == FDAR_CONFIDENCE_MEDIUM ? "medium"
						      : "low";
}

gboolean fdar_confidence_parse(const char *text, enum fdar_confidence *confidence)
{
	for (int i = FDAR_CONFIDENCE_LOW; text && i <= FDAR_CONFIDENCE_HIGH; i++) {
		if (strcmp(text, fdar_confidence_name((enum fdar_confidence)i)) != 0)
			continue;
		*confidence = (enum fdar_confidence)i;
		return TRUE;
	}
	return FALSE;
}
