#include "match.h"

#include <stdbool.h>
#include <stddef.h>

struct match {
	const struct pattern *pattern;
	const char *text;
	uint64_t steps_left;
	unsigned depth;
	bool gave_up;
	/* By instruction: where in the text its choice was last made, of those still open. */
	const char *chosen_at[PATTERN_INSTRUCTIONS_MAX];
};

static bool match_from(struct match *match, unsigned at, const char *text);

/* One byte against a set: far too small to be worth a trace event of its own. */
__attribute__((no_instrument_function)) static inline bool set_has(
	const struct instruction *instruction, unsigned char byte)
{
	return instruction->set[byte / 32] >> (byte % 32) & 1;
}

/* A choice that is open already at the same place in the text, as in (a*)*, cannot find anything
 * that the open one will not. */
static bool match_split(struct match *match, unsigned at, const char *text)
{
	const struct instruction *split = &match->pattern->program[at];
	const char *before = match->chosen_at[at];
	bool matched;

	if (before == text)
		return false;
	if (match->depth == MATCH_DEPTH_MAX) {
		match->gave_up = true;
		return false;
	}
	match->depth++;
	match->chosen_at[at] = text;
	matched = match_from(match, split->first, text) || match_from(match, split->second, text);
	match->chosen_at[at] = before;
	match->depth--;
	return matched;
}

/* Runs the program from one instruction on, up to its end or the next choice. */
static bool match_from(struct match *match, unsigned at, const char *text)
{
	while (!match->gave_up) {
		const struct instruction *instruction = &match->pattern->program[at];

		if (match->steps_left-- == 0) {
			match->gave_up = true;
			break;
		}
		switch (instruction->kind) {
		case MATCH_SET:
			if (*text == '\0' || !set_has(instruction, (unsigned char)*text))
				return false;
			text++;
			break;
		case MATCH_SPLIT:
			return match_split(match, at, text);
		case MATCH_JUMP:
			at = instruction->first;
			continue;
		case MATCH_START:
			if (text != match->text)
				return false;
			break;
		case MATCH_STOP:
			if (*text != '\0')
				return false;
			break;
		case MATCH_DONE:
			return true;
		}
		at++;
	}
	return false;
}

enum match_result pattern_match(const struct pattern *pattern, const char *text, uint64_t steps_max)
{
	struct match match = {
		.pattern = pattern,
		.text = text,
		.steps_left = steps_max ? steps_max : UINT64_MAX,
	};
	const char *start = text;

	do {
		if (match_from(&match, 0, start))
			return MATCH_YES;
		if (match.gave_up)
			return MATCH_GAVE_UP;
	} while (*start++ != '\0');
	return MATCH_NO;
}
