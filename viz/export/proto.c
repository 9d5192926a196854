#include "viz/export/proto.h"

#include <string.h>

void fdar_proto_varint(GByteArray *bytes, guint64 value)
{
	do {
		guint8 byte = (guint8)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

		g_byte_array_append(bytes, &byte, 1);
		value >>= 7;
	} while (value);
}

void fdar_proto_number(GByteArray *bytes, unsigned field, guint64 value)
{
	fdar_proto_varint(bytes, field << 3);
	fdar_proto_varint(bytes, value);
}

void fdar_proto_fixed64(GByteArray *bytes, unsigned field, guint64 value)
{
	guint64 little = GUINT64_TO_LE(value);

	fdar_proto_varint(bytes, field << 3 | 1);
	g_byte_array_append(bytes, (const guint8 *)&little, sizeof(little));
}

void fdar_proto_bytes(GByteArray *bytes, unsigned field, const void *data, gsize length)
{
	fdar_proto_varint(bytes, field << 3 | 2);
	fdar_proto_varint(bytes, length);
	g_byte_array_append(bytes, data, (guint)length);
}

void fdar_proto_text(GByteArray *bytes, unsigned field, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	fdar_proto_bytes(bytes, field, valid, strlen(valid));
}

void fdar_proto_message(GByteArray *bytes, unsigned field, GByteArray *message)
{
	fdar_proto_bytes(bytes, field, message->data, message->len);
	g_byte_array_unref(message);
}
