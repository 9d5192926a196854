#include "base/wire.h"

#include <string.h>

#define VARINT_BYTES 10u /* of the longest number */
#define FIELD_MAX    ((1u << 29) - 1)

void fdar_wire_put_varint(GByteArray *out, uint64_t value)
{
	uint8_t bytes[VARINT_BYTES];
	guint length = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[length++] = (uint8_t)(value | 0x80);
	bytes[length++] = (uint8_t)value;
	g_byte_array_append(out, bytes, length);
}

static void put_key(GByteArray *out, uint32_t field, enum fdar_wire_kind kind)
{
	g_assert(field > 0 && field <= FIELD_MAX);
	fdar_wire_put_varint(out, (uint64_t)field << 3 | (uint64_t)kind);
}

void fdar_wire_put_number(GByteArray *out, uint32_t field, uint64_t value)
{
	if (!value)
		return;
	put_key(out, field, FDAR_WIRE_NUMBER);
	fdar_wire_put_varint(out, value);
}

void fdar_wire_put_bytes(GByteArray *out, uint32_t field, const void *bytes, size_t length)
{
	put_key(out, field, FDAR_WIRE_BYTES);
	fdar_wire_put_varint(out, length);
	if (length)
		g_byte_array_append(out, bytes, (guint)length);
}

void fdar_wire_put_text(GByteArray *out, uint32_t field, const char *text)
{
	if (text)
		fdar_wire_put_bytes(out, field, text, strlen(text));
}

void fdar_wire_put_message(GByteArray *out, uint32_t field, GByteArray *message)
{
	fdar_wire_put_bytes(out, field, message->data, message->len);
	g_byte_array_set_size(message, 0);
}

static gboolean set_bad(struct fdar_wire *wire, const char *expected)
{
	wire->bad = expected;
	return FALSE;
}

gboolean fdar_wire_varint(struct fdar_wire *wire, uint64_t *value)
{
	const uint8_t *at = wire->at;

	*value = 0;
	if (wire->bad || at == wire->end)
		return FALSE;
	for (unsigned i = 0; i < VARINT_BYTES && at < wire->end; i++, at++) {
		*value |= (uint64_t)(*at & 0x7f) << 7 * i;
		if (*at >= 0x80)
			continue;
		if (i == VARINT_BYTES - 1 && *at > 1)
			break;
		wire->at = at + 1;
		return TRUE;
	}
	return set_bad(wire, "a number of 64 bits");
}

static gboolean take_fixed(struct fdar_wire *wire, struct fdar_wire_field *field, unsigned bytes)
{
	if ((size_t)(wire->end - wire->at) < bytes)
		return set_bad(wire, "the rest of a number");
	field->number = 0;
	for (unsigned i = 0; i < bytes; i++)
		field->number |= (uint64_t)wire->at[i] << 8 * i;
	wire->at += bytes;
	return TRUE;
}

gboolean fdar_wire_next(struct fdar_wire *wire, struct fdar_wire_field *field)
{
	const uint8_t *begin = wire->at;
	uint64_t key;

	if (!fdar_wire_varint(wire, &key))
		return FALSE;
	*field = (struct fdar_wire_field){ .field = (uint32_t)(key >> 3), .kind = key & 7 };
	if (key >> 3 == 0 || key >> 3 > FIELD_MAX) {
		wire->at = begin;
		return set_bad(wire, "the number of a field");
	}
	switch (field->kind) {
	case FDAR_WIRE_NUMBER:
		return fdar_wire_varint(wire, &field->number) ||
		       set_bad(wire, "a number of 64 bits");
	case FDAR_WIRE_FIXED64:
		return take_fixed(wire, field, 8);
	case FDAR_WIRE_FIXED32:
		return take_fixed(wire, field, 4);
	case FDAR_WIRE_BYTES:
		if (!fdar_wire_varint(wire, &field->number) ||
		    field->number > (uint64_t)(wire->end - wire->at))
			return set_bad(wire, "as many bytes as the field says");
		field->bytes = wire->at;
		wire->at += field->number;
		return TRUE;
	default:
		wire->at = begin;
		return set_bad(wire, "a field of a known kind");
	}
}

struct fdar_wire fdar_wire_message(const struct fdar_wire_field *field)
{
	return (struct fdar_wire){ .at = field->bytes, .end = field->bytes + field->number };
}
