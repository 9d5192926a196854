/*
 * The fields of a trace's packets and events, every one by itself: a type that is used at two
 * places is two nodes here. Says which field gives the length of a sequence and the choice of a
 * variant.
 *
 * Place in the house: inside pipeline/, between ctf_trace.h and ctf_program.h. CTF 1.8, section
 * 7.3.2, has the rules for the paths; of relative ones, those along structures are understood.
 * CTF2-SPEC-2.0, 6.4.2, has those for locations: they may lead through a variant, to a field in
 * each of its options, all of which then share a register.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_LAYOUT_H
#define FDAR_PIPELINE_CTF_CTF_LAYOUT_H

#include <glib.h>

#include "pipeline/metadata/ctf_trace.h"

#define FDAR_CTF_NODES_MAX (1u << 18) /* of one trace */
#define FDAR_CTF_REGS      64u        /* fields whose values others need, of one event */
#define FDAR_CTF_NO_REG    UINT8_MAX

struct fdar_ctf_node {
	const struct fdar_ctf_type *type;
	const char *name;             /* NULL: a root, or the element of an array */
	struct fdar_ctf_node *parent; /* NULL: a root */
	struct fdar_ctf_node *first;  /* child: members, options or the element */
	struct fdar_ctf_node *next;   /* sibling */
	guint number;                 /* in the order of reading, across scopes */
	uint8_t scope;                /* enum fdar_ctf_scope */
	uint8_t reg;                  /* where its value is kept for others, or FDAR_CTF_NO_REG */
	uint8_t readers;              /* how many need it */
	struct fdar_ctf_node
		*target; /* SEQUENCE, VARIANT, OPTIONAL: the field that path or location
				     * means; of several, all with the same reg, the first */
};

struct fdar_ctf_layout {
	struct fdar_ctf_node *roots[FDAR_CTF_SCOPES]; /* NULL: there is no such scope */
	GPtrArray *nodes;                             /* owns all */
	enum fdar_ctf_scope building;                 /* while a scope is set: which one */
	guint first;      /* number of the first node that belongs to the event class in hand */
	guint outer;      /* registers of what is before event classes: from the highest one down */
	guint inner;      /* of the event class in hand: from 0 up, anew for each */
	guint inner_most; /* inner, of any of them */
	guint steps;      /* that were taken to find fields: bounded */
};

void fdar_ctf_layout_init(struct fdar_ctf_layout *layout);
void fdar_ctf_layout_clear(struct fdar_ctf_layout *layout);

/* What follows, up to the next call, is another event class's: its registers are used again. */
void fdar_ctf_layout_next_event(struct fdar_ctf_layout *layout);

/* Sets the root of a scope to the nodes of type, which may be NULL. Scopes that it refers to must
 * be there already. Roots that were replaced stay valid until the layout is cleared. FALSE and
 * error (FDAR_SOURCE_ERROR_FORMAT) when a path leads nowhere or there are too many fields. */
gboolean fdar_ctf_layout_set(struct fdar_ctf_layout *layout, enum fdar_ctf_scope scope,
			     const struct fdar_ctf_type *type, GError **error);

/* The member of a structure's node, by its name as TSDL has it; NULL: none, or node is NULL. */
struct fdar_ctf_node *fdar_ctf_node_member(const struct fdar_ctf_node *node, const char *name);

/* The same by its name without the underscore that TSDL may put in front. */
struct fdar_ctf_node *fdar_ctf_node_field(const struct fdar_ctf_node *node, const char *name);

#endif
