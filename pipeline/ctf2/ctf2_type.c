#include "pipeline/ctf2/ctf2_number.h"

#include <string.h>

/* Fills what is the class's own; kind and align 1 are set. */
typedef gboolean (*body_fn)(struct fdar_ctf2_parser *parser, JsonObject *object,
			    struct fdar_ctf_type *type);

/* ---- locations ---- */

static const struct fdar_ctf2_word origins[] = {
	{ "packet-header", FDAR_CTF_PACKET_HEADER },
	{ "packet-context", FDAR_CTF_PACKET_CONTEXT },
	{ "event-record-header", FDAR_CTF_EVENT_HEADER },
	{ "event-record-common-context", FDAR_CTF_COMMON_CONTEXT },
	{ "event-record-specific-context", FDAR_CTF_OWN_CONTEXT },
	{ "event-record-payload", FDAR_CTF_PAYLOAD },
	{ NULL, 0 },
};

/* NULL: the structure further out. */
static gboolean add_step(struct fdar_ctf2_parser *parser, const char *step,
			 struct fdar_ctf_location *location, GPtrArray *names)
{
	if (!step && names->len)
		g_ptr_array_set_size(names, (gint)names->len - 1);
	else if (!step)
		location->up++;
	else if (names->len >= FDAR_CTF_DEPTH_MAX)
		return fdar_ctf2_fail(parser, "a location that is not as deep");
	else
		g_ptr_array_add(names, (void *)fdar_ctf2_name(parser, step));
	return TRUE;
}

static gboolean read_steps(struct fdar_ctf2_parser *parser, JsonArray *path, guint first,
			   struct fdar_ctf_location *location)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = first; i < json_array_get_length(path); i++) {
		JsonNode *node = json_array_get_element(path, i);
		const char *step = fdar_ctf2_text_of(node);

		if (!step && !JSON_NODE_HOLDS_NULL(node))
			return fdar_ctf2_fail(parser, "names as the \"path\" of a location");
		if (!add_step(parser, step, location, names))
			return FALSE;
	}
	if (!names->len)
		return fdar_ctf2_fail(parser, "a location with a \"path\"");
	g_ptr_array_add(names, NULL);
	location->names = g_memdup2(names->pdata, names->len * sizeof(char *));
	return TRUE;
}

/* {"origin": "event-record-payload", "path": ["a", "b"]}; the draft had both in one array. */
static gboolean read_location(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			      struct fdar_ctf_type *type)
{
	struct fdar_ctf_location *location = g_new0(struct fdar_ctf_location, 1);
	JsonNode *node = json_object_get_member(object, name);
	JsonArray *path = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
	const struct fdar_ctf2_word *origin = NULL;
	const char *text = NULL;
	guint first = 0;

	g_ptr_array_add(parser->trace->locations, location);
	if (path) {
		text = json_array_get_length(path)
			       ? fdar_ctf2_text_of(json_array_get_element(path, 0))
			       : NULL;
		origin = text ? fdar_ctf2_find_word(origins, text) : NULL;
		first = origin != NULL;
	} else {
		if (!node || !JSON_NODE_HOLDS_OBJECT(node))
			return fdar_ctf2_fail(parser, "the location of the length or tag");
		if (!fdar_ctf2_text(parser, json_node_get_object(node), "origin", &text) ||
		    !fdar_ctf2_array(parser, json_node_get_object(node), "path", &path))
			return FALSE;
		origin = text ? fdar_ctf2_find_word(origins, text) : NULL;
		if (!path || (text && !origin))
			return fdar_ctf2_fail(parser,
					      "a location with an \"origin\" and a \"path\"");
	}
	location->scope = (uint8_t)(origin ? origin->value : FDAR_CTF_SCOPES);
	type->location = location;
	return read_steps(parser, path, first, location);
}

/* ---- texts and blobs ---- */

static gboolean read_encoding(struct fdar_ctf2_parser *parser, JsonObject *object,
			      struct fdar_ctf_type *type)
{
	static const struct fdar_ctf2_word encodings[] = {
		{ "utf-8", FDAR_CTF_UTF8 },       { "utf-16le", FDAR_CTF_UTF16LE },
		{ "utf-16be", FDAR_CTF_UTF16BE }, { "utf-32le", FDAR_CTF_UTF32LE },
		{ "utf-32be", FDAR_CTF_UTF32BE }, { NULL, 0 },
	};
	const char *text = "utf-8";
	const struct fdar_ctf2_word *encoding;

	if (!fdar_ctf2_text(parser, object, "encoding", &text))
		return FALSE;
	encoding = fdar_ctf2_find_word(encodings, text);
	if (!encoding)
		return fdar_ctf2_refuse(parser, "a text in the encoding \"%.40s\"", text);
	type->encoding = (uint8_t)encoding->value;
	return TRUE;
}

static gboolean string(struct fdar_ctf2_parser *parser, JsonObject *object,
		       struct fdar_ctf_type *type)
{
	type->align = 8;
	return read_encoding(parser, object, type);
}

static void set_bytes(struct fdar_ctf2_parser *parser, struct fdar_ctf_type *type, gboolean is_text)
{
	struct fdar_ctf_type *byte = fdar_ctf_trace_add_type(parser->trace, FDAR_CTF_INTEGER);

	byte->size = byte->align = 8;
	byte->order = FDAR_CTF_LITTLE;
	byte->is_text = is_text;
	type->element = byte;
	type->align = 8;
}

static gboolean read_length(struct fdar_ctf2_parser *parser, JsonObject *object,
			    struct fdar_ctf_type *type)
{
	if (!json_object_has_member(object, "length"))
		return fdar_ctf2_fail(parser, "a \"length\"");
	return fdar_ctf2_unsigned(parser, object, "length", &type->length);
}

static gboolean static_string(struct fdar_ctf2_parser *parser, JsonObject *object,
			      struct fdar_ctf_type *type)
{
	set_bytes(parser, type, TRUE);
	return read_length(parser, object, type) && read_encoding(parser, object, type);
}

static gboolean dynamic_string(struct fdar_ctf2_parser *parser, JsonObject *object,
			       struct fdar_ctf_type *type)
{
	set_bytes(parser, type, TRUE);
	return read_location(parser, object, "length-field-location", type) &&
	       read_encoding(parser, object, type);
}

static gboolean static_blob(struct fdar_ctf2_parser *parser, JsonObject *object,
			    struct fdar_ctf_type *type)
{
	set_bytes(parser, type, FALSE);
	return read_length(parser, object, type) && fdar_ctf2_read_roles(parser, object, type);
}

static gboolean dynamic_blob(struct fdar_ctf2_parser *parser, JsonObject *object,
			     struct fdar_ctf_type *type)
{
	set_bytes(parser, type, FALSE);
	return read_location(parser, object, "length-field-location", type);
}

/* ---- arrays and what may be missing ---- */

static gboolean read_element(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			     struct fdar_ctf_type *type)
{
	type->element = fdar_ctf2_type(parser, object, name);
	if (!type->element)
		return fdar_ctf2_fail(parser, "the field class of an element");
	return TRUE;
}

static gboolean array(struct fdar_ctf2_parser *parser, JsonObject *object,
		      struct fdar_ctf_type *type)
{
	if (!read_element(parser, object, "element-field-class", type))
		return FALSE;
	type->align = type->element->align;
	return fdar_ctf2_read_align(parser, object, "minimum-alignment", &type->align);
}

static gboolean static_array(struct fdar_ctf2_parser *parser, JsonObject *object,
			     struct fdar_ctf_type *type)
{
	return array(parser, object, type) && read_length(parser, object, type);
}

static gboolean dynamic_array(struct fdar_ctf2_parser *parser, JsonObject *object,
			      struct fdar_ctf_type *type)
{
	return array(parser, object, type) &&
	       read_location(parser, object, "length-field-location", type);
}

static gboolean optional(struct fdar_ctf2_parser *parser, JsonObject *object,
			 struct fdar_ctf_type *type)
{
	type->labels = fdar_ctf2_ranges(parser, object, "selector-field-ranges");
	return !parser->error && read_element(parser, object, "field-class", type) &&
	       read_location(parser, object, "selector-field-location", type);
}

/* ---- structures and variants ---- */

/* Names that are there already, of the structure in hand. */
static gboolean add_member(struct fdar_ctf2_parser *parser, JsonNode *node,
			   struct fdar_ctf_type *type, GHashTable *names)
{
	JsonObject *object =
		node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	struct fdar_ctf_member member = { .name = NULL };
	gboolean is_option = type->kind == FDAR_CTF_VARIANT;

	if (!object)
		return fdar_ctf2_fail(parser, "an object for each member");
	if (!fdar_ctf2_text(parser, object, "name", &member.name))
		return FALSE;
	if (!member.name && !is_option)
		return fdar_ctf2_fail(parser, "a member with a name");
	member.name = member.name ? fdar_ctf2_name(parser, member.name) : NULL;
	/* LTTng has an option for each range, and several may have the same name. */
	if (!is_option && !g_hash_table_add(names, (void *)member.name))
		return fdar_ctf2_fail(parser, "a member with a name of its own");
	member.type = fdar_ctf2_type(parser, object, "field-class");
	if (!member.type)
		return fdar_ctf2_fail(parser, "a member with a field class");
	if (is_option) {
		member.ranges = fdar_ctf2_ranges(parser, object, "selector-field-ranges");
		if (!member.ranges)
			return fdar_ctf2_fail(parser, "an option with \"selector-field-ranges\"");
	} else {
		type->align = MAX(type->align, member.type->align);
	}
	g_array_append_val(type->members, member);
	return TRUE;
}

static gboolean read_members(struct fdar_ctf2_parser *parser, JsonObject *object, const char *name,
			     struct fdar_ctf_type *type)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	JsonArray *array = NULL;

	type->members = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_member));
	if (!fdar_ctf2_array(parser, object, name, &array))
		return FALSE;
	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		if (i == FDAR_CTF2_MEMBERS_MAX)
			return fdar_ctf2_refuse(parser, "a structure of more than %u members", i);
		if (!add_member(parser, json_array_get_element(array, i), type, names))
			return FALSE;
	}
	return TRUE;
}

static gboolean structure(struct fdar_ctf2_parser *parser, JsonObject *object,
			  struct fdar_ctf_type *type)
{
	return read_members(parser, object, "member-classes", type) &&
	       fdar_ctf2_read_align(parser, object, "minimum-alignment", &type->align);
}

static gboolean variant(struct fdar_ctf2_parser *parser, JsonObject *object,
			struct fdar_ctf_type *type)
{
	if (!read_members(parser, object, "options", type))
		return FALSE;
	if (!type->members->len)
		return fdar_ctf2_fail(parser, "a variant with options");
	return read_location(parser, object, "selector-field-location", type);
}

/* ---- all of them ---- */

/* CTF2-SPEC-2.0, 5.3; the enumerations are the draft's. */
static const struct {
	const char *name;
	enum fdar_ctf_kind kind;
	body_fn body;
} classes[] = {
	{ "fixed-length-bit-array", FDAR_CTF_INTEGER, fdar_ctf2_bit_array },
	{ "fixed-length-bit-map", FDAR_CTF_INTEGER, fdar_ctf2_bit_array },
	{ "fixed-length-boolean", FDAR_CTF_INTEGER, fdar_ctf2_boolean },
	{ "fixed-length-unsigned-integer", FDAR_CTF_INTEGER, fdar_ctf2_fixed },
	{ "fixed-length-signed-integer", FDAR_CTF_INTEGER, fdar_ctf2_fixed_signed },
	{ "fixed-length-unsigned-enumeration", FDAR_CTF_INTEGER, fdar_ctf2_fixed },
	{ "fixed-length-signed-enumeration", FDAR_CTF_INTEGER, fdar_ctf2_fixed_signed },
	{ "fixed-length-floating-point-number", FDAR_CTF_FLOAT, fdar_ctf2_read_bits },
	{ "variable-length-unsigned-integer", FDAR_CTF_LEB128, fdar_ctf2_variable },
	{ "variable-length-signed-integer", FDAR_CTF_LEB128, fdar_ctf2_variable_signed },
	{ "variable-length-unsigned-enumeration", FDAR_CTF_LEB128, fdar_ctf2_variable },
	{ "variable-length-signed-enumeration", FDAR_CTF_LEB128, fdar_ctf2_variable_signed },
	{ "null-terminated-string", FDAR_CTF_STRING, string },
	{ "static-length-string", FDAR_CTF_ARRAY, static_string },
	{ "dynamic-length-string", FDAR_CTF_SEQUENCE, dynamic_string },
	{ "static-length-blob", FDAR_CTF_ARRAY, static_blob },
	{ "dynamic-length-blob", FDAR_CTF_SEQUENCE, dynamic_blob },
	{ "structure", FDAR_CTF_STRUCT, structure },
	{ "static-length-array", FDAR_CTF_ARRAY, static_array },
	{ "dynamic-length-array", FDAR_CTF_SEQUENCE, dynamic_array },
	{ "optional", FDAR_CTF_OPTIONAL, optional },
	{ "variant", FDAR_CTF_VARIANT, variant },
};

static const struct fdar_ctf_type *read_class(struct fdar_ctf2_parser *parser, JsonObject *object)
{
	const char *name = NULL;

	if (!fdar_ctf2_text(parser, object, "type", &name))
		return NULL;
	for (gsize i = 0; name && i < G_N_ELEMENTS(classes); i++) {
		struct fdar_ctf_type *type;

		if (strcmp(classes[i].name, name) != 0)
			continue;
		type = fdar_ctf_trace_add_type(parser->trace, classes[i].kind);
		return classes[i].body(parser, object, type) ? type : NULL;
	}
	if (name)
		fdar_ctf2_refuse(parser, "a field class of the type \"%.40s\"", name);
	else
		fdar_ctf2_fail(parser, "a field class with a \"type\"");
	return NULL;
}

const struct fdar_ctf_type *fdar_ctf2_type(struct fdar_ctf2_parser *parser, JsonObject *object,
					   const char *name)
{
	JsonNode *node = json_object_get_member(object, name);
	const struct fdar_ctf_type *type = NULL;

	if (!node || parser->error)
		return NULL;
	if (fdar_ctf2_text_of(node)) {
		type = g_hash_table_lookup(parser->aliases, fdar_ctf2_text_of(node));
		if (!type)
			fdar_ctf2_fail(parser, "the name of a field class that was given before");
		return type;
	}
	if (!JSON_NODE_HOLDS_OBJECT(node)) {
		fdar_ctf2_fail(parser, "a field class, or the name of one");
		return NULL;
	}
	if (parser->depth >= FDAR_CTF_DEPTH_MAX) {
		fdar_ctf2_refuse(parser, "field classes that are nested more than %u deep",
				 FDAR_CTF_DEPTH_MAX);
		return NULL;
	}
	parser->depth++;
	type = read_class(parser, json_node_get_object(node));
	parser->depth--;
	return parser->error ? NULL : type;
}
