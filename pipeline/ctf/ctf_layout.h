/*
 * The fields of a trace's packets and events, every one by itself: a type that is used at two
 * places is two nodes here. Says which field gives the length of a sequence and the choice of a
 * variant.
 *
 * Place in the house: inside pipeline/, between ctf_trace.h and ctf_program.h. CTF 1.8, section
 * 7.3.2, has the rules for the paths; of relative ones, those along structures are understood.
 */
#ifndef FD_PIPELINE_CTF_LAYOUT_H
#define FD_PIPELINE_CTF_LAYOUT_H

#include <glib.h>

#include "pipeline/metadata/ctf_trace.h"

#define FD_CTF_NODES_MAX (1u << 18) /* of one trace */
#define FD_CTF_REGS      64u        /* fields whose values others need, of one trace */
#define FD_CTF_NO_REG    UINT8_MAX

/* In the order in which they are read. */
enum fd_ctf_scope {
	FD_CTF_PACKET_HEADER,
	FD_CTF_PACKET_CONTEXT,
	FD_CTF_EVENT_HEADER,
	FD_CTF_COMMON_CONTEXT, /* of all events of a stream */
	FD_CTF_OWN_CONTEXT,    /* of one event class */
	FD_CTF_PAYLOAD,
	FD_CTF_SCOPES
};

struct fd_ctf_node {
	const struct fd_ctf_type *type;
	const char *name;           /* NULL: a root, or the element of an array */
	struct fd_ctf_node *parent; /* NULL: a root */
	struct fd_ctf_node *first;  /* child: members, options or the element */
	struct fd_ctf_node *next;   /* sibling */
	guint number;               /* in the order of reading, across scopes */
	uint8_t reg;                /* where its value is kept for others, or FD_CTF_NO_REG */
	uint8_t readers;            /* how many need it */
	struct fd_ctf_node *target; /* SEQUENCE, VARIANT: the field that path means */
};

struct fd_ctf_layout {
	struct fd_ctf_node *roots[FD_CTF_SCOPES]; /* NULL: there is no such scope */
	GPtrArray *nodes;                         /* owns all */
	guint regs;
};

void fd_ctf_layout_init(struct fd_ctf_layout *layout);
void fd_ctf_layout_clear(struct fd_ctf_layout *layout);

/* Sets the root of a scope to the nodes of type, which may be NULL. Scopes that it refers to must
 * be there already. Roots that were replaced stay valid until the layout is cleared. FALSE and
 * error (FD_SOURCE_ERROR_FORMAT) when a path leads nowhere or there are too many fields. */
gboolean fd_ctf_layout_set(struct fd_ctf_layout *layout, enum fd_ctf_scope scope,
			   const struct fd_ctf_type *type, GError **error);

/* The member of a structure's node, by its name as TSDL has it; NULL: none, or node is NULL. */
struct fd_ctf_node *fd_ctf_node_member(const struct fd_ctf_node *node, const char *name);

/* The same by its name without the underscore that TSDL may put in front. */
struct fd_ctf_node *fd_ctf_node_field(const struct fd_ctf_node *node, const char *name);

#endif
