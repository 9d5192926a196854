#include "viz/scene/scene.h"

#define TEXT_CHUNK_BYTES 16384

struct fdar_scene *fdar_scene_new(enum fdar_theme theme)
{
	struct fdar_scene *scene = g_new0(struct fdar_scene, 1);

	scene->items = g_array_new(FALSE, TRUE, sizeof(struct fdar_item));
	scene->texts = g_string_chunk_new(TEXT_CHUNK_BYTES);
	scene->interned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	scene->theme = theme;
	scene->title = "";
	scene->description = "";
	return scene;
}

const char *fdar_scene_text(struct fdar_scene *scene, const char *text)
{
	const char *kept;

	if (!text)
		return NULL;
	kept = g_hash_table_lookup(scene->interned, text);
	if (!kept) {
		g_autofree char *clean = fdar_label_clean(text);

		kept = g_string_chunk_insert(scene->texts, clean);
		g_hash_table_insert(scene->interned, g_strdup(text), (gpointer)kept);
	}
	return kept;
}

guint fdar_scene_add(struct fdar_scene *scene, const struct fdar_item *item)
{
	struct fdar_item copy = *item;

	copy.id = g_string_chunk_insert(scene->texts, item->id);
	copy.tooltip = fdar_scene_text(scene, item->tooltip);
	copy.label.text = fdar_scene_text(scene, item->label.text);
	g_array_append_val(scene->items, copy);
	return scene->items->len - 1;
}

guint fdar_scene_add_text(struct fdar_scene *scene, const char *id, struct fdar_rect at,
			  const struct fdar_label *label, const char *tooltip)
{
	struct fdar_item item = {
		.kind = FDAR_ITEM_BOX,
		.id = id,
		.tooltip = tooltip,
		.at = at,
		.label = *label,
	};

	return fdar_scene_add(scene, &item);
}

void fdar_item_straight(struct fdar_item *arrow, struct fdar_point start, struct fdar_point tip)
{
	double dx = tip.x - start.x;
	double dy = tip.y - start.y;

	arrow->curve[0] = start;
	arrow->curve[1] = (struct fdar_point){ start.x + dx / 3, start.y + dy / 3 };
	arrow->curve[2] = (struct fdar_point){ start.x + dx * 2 / 3, start.y + dy * 2 / 3 };
	arrow->curve[3] = tip;
}

void fdar_scene_free(struct fdar_scene *scene)
{
	if (!scene)
		return;
	g_array_unref(scene->items);
	g_hash_table_unref(scene->interned);
	g_string_chunk_free(scene->texts);
	g_free(scene);
}
