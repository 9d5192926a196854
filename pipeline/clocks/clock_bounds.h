/*
 * By how much a clock is ahead of another, as far as messages bound it.
 *
 * Place in the house: inside pipeline/clocks/, under clocks.h. What was sent was sent before it came: a message
 * from the first clock's host bounds from above by how much the second clock is ahead of the first, one the other
 * way from below. Clocks drift: what is bounded is a line, offset and rate, with a rate of no more than
 * FDAR_CLOCK_RATE_MAX. All lines that no bound speaks against are what may be true; the result is one in their
 * middle, and how far away they go from it.
 */
#ifndef FDAR_PIPELINE_CLOCKS_CLOCK_BOUNDS_H
#define FDAR_PIPELINE_CLOCKS_CLOCK_BOUNDS_H

#include <glib.h>
#include <stdint.h>

#define FDAR_CLOCK_RATE_MAX   500e-6 /* to what Linux slews a clock */
#define FDAR_CLOCK_BOUNDS_MIN 4u     /* each way: of fewer nothing is said */

struct fdar_clock_bounds {
	GArray *sides[2]; /* of bounds: from below, from above */
	uint64_t count;   /* of all that were told */
	int64_t zero_ns;  /* of the first bound: the others are relative to it */
	int64_t zero_offset_ns;
};

/* All zero is without bounds; to be cleared. */
void fdar_clock_bounds_clear(struct fdar_clock_bounds *bounds);

/* At that time of the first clock the second one is ahead by no less, or no more, than so much. */
void fdar_clock_bounds_at_least(struct fdar_clock_bounds *bounds, int64_t time_ns,
				int64_t offset_ns);
void fdar_clock_bounds_at_most(struct fdar_clock_bounds *bounds, int64_t time_ns,
			       int64_t offset_ns);

enum fdar_clock_verdict {
	FDAR_CLOCK_KNOWN,
	FDAR_CLOCK_FEW,       /* messages: none, or all one way */
	FDAR_CLOCK_CONTRADICT /* no clock of a steady rate fits */
};

/* At at_ns of the first clock the second one is ahead by offset_ns, and by rate more with each ns. */
struct fdar_clock_offset {
	int64_t at_ns;
	int64_t offset_ns;
	double rate;        /* 0 where a constant fits */
	uint64_t within_ns; /* the truth is no farther away, from the first bound to the last */
};

enum fdar_clock_verdict fdar_clock_bounds_solve(const struct fdar_clock_bounds *bounds,
						struct fdar_clock_offset *offset);

#endif
