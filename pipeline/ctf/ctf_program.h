/*
 * Decode programs: what to do, field by field, to get the values that matter out of a structure.
 *
 * Place in the house: inside pipeline/, between ctf_layout.h, from which they are compiled once,
 * and ctf_run.h, which runs them for every packet and event. Fields that nobody needs are skipped,
 * those of known length many at a time.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_PROGRAM_H
#define FDAR_PIPELINE_CTF_CTF_PROGRAM_H

#include <glib.h>

#include "pipeline/ctf/ctf_layout.h"
#include "pipeline/events/event_map.h"

#define FDAR_CTF_OPS_MAX 65536u /* of one program */

/* Values that programs deliver: those of events, by role, and then those of packets. */
enum fdar_ctf_value {
	FDAR_CTF_VALUE_ID = FDAR_ROLES, /* of the event's class */
	FDAR_CTF_VALUE_MAGIC,
	FDAR_CTF_VALUE_STREAM, /* id of the stream class */
	FDAR_CTF_VALUE_INSTANCE,
	FDAR_CTF_VALUE_BEGIN,
	FDAR_CTF_VALUE_END,
	FDAR_CTF_VALUE_CONTENT_BITS,
	FDAR_CTF_VALUE_PACKET_BITS,
	FDAR_CTF_VALUE_SEQUENCE,
	FDAR_CTF_VALUE_DISCARDED,
	FDAR_CTF_VALUES
};
#define FDAR_CTF_NO_VALUE UINT8_MAX

enum fdar_ctf_code {
	FDAR_CTF_OP_END,
	FDAR_CTF_OP_SKIP,   /* amount bits */
	FDAR_CTF_OP_ALIGN,  /* to a multiple of amount bits, a power of two */
	FDAR_CTF_OP_INT,    /* of bits bits: into value and reg */
	FDAR_CTF_OP_LEB128, /* as many bytes as it takes: into value and reg */
	FDAR_CTF_OP_STRING, /* of characters of bits bits, up to and with its NUL: into value, as a
			    * text; next is its encoding (enum fdar_ctf_encoding) */
	FDAR_CTF_OP_ARRAY,  /* of amount (or reg) elements of bits bits, one after the other: into
			    * value, as a text; next is its encoding */
	FDAR_CTF_OP_LOOP,   /* amount (or reg) times what follows up to NEXT; next is behind NEXT */
	FDAR_CTF_OP_NEXT,   /* next is behind LOOP */
	FDAR_CTF_OP_BYTE,   /* nothing, but a byte must begin here */
	FDAR_CTF_OP_VARIANT, /* goes to where cases amount to amount + bits say for reg */
	FDAR_CTF_OP_JUMP     /* goes to next */
};

enum fdar_ctf_flag {
	FDAR_CTF_FLAG_SIGNED = 1,
	FDAR_CTF_FLAG_BIG = 2,      /* most significant byte first */
	FDAR_CTF_FLAG_CLOCK = 4,    /* sets the low bits of the clock */
	FDAR_CTF_FLAG_BYTES = 8,    /* starts at a byte and has 8, 16, 32 or 64 bits */
	FDAR_CTF_FLAG_MIRRORED = 16 /* the first bit is the last one */
};

struct fdar_ctf_op {
	uint8_t code;  /* enum fdar_ctf_code */
	uint8_t flags; /* enum fdar_ctf_flag */
	uint8_t value; /* enum fdar_event_role or fdar_ctf_value, or FDAR_CTF_NO_VALUE */
	uint8_t reg;   /* or FDAR_CTF_NO_REG */
	uint32_t bits;
	uint32_t next;
	uint64_t amount;
};

struct fdar_ctf_case {
	uint64_t lower, upper;
	uint32_t next;
};

struct fdar_ctf_program {
	GArray *ops;   /* of struct fdar_ctf_op; the last one is END */
	GArray *cases; /* of struct fdar_ctf_case */
};

/* In which order the bits of a byte are, of which some were read. */
enum fdar_ctf_bit_order {
	FDAR_CTF_BITS_ANY,
	FDAR_CTF_BITS_LITTLE,
	FDAR_CTF_BITS_BIG,
	FDAR_CTF_BITS_MIXED
};

/* What is known of a position: it is offset bits behind a multiple of align bits. */
struct fdar_ctf_position {
	uint32_t align; /* a power of two up to FDAR_CTF_ALIGN_MAX */
	uint32_t offset;
	uint8_t order; /* enum fdar_ctf_bit_order, where it is within a byte */
};

/* Which value a node has, FDAR_CTF_NO_VALUE: nobody needs it. */
typedef uint8_t (*fdar_ctf_value_fn)(const struct fdar_ctf_node *node, void *user);

/* Compiles the scopes first to last, one after the other. position is that of the start, and then
 * of the end. FALSE and error (FDAR_SOURCE_ERROR_FORMAT) when something is not understood; the
 * program is to be cleared in any case. */
gboolean fdar_ctf_program_compile(struct fdar_ctf_program *program,
				  const struct fdar_ctf_layout *layout, enum fdar_ctf_scope first,
				  enum fdar_ctf_scope last, gboolean big_endian,
				  fdar_ctf_value_fn value, void *user,
				  struct fdar_ctf_position *position, GError **error);

/* A position of which nothing is known but where bits within a byte are as the trace says. */
struct fdar_ctf_position fdar_ctf_position_unknown(const struct fdar_ctf_trace *trace);

void fdar_ctf_program_clear(struct fdar_ctf_program *program);

/* How the values of a node can be used. */
enum fdar_event_type fdar_ctf_node_type(const struct fdar_ctf_node *node);

#endif
