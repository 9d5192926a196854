/* The rules that say whose calls are recorded: from what the user writes to what the segment holds. */
#include "pipeline/server/control_rules.h"

#include <gio/gio.h>
#include <string.h>

#include "instrument/wire/control.h"
#include "pipeline/server/control.h"

struct prefix {
	const char *written, *kept;
};

static const struct prefix prefixes[] = {
	{ "bin:", "binary:" },
	{ "file:", "file:" },
	{ "thread:", "thread:" },
	{ "", "name:" },
};

static gboolean fail(GError **error, const char *text, const char *expected)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "\"%s\": expected %s", text,
		    expected);
	return FALSE;
}

static gboolean append(GString *all, const char *rule)
{
	const struct prefix *prefix = prefixes;
	gboolean leave_out = rule[0] == '!';

	rule += leave_out;
	while (!g_str_has_prefix(rule, prefix->written))
		prefix++;
	rule += strlen(prefix->written);
	g_string_append_printf(all, "%c%s%s", leave_out ? '-' : '+', prefix->kept, rule);
	g_string_append_c(all, '\0');
	return rule[0] != '\0';
}

GString *fdar_control_rules_build(const char *const *rules)
{
	GString *all = g_string_new(NULL);

	for (; rules && *rules; rules++)
		append(all, *rules);
	return all;
}

char **fdar_control_rules_parse(const char *text, GError **error)
{
	g_auto(GStrv) rules = g_strsplit(text, ",", -1);
	g_autoptr(GString) all = g_string_new(NULL);

	for (char **rule = rules; *rule; rule++) {
		g_strstrip(*rule);
		if (!append(all, *rule)) {
			fail(error, text,
			     "globs with commas between them, like 'ap_*,!apr_palloc*,bin:mod_*'");
			return NULL;
		}
	}
	if (rules[0] && all->len <= FDAR_CONTROL_RULES_BYTES)
		return g_steal_pointer(&rules);
	fail(error, text, rules[0] ? "32768 bytes of rules at most" : "a glob at least");
	return NULL;
}
