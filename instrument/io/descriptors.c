#include "io/descriptors.h"

#include <stddef.h>
#include <sys/mman.h>

/* The word: generation 32 | shared slot 12 | epoch 12 | flags 4 | kind 4. */
#define KIND_MASK        UINT64_C(0xf)
#define NONBLOCKING      UINT64_C(0x10)
#define EPOCH_SHIFT      8
#define EPOCH_MASK       (UINT64_C(0xfff) << EPOCH_SHIFT)
#define SHARED_SHIFT     20
#define SHARED_MASK      (UINT64_C(0xfff) << SHARED_SHIFT)
#define GENERATION_SHIFT 32
#define GENERATION_MASK  (~UINT64_C(0) << GENERATION_SHIFT)
#define CHUNK_BYTES      (FDAR_TABLE_CHUNK * sizeof(uint64_t))

_Static_assert(FDAR_TABLE_SHARED_MAX == SHARED_MASK >> SHARED_SHIFT, "a slot's number fits");
_Static_assert(FDAR_TABLE_EPOCHS == EPOCH_MASK >> EPOCH_SHIFT, "an epoch fits");

void fdar_descriptors_clear(struct fdar_descriptors *table)
{
	for (unsigned i = 0; i < FDAR_TABLE_CHUNKS; i++) {
		if (table->chunks[i])
			munmap(table->chunks[i], CHUNK_BYTES);
		table->chunks[i] = NULL;
	}
	*table = (struct fdar_descriptors){ .highest = 0 };
}

/* Where the descriptor's word is, or NULL. */
static uint64_t *entry(struct fdar_descriptors *table, int fd)
{
	uint64_t *chunk;

	if (fd < 0 || fd >= FDAR_TABLE_MAX)
		return NULL;
	chunk = __atomic_load_n(&table->chunks[(unsigned)fd / FDAR_TABLE_CHUNK], __ATOMIC_ACQUIRE);
	return chunk ? &chunk[(unsigned)fd % FDAR_TABLE_CHUNK] : NULL;
}

static uint64_t *entry_made(struct fdar_descriptors *table, int fd)
{
	uint64_t **slot;
	uint64_t *fresh, *none = NULL;

	if (fd < 0 || fd >= FDAR_TABLE_MAX)
		return NULL;
	slot = &table->chunks[(unsigned)fd / FDAR_TABLE_CHUNK];
	if (!__atomic_load_n(slot, __ATOMIC_ACQUIRE)) {
		fresh = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
		if (fresh == MAP_FAILED)
			return NULL;
		if (!__atomic_compare_exchange_n(slot, &none, fresh, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE))
			munmap(fresh, CHUNK_BYTES); /* another thread was first */
	}
	return entry(table, fd);
}

static struct fdar_descriptors_shared *shared_of(struct fdar_descriptors *table, uint64_t word)
{
	unsigned slot = (unsigned)((word & SHARED_MASK) >> SHARED_SHIFT);

	return slot ? &table->shared[slot] : NULL;
}

static uint64_t key_of(int fd, uint64_t word)
{
	return (word & GENERATION_MASK) | (uint32_t)fd;
}

static uint64_t epoch_bits(uint32_t epoch)
{
	return (uint64_t)epoch << EPOCH_SHIFT & EPOCH_MASK;
}

/* Without what is known of a shared slot: that may be another's by now if the entry was replaced. */
static struct fdar_open unpacked(struct fdar_descriptors *table, int fd, uint64_t word,
				 uint32_t epoch)
{
	struct fdar_descriptors_shared *shared = shared_of(table, word);
	struct fdar_open open = { .kind = (enum fdar_open_kind)(word & KIND_MASK),
				  .nonblocking = (word & NONBLOCKING) != 0,
				  .told = (word & EPOCH_MASK) == epoch_bits(epoch),
				  .last = true,
				  .key = key_of(fd, word) };

	if (shared) {
		open.key = __atomic_load_n(&shared->key, __ATOMIC_ACQUIRE);
		open.told = __atomic_load_n(&shared->epoch, __ATOMIC_RELAXED) == epoch;
		open.last = false;
	}
	return open;
}

/* The descriptor of word is gone: what it was, and whether it was its session's last. */
static struct fdar_open released(struct fdar_descriptors *table, int fd, uint64_t word,
				 uint32_t epoch)
{
	struct fdar_descriptors_shared *shared = shared_of(table, word);
	struct fdar_open was = unpacked(table, fd, word, epoch);

	if (shared)
		was.last = __atomic_sub_fetch(&shared->count, 1, __ATOMIC_ACQ_REL) == 0;
	return was;
}

struct fdar_open fdar_descriptors_get(struct fdar_descriptors *table, int fd, uint32_t epoch)
{
	uint64_t *at = entry(table, fd);
	uint64_t word = at ? __atomic_load_n(at, __ATOMIC_ACQUIRE) : 0;

	return unpacked(table, fd, word, epoch);
}

static void highest_raise(struct fdar_descriptors *table, int fd)
{
	int highest = __atomic_load_n(&table->highest, __ATOMIC_RELAXED);

	while (fd >= highest &&
	       !__atomic_compare_exchange_n(&table->highest, &highest, fd + 1, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* The next generation, with these lower bits; returns the word before. */
static uint64_t renewed(uint64_t *at, uint64_t bits)
{
	uint64_t word = __atomic_load_n(at, __ATOMIC_RELAXED), next;

	do {
		next = (word & GENERATION_MASK) + (UINT64_C(1) << GENERATION_SHIFT) + bits;
	} while (!__atomic_compare_exchange_n(at, &word, next, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return word;
}

bool fdar_descriptors_open(struct fdar_descriptors *table, int fd, enum fdar_open_kind kind,
			   bool nonblocking, uint32_t epoch, struct fdar_open *before)
{
	uint64_t *at = entry_made(table, fd);

	*before = (struct fdar_open){ .kind = FDAR_OPEN_UNKNOWN };
	if (!at)
		return false;
	highest_raise(table, fd);
	*before = released(table, fd, renewed(at, (uint64_t)kind | (nonblocking ? NONBLOCKING : 0)),
			   epoch);
	return true;
}

void fdar_descriptors_found(struct fdar_descriptors *table, int fd, enum fdar_open_kind kind,
			    bool nonblocking)
{
	uint64_t *at = entry_made(table, fd);
	uint64_t word = at ? __atomic_load_n(at, __ATOMIC_RELAXED) : 0, next;

	if (!at || (word & KIND_MASK) != FDAR_OPEN_UNKNOWN)
		return;
	highest_raise(table, fd);
	/* A session needs a key that no other had. */
	next = (word & GENERATION_MASK) | (uint64_t)kind | (nonblocking ? NONBLOCKING : 0);
	if (kind == FDAR_OPEN_CLIENT)
		next += UINT64_C(1) << GENERATION_SHIFT;
	__atomic_compare_exchange_n(at, &word, next, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

struct fdar_open fdar_descriptors_close(struct fdar_descriptors *table, int fd, uint32_t epoch)
{
	uint64_t *at = entry(table, fd);
	uint64_t word = at ? __atomic_load_n(at, __ATOMIC_RELAXED) : 0;

	do {
		if ((word & KIND_MASK) == FDAR_OPEN_UNKNOWN)
			return (struct fdar_open){ .kind = FDAR_OPEN_UNKNOWN };
	} while (!__atomic_compare_exchange_n(at, &word, word & GENERATION_MASK, true,
					      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return released(table, fd, word, epoch);
}

/* A slot for two descriptors, 0 if none is free. */
static unsigned shared_take(struct fdar_descriptors *table, uint64_t key, uint32_t epoch)
{
	for (unsigned i = 1; i <= FDAR_TABLE_SHARED_MAX; i++) {
		uint32_t none = 0;

		if (__atomic_load_n(&table->shared[i].count, __ATOMIC_RELAXED) != 0 ||
		    !__atomic_compare_exchange_n(&table->shared[i].count, &none, 2, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(&table->shared[i].epoch, epoch, __ATOMIC_RELAXED);
		__atomic_store_n(&table->shared[i].key, key, __ATOMIC_RELEASE);
		return i;
	}
	return 0;
}

/* The lower bits for one more descriptor of from's; 0 if it cannot have its session. */
static uint64_t bits_for_duplicate(struct fdar_descriptors *table, int from, uint64_t *at)
{
	uint64_t word = __atomic_load_n(at, __ATOMIC_ACQUIRE), next;
	unsigned slot = 0;

	/* Again if somebody tells of, closes or duplicates it at the same time. */
	do {
		struct fdar_descriptors_shared *shared = shared_of(table, word);

		if (slot)
			__atomic_sub_fetch(&table->shared[slot].count, 2, __ATOMIC_RELEASE);
		if ((word & KIND_MASK) != FDAR_OPEN_CLIENT)
			return word & (KIND_MASK | NONBLOCKING);
		if (shared) {
			__atomic_add_fetch(&shared->count, 1, __ATOMIC_ACQ_REL);
			return word & ~GENERATION_MASK;
		}
		slot = shared_take(table, key_of(from, word),
				   (uint32_t)((word & EPOCH_MASK) >> EPOCH_SHIFT));
		if (!slot)
			return 0;
		next = word | (uint64_t)slot << SHARED_SHIFT;
	} while (!__atomic_compare_exchange_n(at, &word, next, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	return next & ~GENERATION_MASK;
}

struct fdar_open fdar_descriptors_duplicate(struct fdar_descriptors *table, int from, int to,
					    uint32_t epoch)
{
	uint64_t *at = entry(table, from), *copy = entry_made(table, to);
	uint64_t bits = 0;

	if (!copy)
		return (struct fdar_open){ .kind = FDAR_OPEN_UNKNOWN };
	if (at)
		bits = bits_for_duplicate(table, from, at);
	highest_raise(table, to);
	return released(table, to, renewed(copy, bits), epoch);
}

void fdar_descriptors_set_nonblocking(struct fdar_descriptors *table, int fd, bool nonblocking)
{
	uint64_t *at = entry(table, fd);
	uint64_t word = at ? __atomic_load_n(at, __ATOMIC_RELAXED) : 0, next;

	do {
		if ((word & KIND_MASK) == FDAR_OPEN_UNKNOWN)
			return;
		next = nonblocking ? word | NONBLOCKING : word & ~NONBLOCKING;
	} while (!__atomic_compare_exchange_n(at, &word, next, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
}

bool fdar_descriptors_tell(struct fdar_descriptors *table, int fd, uint32_t epoch, uint64_t *key)
{
	uint64_t *at = entry(table, fd);
	uint64_t word = at ? __atomic_load_n(at, __ATOMIC_ACQUIRE) : 0;

	do {
		struct fdar_descriptors_shared *shared = shared_of(table, word);

		if ((word & KIND_MASK) != FDAR_OPEN_CLIENT)
			return false;
		*key = key_of(fd, word);
		if (shared) {
			*key = __atomic_load_n(&shared->key, __ATOMIC_ACQUIRE);
			return __atomic_exchange_n(&shared->epoch, epoch, __ATOMIC_ACQ_REL) !=
			       epoch;
		}
		if ((word & EPOCH_MASK) == epoch_bits(epoch))
			return false;
	} while (!__atomic_compare_exchange_n(at, &word, (word & ~EPOCH_MASK) | epoch_bits(epoch),
					      true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return true;
}

int fdar_descriptors_highest(struct fdar_descriptors *table)
{
	return __atomic_load_n(&table->highest, __ATOMIC_RELAXED) - 1;
}
