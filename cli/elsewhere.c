#include "cli/elsewhere.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "cli/kit/help.h"

static gboolean answers(const struct fdar_command *command, const char *form)
{
	return command->run(2, (char *[]){ (char *)command->name, (char *)form, NULL }) ==
	       FDAR_EXIT_OK;
}

/* "replay, reduce or hunt": those who have it; NULL if own has it, or nobody. The caller frees the result. */
static char *who_has(const char *option, const char *own)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *form = g_strdup_printf("--help=option:%s", option);

	for (const struct fdar_command *command = fdar_commands; command->name; command++) {
		if (!answers(command, form))
			continue;
		if (strcmp(command->name, own) == 0)
			return NULL;
		g_ptr_array_add(names, (gpointer)command->name);
	}
	if (names->len == 0)
		return NULL;
	g_ptr_array_add(names, NULL);
	g_autofree char *joined = g_strjoinv(" ", (char **)names->pdata);

	return fdar_usage_listed(joined);
}

/* What a word's option is called, without its value; NULL if it is none. The caller frees the result. */
static char *option_in(const char *word)
{
	if (!g_str_has_prefix(word, "--") || !word[2])
		return NULL;
	return g_strndup(word + 2, strcspn(word + 2, "="));
}

void fdar_elsewhere_tell(const struct fdar_command *command, char *const *words)
{
	gboolean runs = answers(command, "--help=runs");

	for (const char *before = "-"; *++words; before = *words) {
		g_autofree char *option = option_in(*words);
		g_autofree char *owners = option ? who_has(option, command->name) : NULL;

		/* Those of the command that it is to run. */
		if (strcmp(*words, "--") == 0 || (runs && (*words)[0] != '-' && before[0] != '-'))
			return;
		if (owners) {
			fprintf(stderr, "--%s is an option of %s.\n", option, owners);
			return;
		}
	}
}
