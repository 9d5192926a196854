/*
 * How much a figure differs from run to run, where a side has several; else from block to block of
 * time within its run. Sessions of a run share the machine's mood, so their number alone does not
 * make a difference believable.
 */
#include "analyze/diff/diff_private.h"

/* Sessions that a block must have, and blocks that a side must have to say something. */
#define BLOCK_SESSIONS 3
#define BLOCKS_MIN     4u
#define VALUES_MAX     64u
#define LEVEL          0.05

/* The grid's blocks are put together until each has sessions enough. */
void diff_blocks_find(struct diff_side *side)
{
	const struct fdar_profile_series *sessions = &side->group->block_sessions;
	double least = MAX(BLOCK_SESSIONS, (double)side->sessions / 8), here = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < FDAR_PROFILE_BLOCKS; i++) {
		side->block_of[i] = (uint8_t)at;
		here += (double)sessions->at[i];
		side->block_sessions[at] = here;
		if (here >= least) {
			at++;
			here = 0;
		}
	}
	/* What is left is too little for one more. */
	if (at && here > 0) {
		side->block_sessions[at - 1] += here;
		for (uint32_t i = 0; i < FDAR_PROFILE_BLOCKS; i++)
			side->block_of[i] = (uint8_t)MIN(side->block_of[i], at - 1);
	}
	side->blocks = at;
}

static void map_run(struct diff_work *work, int which, struct diff_run *run)
{
	const struct fdar_profile_function *functions = run->profile->functions;

	run->at = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (uint32_t e = 0; e < run->group->entry_count; e++) {
		const struct fdar_profile_entry *entry = &run->group->entries[e];
		uint32_t function = diff_map_function(work, which, &functions[entry->function]);
		uint32_t below = FDAR_PROFILE_NONE;

		if (entry->below != FDAR_PROFILE_NONE)
			below = diff_map_function(work, which, &functions[entry->below]);
		if (fdar_intern_add(&run->entries, function, below) == run->at->len)
			g_array_append_val(run->at, e);
	}
}

/* The group of a run that its side is of. */
static const struct fdar_profile_group *group_like(const struct diff_side *side,
						   const struct fdar_profile *run)
{
	if (side->all && run->group_count == 2)
		return &run->groups[1];
	return side->all ? NULL : fdar_profile_group(run, side->group->label);
}

void diff_runs_map(struct diff_work *work)
{
	for (int s = 0; s < SIDES; s++) {
		struct diff_side *side = &work->side[s];
		uint32_t count = work->options.runs[s] ? work->options.run_count[s] : 0;

		if (count < 2 || work->diff->whole_run)
			continue;
		side->runs = g_new0(struct diff_run, count);
		for (uint32_t i = 0; i < MIN(count, VALUES_MAX); i++) {
			struct diff_run *run = &side->runs[side->run_count];

			run->profile = work->options.runs[s][i];
			run->group = group_like(side, run->profile);
			if (!run->group || !run->group->sessions)
				continue;
			run->sessions = (double)run->group->sessions;
			map_run(work, s, run);
			side->run_count++;
		}
	}
}

void diff_runs_clear(struct diff_side *side)
{
	for (uint32_t i = 0; i < side->run_count; i++) {
		fdar_intern_clear(&side->runs[i].entries);
		g_array_unref(side->runs[i].at);
	}
	g_free(side->runs);
}

struct values {
	double at[VALUES_MAX];
	uint32_t count;
};

static void of_runs(const struct diff_side *side, uint32_t function, uint32_t below, gboolean calls,
		    struct values *out)
{
	for (uint32_t i = 0; i < side->run_count; i++) {
		const struct diff_run *run = &side->runs[i];
		uint32_t id = fdar_intern_find(&run->entries, function, below);
		double sum = 0;

		if (id != FDAR_INTERN_NONE) {
			const struct fdar_profile_stat *stat =
				&run->group->entries[g_array_index(run->at, uint32_t, id)].stat;

			sum = (double)(calls ? stat->calls : stat->own_ns);
		}
		out->at[out->count++] = sum / run->sessions;
	}
}

static void of_blocks(const struct diff_side *side, const struct fdar_profile_series *series,
		      struct values *out)
{
	double sums[FDAR_PROFILE_BLOCKS] = { 0 };

	for (uint32_t i = 0; i < FDAR_PROFILE_BLOCKS && series; i++)
		sums[side->block_of[i]] += (double)series->at[i];
	for (uint32_t i = 0; i < side->blocks; i++)
		out->at[out->count++] = sums[i] / side->block_sessions[i];
}

static void sum_up(const struct values *values, double *least, double *most, double *error)
{
	double sum = 0, squares = 0, n = values->count;

	*least = *most = values->at[0];
	for (uint32_t i = 0; i < values->count; i++) {
		*least = MIN(*least, values->at[i]);
		*most = MAX(*most, values->at[i]);
		sum += values->at[i];
	}
	for (uint32_t i = 0; i < values->count; i++)
		squares += (values->at[i] - sum / n) * (values->at[i] - sum / n);
	*error = n > 1 ? squares / (n - 1) / n : 0;
}

static void compare(const struct values *before, const struct values *after, gboolean runs,
		    struct fdar_diff_spread *out)
{
	double least_before, most_before, least_after, most_after, error_before, error_after;

	*out = (struct fdar_diff_spread){ before->count, after->count, .runs = runs, .p = 1 };
	if (!before->count || !after->count)
		return;
	sum_up(before, &least_before, &most_before, &error_before);
	sum_up(after, &least_after, &most_after, &error_after);
	out->noise_ns = sqrt(error_before + error_after);
	out->most_before = most_before;
	out->least_after = least_after;
	out->range_before = most_before - least_before;
	/* One run against several: the several say how far apart runs are. */
	if (runs && before->count < 2)
		out->range_before = most_after - least_after;
	out->p = fdar_values_above_p(before->at, before->count, after->at, after->count);
}

static gboolean has_runs(const struct diff_work *work)
{
	return work->side[BASELINE].run_count || work->side[SUBJECT].run_count;
}

/* A side with one run beside one with several has one value. */
static void one_run(const struct diff_side *side, double sum, struct values *out)
{
	out->at[out->count++] = sum / (double)MAX(side->sessions, 1);
}

void diff_spread_of(const struct diff_work *work, const uint32_t *entry, uint32_t function,
		    uint32_t below, gboolean calls, struct fdar_diff_spread *out)
{
	struct values values[SIDES] = { 0 };
	gboolean runs = has_runs(work);

	for (int i = 0; i < SIDES; i++) {
		const struct diff_side *side = &work->side[i];
		const struct fdar_profile_entry *of =
			entry[i] == FDAR_PROFILE_NONE ? NULL : &side->group->entries[entry[i]];
		const struct fdar_profile_series *series = !of     ? NULL
							   : calls ? &of->block_calls
								   : &of->block_own_ns;

		if (work->diff->whole_run)
			continue;
		if (side->run_count)
			of_runs(side, function, below, calls, &values[i]);
		else if (runs)
			one_run(side, !of ? 0 : (double)(calls ? of->stat.calls : of->stat.own_ns),
				&values[i]);
		else
			of_blocks(side, series, &values[i]);
	}
	compare(&values[BASELINE], &values[SUBJECT], runs, out);
}

void diff_spread_of_sessions(const struct diff_work *work, gboolean running,
			     struct fdar_diff_spread *out)
{
	struct values values[SIDES] = { 0 };
	gboolean runs = has_runs(work);

	for (int i = 0; i < SIDES; i++) {
		const struct diff_side *side = &work->side[i];
		const struct fdar_profile_group *group = side->group;

		if (work->diff->whole_run)
			continue;
		for (uint32_t r = 0; r < side->run_count; r++) {
			group = side->runs[r].group;
			values[i].at[values[i].count++] =
				fdar_histogram_mean(running ? &group->running_ns : &group->busy_ns);
		}
		if (!side->run_count && runs)
			one_run(side, (double)(running ? &group->running_ns : &group->busy_ns)->sum,
				&values[i]);
		else if (!side->run_count)
			of_blocks(side, running ? &group->block_running_ns : &group->block_busy_ns,
				  &values[i]);
	}
	compare(&values[BASELINE], &values[SUBJECT], runs, out);
}

static gboolean says_something(const struct fdar_diff_spread *spread)
{
	return spread->runs ? MAX(spread->baseline, spread->subject) >= 2
			    : MIN(spread->baseline, spread->subject) >= BLOCKS_MIN;
}

/* By chance all runs of one side are above all of the other once in as many times as there are ways to choose
 * them: 20 of three and three. */
static gboolean are_enough(uint32_t before, uint32_t after)
{
	double ways = 1;

	for (uint32_t i = 1; i <= MIN(before, after); i++)
		ways *= (double)(MAX(before, after) + i) / i;
	return ways * LEVEL >= 1;
}

gboolean diff_has_enough_runs(const struct diff_work *work)
{
	return has_runs(work) && are_enough(MAX(work->side[BASELINE].run_count, 1),
					    MAX(work->side[SUBJECT].run_count, 1));
}

gboolean diff_spread_above(const struct fdar_diff_spread *spread)
{
	if (!says_something(spread))
		return TRUE;
	/* Too few runs for a test: all of one side above all of the other. */
	if (spread->runs && MIN(spread->baseline, spread->subject) < 3)
		return spread->least_after > spread->most_before;
	return spread->p <= LEVEL;
}

gboolean diff_spread_beyond(const struct fdar_diff_spread *spread)
{
	double margin = spread->least_after - spread->most_before;

	if (!says_something(spread) || !(margin > 0))
		return FALSE;
	/* Parts of one run are more alike than runs are, and two or three runs may be alike by chance, so more
	 * is asked of them. */
	return spread->runs && are_enough(spread->baseline, spread->subject)
		       ? margin > spread->range_before
		       : spread->least_after >= 2 * spread->most_before &&
				 margin >= spread->range_before;
}

gboolean diff_has_several(const struct diff_work *work)
{
	return work->side[BASELINE].run_count || work->side[SUBJECT].run_count;
}
