/*
 * The field classes of CTF 2 that read what random_type.c writes: the same bytes, the other language.
 * Where CTF 2 has several ways to say a thing (names for field classes, where a location starts, what
 * the last draft called it), one is drawn. For random_trace.c only.
 */
#ifndef FDAR_TESTS_CTF_RANDOM_JSON_H
#define FDAR_TESTS_CTF_RANDOM_JSON_H

#include <glib.h>

struct random_json {
	GRand *rand;        /* another one than that of the values */
	gboolean big;       /* the trace's byte order */
	const char *origin; /* of the structure in hand */
	GPtrArray *path;    /* char *: the names of the structures around, from there on */
	GString *aliases;   /* fragments that must come before the one in hand */
	guint named;        /* field classes that have a name */
};

/* "fixed-length-unsigned-integer" and the like. roles: what is to follow, or "". */
void random_json_integer(const struct random_json *json, unsigned size, unsigned align,
			 const char *more, GString *text);

/* A structure of the fields (struct random_type *). */
void random_json_fields(struct random_json *json, const GPtrArray *fields, GString *text);

#endif
