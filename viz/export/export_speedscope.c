#include "viz/export/export_tree.h"

#include <json-glib/json-glib.h>
#include <math.h>

/* A frame of speedscope is a function, not a call path: equal names of one binary are one. */
struct frames {
	GHashTable *ids; /* "component\nname" -> index + 1 */
	uint32_t *of_node;
	uint32_t count;
};

static void write_frames(JsonBuilder *json, const struct fdar_flame_tree *tree,
			 struct frames *frames)
{
	json_builder_set_member_name(json, "shared");
	json_builder_begin_object(json);
	json_builder_set_member_name(json, "frames");
	json_builder_begin_array(json);
	for (uint32_t i = 1; i < tree->count; i++) {
		const struct fdar_flame_node *node = &tree->nodes[i];
		char *key = g_strconcat(node->component, "\n", node->name, NULL);
		guint id = GPOINTER_TO_UINT(g_hash_table_lookup(frames->ids, key));

		if (id) {
			g_free(key);
			frames->of_node[i] = id - 1;
			continue;
		}
		frames->of_node[i] = frames->count++;
		g_hash_table_insert(frames->ids, key, GUINT_TO_POINTER(frames->count));
		json_builder_begin_object(json);
		json_builder_set_member_name(json, "name");
		json_builder_add_string_value(json, node->name);
		if (*node->component) {
			json_builder_set_member_name(json, "file");
			json_builder_add_string_value(json, node->component);
		}
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void write_stack(JsonBuilder *json, const struct fdar_flame_tree *tree,
			const struct frames *frames, uint32_t index)
{
	g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	fdar_flame_path(tree, index, path);
	json_builder_begin_array(json);
	for (guint i = path->len; i-- > 0;)
		json_builder_add_int_value(json, frames->of_node[g_array_index(path, uint32_t, i)]);
	json_builder_end_array(json);
}

static void write_side(JsonBuilder *json, const struct fdar_flame_tree *tree,
		       const struct frames *frames, unsigned side, const char *name)
{
	gint64 all = 0;

	json_builder_begin_object(json);
	json_builder_set_member_name(json, "type");
	json_builder_add_string_value(json, "sampled");
	json_builder_set_member_name(json, "name");
	json_builder_add_string_value(json, name);
	json_builder_set_member_name(json, "unit");
	json_builder_add_string_value(json, "nanoseconds");
	json_builder_set_member_name(json, "samples");
	json_builder_begin_array(json);
	for (uint32_t i = 1; i < tree->count; i++)
		if (llrint(tree->nodes[i].own_ns[side]))
			write_stack(json, tree, frames, i);
	json_builder_end_array(json);
	json_builder_set_member_name(json, "weights");
	json_builder_begin_array(json);
	for (uint32_t i = 1; i < tree->count; i++) {
		gint64 own = llrint(tree->nodes[i].own_ns[side]);

		if (own)
			json_builder_add_int_value(json, own);
		all += own;
	}
	json_builder_end_array(json);
	json_builder_set_member_name(json, "startValue");
	json_builder_add_int_value(json, 0);
	json_builder_set_member_name(json, "endValue");
	json_builder_add_int_value(json, all);
	json_builder_end_object(json);
}

GString *fdar_export_speedscope(const struct fdar_flame_tree *tree, const char *name)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree uint32_t *of_node = g_new0(uint32_t, tree->count);
	struct frames frames = { g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
				 of_node, 0 };
	GString *out = g_string_new(NULL);

	json_builder_begin_object(json);
	json_builder_set_member_name(json, "$schema");
	json_builder_add_string_value(json, "https://www.speedscope.app/file-format-schema.json");
	json_builder_set_member_name(json, "name");
	json_builder_add_string_value(json, name);
	json_builder_set_member_name(json, "exporter");
	json_builder_add_string_value(json, "flowdar");
	write_frames(json, tree, &frames);
	json_builder_set_member_name(json, "profiles");
	json_builder_begin_array(json);
	write_side(json, tree, &frames, FDAR_FLAME_SUBJECT, tree->two_sides ? "subject" : name);
	if (tree->two_sides)
		write_side(json, tree, &frames, FDAR_FLAME_BASELINE, "baseline");
	json_builder_end_array(json);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	json_generator_set_root(generator, root);
	json_generator_to_gstring(generator, out);
	g_string_append_c(out, '\n');
	g_hash_table_unref(frames.ids);
	return out;
}
