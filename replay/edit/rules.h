/*
 * Rules of rewriting: what of a client's bytes is stale when they are played again, and what takes its place.
 *
 * Place in the house: the bottom of replay/edit/. A rules file is read by the user of `--rewrite`; it is
 * groups of keys (GKeyFile), a group a rule, in order:
 *
 *	[NAME]
 *	answer = REGEX     what its first group (or all of it) matches in the captured answer is replaced, in
 *	                   all that the client sends later, by what it matches in this run's answer
 *	request = REGEX    what its first group (or all of it) matches in what the client sends is replaced
 *	value = TEMPLATE   by this; without it, by what this run's answer had (then answer is needed)
 *	mend = no          lengths around what is replaced stay as they are; yes is the default
 *
 * REGEX is PCRE over bytes, as they stand behind the sign: a backslash is the regex's own. ^ and $ match at
 * lines. TEMPLATE is text with {clone} {round} {session} {client} {count} {random:N} {hex:N} {digits:N}
 * {date} {date:FORMAT} {unix} {value}; {{ is a brace. N is from 1 to 256. docs/replay.md says what they are.
 *
 * Bounds: FDAR_EDIT_RULES_MAX rules, 64 KiB of file.
 */
#ifndef FDAR_REPLAY_EDIT_RULES_H
#define FDAR_REPLAY_EDIT_RULES_H

#include <glib.h>
#include <stdint.h>

#define FDAR_EDIT_RULES_MAX 64
#define FDAR_EDIT_FILE_MAX  (64u << 10)
#define FDAR_EDIT_VALUE_MAX 4096u /* bytes of what is replaced, and of what takes its place */

#define FDAR_EDIT_ERROR fdar_edit_error_quark()
GQuark fdar_edit_error_quark(void);

enum fdar_edit_error { FDAR_EDIT_ERROR_RULES };

struct fdar_edit_rule {
	char *name;
	GRegex *answer;  /* NULL: answers do not matter */
	GRegex *request; /* NULL: wherever a value of answer comes up again */
	char *value;     /* NULL: the answer's */
	gboolean mend;
};

struct fdar_edit_rules {
	struct fdar_edit_rule rules[FDAR_EDIT_RULES_MAX];
	size_t count;
};

/* NULL and error (FDAR_EDIT_ERROR): the message names the file, the rule and what was expected. */
struct fdar_edit_rules *fdar_edit_rules_load(const char *path, GError **error);

/* The same of a text; name: for the message. */
struct fdar_edit_rules *fdar_edit_rules_parse(const char *text, size_t size, const char *name,
					      GError **error);

/* The first rule that needs a server's answer; NULL: none does. */
const struct fdar_edit_rule *fdar_edit_rules_listening(const struct fdar_edit_rules *rules);

/* NULL is allowed. */
void fdar_edit_rules_free(struct fdar_edit_rules *rules);
typedef struct fdar_edit_rules fdar_edit_rules;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_edit_rules, fdar_edit_rules_free)

#endif
