#include "analyze/series/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHUFFLES    999u
#define OUTLIER     3.5
#define TO_SIGMA    1.4826 /* of a normal distribution: sigma over the median distance */
#define OUTLIER_MIN 5u
#define LEAST_SIDE  2u   /* one run alone is an outlier at most */
#define LEAST_SIGMA 0.01 /* a per cent: below that nobody asks */

/* What is still looked at: those that have a value. */
struct series {
	double *values; /* logarithms */
	guint *places;  /* index in the points */
	guint count;
	struct fdar_series_point *points;
	GRand *rand;
};

static double mean(const double *values, guint count)
{
	double sum = 0;

	for (guint i = 0; i < count; i++)
		sum += values[i];
	return sum / count;
}

/* How far the two sides are apart at the best cut, in standard errors. */
static double best_cut(const double *values, guint count, guint *cut)
{
	double all = mean(values, count), spread = 0, before = 0, best = -1;

	for (guint i = 0; i < count; i++)
		spread += (values[i] - all) * (values[i] - all);
	spread = MAX(sqrt(spread / count), 1e-12);
	*cut = 0;
	for (guint i = 1; i < count; i++) {
		before += values[i - 1] - all;
		if (i < LEAST_SIDE || count - i < LEAST_SIDE)
			continue;
		double apart = fabs(before) / (spread * sqrt((double)i * (count - i) / count));

		if (apart > best) {
			best = apart;
			*cut = i;
		}
	}
	return best;
}

/* The part of random orders that have a cut as good as that. */
static double chance(struct series *series, guint first, guint count, double apart)
{
	g_autofree double *order = g_memdup2(series->values + first, count * sizeof(*order));
	guint as_good = 1, cut;

	for (guint shuffle = 0; shuffle < SHUFFLES; shuffle++) {
		for (guint i = count - 1; i > 0; i--) {
			guint other = (guint)g_rand_int_range(series->rand, 0, (gint32)i + 1);
			double held = order[i];

			order[i] = order[other];
			order[other] = held;
		}
		as_good += best_cut(order, count, &cut) >= apart - 1e-9;
	}
	return (double)as_good / (SHUFFLES + 1);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(const double *values, guint count)
{
	g_autofree double *sorted = g_memdup2(values, count * sizeof(*sorted));

	qsort(sorted, count, sizeof(*sorted), compare);
	return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static void find_outliers(const struct series *series, guint first, guint count)
{
	double middle = median(series->values + first, count), sigma;
	g_autofree double *distances = g_new(double, count);

	if (count < OUTLIER_MIN)
		return;
	for (guint i = 0; i < count; i++)
		distances[i] = fabs(series->values[first + i] - middle);
	sigma = MAX(TO_SIGMA * median(distances, count), LEAST_SIGMA);
	for (guint i = 0; i < count; i++)
		series->points[series->places[first + i]].outlier = distances[i] > OUTLIER * sigma;
}

static void cut_up(struct series *series, guint first, guint count)
{
	guint cut = 0;
	double apart =
		count >= FDAR_SERIES_MIN ? best_cut(series->values + first, count, &cut) : -1;

	if (!cut || chance(series, first, count, apart) > FDAR_SERIES_FALSE_ALARMS) {
		if (count)
			find_outliers(series, first, count);
		return;
	}
	series->points[series->places[first + cut]].changed = TRUE;
	cut_up(series, first, cut);
	cut_up(series, first + cut, count - cut);
}

/* By what factor, from stretch to stretch. */
static void set_factors(const struct series *series)
{
	guint before = 0, begin = 0;

	for (guint i = 1; i < series->count; i++) {
		struct fdar_series_point *point = &series->points[series->places[i]];
		guint end = i + 1;

		if (!point->changed)
			continue;
		before = begin;
		begin = i;
		while (end < series->count && !series->points[series->places[end]].changed)
			end++;
		point->factor = exp(median(series->values + begin, end - begin) -
				    median(series->values + before, begin - before));
	}
}

struct fdar_series_point *fdar_series_points(const double *values, guint count)
{
	struct series series = {
		.values = g_new(double, count + 1),
		.places = g_new(guint, count + 1),
		.points = g_new0(struct fdar_series_point, count + 1),
		.rand = g_rand_new_with_seed(1),
	};

	for (guint i = 0; i < count; i++) {
		if (!(values[i] > 0) || !isfinite(values[i]))
			continue;
		series.places[series.count] = i;
		series.values[series.count++] = log(values[i]);
	}
	cut_up(&series, 0, series.count);
	set_factors(&series);
	g_rand_free(series.rand);
	g_free(series.values);
	g_free(series.places);
	return series.points;
}
