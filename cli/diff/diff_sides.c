#include "cli/diff/diff_sides.h"

#include <string.h>

#include "analyze/profile/labels_own.h"
#include "analyze/profile/unrecorded.h"
#include "cli/kit/profile_ahead.h"
#include "cli/kit/table.h"
#include "pipeline/recording/recording.h"
#include "pipeline/recording/doubts.h"

static char *short_text(const struct fdar_recording_info *info)
{
	g_autofree char *least = fdar_format_duration((double)info->min_duration_ns);

	return info->min_duration_ns ? g_strdup_printf("those shorter than %s", least)
				     : g_strdup("none");
}

/* Whose calls were recorded is dealt with function by function; this is about each call. */
static char *doubt_of(const struct fdar_recording_info *baseline,
		      const struct fdar_recording_info *subject)
{
	static const char what[] = "of the subject's calls %s were left out, of the baseline's %s: "
				   "they are a part of their callers there";
	g_autofree char *before = NULL, *after = NULL;

	if (baseline->min_duration_ns != subject->min_duration_ns) {
		before = short_text(baseline);
		after = short_text(subject);
	}
	return before ? g_strdup_printf(what, after, before) : NULL;
}

static void add_doubt(struct fdar_diff_sides *sides, char *text)
{
	if (text)
		g_ptr_array_add(sides->doubts, text);
}

static const char *const side_names[2] = { "baseline", "subject" };

/* What a recording says against itself. */
static void doubt_itself(const struct fdar_recording_info *info, const char *path, int which,
			 const struct fdar_profile *profile, struct fdar_diff_sides *sides)
{
	for (guint i = 0; i < profile->doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(profile->doubts, i);

		/* How much was lost is in the figures; what the recorder warned of takes nothing away. */
		if (doubt->kind == FDAR_DOUBT_MISSING || doubt->kind == FDAR_DOUBT_DAMAGED ||
		    doubt->kind == FDAR_DOUBT_FOREIGN || doubt->kind == FDAR_DOUBT_RULES)
			add_doubt(sides, g_strdup_printf("the recording of the %s (%s): %s",
							 side_names[which], path, doubt->text));
	}
	if (info->unfinished)
		add_doubt(sides, g_strdup_printf("the recording of the %s is unfinished (%s): %s",
						 side_names[which], path, info->ended));
	if (info->processes_silent)
		add_doubt(sides, g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
						 " processes of the %s said nothing",
						 info->processes_silent, info->processes_known,
						 side_names[which]));
	if (info->processes_late)
		add_doubt(sides, g_strdup_printf("the beginning of %" G_GUINT64_FORMAT
						 " of %" G_GUINT64_FORMAT
						 " processes of the %s is missing",
						 info->processes_late, info->processes_known,
						 side_names[which]));
	if (info->dropped)
		add_doubt(sides, g_strdup_printf("the recorder dropped %" G_GUINT64_FORMAT
						 " events of the %s to keep to its memory",
						 info->dropped, side_names[which]));
}

static char *depth_text(guint64 depth)
{
	return depth ? g_strdup_printf("%" G_GUINT64_FORMAT, depth) : g_strdup("any");
}

/* What is deeper is in the own time of whoever was deepest. */
static void refuse_depth(guint64 baseline, guint64 subject, struct fdar_diff_sides *sides)
{
	g_autofree char *before = depth_text(baseline), *after = depth_text(subject);

	if (!sides->refusal && baseline != subject)
		sides->refusal = g_strdup_printf("the sides were recorded with different --depth "
						 "(%s; the baseline: %s)",
						 after, before);
}

/* Recordings of different kinds of events have nothing in common. */
static void refuse(const struct fdar_recording_info *baseline,
		   const struct fdar_recording_info *subject, struct fdar_diff_sides *sides)
{
	refuse_depth(baseline->depth, subject->depth, sides);
	if (sides->refusal || !baseline->detail || !subject->detail ||
	    g_str_equal(baseline->detail, subject->detail))
		return;
	sides->refusal = g_strdup_printf("the sides were recorded with different --detail (%s; the "
					 "baseline: %s)",
					 subject->detail, baseline->detail);
}

static void add_unrecorded(struct fdar_diff_sides *sides, GHashTable *found)
{
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, found);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		guint known = GPOINTER_TO_UINT(g_hash_table_lookup(sides->unrecorded, key));

		g_hash_table_replace(sides->unrecorded, g_strdup(key),
				     GUINT_TO_POINTER(known | GPOINTER_TO_UINT(value)));
	}
}

/* What a recording says of itself, or the profile of one. A plain trace has no recording.json. */
static void settings_of(const char *path, struct fdar_recording_info *info)
{
	struct fdar_profile_about about;
	g_autoptr(fdar_profile) profile = NULL;

	if (!fdar_profile_is_file(path)) {
		fdar_recording_info_load(path, info, NULL);
		return;
	}
	fdar_profile_about_init(&about);
	profile = fdar_profile_load(path, &about, NULL);
	if (about.rules->len) {
		g_ptr_array_add(about.rules, NULL);
		info->functions = g_strdupv((char **)about.rules->pdata);
		g_ptr_array_set_size(about.rules, (gint)about.rules->len - 1);
	}
	info->min_duration_ns = about.min_duration_ns;
	info->depth = about.depth;
	info->dropped = about.dropped;
	info->detail = g_strdup(about.detail);
	info->unfinished = about.unfinished != NULL;
	info->ended = g_strdup(about.unfinished);
	fdar_profile_about_clear(&about);
}

/* A run of each side. */
static void compare_settings(const struct fdar_diff_side_input inputs[2],
			     struct fdar_diff_sides *sides, guint before, guint after)
{
	struct fdar_recording_info baseline = { 0 }, subject = { 0 };

	settings_of(inputs[0].paths[before], &baseline);
	settings_of(inputs[1].paths[after], &subject);
	struct fdar_recorded left = { g_ptr_array_index(sides->runs[0], before),
				      (const char *const *)baseline.functions };
	struct fdar_recorded right = { g_ptr_array_index(sides->runs[1], after),
				       (const char *const *)subject.functions };
	g_autoptr(GHashTable) found = fdar_unrecorded_find(&left, &right);

	add_unrecorded(sides, found);
	if (!after)
		doubt_itself(&baseline, inputs[0].paths[before], 0,
			     g_ptr_array_index(sides->runs[0], before), sides);
	if (!before)
		doubt_itself(&subject, inputs[1].paths[after], 1,
			     g_ptr_array_index(sides->runs[1], after), sides);
	if (!before && !after)
		add_doubt(sides, doubt_of(&baseline, &subject));
	sides->pressure =
		MAX(sides->pressure,
		    (double)MAX(baseline.cpu_pressure_ppm, subject.cpu_pressure_ppm) / 1e6);
	if (baseline.min_duration_ns != subject.min_duration_ns)
		sides->left_out_ns = MAX(sides->left_out_ns, (double)MAX(baseline.min_duration_ns,
									 subject.min_duration_ns));
	refuse(&baseline, &subject, sides);
	fdar_recording_info_clear(&baseline);
	fdar_recording_info_clear(&subject);
}

static fdar_profile *read_run(struct fdar_diff_side_input *input, guint run, GHashTable *folded,
			      GError **error)
{
	input->input.path = input->paths[run];
	input->input.folded = folded;
	input->input.again = TRUE;
	return fdar_profile_input_read(&input->input, error);
}

/* Without the functions that are not compared. */
static gboolean read_again(struct fdar_diff_side_input *input, GPtrArray *runs,
			   GHashTable *unrecorded, GError **error)
{
	for (guint i = 0; i < runs->len; i++) {
		fdar_profile *profile = g_ptr_array_index(runs, i);

		if (!fdar_unrecorded_called(unrecorded, profile))
			continue;
		profile = read_run(input, i, unrecorded, error);
		if (!profile)
			return FALSE;
		fdar_profile_free(g_ptr_array_index(runs, i));
		g_ptr_array_index(runs, i) = profile;
	}
	return TRUE;
}

static gboolean is_measured(const GPtrArray *runs)
{
	for (guint i = 0; i < runs->len; i++)
		if (!((const struct fdar_profile *)g_ptr_array_index(runs, i))->price_measured)
			return FALSE;
	return TRUE;
}

/* The mean of a side's runs, which all have measured it, weighted by how often. */
static struct fdar_profile_price mean_price(const GPtrArray *runs)
{
	struct fdar_profile_price sum = { 0 };
	double weights = 0;

	for (guint i = 0; i < runs->len; i++) {
		const struct fdar_profile *run = g_ptr_array_index(runs, i);
		struct fdar_profile_price price = fdar_profile_price_find(run);
		double weight = (double)run->price_measured;

		weights += weight;
		sum.inner_ns += weight * price.inner_ns;
		sum.outer_ns += weight * price.outer_ns;
		sum.spread_ns += weight * price.spread_ns;
	}
	return (struct fdar_profile_price){ sum.inner_ns / weights, sum.outer_ns / weights,
					    sum.spread_ns / weights };
}

/* The least that a call cost in any of them. */
static struct fdar_profile_price least_price(const GPtrArray *runs)
{
	struct fdar_profile_price least = { 0 };

	for (guint i = 0; i < runs->len; i++) {
		struct fdar_profile_price price =
			fdar_profile_price_bound(g_ptr_array_index(runs, i));

		if (!i || price.inner_ns + price.outer_ns < least.inner_ns + least.outer_ns)
			least = price;
	}
	return least;
}

static void find_prices(struct fdar_diff_sides *sides)
{
	gboolean measured = is_measured(sides->runs[0]) && is_measured(sides->runs[1]);

	for (int s = 0; s < 2; s++)
		sides->price[s] =
			measured ? mean_price(sides->runs[s]) : least_price(sides->runs[s]);
}

/* The mean of a side's runs. FALSE: one has no journal, or none that says. */
static gboolean find_silence(const struct fdar_diff_side_input *input, double *mean_ns)
{
	double sum_ns = 0, each_ns = 0;
	guint count = 0;

	for (char **path = input->paths; *path; path++, count++) {
		const char *journal = input->input.label_from;
		g_autoptr(fdar_labels) labels = journal ? fdar_labels_load(journal, NULL)
							: fdar_labels_of_recording(*path, NULL);

		if (!labels || !fdar_labels_silence(labels, &each_ns))
			return FALSE;
		sum_ns += each_ns;
	}
	*mean_ns = sum_ns / count;
	return TRUE;
}

static void merge(struct fdar_diff_sides *sides)
{
	for (int s = 0; s < 2; s++) {
		if (sides->runs[s]->len < 2)
			continue;
		sides->merged[s] = fdar_profile_new();
		for (guint i = 0; i < sides->runs[s]->len; i++)
			fdar_profile_merge(sides->merged[s], g_ptr_array_index(sides->runs[s], i));
	}
}

gboolean fdar_diff_sides_read(struct fdar_diff_side_input inputs[2], struct fdar_diff_sides *sides,
			      GError **error)
{
	inputs[0].input.others = inputs[1].paths;
	inputs[1].input.others = inputs[0].paths;
	const struct fdar_profile_input both[2] = { inputs[0].input, inputs[1].input };
	char **paths[2] = { inputs[0].paths, inputs[1].paths };

	sides->doubts = g_ptr_array_new_with_free_func(g_free);
	sides->unrecorded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!fdar_profile_ahead_read_two(both, paths, inputs[0].jobs, sides->runs, error))
		return FALSE;
	for (guint before = 0; before < sides->runs[0]->len; before++)
		for (guint after = 0; after < sides->runs[1]->len; after++)
			compare_settings(inputs, sides, before, after);
	g_ptr_array_add(sides->doubts, NULL);
	find_prices(sides);
	sides->silence_known = find_silence(&inputs[0], &sides->silent_ns[0]) &&
			       find_silence(&inputs[1], &sides->silent_ns[1]);
	if (g_hash_table_size(sides->unrecorded) &&
	    (!read_again(&inputs[0], sides->runs[0], sides->unrecorded, error) ||
	     !read_again(&inputs[1], sides->runs[1], sides->unrecorded, error)))
		return FALSE;
	merge(sides);
	return TRUE;
}

void fdar_diff_sides_warn(const struct fdar_usage *usage, char *const *const paths[2],
			  gboolean other_labels)
{
	for (int s = 0; s < 2; s++)
		fdar_profile_input_warn_twice(usage, paths[s]);
	for (char *const *before = paths[0]; *before && !other_labels; before++)
		for (char *const *after = paths[1]; *after; after++)
			if (fdar_profile_input_is_same(*before, *after)) {
				fdar_warning(usage,
					     "%s is on both sides: it does not differ from itself",
					     *after);
				return;
			}
}

const struct fdar_profile *fdar_diff_side(const struct fdar_diff_sides *sides, int which)
{
	return sides->merged[which] ? sides->merged[which]
				    : g_ptr_array_index(sides->runs[which], 0);
}

void fdar_diff_sides_options(const struct fdar_diff_sides *sides, struct fdar_diff_options *options)
{
	options->unrecorded = sides->unrecorded;
	options->doubts = (const char *const *)sides->doubts->pdata;
	options->refusal = sides->refusal;
	options->pressure = sides->pressure;
	options->left_out_ns = sides->left_out_ns;
	/* Of all sessions: of one label it would say little. */
	options->silence_known =
		sides->silence_known && !options->label && !options->baseline_label;
	memcpy(options->silent_ns, sides->silent_ns, sizeof(options->silent_ns));
	memcpy(options->price, sides->price, sizeof(options->price));
	for (int s = 0; s < 2; s++) {
		options->runs[s] = (const struct fdar_profile *const *)sides->runs[s]->pdata;
		options->run_count[s] = sides->runs[s]->len;
	}
}

struct asked {
	double requests; /* a session */
	double ended;    /* of all sessions */
};

static struct asked asked_of(const struct fdar_profile *profile)
{
	double requests = 0, sessions = 0, unfinished = 0;

	for (uint32_t i = 1; i < profile->group_count; i++) {
		requests += (double)profile->groups[i].requests;
		sessions += (double)profile->groups[i].sessions;
		unfinished += (double)profile->groups[i].unfinished;
	}
	if (!(sessions > 0))
		return (struct asked){ 0 };
	return (struct asked){ requests / sessions, 1 - unfinished / sessions };
}

double fdar_diff_sides_asked(const struct fdar_diff_sides *sides)
{
	struct asked before = asked_of(fdar_diff_side(sides, 0));
	struct asked after = asked_of(fdar_diff_side(sides, 1));
	const struct asked *less = after.requests < before.requests ? &after : &before;

	/* Sessions that have not ended may still ask as much. */
	if (!(before.requests > 0 && after.requests > 0) || less->ended < 0.5)
		return 1;
	return after.requests / before.requests;
}

void fdar_diff_sides_clear(struct fdar_diff_sides *sides)
{
	for (int s = 0; s < 2; s++) {
		g_clear_pointer(&sides->runs[s], g_ptr_array_unref);
		g_clear_pointer(&sides->merged[s], fdar_profile_free);
	}
	g_clear_pointer(&sides->unrecorded, g_hash_table_unref);
	g_clear_pointer(&sides->doubts, g_ptr_array_unref);
	g_clear_pointer(&sides->refusal, g_free);
}
