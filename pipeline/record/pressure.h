/*
 * How full the machine was: the part of the time in which somebody waited for a processor, as the kernel
 * counts it (pressure stall information, /proc/pressure/cpu; Weiner, Linux 4.20).
 *
 * A thread that waits for a processor looks as if it ran, to whoever has only the clock. So a recording
 * says how full the machine was in its fullest moment: load often takes a small part of it.
 */
#ifndef FDAR_PIPELINE_RECORD_PRESSURE_H
#define FDAR_PIPELINE_RECORD_PRESSURE_H

#include <stdint.h>

/* All zero before the first look. */
struct fdar_pressure {
	int64_t looked_us;  /* monotonic; 0: never */
	uint64_t waited_us; /* what the kernel had counted by then */
	uint64_t
		most_ppm; /* of the fullest quarter of a second or more; 0 where the kernel does not count */
};

void fdar_pressure_look(struct fdar_pressure *pressure);
/* At the end of the load: what is left since the last look counts, too, so that a recording of less than
 * a quarter of a second is not without. */
void fdar_pressure_end(struct fdar_pressure *pressure);

#endif
