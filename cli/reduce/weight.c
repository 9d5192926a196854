#include "cli/reduce/weight.h"

#include <json-glib/json-glib.h>

static double number(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_double(node) : 0;
}

gboolean fdar_weight_parse(const char *line, uint32_t *session, double *busy_ns)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root, *node;
	JsonObject *object;
	JsonArray *exchanges;

	if (!json_parser_load_from_data(parser, line, -1, NULL))
		return FALSE;
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return FALSE;
	object = json_node_get_object(root);
	node = json_object_get_member(object, "exchanges");
	if (!node || !JSON_NODE_HOLDS_ARRAY(node) || !json_object_has_member(object, "session") ||
	    number(object, "session") < 0 || number(object, "session") > G_MAXUINT32)
		return FALSE;
	*session = (uint32_t)number(object, "session");
	*busy_ns = 0;
	exchanges = json_node_get_array(node);
	for (guint i = 0; i < json_array_get_length(exchanges); i++) {
		JsonNode *one = json_array_get_element(exchanges, i);
		double sent, last;

		if (!JSON_NODE_HOLDS_OBJECT(one))
			continue;
		sent = number(json_node_get_object(one), "sent_ns");
		last = number(json_node_get_object(one), "last_ns");
		/* An answer that never came: until it was given up. */
		if (last == 0 && sent > 0)
			last = number(object, "end_ns");
		*busy_ns += MAX(last - sent, 0);
	}
	return TRUE;
}
