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

static uint32_t hash_of(const struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	return (uint32_t)mix(mix(a ^ intern->seed) + b);
}

void fdar_intern_prefetch(const struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	if (intern->capacity)
		__builtin_prefetch(&intern->slots[hash_of(intern, a, b) & (intern->capacity - 1)],
				   1);
}

/* The slot where the pair with that hash is, or the free one where it belongs. There is always a free one. */
static struct fdar_intern_slot *find_slot(const struct fdar_intern *intern, uint64_t a, uint64_t b,
					  uint32_t hash)
{
	uint32_t mask = intern->capacity - 1;
	uint32_t at = hash & mask;

	for (; intern->slots[at].next; at = (at + 1) & mask) {
		const struct fdar_intern_pair *pair = &intern->pairs[intern->slots[at].next - 1];

		if (intern->slots[at].hash == hash && pair->a == a && pair->b == b)
			break;
	}
	return &intern->slots[at];
}

/* The same of one that is not there. */
static struct fdar_intern_slot *free_slot(const struct fdar_intern *intern, uint32_t hash)
{
	uint32_t mask = intern->capacity - 1;
	uint32_t at = hash & mask;

	while (intern->slots[at].next)
		at = (at + 1) & mask;
	return &intern->slots[at];
}

uint32_t fdar_intern_find(const struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	if (!intern->capacity)
		return FDAR_INTERN_NONE;
	/* Of none it is 0: one less is FDAR_INTERN_NONE. */
	return find_slot(intern, a, b, hash_of(intern, a, b))->next - 1;
}

static size_t pairs_bytes(uint32_t capacity)
{
	return capacity / 2 * sizeof(struct fdar_intern_pair);
}

static size_t slots_bytes(uint32_t capacity)
{
	return capacity * sizeof(struct fdar_intern_slot);
}

/* Slots stay at most half full, so the pairs need half as much room. */
static void grow(struct fdar_intern *intern)
{
	uint32_t old = intern->capacity;
	struct fdar_intern_slot *slots = intern->slots;

	if (!old)
		intern->seed = (uint64_t)g_random_int() << 32 | g_random_int();
	intern->capacity = old ? old * 2 : FIRST_CAPACITY;
	intern->pairs =
		fdar_pages_grow(intern->pairs, pairs_bytes(old), pairs_bytes(intern->capacity));
	intern->slots = fdar_pages_new(slots_bytes(intern->capacity));
	for (uint32_t i = 0; i < old; i++)
		if (slots[i].next)
			*free_slot(intern, slots[i].hash) = slots[i];
	fdar_pages_free(slots, slots_bytes(old));
}

uint32_t fdar_intern_add(struct fdar_intern *intern, uint64_t a, uint64_t b)
{
	struct fdar_intern_slot *slot;
	uint32_t hash;

	if (!intern->capacity)
		grow(intern);
	hash = hash_of(intern, a, b);
	slot = find_slot(intern, a, b, hash);
	if (slot->next)
		return slot->next - 1;
	if (intern->count == intern->capacity / 2) {
		grow(intern);
		slot = free_slot(intern, hash);
	}
	intern->pairs[intern->count] = (struct fdar_intern_pair){ a, b };
	*slot = (struct fdar_intern_slot){ .next = ++intern->count, .hash = hash };
	return intern->count - 1;
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
