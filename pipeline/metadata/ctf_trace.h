/*
 * What the metadata of a CTF 1.8 trace says: a typed tree.
 *
 * Place in the house: inside pipeline/, between the metadata's text and ctf_layout.h, which works
 * out where the fields are. Understood is what LTTng writes and a little more; anything else is
 * refused, for libbabeltrace2 to read: better not at all than wrong. The text is hostile: nesting
 * and counts are bounded, and a type may be used at many places but never by itself.
 */
#ifndef FDAR_PIPELINE_METADATA_CTF_TRACE_H
#define FDAR_PIPELINE_METADATA_CTF_TRACE_H

#include <glib.h>
#include <stdint.h>

#define FDAR_CTF_DEPTH_MAX 32u   /* types within types */
#define FDAR_CTF_ALIGN_MAX 4096u /* bits */

enum fdar_ctf_kind {
	FDAR_CTF_INTEGER,
	FDAR_CTF_ENUM, /* an integer with labels */
	FDAR_CTF_FLOAT,
	FDAR_CTF_STRING,
	FDAR_CTF_STRUCT,
	FDAR_CTF_VARIANT,
	FDAR_CTF_ARRAY,
	FDAR_CTF_SEQUENCE
};

enum fdar_ctf_order { FDAR_CTF_NATIVE, FDAR_CTF_LITTLE, FDAR_CTF_BIG };

/* A field of a structure, or an option of a variant. */
struct fdar_ctf_member {
	const char *name;
	const struct fdar_ctf_type *type;
};

/* Values of an enumeration, as 64-bit two's complement when it is signed. */
struct fdar_ctf_label {
	const char *name;
	uint64_t lower, upper;
};

struct fdar_ctf_type {
	uint8_t kind;  /* enum fdar_ctf_kind */
	uint8_t order; /* enum fdar_ctf_order */
	gboolean is_signed;
	gboolean is_text;                    /* INTEGER: a character */
	const char *clock;                   /* INTEGER: the clock that it shows, or NULL */
	uint32_t align;                      /* bits, a power of two */
	uint32_t size;                       /* bits, of INTEGER, ENUM and FLOAT: 1 to 64 */
	GArray *members;                     /* of struct fdar_ctf_member: STRUCT, VARIANT */
	GArray *labels;                      /* of struct fdar_ctf_label: ENUM */
	const struct fdar_ctf_type *element; /* ARRAY, SEQUENCE */
	uint64_t length;                     /* ARRAY */
	const char *path;                    /* to the field that says a SEQUENCE's length, or which
					    * option of a VARIANT there is */
};

struct fdar_ctf_event_class {
	const char *name; /* NULL: none */
	uint64_t id;
	const struct fdar_ctf_type *context, *payload; /* structures or NULL */
};

struct fdar_ctf_stream_class {
	uint64_t id;
	const struct fdar_ctf_type *packet_context, *event_header, *event_context;
	GPtrArray *events; /* struct fdar_ctf_event_class *, by id, all different */
};

struct fdar_ctf_clock {
	const char *name;
	uint64_t freq;    /* Hz */
	int64_t offset_s; /* since the Unix epoch */
	uint64_t offset;  /* cycles, less than freq */
};

struct fdar_ctf_trace {
	gboolean big_endian;
	gboolean has_uuid;
	uint8_t uuid[16];
	const struct fdar_ctf_type *packet_header;
	GPtrArray *streams;      /* struct fdar_ctf_stream_class * */
	GPtrArray *clocks;       /* struct fdar_ctf_clock * */
	GHashTable *env_texts;   /* name -> text */
	GHashTable *env_numbers; /* name -> int64_t * */
	GPtrArray *types;        /* owns all of them */
	GStringChunk *strings;   /* owns all texts */
};

/* Reads the text. The caller frees the result (fdar_ctf_trace_free). NULL and error
 * (FDAR_SOURCE_ERROR_FORMAT) when it is not understood; the message gives the line. */
struct fdar_ctf_trace *fdar_ctf_trace_parse(const char *text, gsize length, GError **error);

/* An empty one, for the parser. */
struct fdar_ctf_trace *fdar_ctf_trace_new(void);

/* NULL is allowed. */
void fdar_ctf_trace_free(struct fdar_ctf_trace *trace);

/* NULL when the environment does not say it. */
const char *fdar_ctf_trace_env_text(const struct fdar_ctf_trace *trace, const char *name);
int64_t fdar_ctf_trace_env_number(const struct fdar_ctf_trace *trace, const char *name,
				  int64_t none);

/* How many stream and event classes there are. */
guint fdar_ctf_trace_classes(const struct fdar_ctf_trace *trace);

#endif
