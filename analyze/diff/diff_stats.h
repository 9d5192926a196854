/*
 * Statistics of the diff: do two histograms of per-session values differ?
 *
 * Place in the house: below diff.h. Formulas and sources are in docs/analysis.md.
 */
#ifndef FDAR_ANALYZE_DIFF_DIFF_STATS_H
#define FDAR_ANALYZE_DIFF_DIFF_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"

/* What two samples have to say. p is 1 when they cannot say anything. */
struct fdar_sample_test {
	double delta;    /* Cliff's delta: P(b > a) - P(b < a), -1 to 1 */
	double p_rank;   /* Mann-Whitney U, two-sided, normal approximation with tie correction */
	double p_beyond; /* precedence test: so many values of b above all of a */
	double p;        /* both together: twice the smaller one */
	double p_up;     /* one-sided: b is above a, in general or in some extreme values */
	double p_few;    /* one-sided: some values of b are beyond those of a; of p_up, what a small
			  * difference that all have in common does not make */
	double p_down;   /* one-sided: b is below a in general */
	uint64_t beyond; /* values of b above all of a */
};

/* a and b are samples of n_a and n_b values, those not in the histogram being 0. Values in one
 * bucket count as equal. */
struct fdar_sample_test fdar_sample_test(const struct fdar_histogram *a, uint64_t n_a,
					 const struct fdar_histogram *b, uint64_t n_b);

/* Values of one figure, one a block of time or one a run: is b above a? One-sided Mann-Whitney, exact
 * by counting for few values (no more than 20 together), else by the normal approximation; 1 when
 * a side has none. */
double fdar_values_above_p(const double *a, size_t n_a, const double *b, size_t n_b);

/* The smallest p that samples of these sizes can give, however much they differ. */
double fdar_sample_smallest_p(uint64_t n_a, uint64_t n_b);

/* Benjamini and Hochberg: p values of count tests into adjusted ones, in place. */
void fdar_adjust_p(double *p, size_t count);

#endif
