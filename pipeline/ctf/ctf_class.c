#include "pipeline/ctf/ctf_class.h"

#include <string.h>

/* Behind the longest header, so that eight bytes from the last one on are within reach. */
#define FAST_BYTES_MAX (FD_CTF_FAST_REACH - 16)

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
	if (map && fd_event_map_tells_thread(map))
		choice->nodes[FD_ROLE_THREAD_NAME] = NULL;
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

/* Whatever is looked at is looked at eight bytes at a time. */
static void set_pick(struct fd_ctf_pick *pick, uint64_t bits, unsigned bytes)
{
	pick->from = (uint32_t)(bits / 8);
	pick->mask = bytes < 8 ? (UINT64_C(1) << bytes * 8) - 1 : UINT64_MAX;
}

/* Only what needs no thought: whole bytes, in this machine's order, not to be extended. */
static gboolean add_number(struct fd_ctf_fast *fast, const struct fd_ctf_op *op, uint64_t bits)
{
	struct fd_ctf_pick *const picks[FD_ROLES] = {
		[FD_ROLE_ADDR] = &fast->addr,
		[FD_ROLE_ADDR2] = &fast->addr2,
		[FD_ROLE_PID] = &fast->pid,
		[FD_ROLE_TID] = &fast->tid,
	};
	gboolean wide = op->value == FD_ROLE_ADDR || op->value == FD_ROLE_ADDR2;

	if (op->reg != FD_CTF_NO_REG || !(op->flags & FD_CTF_FLAG_BYTES) ||
	    (op->flags & (FD_CTF_FLAG_BIG | FD_CTF_FLAG_CLOCK)))
		return FALSE;
	if (op->value >= FD_ROLES || !picks[op->value])
		return FALSE;
	if (op->bits < 64 && wide && (op->flags & FD_CTF_FLAG_SIGNED))
		return FALSE;
	if (op->bits < 32 && !wide && (op->flags & FD_CTF_FLAG_SIGNED))
		return FALSE;
	set_pick(picks[op->value], bits, wide ? op->bits / 8 : MIN(op->bits / 8, 4));
	return TRUE;
}

static gboolean add_name(struct fd_ctf_fast *fast, const struct fd_ctf_op *op, uint64_t bits)
{
	if (op->value != FD_ROLE_THREAD_NAME || op->reg != FD_CTF_NO_REG || op->bits != 8 ||
	    op->amount != FD_CTF_PROCNAME_BYTES)
		return FALSE;
	fast->named = TRUE;
	set_pick(&fast->name[0], bits, 8);
	set_pick(&fast->name[1], bits + 64, 8);
	set_pick(&fast->name[2], bits + 128, FD_CTF_PROCNAME_BYTES - 16);
	return TRUE;
}

static gboolean add_op(struct fd_ctf_fast *fast, const struct fd_ctf_op *op, uint64_t *bits)
{
	switch (op->code) {
	case FD_CTF_OP_SKIP:
		*bits += MIN(op->amount, FD_CTF_FAST_REACH * 8);
		return TRUE;
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
		    bits > FAST_BYTES_MAX * 8)
			return;
	}
	if (bits % 8 || class->module != FD_MODULE_NONE)
		return;
	class->has_fast = TRUE;
	fast.pair = fast.addr.mask == UINT64_MAX && fast.addr2.mask == UINT64_MAX &&
		    fast.addr2.from == fast.addr.from + 8;
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
	if (class->roles & 1u << FD_ROLE_PID)
		class->fast.event.pid = 0;
}
