/*
 * The compiler of decode programs.
 *
 * Place in the house: between ctf_program.c, which knows all kinds of fields, ctf_compiler.c, which emits
 * operations and knows where they are and what numbers are, and ctf_compound.c, which does the fields
 * that are made of others; nobody else includes this.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_COMPILER_H
#define FDAR_PIPELINE_CTF_CTF_COMPILER_H

#include "pipeline/ctf/ctf_program.h"

struct fdar_ctf_compiler {
	/* Compiles a field of any kind: what is made of others has them compiled. */
	gboolean (*compile)(struct fdar_ctf_compiler *compiler, const struct fdar_ctf_node *node);
	struct fdar_ctf_program *program;
	gboolean big_endian;
	fdar_ctf_value_fn value;
	void *user;
	struct fdar_ctf_position at;
	uint64_t skip; /* bits, not yet in the program */
	GError **error;
};

/* The first failure is kept. Gives FALSE. */
gboolean fdar_ctf_compiler_fail(struct fdar_ctf_compiler *compiler, const char *what);

/* ---- emitting ---- */

/* The last one when there is none with that index, for there may be too many. */
struct fdar_ctf_op *fdar_ctf_compiler_op_at(struct fdar_ctf_compiler *compiler, uint32_t index);

/* Appends an operation, which has no value and register yet. */
struct fdar_ctf_op *fdar_ctf_compiler_emit(struct fdar_ctf_compiler *compiler,
					   enum fdar_ctf_code code);

/* The index of the operation that is next. */
uint32_t fdar_ctf_compiler_here(struct fdar_ctf_compiler *compiler);

/* ---- positions ---- */

/* Keeps what is true of both. */
void fdar_ctf_compiler_merge(struct fdar_ctf_position *at, const struct fdar_ctf_position *other);

gboolean fdar_ctf_compiler_skip(struct fdar_ctf_compiler *compiler, uint64_t bits);
void fdar_ctf_compiler_align(struct fdar_ctf_compiler *compiler, uint32_t bits);
gboolean fdar_ctf_compiler_at_byte(const struct fdar_ctf_compiler *compiler);

/* Before and after bits of that type are read or skipped. */
gboolean fdar_ctf_compiler_begin_bits(struct fdar_ctf_compiler *compiler,
				      const struct fdar_ctf_type *type);
void fdar_ctf_compiler_end_bits(struct fdar_ctf_compiler *compiler);
uint8_t fdar_ctf_compiler_flags_of(const struct fdar_ctf_compiler *compiler,
				   const struct fdar_ctf_type *type);

/* ---- fields ---- */

/* Those of these kinds; any field is compiler->compile's. */
gboolean fdar_ctf_compiler_number(struct fdar_ctf_compiler *compiler,
				  const struct fdar_ctf_node *node);
gboolean fdar_ctf_compiler_leb128(struct fdar_ctf_compiler *compiler,
				  const struct fdar_ctf_node *node);
gboolean fdar_ctf_compiler_string(struct fdar_ctf_compiler *compiler,
				  const struct fdar_ctf_node *node);
gboolean fdar_ctf_compiler_array(struct fdar_ctf_compiler *compiler,
				 const struct fdar_ctf_node *node);
gboolean fdar_ctf_compiler_variant(struct fdar_ctf_compiler *compiler,
				   const struct fdar_ctf_node *node);
gboolean fdar_ctf_compiler_optional(struct fdar_ctf_compiler *compiler,
				    const struct fdar_ctf_node *node);

#endif
