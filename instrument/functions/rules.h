/*
 * The rules of the control segment: whose calls are recorded.
 *
 * Place in the house: used by select.c. What the rules are and how the last one that fits decides is
 * instrument/wire/control.h's. The text is hostile: a rule that is none is passed over and counted.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_RULES_H
#define FDAR_INSTRUMENT_FUNCTIONS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instrument/wire/control.h"

#define FDAR_RULES_MAX   FDAR_CONTROL_RULES_MAX
#define FDAR_RULE_LENGTH 256u /* of one pattern, at most */

enum fdar_rule_kind { FDAR_RULE_NAME, FDAR_RULE_BINARY, FDAR_RULE_FILE, FDAR_RULE_THREAD };

struct fdar_rule {
	enum fdar_rule_kind kind;
	bool exclude;
	bool met;            /* it fitted a function */
	uint32_t number;     /* of the text that it is */
	const char *pattern; /* in text */
};

struct fdar_rules {
	char text[FDAR_CONTROL_RULES_BYTES + 1];
	struct fdar_rule rules[FDAR_RULES_MAX];
	size_t count;
	size_t functions; /* rules that are about functions; the others are about threads */
	size_t threads;
	size_t bad; /* not understood, or too many */
};

/* From length bytes of texts, each ended by a NUL. */
void fdar_rules_parse(struct fdar_rules *rules, const char *text, size_t length);

/* Whether a function is wanted, and which rules it meets. name is the symbol's, "" when there is none;
 * binary is the base name; file may be NULL: not known, then no rule about files fits. */
bool fdar_rules_function(struct fdar_rules *rules, const char *name, const char *binary,
			 const char *file);

bool fdar_rules_thread(const struct fdar_rules *rules, const char *name);

#endif
