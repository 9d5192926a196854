/* Where what a trace tells belongs: nodes of call paths. */
#include "analyze/profile/profile_build_private.h"

static GArray *nodes_of(struct fdar_profile_builder *builder, uint32_t group)
{
	while (group >= builder->path_nodes->len)
		g_ptr_array_add(builder->path_nodes, g_array_new(FALSE, FALSE, sizeof(uint32_t)));
	return g_ptr_array_index(builder->path_nodes, group);
}

static uint32_t known(const GArray *array, uint32_t index)
{
	return index < array->len ? g_array_index(array, uint32_t, index) : FDAR_PROFILE_NONE;
}

void profile_node_prefetch(struct fdar_profile_builder *builder, uint32_t group, uint32_t path)
{
	uint32_t parent = fdar_walk_path(builder->walk, path).parent;
	uint32_t function = known(builder->path_functions, path);

	parent = parent ? known(nodes_of(builder, group), parent) : 0;
	if (parent != FDAR_PROFILE_NONE && function != FDAR_PROFILE_NONE)
		fdar_intern_prefetch(&builder->profile->groups[group].index->nodes, parent,
				     function);
}

/* The node of a path whose parent has one; 0 for the parent of those that have none. */
static uint32_t make_node(struct fdar_profile_builder *builder, uint32_t group_index, uint32_t path,
			  const struct fdar_walk_path *what, uint32_t parent)
{
	struct fdar_profile_group *group = &builder->profile->groups[group_index];
	uint32_t function = profile_function_of(builder, path, what);
	uint32_t outer = profile_path_outer(builder, path), node = parent;
	GArray *nodes = nodes_of(builder, group_index);

	if (outer && *profile_place(nodes, outer) != FDAR_PROFILE_NONE)
		node = *profile_place(nodes, outer);
	else if (!profile_is_folded(builder, function))
		node = profile_node_add(group, parent, function);
	*profile_place(nodes, path) = node;
	return node;
}

uint32_t profile_node_of(struct fdar_profile_builder *builder, uint32_t group, uint32_t path)
{
	GArray *nodes = nodes_of(builder, group);
	uint32_t node = *profile_place(nodes, path);

	if (node != FDAR_PROFILE_NONE)
		return node;
	struct fdar_walk_path what = fdar_walk_path(builder->walk, path);
	uint32_t at = what.parent;

	/* As a rule the one above it has one, where it has the lower number. */
	if (!at || *profile_place(nodes, at) != FDAR_PROFILE_NONE)
		return make_node(builder, group, path, &what, at ? *profile_place(nodes, at) : 0);
	/* Down from the nearest path that has one: nothing is held on the way up, so that deep
	 * paths cost no stack. */
	g_autoptr(GArray) missing = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	g_array_append_val(missing, path);
	do {
		g_array_append_val(missing, at);
		at = fdar_walk_path(builder->walk, at).parent;
	} while (at && (node = *profile_place(nodes, at)) == FDAR_PROFILE_NONE);
	if (!at)
		node = 0;
	for (guint i = missing->len; i > 0; i--) {
		uint32_t below = g_array_index(missing, uint32_t, i - 1);

		what = fdar_walk_path(builder->walk, below);
		node = make_node(builder, group, below, &what, node);
	}
	return node;
}
