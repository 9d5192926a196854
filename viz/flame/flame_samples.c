#include <string.h>

#include "analyze/symbols/symbols.h"
#include "base/intern.h"
#include "viz/flame/flame_private.h"

/* A tree that grows: a path is its parent's number and a function's. */
struct growing {
	struct fdar_flame_tree *tree;
	GArray *nodes;            /* struct fdar_flame_node */
	struct fdar_intern paths; /* (parent, function) -> node - 1 */
	GHashTable *functions;    /* "name\1component\1build" -> number + 1 */
};

static const struct fdar_sampled_session *session_at(const struct fdar_sampled *sampled, guint i)
{
	return &g_array_index(sampled->sessions, struct fdar_sampled_session, i);
}

static gboolean is_labelled(const struct fdar_sampled *sampled, guint session, const char *label)
{
	return !label || g_strcmp0(session_at(sampled, session)->label, label) == 0;
}

static guint sessions_of(const struct fdar_sampled *sampled, const char *label)
{
	guint count = 0;

	for (guint i = 0; i < sampled->sessions->len; i++)
		count += is_labelled(sampled, i, label) ? 1 : 0;
	return count;
}

/* Of a whole run it is all but what recording costs. */
static gboolean is_wanted(const struct fdar_sampled *sampled, guint sample, const char *label,
			  gboolean whole)
{
	const struct fdar_sampled_owner *owner = &sampled->owners[sample];

	if (whole)
		return owner->place != FDAR_SAMPLED_PRICE;
	return owner->place == FDAR_SAMPLED_SESSION && is_labelled(sampled, owner->session, label);
}

/* What has no name is known by its address, which is another function's in another build. */
static uint32_t function_of(struct growing *growing, const struct fdar_sample_function *function,
			    const char *name, const char *component)
{
	gboolean nameless = function->kind == FDAR_SAMPLE_UNNAMED;
	char *key = g_strjoin("\1", name, component, nameless ? function->build_id : "", NULL);
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(growing->functions, key));

	if (!number) {
		number = g_hash_table_size(growing->functions) + 1;
		g_hash_table_insert(growing->functions, key, GUINT_TO_POINTER(number));
	} else {
		g_free(key);
	}
	return number - 1;
}

static uint32_t add_path(struct growing *growing, uint32_t parent, uint32_t function,
			 const char *name, const char *component)
{
	uint32_t node = fdar_intern_add(&growing->paths, parent, function) + 1;
	struct fdar_flame_node added = { .parent = parent, .frame = FDAR_FRAME_FUNCTION };

	if (node == growing->nodes->len) {
		added.name = fdar_flame_tree_keep(growing->tree, name);
		added.component = fdar_flame_tree_keep(growing->tree, component);
		g_array_append_val(growing->nodes, added);
	}
	return node;
}

/* The path of each node of the samples: a function that calls itself is one box. The caller frees it. */
static uint32_t *paths_of(struct growing *growing, const struct fdar_samples *samples)
{
	uint32_t *paths = g_new0(uint32_t, samples->nodes->len + 1);
	g_autofree uint32_t *functions = g_new0(uint32_t, samples->nodes->len + 1);

	functions[0] = FDAR_SAMPLED_NONE;
	for (guint i = 1; i < samples->nodes->len; i++) {
		const struct fdar_sample_function *function = fdar_samples_function_of(samples, i);
		uint32_t parent = g_array_index(samples->nodes, struct fdar_sample_node, i).parent;
		g_autofree char *name = fdar_symbol_source_name(function->name);
		g_autofree char *component = function->kind == FDAR_SAMPLE_KERNEL
						     ? g_strdup("kernel")
						     : fdar_component_name(function->binary);

		functions[i] = function_of(growing, function, name, component);
		paths[i] =
			functions[i] == functions[parent]
				? paths[parent]
				: add_path(growing, paths[parent], functions[i], name, component);
	}
	return paths;
}

static void take_side(struct growing *growing, const struct fdar_sampled *sampled,
		      enum fdar_flame_side side, const char *label, gboolean whole)
{
	const struct fdar_samples *samples = sampled->samples;
	double units = whole ? 1 : MAX(sessions_of(sampled, label), 1);
	double each_ns = (double)samples->period_ns / units;
	g_autofree uint32_t *paths = paths_of(growing, samples);

	growing->tree->units[side] = units;
	growing->tree->sample_ns[side] = each_ns;
	for (guint i = 0; i < samples->samples->len; i++) {
		uint32_t node = g_array_index(samples->samples, struct fdar_sample, i).node;

		if (node && is_wanted(sampled, i, label, whole))
			g_array_index(growing->nodes, struct fdar_flame_node, paths[node])
				.own_ns[side] += each_ns;
	}
}

struct fdar_flame_tree *fdar_flame_tree_of_samples(
	const struct fdar_sampled *const sides[FDAR_FLAME_SIDES],
	const char *const labels[FDAR_FLAME_SIDES], enum fdar_unit unit)
{
	struct growing growing = { .tree = fdar_flame_tree_new(1, "run") };
	struct fdar_flame_tree *tree = growing.tree;
	gboolean whole = TRUE;

	for (unsigned s = 0; s < FDAR_FLAME_SIDES; s++)
		whole = whole && (!sides[s] || !sessions_of(sides[s], labels[s]));
	if (!whole)
		tree->unit = unit == FDAR_UNIT_REQUEST ? "request" : "session";
	tree->two_sides = sides[FDAR_FLAME_BASELINE] != NULL;
	growing.nodes = g_array_new(FALSE, TRUE, sizeof(struct fdar_flame_node));
	growing.functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_array_append_vals(growing.nodes, tree->nodes, 1);
	for (unsigned s = 0; s < FDAR_FLAME_SIDES; s++)
		if (sides[s])
			take_side(&growing, sides[s], (enum fdar_flame_side)s, labels[s], whole);
	g_free(tree->nodes);
	tree->count = growing.nodes->len;
	tree->nodes = (struct fdar_flame_node *)(void *)g_array_free(growing.nodes, FALSE);
	g_hash_table_unref(growing.functions);
	fdar_intern_clear(&growing.paths);
	fdar_flame_tree_finish(tree);
	return tree;
}
