/* Where what a trace tells belongs: nodes of call paths. */
#include "analyze/profile/profile_build_private.h"

static GArray *nodes_of(struct fdar_profile_builder *builder, uint32_t group)
{
	while (group >= builder->path_nodes->len)
		g_ptr_array_add(builder->path_nodes, g_array_new(FALSE, FALSE, sizeof(uint32_t)));
	return g_ptr_array_index(builder->path_nodes, group);
}

uint32_t profile_node_of(struct fdar_profile_builder *builder, uint32_t group_index, uint32_t path)
{
	struct fdar_profile_group *group = &builder->profile->groups[group_index];
	GArray *nodes = nodes_of(builder, group_index);
	uint32_t node = *profile_place(nodes, path);

	if (node != FDAR_PROFILE_NONE)
		return node;
	/* Down from the nearest path that has one: nothing is held on the way up, so that deep
	 * paths cost no stack. */
	g_autoptr(GArray) missing = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint32_t at = path;

	node = 0;
	do {
		g_array_append_val(missing, at);
		at = fdar_walk_path(builder->walk, at).parent;
	} while (at && (node = *profile_place(nodes, at)) == FDAR_PROFILE_NONE);
	if (!at)
		node = 0;
	for (guint i = missing->len; i > 0; i--) {
		uint32_t below = g_array_index(missing, uint32_t, i - 1);
		struct fdar_walk_path what = fdar_walk_path(builder->walk, below);

		uint32_t function = profile_function_of(builder, below, &what);
		uint32_t outer = profile_path_outer(builder, below);

		nodes = nodes_of(builder, group_index);
		if (outer && *profile_place(nodes, outer) != FDAR_PROFILE_NONE)
			node = *profile_place(nodes, outer);
		else if (!profile_is_folded(builder, function))
			node = profile_node_add(group, node, function);
		*profile_place(nodes, below) = node;
	}
	return node;
}
