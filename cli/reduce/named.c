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

gboolean fdar_named(int (*diff)(int argc, char **argv), const char *baseline, const char *subject,
		    const char *file)
{
	char *arguments[] = { (char *)"diff",   (char *)"--format", (char *)"json",
			      (char *)baseline, (char *)subject,    NULL };
	gboolean named = fdar_child_quiet(diff, arguments, file) == 0 && is_named(file);

	g_unlink(file);
	return named;
}
