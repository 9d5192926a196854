#include "viz/flame/flame_private.h"

#include <string.h>

#include "analyze/symbols/symbols.h"
#include "viz/scene/label.h"

struct fdar_flame_tree *fdar_flame_tree_new(uint32_t count, const char *unit)
{
	struct fdar_flame_tree *tree = g_new0(struct fdar_flame_tree, 1);

	tree->nodes = g_new0(struct fdar_flame_node, MAX(count, 1));
	tree->count = MAX(count, 1);
	tree->unit = unit;
	tree->texts = g_string_chunk_new(4096);
	tree->nodes[0].name = tree->nodes[0].component = "";
	tree->nodes[0].parent = FDAR_PROFILE_NONE;
	return tree;
}

const char *fdar_flame_tree_keep(struct fdar_flame_tree *tree, const char *text)
{
	g_autofree char *clean = fdar_label_clean(text);

	return g_string_chunk_insert_const(tree->texts, clean);
}

/* Children come after their parents: from the last to the first, each has all of its own below it. */
static void add_up(struct fdar_flame_tree *tree)
{
	for (uint32_t i = tree->count; i-- > 0;) {
		struct fdar_flame_node *node = &tree->nodes[i];

		for (unsigned side = 0; side < FDAR_FLAME_SIDES; side++) {
			node->total_ns[side] += node->own_ns[side];
			if (node->parent != FDAR_PROFILE_NONE)
				tree->nodes[node->parent].total_ns[side] += node->total_ns[side];
		}
	}
}

/* What instrumenting the server put into it is none of its functions: what these call is called by who called
 * them, and their own time is nobody's. */
static void drop_own(struct fdar_flame_tree *tree)
{
	g_autofree uint32_t *placed = g_new0(uint32_t, tree->count);
	uint32_t kept = 1;

	for (uint32_t i = 1; i < tree->count; i++) {
		struct fdar_flame_node node = tree->nodes[i];

		node.parent = placed[node.parent];
		if (node.frame == FDAR_FRAME_FUNCTION &&
		    strcmp(node.component, FDAR_COMPONENT_OWN) == 0) {
			placed[i] = node.parent;
			for (unsigned side = 0; side < FDAR_FLAME_SIDES; side++)
				tree->dropped_ns[side] += node.own_ns[side];
		} else {
			placed[i] = kept;
			tree->nodes[kept++] = node;
		}
	}
	tree->count = kept;
}

/* ---- the order of siblings ---- */

struct sorting {
	const struct fdar_flame_node *nodes;
};

/* By name, so that pictures of two recordings can be held against each other, and the same profile gives
 * the same picture however it was read. Nodes of one name and parent do not exist twice in a binary. */
static int by_place(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct sorting *sorting = user;
	const struct fdar_flame_node *x = &sorting->nodes[*(const uint32_t *)a];
	const struct fdar_flame_node *y = &sorting->nodes[*(const uint32_t *)b];
	int order;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	order = strcmp(x->name, y->name);
	if (!order)
		order = strcmp(x->component, y->component);
	return order ? order : (int)x->frame - (int)y->frame;
}

/* Level by level: a node's children stand together behind all nodes that were placed before, so parents
 * still come before their children. O(n log n). */
static void sort_siblings(struct fdar_flame_tree *tree)
{
	struct sorting sorting = { tree->nodes };
	g_autofree uint32_t *order = g_new(uint32_t, tree->count);
	g_autofree uint32_t *first = g_new0(uint32_t, tree->count + 1);
	g_autofree uint32_t *queue = g_new(uint32_t, tree->count);
	g_autofree uint32_t *placed = g_new(uint32_t, tree->count);
	struct fdar_flame_node *sorted = g_new(struct fdar_flame_node, tree->count);
	uint32_t length = 1;

	for (uint32_t i = 0; i + 1 < tree->count; i++)
		order[i] = i + 1;
	if (tree->count > 1)
		g_qsort_with_data(order, (gint)(tree->count - 1), sizeof(*order), by_place,
				  &sorting);
	/* first[p]: where the children of p begin in order. */
	for (uint32_t i = 1; i < tree->count; i++)
		first[tree->nodes[i].parent + 1]++;
	for (uint32_t i = 1; i <= tree->count; i++)
		first[i] += first[i - 1];
	queue[0] = placed[0] = 0;
	for (uint32_t at = 0; at < length; at++) {
		uint32_t node = queue[at];

		sorted[at] = tree->nodes[node];
		placed[node] = at;
		if (at)
			sorted[at].parent = placed[sorted[at].parent];
		for (uint32_t i = first[node]; i < first[node + 1]; i++)
			queue[length++] = order[i];
	}
	g_assert(length == tree->count);
	g_free(tree->nodes);
	tree->nodes = sorted;
}

void fdar_flame_tree_finish(struct fdar_flame_tree *tree)
{
	drop_own(tree);
	sort_siblings(tree);
	add_up(tree);
}

/* A profile's nodes are in the order of their making: parents first. */
static void take_group(struct fdar_flame_tree *tree, const struct fdar_profile *profile,
		       const struct fdar_profile_group *group)
{
	double units = tree->units[FDAR_FLAME_SUBJECT];

	for (uint32_t i = 1; i < group->node_count; i++) {
		const struct fdar_profile_node *from = &group->nodes[i];
		const struct fdar_profile_function *function = &profile->functions[from->function];
		struct fdar_flame_node *node = &tree->nodes[i];

		g_assert(from->parent < i);
		node->name = fdar_flame_tree_keep(tree, function->name);
		node->component = fdar_flame_tree_keep(tree, function->component);
		node->parent = from->parent;
		node->frame = function->kind;
		node->own_ns[FDAR_FLAME_SUBJECT] = (double)from->stat.own_ns / units;
		node->calls[FDAR_FLAME_SUBJECT] = (double)from->stat.calls / units;
	}
}

struct fdar_flame_tree *fdar_flame_tree_of_profile(const struct fdar_profile *profile)
{
	g_autoptr(fdar_profile) flat = fdar_profile_flatten(profile);
	const struct fdar_profile_group *group = fdar_profile_group(flat, FDAR_PROFILE_ALL);
	gboolean sessions = group && group->sessions;
	struct fdar_flame_tree *tree;

	if (!sessions)
		group = &flat->groups[0];
	tree = fdar_flame_tree_new(group->node_count, !sessions ? "run"
						      : flat->unit == FDAR_UNIT_REQUEST
							      ? "request"
							      : "session");
	tree->units[FDAR_FLAME_SUBJECT] = sessions ? (double)group->sessions : 1;
	take_group(tree, flat, group);
	fdar_flame_tree_finish(tree);
	return tree;
}

struct fdar_flame_tree *fdar_flame_tree_of_diff(const struct fdar_diff *diff)
{
	struct fdar_flame_tree *tree =
		fdar_flame_tree_new(diff->node_count, diff->whole_run ? "run"
						      : diff->unit == FDAR_UNIT_REQUEST
							      ? "request"
							      : "session");

	tree->two_sides = TRUE;
	tree->units[FDAR_FLAME_BASELINE] = diff->whole_run ? 1 : (double)diff->baseline.sessions;
	tree->units[FDAR_FLAME_SUBJECT] = diff->whole_run ? 1 : (double)diff->subject.sessions;
	for (uint32_t i = 1; i < diff->node_count; i++) {
		const struct fdar_diff_node *from = &diff->nodes[i];
		struct fdar_flame_node *node = &tree->nodes[i];

		g_assert(from->parent < i);
		node->name = fdar_flame_tree_keep(tree, from->function);
		node->component = fdar_flame_tree_keep(tree, from->component);
		node->parent = from->parent;
		node->frame = from->frame;
		node->own_ns[FDAR_FLAME_BASELINE] = from->baseline.own_ns;
		node->own_ns[FDAR_FLAME_SUBJECT] = from->subject.own_ns;
		node->calls[FDAR_FLAME_BASELINE] = from->baseline.calls;
		node->calls[FDAR_FLAME_SUBJECT] = from->subject.calls;
	}
	fdar_flame_tree_finish(tree);
	return tree;
}

void fdar_flame_path(const struct fdar_flame_tree *tree, uint32_t index, GArray *path)
{
	g_array_set_size(path, 0);
	for (; index; index = tree->nodes[index].parent)
		g_array_append_val(path, index);
}

void fdar_flame_tree_free(struct fdar_flame_tree *tree)
{
	if (!tree)
		return;
	g_free(tree->nodes);
	g_string_chunk_free(tree->texts);
	g_free(tree);
}
