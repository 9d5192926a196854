/*
 * The rules of the control segment: whose calls are recorded.
 *
 * Place in the house: used by select.c. What the rules are and how the last one that fits decides is
 * instrument/wire/control.h's. The text is hostile: a rule that is none is passed over and counted.
 */
#ifndef FD_FUNCTIONS_RULES_H
#define FD_FUNCTIONS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instrument/wire/control.h"

#define FD_RULES_MAX   512u
#define FD_RULE_LENGTH 256u /* of one pattern, at most */

enum fd_rule_kind { FD_RULE_NAME, FD_RULE_BINARY, FD_RULE_FILE, FD_RULE_THREAD };

struct fd_rule {
	enum fd_rule_kind kind;
	bool exclude;
	const char *pattern; /* in text */
};

struct fd_rules {
	char text[FD_CONTROL_RULES_BYTES + 1];
	struct fd_rule rules[FD_RULES_MAX];
	size_t count;
	size_t functions; /* rules that are about functions; the others are about threads */
	size_t threads;
	size_t bad; /* not understood, or too many */
};

/* From length bytes of texts, each ended by a NUL. */
void fd_rules_parse(struct fd_rules *rules, const char *text, size_t length);

/* Whether a function is wanted. binary is the base name; file may be NULL: not known, then no rule
 * about files fits. */
bool fd_rules_function(const struct fd_rules *rules, const char *name, const char *binary,
		       const char *file);

bool fd_rules_thread(const struct fd_rules *rules, const char *name);

#endif
