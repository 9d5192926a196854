/*
 * Words of TSDL, the language of CTF metadata (CTF 1.8, appendix C).
 *
 * Place in the house: inside pipeline/, under ctf_parser.h. There are no keywords at this level:
 * TSDL lets them be names too (labels of enumerations are). The text is hostile: nothing is read
 * beyond its end, and what is no word of TSDL is an error token, which stays.
 */
#ifndef FDAR_PIPELINE_METADATA_CTF_LEXER_H
#define FDAR_PIPELINE_METADATA_CTF_LEXER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

enum fdar_ctf_token {
	FDAR_CTF_TOKEN_END = 0,
	FDAR_CTF_TOKEN_ERROR = 1,
	FDAR_CTF_TOKEN_WORD = 2,   /* text */
	FDAR_CTF_TOKEN_STRING = 3, /* text, without quotes and escapes */
	FDAR_CTF_TOKEN_NUMBER = 4, /* value */
	FDAR_CTF_TOKEN_ASSIGN = 5, /* := */
	FDAR_CTF_TOKEN_DOTS = 6    /* ... */
				   /* Any other: the character itself, one of {}[]()<>;:,.=-+ */
};

struct fdar_ctf_lexer {
	const char *at, *end;
	unsigned line; /* of the token, from 1 */
	int token;
	GString *text;
	uint64_t value;
};

/* Starts at the first word of text, which must live as long as the lexer. */
void fdar_ctf_lexer_init(struct fdar_ctf_lexer *lexer, const char *text, size_t length);

void fdar_ctf_lexer_clear(struct fdar_ctf_lexer *lexer);

/* Goes on to the next word. */
void fdar_ctf_lexer_next(struct fdar_ctf_lexer *lexer);

#endif
