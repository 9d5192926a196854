/* The union of both call trees. */
#include "analyze/diff/diff_private.h"
#include "analyze/profile/profile_private.h"

/* Which functions are in a side's tree, by index in names. The caller frees it. */
static gboolean *functions_in(const struct diff_work *work, const struct diff_side *side)
{
	gboolean *in = g_new0(gboolean, work->names->function_count + 1);

	for (uint32_t n = 1; n < side->group->node_count; n++)
		in[side->functions[side->group->nodes[n].function]] = TRUE;
	return in;
}

/* A loop of the server above the sessions that the other build has as a part of its caller: what it calls is
 * called from the same place. */
static gboolean is_seen_through(const struct fdar_profile_node *node, const gboolean *other,
				uint32_t function)
{
	return !node->stat.calls && !node->stat.own_ns && !other[function];
}

/* Both trees in one; map[side][node] is the union's node. */
static void unite(struct diff_work *work, uint32_t **map)
{
	struct fdar_profile_group *tree = &work->names->groups[0];

	for (int i = 0; i < SIDES; i++) {
		const struct diff_side *side = &work->side[i];
		g_autofree gboolean *other = functions_in(work, &work->side[!i]);

		map[i] = g_new0(uint32_t, side->group->node_count);
		for (uint32_t n = 1; n < side->group->node_count; n++) {
			const struct fdar_profile_node *node = &side->group->nodes[n];
			uint32_t function = side->functions[node->function];
			uint32_t parent = map[i][node->parent];

			map[i][n] = is_seen_through(node, other, function)
					    ? parent
					    : profile_node_add(tree, parent, function);
		}
	}
}

/* Own times are means already; totals become sums over the subtree. */
static void sum_subtrees(struct fdar_diff *diff)
{
	for (uint32_t i = 0; i < diff->node_count; i++) {
		struct fdar_diff_node *node = &diff->nodes[i];
		gboolean waits = node->frame == FDAR_FRAME_WAIT || node->frame == FDAR_FRAME_QUEUE;

		node->baseline.total_ns = node->baseline.own_ns;
		node->subject.total_ns = node->subject.own_ns;
		node->baseline.wait_ns = waits ? node->baseline.own_ns : 0;
		node->subject.wait_ns = waits ? node->subject.own_ns : 0;
	}
	for (uint32_t i = diff->node_count - 1; i > 0; i--) {
		const struct fdar_diff_node *node = &diff->nodes[i];
		struct fdar_diff_node *parent = &diff->nodes[node->parent];

		parent->baseline.total_ns += node->baseline.total_ns;
		parent->subject.total_ns += node->subject.total_ns;
		parent->baseline.wait_ns += node->baseline.wait_ns;
		parent->subject.wait_ns += node->subject.wait_ns;
	}
}

static void name_node(struct diff_work *work, uint32_t at)
{
	struct fdar_diff_node *node = &work->diff->nodes[at];
	const struct fdar_profile_node *like = &work->names->groups[0].nodes[at];

	node->parent = like->parent;
	work->node_functions[at] = like->function;
	if (!at) {
		node->function = "";
		node->component = "";
		return;
	}
	const struct fdar_profile_function *function = &work->names->functions[like->function];
	node->function = g_string_chunk_insert_const(work->diff->texts, function->name);
	node->component = g_string_chunk_insert_const(work->diff->texts, function->component);
	node->frame = function->kind;
	node->wait = function->wait;
	node->depth = work->diff->nodes[node->parent].depth + 1;
}

static void fill_nodes(struct diff_work *work, uint32_t **map)
{
	struct fdar_diff *diff = work->diff;
	g_autofree gboolean *seen = g_new0(gboolean, 2 * (gsize)diff->node_count);

	for (uint32_t i = 0; i < diff->node_count; i++)
		name_node(work, i);
	for (int i = 0; i < SIDES; i++) {
		const struct diff_side *side = &work->side[i];

		for (uint32_t n = 0; n < side->group->node_count; n++) {
			const struct fdar_profile_node *like = &side->group->nodes[n];
			struct fdar_diff_node *node = &diff->nodes[map[i][n]];

			seen[2 * map[i][n] + (uint32_t)i] = TRUE;
			/* A node that is seen through is where its parent is, and has nothing. */
			if (n && (map[i][n] == map[i][like->parent] ||
				  diff_leaves_out(work, side->functions[like->function])))
				continue;
			diff_side_fill(side, &like->stat, side->node_price[n], diff->whole_run,
				       i == BASELINE ? &node->baseline : &node->subject);
		}
	}
	/* A node of the union is in at least one. */
	for (uint32_t i = 0; i < diff->node_count; i++)
		diff->nodes[i].presence = !seen[2 * i]       ? FDAR_IN_SUBJECT
					  : !seen[2 * i + 1] ? FDAR_IN_BASELINE
							     : FDAR_IN_BOTH;
}

void diff_tree_make(struct diff_work *work)
{
	struct fdar_diff *diff = work->diff;
	uint32_t *map[SIDES];
	double increases_ns = 0;

	unite(work, map);
	diff->node_count = work->names->groups[0].node_count;
	diff->nodes = g_new0(struct fdar_diff_node, diff->node_count);
	work->node_functions = g_new0(uint32_t, diff->node_count);
	fill_nodes(work, map);
	sum_subtrees(diff);
	for (uint32_t i = 0; i < diff->node_count; i++) {
		struct fdar_diff_node *node = &diff->nodes[i];

		node->ratio = diff_ratio(node->baseline.total_ns, node->subject.total_ns);
		node->added_ns = node->subject.own_ns - node->baseline.own_ns;
		node->tree_added_ns = node->subject.total_ns - node->baseline.total_ns;
		if (!diff_follows(work, node->frame, node->wait, &node->baseline, &node->subject))
			node->share = MAX(node->added_ns, 0);
		increases_ns += node->share;
	}
	for (uint32_t i = 0; i < diff->node_count && increases_ns > 0; i++)
		diff->nodes[i].share /= increases_ns;
	for (int i = 0; i < SIDES; i++)
		g_free(map[i]);
}

char **fdar_diff_frames(const struct fdar_diff *diff, uint32_t node)
{
	GPtrArray *names = g_ptr_array_new();
	uint32_t at = node < diff->node_count ? node : 0;

	for (; at; at = diff->nodes[at].parent)
		g_ptr_array_insert(names, 0, g_strdup(diff->nodes[at].function));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

char *fdar_diff_path(const struct fdar_diff *diff, uint32_t node, unsigned last)
{
	g_auto(GStrv) frames = fdar_diff_frames(diff, node);
	guint count = g_strv_length(frames), skipped = last && count > last ? count - last : 0;
	g_autofree char *path = g_strjoinv(" > ", frames + skipped);

	return g_strconcat(skipped ? "... > " : "", path, NULL);
}
