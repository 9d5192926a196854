/*
 * Decode programs: what to do, field by field, to get the values that matter out of a structure.
 *
 * Place in the house: inside pipeline/, between ctf_layout.h, from which they are compiled once,
 * and ctf_run.h, which runs them for every packet and event. Fields that nobody needs are skipped,
 * those of known length many at a time.
 */
#ifndef FD_PIPELINE_CTF_PROGRAM_H
#define FD_PIPELINE_CTF_PROGRAM_H

#include <glib.h>

#include "pipeline/ctf/ctf_layout.h"
#include "pipeline/events/event_map.h"

#define FD_CTF_OPS_MAX 65536u /* of one program */

/* Values that programs deliver: those of events, by role, and then those of packets. */
enum fd_ctf_value {
	FD_CTF_VALUE_ID = FD_ROLES, /* of the event's class */
	FD_CTF_VALUE_MAGIC,
	FD_CTF_VALUE_STREAM, /* id of the stream class */
	FD_CTF_VALUE_INSTANCE,
	FD_CTF_VALUE_BEGIN,
	FD_CTF_VALUE_END,
	FD_CTF_VALUE_CONTENT_BITS,
	FD_CTF_VALUE_PACKET_BITS,
	FD_CTF_VALUE_SEQUENCE,
	FD_CTF_VALUE_DISCARDED,
	FD_CTF_VALUES
};
#define FD_CTF_NO_VALUE UINT8_MAX

enum fd_ctf_code {
	FD_CTF_OP_END,
	FD_CTF_OP_SKIP,    /* amount bits */
	FD_CTF_OP_ALIGN,   /* to a multiple of amount bits, a power of two */
	FD_CTF_OP_INT,     /* of bits bits: into value and reg */
	FD_CTF_OP_STRING,  /* up to and with its NUL: into value, as a text */
	FD_CTF_OP_ARRAY,   /* of amount (or reg) elements of bits bits, one after the other: into
			    * value, as a text */
	FD_CTF_OP_LOOP,    /* amount (or reg) times what follows up to NEXT; next is behind NEXT */
	FD_CTF_OP_NEXT,    /* next is behind LOOP */
	FD_CTF_OP_VARIANT, /* goes to where cases amount to amount + bits say for reg */
	FD_CTF_OP_JUMP     /* goes to next */
};

enum fd_ctf_flag {
	FD_CTF_FLAG_SIGNED = 1,
	FD_CTF_FLAG_BIG = 2,   /* most significant byte first */
	FD_CTF_FLAG_CLOCK = 4, /* sets the low bits of the clock */
	FD_CTF_FLAG_BYTES = 8  /* starts at a byte and has 8, 16, 32 or 64 bits */
};

struct fd_ctf_op {
	uint8_t code;  /* enum fd_ctf_code */
	uint8_t flags; /* enum fd_ctf_flag */
	uint8_t value; /* enum fd_event_role or fd_ctf_value, or FD_CTF_NO_VALUE */
	uint8_t reg;   /* or FD_CTF_NO_REG */
	uint32_t bits;
	uint32_t next;
	uint64_t amount;
};

struct fd_ctf_case {
	uint64_t lower, upper;
	uint32_t next;
};

struct fd_ctf_program {
	GArray *ops;   /* of struct fd_ctf_op; the last one is END */
	GArray *cases; /* of struct fd_ctf_case */
};

/* What is known of a position: it is offset bits behind a multiple of align bits. */
struct fd_ctf_position {
	uint32_t align; /* a power of two up to FD_CTF_ALIGN_MAX */
	uint32_t offset;
};

/* Which value a node has, FD_CTF_NO_VALUE: nobody needs it. */
typedef uint8_t (*fd_ctf_value_fn)(const struct fd_ctf_node *node, void *user);

/* Compiles the scopes first to last, one after the other. position is that of the start, and then
 * of the end. FALSE and error (FD_SOURCE_ERROR_FORMAT) when something is not understood; the
 * program is to be cleared in any case. */
gboolean fd_ctf_program_compile(struct fd_ctf_program *program, const struct fd_ctf_layout *layout,
				enum fd_ctf_scope first, enum fd_ctf_scope last,
				gboolean big_endian, fd_ctf_value_fn value, void *user,
				struct fd_ctf_position *position, GError **error);

void fd_ctf_program_clear(struct fd_ctf_program *program);

/* How the values of a node can be used. */
enum fd_event_type fd_ctf_node_type(const struct fd_ctf_node *node);

#endif
