#include "pipeline/ctf/ctf_class.h"

#include <string.h>

/* Behind the longest header, so that eight bytes from the last one on are within reach. */
#define FAST_BYTES_MAX (FDAR_CTF_FAST_REACH - 16)

/* The node of each role. */
struct choice {
	const struct fdar_ctf_node *nodes[FDAR_ROLES];
};

static void choose(struct choice *choice, const struct fdar_ctf_node *structure,
		   const struct fdar_event_field *row)
{
	const struct fdar_ctf_node *node = fdar_ctf_node_field(structure, row->name);

	if (node && fdar_event_role_takes(row->role, fdar_ctf_node_type(node)))
		choice->nodes[row->role] = node;
}

static void choose_all(struct choice *choice, const struct fdar_ctf_layout *layout,
		       const struct fdar_event_map *map)
{
	for (const struct fdar_event_field *row = fdar_event_map_contexts; row->name; row++) {
		if (choice->nodes[row->role])
			continue;
		choose(choice, layout->roots[FDAR_CTF_COMMON_CONTEXT], row);
		if (!choice->nodes[row->role])
			choose(choice, layout->roots[FDAR_CTF_OWN_CONTEXT], row);
	}
	for (int i = 0; map && i < FDAR_EVENT_MAP_FIELDS && map->fields[i].name; i++)
		choose(choice, layout->roots[FDAR_CTF_PAYLOAD], &map->fields[i]);
	if (map && fdar_event_map_tells_thread(map))
		choice->nodes[FDAR_ROLE_THREAD_NAME] = NULL;
}

static uint8_t role_of(const struct fdar_ctf_node *node, void *user)
{
	const struct choice *choice = user;

	for (uint8_t role = 0; role < FDAR_ROLES; role++) {
		if (choice->nodes[role] == node)
			return role;
	}
	return FDAR_CTF_NO_VALUE;
}

/* ---- the short form ---- */

/* Whatever is looked at is looked at eight bytes at a time. */
static void set_pick(struct fdar_ctf_pick *pick, uint64_t bits, unsigned bytes)
{
	pick->from = (uint32_t)(bits / 8);
	pick->mask = bytes < 8 ? (UINT64_C(1) << bytes * 8) - 1 : UINT64_MAX;
}

/* Only what needs no thought: whole bytes, in this machine's order, not to be extended. */
static gboolean add_number(struct fdar_ctf_fast *fast, const struct fdar_ctf_op *op, uint64_t bits)
{
	struct fdar_ctf_pick *const picks[FDAR_ROLES] = {
		[FDAR_ROLE_ADDR] = &fast->addr,
		[FDAR_ROLE_ADDR2] = &fast->addr2,
		[FDAR_ROLE_PID] = &fast->pid,
		[FDAR_ROLE_TID] = &fast->tid,
	};
	gboolean wide = op->value == FDAR_ROLE_ADDR || op->value == FDAR_ROLE_ADDR2;

	if (op->reg != FDAR_CTF_NO_REG || !(op->flags & FDAR_CTF_FLAG_BYTES) ||
	    (op->flags & (FDAR_CTF_FLAG_BIG | FDAR_CTF_FLAG_CLOCK | FDAR_CTF_FLAG_MIRRORED)))
		return FALSE;
	if (op->value >= FDAR_ROLES || !picks[op->value])
		return FALSE;
	if (op->bits < 64 && wide && (op->flags & FDAR_CTF_FLAG_SIGNED))
		return FALSE;
	if (op->bits < 32 && !wide && (op->flags & FDAR_CTF_FLAG_SIGNED))
		return FALSE;
	set_pick(picks[op->value], bits, wide ? op->bits / 8 : MIN(op->bits / 8, 4));
	return TRUE;
}

static gboolean add_name(struct fdar_ctf_fast *fast, const struct fdar_ctf_op *op, uint64_t bits)
{
	if (op->value != FDAR_ROLE_THREAD_NAME || op->reg != FDAR_CTF_NO_REG || op->bits != 8 ||
	    op->amount != FDAR_CTF_PROCNAME_BYTES || op->next != FDAR_CTF_UTF8)
		return FALSE;
	fast->named = TRUE;
	set_pick(&fast->name[0], bits, 8);
	set_pick(&fast->name[1], bits + 64, 8);
	set_pick(&fast->name[2], bits + 128, FDAR_CTF_PROCNAME_BYTES - 16);
	return TRUE;
}

static gboolean add_op(struct fdar_ctf_fast *fast, const struct fdar_ctf_op *op, uint64_t *bits)
{
	switch (op->code) {
	case FDAR_CTF_OP_SKIP:
		*bits += MIN(op->amount, FDAR_CTF_FAST_REACH * 8);
		return TRUE;
	case FDAR_CTF_OP_INT:
		if (!add_number(fast, op, *bits))
			return FALSE;
		*bits += op->bits;
		return TRUE;
	case FDAR_CTF_OP_ARRAY:
		if (!add_name(fast, op, *bits))
			return FALSE;
		*bits += op->amount * op->bits;
		return TRUE;
	default:
		return FALSE;
	}
}

static void make_fast(struct fdar_ctf_class *class, const struct fdar_ctf_position *start)
{
	struct fdar_ctf_fast fast = { 0 };
	uint64_t bits = 0;

	if (G_BYTE_ORDER != G_LITTLE_ENDIAN || start->align < 8 || start->offset % 8)
		return;
	for (guint i = 0; i + 1 < class->program.ops->len; i++) {
		if (!add_op(&fast, &g_array_index(class->program.ops, struct fdar_ctf_op, i),
			    &bits) ||
		    bits > FAST_BYTES_MAX * 8)
			return;
	}
	if (bits % 8 || class->module != FDAR_MODULE_NONE)
		return;
	class->has_fast = TRUE;
	fast.pair = fast.addr.mask == UINT64_MAX && fast.addr2.mask == UINT64_MAX &&
		    fast.addr2.from == fast.addr.from + 8;
	fast.bytes = (uint32_t)(bits / 8);
	class->fast = fast;
}

/* ---- */

struct fdar_ctf_class *fdar_ctf_class_new(const struct fdar_ctf_event_class *event,
					  const struct fdar_ctf_layout *layout,
					  const struct fdar_ctf_class_plan *plan, GError **error)
{
	const struct fdar_event_map *map =
		event->name ? fdar_event_map_find_in(plan->maps, event->name) : NULL;
	struct fdar_ctf_class *class = g_new0(struct fdar_ctf_class, 1);
	struct fdar_ctf_position position = plan->position;
	struct choice choice = { 0 };

	class->name = event->name;
	class->id = event->id;
	class->event = (struct fdar_event){ .data = "", .fd = -1, .pid = plan->default_pid };
	class->host = plan->host;
	class->session = plan->session;
	if (map) {
		class->event.kind = map->kind;
		class->module = map->module;
	}
	choose_all(&choice, layout, map);
	for (int role = 0; role < FDAR_ROLES; role++)
		class->roles |= choice.nodes[role] ? 1u << role : 0;
	if (map && map->kind == FDAR_EVENT_OTHER)
		class->event.named.has = (uint8_t)(class->roles & FDAR_ROLES_WANTED);
	if (choice.nodes[FDAR_ROLE_DATA])
		class->data_type = (uint8_t)fdar_ctf_node_type(choice.nodes[FDAR_ROLE_DATA]);
	if (!fdar_ctf_program_compile(&class->program, layout, FDAR_CTF_COMMON_CONTEXT,
				      FDAR_CTF_PAYLOAD, plan->big_endian, role_of, &choice,
				      &position, error)) {
		fdar_ctf_class_free(class);
		return NULL;
	}
	make_fast(class, &plan->position);
	return class;
}

void fdar_ctf_class_free(struct fdar_ctf_class *class)
{
	if (!class)
		return;
	fdar_ctf_program_clear(&class->program);
	g_free(class);
}

void fdar_ctf_class_prepare(struct fdar_ctf_class *class, struct fdar_texts *texts,
			    struct fdar_homes *homes)
{
	class->prepared = TRUE;
	class->host_id = fdar_texts_id(texts, class->host);
	class->event.home =
		fdar_homes_add_home(homes, (struct fdar_home){ .host = class->host_id,
							       .session = class->session });
	class->name_id = fdar_texts_id(texts, class->name);
	if (class->event.kind == FDAR_EVENT_OTHER)
		class->event.name = class->name_id;
	else if (class->event.kind == FDAR_EVENT_MODULE)
		class->event.module.event_name = (int32_t) class->name_id;
	class->fast.event = class->event;
	if (class->roles & 1u << FDAR_ROLE_PID)
		class->fast.event.pid = 0;
}
