/*
 * The tests' own reader of calls data (instrument/wire/calls.h): written from the description there, not
 * from the product's reader or writer.
 */
#ifndef TESTS_CALLS_DECODE_H
#define TESTS_CALLS_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instrument/wire/calls.h"

struct calls_record {
	enum fdar_calls_op op;
	uint64_t time; /* from the base */
	uint64_t function;
	uint64_t duration; /* CALL, CALL_OVER; of OPEN the age */
	uint64_t count;
	uint64_t ns;
	enum fdar_calls_mark mark; /* of a LOST of 0; what such a one has: */
	uint64_t key, small;
	int64_t fd, result;
	const uint8_t *text;
	uint64_t text_length;
};

struct calls_reader {
	const uint8_t *next, *end;
	uint64_t depth, age; /* the header's */
	uint64_t now, function, key;
	bool broken;
};

static inline uint64_t calls_number(struct calls_reader *reader)
{
	uint64_t number = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t byte;

		if (reader->next == reader->end) {
			reader->broken = true;
			return 0;
		}
		byte = *reader->next++;
		if (shift < 64)
			number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
	}
	reader->broken = true;
	return 0;
}

static inline void calls_open(struct calls_reader *reader, const uint8_t *data, size_t length)
{
	*reader = (struct calls_reader){ .next = data, .end = data + length };
	reader->depth = calls_number(reader);
	reader->age = calls_number(reader);
}

static inline void calls_function(struct calls_reader *reader)
{
	uint64_t coded = calls_number(reader);

	reader->function += (coded >> 1) ^ (0 - (coded & 1));
}

static inline int64_t calls_signed(struct calls_reader *reader)
{
	uint64_t coded = calls_number(reader);

	return (int64_t)((coded >> 1) ^ (0 - (coded & 1)));
}

static inline void calls_mark(struct calls_reader *reader, struct calls_record *record)
{
	static const uint8_t have[FDAR_CALLS_MARKS] = FDAR_CALLS_MARKS_HAVE;
	uint64_t kind = calls_number(reader);
	unsigned has;

	if (kind == 0 || kind >= FDAR_CALLS_MARKS) {
		reader->broken = true;
		return;
	}
	record->mark = (enum fdar_calls_mark)kind;
	has = have[kind];
	if (has & FDAR_CALLS_HAS_KEY)
		record->key = reader->key += (uint64_t)calls_signed(reader);
	if (has & FDAR_CALLS_HAS_SMALL)
		record->small = calls_number(reader);
	if (has & FDAR_CALLS_HAS_FD)
		record->fd = calls_signed(reader);
	if (has & FDAR_CALLS_HAS_RESULT)
		record->result = calls_signed(reader);
	if (!(has & FDAR_CALLS_HAS_TEXT))
		return;
	record->text_length = calls_number(reader);
	record->text = reader->next;
	if (record->text_length > (uint64_t)(reader->end - reader->next))
		reader->broken = true;
	else
		reader->next += record->text_length;
}

/* False at the end, or where it is broken. */
static inline bool calls_next(struct calls_reader *reader, struct calls_record *record)
{
	uint8_t byte;
	uint64_t dt;

	if (reader->broken || reader->next == reader->end)
		return false;
	byte = *reader->next++;
	*record = (struct calls_record){ .op = (enum fdar_calls_op)(byte & 7) };
	dt = byte >> 3;
	if (dt == 31)
		dt += calls_number(reader);
	reader->now += dt;
	record->time = reader->now;
	switch (record->op) {
	case FDAR_CALLS_ENTER:
		calls_function(reader);
		break;
	case FDAR_CALLS_EXIT:
		break;
	case FDAR_CALLS_CALL:
	case FDAR_CALLS_CALL_OVER:
		calls_function(reader);
		record->duration = calls_number(reader);
		reader->now += record->duration;
		if (record->op == FDAR_CALLS_CALL_OVER) {
			record->count = calls_number(reader);
			record->ns = calls_number(reader);
		}
		break;
	case FDAR_CALLS_OPEN:
		calls_function(reader);
		record->duration = calls_number(reader);
		break;
	case FDAR_CALLS_SKIPPED:
		record->count = calls_number(reader);
		record->ns = calls_number(reader);
		break;
	case FDAR_CALLS_UNWOUND:
		record->count = calls_number(reader);
		break;
	case FDAR_CALLS_LOST:
		record->count = calls_number(reader);
		if (record->count == FDAR_CALLS_MARK)
			calls_mark(reader, record);
		break;
	}
	record->function = reader->function;
	return !reader->broken;
}

#endif
