/*
 * A window on a stream file: some of the bytes of one packet, in memory.
 *
 * Place in the house: inside pipeline/, under ctf_stream.h. The file is read, not mapped, so that
 * one that becomes shorter meanwhile is an error and not the end of the program; and memory does
 * not depend on how long it is. Of a packed stream (packed.h), the packet is unpacked as a whole, and
 * the window is on that; the windows of an input share a pool, with a bound for the packets of all of
 * them (FDAR_PACKED_HELD_MAX).
 */
#ifndef FDAR_PIPELINE_CTF_CTF_WINDOW_H
#define FDAR_PIPELINE_CTF_CTF_WINDOW_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/packed/packed_read.h"

#define FDAR_CTF_WINDOW_MAX  (16u << 20) /* bytes: no event may be longer */
#define FDAR_CTF_WINDOW_STEP 512u        /* bytes: windows start at a multiple in the packet */

/* What the windows on packed streams share; used by one thread. */
struct fdar_ctf_pool {
	struct fdar_packed_reader *reader;
	GPtrArray *windows; /* struct fdar_ctf_window *: those that have a packet */
	uint64_t held;      /* bytes of memory of all of these */
	uint64_t limit;     /* of held: FDAR_PACKED_HELD_MAX */
	uint64_t turn;      /* counts who was used last */
};

struct fdar_ctf_window {
	const char *path; /* borrowed */
	gboolean keep;    /* the file stays open between loads */
	int fd;           /* -1: not open */
	uint64_t start;   /* of the packet, in the file; of its note, if it is packed */
	uint64_t limit;   /* bytes of the file from start on; of the packet, if it is packed */
	gboolean packed;
	struct fdar_packed_entry note; /* of the packet, if it is packed */
	struct fdar_ctf_pool *pool;    /* borrowed; NULL: no file is packed */
	uint8_t *packet;               /* unpacked, maybe in columns */
	size_t held;                   /* bytes of packet, counted by the pool */
	gboolean unpacked;             /* it is that of the note */
	uint64_t turn;                 /* of the pool, when it was used last */
	uint8_t *bytes;
	size_t usual;    /* bytes of a window, unless an event needs more */
	size_t capacity; /* of bytes */
	size_t length;   /* how many are there */
	uint64_t offset; /* of the first one, from start */
};

/* usual is a multiple of FDAR_CTF_WINDOW_STEP. Memory is taken by the first load. */
void fdar_ctf_window_init(struct fdar_ctf_window *window, size_t usual, gboolean keep);

struct fdar_ctf_pool *fdar_ctf_pool_new(void);

/* No window may be in use any more. NULL is allowed. */
void fdar_ctf_pool_free(struct fdar_ctf_pool *pool);

/* Gives file and memory back; it may be used again after fdar_ctf_window_open. */
void fdar_ctf_window_close(struct fdar_ctf_window *window);

/* Goes to the packet at start of a file of size bytes; start is at most size. Nothing is read. */
void fdar_ctf_window_open(struct fdar_ctf_window *window, const char *path, uint64_t start,
			  uint64_t size);

/* The same for a packed file: goes to the note at start, and reads that. When its packet_bytes are 0,
 * there is no packet to load. FALSE and error (FDAR_SOURCE_ERROR_DAMAGED) when it is damaged. */
gboolean fdar_ctf_window_open_packed(struct fdar_ctf_window *window, const char *path,
				     uint64_t start, uint64_t size, GError **error);

/* Whether length bytes of two files are the same; FALSE also when they cannot be read. */
gboolean fdar_ctf_window_same(const char *path, uint64_t at, const char *other, uint64_t other_at,
			      uint64_t length);

/* "byte 47": where byte at of the packet is. The caller frees it. */
char *fdar_ctf_window_place(const struct fdar_ctf_window *window, uint64_t at);

/* Makes length bytes from position on (from the packet's start) be there, or as many as the file
 * has and FDAR_CTF_WINDOW_MAX allows. FALSE and error (FDAR_SOURCE_ERROR_DAMAGED) when the file cannot
 * be read or has become shorter; the message gives the byte. */
gboolean fdar_ctf_window_load(struct fdar_ctf_window *window, uint64_t position, size_t length,
			      GError **error);

#endif
