#include "pipeline/metadata/ctf_parser.h"

#include <string.h>

#include "base/errors.h"
#include "pipeline/metadata/ctf_clocks.h"

/* ---- words ---- */

gboolean fdar_ctf_parser_fail(struct fdar_ctf_parser *parser, const char *expected)
{
	if (!parser->error)
		g_set_error(&parser->error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "metadata, line %u: expected %s", parser->lexer.line, expected);
	parser->lexer.token = FDAR_CTF_TOKEN_ERROR;
	return FALSE;
}

gboolean fdar_ctf_parser_expect(struct fdar_ctf_parser *parser, int token, const char *expected)
{
	if (parser->lexer.token != token)
		return fdar_ctf_parser_fail(parser, expected);
	fdar_ctf_lexer_next(&parser->lexer);
	return TRUE;
}

gboolean fdar_ctf_parser_is_word(const struct fdar_ctf_parser *parser, const char *word)
{
	return parser->lexer.token == FDAR_CTF_TOKEN_WORD &&
	       strcmp(parser->lexer.text->str, word) == 0;
}

const char *fdar_ctf_parser_name(struct fdar_ctf_parser *parser)
{
	const char *name;

	if (parser->lexer.token != FDAR_CTF_TOKEN_WORD &&
	    parser->lexer.token != FDAR_CTF_TOKEN_STRING) {
		fdar_ctf_parser_fail(parser, "a name");
		return NULL;
	}
	name = g_string_chunk_insert_const(parser->trace->strings, parser->lexer.text->str);
	fdar_ctf_lexer_next(&parser->lexer);
	return name;
}

gboolean fdar_ctf_parser_number(struct fdar_ctf_parser *parser, uint64_t *value)
{
	*value = parser->lexer.value;
	return fdar_ctf_parser_expect(parser, FDAR_CTF_TOKEN_NUMBER, "a number");
}

const char *fdar_ctf_parser_path(struct fdar_ctf_parser *parser)
{
	g_autoptr(GString) path = g_string_new(NULL);

	for (;;) {
		g_string_append(path, parser->lexer.text->str);
		if (!fdar_ctf_parser_expect(parser, FDAR_CTF_TOKEN_WORD, "a name"))
			return NULL;
		if (parser->lexer.token != '.')
			return g_string_chunk_insert_const(parser->trace->strings, path->str);
		g_string_append_c(path, '.');
		fdar_ctf_lexer_next(&parser->lexer);
	}
}

void fdar_ctf_parser_push_scope(struct fdar_ctf_parser *parser)
{
	g_ptr_array_add(parser->scopes,
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL));
}

void fdar_ctf_parser_pop_scope(struct fdar_ctf_parser *parser)
{
	g_ptr_array_set_size(parser->scopes, (gint)parser->scopes->len - 1);
}

/* ---- entries of blocks ---- */

gboolean fdar_ctf_parser_read_number(struct fdar_ctf_parser *parser, void *target)
{
	return fdar_ctf_parser_number(parser, target);
}

gboolean fdar_ctf_parser_read_signed(struct fdar_ctf_parser *parser, void *target)
{
	gboolean negative = parser->lexer.token == '-';
	uint64_t value;

	if (negative)
		fdar_ctf_lexer_next(&parser->lexer);
	if (!fdar_ctf_parser_number(parser, &value))
		return FALSE;
	if (value > INT64_MAX)
		return fdar_ctf_parser_fail(parser, "a number of 63 bits");
	*(int64_t *)target = negative ? -(int64_t)value : (int64_t)value;
	return TRUE;
}

gboolean fdar_ctf_parser_read_name(struct fdar_ctf_parser *parser, void *target)
{
	const char **name = target;

	*name = fdar_ctf_parser_name(parser);
	return *name != NULL;
}

gboolean fdar_ctf_parser_read_nothing(struct fdar_ctf_parser *parser, void *target)
{
	(void)target;
	if (parser->lexer.token == FDAR_CTF_TOKEN_NUMBER) {
		fdar_ctf_lexer_next(&parser->lexer);
		return TRUE;
	}
	return fdar_ctf_parser_name(parser) != NULL;
}

gboolean fdar_ctf_parser_read_structure(struct fdar_ctf_parser *parser, void *target)
{
	const struct fdar_ctf_type **type = target;

	if (*type)
		return fdar_ctf_parser_fail(parser, "one such structure");
	*type = fdar_ctf_parser_type(parser, FALSE);
	if (*type && (*type)->kind != FDAR_CTF_STRUCT)
		return fdar_ctf_parser_fail(parser, "a structure");
	return *type != NULL;
}

static gboolean read_entry(struct fdar_ctf_parser *parser, const struct fdar_ctf_entry *entries,
			   char *block)
{
	const char *path = fdar_ctf_parser_path(parser);
	gboolean type = parser->lexer.token == FDAR_CTF_TOKEN_ASSIGN;

	if (!path)
		return FALSE;
	while (entries->path && strcmp(entries->path, path) != 0)
		entries++;
	if (!entries->path || type != (entries->read == fdar_ctf_parser_read_structure))
		return fdar_ctf_parser_fail(parser, "something that such a block can say");
	if (!fdar_ctf_parser_expect(parser, type ? FDAR_CTF_TOKEN_ASSIGN : '=', "\"=\""))
		return FALSE;
	return entries->read(parser, block + entries->offset) &&
	       fdar_ctf_parser_expect(parser, ';', "\";\"");
}

gboolean fdar_ctf_parser_block(struct fdar_ctf_parser *parser, const struct fdar_ctf_entry *entries,
			       void *block)
{
	gboolean ok = fdar_ctf_parser_expect(parser, '{', "\"{\"");

	fdar_ctf_parser_push_scope(parser);
	while (ok && parser->lexer.token != '}') {
		if (fdar_ctf_parser_is_word(parser, "typealias")) {
			fdar_ctf_lexer_next(&parser->lexer);
			ok = fdar_ctf_parser_typealias(parser);
		} else if (fdar_ctf_parser_is_declaration(parser)) {
			ok = fdar_ctf_parser_declaration(parser);
		} else {
			ok = read_entry(parser, entries, block);
		}
	}
	fdar_ctf_parser_pop_scope(parser);
	return ok && fdar_ctf_parser_expect(parser, '}', "\"}\"") &&
	       fdar_ctf_parser_expect(parser, ';', "\";\"");
}

/* ---- the whole ---- */

static gboolean read_top(struct fdar_ctf_parser *parser)
{
	if (fdar_ctf_parser_is_declaration(parser))
		return fdar_ctf_parser_declaration(parser);
	for (const struct fdar_ctf_block *block = fdar_ctf_blocks; block->word; block++) {
		if (!fdar_ctf_parser_is_word(parser, block->word))
			continue;
		fdar_ctf_lexer_next(&parser->lexer);
		return block->read(parser);
	}
	return fdar_ctf_parser_fail(parser, "a block: trace, stream, event, ...");
}

static gboolean read_all(struct fdar_ctf_parser *parser)
{
	GPtrArray *streams = parser->trace->streams;

	while (parser->lexer.token != FDAR_CTF_TOKEN_END) {
		if (!read_top(parser))
			return FALSE;
	}
	if (!parser->has_trace)
		return fdar_ctf_parser_fail(parser, "a trace block");
	if (!fdar_ctf_parser_place_events(parser))
		return FALSE;
	if (!fdar_ctf_clocks_imply(parser->trace))
		return fdar_ctf_parser_fail(parser, "times that say of which clock they are");
	for (guint i = 0; i < streams->len; i++) {
		struct fdar_ctf_stream_class *stream = g_ptr_array_index(streams, i);

		if (!fdar_ctf_stream_class_sort(stream))
			return fdar_ctf_parser_fail(parser, "events with ids of their own");
	}
	return TRUE;
}

struct fdar_ctf_trace *fdar_ctf_trace_parse(const char *text, gsize length, GError **error)
{
	struct fdar_ctf_parser parser = { .trace = fdar_ctf_trace_new() };
	gboolean ok;

	parser.trace->major = 1;
	parser.scopes = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
	parser.events = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_late_event));
	fdar_ctf_parser_push_scope(&parser);
	fdar_ctf_lexer_init(&parser.lexer, text, length);
	ok = read_all(&parser);
	fdar_ctf_lexer_clear(&parser.lexer);
	g_ptr_array_unref(parser.scopes);
	g_array_unref(parser.events);
	if (ok)
		return parser.trace;
	fdar_ctf_trace_free(parser.trace);
	g_propagate_error(error, parser.error);
	return NULL;
}
