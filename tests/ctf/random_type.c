#include "tests/ctf/random_type.h"

#include <string.h>

static const char *const words[] = {
	"",
	"worker",
	"caf\xc3\xa9",
	"bad\xff",
	"tab\there",
	"x",
	"a name that is long enough not to be kept in any little cache"
};

guint32 random_below(struct random_types *types, guint32 limit)
{
	return g_rand_int(types->rand) % limit;
}

void random_type_free(void *data)
{
	struct random_type *type = data;

	if (type->fields)
		g_ptr_array_unref(type->fields);
	g_free(type->name);
	g_free(type);
}

/* ---- making ---- */

/* Whole bytes as a rule. Bits of another order than the trace's must start at a byte. */
static void make_integer(struct random_types *types, struct random_type *type)
{
	static const unsigned sizes[] = { 8, 16, 32, 64 }, aligns[] = { 8, 8, 8, 16, 32, 64, 1, 4 };

	type->is_signed = random_below(types, 3) == 0;
	type->big = types->big;
	type->align = aligns[random_below(types, G_N_ELEMENTS(aligns))];
	if (random_below(types, 4)) {
		type->size = sizes[random_below(types, G_N_ELEMENTS(sizes))];
		if (type->align >= 8 && random_below(types, 3) == 0)
			type->big = !types->big;
	} else {
		type->size = 1 + random_below(types, 64);
	}
	if (type->kind == RANDOM_ENUM)
		type->size = MAX(type->size, 4);
}

static void make_elements(struct random_types *types, struct random_type *type)
{
	static const unsigned sizes[] = { 8, 8, 16, 32 };

	make_integer(types, type);
	type->size = sizes[random_below(types, G_N_ELEMENTS(sizes))];
	type->align = 8;
	type->length = random_below(types, 6);
	type->text = type->kind == RANDOM_CHARS ||
		     (type->kind == RANDOM_SEQUENCE && random_below(types, 2));
	if (!type->text)
		return;
	type->size = 8;
	type->length = 1 + random_below(types, 20);
}

static void make_fields(struct random_types *types, struct random_type *type)
{
	guint count = 1 + random_below(types, 3);

	type->fields = g_ptr_array_new_with_free_func(random_type_free);
	type->length = random_below(types, 4);
	for (guint i = 0; i < count; i++) {
		g_autofree char *name = g_strdup_printf("in%u", i);
		gboolean structure = type->kind == RANDOM_VARIANT && random_below(types, 2);
		/* An option has no place for a length before it. */
		enum random_kind limit = RANDOM_STRUCT;

		if (type->kind == RANDOM_VARIANT)
			limit = RANDOM_SEQUENCE;
		g_ptr_array_add(type->fields, structure ? random_type_of(types, name, RANDOM_STRUCT)
							: random_type_new(types, name, limit));
	}
	/* An element of an array takes a bit at least. */
	if (type->kind == RANDOM_STRUCTS)
		g_ptr_array_add(type->fields, random_type_of(types, "sure", RANDOM_INTEGER));
}

struct random_type *random_type_of(struct random_types *types, const char *name,
				   enum random_kind kind)
{
	struct random_type *type = g_new0(struct random_type, 1);

	type->kind = kind;
	type->name = g_strdup(name);
	if (kind == RANDOM_INTEGER || kind == RANDOM_ENUM)
		make_integer(types, type);
	else if (kind == RANDOM_FLOAT)
		type->size = random_below(types, 2) ? 32 : 64;
	else if (kind >= RANDOM_CHARS && kind <= RANDOM_SEQUENCE)
		make_elements(types, type);
	else if (kind >= RANDOM_STRUCT)
		make_fields(types, type);
	return type;
}

struct random_type *random_type_new(struct random_types *types, const char *name,
				    enum random_kind limit)
{
	return random_type_of(types, name, (enum random_kind)random_below(types, limit));
}

/* ---- TSDL ---- */

static void declare_integer(const struct random_type *type, gboolean big, GString *text)
{
	g_string_append_printf(text, "integer { size = %u; align = %u; signed = %d;", type->size,
			       type->align, type->is_signed);
	if (type->big != big)
		g_string_append_printf(text, " byte_order = %s;", type->big ? "be" : "le");
	g_string_append_printf(text, " encoding = %s; base = 10; }", type->text ? "UTF8" : "none");
}

static void declare(const struct random_type *type, gboolean big, GString *text)
{
	switch (type->kind) {
	case RANDOM_INTEGER:
		declare_integer(type, big, text);
		g_string_append_printf(text, " %s;\n", type->name);
		break;
	case RANDOM_ENUM:
		g_string_append(text, "enum : ");
		declare_integer(type, big, text);
		g_string_append_printf(text, " { \"a\", b = 2 ... 4, \"c \\\"d\\\"\" } %s;\n",
				       type->name);
		break;
	case RANDOM_FLOAT:
		g_string_append_printf(text,
				       "floating_point { exp_dig = %u; mant_dig = %u; align = 8; "
				       "} %s;\n",
				       type->size == 32 ? 8u : 11u, type->size == 32 ? 24u : 53u,
				       type->name);
		break;
	case RANDOM_STRING:
		g_string_append_printf(text, "string %s;\n", type->name);
		break;
	case RANDOM_CHARS:
	case RANDOM_ARRAY:
		declare_integer(type, big, text);
		g_string_append_printf(text, " %s[%u];\n", type->name, type->length);
		break;
	case RANDOM_SEQUENCE:
		g_string_append_printf(text, "integer { size = 16; align = 8; } _%s_length;\n",
				       type->name);
		declare_integer(type, big, text);
		g_string_append_printf(text, " %s[ _%s_length ];\n", type->name, type->name);
		break;
	case RANDOM_STRUCT:
	case RANDOM_STRUCTS:
		random_fields_declare(type->fields, big, text);
		g_string_append_printf(text, " %s", type->name);
		if (type->kind == RANDOM_STRUCTS)
			g_string_append_printf(text, "[%u]", type->length);
		g_string_append(text, ";\n");
		break;
	default:
		g_string_append(text, "enum : integer { size = 8; } { ");
		for (guint i = 0; i < type->fields->len; i++)
			g_string_append_printf(text, "in%u = %u, ", i, i);
		g_string_append_printf(text, "} _%s_tag;\nvariant <_%s_tag> {\n", type->name,
				       type->name);
		for (guint i = 0; i < type->fields->len; i++)
			declare(g_ptr_array_index(type->fields, i), big, text);
		g_string_append_printf(text, "} %s;\n", type->name);
		break;
	}
}

void random_fields_declare(const GPtrArray *fields, gboolean big, GString *text)
{
	g_string_append(text, "struct {\n");
	for (guint i = 0; i < fields->len; i++)
		declare(g_ptr_array_index(fields, i), big, text);
	g_string_append(text, "}");
}

/* ---- values ---- */

static unsigned align_of(const struct random_type *type);

static unsigned align_of_fields(const GPtrArray *fields)
{
	unsigned align = 1;

	for (guint i = 0; i < fields->len; i++)
		align = MAX(align, align_of(g_ptr_array_index(fields, i)));
	return align;
}

/* What the fields of a structure add to its alignment, lengths and tags included. */
static unsigned align_of(const struct random_type *type)
{
	switch (type->kind) {
	case RANDOM_FLOAT:
	case RANDOM_STRING:
	case RANDOM_VARIANT:
		return 8;
	case RANDOM_STRUCT:
	case RANDOM_STRUCTS:
		return align_of_fields(type->fields);
	default:
		return type->kind == RANDOM_SEQUENCE ? MAX(8, type->align) : type->align;
	}
}

static void write_integer(struct random_types *types, const struct random_type *type,
			  struct bit_writer *writer)
{
	uint64_t value = (uint64_t)g_rand_int(types->rand) << 32 | g_rand_int(types->rand);

	if (type->kind == RANDOM_ENUM)
		value = random_below(types, 5);
	bit_writer_align(writer, type->align);
	bit_writer_int(writer, value >> (type->size < 64 && random_below(types, 2) ? 7 : 0),
		       type->size, type->big);
}

static void write_elements(struct random_types *types, const struct random_type *type,
			   struct bit_writer *writer)
{
	const char *word = words[random_below(types, G_N_ELEMENTS(words))];
	size_t letters = strlen(word);

	bit_writer_align(writer, type->align);
	for (unsigned i = 0; i < type->length; i++) {
		if (type->text)
			bit_writer_int(writer, i < letters ? (guint8)word[i] : 0, 8, type->big);
		else
			write_integer(types, type, writer);
	}
}

static void write_value(struct random_types *types, const struct random_type *type,
			struct bit_writer *writer)
{
	guint option;

	switch (type->kind) {
	case RANDOM_INTEGER:
	case RANDOM_ENUM:
		write_integer(types, type, writer);
		break;
	case RANDOM_FLOAT:
		bit_writer_align(writer, 8);
		bit_writer_int(writer, g_rand_int(types->rand) & 0x3fffffff, type->size,
			       types->big);
		break;
	case RANDOM_STRING:
		bit_writer_align(writer, 8);
		bit_writer_string(writer, words[random_below(types, G_N_ELEMENTS(words))]);
		break;
	case RANDOM_SEQUENCE:
		bit_writer_align(writer, 8);
		bit_writer_int(writer, type->length, 16, types->big);
		write_elements(types, type, writer);
		break;
	case RANDOM_CHARS:
	case RANDOM_ARRAY:
		write_elements(types, type, writer);
		break;
	case RANDOM_STRUCT:
		random_fields_write(types, type->fields, writer);
		break;
	case RANDOM_STRUCTS:
		bit_writer_align(writer, align_of_fields(type->fields));
		for (unsigned i = 0; i < type->length; i++)
			random_fields_write(types, type->fields, writer);
		break;
	default:
		option = random_below(types, type->fields->len);
		bit_writer_align(writer, 8);
		bit_writer_int(writer, option, 8, types->big);
		write_value(types, g_ptr_array_index(type->fields, option), writer);
		break;
	}
}

void random_fields_write(struct random_types *types, const GPtrArray *fields,
			 struct bit_writer *writer)
{
	bit_writer_align(writer, align_of_fields(fields));
	for (guint i = 0; i < fields->len; i++)
		write_value(types, g_ptr_array_index(fields, i), writer);
}
