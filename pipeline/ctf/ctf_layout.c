#include "pipeline/ctf/ctf_layout.h"

#include <string.h>

#include "base/errors.h"

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
		if (strlen(child->name) == length && memcmp(child->name, name, length) == 0)
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

static struct fdar_ctf_node *find_target(const struct fdar_ctf_layout *layout,
					 const struct fdar_ctf_node *node)
{
	const char *path = node->type->path;

	for (int scope = 0; scope < FDAR_CTF_SCOPES; scope++) {
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

static gboolean resolve(struct fdar_ctf_layout *layout, struct fdar_ctf_node *node, GError **error)
{
	const struct fdar_ctf_type *type;

	node->target = find_target(layout, node);
	type = node->target ? node->target->type : NULL;
	if (!type || node->target->number >= node->number)
		return fail(error, "this field is not there, or comes later", node->type->path);
	if (node->type->kind == FDAR_CTF_VARIANT ? type->kind != FDAR_CTF_ENUM
						 : type->kind > FDAR_CTF_ENUM || type->is_signed)
		return fail(error, "this field cannot be a length or tag", node->type->path);
	if (node->target->reg == FDAR_CTF_NO_REG) {
		if (layout->regs >= FDAR_CTF_REGS)
			return fail(error, "too many lengths and tags", NULL);
		node->target->reg = (uint8_t)layout->regs++;
	}
	if (node->target->readers < UINT8_MAX)
		node->target->readers++;
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
	node->reg = FDAR_CTF_NO_REG;
	g_ptr_array_add(layout->nodes, node);
	return node;
}

static gboolean add_children(struct fdar_ctf_layout *layout, struct fdar_ctf_node *node,
			     GError **error);

/* The recursion is as deep as types are nested: the parser has a bound for that, and for names of
 * types within types there is one here. */
static struct fdar_ctf_node *build(struct fdar_ctf_layout *layout, const struct fdar_ctf_type *type,
				   struct fdar_ctf_node *parent, const char *name, GError **error)
{
	struct fdar_ctf_node *node;
	unsigned depth = 0;

	for (const struct fdar_ctf_node *p = parent; p; p = p->parent)
		depth++;
	if (depth >= FDAR_CTF_DEPTH_MAX || layout->nodes->len >= FDAR_CTF_NODES_MAX) {
		fail(error, "too many fields, or too deep", name);
		return NULL;
	}
	node = node_new(layout, type, parent, name);
	if ((type->kind == FDAR_CTF_SEQUENCE || type->kind == FDAR_CTF_VARIANT) &&
	    !resolve(layout, node, error))
		return NULL;
	return add_children(layout, node, error) ? node : NULL;
}

static gboolean add_children(struct fdar_ctf_layout *layout, struct fdar_ctf_node *node,
			     GError **error)
{
	const struct fdar_ctf_type *type = node->type;
	struct fdar_ctf_node **last = &node->first;

	if (type->element) {
		node->first = build(layout, type->element, node, NULL, error);
		return node->first != NULL;
	}
	for (guint i = 0; type->members && i < type->members->len; i++) {
		const struct fdar_ctf_member *member =
			&g_array_index(type->members, struct fdar_ctf_member, i);

		*last = build(layout, member->type, node, member->name, error);
		if (!*last)
			return FALSE;
		last = &(*last)->next;
	}
	return TRUE;
}

gboolean fdar_ctf_layout_set(struct fdar_ctf_layout *layout, enum fdar_ctf_scope scope,
			     const struct fdar_ctf_type *type, GError **error)
{
	/* Relative paths stay within the scope, and absolute ones must not find what was here. */
	layout->roots[scope] = NULL;
	if (!type)
		return TRUE;
	layout->roots[scope] = build(layout, type, NULL, NULL, error);
	return layout->roots[scope] != NULL;
}
