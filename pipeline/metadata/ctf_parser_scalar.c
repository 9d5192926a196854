#include "pipeline/metadata/ctf_parser.h"

#include <string.h>

static gboolean is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* ---- attributes: "{ size = 8; align = 8; }" ---- */

/* Reads "name =" and gives the name; NULL at the closing brace, or after an error. */
static const char *next_attribute(struct fdar_ctf_parser *parser)
{
	const char *name;

	if (parser->error || parser->lexer.token == '}')
		return NULL;
	name = fdar_ctf_parser_name(parser);
	return name && fdar_ctf_parser_expect(parser, '=', "\"=\"") ? name : NULL;
}

gboolean fdar_ctf_parser_align(struct fdar_ctf_parser *parser, uint32_t *align)
{
	uint64_t value;

	if (!fdar_ctf_parser_number(parser, &value))
		return FALSE;
	if (!is_power_of_two(value) || value > FDAR_CTF_ALIGN_MAX)
		return fdar_ctf_parser_fail(parser, "an alignment that is a power of two");
	*align = (uint32_t)value;
	return TRUE;
}

static gboolean read_bool(struct fdar_ctf_parser *parser, gboolean *value)
{
	uint64_t number;

	if (parser->lexer.token == FDAR_CTF_TOKEN_NUMBER) {
		if (!fdar_ctf_parser_number(parser, &number))
			return FALSE;
		if (number > 1)
			return fdar_ctf_parser_fail(parser, "0 or 1");
		*value = number != 0;
		return TRUE;
	}
	*value = fdar_ctf_parser_is_word(parser, "true") || fdar_ctf_parser_is_word(parser, "TRUE");
	if (!*value && !fdar_ctf_parser_is_word(parser, "false") &&
	    !fdar_ctf_parser_is_word(parser, "FALSE"))
		return fdar_ctf_parser_fail(parser, "true or false");
	fdar_ctf_lexer_next(&parser->lexer);
	return TRUE;
}

static gboolean read_order(struct fdar_ctf_parser *parser, uint8_t *order)
{
	static const struct {
		const char *word;
		uint8_t order;
	} orders[] = {
		{ "native", FDAR_CTF_NATIVE },
		{ "le", FDAR_CTF_LITTLE },
		{ "be", FDAR_CTF_BIG },
		{ "network", FDAR_CTF_BIG },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(orders); i++) {
		if (!fdar_ctf_parser_is_word(parser, orders[i].word))
			continue;
		*order = orders[i].order;
		fdar_ctf_lexer_next(&parser->lexer);
		return TRUE;
	}
	return fdar_ctf_parser_fail(parser, "le, be, network or native");
}

static gboolean read_encoding(struct fdar_ctf_parser *parser, gboolean *is_text)
{
	const char *name = fdar_ctf_parser_name(parser);

	if (!name)
		return FALSE;
	*is_text = g_ascii_strcasecmp(name, "UTF8") == 0 || g_ascii_strcasecmp(name, "ASCII") == 0;
	if (!*is_text && strcmp(name, "none") != 0)
		return fdar_ctf_parser_fail(parser, "UTF8, ASCII or none");
	return TRUE;
}

/* "clock.NAME.value" */
static gboolean read_map(struct fdar_ctf_parser *parser, const char **clock)
{
	const char *path = fdar_ctf_parser_path(parser);
	g_auto(GStrv) parts = path ? g_strsplit(path, ".", 4) : NULL;

	if (!path)
		return FALSE;
	if (g_strv_length(parts) != 3 || strcmp(parts[0], "clock") != 0 ||
	    strcmp(parts[2], "value") != 0)
		return fdar_ctf_parser_fail(parser, "clock.NAME.value");
	*clock = g_string_chunk_insert_const(parser->trace->strings, parts[1]);
	return TRUE;
}

static gboolean integer_attribute(struct fdar_ctf_parser *parser, const char *name,
				  struct fdar_ctf_type *type)
{
	uint64_t value;

	if (strcmp(name, "size") == 0) {
		if (!fdar_ctf_parser_number(parser, &value))
			return FALSE;
		if (!value || value > 64)
			return fdar_ctf_parser_fail(parser, "an integer of 1 to 64 bits");
		type->size = (uint32_t)value;
		return TRUE;
	}
	if (strcmp(name, "align") == 0)
		return fdar_ctf_parser_align(parser, &type->align);
	if (strcmp(name, "signed") == 0)
		return read_bool(parser, &type->is_signed);
	if (strcmp(name, "byte_order") == 0)
		return read_order(parser, &type->order);
	if (strcmp(name, "encoding") == 0)
		return read_encoding(parser, &type->is_text);
	if (strcmp(name, "map") == 0)
		return read_map(parser, &type->clock);
	if (strcmp(name, "base") == 0) {
		if (parser->lexer.token == FDAR_CTF_TOKEN_NUMBER)
			return fdar_ctf_parser_number(parser, &value);
		return fdar_ctf_parser_name(parser) != NULL;
	}
	return fdar_ctf_parser_fail(parser, "an attribute of an integer");
}

static gboolean float_attribute(struct fdar_ctf_parser *parser, const char *name,
				struct fdar_ctf_type *type)
{
	uint64_t value;

	if (strcmp(name, "exp_dig") == 0 || strcmp(name, "mant_dig") == 0) {
		if (!fdar_ctf_parser_number(parser, &value))
			return FALSE;
		if (value > 64)
			return fdar_ctf_parser_fail(parser, "a number of 32 or 64 bits");
		type->size += (uint32_t)value;
		return TRUE;
	}
	if (strcmp(name, "align") == 0)
		return fdar_ctf_parser_align(parser, &type->align);
	if (strcmp(name, "byte_order") == 0)
		return read_order(parser, &type->order);
	return fdar_ctf_parser_fail(parser, "an attribute of a floating point number");
}

typedef gboolean (*attribute_fn)(struct fdar_ctf_parser *parser, const char *name,
				 struct fdar_ctf_type *type);

static const struct fdar_ctf_type *scalar(struct fdar_ctf_parser *parser, enum fdar_ctf_kind kind,
					  attribute_fn attribute)
{
	struct fdar_ctf_type *type = fdar_ctf_parser_new(parser, kind);
	const char *name;

	type->align = 0;
	if (!fdar_ctf_parser_expect(parser, '{', "\"{\""))
		return NULL;
	while ((name = next_attribute(parser))) {
		if (!attribute(parser, name, type) || !fdar_ctf_parser_expect(parser, ';', "\";\""))
			return NULL;
	}
	if (!fdar_ctf_parser_expect(parser, '}', "\"}\""))
		return NULL;
	if (!type->size || (type->kind == FDAR_CTF_FLOAT && type->size != 32 && type->size != 64)) {
		fdar_ctf_parser_fail(parser, "a size");
		return NULL;
	}
	if (!type->align)
		type->align = type->size % 8 ? 1 : 8;
	return type;
}

const struct fdar_ctf_type *fdar_ctf_parser_string(struct fdar_ctf_parser *parser)
{
	struct fdar_ctf_type *type = fdar_ctf_parser_new(parser, FDAR_CTF_STRING);
	gboolean is_text;
	const char *name;

	type->align = 8;
	if (parser->lexer.token != '{')
		return type;
	fdar_ctf_lexer_next(&parser->lexer);
	while ((name = next_attribute(parser))) {
		if (strcmp(name, "encoding") != 0)
			fdar_ctf_parser_fail(parser, "the encoding of a string");
		else if (read_encoding(parser, &is_text))
			fdar_ctf_parser_expect(parser, ';', "\";\"");
	}
	return fdar_ctf_parser_expect(parser, '}', "\"}\"") ? type : NULL;
}

const struct fdar_ctf_type *fdar_ctf_parser_integer(struct fdar_ctf_parser *parser)
{
	return scalar(parser, FDAR_CTF_INTEGER, integer_attribute);
}

const struct fdar_ctf_type *fdar_ctf_parser_float(struct fdar_ctf_parser *parser)
{
	return scalar(parser, FDAR_CTF_FLOAT, float_attribute);
}
