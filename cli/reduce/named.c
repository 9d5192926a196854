#include "cli/reduce/named.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "cli/reduce/child.h"

static gboolean has_text(JsonObject *object, const char *name)
{
	const char *text = json_object_get_string_member_with_default(object, name, NULL);

	return text && *text;
}

static gboolean is_named(const char *path)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root, *node;
	JsonObject *verdict;

	if (!json_parser_load_from_file(parser, path, NULL))
		return FALSE;
	root = json_parser_get_root(parser);
	node = root && JSON_NODE_HOLDS_OBJECT(root)
		       ? json_object_get_member(json_node_get_object(root), "verdict")
		       : NULL;
	verdict = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	return verdict && (has_text(verdict, "function") || has_text(verdict, "below"));
}

gboolean fdar_named(int (*diff)(int argc, char **argv), const GPtrArray *sides, const char *file)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new();
	gboolean named;

	g_ptr_array_add(arguments, (gpointer) "diff");
	g_ptr_array_add(arguments, (gpointer) "--format");
	g_ptr_array_add(arguments, (gpointer) "json");
	for (guint i = 0; i < sides->len; i++)
		g_ptr_array_add(arguments, g_ptr_array_index(sides, i));
	g_ptr_array_add(arguments, NULL);
	named = fdar_child_quiet(diff, (char **)arguments->pdata, file) == 0 && is_named(file);
	g_unlink(file);
	return named;
}
