/*
 * Latency histograms: log-linear, mergeable, of fixed size.
 *
 * Place in the house: the bottom of replay/; the driver fills them, the summary reads them. Values
 * are nanoseconds. Below 128 ns every value has a bin of its own; above, each power of two is cut
 * into 64 bins, so a quantile is at most 1/64 (1.6 %) above the true value. Values of more than
 * 2^43 ns (2.4 hours) count in the last bin. 18.5 KiB each.
 *
 * The layout is the one of HdrHistogram (Gil Tene), described at hdrhistogram.github.io.
 */
#ifndef FDAR_REPLAY_PLAY_LATENCY_H
#define FDAR_REPLAY_PLAY_LATENCY_H

#include <glib.h>
#include <stdint.h>

#define FDAR_LATENCY_BINS (128 + 64 * 36)

struct fdar_latency {
	uint64_t count;
	uint64_t total_ns; /* sum; stays at UINT64_MAX once it does not fit */
	uint64_t min_ns;   /* exact; UINT64_MAX when empty */
	uint64_t max_ns;   /* exact; 0 when empty */
	uint64_t bins[FDAR_LATENCY_BINS];
};

void fdar_latency_init(struct fdar_latency *latency);

void fdar_latency_add(struct fdar_latency *latency, uint64_t value_ns);

/* Adds all of other: the result is what adding every single value would have given. */
void fdar_latency_merge(struct fdar_latency *latency, const struct fdar_latency *other);

/* The value that a share q (0..1) of the values do not exceed: the upper edge of its bin, never
 * above the maximum; 0 when empty. */
uint64_t fdar_latency_quantile(const struct fdar_latency *latency, double q);

/* 0 when empty. */
double fdar_latency_mean(const struct fdar_latency *latency);

#endif
