/*
 * The parser of CTF 2's metadata, fragment by fragment.
 *
 * Place in the house: between ctf2_parse.c, which knows what fragments say, ctf2_type.c, which reads
 * field classes, and ctf2_json.c, which takes values out of objects; nobody else includes this.
 */
#ifndef FDAR_PIPELINE_CTF2_CTF2_PARSER_H
#define FDAR_PIPELINE_CTF2_CTF2_PARSER_H

#include <json-glib/json-glib.h>

#include "pipeline/metadata/ctf_trace.h"

#define FDAR_CTF2_MEMBERS_MAX 65536u /* of one structure, and options of one variant */

struct fdar_ctf2_parser {
	struct fdar_ctf_trace *trace;
	GHashTable *aliases; /* name -> struct fdar_ctf_type * */
	GHashTable *streams; /* id (int64) -> struct fdar_ctf_stream_class * */
	gsize at;            /* byte of the fragment in hand */
	guint events;        /* classes, of all streams */
	unsigned depth;      /* of types within types */
	gboolean has_preamble, has_trace;
	GError *error; /* the first one; everything fails after it */
};

/* Errors. All functions below return FALSE or NULL after one. */
gboolean fdar_ctf2_fail(struct fdar_ctf2_parser *parser, const char *expected);

/* Of something that is allowed, and not understood here: what (printf) is what the trace has. */
gboolean fdar_ctf2_refuse(struct fdar_ctf2_parser *parser, const char *what, ...)
	G_GNUC_PRINTF(2, 3);

/* A word of CTF 2, and what it stands for here; a list ends with NULL. */
struct fdar_ctf2_word {
	const char *text;
	uint32_t value;
};

/* NULL: it is none of them. */
const struct fdar_ctf2_word *fdar_ctf2_find_word(const struct fdar_ctf2_word *words,
						 const char *text);

/* Members of objects. One that is not there leaves the value as it is; one of another type is an
 * error. Texts are kept by the trace. */
gboolean fdar_ctf2_unsigned(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			    uint64_t *value);
gboolean fdar_ctf2_signed(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			  int64_t *value);
gboolean fdar_ctf2_text(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			const char **value);
gboolean fdar_ctf2_object(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			  JsonObject **value);
gboolean fdar_ctf2_array(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			 JsonArray **value);

/* The text of a node, NULL when it is none. */
const char *fdar_ctf2_text_of(JsonNode *node);

/* A member's name as TSDL would have it, where one underscore in front means nothing. */
const char *fdar_ctf2_name(struct fdar_ctf2_parser *parser, const char *name);

/* A number of an array; an error when it is none. */
gboolean fdar_ctf2_number_at(struct fdar_ctf2_parser *parser, JsonArray *array, guint index,
			     int64_t *value);

/* 16 bytes as an array of numbers. */
gboolean fdar_ctf2_uuid(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			uint8_t uuid[16], gboolean *found);

/* "[[1, 3], [7, 7]]": of struct fdar_ctf_label, without names. The caller unrefs it. NULL without an
 * error: there is no such member. */
GArray *fdar_ctf2_ranges(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name);

/* The field class that a member says, or names. NULL without an error: there is no such member. */
const struct fdar_ctf_type *fdar_ctf2_type(struct fdar_ctf2_parser *parser, JsonObject *object,
					   const char *name);

#endif
