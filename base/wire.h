/*
 * Wire: messages of numbered fields, as Protocol Buffers write them
 * (protobuf.dev/programming-guides/encoding): what our own files are made of.
 *
 * Place in the house: the cellar. A field is a key (number << 3 | kind), and a number in base 128 or
 * bytes with their length before them; messages within messages are bytes. Fields of 0 are left out,
 * and readers pass over those that they do not know: so old and new files are read alike.
 */
#ifndef FDAR_BASE_WIRE_H
#define FDAR_BASE_WIRE_H

#include <glib.h>
#include <stdint.h>

enum fdar_wire_kind {
	FDAR_WIRE_NUMBER = 0,
	FDAR_WIRE_FIXED64 = 1,
	FDAR_WIRE_BYTES = 2,
	FDAR_WIRE_FIXED32 = 5
};

/* ---- writing: to the end of the array ---- */

void fdar_wire_put_varint(GByteArray *out, uint64_t value);
void fdar_wire_put_number(GByteArray *out, uint32_t field, uint64_t value); /* nothing for 0 */
void fdar_wire_put_bytes(GByteArray *out, uint32_t field, const void *bytes, size_t length);
void fdar_wire_put_text(GByteArray *out, uint32_t field, const char *text); /* NULL: nothing */

/* The message becomes a field, and is empty afterwards. */
void fdar_wire_put_message(GByteArray *out, uint32_t field, GByteArray *message);

/* ---- reading ---- */

/* What is still to be read. bad: it is malformed there, and nothing more is read. */
struct fdar_wire {
	const uint8_t *at;
	const uint8_t *end;
	const char *bad; /* what was expected at at; NULL: all is well */
};

struct fdar_wire_field {
	uint32_t field;
	enum fdar_wire_kind kind;
	uint64_t number;      /* of BYTES: their length */
	const uint8_t *bytes; /* of BYTES */
};

/* The next field; FALSE at the end, or when it is bad. */
gboolean fdar_wire_next(struct fdar_wire *wire, struct fdar_wire_field *field);

/* A number without a key, as within packed bytes. FALSE at the end, or when it is bad. */
gboolean fdar_wire_varint(struct fdar_wire *wire, uint64_t *value);

/* The message in a field of bytes. */
struct fdar_wire fdar_wire_message(const struct fdar_wire_field *field);

#endif
