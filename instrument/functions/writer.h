/*
 * The writer of calls records: instrument/wire/calls.h's format, into a buffer of one thread.
 *
 * Place in the house: used by frames.c and threads.c, and by nobody else; plain memory, no calls out,
 * no locks. Who uses it sees to it that there is room: each record takes at most FDAR_WRITER_RECORD_MAX
 * bytes, fdar_writer_full() is asked before each, and two more fit into a full buffer.
 *
 * Times are given in ticks (clock.h) and come out in nanoseconds from the base, which is the time of
 * the first record; each is rounded on its own, so they do not drift, and one that would be before
 * the last is the last.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_WRITER_H
#define FDAR_INSTRUMENT_FUNCTIONS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "functions/clock.h"
#include "instrument/wire/calls.h"

#ifndef FDAR_WRITER_BYTES
#define FDAR_WRITER_BYTES \
	1024u /* of an event's data; measured: see docs/instrument.md, Functions */
#endif
#define FDAR_WRITER_PAGE       4096u
#define FDAR_WRITER_HEAD_MAX   15u /* depth: 5, age: 10 */
#define FDAR_WRITER_RECORD_MAX 51u /* an op and five numbers */

_Static_assert(FDAR_WRITER_BYTES <= FDAR_CALLS_BYTES_MAX &&
		       FDAR_WRITER_BYTES > FDAR_WRITER_HEAD_MAX + 4 * FDAR_WRITER_RECORD_MAX,
	       "an event's data has room for a few records, and is no more than readers expect");

struct fdar_writer {
	uint8_t *next;
	uint8_t *limit;     /* a record may begin before it */
	uint64_t scale;     /* of this buffer, so that its times are in order */
	uint64_t base;      /* ticks; 0: empty. Atomic: others look how old it is */
	uint64_t last_ns;   /* of the last record, from the base */
	uint64_t function;  /* the last address */
	uint64_t key;       /* the last key */
	uint32_t marks;     /* in the buffer */
	uint32_t depth;     /* written and not yet closed */
	uint32_t depth_was; /* the same when the buffer was empty */
	/* On a page of its own (FDAR_WRITER_PAGE): threads.h says what for. */
	_Alignas(FDAR_WRITER_PAGE) uint8_t data[FDAR_WRITER_BYTES];
};

/* Empty, nothing open. */
void fdar_writer_init(struct fdar_writer *writer);

/* Drops what is in the buffer, and says that depth calls are open. */
void fdar_writer_reset(struct fdar_writer *writer, uint32_t depth);

static inline bool fdar_writer_empty(const struct fdar_writer *writer)
{
	return writer->next == writer->data + FDAR_WRITER_HEAD_MAX;
}

static inline bool fdar_writer_full(const struct fdar_writer *writer)
{
	return writer->next >= writer->limit;
}

/* One record each. An EXIT or UNWOUND of more calls than are open is the caller's fault. */
void fdar_writer_enter(struct fdar_writer *writer, uint64_t at, uint64_t function);
void fdar_writer_exit(struct fdar_writer *writer, uint64_t at);
void fdar_writer_call(struct fdar_writer *writer, uint64_t begin, uint64_t end, uint64_t function);
void fdar_writer_call_over(struct fdar_writer *writer, uint64_t begin, uint64_t end,
			   uint64_t function, uint64_t count, uint64_t ticks);
void fdar_writer_open(struct fdar_writer *writer, uint64_t at, uint64_t function, uint64_t begin);
void fdar_writer_skipped(struct fdar_writer *writer, uint64_t at, uint64_t count, uint64_t ticks);
void fdar_writer_unwound(struct fdar_writer *writer, uint64_t at, uint32_t count);
void fdar_writer_lost(struct fdar_writer *writer, uint64_t at, uint64_t count);

/* What a mark says: the fields that its kind has (calls.h). */
struct fdar_writer_mark {
	enum fdar_calls_mark kind;
	uint64_t key;
	int64_t result;
	int32_t fd;
	uint32_t small;
	const char *text;
};

/* Of at most text_bytes, FDAR_TEXT_MAX at most. Takes more room than other records: fdar_writer_has_room()
 * is asked before, and is true of an empty buffer. */
void fdar_writer_mark(struct fdar_writer *writer, uint64_t at, const struct fdar_writer_mark *mark,
		      uint32_t text_bytes);

static inline bool fdar_writer_has_room(const struct fdar_writer *writer, uint32_t text_bytes)
{
	return writer->next + text_bytes < writer->limit;
}

/* The event's data as it is to be sent at that time: valid until the next call for this writer, which
 * is fdar_writer_reset(). */
const uint8_t *fdar_writer_finish(struct fdar_writer *writer, uint64_t now, uint32_t *length);

#endif
