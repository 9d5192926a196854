#include "functions/rules.h"

#include <dlfcn.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "instrument/wire/clones.h"
#include "instrument/wire/cpp_names.h"

#define MANGLED_MAX 1024u /* the demangler's stack grows with a name */

static const struct {
	const char *prefix;
	enum fdar_rule_kind kind;
} kinds[] = {
	{ "bin:", FDAR_RULE_BINARY },
	{ "file:", FDAR_RULE_FILE },
	{ "thread:", FDAR_RULE_THREAD },
	{ "", FDAR_RULE_NAME }, /* last: every text begins with it */
};

static bool rule_parse(struct fdar_rule *rule, const char *text)
{
	size_t i = 0;

	rule->exclude = text[0] == '!';
	text += rule->exclude;
	while (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
		i++;
	rule->kind = kinds[i].kind;
	rule->pattern = text + strlen(kinds[i].prefix);
	return rule->pattern[0] && strlen(rule->pattern) <= FDAR_RULE_LENGTH;
}

void fdar_rules_parse(struct fdar_rules *rules, const char *text, size_t length)
{
	const char *end;
	uint32_t number = 0;

	if (length > FDAR_CONTROL_RULES_BYTES)
		length = FDAR_CONTROL_RULES_BYTES;
	memcpy(rules->text, text, length);
	rules->text[length] = '\0';
	end = rules->text + length;
	rules->count = 0;
	rules->functions = 0;
	rules->threads = 0;
	rules->bad = 0;
	for (const char *at = rules->text; at < end; at += strlen(at) + 1) {
		struct fdar_rule rule = { .number = number };

		if (!at[0])
			continue;
		number++;
		if (rules->count == FDAR_RULES_MAX || !rule_parse(&rule, at)) {
			rules->bad++;
			continue;
		}
		rules->rules[rules->count++] = rule;
		if (rule.kind == FDAR_RULE_THREAD)
			rules->threads++;
		else
			rules->functions++;
	}
}

/* A source file's rule fits its path or its base name. */
static bool file_fits(const char *pattern, const char *file)
{
	const char *slash;

	if (!file)
		return false;
	slash = strrchr(file, '/');
	return fnmatch(pattern, file, 0) == 0 || (slash && fnmatch(pattern, slash + 1, 0) == 0);
}

/* What a rule is asked about. */
struct asked {
	const char *name;
	char *source; /* of a compiler's clone: its name in the source; NULL: none, or no memory */
	char *shown;  /* of C++: demangled, when that was tried; NULL: it cannot be */
	bool tried;
	const char *binary;
	const char *file;
};

typedef char *(*demangle_fn)(const char *mangled, char *output, size_t *length, int *status);

/* By the C++ library of the server: who has C++ functions has it, as a rule. */
static char *demangle(const char *name)
{
	demangle_fn demangler;
	void *found;
	int status = 0;

	if (strncmp(name, "_Z", 2) != 0 || strlen(name) > MANGLED_MAX)
		return NULL;
	found = dlsym(RTLD_DEFAULT, "__cxa_demangle");
	memcpy(&demangler, &found, sizeof(demangler));
	return found ? demangler(name, NULL, NULL, &status) : NULL;
}

static bool shown_fits(const char *pattern, struct asked *asked)
{
	if (!asked->tried)
		asked->shown = demangle(asked->source ? asked->source : asked->name);
	asked->tried = true;
	return asked->shown && fdar_cpp_fits(pattern, asked->shown);
}

static bool rule_fits(const struct fdar_rule *rule, struct asked *asked)
{
	if (rule->kind == FDAR_RULE_BINARY)
		return fnmatch(rule->pattern, asked->binary, 0) == 0;
	if (rule->kind == FDAR_RULE_FILE)
		return file_fits(rule->pattern, asked->file);
	return fnmatch(rule->pattern, asked->name, 0) == 0 ||
	       (asked->source && fnmatch(rule->pattern, asked->source, 0) == 0) ||
	       shown_fits(rule->pattern, asked);
}

bool fdar_rules_function(struct fdar_rules *rules, const char *name, const char *binary,
			 const char *file)
{
	struct asked asked = { .name = name, .binary = binary, .file = file };
	size_t base = fdar_clone_base(name);
	bool decided = true, first = true;

	if (name[base])
		asked.source = strndup(name, base);
	for (size_t i = 0; i < rules->count; i++) {
		struct fdar_rule *rule = &rules->rules[i];

		if (rule->kind == FDAR_RULE_THREAD)
			continue;
		if (first)
			decided = rule->exclude;
		first = false;
		if (!rule_fits(rule, &asked))
			continue;
		decided = !rule->exclude;
		rule->met = rule->met || name[0];
	}
	free(asked.source);
	free(asked.shown);
	return decided;
}

bool fdar_rules_thread(const struct fdar_rules *rules, const char *name)
{
	bool decided = true, first = true;

	for (size_t i = 0; i < rules->count; i++) {
		const struct fdar_rule *rule = &rules->rules[i];

		if (rule->kind != FDAR_RULE_THREAD)
			continue;
		if (first)
			decided = rule->exclude;
		first = false;
		if (fnmatch(rule->pattern, name, 0) == 0)
			decided = !rule->exclude;
	}
	return decided;
}
