/*
 * A small regular expression matcher that backtracks, and so can be made to take for ever.
 *
 * Knows literals, '.', classes [a-z^], \d \w \s and escaped characters, groups ( ), alternatives |,
 * repeats * + ?, anchors ^ and $. A pattern is translated once into a program of a few
 * instructions; matching runs it over a text and tries every choice in turn.
 */
#ifndef DEMO_MATCH_H
#define DEMO_MATCH_H

#include <stdint.h>

#define PATTERN_INSTRUCTIONS_MAX 512u
#define PATTERN_DEPTH_MAX        16u   /* groups within groups */
#define MATCH_DEPTH_MAX          8192u /* choices open at once: what the stack may hold */

enum instruction_kind { MATCH_SET, MATCH_SPLIT, MATCH_JUMP, MATCH_START, MATCH_STOP, MATCH_DONE };

struct instruction {
	enum instruction_kind kind;
	uint16_t first, second; /* where SPLIT goes, in this order; where JUMP goes */
	uint32_t set[8];        /* the bytes that SET takes */
};

struct pattern {
	unsigned length;
	struct instruction program[PATTERN_INSTRUCTIONS_MAX];
};

/* 0, or -1 and *error points to a static text. */
int pattern_compile(struct pattern *pattern, const char *text, const char **error);

enum match_result { MATCH_NO, MATCH_YES, MATCH_GAVE_UP };

/* Whether the pattern matches somewhere in text. Gives up after steps_max steps (0: no limit), and
 * on texts that need more than MATCH_DEPTH_MAX choices at once. */
enum match_result pattern_match(const struct pattern *pattern, const char *text,
				uint64_t steps_max);

#endif
