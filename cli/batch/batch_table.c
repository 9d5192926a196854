#include "cli/batch/batch_table.h"

#include <string.h>

#include "analyze/profile/profile_file.h"
#include "analyze/series/series.h"
#include "cli/kit/cells.h"
#include "pipeline/recording/doubts.h"

enum {
	COLUMN_NAME,
	COLUMN_BEGIN,
	COLUMN_SESSIONS,
	COLUMN_UNFINISHED,
	COLUMN_MEAN,
	COLUMN_MEDIAN,
	COLUMN_P99,
	COLUMN_RUNNING,
	COLUMN_LOST,
	COLUMN_MOST,
	COLUMN_MARK,
	COLUMNS
};

static const struct fdar_column columns[COLUMNS] = {
	{ "recording", "recording", FALSE, FDAR_FIT_TAIL },
	{ "began", "begin_epoch_ns", FALSE, FDAR_FIT_DROP(5) },
	{ "sessions", "sessions", TRUE, FALSE },
	{ "unfinished", "unfinished", TRUE, FDAR_FIT_DROP(3) },
	{ "time/session", "time_per_session_ns", TRUE, FALSE },
	{ "median", "median_ns", TRUE, FDAR_FIT_DROP(2) },
	{ "p99", "p99_ns", TRUE, FDAR_FIT_DROP(4) },
	{ "running", "running_per_session_ns", TRUE, FDAR_FIT_DROP(6) },
	{ "lost", "lost_part", TRUE, FDAR_FIT_DROP(1) },
	{ "most in", "most_in", FALSE, FDAR_FIT_CUT },
	{ "", "mark", FALSE, FALSE },
};

static int by_begin(gconstpointer a, gconstpointer b)
{
	const struct fdar_batch_case *left = *(struct fdar_batch_case *const *)a;
	const struct fdar_batch_case *right = *(struct fdar_batch_case *const *)b;
	uint64_t first = left->profile ? left->profile->begin_ns : UINT64_MAX;
	uint64_t second = right->profile ? right->profile->begin_ns : UINT64_MAX;

	return first != second ? (first < second ? -1 : 1) : strcmp(left->name, right->name);
}

void fdar_batch_load(GPtrArray *cases)
{
	for (guint i = 0; i < cases->len; i++) {
		struct fdar_batch_case *one = g_ptr_array_index(cases, i);
		g_autoptr(GError) error = NULL;

		if (one->error || one->profile)
			continue;
		one->profile = fdar_profile_load(one->profile_path, NULL, &error);
		if (!one->profile)
			one->error = g_strdup(error->message);
	}
	g_ptr_array_sort(cases, by_begin);
}

/* All sessions of a profile, whatever their label; the whole run where it has none. */
static const struct fdar_profile_group *group_of(const struct fdar_profile *flat)
{
	const struct fdar_profile_group *all = fdar_profile_group(flat, FDAR_PROFILE_ALL);

	return all && all->sessions ? all : &flat->groups[0];
}

/* What a session takes; of a run without sessions: the run. */
static double time_of(const struct fdar_profile_group *group)
{
	return group->sessions ? fdar_histogram_mean(&group->busy_ns) : (double)group->own_ns;
}

static const char *most_in(const struct fdar_profile *flat, const struct fdar_profile_group *group)
{
	uint64_t most_ns = 0;
	const char *name = "";

	for (uint32_t i = 0; i < group->entry_count; i++) {
		if (group->entries[i].stat.own_ns <= most_ns)
			continue;
		most_ns = group->entries[i].stat.own_ns;
		name = flat->functions[group->entries[i].function].name;
	}
	return name;
}

const char *fdar_batch_doubt(const struct fdar_batch_case *one)
{
	for (guint i = 0; one->profile && i < one->profile->doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(one->profile->doubts, i);

		/* How much was lost has a column; what the recorder warned of takes nothing away. */
		if (doubt->kind != FDAR_DOUBT_LOST && doubt->kind != FDAR_DOUBT_WARNED)
			return doubt->text;
	}
	return NULL;
}

static char *mark_of(const struct fdar_batch_case *one, const struct fdar_series_point *point)
{
	if (fdar_batch_doubt(one))
		return g_strdup("incomplete");
	if (point->changed)
		return g_strdup_printf("changed here: %.3gx", point->factor);
	return g_strdup(point->outlier ? "outlier" : "");
}

static void set_begin(struct fdar_table *table, uint64_t begin_ns)
{
	g_autofree char *number = g_strdup_printf("%" G_GUINT64_FORMAT, begin_ns);
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc((gint64)(begin_ns / 1000000000));
	g_autofree char *text = time ? g_date_time_format(time, "%F %T") : g_strdup("");

	fdar_table_cell(table, COLUMN_BEGIN, text, number);
}

/* How sessions spread, if there are any. */
static void add_spread(struct fdar_table *table, const struct fdar_profile_group *group)
{
	const struct fdar_histogram *busy = &group->busy_ns;

	if (!group->sessions)
		return;
	fdar_cell_duration(table, COLUMN_MEDIAN, fdar_histogram_quantile(busy, 0.5, busy->count));
	fdar_cell_duration(table, COLUMN_P99, fdar_histogram_quantile(busy, 0.99, busy->count));
	fdar_cell_duration(table, COLUMN_RUNNING, fdar_histogram_mean(&group->running_ns));
}

static void add_row(struct fdar_table *table, const struct fdar_batch_case *one,
		    const struct fdar_profile *flat, const struct fdar_series_point *point)
{
	const struct fdar_profile_group *group = group_of(flat);
	const struct fdar_profile_losses *losses = &flat->losses;
	g_autofree char *mark = mark_of(one, point);
	double all = (double)losses->events + (double)losses->discarded;

	fdar_table_row(table);
	fdar_table_cell(table, COLUMN_NAME, one->name, NULL);
	set_begin(table, flat->begin_ns);
	fdar_cell_count(table, COLUMN_SESSIONS, (double)group->sessions);
	fdar_cell_count(table, COLUMN_UNFINISHED, (double)group->unfinished);
	fdar_cell_duration(table, COLUMN_MEAN, time_of(group));
	add_spread(table, group);
	fdar_cell_percent(table, COLUMN_LOST, all > 0 ? (double)losses->discarded / all : 0);
	fdar_table_cell(table, COLUMN_MOST, most_in(flat, group), NULL);
	fdar_table_cell(table, COLUMN_MARK, mark, NULL);
}

static void add_failed(struct fdar_table *table, const struct fdar_batch_case *one)
{
	fdar_table_row(table);
	fdar_table_cell(table, COLUMN_NAME, one->name, NULL);
	fdar_table_cell(table, COLUMN_MARK, "failed", NULL);
}

void fdar_batch_print(const GPtrArray *cases, enum fdar_format format, FILE *out)
{
	g_autoptr(fdar_table) table = fdar_table_new("recordings", columns, COLUMNS);
	g_autoptr(GPtrArray) flats =
		g_ptr_array_new_with_free_func((GDestroyNotify)fdar_profile_free);
	g_autofree double *times = g_new0(double, cases->len);
	g_autofree struct fdar_series_point *points = NULL;
	guint measured = 0;

	for (guint i = 0; i < cases->len; i++) {
		const struct fdar_batch_case *one = g_ptr_array_index(cases, i);
		struct fdar_profile *flat =
			one->profile ? fdar_profile_flatten(one->profile) : NULL;

		g_ptr_array_add(flats, flat);
		times[i] = flat && !fdar_batch_doubt(one) ? time_of(group_of(flat)) : 0;
		measured += times[i] > 0;
	}
	points = fdar_series_points(times, cases->len);
	for (guint i = 0; i < cases->len; i++) {
		const struct fdar_batch_case *one = g_ptr_array_index(cases, i);

		if (one->profile)
			add_row(table, one, g_ptr_array_index(flats, i), &points[i]);
		else
			add_failed(table, one);
	}
	fdar_table_print(table, format, out);
	if (format != FDAR_FORMAT_TABLE)
		return;
	if (measured < FDAR_SERIES_MIN)
		fdar_print_line("fewer than %u runs: nothing is said of changes", FDAR_SERIES_MIN);
	else
		fdar_print_line("a series in which nothing changed shows a change in %.0f %% of "
				"cases",
				FDAR_SERIES_FALSE_ALARMS * 100);
}
