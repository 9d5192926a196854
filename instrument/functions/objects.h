/*
 * The program and the libraries whose functions can be recorded: those that call the compiler's
 * hooks, and those that can be patched.
 *
 * Place in the house: used by select.c, one thread at a time (the constructor, then the helper).
 * Functions are numbered as they are found, over all binaries of the process, and keep their number;
 * at most FDAR_FUNCTIONS_MAX are, others cannot be told apart: they are recorded by the rule for names
 * that are not known.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_OBJECTS_H
#define FDAR_INSTRUMENT_FUNCTIONS_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "functions/budget.h"
#include "functions/rules.h"
#include "patching/patch.h"

#define FDAR_FUNCTIONS_MAX (1u << 17)

/* A function that has a number. */
struct fdar_function {
	uintptr_t address;
	struct fdar_patch_site *site; /* or NULL */
	uint32_t *entry;              /* selection.h */
	bool named;                   /* has a symbol */
	bool wanted;                  /* by the rules */
	bool off;                     /* by the budget */
	/* counted by all threads, until the last window and the one before */
	uint64_t calls;
	uint64_t ticks;
	uint64_t longest;
	uint64_t calls_before;
	uint64_t ticks_before;
	struct fdar_budget_function window; /* the last that it was on in */
};

struct fdar_object {
	struct fdar_object *next;
	char *path;
	const char *name; /* its base */
	uintptr_t base;
	uintptr_t low; /* of its code */
	uintptr_t bytes;
	uint32_t *entries;
	unsigned shift;                    /* selection.h */
	struct fdar_patch_module *patched; /* or NULL */
	bool hooked;                       /* calls the hooks */
	bool unnamed_on;                   /* functions without a symbol */
	bool settled;                      /* looked into */
	bool seen;
};

struct fdar_objects {
	struct fdar_object *first;         /* by address */
	struct fdar_object *gone;          /* unloaded, not yet freed */
	size_t count;                      /* of first's list */
	size_t came;                       /* in the last scan: with functions that were patched */
	uint32_t numbers;                  /* given, 0 not being one */
	struct fdar_function *functions;   /* FDAR_FUNCTIONS_MAX, by number; NULL: no memory */
	unsigned long long added, removed; /* the loader's counters when they were last listed */
	struct fdar_patch *patch;          /* or NULL */
};

/* Finds what was loaded and unloaded since the last time, and decides about all functions. What was
 * unloaded goes to gone. */
void fdar_objects_scan(struct fdar_objects *binaries, struct fdar_rules *rules);

/* Whether that would find something. */
bool fdar_objects_stale(struct fdar_objects *binaries);

/* Decides anew for all functions. */
void fdar_objects_decide(struct fdar_objects *binaries, struct fdar_rules *rules);

/* Frees what was unloaded; nobody may look there any more. */
void fdar_objects_free_gone(struct fdar_objects *binaries);

/* Writes a function's entry, as its wanted and off say. */
void fdar_function_apply(const struct fdar_function *function, uint32_t number);

#endif
