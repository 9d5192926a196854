/*
 * Interning: pairs of 64-bit numbers into small dense ids, in the order in which they first came.
 *
 * Place in the house: the hash table of the walk and the profile, where most time goes. Open
 * addressing; the hash is seeded per table so that a hostile trace cannot aim at one slot. Entries
 * are never taken out.
 */
#ifndef FD_ANALYZE_INTERN_H
#define FD_ANALYZE_INTERN_H

#include <stdint.h>

#define FD_INTERN_NONE UINT32_MAX

struct fd_intern_pair {
	uint64_t a;
	uint64_t b;
};

/* All zero is an empty table. */
struct fd_intern {
	struct fd_intern_pair *pairs; /* by id */
	uint32_t *slots;              /* id + 1; 0 is free */
	uint64_t seed;
	uint32_t count;
	uint32_t capacity; /* of slots, a power of two */
};

/* FD_INTERN_NONE when it is not there. */
uint32_t fd_intern_find(const struct fd_intern *intern, uint64_t a, uint64_t b);

/* The pair's id; a new one is the count of before. */
uint32_t fd_intern_add(struct fd_intern *intern, uint64_t a, uint64_t b);

/* Frees what it owns; it is empty afterwards. */
void fd_intern_clear(struct fd_intern *intern);

#endif
