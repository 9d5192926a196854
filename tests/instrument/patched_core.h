/*
 * A core for the tests of run-time patching: keeps the frames that returns.h asks for and counts, without
 * LTTng. A library to be preloaded; programs find its functions with dlsym, or not at all when they
 * run without it.
 *
 * PATCHED in the environment: "on" switches all functions on at the begin, "off" only prepares them,
 * "late" leaves that to scan(),
 * "toggle" switches all and every other one without end, in a thread of its own (for servers).
 */
#ifndef TESTS_PATCHED_CORE_H
#define TESTS_PATCHED_CORE_H

#include <stdbool.h>
#include <stdint.h>

struct patched_counts {
	uint64_t entered, left, unwound;
	uint64_t lost;      /* returns without a frame: has to be 0 */
	uint64_t elsewhere; /* calls on another stack than the thread's: not recorded */
};

struct patched_api {
	/* All sites there are; gives how many are as asked for. */
	uint64_t (*set)(bool on);
	/* Only every n-th, from the first. */
	uint64_t (*set_some)(bool on, unsigned nth, unsigned first);
	void (*scan)(void);
	void (*counts)(struct patched_counts *counts);
	/* Of the last set, and how many sites and modules there are. */
	const char *(*status)(void);
	uint64_t (*sites)(void);
	uint64_t (*modules)(void);
	/* How often the function at this address was entered. */
	uint64_t (*entered)(const void *function);
};

/* const struct patched_api *patched_core(void) */
#define PATCHED_CORE "patched_core"

#endif
