/*
 * What the metadata of a CTF 1.8 trace says: a typed tree.
 *
 * Place in the house: inside pipeline/, between the metadata's text and ctf_layout.h, which works
 * out where the fields are. Understood is what LTTng writes and a little more; anything else is
 * refused, for libbabeltrace2 to read: better not at all than wrong. The text is hostile: nesting
 * and counts are bounded, and a type may be used at many places but never by itself.
 */
#ifndef FD_PIPELINE_CTF_TRACE_H
#define FD_PIPELINE_CTF_TRACE_H

#include <glib.h>
#include <stdint.h>

#define FD_CTF_DEPTH_MAX 32u   /* types within types */
#define FD_CTF_ALIGN_MAX 4096u /* bits */

enum fd_ctf_kind {
	FD_CTF_INTEGER,
	FD_CTF_ENUM, /* an integer with labels */
	FD_CTF_FLOAT,
	FD_CTF_STRING,
	FD_CTF_STRUCT,
	FD_CTF_VARIANT,
	FD_CTF_ARRAY,
	FD_CTF_SEQUENCE
};

enum fd_ctf_order { FD_CTF_NATIVE, FD_CTF_LITTLE, FD_CTF_BIG };

/* A field of a structure, or an option of a variant. */
struct fd_ctf_member {
	const char *name;
	const struct fd_ctf_type *type;
};

/* Values of an enumeration, as 64-bit two's complement when it is signed. */
struct fd_ctf_label {
	const char *name;
	uint64_t lower, upper;
};

struct fd_ctf_type {
	uint8_t kind;  /* enum fd_ctf_kind */
	uint8_t order; /* enum fd_ctf_order */
	gboolean is_signed;
	gboolean is_text;                  /* INTEGER: a character */
	const char *clock;                 /* INTEGER: the clock that it shows, or NULL */
	uint32_t align;                    /* bits, a power of two */
	uint32_t size;                     /* bits, of INTEGER, ENUM and FLOAT: 1 to 64 */
	GArray *members;                   /* of struct fd_ctf_member: STRUCT, VARIANT */
	GArray *labels;                    /* of struct fd_ctf_label: ENUM */
	const struct fd_ctf_type *element; /* ARRAY, SEQUENCE */
	uint64_t length;                   /* ARRAY */
	const char *path;                  /* to the field that says a SEQUENCE's length, or which
					    * option of a VARIANT there is */
};

struct fd_ctf_event_class {
	const char *name; /* NULL: none */
	uint64_t id;
	const struct fd_ctf_type *context, *payload; /* structures or NULL */
};

struct fd_ctf_stream_class {
	uint64_t id;
	const struct fd_ctf_type *packet_context, *event_header, *event_context;
	GPtrArray *events; /* struct fd_ctf_event_class *, by id, all different */
};

struct fd_ctf_clock {
	const char *name;
	uint64_t freq;    /* Hz */
	int64_t offset_s; /* since the Unix epoch */
	uint64_t offset;  /* cycles, less than freq */
};

struct fd_ctf_trace {
	gboolean big_endian;
	gboolean has_uuid;
	uint8_t uuid[16];
	const struct fd_ctf_type *packet_header;
	GPtrArray *streams;      /* struct fd_ctf_stream_class * */
	GPtrArray *clocks;       /* struct fd_ctf_clock * */
	GHashTable *env_texts;   /* name -> text */
	GHashTable *env_numbers; /* name -> int64_t * */
	GPtrArray *types;        /* owns all of them */
	GStringChunk *strings;   /* owns all texts */
};

/* Reads the text. The caller frees the result (fd_ctf_trace_free). NULL and error
 * (FD_SOURCE_ERROR_FORMAT) when it is not understood; the message gives the line. */
struct fd_ctf_trace *fd_ctf_trace_parse(const char *text, gsize length, GError **error);

/* An empty one, for the parser. */
struct fd_ctf_trace *fd_ctf_trace_new(void);

/* NULL is allowed. */
void fd_ctf_trace_free(struct fd_ctf_trace *trace);

/* NULL when the environment does not say it. */
const char *fd_ctf_trace_env_text(const struct fd_ctf_trace *trace, const char *name);
int64_t fd_ctf_trace_env_number(const struct fd_ctf_trace *trace, const char *name, int64_t none);

/* How many stream and event classes there are. */
guint fd_ctf_trace_classes(const struct fd_ctf_trace *trace);

#endif
