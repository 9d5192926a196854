/*
 * What the metadata of a CTF trace says: a typed tree, the same for both languages of metadata.
 *
 * Place in the house: inside pipeline/, between the metadata's text and ctf_layout.h, which works
 * out where the fields are. The parser here reads TSDL, the language of CTF 1.8; that of CTF 2 is
 * JSON, and ctf2.h's. Understood is, of CTF 1.8, what LTTng writes and a little more; anything else
 * is refused, for libbabeltrace2 to read: better not at all than wrong. The text is hostile: nesting
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
	FDAR_CTF_SEQUENCE,
	FDAR_CTF_LEB128,  /* an integer of as many bytes as it needs */
	FDAR_CTF_OPTIONAL /* its element, or nothing */
};

enum fdar_ctf_order { FDAR_CTF_NATIVE, FDAR_CTF_LITTLE, FDAR_CTF_BIG };

/* How the characters of a text are written. */
enum fdar_ctf_encoding {
	FDAR_CTF_UTF8,
	FDAR_CTF_UTF16LE,
	FDAR_CTF_UTF16BE,
	FDAR_CTF_UTF32LE,
	FDAR_CTF_UTF32BE
};

/* What a field says about its packet or event: CTF 2's roles, as bits. TSDL has names instead. */
enum fdar_ctf_role {
	FDAR_CTF_ROLE_MAGIC = 1 << 0,
	FDAR_CTF_ROLE_UUID = 1 << 1,
	FDAR_CTF_ROLE_STREAM_CLASS = 1 << 2,
	FDAR_CTF_ROLE_STREAM = 1 << 3,
	FDAR_CTF_ROLE_TIME = 1 << 4, /* of an event, or of a packet's begin */
	FDAR_CTF_ROLE_END_TIME = 1 << 5,
	FDAR_CTF_ROLE_CONTENT_BITS = 1 << 6,
	FDAR_CTF_ROLE_PACKET_BITS = 1 << 7,
	FDAR_CTF_ROLE_SEQUENCE = 1 << 8,
	FDAR_CTF_ROLE_DISCARDED = 1 << 9,
	FDAR_CTF_ROLE_EVENT_CLASS = 1 << 10
};

/* In the order in which they are read. */
enum fdar_ctf_scope {
	FDAR_CTF_PACKET_HEADER,
	FDAR_CTF_PACKET_CONTEXT,
	FDAR_CTF_EVENT_HEADER,
	FDAR_CTF_COMMON_CONTEXT, /* of all events of a stream */
	FDAR_CTF_OWN_CONTEXT,    /* of one event class */
	FDAR_CTF_PAYLOAD,
	FDAR_CTF_SCOPES
};

/* Where another field is, CTF 2's way (CTF2-SPEC-2.0, 5.3.1); TSDL has paths. */
struct fdar_ctf_location {
	uint8_t scope; /* enum fdar_ctf_scope; FDAR_CTF_SCOPES: from the structure around the field */
	guint up;      /* structures further out, before names */
	const char **names; /* of members, from there on; ends with NULL */
};

/* A field of a structure, or an option of a variant. */
struct fdar_ctf_member {
	const char *name; /* NULL: an option without one */
	const struct fdar_ctf_type *type;
	GArray *ranges; /* CTF 2, of an option: struct fdar_ctf_label; NULL: what the tag's labels of
			 * that name say */
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
	gboolean is_text;     /* INTEGER: a character */
	gboolean is_bits;     /* INTEGER: bits that are no number */
	gboolean is_boolean;  /* the same: they may say whether an OPTIONAL is there */
	gboolean is_mirrored; /* INTEGER: its bits are in the other order */
	uint8_t encoding;     /* enum fdar_ctf_encoding: STRING, and ARRAY and SEQUENCE of
					    * characters */
	uint32_t roles;       /* enum fdar_ctf_role: INTEGER, LEB128 */
	const char *clock;    /* INTEGER: the clock that it shows, or NULL */
	uint32_t align;       /* bits, a power of two */
	uint32_t size;        /* bits: INTEGER, ENUM, 1 to 64 if is_bits is not set;
					    * FLOAT */
	GArray *members;      /* of struct fdar_ctf_member: STRUCT, VARIANT */
	GArray *labels;       /* of struct fdar_ctf_label: ENUM; OPTIONAL: the values of
					    * the tag with which it is there, none: any but 0 */
	const struct fdar_ctf_type *element; /* ARRAY, SEQUENCE, OPTIONAL */
	uint64_t length;                     /* ARRAY */
	const char *path; /* to the field that says a SEQUENCE's length, which option
					    * of a VARIANT there is, or whether an OPTIONAL is there */
	const struct fdar_ctf_location *location; /* the same, CTF 2's way */
};

/* The clock of a field is that of its stream. */
#define FDAR_CTF_CLOCK_OF_STREAM ""

struct fdar_ctf_event_class {
	const char *name; /* NULL: none */
	uint64_t id;
	const struct fdar_ctf_type *context, *payload; /* structures or NULL */
};

struct fdar_ctf_stream_class {
	uint64_t id;
	const char *clock; /* CTF 2: the default clock's name; NULL: none */
	const struct fdar_ctf_type *packet_context, *event_header, *event_context;
	GPtrArray *events; /* struct fdar_ctf_event_class *, by id, all different */
};

struct fdar_ctf_clock {
	const char *name;
	uint64_t freq;    /* Hz */
	int64_t offset_s; /* since the Unix epoch */
	uint64_t offset;  /* cycles, less than freq */
	gboolean has_uuid;
	uint8_t uuid[16];
};

struct fdar_ctf_trace {
	unsigned major; /* 1: CTF 1.8, 2: CTF 2 */
	gboolean big_endian;
	gboolean has_uuid;
	uint8_t uuid[16];
	const struct fdar_ctf_type *packet_header;
	GPtrArray *streams;      /* struct fdar_ctf_stream_class * */
	GPtrArray *clocks;       /* struct fdar_ctf_clock * */
	GHashTable *env_texts;   /* name -> text */
	GHashTable *env_numbers; /* name -> int64_t * */
	GPtrArray *types;        /* owns all of them */
	GPtrArray *locations;    /* owns all of them, and their arrays of names */
	GStringChunk *strings;   /* owns all texts */
};

/* Reads the text. The caller frees the result (fdar_ctf_trace_free). NULL and error
 * (FDAR_SOURCE_ERROR_FORMAT) when it is not understood; the message gives the line. */
struct fdar_ctf_trace *fdar_ctf_trace_parse(const char *text, gsize length, GError **error);

/* Of a text like 7e2cbd0c-..., which may be NULL. FALSE: it is none, and uuid is zero. */
gboolean fdar_ctf_uuid_parse(const char *text, uint8_t uuid[16]);

/* The UUID of the first clock that has one, or NULL. */
const uint8_t *fdar_ctf_trace_clock_uuid(const struct fdar_ctf_trace *trace);

/* An empty one, for the parser. */
struct fdar_ctf_trace *fdar_ctf_trace_new(void);

/* For parsers: a type that the trace owns, of which nothing is known but its kind. */
struct fdar_ctf_type *fdar_ctf_trace_add_type(struct fdar_ctf_trace *trace,
					      enum fdar_ctf_kind kind);

/* For parsers: sorts the events of the stream. FALSE: two of them have the same id. */
gboolean fdar_ctf_stream_class_sort(struct fdar_ctf_stream_class *stream);

/* A stream class that the trace owns, without events. */
struct fdar_ctf_stream_class *fdar_ctf_trace_add_stream(struct fdar_ctf_trace *trace);

/* NULL is allowed. */
void fdar_ctf_trace_free(struct fdar_ctf_trace *trace);

/* NULL when the environment does not say it. */
const char *fdar_ctf_trace_env_text(const struct fdar_ctf_trace *trace, const char *name);
int64_t fdar_ctf_trace_env_number(const struct fdar_ctf_trace *trace, const char *name,
				  int64_t none);

/* How many stream and event classes there are. */
guint fdar_ctf_trace_classes(const struct fdar_ctf_trace *trace);

#endif
