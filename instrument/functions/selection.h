/*
 * Which functions' calls are recorded: what each call asks, and who decides.
 *
 * Place in the house: frames.c asks, in every call; the helper thread (through select.c) puts up
 * another table when the rules or the loaded modules change, or the budget switches a function.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_SELECTION_H
#define FDAR_INSTRUMENT_FUNCTIONS_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "flowdar/flowdar.h"
#include "functions/threads.h"

/* A function has an entry: that of its first byte. Functions that call hooks are at least 16 bytes
 * long, ones that can be patched 6, so no two of a kind have the same one. */
#define FDAR_SELECTION_SHIFT_HOOKED  4u
#define FDAR_SELECTION_SHIFT_PATCHED 2u

enum fdar_selection_entry {
	FDAR_SELECTION_NUMBER = 0x3fffffff, /* in the counters; 0: not known */
	FDAR_SELECTION_OFF = 0x40000000
};

struct fdar_selection_module {
	uintptr_t low;
	uintptr_t bytes;
	const uint32_t *entries; /* atomic each; 0: not a function that is known */
	unsigned shift;          /* an entry is for so many bytes, as a power of 2 */
	bool unnamed_on;         /* what is not known */
};

/* Does not change once it is up. Modules are in order. */
struct fdar_selection_table {
	bool unknown_on; /* functions of modules that are not in it */
	uint32_t length;
	struct fdar_selection_module modules[];
};

/* NULL: every call is wanted, and none is counted. */
extern const struct fdar_selection_table *fdar_selection_table;

/* Where recording_on is; of the segment, or a constant. */
extern const uint32_t *fdar_selection_recording;

/* A function that is in no module was called: the modules have changed. */
extern uint32_t fdar_selection_stranger;

static inline bool fdar_selection_on(void)
{
	return FLOWDAR_ENABLED(calls) &&
	       __atomic_load_n(__atomic_load_n(&fdar_selection_recording, __ATOMIC_RELAXED),
			       __ATOMIC_RELAXED) != 0;
}

/* A thread comes; under the list's lock. */
void fdar_selection_thread(struct fdar_thread *thread);

/* The module of an address, by bisection; length: none. */
uint32_t fdar_selection_module_find(const struct fdar_selection_table *table, uintptr_t address);

static inline bool fdar_selection_wants_of(const struct fdar_selection_table *table,
					   struct fdar_thread *thread, uintptr_t function,
					   uint32_t *number)
{
	uint32_t at = thread->module;
	uint32_t entry;

	if (__builtin_expect(at >= table->length ||
				     function - table->modules[at].low >= table->modules[at].bytes,
			     0)) {
		at = fdar_selection_module_find(table, function);
		if (at >= table->length) {
			__atomic_store_n(&fdar_selection_stranger, 1, __ATOMIC_RELAXED);
			return table->unknown_on;
		}
		thread->module = at;
	}
	entry = __atomic_load_n(&table->modules[at].entries[(function - table->modules[at].low) >>
							    table->modules[at].shift],
				__ATOMIC_RELAXED);
	*number = entry & FDAR_SELECTION_NUMBER;
	if (__builtin_expect(entry == 0, 0))
		return table->modules[at].unnamed_on;
	return !(entry & FDAR_SELECTION_OFF);
}

/* Whether a call is to be recorded; the owner, inside. */
static inline bool fdar_selection_wants(struct fdar_thread *thread, uintptr_t function,
					uint32_t *number)
{
	const struct fdar_selection_table *table =
		__atomic_load_n(&fdar_selection_table, __ATOMIC_ACQUIRE);

	if (__builtin_expect(__atomic_load_n(&thread->off, __ATOMIC_RELAXED) != 0, 0))
		return false;
	return !table || fdar_selection_wants_of(table, thread, function, number);
}

#endif
