/* --help=FORM: the command's part of what the build makes of it. */
#include <string.h>

#include "cli/kit/command.h"
#include "cli/kit/help.h"

static gboolean has_option(const GOptionEntry *entries, const char *name)
{
	for (; entries && entries->long_name; entries++) {
		if (strcmp(entries->long_name, name) == 0)
			return TRUE;
	}
	return FALSE;
}

gboolean fdar_help_print_as(const char *form, const struct fdar_usage *usage,
			    const GOptionEntry *entries, int *code)
{
	static const char *const shells[] = { "bash", "zsh", "fish", NULL };
	static const char asked[] = "option:";

	gboolean of_option = g_str_has_prefix(form, asked);

	if (of_option || strcmp(form, "runs") == 0) {
		gboolean yes = of_option ? has_option(entries, form + strlen(asked))
					 : strstr(usage->synopsis, "-- COMMAND") != NULL;

		*code = yes ? FDAR_EXIT_OK : FDAR_EXIT_FAILED;
		return TRUE;
	}
	if (strcmp(form, "man") == 0)
		fdar_manual_print(usage, entries);
	else if (g_strv_contains(shells, form))
		fdar_completion_print(form, usage, entries);
	else
		return FALSE;
	*code = FDAR_EXIT_OK;
	return TRUE;
}
