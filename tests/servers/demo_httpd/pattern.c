/*
 * Translates a regular expression into a program for match.c, by recursive descent:
 *
 *	choice   = sequence { "|" sequence }
 *	sequence = { atom [ "*" | "+" | "?" ] }
 *	atom     = "(" choice ")" | "[" class "]" | "." | "^" | "$" | "\" char | char
 *
 * A repeat or a choice puts a SPLIT before what has been translated already, which therefore moves.
 */
#include "match.h"

#include <stdbool.h>
#include <string.h>

struct compiler {
	struct pattern *pattern;
	const char *text;
	const char *error;
	unsigned depth;
};

static int choice_compile(struct compiler *compiler);

static int fail(struct compiler *compiler, const char *error)
{
	compiler->error = error;
	return -1;
}

static struct instruction *instruction_add(struct compiler *compiler, enum instruction_kind kind)
{
	struct pattern *pattern = compiler->pattern;
	struct instruction *instruction;

	if (pattern->length == PATTERN_INSTRUCTIONS_MAX) {
		compiler->error = "the pattern is too long";
		return NULL;
	}
	instruction = &pattern->program[pattern->length++];
	*instruction = (struct instruction){ .kind = kind };
	return instruction;
}

/* Makes room for one instruction at a place, and lets all that points behind it follow. */
static struct instruction *instruction_insert(struct compiler *compiler, unsigned at,
					      enum instruction_kind kind)
{
	struct instruction *program = compiler->pattern->program;

	if (!instruction_add(compiler, kind))
		return NULL;
	memmove(program + at + 1, program + at,
		(compiler->pattern->length - 1 - at) * sizeof(*program));
	for (unsigned i = at + 1; i < compiler->pattern->length; i++) {
		if (program[i].kind == MATCH_SPLIT || program[i].kind == MATCH_JUMP) {
			program[i].first = (uint16_t)(program[i].first + 1);
			program[i].second = (uint16_t)(program[i].second + 1);
		}
	}
	program[at] = (struct instruction){ .kind = kind };
	return &program[at];
}

static void set_add(struct instruction *set, unsigned from, unsigned to)
{
	for (unsigned byte = from; byte <= to; byte++)
		set->set[byte / 32] |= UINT32_C(1) << (byte % 32);
}

/* \d, \w, \s, or the character itself. */
static void set_add_escaped(struct instruction *set, unsigned char escaped)
{
	if (escaped == 'd' || escaped == 'w')
		set_add(set, '0', '9');
	if (escaped == 'w') {
		set_add(set, 'a', 'z');
		set_add(set, 'A', 'Z');
		set_add(set, '_', '_');
	}
	if (escaped == 's') {
		set_add(set, ' ', ' ');
		set_add(set, '\t', '\r');
	}
	if (!strchr("dws", escaped))
		set_add(set, escaped, escaped);
}

static int class_compile(struct compiler *compiler)
{
	struct instruction *set = instruction_add(compiler, MATCH_SET);
	const unsigned char *at = (const unsigned char *)compiler->text;
	bool negated = *at == '^';

	if (!set)
		return -1;
	for (at += negated; *at != ']'; at++) {
		if (*at == '\\' && at[1] != '\0')
			set_add_escaped(set, *++at);
		else if (*at == '\0')
			return fail(compiler, "a class lacks its ]");
		else if (at[1] == '-' && at[2] > *at && at[2] != ']') {
			set_add(set, at[0], at[2]);
			at += 2;
		} else
			set_add(set, *at, *at);
	}
	for (unsigned i = 0; negated && i < 8; i++)
		set->set[i] = ~set->set[i];
	compiler->text = (const char *)at + 1;
	return 0;
}

static int group_compile(struct compiler *compiler)
{
	if (compiler->depth == PATTERN_DEPTH_MAX)
		return fail(compiler, "groups are nested too deep");
	compiler->depth++;
	if (choice_compile(compiler) < 0)
		return -1;
	compiler->depth--;
	if (*compiler->text != ')')
		return fail(compiler, "a group lacks its )");
	compiler->text++;
	return 0;
}

static int atom_compile(struct compiler *compiler)
{
	unsigned char byte = (unsigned char)*compiler->text++;
	struct instruction *set;

	if (byte == '(')
		return group_compile(compiler);
	if (byte == '[')
		return class_compile(compiler);
	if (byte == '^' || byte == '$')
		return instruction_add(compiler, byte == '^' ? MATCH_START : MATCH_STOP) ? 0 : -1;
	if (strchr("*+?", byte))
		return fail(compiler, "a repeat has nothing to repeat");
	set = instruction_add(compiler, MATCH_SET);
	if (!set)
		return -1;
	if (byte == '.')
		set_add(set, 1, 255);
	else if (byte != '\\')
		set_add(set, byte, byte);
	else if (*compiler->text == '\0')
		return fail(compiler, "a backslash ends the pattern");
	else
		set_add_escaped(set, (unsigned char)*compiler->text++);
	return 0;
}

/* The atom that begins at an instruction and ends with the last one is repeated. */
static int repeat_compile(struct compiler *compiler, unsigned at, char repeat)
{
	struct pattern *pattern = compiler->pattern;
	struct instruction *split;

	if (repeat == '+') {
		split = instruction_add(compiler, MATCH_SPLIT);
		if (!split)
			return -1;
		split->first = (uint16_t)at;
		split->second = (uint16_t)pattern->length;
		return 0;
	}
	split = instruction_insert(compiler, at, MATCH_SPLIT);
	if (!split)
		return -1;
	if (repeat == '*') {
		struct instruction *jump = instruction_add(compiler, MATCH_JUMP);

		if (!jump)
			return -1;
		jump->first = (uint16_t)at;
	}
	split->first = (uint16_t)(at + 1);
	split->second = (uint16_t)pattern->length;
	return 0;
}

static int sequence_compile(struct compiler *compiler)
{
	while (*compiler->text != '\0' && !strchr("|)", *compiler->text)) {
		unsigned at = compiler->pattern->length;

		if (atom_compile(compiler) < 0)
			return -1;
		if (*compiler->text != '\0' && strchr("*+?", *compiler->text) &&
		    repeat_compile(compiler, at, *compiler->text++) < 0)
			return -1;
	}
	return 0;
}

static int choice_compile(struct compiler *compiler)
{
	unsigned at = compiler->pattern->length;

	if (sequence_compile(compiler) < 0)
		return -1;
	while (*compiler->text == '|') {
		struct instruction *split = instruction_insert(compiler, at, MATCH_SPLIT);
		struct instruction *jump = split ? instruction_add(compiler, MATCH_JUMP) : NULL;
		unsigned alternative = compiler->pattern->length;

		if (!jump)
			return -1;
		compiler->text++;
		if (sequence_compile(compiler) < 0)
			return -1;
		split->first = (uint16_t)(at + 1);
		split->second = (uint16_t)alternative;
		jump->first = (uint16_t)compiler->pattern->length;
	}
	return 0;
}

int pattern_compile(struct pattern *pattern, const char *text, const char **error)
{
	struct compiler compiler = { .pattern = pattern, .text = text };

	pattern->length = 0;
	if (choice_compile(&compiler) == 0) {
		if (*compiler.text == ')')
			compiler.error = "a ) has no group to end";
		else if (instruction_add(&compiler, MATCH_DONE))
			return 0;
	}
	*error = compiler.error;
	return -1;
}
