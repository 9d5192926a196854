#include "viz/scene/scene.h"

#define TEXT_CHUNK_BYTES 16384

struct fd_scene *fd_scene_new(enum fd_theme theme)
{
	struct fd_scene *scene = g_new0(struct fd_scene, 1);

	scene->items = g_array_new(FALSE, TRUE, sizeof(struct fd_item));
	scene->texts = g_string_chunk_new(TEXT_CHUNK_BYTES);
	scene->interned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	scene->theme = theme;
	scene->title = "";
	scene->description = "";
	return scene;
}

const char *fd_scene_text(struct fd_scene *scene, const char *text)
{
	const char *kept;

	if (!text)
		return NULL;
	kept = g_hash_table_lookup(scene->interned, text);
	if (!kept) {
		g_autofree char *clean = fd_label_clean(text);

		kept = g_string_chunk_insert(scene->texts, clean);
		g_hash_table_insert(scene->interned, g_strdup(text), (gpointer)kept);
	}
	return kept;
}

guint fd_scene_add(struct fd_scene *scene, const struct fd_item *item)
{
	struct fd_item copy = *item;

	copy.id = g_string_chunk_insert(scene->texts, item->id);
	copy.tooltip = fd_scene_text(scene, item->tooltip);
	copy.label.text = fd_scene_text(scene, item->label.text);
	g_array_append_val(scene->items, copy);
	return scene->items->len - 1;
}

guint fd_scene_add_text(struct fd_scene *scene, const char *id, struct fd_rect at,
			const struct fd_label *label, const char *tooltip)
{
	struct fd_item item = {
		.kind = FD_ITEM_BOX,
		.id = id,
		.tooltip = tooltip,
		.at = at,
		.label = *label,
	};

	return fd_scene_add(scene, &item);
}

void fd_item_straight(struct fd_item *arrow, struct fd_point start, struct fd_point tip)
{
	double dx = tip.x - start.x;
	double dy = tip.y - start.y;

	arrow->curve[0] = start;
	arrow->curve[1] = (struct fd_point){ start.x + dx / 3, start.y + dy / 3 };
	arrow->curve[2] = (struct fd_point){ start.x + dx * 2 / 3, start.y + dy * 2 / 3 };
	arrow->curve[3] = tip;
}

void fd_scene_free(struct fd_scene *scene)
{
	if (!scene)
		return;
	g_array_unref(scene->items);
	g_hash_table_unref(scene->interned);
	g_string_chunk_free(scene->texts);
	g_free(scene);
}
