#include "base/intern.h"

#include <glib.h>
#include <string.h>

#include "base/pages.h"

#define FIRST_CAPACITY 16u

/* The finisher of MurmurHash3 (Austin Appleby, public domain), over both halves. */
static uint64_t mix(uint64_t value)
{
	value ^= value >> 33;
	value *= 0xff51afd7ed558ccdULL;
	value ^= value >> 33;
	value *= 0xc4ceb9fe1a85ec53ULL;
	return value ^ value >> 33;
}

static uint32_t first_slot(const struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	return (uint32_t)mix(mix(a ^ intern->seed) + b) & (intern->capacity - 1);
}

void fdar_intern_prefetch(const struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	if (intern->capacity)
		__builtin_prefetch(&intern->slots[first_slot(intern, a, b)], 1);
}

/* The slot where the pair is, or the free one where it belongs. There is always a free one. */
static uint32_t find_slot(const struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	uint32_t mask = intern->capacity - 1;
	uint32_t slot = first_slot(intern, a, b);

	while (intern->slots[slot]) {
		const struct fdar_intern_pair *pair = &intern->pairs[intern->slots[slot] - 1];

		if (pair->a == a && pair->b == b)
			break;
		slot = (slot + 1) & mask;
	}
	return slot;
}

/* The same of one that is not there: no other pair needs to be looked at, each of which may be far away. */
static uint32_t free_slot(const struct fdar_intern *intern, const struct fdar_intern_pair *pair)
{
	uint32_t slot = first_slot(intern, pair->a, pair->b);

	while (intern->slots[slot])
		slot = (slot + 1) & (intern->capacity - 1);
	return slot;
}

uint32_t fdar_intern_find(const struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	if (!intern->capacity)
		return FDAR_INTERN_NONE;
	uint32_t slot = find_slot(intern, a, b);
	return intern->slots[slot] ? intern->slots[slot] - 1 : FDAR_INTERN_NONE;
}

static size_t pairs_bytes(uint32_t capacity)
{
	return capacity / 2 * sizeof(struct fdar_intern_pair);
}

static size_t slots_bytes(uint32_t capacity)
{
	return capacity * sizeof(uint32_t);
}

/* Slots stay at most half full, so the pairs need half as much room. */
static void grow(struct fdar_intern *intern)
{
	uint32_t old = intern->capacity;

	if (!old)
		intern->seed = (uint64_t)g_random_int() << 32 | g_random_int();
	intern->capacity = old ? old * 2 : FIRST_CAPACITY;
	intern->pairs =
		fdar_pages_grow(intern->pairs, pairs_bytes(old), pairs_bytes(intern->capacity));
	fdar_pages_free(intern->slots, slots_bytes(old));
	intern->slots = fdar_pages_new(slots_bytes(intern->capacity));
	for (uint32_t id = 0; id < intern->count; id++)
		intern->slots[free_slot(intern, &intern->pairs[id])] = id + 1;
}

uint32_t fdar_intern_add(struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	if (intern->count == intern->capacity / 2) {
		uint32_t id = fdar_intern_find(intern, a, b);

		if (id != FDAR_INTERN_NONE)
			return id;
		grow(intern);
	}
	uint32_t slot = find_slot(intern, a, b);
	if (!intern->slots[slot]) {
		intern->pairs[intern->count] = (struct fdar_intern_pair){ a, b };
		intern->slots[slot] = ++intern->count;
	}
	return intern->slots[slot] - 1;
}

void fdar_intern_reset(struct fdar_intern *intern)
{
	if (intern->count)
		memset(intern->slots, 0, intern->capacity * sizeof(*intern->slots));
	intern->count = 0;
}

void fdar_intern_clear(struct fdar_intern *intern)
{
	fdar_pages_free(intern->pairs, pairs_bytes(intern->capacity));
	fdar_pages_free(intern->slots, slots_bytes(intern->capacity));
	*intern = (struct fdar_intern){ 0 };
}
