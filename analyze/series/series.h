/*
 * Series: one figure of many runs, in the order of time: which stand apart, and where it changed.
 *
 * Place in the house: plain numbers in and out; cli/batch feeds it with the mean times of sessions of
 * recordings. What is compared are logarithms: runs differ by factors.
 *
 * Change points: the cut of a stretch whose two sides differ most, in standard errors, is one when few
 * random orders of the same values have such a cut: no more than FDAR_SERIES_FALSE_ALARMS of them
 * (a permutation test, Monte Carlo, B. F. J. Manly, "Randomization, Bootstrap and Monte Carlo Methods in
 * Biology"). Then both sides are looked at likewise. So a series in which nothing changed shows a change
 * with that probability, whatever its distribution, if its runs have nothing to do with each other; where each is
 * like the one before (a machine that gets warm), it does so far more often. Fewer than FDAR_SERIES_MIN runs say nothing.
 *
 * Outliers: more than 3.5 times the median distance from the median, scaled to a standard deviation
 * (Iglewicz and Hoaglin, "How to Detect and Handle Outliers"), within their stretch.
 */
#ifndef FDAR_ANALYZE_SERIES_SERIES_H
#define FDAR_ANALYZE_SERIES_SERIES_H

#include <glib.h>

#define FDAR_SERIES_FALSE_ALARMS 0.05
#define FDAR_SERIES_MIN \
	8u /* with fewer, no order is rare enough: of 7, 2 in 35 are as good as the best */

struct fdar_series_point {
	gboolean changed; /* a stretch begins here, and it is not the first */
	double factor;    /* of changed: the stretch's median over that of the one before */
	gboolean outlier;
};

/* values > 0, or 0 where there is none: such a run is passed over. The same values give the same points.
 * The caller frees the result (g_free), an array of count. */
struct fdar_series_point *fdar_series_points(const double *values, guint count);

#endif
