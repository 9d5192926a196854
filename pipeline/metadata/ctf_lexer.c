#include "pipeline/metadata/ctf_lexer.h"

#include <string.h>

static void skip_line(struct fdar_ctf_lexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '\n')
		lexer->at++;
}

/* FALSE when the comment does not end. */
static gboolean skip_comment(struct fdar_ctf_lexer *lexer)
{
	for (lexer->at += 2; lexer->end - lexer->at >= 2; lexer->at++) {
		if (lexer->at[0] == '*' && lexer->at[1] == '/') {
			lexer->at += 2;
			return TRUE;
		}
		lexer->line += *lexer->at == '\n';
	}
	return FALSE;
}

static gboolean skip_blank(struct fdar_ctf_lexer *lexer)
{
	while (lexer->at < lexer->end) {
		const char *at = lexer->at;
		gboolean pair = lexer->end - at >= 2 && at[0] == '/';

		if (pair && at[1] == '*') {
			if (!skip_comment(lexer))
				return FALSE;
		} else if (pair && at[1] == '/') {
			skip_line(lexer);
		} else if (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n') {
			lexer->line += *at == '\n';
			lexer->at++;
		} else {
			break;
		}
	}
	return TRUE;
}

static int read_word(struct fdar_ctf_lexer *lexer)
{
	const char *start = lexer->at;

	while (lexer->at < lexer->end && (g_ascii_isalnum(*lexer->at) || *lexer->at == '_'))
		lexer->at++;
	g_string_append_len(lexer->text, start, lexer->at - start);
	return FDAR_CTF_TOKEN_WORD;
}

/* Decimal, octal or hexadecimal, with the suffixes of C. */
static int read_number(struct fdar_ctf_lexer *lexer)
{
	uint64_t base = 10, value = 0;
	gboolean any = FALSE;

	if (*lexer->at == '0') {
		base = 8;
		any = TRUE;
		lexer->at++;
		if (lexer->at < lexer->end && (*lexer->at == 'x' || *lexer->at == 'X')) {
			base = 16;
			any = FALSE;
			lexer->at++;
		}
	}
	for (; lexer->at < lexer->end && g_ascii_isxdigit(*lexer->at); lexer->at++) {
		uint64_t digit = (uint64_t)g_ascii_xdigit_value(*lexer->at);

		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return FDAR_CTF_TOKEN_ERROR;
		value = value * base + digit;
		any = TRUE;
	}
	while (lexer->at < lexer->end && strchr("uUlL", *lexer->at) && *lexer->at)
		lexer->at++;
	lexer->value = value;
	if (lexer->at < lexer->end && (g_ascii_isalnum(*lexer->at) || *lexer->at == '_'))
		return FDAR_CTF_TOKEN_ERROR;
	return any ? FDAR_CTF_TOKEN_NUMBER : FDAR_CTF_TOKEN_ERROR;
}

/* Up to three octal or any number of hexadecimal digits; the low eight bits count. */
static void read_code(struct fdar_ctf_lexer *lexer, unsigned base, int most)
{
	unsigned value = 0;

	for (int i = 0; lexer->at < lexer->end && (most < 0 || i < most); i++, lexer->at++) {
		int digit = g_ascii_xdigit_value(*lexer->at);

		if (digit < 0 || (unsigned)digit >= base)
			break;
		value = (value * base + (unsigned)digit) & 0xff;
	}
	g_string_append_c(lexer->text, (char)value);
}

static gboolean read_escape(struct fdar_ctf_lexer *lexer)
{
	static const char names[] = "abfnrtv\\\"'?", codes[] = "\a\b\f\n\r\t\v\\\"'?";
	const char *found;
	char c;

	if (lexer->at >= lexer->end)
		return FALSE;
	c = *lexer->at;
	if (c >= '0' && c <= '7') {
		read_code(lexer, 8, 3);
		return TRUE;
	}
	lexer->at++;
	if (c == 'x') {
		read_code(lexer, 16, -1);
		return TRUE;
	}
	found = c ? strchr(names, c) : NULL;
	if (!found)
		return FALSE;
	g_string_append_c(lexer->text, codes[found - names]);
	return TRUE;
}

static int read_string(struct fdar_ctf_lexer *lexer)
{
	lexer->at++;
	while (lexer->at < lexer->end && *lexer->at != '"') {
		char c = *lexer->at++;

		if (c != '\\') {
			lexer->line += c == '\n';
			g_string_append_c(lexer->text, c);
		} else if (!read_escape(lexer)) {
			return FDAR_CTF_TOKEN_ERROR;
		}
	}
	if (lexer->at >= lexer->end || strlen(lexer->text->str) != lexer->text->len)
		return FDAR_CTF_TOKEN_ERROR;
	lexer->at++;
	return FDAR_CTF_TOKEN_STRING;
}

static int read_sign(struct fdar_ctf_lexer *lexer)
{
	gsize left = (gsize)(lexer->end - lexer->at);
	char c = *lexer->at;

	if (left >= 2 && memcmp(lexer->at, ":=", 2) == 0) {
		lexer->at += 2;
		return FDAR_CTF_TOKEN_ASSIGN;
	}
	if (left >= 3 && memcmp(lexer->at, "...", 3) == 0) {
		lexer->at += 3;
		return FDAR_CTF_TOKEN_DOTS;
	}
	lexer->at++;
	return c && strchr("{}[]()<>;:,.=-+", c) ? c : FDAR_CTF_TOKEN_ERROR;
}

void fdar_ctf_lexer_next(struct fdar_ctf_lexer *lexer)
{
	if (lexer->token == FDAR_CTF_TOKEN_ERROR)
		return;
	g_string_truncate(lexer->text, 0);
	if (!skip_blank(lexer))
		lexer->token = FDAR_CTF_TOKEN_ERROR;
	else if (lexer->at >= lexer->end)
		lexer->token = FDAR_CTF_TOKEN_END;
	else if (g_ascii_isalpha(*lexer->at) || *lexer->at == '_')
		lexer->token = read_word(lexer);
	else if (g_ascii_isdigit(*lexer->at))
		lexer->token = read_number(lexer);
	else if (*lexer->at == '"')
		lexer->token = read_string(lexer);
	else
		lexer->token = read_sign(lexer);
}

void fdar_ctf_lexer_init(struct fdar_ctf_lexer *lexer, const char *text, size_t length)
{
	*lexer = (struct fdar_ctf_lexer){ .at = text, .end = text + length, .line = 1 };
	lexer->text = g_string_new(NULL);
	lexer->token = FDAR_CTF_TOKEN_END;
	fdar_ctf_lexer_next(lexer);
}

void fdar_ctf_lexer_clear(struct fdar_ctf_lexer *lexer)
{
	g_string_free(lexer->text, TRUE);
	lexer->text = NULL;
}
