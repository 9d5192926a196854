/* What the table of a command says of an option, for all who show it. */
#include "cli/kit/help.h"

#include <string.h>

const char *fdar_usage_values_of(const struct fdar_usage *usage, const char *option, gboolean *open)
{
	static const struct fdar_usage_values common[] = {
		{ "format", "table json csv", FALSE },
		{ "unit", "session request", FALSE },
		{ NULL, NULL, FALSE },
	};
	const struct fdar_usage_values *const tables[] = { usage->values, common };

	for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
		const struct fdar_usage_values *row = tables[i];

		for (; row && row->option; row++) {
			if (strcmp(row->option, option) != 0)
				continue;
			*open = row->open;
			return row->values;
		}
	}
	return NULL;
}

char *fdar_usage_listed(const char *values)
{
	g_auto(GStrv) words = g_strsplit(values, " ", -1);
	GString *text = g_string_new(words[0]);

	for (guint i = 1; words[0] && words[i]; i++)
		g_string_append_printf(text, "%s%s", words[i + 1] ? ", " : " or ", words[i]);
	return g_string_free(text, FALSE);
}

const char *fdar_usage_heading_of(const struct fdar_usage *usage, const char *option)
{
	const struct fdar_usage_group *group = usage->groups;

	for (; group && group->option; group++) {
		if (strcmp(group->option, option) == 0)
			return group->heading;
	}
	return NULL;
}

char *fdar_help_option(const GOptionEntry *entry)
{
	g_autofree char *letter =
		entry->short_name ? g_strdup_printf("-%c, ", entry->short_name) : g_strdup("");

	return g_strdup_printf("%s--%s%s%s", letter, entry->long_name,
			       entry->arg_description ? "=" : "",
			       entry->arg_description ? entry->arg_description : "");
}

static gboolean takes(const GOptionEntry *entries, const char *value)
{
	for (; entries && entries->long_name; entries++) {
		if (entries->arg_description && strcmp(entries->arg_description, value) == 0)
			return TRUE;
	}
	return FALSE;
}

char *fdar_help_units(const GOptionEntry *entries)
{
	return g_strconcat(takes(entries, "TIME") ? "TIME is a number and ns, us, ms, s, m or h; "
						    "where seconds are usual they need "
						    "no unit.\n"
						  : "",
			   takes(entries, "SIZE")
				   ? "SIZE is a number of bytes, or one and K, M or G.\n"
				   : "",
			   NULL);
}
