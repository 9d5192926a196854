#include "pipeline/ctf/ctf_layout.h"

#include <string.h>

#include "base/errors.h"

static const char *const prefixes[FD_CTF_SCOPES] = {
	[FD_CTF_PACKET_HEADER] = "trace.packet.header.",
	[FD_CTF_PACKET_CONTEXT] = "stream.packet.context.",
	[FD_CTF_EVENT_HEADER] = "stream.event.header.",
	[FD_CTF_COMMON_CONTEXT] = "stream.event.context.",
	[FD_CTF_OWN_CONTEXT] = "event.context.",
	[FD_CTF_PAYLOAD] = "event.fields.",
};

void fd_ctf_layout_init(struct fd_ctf_layout *layout)
{
	*layout = (struct fd_ctf_layout){ .nodes = g_ptr_array_new_with_free_func(g_free) };
}

void fd_ctf_layout_clear(struct fd_ctf_layout *layout)
{
	g_ptr_array_unref(layout->nodes);
	layout->nodes = NULL;
}

static gboolean fail(GError **error, const char *what, const char *which)
{
	g_set_error(error, FD_SOURCE_ERROR, FD_SOURCE_ERROR_FORMAT, "metadata: %s%s%s", what,
		    which ? ": " : "", which ? which : "");
	return FALSE;
}

/* ---- finding ---- */

static struct fd_ctf_node *find_child(const struct fd_ctf_node *node, const char *name,
				      size_t length)
{
	if (node->type->kind != FD_CTF_STRUCT)
		return NULL;
	for (struct fd_ctf_node *child = node->first; child; child = child->next) {
		if (strlen(child->name) == length && memcmp(child->name, name, length) == 0)
			return child;
	}
	return NULL;
}

struct fd_ctf_node *fd_ctf_node_member(const struct fd_ctf_node *node, const char *name)
{
	return node ? find_child(node, name, strlen(name)) : NULL;
}

struct fd_ctf_node *fd_ctf_node_field(const struct fd_ctf_node *node, const char *name)
{
	if (!node || node->type->kind != FD_CTF_STRUCT)
		return NULL;
	for (struct fd_ctf_node *child = node->first; child; child = child->next) {
		if (strcmp(child->name[0] == '_' ? child->name + 1 : child->name, name) == 0)
			return child;
	}
	return NULL;
}

/* From node along the names of path. */
static struct fd_ctf_node *follow(struct fd_ctf_node *node, const char *path)
{
	while (node && *path) {
		size_t length = strcspn(path, ".");

		node = find_child(node, path, length);
		path += length + (path[length] == '.');
	}
	return node;
}

static struct fd_ctf_node *find_target(const struct fd_ctf_layout *layout,
				       const struct fd_ctf_node *node)
{
	const char *path = node->type->path;

	for (int scope = 0; scope < FD_CTF_SCOPES; scope++) {
		if (g_str_has_prefix(path, prefixes[scope]))
			return follow(layout->roots[scope], path + strlen(prefixes[scope]));
	}
	for (struct fd_ctf_node *parent = node->parent; parent; parent = parent->parent) {
		struct fd_ctf_node *target = follow(parent, path);

		if (target && target->number < node->number)
			return target;
	}
	return NULL;
}

static gboolean resolve(struct fd_ctf_layout *layout, struct fd_ctf_node *node, GError **error)
{
	const struct fd_ctf_type *type;

	node->target = find_target(layout, node);
	type = node->target ? node->target->type : NULL;
	if (!type || node->target->number >= node->number)
		return fail(error, "this field is not there, or comes later", node->type->path);
	if (node->type->kind == FD_CTF_VARIANT ? type->kind != FD_CTF_ENUM
					       : type->kind > FD_CTF_ENUM || type->is_signed)
		return fail(error, "this field cannot be a length or tag", node->type->path);
	if (node->target->reg == FD_CTF_NO_REG) {
		if (layout->regs >= FD_CTF_REGS)
			return fail(error, "too many lengths and tags", NULL);
		node->target->reg = (uint8_t)layout->regs++;
	}
	if (node->target->readers < UINT8_MAX)
		node->target->readers++;
	return TRUE;
}

/* ---- building ---- */

static struct fd_ctf_node *node_new(struct fd_ctf_layout *layout, const struct fd_ctf_type *type,
				    struct fd_ctf_node *parent, const char *name)
{
	struct fd_ctf_node *node = g_new0(struct fd_ctf_node, 1);

	node->type = type;
	node->parent = parent;
	node->name = name;
	node->number = layout->nodes->len;
	node->reg = FD_CTF_NO_REG;
	g_ptr_array_add(layout->nodes, node);
	return node;
}

static gboolean add_children(struct fd_ctf_layout *layout, struct fd_ctf_node *node,
			     GError **error);

/* The recursion is as deep as types are nested: the parser has a bound for that, and for names of
 * types within types there is one here. */
static struct fd_ctf_node *build(struct fd_ctf_layout *layout, const struct fd_ctf_type *type,
				 struct fd_ctf_node *parent, const char *name, GError **error)
{
	struct fd_ctf_node *node;
	unsigned depth = 0;

	for (const struct fd_ctf_node *p = parent; p; p = p->parent)
		depth++;
	if (depth >= FD_CTF_DEPTH_MAX || layout->nodes->len >= FD_CTF_NODES_MAX) {
		fail(error, "too many fields, or too deep", name);
		return NULL;
	}
	node = node_new(layout, type, parent, name);
	if ((type->kind == FD_CTF_SEQUENCE || type->kind == FD_CTF_VARIANT) &&
	    !resolve(layout, node, error))
		return NULL;
	return add_children(layout, node, error) ? node : NULL;
}

static gboolean add_children(struct fd_ctf_layout *layout, struct fd_ctf_node *node, GError **error)
{
	const struct fd_ctf_type *type = node->type;
	struct fd_ctf_node **last = &node->first;

	if (type->element) {
		node->first = build(layout, type->element, node, NULL, error);
		return node->first != NULL;
	}
	for (guint i = 0; type->members && i < type->members->len; i++) {
		const struct fd_ctf_member *member =
			&g_array_index(type->members, struct fd_ctf_member, i);

		*last = build(layout, member->type, node, member->name, error);
		if (!*last)
			return FALSE;
		last = &(*last)->next;
	}
	return TRUE;
}

gboolean fd_ctf_layout_set(struct fd_ctf_layout *layout, enum fd_ctf_scope scope,
			   const struct fd_ctf_type *type, GError **error)
{
	/* Relative paths stay within the scope, and absolute ones must not find what was here. */
	layout->roots[scope] = NULL;
	if (!type)
		return TRUE;
	layout->roots[scope] = build(layout, type, NULL, NULL, error);
	return layout->roots[scope] != NULL;
}
