#include "tests/ctf/random_json.h"

#include "tests/ctf/random_type.h"

static gboolean coin(const struct random_json *json)
{
	return g_rand_boolean(json->rand) != FALSE;
}

/* TSDL's names without the underscore that is allowed in front. */
static const char *bare(const char *name)
{
	return name[0] == '_' ? name + 1 : name;
}

static void integer(unsigned size, unsigned align, gboolean is_signed, gboolean big,
		    const char *kind, const char *more, GString *text)
{
	g_string_append_printf(text,
			       "{\"type\": \"fixed-length-%ssigned-%s\", \"length\": %u, "
			       "\"alignment\": %u, \"byte-order\": \"%s-endian\"%s}",
			       is_signed ? "" : "un", kind, size, align, big ? "big" : "little",
			       more);
}

void random_json_integer(const struct random_json *json, unsigned size, unsigned align,
			 const char *more, GString *text)
{
	integer(size, align, FALSE, json->big, "integer", more, text);
}

static void type_integer(const struct random_json *json, const struct random_type *type,
			 GString *text)
{
	const char *natural = type->big ? "last-to-first" : "first-to-last";
	g_autofree char *order =
		coin(json) ? g_strdup_printf(", \"bit-order\": \"%s\"", natural) : g_strdup("");

	integer(type->size, type->align, type->is_signed, type->big, "integer", order, text);
}

/* Where the field of that name is: a sibling. */
static void location(const struct random_json *json, const char *what, const char *name,
		     GString *text)
{
	guint form = (guint)g_rand_int_range(json->rand, 0, 3);

	g_string_append_printf(text, "\"%s-field-location\": ", what);
	if (form == 0) {
		g_string_append_printf(text, "{\"path\": [\"%s\"]}", name);
		return;
	}
	g_string_append_printf(text, form == 1 ? "{\"origin\": \"%s\", \"path\": [" : "[\"%s\", ",
			       json->origin);
	for (guint i = 0; i < json->path->len; i++)
		g_string_append_printf(text, "\"%s\", ",
				       (const char *)g_ptr_array_index(json->path, i));
	g_string_append_printf(text, form == 1 ? "\"%s\"]}" : "\"%s\"]", name);
}

static void begin_member(const char *name, GString *text)
{
	if (text->str[text->len - 1] == '}')
		g_string_append(text, ", ");
	g_string_append_printf(text, "{\"name\": \"%s\", \"field-class\": ", name);
}

/* A member before the one that needs it. */
static char *add_helper(const struct random_json *json, const struct random_type *type,
			const char *kind, unsigned size, unsigned align, GString *text)
{
	char *name = g_strdup_printf("%s_%s", type->name, kind);

	begin_member(name, text);
	random_json_integer(json, size, align, "", text);
	g_string_append(text, "}");
	return name;
}

static void elements(const struct random_json *json, const struct random_type *type,
		     const char *length, GString *text)
{
	gboolean dynamic = type->kind == RANDOM_SEQUENCE;
	gboolean blob = type->size == 8 && !type->is_signed && coin(json);

	if (type->text || blob)
		g_string_append_printf(text, "{\"type\": \"%s-length-%s\", ",
				       dynamic ? "dynamic" : "static",
				       type->text ? "string" : "blob");
	else
		g_string_append_printf(text, "{\"type\": \"%s-length-array\", ",
				       dynamic ? "dynamic" : "static");
	if (dynamic)
		location(json, "length", length, text);
	else
		g_string_append_printf(text, "\"length\": %u", type->length);
	if (!type->text && !blob) {
		g_string_append(text, ", \"element-field-class\": ");
		type_integer(json, type, text);
	}
	g_string_append(text, "}");
}

static void field_class(struct random_json *json, const struct random_type *type,
			const char *helper, GString *text);

/* An option's name is no step on the way to what is in it. */
static void option(struct random_json *json, const struct random_type *type, GString *text)
{
	if (type->kind == RANDOM_STRUCT)
		random_json_fields(json, type->fields, text);
	else
		field_class(json, type, NULL, text);
}

static void variant(struct random_json *json, const struct random_type *type, const char *helper,
		    GString *text)
{
	g_string_append(text, "{\"type\": \"variant\", ");
	location(json, "selector", helper, text);
	g_string_append(text, ", \"options\": [");
	g_ptr_array_add(json->path, (void *)bare(type->name));
	for (guint i = 0; i < type->fields->len; i++) {
		if (i)
			g_string_append(text, ", ");
		g_string_append_printf(text, "{\"selector-field-ranges\": [[%u, %u]], ", i, i);
		if (coin(json))
			g_string_append_printf(text, "\"name\": \"in%u\", ", i);
		g_string_append(text, "\"field-class\": ");
		option(json, g_ptr_array_index(type->fields, i), text);
		g_string_append(text, "}");
	}
	g_ptr_array_set_size(json->path, (gint)json->path->len - 1);
	g_string_append(text, "]}");
}

static void structures(struct random_json *json, const struct random_type *type, GString *text)
{
	if (type->kind == RANDOM_STRUCTS)
		g_string_append_printf(text,
				       "{\"type\": \"static-length-array\", \"length\": %u, "
				       "\"element-field-class\": ",
				       type->length);
	random_json_fields(json, type->fields, text);
	if (type->kind == RANDOM_STRUCTS)
		g_string_append(text, "}");
}

static void enumeration(const struct random_json *json, const struct random_type *type,
			GString *text)
{
	integer(type->size, type->align, type->is_signed, type->big,
		coin(json) ? "integer" : "enumeration",
		", \"mappings\": {\"a\": [[0, 0], [7, 9]], \"b\": [[2, 4]]}", text);
}

static void field_class(struct random_json *json, const struct random_type *type,
			const char *helper, GString *text)
{
	switch (type->kind) {
	case RANDOM_INTEGER:
		type_integer(json, type, text);
		break;
	case RANDOM_ENUM:
		enumeration(json, type, text);
		break;
	case RANDOM_FLOAT:
		g_string_append_printf(text,
				       "{\"type\": \"fixed-length-floating-point-number\", "
				       "\"length\": %u, \"alignment\": 8, "
				       "\"byte-order\": \"%s-endian\"}",
				       type->size, json->big ? "big" : "little");
		break;
	case RANDOM_STRING:
		g_string_append(text, "{\"type\": \"null-terminated-string\"}");
		break;
	case RANDOM_STRUCT:
	case RANDOM_STRUCTS:
		g_ptr_array_add(json->path, (void *)bare(type->name));
		structures(json, type, text);
		g_ptr_array_set_size(json->path, (gint)json->path->len - 1);
		break;
	case RANDOM_VARIANT:
		variant(json, type, helper, text);
		break;
	default:
		elements(json, type, helper, text);
		break;
	}
}

/* Gives the field class a name, and says that. */
static void name_class(struct random_json *json, GString *text, gsize from)
{
	g_string_append_printf(json->aliases,
			       "\x1e{\"type\": \"field-class-alias\", \"name\": \"class %u\", "
			       "\"field-class\": %s}\n",
			       json->named, text->str + from);
	g_string_truncate(text, from);
	g_string_append_printf(text, "\"class %u\"", json->named++);
}

static void member(struct random_json *json, const struct random_type *type, GString *text)
{
	g_autofree char *helper = NULL;
	gsize from;

	if (type->kind == RANDOM_SEQUENCE)
		helper = add_helper(json, type, "length", 16, 8, text);
	else if (type->kind == RANDOM_VARIANT)
		helper = add_helper(json, type, "tag", 8, 8, text);
	begin_member(bare(type->name), text);
	from = text->len;
	field_class(json, type, helper, text);
	if (g_rand_int_range(json->rand, 0, 6) == 0)
		name_class(json, text, from);
	g_string_append(text, ", \"attributes\": {\"a.space\": {\"length\": 3}}}");
}

void random_json_fields(struct random_json *json, const GPtrArray *fields, GString *text)
{
	g_string_append(text, "{\"type\": \"structure\", \"member-classes\": [");
	for (guint i = 0; i < fields->len; i++)
		member(json, g_ptr_array_index(fields, i), text);
	g_string_append(text, "]}");
}
