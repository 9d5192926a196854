/*
 * Protocol buffers, written: a field is a key (number << 3 | type), then a varint (type 0), eight bytes
 * (1), or a length and bytes (2). Format: https://protobuf.dev/programming-guides/encoding/
 *
 * Private to viz/export/.
 */
#ifndef FDAR_VIZ_EXPORT_PROTO_H
#define FDAR_VIZ_EXPORT_PROTO_H

#include <glib.h>

/* A number without a key: what packed fields are made of. */
void fdar_proto_varint(GByteArray *bytes, guint64 value);

void fdar_proto_number(GByteArray *bytes, unsigned field, guint64 value);
void fdar_proto_fixed64(GByteArray *bytes, unsigned field, guint64 value);
void fdar_proto_bytes(GByteArray *bytes, unsigned field, const void *data, gsize length);

/* Texts have to be UTF-8: what is not is replaced. */
void fdar_proto_text(GByteArray *bytes, unsigned field, const char *text);

/* Takes message, frees it. */
void fdar_proto_message(GByteArray *bytes, unsigned field, GByteArray *message);

#endif
