/*
 * What a thread calls itself: its number in its own pid namespace, which a trace has, where the kernel's records
 * have that of ours.
 *
 * Place in the house: under sampler.c.
 */
#ifndef FDAR_PIPELINE_SAMPLES_INNER_H
#define FDAR_PIPELINE_SAMPLES_INNER_H

#include <stdint.h>

/* The last number of NSpid in /proc/TID/status; 0: it is gone. */
uint32_t fdar_inner_id(uint32_t tid);

#endif
