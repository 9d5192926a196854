/*
 * What is known of each open descriptor: what it is, and which session it belongs to.
 *
 * Place in the house: used by libflowdar-io.so, inside somebody's server, and by its unit test: no
 * event is written here. No lock and no allocation but mmap(), so that all of it may be called in
 * signal handlers, in several threads at once, and in a child after fork().
 *
 * A descriptor's entry is one 64-bit word: how often it was opened (the generation), what it is,
 * and in which recording its session was told of (the epoch, 0: in none). A session's key is the
 * descriptor and its generation: key = descriptor | generation << 32. Descriptors that were
 * duplicated share a slot that counts them; there are FDAR_TABLE_SHARED_MAX slots, and a duplicate
 * that gets none belongs to no session.
 *
 * Descriptors from FDAR_TABLE_MAX on, and those for which there is no memory, stay unknown.
 */
#ifndef FDAR_INSTRUMENT_IO_DESCRIPTORS_H
#define FDAR_INSTRUMENT_IO_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#define FDAR_TABLE_CHUNK      4096u /* entries that are mapped at once */
#define FDAR_TABLE_CHUNKS     1024u
#define FDAR_TABLE_MAX        ((int)(FDAR_TABLE_CHUNK * FDAR_TABLE_CHUNKS))
#define FDAR_TABLE_SHARED_MAX 4095u
#define FDAR_TABLE_EPOCHS     4095u /* epochs are 1 to this, and then 1 again */

enum fdar_open_kind {
	FDAR_OPEN_UNKNOWN = 0,
	FDAR_OPEN_FILE,     /* calls on it never wait: files, folders */
	FDAR_OPEN_PIPE,     /* no socket, and may wait: pipes, terminals, eventfds */
	FDAR_OPEN_SOCKET,   /* neither of the following: listening, datagrams */
	FDAR_OPEN_CLIENT,   /* accepted: it has a session */
	FDAR_OPEN_UPSTREAM, /* connected by the server itself, or it has sent the first datagram */
	FDAR_OPEN_DATAGRAMS /* unconnected, and others sent the first: each has a session of its own */
};

/* An entry, unpacked. */
struct fdar_open {
	enum fdar_open_kind kind;
	bool nonblocking; /* as far as this process has seen */
	bool told;        /* its session was told of in the epoch that was asked for */
	bool last;        /* no other descriptor belongs to its session */
	uint64_t key;
};

struct fdar_descriptors_shared {
	uint32_t count; /* descriptors; 0: free */
	uint32_t epoch;
	uint64_t key;
};

struct fdar_descriptors {
	uint64_t *chunks[FDAR_TABLE_CHUNKS];
	struct fdar_descriptors_shared shared[FDAR_TABLE_SHARED_MAX + 1]; /* [0] stays unused */
	int highest;                                                      /* that ever was opened */
};

/* A table of zeroes is an empty one; this gives its memory back. Nobody else may use it then. */
void fdar_descriptors_clear(struct fdar_descriptors *table);

/* The kind alone, as fast as can be. */
static inline enum fdar_open_kind fdar_descriptors_kind(struct fdar_descriptors *table, int fd)
{
	const uint64_t *chunk;

	if ((unsigned)fd >= (unsigned)FDAR_TABLE_MAX)
		return FDAR_OPEN_UNKNOWN;
	chunk = __atomic_load_n(&table->chunks[(unsigned)fd / FDAR_TABLE_CHUNK], __ATOMIC_ACQUIRE);
	if (!chunk)
		return FDAR_OPEN_UNKNOWN;
	return __atomic_load_n(&chunk[(unsigned)fd % FDAR_TABLE_CHUNK], __ATOMIC_RELAXED) & 0xf;
}

struct fdar_open fdar_descriptors_get(struct fdar_descriptors *table, int fd, uint32_t epoch);

/* A descriptor was opened: a new generation. Returns what the table took it for until then: anything
 * but UNKNOWN was closed unseen. False if there is no place for it. */
bool fdar_descriptors_open(struct fdar_descriptors *table, int fd, enum fdar_open_kind kind,
			   bool nonblocking, uint32_t epoch, struct fdar_open *before);

/* It was found to be this; its generation stays. Does nothing unless it was UNKNOWN. */
void fdar_descriptors_found(struct fdar_descriptors *table, int fd, enum fdar_open_kind kind,
			    bool nonblocking);

/* A descriptor is closed. Returns what it was. */
struct fdar_open fdar_descriptors_close(struct fdar_descriptors *table, int fd, uint32_t epoch);

/* to is from as well, now. Returns what to was before. */
struct fdar_open fdar_descriptors_duplicate(struct fdar_descriptors *table, int from, int to,
					    uint32_t epoch);

void fdar_descriptors_set_nonblocking(struct fdar_descriptors *table, int fd, bool nonblocking);

/* True for the one caller who is to tell of the session in this epoch. */
bool fdar_descriptors_tell(struct fdar_descriptors *table, int fd, uint32_t epoch, uint64_t *key);

/* The highest descriptor that was ever opened, -1 if none was. */
int fdar_descriptors_highest(struct fdar_descriptors *table);

#endif
