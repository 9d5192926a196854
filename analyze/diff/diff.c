#include "analyze/diff/diff.h"

#include <gio/gio.h>
#include <string.h>

#include "analyze/diff/diff_private.h"
#include "analyze/profile/profile_private.h"
#include "analyze/profile/unrecorded.h"

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
		side->flat = fdar_profile_flatten(profile);
		side->profile = side->flat;
		side->group = fdar_profile_group(side->flat, FDAR_PROFILE_ALL);
	}
	side->sessions = side->group->sessions;
	return TRUE;
}

/* Without sessions on both sides the runs as a whole are compared. */
static gboolean agree(struct diff_work *work, GError **error)
{
	struct diff_side *baseline = &work->side[BASELINE], *subject = &work->side[SUBJECT];

	if (baseline->sessions && subject->sessions)
		return TRUE;
	if (baseline->sessions || subject->sessions) {
		const char *which = baseline->sessions ? "subject" : "baseline";

		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "the %s has no sessions, the other side has: nothing to compare per "
			    "session",
			    which);
		return FALSE;
	}
	work->diff->whole_run = TRUE;
	for (int i = 0; i < SIDES; i++) {
		work->side[i].group = &work->side[i].profile->groups[0];
		work->side[i].sessions = 1;
	}
	return TRUE;
}

/* A function of the baseline goes by the names that the subject has for it and its binary. */
static uint32_t map_function(struct diff_work *work, int which,
			     const struct fdar_profile_function *function)
{
	struct fdar_profile_function like = *function;
	g_autofree char *name = NULL;

	if (which == SUBJECT)
		return profile_function_add(work->names, function);
	name = fdar_profile_match_name(&work->match, function);
	like.name = name;
	like.component = fdar_profile_match_component(&work->match, function->component);
	return profile_function_add(work->names, &like);
}

static void map_functions(struct diff_work *work)
{
	fdar_profile_match_init(&work->match, work->side[BASELINE].profile,
				work->side[SUBJECT].profile);
	work->names = fdar_profile_new();
	for (int i = 0; i < SIDES; i++) {
		struct diff_side *side = &work->side[i];

		side->functions = g_new(uint32_t, MAX(side->profile->function_count, 1));
		for (uint32_t f = 0; f < side->profile->function_count; f++)
			side->functions[f] = map_function(work, i, &side->profile->functions[f]);
	}
}

static void sum_sessions(const struct diff_side *side, struct fdar_diff_sessions *out)
{
	const struct fdar_profile_group *group = side->group;
	const struct fdar_profile_losses *losses = &side->profile->losses;
	double n = (double)group->sessions;

	*out = (struct fdar_diff_sessions){
		.sessions = group->sessions,
		.finished = group->finished,
		.unfinished = group->unfinished,
		.busy_ns = fdar_histogram_mean(&group->busy_ns),
		.busy_median_ns = fdar_histogram_quantile(&group->busy_ns, 0.5, group->sessions),
		.busy_p99_ns = fdar_histogram_quantile(&group->busy_ns, 0.99, group->sessions),
		.running_ns = n > 0 ? (double)group->running_ns.sum / n : 0,
		.lifetime_ns = fdar_histogram_mean(&group->lifetime_ns),
		.lifetime_median_ns =
			fdar_histogram_quantile(&group->lifetime_ns, 0.5, group->sessions),
		.lifetime_p99_ns =
			fdar_histogram_quantile(&group->lifetime_ns, 0.99, group->sessions),
	};
	if (losses->discarded)
		out->discarded = (double)losses->discarded /
				 ((double)losses->discarded + (double)losses->events);
	if (losses->lost_calls)
		out->discarded = MAX(out->discarded,
				     (double)losses->lost_calls /
					     ((double)losses->lost_calls + (double)losses->calls));
	if (group->own_ns)
		out->unknown = (double)group->unknown_ns / (double)group->own_ns;
}

static void compare_sessions(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	struct diff_side *baseline = &work->side[BASELINE], *subject = &work->side[SUBJECT];

	sum_sessions(baseline, &diff->baseline);
	sum_sessions(subject, &diff->subject);
	diff->test = (struct fdar_diff_test){ .p = 1, .adjusted = 1 };
	if (diff->whole_run) {
		for (uint32_t i = 0; i < diff->row_count; i++) {
			double runs = diff->rows[i].frame != FDAR_FRAME_WAIT;

			diff->baseline.busy_ns += diff->rows[i].baseline.own_ns;
			diff->subject.busy_ns += diff->rows[i].subject.own_ns;
			diff->baseline.running_ns += runs * diff->rows[i].baseline.own_ns;
			diff->subject.running_ns += runs * diff->rows[i].subject.own_ns;
		}
	} else {
		struct fdar_sample_test test =
			fdar_sample_test(&baseline->group->busy_ns, baseline->sessions,
					 &subject->group->busy_ns, subject->sessions);

		diff->test = (struct fdar_diff_test){ test.delta, test.p, test.p, test.beyond };
		test = fdar_sample_test(&baseline->group->running_ns, baseline->sessions,
					&subject->group->running_ns, subject->sessions);
		work->running_significant = test.p < work->options.alpha;
	}
	diff->ratio = diff_ratio(diff->baseline.busy_ns, diff->subject.busy_ns);
	diff->added_ns = diff->subject.busy_ns - diff->baseline.busy_ns;
	work->testable =
		!diff->whole_run &&
		fdar_sample_smallest_p(baseline->sessions, subject->sessions) < work->options.alpha;
	work->significant = !work->testable || diff->test.p < work->options.alpha;
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
	if (!(filled->min_added_ns > 0))
		filled->min_added_ns = 10000;
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
	}
	fdar_profile_free(work->names);
	if (work->match.subject)
		fdar_profile_match_clear(&work->match);
	g_free(work->node_functions);
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
	diff->hints = g_ptr_array_new_with_free_func(g_free);
	fill_options(&work, options);
	ready = choose(&work.side[BASELINE], baseline, work.options.baseline_label, "baseline",
		       error) &&
		choose(&work.side[SUBJECT], subject, work.options.label, "subject", error) &&
		agree(&work, error);
	if (ready) {
		map_functions(&work);
		diff_rows_make(&work);
		compare_sessions(&work);
		diff_tree_make(&work);
		list_unrecorded(&work);
		diff_judge(&work);
		diff_say(&work);
		diff_hint(&work);
	}
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
	g_free(diff->verdict.sentence);
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
