/* The rules that say whose calls are recorded, as the user writes them and the segment holds them. */
#include "pipeline/server/control_rules.h"

#include <gio/gio.h>
#include <string.h>

#include "instrument/wire/control.h"
#include "pipeline/server/control.h"

static gboolean fail(GError **error, const char *text, const char *expected)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\": expected %s", text,
		    expected);
	return FALSE;
}

/* Whether the rule has a glob behind its "!" and prefix. */
static gboolean says_something(const char *rule)
{
	static const char *const prefixes[] = { "bin:", "file:", "thread:" };

	rule += rule[0] == '!';
	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		if (g_str_has_prefix(rule, prefixes[i]))
			return rule[strlen(prefixes[i])] != '\0';
	}
	return rule[0] != '\0';
}

GString *fdar_control_rules_build(const char *const *rules)
{
	GString *all = g_string_new(NULL);

	for (; rules && *rules; rules++)
		g_string_append_len(all, *rules, (gssize)strlen(*rules) + 1);
	return all;
}

char **fdar_control_rules_parse(const char *text, GError **error)
{
	g_auto(GStrv) rules = g_strsplit(text, ",", -1);
	size_t bytes = 0;

	for (char **rule = rules; *rule; rule++) {
		g_strstrip(*rule);
		bytes += strlen(*rule) + 1;
		if (!says_something(*rule)) {
			fail(error, text,
			     "globs with commas between them, like 'ap_*,!apr_palloc*,bin:mod_*'");
			return NULL;
		}
	}
	if (rules[0] && bytes <= FDAR_CONTROL_RULES_BYTES)
		return g_steal_pointer(&rules);
	fail(error, text, rules[0] ? "32768 bytes of rules at most" : "a glob at least");
	return NULL;
}
