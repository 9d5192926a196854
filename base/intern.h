/*
 * Interning: pairs of 64-bit numbers into small dense ids, in the order in which they first came.
 *
 * Place in the house: the hash table of the walk and the profile, where most time goes. Open
 * addressing; the hash is seeded per table so that a hostile trace cannot aim at one slot. Entries
 * are never taken out.
 */
#ifndef FDAR_BASE_INTERN_H
#define FDAR_BASE_INTERN_H

#include <stdint.h>

#define FDAR_INTERN_NONE UINT32_MAX

struct fdar_intern_pair {
	uint64_t a;
	uint64_t b;
};

/* All zero is an empty table. */
struct fdar_intern {
	struct fdar_intern_pair *pairs; /* by id */
	uint32_t *slots;                /* id + 1; 0 is free */
	uint64_t seed;
	uint32_t count;
	uint32_t capacity; /* of slots, a power of two */
};

/* FDAR_INTERN_NONE when it is not there. */
uint32_t fdar_intern_find(const struct fdar_intern *intern, uint64_t a, uint64_t b);

/* The pair's id; a new one is the count of before. */
uint32_t fdar_intern_add(struct fdar_intern *intern, uint64_t a, uint64_t b);

/* The pair will be asked for: what tells its id is on its way. */
void fdar_intern_prefetch(const struct fdar_intern *intern, uint64_t a, uint64_t b);

/* It is empty afterwards, and keeps its room. */
void fdar_intern_reset(struct fdar_intern *intern);

/* Frees what it owns; it is empty afterwards. */
void fdar_intern_clear(struct fdar_intern *intern);

#endif
