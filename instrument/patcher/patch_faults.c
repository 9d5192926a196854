#include "instrument/patcher/patch_new.h"

#include <string.h>

/* What is to come in pairs: by the name of the macro, without FLOWDAR_. */
static const struct {
	const char *first, *second, *loss;
} pairs[] = {
	{ "SESSION_BEGIN", "SESSION_END", "its sessions never end" },
	{ "SESSION_RESUME", "SESSION_SUSPEND",
	  "a thread never turns away from a client, and what it does next is charged to it" },
	{ "REQUEST_BEGIN", "REQUEST_END", "its requests never end" },
	{ "HANDOFF_PUT", "HANDOFF_TAKE", "who waits in the queue waits for ever" },
	{ "WAIT_BEGIN", "WAIT_END", "the thread never goes on" },
};

static const char known[] =
	" ENABLED FUNCTION SCOPE SESSION_BEGIN SESSION_RESUME SESSION_SUSPEND SESSION_END "
	"REQUEST_BEGIN REQUEST_END HANDOFF_PUT HANDOFF_TAKE BYTES NOTE WAIT_BEGIN WAIT_END ";

/* The lines that a patch adds, without the white space of all of them. */
static char *added_by(const char *content)
{
	g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
	GString *added = g_string_new(NULL);

	for (char **line = lines; *line; line++)
		for (const char *at = *line + 1; **line == '+' && *at; at++)
			if (!g_ascii_isspace(*at))
				g_string_append_c(added, *at);
	return g_string_free(added, FALSE);
}

static char *without_space(const char *text)
{
	GString *left = g_string_new(NULL);

	for (; *text; text++)
		if (!g_ascii_isspace(*text))
			g_string_append_c(left, *text);
	return g_string_free(left, FALSE);
}

static void look_at_rule(const struct fdar_patch_rule *rule, const char *content, GString *all,
			 GPtrArray *faults)
{
	g_autofree char *added = added_by(content), *adds = without_space(rule->adds);

	g_string_append_printf(all, "%s\n", added);
	if (!strstr(added, adds))
		g_ptr_array_add(faults, g_strdup_printf("[%s]: no line that %s adds has \"%s\"",
							rule->name, rule->patch, rule->adds));
}

/* Macros that the header does not have: a misspelled one is a call of a function that nobody has. */
static void look_at_names(const char *all, GPtrArray *faults)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (const char *at = all; (at = strstr(at, "FLOWDAR_"));) {
		g_autofree char *name = NULL, *as_listed = NULL;
		const char *end;

		at += strlen("FLOWDAR_");
		for (end = at; g_ascii_isupper(*end) || *end == '_'; end++)
			;
		name = g_strndup(at, (gsize)(end - at));
		as_listed = g_strdup_printf(" %s ", name);
		if (*end == '(' && !strstr(known, as_listed) &&
		    !g_hash_table_contains(seen, name)) {
			g_ptr_array_add(faults,
					g_strdup_printf("flowdar.h has no FLOWDAR_%s()", name));
			g_hash_table_add(seen, g_steal_pointer(&name));
		}
	}
}

static void look_at_pairs(const char *all, GPtrArray *faults)
{
	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *first = g_strdup_printf("FLOWDAR_%s(", pairs[i].first);
		g_autofree char *second = g_strdup_printf("FLOWDAR_%s(", pairs[i].second);

		if (strstr(all, first) && !strstr(all, second))
			g_ptr_array_add(faults, g_strdup_printf("%s) without %s): %s", first,
								second, pairs[i].loss));
		if (strstr(all, second) && !strstr(all, first))
			g_ptr_array_add(faults, g_strdup_printf("%s) without %s)", second, first));
	}
}

GPtrArray *fdar_patch_faults(const struct fdar_patch_set *set)
{
	GPtrArray *faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) all = g_string_new(NULL);

	if (!set->rules->len)
		g_ptr_array_add(faults, g_strdup("there is no rule"));
	for (guint i = 0; i < set->rules->len; i++) {
		const struct fdar_patch_rule *rule = g_ptr_array_index(set->rules, i);
		g_autofree char *content = NULL;

		if (g_file_get_contents(rule->patch, &content, NULL, NULL))
			look_at_rule(rule, content, all, faults);
		else
			g_ptr_array_add(faults, g_strdup_printf("[%s]: there is no %s", rule->name,
								rule->patch));
	}
	look_at_names(all->str, faults);
	look_at_pairs(all->str, faults);
	return faults;
}
