/*
 * Random types of CTF: their TSDL, and values of them. For random_trace.c only.
 */
#ifndef FDAR_TESTS_CTF_RANDOM_TYPE_H
#define FDAR_TESTS_CTF_RANDOM_TYPE_H

#include <glib.h>

#include "tests/ctf/bit_writer.h"

enum random_kind {
	RANDOM_INTEGER,
	RANDOM_ENUM,
	RANDOM_FLOAT,
	RANDOM_STRING,
	RANDOM_CHARS,    /* array of characters */
	RANDOM_ARRAY,    /* of integers */
	RANDOM_SEQUENCE, /* of integers or characters; its length is a field of its own before */
	RANDOM_STRUCT,
	RANDOM_STRUCTS, /* array of structures */
	RANDOM_VARIANT, /* its tag is a field of its own before */
	RANDOM_KINDS
};

struct random_type {
	enum random_kind kind;
	char *name; /* of the field */
	unsigned size, align;
	gboolean is_signed, big, text;
	unsigned length;
	GPtrArray *fields; /* struct random_type *: STRUCT, STRUCTS, VARIANT */
};

struct random_types {
	GRand *rand;
	gboolean big; /* the trace's byte order */
};

guint32 random_below(struct random_types *types, guint32 limit);

/* A field of that name and any type of a kind below limit. */
struct random_type *random_type_new(struct random_types *types, const char *name,
				    enum random_kind limit);
struct random_type *random_type_of(struct random_types *types, const char *name,
				   enum random_kind kind);
void random_type_free(void *type);

/* "struct { ... }" of the fields. */
void random_fields_declare(const GPtrArray *fields, gboolean big, GString *text);

/* A structure of the fields with random values. */
void random_fields_write(struct random_types *types, const GPtrArray *fields,
			 struct bit_writer *writer);

#endif
