/*
 * Field classes of CTF 2 that are bits: integers, floating point numbers, bit maps, booleans.
 *
 * Place in the house: a part of ctf2_type.c. All functions read members of the object into the type.
 */
#ifndef FDAR_PIPELINE_CTF2_CTF2_NUMBER_H
#define FDAR_PIPELINE_CTF2_CTF2_NUMBER_H

#include "pipeline/ctf2/ctf2_parser.h"

/* The larger one of what there is and what the member says. */
gboolean fdar_ctf2_read_align(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			      uint32_t *align);
gboolean fdar_ctf2_read_roles(struct fdar_ctf2_parser *parser, JsonObject *object,
			      struct fdar_ctf_type *type);

/* Length, orders and alignment. */
gboolean fdar_ctf2_read_bits(struct fdar_ctf2_parser *parser, JsonObject *object,
			     struct fdar_ctf_type *type);

/* Whole classes: of bits that are no number, of fixed and of variable length. */
gboolean fdar_ctf2_bit_array(struct fdar_ctf2_parser *parser, JsonObject *object,
			     struct fdar_ctf_type *type);
gboolean fdar_ctf2_boolean(struct fdar_ctf2_parser *parser, JsonObject *object,
			   struct fdar_ctf_type *type);
gboolean fdar_ctf2_fixed(struct fdar_ctf2_parser *parser, JsonObject *object,
			 struct fdar_ctf_type *type);
gboolean fdar_ctf2_fixed_signed(struct fdar_ctf2_parser *parser, JsonObject *object,
				struct fdar_ctf_type *type);
gboolean fdar_ctf2_variable(struct fdar_ctf2_parser *parser, JsonObject *object,
			    struct fdar_ctf_type *type);
gboolean fdar_ctf2_variable_signed(struct fdar_ctf2_parser *parser, JsonObject *object,
				   struct fdar_ctf_type *type);

#endif
