/*
 * Words of TSDL, the language of CTF metadata (CTF 1.8, appendix C).
 *
 * Place in the house: inside pipeline/, under ctf_parser.h. There are no keywords at this level:
 * TSDL lets them be names too (labels of enumerations are). The text is hostile: nothing is read
 * beyond its end, and what is no word of TSDL is an error token, which stays.
 */
#ifndef FD_PIPELINE_CTF_LEXER_H
#define FD_PIPELINE_CTF_LEXER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

enum fd_ctf_token {
	FD_CTF_TOKEN_END = 0,
	FD_CTF_TOKEN_ERROR = 1,
	FD_CTF_TOKEN_WORD = 2,   /* text */
	FD_CTF_TOKEN_STRING = 3, /* text, without quotes and escapes */
	FD_CTF_TOKEN_NUMBER = 4, /* value */
	FD_CTF_TOKEN_ASSIGN = 5, /* := */
	FD_CTF_TOKEN_DOTS = 6    /* ... */
				 /* Any other: the character itself, one of {}[]()<>;:,.=-+ */
};

struct fd_ctf_lexer {
	const char *at, *end;
	unsigned line; /* of the token, from 1 */
	int token;
	GString *text;
	uint64_t value;
};

/* Starts at the first word of text, which must live as long as the lexer. */
void fd_ctf_lexer_init(struct fd_ctf_lexer *lexer, const char *text, size_t length);

void fd_ctf_lexer_clear(struct fd_ctf_lexer *lexer);

/* Goes on to the next word. */
void fd_ctf_lexer_next(struct fd_ctf_lexer *lexer);

#endif
