/* --help=FORM: the command's part of what the build makes of it. */
#include <string.h>

#include "cli/kit/help.h"

gboolean fdar_help_print_as(const char *form, const struct fdar_usage *usage,
			    const GOptionEntry *entries)
{
	static const char *const shells[] = { "bash", "zsh", "fish", NULL };

	if (strcmp(form, "man") == 0)
		fdar_manual_print(usage, entries);
	else if (g_strv_contains(shells, form))
		fdar_completion_print(form, usage, entries);
	else
		return FALSE;
	return TRUE;
}
