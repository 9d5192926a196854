#include "replay/play/latency.h"

#include <string.h>

#define LINEAR 128u /* values below have a bin each */
#define HALF   64u  /* bins of a power of two above */

static unsigned bin_of(uint64_t value)
{
	unsigned shift;
	uint64_t bin;

	if (value < LINEAR)
		return (unsigned)value;
	/* shift brings the value into [64, 128): its top seven bits. */
	shift = 63u - (unsigned)__builtin_clzll(value) - 6u;
	bin = LINEAR + (uint64_t)(shift - 1) * HALF + ((value >> shift) - HALF);
	return bin < FDAR_LATENCY_BINS ? (unsigned)bin : FDAR_LATENCY_BINS - 1;
}

/* The largest value of a bin. */
static uint64_t bin_top(unsigned bin)
{
	unsigned shift;

	if (bin < LINEAR)
		return bin;
	shift = (bin - LINEAR) / HALF + 1;
	return (((uint64_t)((bin - LINEAR) % HALF + HALF) + 1) << shift) - 1;
}

void fdar_latency_init(struct fdar_latency *latency)
{
	memset(latency, 0, sizeof(*latency));
	latency->min_ns = UINT64_MAX;
}

static void add_total(struct fdar_latency *latency, uint64_t ns)
{
	if (__builtin_add_overflow(latency->total_ns, ns, &latency->total_ns))
		latency->total_ns = UINT64_MAX;
}

void fdar_latency_add(struct fdar_latency *latency, uint64_t value_ns)
{
	latency->count++;
	add_total(latency, value_ns);
	latency->min_ns = MIN(latency->min_ns, value_ns);
	latency->max_ns = MAX(latency->max_ns, value_ns);
	latency->bins[bin_of(value_ns)]++;
}

void fdar_latency_merge(struct fdar_latency *latency, const struct fdar_latency *other)
{
	latency->count += other->count;
	add_total(latency, other->total_ns);
	latency->min_ns = MIN(latency->min_ns, other->min_ns);
	latency->max_ns = MAX(latency->max_ns, other->max_ns);
	for (unsigned i = 0; i < FDAR_LATENCY_BINS; i++)
		latency->bins[i] += other->bins[i];
}

uint64_t fdar_latency_quantile(const struct fdar_latency *latency, double q)
{
	double wanted;
	uint64_t rank;
	uint64_t seen = 0;

	if (!latency->count)
		return 0;
	wanted = CLAMP(q, 0.0, 1.0) * (double)latency->count;
	rank = (uint64_t)wanted;
	rank += (double)rank < wanted;
	rank = CLAMP(rank, 1, latency->count);
	for (unsigned i = 0; i < FDAR_LATENCY_BINS; i++) {
		seen += latency->bins[i];
		if (seen >= rank)
			return i == FDAR_LATENCY_BINS - 1 ? latency->max_ns
							  : MIN(bin_top(i), latency->max_ns);
	}
	return latency->max_ns;
}

double fdar_latency_mean(const struct fdar_latency *latency)
{
	return latency->count ? (double)latency->total_ns / (double)latency->count : 0.0;
}
