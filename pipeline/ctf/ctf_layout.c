#include "pipeline/ctf/ctf_layout.h"

#include <string.h>

#include "base/errors.h"

#define STEPS_MAX (1u << 24) /* from field to field, of one trace */

static const char *const prefixes[FDAR_CTF_SCOPES] = {
	[FDAR_CTF_PACKET_HEADER] = "trace.packet.header.",
	[FDAR_CTF_PACKET_CONTEXT] = "stream.packet.context.",
	[FDAR_CTF_EVENT_HEADER] = "stream.event.header.",
	[FDAR_CTF_COMMON_CONTEXT] = "stream.event.context.",
	[FDAR_CTF_OWN_CONTEXT] = "event.context.",
	[FDAR_CTF_PAYLOAD] = "event.fields.",
};

void fdar_ctf_layout_init(struct fdar_ctf_layout *layout)
{
	*layout = (struct fdar_ctf_layout){ .nodes = g_ptr_array_new_with_free_func(g_free) };
}

void fdar_ctf_layout_clear(struct fdar_ctf_layout *layout)
{
	g_ptr_array_unref(layout->nodes);
	layout->nodes = NULL;
}

static gboolean fail(GError **error, const char *what, const char *which)
{
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT, "metadata: %s%s%s", what,
		    which ? ": " : "", which ? which : "");
	return FALSE;
}

/* ---- finding ---- */

static struct fdar_ctf_node *find_child(const struct fdar_ctf_node *node, const char *name,
					size_t length)
{
	if (node->type->kind != FDAR_CTF_STRUCT)
		return NULL;
	for (struct fdar_ctf_node *child = node->first; child; child = child->next) {
		if (strncmp(child->name, name, length) == 0 && !child->name[length])
			return child;
	}
	return NULL;
}

struct fdar_ctf_node *fdar_ctf_node_member(const struct fdar_ctf_node *node, const char *name)
{
	return node ? find_child(node, name, strlen(name)) : NULL;
}

struct fdar_ctf_node *fdar_ctf_node_field(const struct fdar_ctf_node *node, const char *name)
{
	if (!node || node->type->kind != FDAR_CTF_STRUCT)
		return NULL;
	for (struct fdar_ctf_node *child = node->first; child; child = child->next) {
		if (strcmp(child->name[0] == '_' ? child->name + 1 : child->name, name) == 0)
			return child;
	}
	return NULL;
}

/* From node along the names of path. */
static struct fdar_ctf_node *follow(struct fdar_ctf_node *node, const char *path)
{
	while (node && *path) {
		size_t length = strcspn(path, ".");

		node = find_child(node, path, length);
		path += length + (path[length] == '.');
	}
	return node;
}

static gboolean is_within(const struct fdar_ctf_node *node, const struct fdar_ctf_node *ancestor)
{
	while (node && node != ancestor)
		node = node->parent;
	return node != NULL;
}

/* Collects the fields before "before" that the names lead to from node on: through each option of a
 * variant, and through the element that is being read of an array. FALSE: that takes too long. */
static gboolean collect(struct fdar_ctf_layout *layout, struct fdar_ctf_node *node,
			const char *const *names, const struct fdar_ctf_node *before,
			GPtrArray *found)
{
	gboolean ok = layout->steps++ < STEPS_MAX;

	switch (node->type->kind) {
	case FDAR_CTF_STRUCT:
		if (!*names)
			return ok;
		node = find_child(node, *names, strlen(*names));
		return ok && (!node || collect(layout, node, names + 1, before, found));
	case FDAR_CTF_ARRAY:
	case FDAR_CTF_SEQUENCE:
		if (!is_within(before, node))
			return ok;
		return ok && node->first && collect(layout, node->first, names, before, found);
	case FDAR_CTF_OPTIONAL:
	case FDAR_CTF_VARIANT:
		for (node = node->first; ok && node; node = node->next)
			ok = collect(layout, node, names, before, found);
		return ok;
	default:
		if (!*names && node->number < before->number)
			g_ptr_array_add(found, node);
		return ok;
	}
}

/* The structure around node, not counting itself. */
static struct fdar_ctf_node *structure_around(struct fdar_ctf_node *node)
{
	do
		node = node->parent;
	while (node && node->type->kind != FDAR_CTF_STRUCT);
	return node;
}

static struct fdar_ctf_node *start_of(const struct fdar_ctf_layout *layout,
				      struct fdar_ctf_node *node)
{
	const struct fdar_ctf_location *location = node->type->location;
	struct fdar_ctf_node *start = node;

	if (location->scope < FDAR_CTF_SCOPES)
		return layout->roots[location->scope];
	for (guint i = 0; start && i <= location->up; i++)
		start = structure_around(start);
	return start;
}

/* The field that a path of TSDL leads to. */
static struct fdar_ctf_node *find_target(const struct fdar_ctf_layout *layout,
					 struct fdar_ctf_node *node)
{
	const char *path = node->type->path;

	for (unsigned scope = 0; scope < FDAR_CTF_SCOPES; scope++) {
		if (g_str_has_prefix(path, prefixes[scope]))
			return follow(layout->roots[scope], path + strlen(prefixes[scope]));
	}
	for (struct fdar_ctf_node *parent = node->parent; parent; parent = parent->parent) {
		struct fdar_ctf_node *target = follow(parent, path);

		if (target && target->number < node->number)
			return target;
	}
	return NULL;
}

/* All fields that may be the one that node needs. */
static GPtrArray *find_targets(struct fdar_ctf_layout *layout, struct fdar_ctf_node *node)
{
	GPtrArray *found = g_ptr_array_new();
	struct fdar_ctf_node *start;

	if (node->type->location) {
		start = start_of(layout, node);
		if (start && !collect(layout, start, node->type->location->names, node, found))
			g_ptr_array_set_size(found, 0);
		return found;
	}
	start = find_target(layout, node);
	if (start && start->number < node->number)
		g_ptr_array_add(found, start);
	return found;
}

static char *name_target(const struct fdar_ctf_type *type)
{
	if (!type->location)
		return g_strdup(type->path);
	return g_strjoinv(".", (char **)type->location->names);
}

/* ---- registers ---- */

static gboolean is_integer(const struct fdar_ctf_type *type)
{
	return (type->kind <= FDAR_CTF_ENUM && !type->is_bits) || type->kind == FDAR_CTF_LEB128;
}

/* Whether the value of such a field says what node needs. */
static gboolean is_usable(const struct fdar_ctf_node *node, const struct fdar_ctf_type *target)
{
	switch (node->type->kind) {
	case FDAR_CTF_SEQUENCE:
		return is_integer(target) && !target->is_signed;
	case FDAR_CTF_OPTIONAL:
		return node->type->labels ? is_integer(target)
					  : target->is_boolean && target->size <= 64;
	default:
		return node->type->location ? is_integer(target) : target->kind == FDAR_CTF_ENUM;
	}
}

static gboolean check_targets(const struct fdar_ctf_node *node, const GPtrArray *targets)
{
	gboolean is_signed = FALSE;

	for (guint i = 0; i < targets->len; i++) {
		const struct fdar_ctf_node *target = g_ptr_array_index(targets, i);

		if (!i)
			is_signed = target->type->is_signed;
		if (!is_usable(node, target->type) || target->type->is_signed != is_signed)
			return FALSE;
	}
	return TRUE;
}

static uint8_t new_register(struct fdar_ctf_layout *layout, const struct fdar_ctf_node *node)
{
	if (layout->inner_most + layout->outer >= FDAR_CTF_REGS)
		return FDAR_CTF_NO_REG;
	if (node->scope < FDAR_CTF_OWN_CONTEXT)
		return (uint8_t)(FDAR_CTF_REGS - ++layout->outer);
	layout->inner_most = MAX(layout->inner_most, layout->inner + 1);
	return (uint8_t)layout->inner++;
}

/* Fields that had registers of their own, in options of a variant, turn out to be one and the same
 * for somebody: never is there more than one of them. */
static void merge_registers(struct fdar_ctf_layout *layout, const struct fdar_ctf_node *of,
			    uint8_t kept, uint8_t given_up)
{
	guint first = of->scope < FDAR_CTF_OWN_CONTEXT ? 0 : layout->first;

	for (guint i = first; i < layout->nodes->len; i++) {
		struct fdar_ctf_node *node = g_ptr_array_index(layout->nodes, i);

		if (node->reg == given_up)
			node->reg = kept;
	}
}

static gboolean assign(struct fdar_ctf_layout *layout, const GPtrArray *targets)
{
	uint8_t reg = FDAR_CTF_NO_REG;

	for (guint i = 0; i < targets->len && reg == FDAR_CTF_NO_REG; i++)
		reg = ((struct fdar_ctf_node *)g_ptr_array_index(targets, i))->reg;
	if (reg == FDAR_CTF_NO_REG)
		reg = new_register(layout, g_ptr_array_index(targets, 0));
	if (reg == FDAR_CTF_NO_REG)
		return FALSE;
	for (guint i = 0; i < targets->len; i++) {
		struct fdar_ctf_node *target = g_ptr_array_index(targets, i);

		if (target->reg != FDAR_CTF_NO_REG && target->reg != reg) {
			/* Other streams' programs have been made already. */
			if (target->scope == FDAR_CTF_PACKET_HEADER)
				return FALSE;
			merge_registers(layout, target, reg, target->reg);
		}
		target->reg = reg;
		if (target->readers < UINT8_MAX)
			target->readers++;
	}
	return TRUE;
}

static gboolean resolve(struct fdar_ctf_layout *layout, struct fdar_ctf_node *node, GError **error)
{
	g_autoptr(GPtrArray) targets = find_targets(layout, node);
	g_autofree char *name = name_target(node->type);

	if (!targets->len)
		return fail(error, "this field is not there, or comes later", name);
	if (!check_targets(node, targets))
		return fail(error, "this field cannot be a length or tag", name);
	if (!assign(layout, targets))
		return fail(error, "too many lengths and tags", NULL);
	node->target = g_ptr_array_index(targets, 0);
	return TRUE;
}

/* ---- building ---- */

static struct fdar_ctf_node *node_new(struct fdar_ctf_layout *layout,
				      const struct fdar_ctf_type *type,
				      struct fdar_ctf_node *parent, const char *name)
{
	struct fdar_ctf_node *node = g_new0(struct fdar_ctf_node, 1);

	node->type = type;
	node->parent = parent;
	node->name = name;
	node->number = layout->nodes->len;
	node->scope = (uint8_t)layout->building;
	node->reg = FDAR_CTF_NO_REG;
	g_ptr_array_add(layout->nodes, node);
	return node;
}

static gboolean add_children(struct fdar_ctf_layout *layout, struct fdar_ctf_node *node,
			     GError **error);

/* Puts the node of type at place, where those below it find it. The recursion is as deep as types are
 * nested: the parser has a bound for that, and for names of types within types there is one here. */
static gboolean build(struct fdar_ctf_layout *layout, const struct fdar_ctf_type *type,
		      struct fdar_ctf_node *parent, const char *name, struct fdar_ctf_node **place,
		      GError **error)
{
	struct fdar_ctf_node *node;
	unsigned depth = 0;

	for (const struct fdar_ctf_node *p = parent; p; p = p->parent)
		depth++;
	if (depth >= FDAR_CTF_DEPTH_MAX || layout->nodes->len >= FDAR_CTF_NODES_MAX)
		return fail(error, "too many fields, or too deep", name);
	node = *place = node_new(layout, type, parent, name);
	if ((type->path || type->location) && !resolve(layout, node, error))
		return FALSE;
	return add_children(layout, node, error);
}

static gboolean add_children(struct fdar_ctf_layout *layout, struct fdar_ctf_node *node,
			     GError **error)
{
	const struct fdar_ctf_type *type = node->type;
	struct fdar_ctf_node **last = &node->first;

	if (type->element)
		return build(layout, type->element, node, NULL, last, error);
	for (guint i = 0; type->members && i < type->members->len; i++) {
		const struct fdar_ctf_member *member =
			&g_array_index(type->members, struct fdar_ctf_member, i);

		if (!build(layout, member->type, node, member->name, last, error))
			return FALSE;
		last = &(*last)->next;
	}
	return TRUE;
}

gboolean fdar_ctf_layout_set(struct fdar_ctf_layout *layout, enum fdar_ctf_scope scope,
			     const struct fdar_ctf_type *type, GError **error)
{
	/* What was here must not be found any more, nor what came after it. */
	for (unsigned later = scope; later < FDAR_CTF_SCOPES; later++)
		layout->roots[later] = NULL;
	layout->building = scope;
	return !type || build(layout, type, NULL, NULL, &layout->roots[scope], error);
}

void fdar_ctf_layout_next_event(struct fdar_ctf_layout *layout)
{
	layout->first = layout->nodes->len;
	layout->inner = 0;
}
