#include "analyze/profile/unowned.h"

#define NAMES_MAX 5u /* of a path, the innermost */

static gboolean runs(const struct fdar_profile *profile, const struct fdar_profile_node *node)
{
	uint8_t kind = profile->functions[node->function].kind;

	return kind == FDAR_FRAME_FUNCTION || kind == FDAR_FRAME_SCOPE ||
	       kind == FDAR_FRAME_INFERRED;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Running time of each node of a group and of all below it; [0]: the group's. The caller frees it. */
static uint64_t *running_below(const struct fdar_profile *profile,
			       const struct fdar_profile_group *group)
{
	uint64_t *below = g_new0(uint64_t, MAX(group->node_count, 1));

	for (uint32_t i = 1; i < group->node_count; i++)
		below[i] = runs(profile, &group->nodes[i]) ? group->nodes[i].stat.own_ns : 0;
	/* Children come after their parents. */
	for (uint32_t i = group->node_count; i > 1; i--)
		below[group->nodes[i - 1].parent] =
			sum(below[group->nodes[i - 1].parent], below[i - 1]);
	return below;
}

static uint32_t largest_child(const struct fdar_profile_group *group, const uint64_t *below,
			      uint32_t at)
{
	uint32_t largest = 0, child = group->nodes[at].first_child;

	for (; child != FDAR_PROFILE_NONE; child = group->nodes[child].next_sibling)
		if (below[child] > (largest ? below[largest] : 0))
			largest = child;
	return largest;
}

/* Down from the root where most is, as long as a child has half of what its parent has. 0: nothing runs. */
static uint32_t deepest(const struct fdar_profile_group *group, const uint64_t *below)
{
	uint32_t at = 0, child;

	while ((child = largest_child(group, below, at)) && (!at || below[child] >= below[at] / 2))
		at = child;
	return at;
}

static char *path_of(const struct fdar_profile *profile, const struct fdar_profile_group *group,
		     uint32_t at)
{
	g_autoptr(GString) path = g_string_new(NULL);
	unsigned names = 0;

	for (; at && names < NAMES_MAX; at = group->nodes[at].parent, names++) {
		g_string_prepend(path, names ? " > " : "");
		g_string_prepend(path, profile->functions[group->nodes[at].function].name);
	}
	if (at)
		g_string_prepend(path, "... > ");
	return g_strdup(path->str);
}

void fdar_unowned_find(const struct fdar_profile *profile, struct fdar_unowned *out)
{
	const struct fdar_profile_group *server = &profile->groups[0];
	g_autofree uint64_t *below = running_below(profile, server);
	uint64_t all_ns = below[0];
	uint32_t at = deepest(server, below);

	for (uint32_t g = 1; g < profile->group_count; g++) {
		g_autofree uint64_t *of = running_below(profile, &profile->groups[g]);

		all_ns = sum(all_ns, of[0]);
	}
	*out = (struct fdar_unowned){
		.running_ns = below[0],
		.part = all_ns ? (double)below[0] / (double)all_ns : 0,
		.path = at ? path_of(profile, server, at) : NULL,
		.node = at,
	};
}
