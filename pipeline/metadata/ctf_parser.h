/*
 * The parser of TSDL: by recursive descent, one word ahead.
 *
 * Place in the house: between ctf_parser.c, which knows what words and blocks look like,
 * ctf_parser_block.c, which knows what blocks say, ctf_parser_type.c, which reads types, and
 * ctf_parser_scalar.c, which reads those that are made of no others; nobody else includes this.
 */
#ifndef FDAR_PIPELINE_METADATA_CTF_PARSER_H
#define FDAR_PIPELINE_METADATA_CTF_PARSER_H

#include "pipeline/metadata/ctf_lexer.h"
#include "pipeline/metadata/ctf_trace.h"

/* Events may come before their stream. */
struct fdar_ctf_late_event {
	struct fdar_ctf_event_class event;
	uint64_t stream_id; /* UINT64_MAX: not said */
};

struct fdar_ctf_parser {
	struct fdar_ctf_lexer lexer;
	struct fdar_ctf_trace *trace;
	GPtrArray *scopes;      /* GHashTable *: name of a type -> struct fdar_ctf_type * */
	unsigned depth;         /* of types within types */
	GArray *events;         /* of struct fdar_ctf_late_event */
	gboolean has_trace;     /* the block was there */
	const char *declarator; /* the name that followed a type made of words, see below */
	GError *error;          /* the first one; everything fails after it */
};

/* Errors. All functions below return FALSE or NULL after one. */
gboolean fdar_ctf_parser_fail(struct fdar_ctf_parser *parser, const char *expected);

/* Goes on when the word in hand is token, and else fails. */
gboolean fdar_ctf_parser_expect(struct fdar_ctf_parser *parser, int token, const char *expected);

gboolean fdar_ctf_parser_is_word(const struct fdar_ctf_parser *parser, const char *word);

/* The word or the string in hand, kept by the trace; goes on. */
const char *fdar_ctf_parser_name(struct fdar_ctf_parser *parser);

/* The number in hand; goes on. */
gboolean fdar_ctf_parser_number(struct fdar_ctf_parser *parser, uint64_t *value);

/* "a.b.c", kept by the trace; goes on behind it. */
const char *fdar_ctf_parser_path(struct fdar_ctf_parser *parser);

void fdar_ctf_parser_push_scope(struct fdar_ctf_parser *parser);
void fdar_ctf_parser_pop_scope(struct fdar_ctf_parser *parser);

/* A type that the trace owns: nothing is known of it yet but its kind. */
struct fdar_ctf_type *fdar_ctf_parser_new(struct fdar_ctf_parser *parser, enum fdar_ctf_kind kind);

/* A power of two up to FDAR_CTF_ALIGN_MAX; goes on. */
gboolean fdar_ctf_parser_align(struct fdar_ctf_parser *parser, uint32_t *align);

/* What follows the words "integer", "floating_point" and "string". */
const struct fdar_ctf_type *fdar_ctf_parser_integer(struct fdar_ctf_parser *parser);
const struct fdar_ctf_type *fdar_ctf_parser_float(struct fdar_ctf_parser *parser);
const struct fdar_ctf_type *fdar_ctf_parser_string(struct fdar_ctf_parser *parser);

/* A type. Of a type that is just words ("unsigned long"), the last word is what it declares if
 * declares is TRUE: it is left in parser->declarator then, NULL otherwise. */
const struct fdar_ctf_type *fdar_ctf_parser_type(struct fdar_ctf_parser *parser, gboolean declares);

/* "typealias TYPE := NAME;", from behind the first word. */
gboolean fdar_ctf_parser_typealias(struct fdar_ctf_parser *parser);

/* Whether the word in hand starts the declaration of a named structure, variant or enumeration;
 * then it is read, with its semicolon. */
gboolean fdar_ctf_parser_is_declaration(const struct fdar_ctf_parser *parser);
gboolean fdar_ctf_parser_declaration(struct fdar_ctf_parser *parser);

/* What a block says: "id = 3;" or "event.header := struct {...};". It is read
 * into a structure. */
struct fdar_ctf_entry {
	const char *path;
	gboolean (*read)(struct fdar_ctf_parser *parser, void *target);
	gsize offset; /* in that structure */
};

/* "{ ... };": entries, which end with a NULL path, and types of its own between them. */
gboolean fdar_ctf_parser_block(struct fdar_ctf_parser *parser, const struct fdar_ctf_entry *entries,
			       void *block);

/* For entries: a uint64_t, an int64_t, a const char *, anything that does not matter here, and a
 * struct fdar_ctf_type * that is a structure. */
gboolean fdar_ctf_parser_read_number(struct fdar_ctf_parser *parser, void *target);
gboolean fdar_ctf_parser_read_signed(struct fdar_ctf_parser *parser, void *target);
gboolean fdar_ctf_parser_read_name(struct fdar_ctf_parser *parser, void *target);
gboolean fdar_ctf_parser_read_nothing(struct fdar_ctf_parser *parser, void *target);
gboolean fdar_ctf_parser_read_structure(struct fdar_ctf_parser *parser, void *target);

/* What stands at the top level; read goes on from behind the word. Ends with a NULL word. */
struct fdar_ctf_block {
	const char *word;
	gboolean (*read)(struct fdar_ctf_parser *parser);
};
extern const struct fdar_ctf_block fdar_ctf_blocks[];

/* Gives each event to its stream; after everything was read. */
gboolean fdar_ctf_parser_place_events(struct fdar_ctf_parser *parser);

#endif
