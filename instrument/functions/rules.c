#include "functions/rules.h"

#include <fnmatch.h>
#include <string.h>

static const struct {
	const char *word;
	enum fdar_rule_kind kind;
} words[] = {
	{ "name:", FDAR_RULE_NAME },
	{ "binary:", FDAR_RULE_BINARY },
	{ "file:", FDAR_RULE_FILE },
	{ "thread:", FDAR_RULE_THREAD },
};

static bool rule_parse(struct fdar_rule *rule, const char *text)
{
	if (text[0] != '+' && text[0] != '-')
		return false;
	rule->exclude = text[0] == '-';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t length = strlen(words[i].word);

		if (strncmp(text + 1, words[i].word, length) == 0) {
			rule->kind = words[i].kind;
			rule->pattern = text + 1 + length;
			return rule->pattern[0] && strlen(rule->pattern) <= FDAR_RULE_LENGTH;
		}
	}
	return false;
}

void fdar_rules_parse(struct fdar_rules *rules, const char *text, size_t length)
{
	const char *end;

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
		struct fdar_rule rule;

		if (!at[0])
			continue;
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

bool fdar_rules_function(const struct fdar_rules *rules, const char *name, const char *binary,
			 const char *file)
{
	bool decided = true, first = true;

	for (size_t i = 0; i < rules->count; i++) {
		const struct fdar_rule *rule = &rules->rules[i];
		bool fits = false;

		if (rule->kind == FDAR_RULE_THREAD)
			continue;
		if (first)
			decided = rule->exclude;
		first = false;
		if (rule->kind == FDAR_RULE_NAME)
			fits = fnmatch(rule->pattern, name, 0) == 0;
		else if (rule->kind == FDAR_RULE_BINARY)
			fits = fnmatch(rule->pattern, binary, 0) == 0;
		else
			fits = file_fits(rule->pattern, file);
		if (fits)
			decided = !rule->exclude;
	}
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
