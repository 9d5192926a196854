#include "pipeline/ctf_class.h"

#include <stddef.h>
#include <string.h>

#include "pipeline/source.h"

/* The node of each role. */
struct choice {
	const struct fd_ctf_node *nodes[FD_ROLES];
};

static void choose(struct choice *choice, const struct fd_ctf_node *structure,
		   const struct fd_event_field *row)
{
	const struct fd_ctf_node *node = fd_ctf_node_field(structure, row->name);

	if (node && fd_event_role_takes(row->role, fd_ctf_node_type(node)))
		choice->nodes[row->role] = node;
}

static void choose_all(struct choice *choice, const struct fd_ctf_layout *layout,
		       const struct fd_event_map *map)
{
	for (const struct fd_event_field *row = fd_event_map_contexts; row->name; row++) {
		choose(choice, layout->roots[FD_CTF_COMMON_CONTEXT], row);
		if (!choice->nodes[row->role])
			choose(choice, layout->roots[FD_CTF_OWN_CONTEXT], row);
	}
	for (int i = 0; map && i < FD_EVENT_MAP_FIELDS && map->fields[i].name; i++)
		choose(choice, layout->roots[FD_CTF_PAYLOAD], &map->fields[i]);
}

static uint8_t role_of(const struct fd_ctf_node *node, void *user)
{
	const struct choice *choice = user;

	for (uint8_t role = 0; role < FD_ROLES; role++) {
		if (choice->nodes[role] == node)
			return role;
	}
	return FD_CTF_NO_VALUE;
}

/* ---- the short form ---- */

static gboolean add_copy(struct fd_ctf_copy *copies, uint8_t *count, uint64_t bits, size_t to)
{
	if (*count >= FD_CTF_COPIES || bits / 8 > UINT16_MAX)
		return FALSE;
	copies[*count].from = (uint16_t)(bits / 8);
	copies[*count].to = (uint16_t)to;
	++*count;
	return TRUE;
}

/* Only what needs no thought: whole bytes, in this machine's order, not to be extended. */
static gboolean add_number(struct fd_ctf_fast *fast, const struct fd_ctf_op *op, uint64_t bits)
{
	static const uint16_t targets[FD_ROLES] = {
		[FD_ROLE_ADDR] = offsetof(struct fd_event, addr),
		[FD_ROLE_ADDR2] = offsetof(struct fd_event, addr2),
		[FD_ROLE_PID] = offsetof(struct fd_event, pid),
		[FD_ROLE_TID] = offsetof(struct fd_event, tid),
	};
	gboolean wide = op->value == FD_ROLE_ADDR || op->value == FD_ROLE_ADDR2;

	if (op->reg != FD_CTF_NO_REG || !(op->flags & FD_CTF_FLAG_BYTES) ||
	    (op->flags & (FD_CTF_FLAG_BIG | FD_CTF_FLAG_CLOCK)) || op->value >= FD_ROLES)
		return FALSE;
	if (!wide && op->value != FD_ROLE_PID && op->value != FD_ROLE_TID)
		return FALSE;
	if (wide && op->bits == 64)
		return add_copy(fast->wide, &fast->wides, bits, targets[op->value]);
	if (op->bits != 32 || (wide && (op->flags & FD_CTF_FLAG_SIGNED)))
		return FALSE;
	return add_copy(fast->word, &fast->words, bits, targets[op->value]);
}

static gboolean add_name(struct fd_ctf_fast *fast, const struct fd_ctf_op *op, uint64_t bits)
{
	if (op->value != FD_ROLE_THREAD_NAME || op->reg != FD_CTF_NO_REG || op->bits != 8 ||
	    !op->amount || op->amount > FD_CTF_NAME_BYTES || bits / 8 > UINT16_MAX)
		return FALSE;
	fast->name_from = (uint16_t)(bits / 8);
	fast->name_bytes = (uint8_t)op->amount;
	return TRUE;
}

static gboolean add_op(struct fd_ctf_fast *fast, const struct fd_ctf_op *op, uint64_t *bits)
{
	switch (op->code) {
	case FD_CTF_OP_SKIP:
		*bits += op->amount;
		return op->amount <= UINT16_MAX * 8;
	case FD_CTF_OP_INT:
		if (!add_number(fast, op, *bits))
			return FALSE;
		*bits += op->bits;
		return TRUE;
	case FD_CTF_OP_ARRAY:
		if (!add_name(fast, op, *bits))
			return FALSE;
		*bits += op->amount * op->bits;
		return TRUE;
	default:
		return FALSE;
	}
}

static void make_fast(struct fd_ctf_class *class, const struct fd_ctf_position *start)
{
	struct fd_ctf_fast fast = { 0 };
	uint64_t bits = 0;

	if (G_BYTE_ORDER != G_LITTLE_ENDIAN || start->align < 8 || start->offset % 8)
		return;
	for (guint i = 0; i + 1 < class->program.ops->len; i++) {
		if (!add_op(&fast, &g_array_index(class->program.ops, struct fd_ctf_op, i),
			    &bits) ||
		    bits > UINT16_MAX * 8)
			return;
	}
	if (bits % 8 || class->module != FD_MODULE_NONE)
		return;
	class->has_fast = TRUE;
	fast.bytes = (uint32_t)(bits / 8);
	class->fast = fast;
}

/* ---- */

struct fd_ctf_class *fd_ctf_class_new(const struct fd_ctf_event_class *event,
				      const struct fd_ctf_layout *layout,
				      const struct fd_ctf_class_plan *plan, GError **error)
{
	const struct fd_event_map *map = event->name ? fd_event_map_find(event->name) : NULL;
	struct fd_ctf_class *class = g_new0(struct fd_ctf_class, 1);
	struct fd_ctf_position position = plan->position;
	struct choice choice = { 0 };

	class->name = event->name;
	class->id = event->id;
	class->event = (struct fd_event){ .data = "", .fd = -1, .pid = plan->default_pid };
	if (map) {
		class->event.kind = map->kind;
		class->module = map->module;
	}
	choose_all(&choice, layout, map);
	for (int role = 0; role < FD_ROLES; role++)
		class->roles |= choice.nodes[role] ? 1u << role : 0;
	if (choice.nodes[FD_ROLE_DATA])
		class->data_type = (uint8_t)fd_ctf_node_type(choice.nodes[FD_ROLE_DATA]);
	if (!fd_ctf_program_compile(&class->program, layout, FD_CTF_COMMON_CONTEXT, FD_CTF_PAYLOAD,
				    plan->big_endian, role_of, &choice, &position, error)) {
		fd_ctf_class_free(class);
		return NULL;
	}
	make_fast(class, &plan->position);
	return class;
}

void fd_ctf_class_free(struct fd_ctf_class *class)
{
	if (!class)
		return;
	fd_ctf_program_clear(&class->program);
	g_free(class);
}

void fd_ctf_class_prepare(struct fd_ctf_class *class, struct fd_texts *texts)
{
	class->prepared = TRUE;
	class->name_id = fd_texts_id(texts, class->name);
	if (class->event.kind == FD_EVENT_OTHER)
		class->event.name = class->name_id;
	class->fast.event = class->event;
	class->fast.usable = class->has_fast;
}
