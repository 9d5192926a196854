#include "pipeline/ctf2/ctf2_parser.h"

#include <string.h>

#include "base/errors.h"

/* What can be done about it, by who has the trace and by who makes it. */
#define ADVICE                                                                                     \
	"convert it with babeltrace2 2.1 or later (sink.ctf.fs, ctf-version=1), or record with \"" \
	"lttng create --trace-format=ctf-1.8\""

gboolean fdar_ctf2_fail(struct fdar_ctf2_parser *parser, const char *expected)
{
	if (!parser->error)
		g_set_error(&parser->error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "metadata of CTF 2, byte %" G_GSIZE_FORMAT ": expected %s", parser->at,
			    expected);
	return FALSE;
}

gboolean fdar_ctf2_refuse(struct fdar_ctf2_parser *parser, const char *what, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, what);
	text = g_strdup_vprintf(what, arguments);
	va_end(arguments);
	if (!parser->error)
		g_set_error(&parser->error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "metadata, byte %" G_GSIZE_FORMAT
			    ": CTF 2 with %s, which is not understood: " ADVICE,
			    parser->at, text);
	return FALSE;
}

const struct fdar_ctf2_word *fdar_ctf2_find_word(const struct fdar_ctf2_word *words,
						 const char *text)
{
	for (; words->text; words++) {
		if (strcmp(words->text, text) == 0)
			return words;
	}
	return NULL;
}

static gboolean fail_member(struct fdar_ctf2_parser *parser, const char *name, const char *kind)
{
	g_autofree char *expected = g_strdup_printf("%s as \"%s\"", kind, name);

	return fdar_ctf2_fail(parser, expected);
}

static gboolean is_number(JsonNode *node)
{
	return node && JSON_NODE_HOLDS_VALUE(node) &&
	       json_node_get_value_type(node) == G_TYPE_INT64;
}

/* json-glib keeps numbers above INT64_MAX as the negative ones with the same bits. */
gboolean fdar_ctf2_signed(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			  int64_t *value)
{
	JsonNode *node = json_object_get_member(object, name);

	if (!node)
		return TRUE;
	if (!is_number(node))
		return fail_member(parser, name, "a whole number");
	*value = json_node_get_int(node);
	return TRUE;
}

gboolean fdar_ctf2_unsigned(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			    uint64_t *value)
{
	int64_t number = (int64_t)*value;

	if (!fdar_ctf2_signed(parser, object, name, &number))
		return FALSE;
	*value = (uint64_t)number;
	return TRUE;
}

const char *fdar_ctf2_text_of(JsonNode *node)
{
	if (!node || !JSON_NODE_HOLDS_VALUE(node) ||
	    json_node_get_value_type(node) != G_TYPE_STRING)
		return NULL;
	return json_node_get_string(node);
}

gboolean fdar_ctf2_text(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			const char **value)
{
	JsonNode *node = json_object_get_member(object, name);

	if (!node)
		return TRUE;
	if (!fdar_ctf2_text_of(node))
		return fail_member(parser, name, "a text");
	*value = g_string_chunk_insert_const(parser->trace->strings, json_node_get_string(node));
	return TRUE;
}

const char *fdar_ctf2_name(struct fdar_ctf2_parser *parser, const char *name)
{
	g_autofree char *guarded = name[0] == '_' ? g_strconcat("_", name, NULL) : NULL;

	return g_string_chunk_insert_const(parser->trace->strings, guarded ? guarded : name);
}

gboolean fdar_ctf2_object(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			  JsonObject **value)
{
	JsonNode *node = json_object_get_member(object, name);

	if (!node)
		return TRUE;
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return fail_member(parser, name, "an object");
	*value = json_node_get_object(node);
	return TRUE;
}

gboolean fdar_ctf2_array(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			 JsonArray **value)
{
	JsonNode *node = json_object_get_member(object, name);

	if (!node)
		return TRUE;
	if (!JSON_NODE_HOLDS_ARRAY(node))
		return fail_member(parser, name, "an array");
	*value = json_node_get_array(node);
	return TRUE;
}

gboolean fdar_ctf2_number_at(struct fdar_ctf2_parser *parser, JsonArray *array, guint index,
			     int64_t *value)
{
	JsonNode *node = json_array_get_element(array, index);

	if (!is_number(node))
		return fdar_ctf2_fail(parser, "an array of whole numbers");
	*value = json_node_get_int(node);
	return TRUE;
}

gboolean fdar_ctf2_uuid(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			uint8_t uuid[16], gboolean *found)
{
	JsonArray *array = NULL;
	int64_t value = 0;

	if (!fdar_ctf2_array(parser, object, name, &array) || !array)
		return !parser->error;
	if (json_array_get_length(array) != 16)
		return fail_member(parser, name, "16 numbers");
	for (guint i = 0; i < 16; i++) {
		if (!fdar_ctf2_number_at(parser, array, i, &value))
			return FALSE;
		if (value < 0 || value > UINT8_MAX)
			return fail_member(parser, name, "16 bytes");
		uuid[i] = (uint8_t)value;
	}
	*found = TRUE;
	return TRUE;
}

static gboolean add_range(struct fdar_ctf2_parser *parser, JsonNode *node, GArray *ranges)
{
	JsonArray *pair = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	int64_t lower = 0, upper = 0;
	struct fdar_ctf_label label = { 0 };

	if (!pair || json_array_get_length(pair) != 2)
		return fdar_ctf2_fail(parser, "ranges of two numbers");
	if (!fdar_ctf2_number_at(parser, pair, 0, &lower) ||
	    !fdar_ctf2_number_at(parser, pair, 1, &upper))
		return FALSE;
	label.lower = (uint64_t)lower;
	label.upper = (uint64_t)upper;
	/* Whether they have a sign is known once the tag is: ascending in one sense must be enough. */
	if (lower > upper && label.lower > label.upper)
		return fdar_ctf2_fail(parser, "ranges from a lower to an upper number");
	g_array_append_val(ranges, label);
	return TRUE;
}

GArray *fdar_ctf2_ranges(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name)
{
	JsonArray *array = NULL;
	GArray *ranges;

	if (!fdar_ctf2_array(parser, object, name, &array) || !array)
		return NULL;
	if (!json_array_get_length(array) || json_array_get_length(array) > FDAR_CTF2_MEMBERS_MAX) {
		fail_member(parser, name, "ranges");
		return NULL;
	}
	ranges = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_label));
	for (guint i = 0; i < json_array_get_length(array); i++) {
		if (add_range(parser, json_array_get_element(array, i), ranges))
			continue;
		g_array_unref(ranges);
		return NULL;
	}
	return ranges;
}
