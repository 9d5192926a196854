#include "pipeline/metadata/ctf_parser.h"

#include <string.h>

#define MEMBERS_MAX 65536u /* of one structure, and labels of one enumeration */

struct fdar_ctf_type *fdar_ctf_parser_new(struct fdar_ctf_parser *parser, enum fdar_ctf_kind kind)
{
	return fdar_ctf_trace_add_type(parser->trace, kind);
}

/* ---- names of types ---- */

static gboolean define(struct fdar_ctf_parser *parser, const char *name,
		       const struct fdar_ctf_type *type)
{
	GHashTable *scope = g_ptr_array_index(parser->scopes, parser->scopes->len - 1);

	if (!g_hash_table_insert(scope, g_strdup(name), (void *)type))
		return fdar_ctf_parser_fail(parser, "a type name that is not used yet");
	return TRUE;
}

static const struct fdar_ctf_type *look_up(struct fdar_ctf_parser *parser, const char *name)
{
	for (guint i = parser->scopes->len; i-- > 0;) {
		const struct fdar_ctf_type *type =
			g_hash_table_lookup(g_ptr_array_index(parser->scopes, i), name);

		if (type)
			return type;
	}
	fdar_ctf_parser_fail(parser, "the name of a type");
	return NULL;
}

/* ---- enumerations ---- */

static gboolean read_value(struct fdar_ctf_parser *parser, gboolean is_signed, uint64_t *value)
{
	gboolean negative = parser->lexer.token == '-';

	if (negative || parser->lexer.token == '+')
		fdar_ctf_lexer_next(&parser->lexer);
	if (!fdar_ctf_parser_number(parser, value))
		return FALSE;
	if (negative)
		*value = -*value;
	if (is_signed ? negative != ((int64_t)*value < 0) && *value : negative)
		return fdar_ctf_parser_fail(parser, "a value that the enumeration can have");
	return TRUE;
}

static gboolean above(const struct fdar_ctf_type *type, uint64_t a, uint64_t b)
{
	return type->is_signed ? (int64_t)a > (int64_t)b : a > b;
}

/* One of "NAME", "NAME = 3", "NAME = 3 ... 5". */
static gboolean read_label(struct fdar_ctf_parser *parser, struct fdar_ctf_type *type,
			   uint64_t *next)
{
	struct fdar_ctf_label label = { .lower = *next, .upper = *next };

	label.name = fdar_ctf_parser_name(parser);
	if (!label.name)
		return FALSE;
	if (parser->lexer.token == '=') {
		fdar_ctf_lexer_next(&parser->lexer);
		if (!read_value(parser, type->is_signed, &label.lower))
			return FALSE;
		label.upper = label.lower;
		if (parser->lexer.token == FDAR_CTF_TOKEN_DOTS) {
			fdar_ctf_lexer_next(&parser->lexer);
			if (!read_value(parser, type->is_signed, &label.upper))
				return FALSE;
		}
	}
	if (above(type, label.lower, label.upper) || type->labels->len >= MEMBERS_MAX)
		return fdar_ctf_parser_fail(parser, "a range of values");
	g_array_append_val(type->labels, label);
	*next = label.upper + 1;
	return TRUE;
}

static gboolean read_labels(struct fdar_ctf_parser *parser, struct fdar_ctf_type *type)
{
	uint64_t next = 0;

	type->labels = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_label));
	fdar_ctf_lexer_next(&parser->lexer);
	while (parser->lexer.token != '}') {
		if (!read_label(parser, type, &next))
			return FALSE;
		if (parser->lexer.token != ',')
			break;
		fdar_ctf_lexer_next(&parser->lexer);
	}
	return fdar_ctf_parser_expect(parser, '}', "\"}\"");
}

static const struct fdar_ctf_type *enumeration(struct fdar_ctf_parser *parser)
{
	struct fdar_ctf_type *type;
	const struct fdar_ctf_type *container;

	if (parser->lexer.token == ':') {
		fdar_ctf_lexer_next(&parser->lexer);
		container = fdar_ctf_parser_type(parser, FALSE);
	} else {
		container = look_up(parser, "int");
	}
	if (!container)
		return NULL;
	if (container->kind != FDAR_CTF_INTEGER || container->clock || container->is_text ||
	    parser->lexer.token != '{') {
		fdar_ctf_parser_fail(parser, "an integer and labels");
		return NULL;
	}
	type = fdar_ctf_parser_new(parser, FDAR_CTF_ENUM);
	*type = *container;
	type->kind = FDAR_CTF_ENUM;
	type->labels = NULL;
	return read_labels(parser, type) ? type : NULL;
}

/* ---- structures and variants ---- */

/* What may follow a declared name: "[3]", "[length]". */
static const struct fdar_ctf_type *dimension(struct fdar_ctf_parser *parser,
					     const struct fdar_ctf_type *element)
{
	struct fdar_ctf_type *type;

	if (parser->lexer.token != '[')
		return element;
	fdar_ctf_lexer_next(&parser->lexer);
	if (parser->lexer.token == FDAR_CTF_TOKEN_NUMBER) {
		type = fdar_ctf_parser_new(parser, FDAR_CTF_ARRAY);
		if (!fdar_ctf_parser_number(parser, &type->length))
			return NULL;
	} else {
		type = fdar_ctf_parser_new(parser, FDAR_CTF_SEQUENCE);
		type->path = fdar_ctf_parser_path(parser);
		if (!type->path)
			return NULL;
	}
	type->element = element;
	type->align = element->align;
	return fdar_ctf_parser_expect(parser, ']', "\"]\"") ? type : NULL;
}

static gboolean has_member(const struct fdar_ctf_type *type, const char *name)
{
	/* Long structures are searched by nobody but an attacker: not quadratic then. */
	guint last = type->members->len > 1024 ? 0 : type->members->len;

	for (guint i = 0; i < last; i++) {
		if (strcmp(g_array_index(type->members, struct fdar_ctf_member, i).name, name) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean read_member(struct fdar_ctf_parser *parser, struct fdar_ctf_type *type)
{
	struct fdar_ctf_member member = { .ranges = NULL };

	member.type = fdar_ctf_parser_type(parser, TRUE);
	if (!member.type)
		return FALSE;
	member.name = parser->declarator ? parser->declarator : fdar_ctf_parser_name(parser);
	if (!member.name)
		return FALSE;
	member.type = dimension(parser, member.type);
	if (!member.type || !fdar_ctf_parser_expect(parser, ';', "\";\""))
		return FALSE;
	if (has_member(type, member.name) || type->members->len >= MEMBERS_MAX)
		return fdar_ctf_parser_fail(parser, "a field with a name of its own");
	if (type->kind == FDAR_CTF_STRUCT)
		type->align = MAX(type->align, member.type->align);
	g_array_append_val(type->members, member);
	return TRUE;
}

static gboolean read_members(struct fdar_ctf_parser *parser, struct fdar_ctf_type *type)
{
	gboolean ok = TRUE;

	type->members = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_member));
	fdar_ctf_lexer_next(&parser->lexer);
	fdar_ctf_parser_push_scope(parser);
	while (ok && parser->lexer.token != '}') {
		if (fdar_ctf_parser_is_word(parser, "typealias")) {
			fdar_ctf_lexer_next(&parser->lexer);
			ok = fdar_ctf_parser_typealias(parser);
		} else {
			ok = read_member(parser, type);
		}
	}
	fdar_ctf_parser_pop_scope(parser);
	return ok && fdar_ctf_parser_expect(parser, '}', "\"}\"");
}

static const struct fdar_ctf_type *structure(struct fdar_ctf_parser *parser)
{
	struct fdar_ctf_type *type = fdar_ctf_parser_new(parser, FDAR_CTF_STRUCT);
	uint32_t align;

	if (!read_members(parser, type))
		return NULL;
	if (fdar_ctf_parser_is_word(parser, "align")) {
		fdar_ctf_lexer_next(&parser->lexer);
		if (!fdar_ctf_parser_expect(parser, '(', "\"(\"") ||
		    !fdar_ctf_parser_align(parser, &align) ||
		    !fdar_ctf_parser_expect(parser, ')', "\")\""))
			return NULL;
		type->align = MAX(type->align, align);
	}
	return type;
}

static const struct fdar_ctf_type *variant(struct fdar_ctf_parser *parser)
{
	struct fdar_ctf_type *type = fdar_ctf_parser_new(parser, FDAR_CTF_VARIANT);

	if (!fdar_ctf_parser_expect(parser, '<', "\"<\" and the tag of the variant"))
		return NULL;
	type->path = fdar_ctf_parser_path(parser);
	if (!type->path || !fdar_ctf_parser_expect(parser, '>', "\">\""))
		return NULL;
	if (parser->lexer.token != '{') {
		fdar_ctf_parser_fail(parser, "\"{\"");
		return NULL;
	}
	return read_members(parser, type) ? type : NULL;
}

/* ---- all of them ---- */

typedef const struct fdar_ctf_type *(*body_fn)(struct fdar_ctf_parser *parser);

/* "struct NAME {...}", "struct {...}" or "struct NAME", the same with enum; variants have no name
 * here. */
static const struct fdar_ctf_type *named(struct fdar_ctf_parser *parser, const char *keyword,
					 body_fn body)
{
	g_autofree char *name = NULL;
	const struct fdar_ctf_type *type;

	if (parser->lexer.token == FDAR_CTF_TOKEN_WORD) {
		name = g_strdup_printf("%s %s", keyword, parser->lexer.text->str);
		fdar_ctf_lexer_next(&parser->lexer);
		if (parser->lexer.token != '{' && parser->lexer.token != ':')
			return look_up(parser, name);
	} else if (parser->lexer.token != '{' && parser->lexer.token != ':') {
		fdar_ctf_parser_fail(parser, "a name or \"{\"");
		return NULL;
	}
	type = body(parser);
	if (type && name && !define(parser, name, type))
		return NULL;
	return type;
}

static const struct fdar_ctf_type *any_structure(struct fdar_ctf_parser *parser)
{
	return named(parser, "struct", structure);
}

static const struct fdar_ctf_type *any_enumeration(struct fdar_ctf_parser *parser)
{
	return named(parser, "enum", enumeration);
}

/* "unsigned long", and maybe what it declares. */
static const struct fdar_ctf_type *by_words(struct fdar_ctf_parser *parser, gboolean declares)
{
	g_autoptr(GString) name = g_string_new(NULL);
	g_autofree char *last = NULL;

	while (parser->lexer.token == FDAR_CTF_TOKEN_WORD) {
		if (last) {
			if (name->len)
				g_string_append_c(name, ' ');
			g_string_append(name, last);
		}
		g_free(last);
		last = g_strdup(parser->lexer.text->str);
		fdar_ctf_lexer_next(&parser->lexer);
	}
	if (last && declares) {
		parser->declarator = g_string_chunk_insert_const(parser->trace->strings, last);
	} else if (last) {
		if (name->len)
			g_string_append_c(name, ' ');
		g_string_append(name, last);
	}
	return look_up(parser, name->str);
}

/* Those that start with a word of their own. */
static const struct {
	const char *word;
	body_fn body;
} builtins[] = {
	{ "struct", any_structure },
	{ "enum", any_enumeration },
	{ "variant", variant },
	{ "integer", fdar_ctf_parser_integer },
	{ "floating_point", fdar_ctf_parser_float },
	{ "string", fdar_ctf_parser_string },
};

static const struct fdar_ctf_type *type_body(struct fdar_ctf_parser *parser, gboolean declares)
{
	const struct fdar_ctf_type *type;

	for (gsize i = 0; i < G_N_ELEMENTS(builtins); i++) {
		if (!fdar_ctf_parser_is_word(parser, builtins[i].word))
			continue;
		fdar_ctf_lexer_next(&parser->lexer);
		type = builtins[i].body(parser);
		parser->declarator = NULL; /* what a field within declared */
		return type;
	}
	return by_words(parser, declares);
}

const struct fdar_ctf_type *fdar_ctf_parser_type(struct fdar_ctf_parser *parser, gboolean declares)
{
	const struct fdar_ctf_type *type = NULL;

	parser->declarator = NULL;
	if (parser->depth >= FDAR_CTF_DEPTH_MAX)
		fdar_ctf_parser_fail(parser, "types that are nested less deep");
	else if (parser->lexer.token != FDAR_CTF_TOKEN_WORD)
		fdar_ctf_parser_fail(parser, "a type");
	parser->depth++;
	if (!parser->error)
		type = type_body(parser, declares);
	parser->depth--;
	return parser->error ? NULL : type;
}

gboolean fdar_ctf_parser_typealias(struct fdar_ctf_parser *parser)
{
	const struct fdar_ctf_type *type = fdar_ctf_parser_type(parser, FALSE);
	g_autoptr(GString) name = g_string_new(NULL);

	if (!type || !fdar_ctf_parser_expect(parser, FDAR_CTF_TOKEN_ASSIGN, "\":=\""))
		return FALSE;
	while (parser->lexer.token == FDAR_CTF_TOKEN_WORD) {
		g_string_append_printf(name, "%s%s", name->len ? " " : "", parser->lexer.text->str);
		fdar_ctf_lexer_next(&parser->lexer);
	}
	if (!name->len)
		return fdar_ctf_parser_fail(parser, "a name");
	return fdar_ctf_parser_expect(parser, ';', "\";\"") && define(parser, name->str, type);
}

gboolean fdar_ctf_parser_is_declaration(const struct fdar_ctf_parser *parser)
{
	return fdar_ctf_parser_is_word(parser, "struct") || fdar_ctf_parser_is_word(parser, "enum");
}

gboolean fdar_ctf_parser_declaration(struct fdar_ctf_parser *parser)
{
	return fdar_ctf_parser_type(parser, FALSE) && fdar_ctf_parser_expect(parser, ';', "\";\"");
}
