#include "cli/kit/help.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/kit/prose.h"
#include "cli/kit/terminal.h"

/* Options whose names are longer have their text on a line of its own. */
#define NAMES_MAX 28
#define GAP       2

static gsize names_width(const GOptionEntry *entries)
{
	gsize width = 0;

	for (; entries && entries->long_name; entries++) {
		g_autofree char *names = fdar_help_option(entries);
		gsize length = strlen(names);

		if (!(entries->flags & G_OPTION_FLAG_HIDDEN) && length <= NAMES_MAX)
			width = MAX(width, length);
	}
	return width;
}

static void set_options(GString *out, const struct fdar_usage *usage, const GOptionEntry *entries,
			gsize width)
{
	gsize text_at = 2 + names_width(entries) + GAP;

	for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
		g_autofree char *names = fdar_help_option(entry);
		const char *heading = fdar_usage_heading_of(usage, entry->long_name);

		if (entry->flags & G_OPTION_FLAG_HIDDEN)
			continue;
		if (heading)
			g_string_append_printf(out, "\n%s:\n", heading);
		g_string_append_printf(out, "  %s", names);
		if (2 + strlen(names) + GAP > text_at)
			g_string_append_printf(out, "\n%*s", (int)text_at, "");
		else
			g_string_append_printf(out, "%*s", (int)(text_at - 2 - strlen(names)), "");
		fdar_prose_fill(out, entry->description ? entry->description : "", text_at, text_at,
				width);
		g_string_append_c(out, '\n');
	}
}

gsize fdar_help_width(FILE *out)
{
	gsize terminal = fdar_terminal_width(out);

	if (!terminal && isatty(fileno(out)))
		terminal = 80; /* it does not say, and most are */
	return terminal ? MIN(terminal, FDAR_HELP_WIDTH) : FDAR_HELP_WIDTH;
}

void fdar_help_print(const struct fdar_usage *usage, const GOptionEntry *entries)
{
	gsize width = fdar_help_width(stdout);
	g_autofree char *units = fdar_help_units(entries);
	g_autofree char *first = g_strdup_printf("Usage: flowdar %s ", usage->command);
	g_autoptr(GString) out = g_string_new(first);

	fdar_prose_fill(out, usage->synopsis, strlen(first), strlen(first), width);
	g_string_append(out, "\n\n");
	fdar_prose_set(out, usage->description, width);
	if (!usage->groups && entries)
		g_string_append(out, "\nOptions:\n");
	set_options(out, usage, entries, width);
	if (*units) {
		g_string_append_c(out, '\n');
		fdar_prose_set(out, units, width);
	}
	if (usage->examples) {
		g_string_append(out, "\nExamples:\n");
		fdar_prose_commands(out, usage->examples, width);
	}
	fputs(out->str, stdout);
}
