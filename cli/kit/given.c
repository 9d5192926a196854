#include "cli/kit/given.h"

#include <string.h>

#include "cli/kit/help.h"

static gboolean takes_whole_number(const GOptionEntry *entry)
{
	return entry->arg == G_OPTION_ARG_INT || entry->arg == G_OPTION_ARG_INT64;
}

/* The value in word, or in the one behind it; NULL if the word is not this option. */
static const char *value_in(const GOptionEntry *entry, const char *word, const char *next)
{
	size_t length = strlen(entry->long_name);

	if (g_str_has_prefix(word, "--") && strncmp(word + 2, entry->long_name, length) == 0) {
		if (word[2 + length] == '=')
			return word + 3 + length;
		return word[2 + length] ? NULL : next;
	}
	if (entry->short_name && word[0] == '-' && word[1] == entry->short_name)
		return word[2] ? word + 2 : next;
	return NULL;
}

/* Blanks and a sign may stand before it. */
static gboolean is_octal(const char *value)
{
	value += strspn(value, " \t\n\v\f\r");
	value += *value == '+' || *value == '-';
	return value[0] == '0' && value[1];
}

char *fdar_given_number(const GOptionEntry *entries, int argc, char *const *argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		for (const GOptionEntry *entry = entries; entry && entry->long_name; entry++) {
			const char *next = i + 1 < argc ? argv[i + 1] : NULL;
			const char *value =
				takes_whole_number(entry) ? value_in(entry, argv[i], next) : NULL;

			if (value && is_octal(value))
				return g_strdup_printf("--%s: \"%s\": expected a whole number",
						       entry->long_name, value);
		}
	}
	return NULL;
}

static gboolean is_empty(const GOptionEntry *entry)
{
	char *const *texts;

	switch (entry->arg) {
	case G_OPTION_ARG_STRING:
	case G_OPTION_ARG_FILENAME: {
		const char *text = *(char *const *)entry->arg_data;

		return text && !*text;
	}
	case G_OPTION_ARG_STRING_ARRAY:
	case G_OPTION_ARG_FILENAME_ARRAY:
		for (texts = *(char **const *)entry->arg_data; texts && *texts; texts++)
			if (!**texts)
				return TRUE;
		return FALSE;
	default:
		return FALSE;
	}
}

/* The caller frees the result. */
static char *expected_of(const struct fdar_usage *usage, const GOptionEntry *entry)
{
	gboolean open = FALSE;
	const char *values = fdar_usage_values_of(usage, entry->long_name, &open);

	if (values && !open)
		return fdar_usage_listed(values);
	return g_strdup(entry->arg_description ? entry->arg_description : "something");
}

char *fdar_given_empty(const struct fdar_usage *usage, const GOptionEntry *entries)
{
	for (; entries && entries->long_name; entries++) {
		if (!entries->arg_data || !is_empty(entries))
			continue;
		g_autofree char *expected = expected_of(usage, entries);

		return g_strdup_printf("--%s: expected %s, not an empty text", entries->long_name,
				       expected);
	}
	return NULL;
}

static void take_out(int *argc, char **argv, int at)
{
	memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof *argv);
	(*argc)--;
}

char *fdar_given_arguments(const struct fdar_usage *usage, int *argc, char **argv)
{
	gboolean others = strstr(usage->synopsis, "-- ") != NULL;

	for (int i = 1; i < *argc && (i == 1 || !others); i++) {
		if (strcmp(argv[i], "--") == 0) {
			take_out(argc, argv, i);
			break;
		}
	}
	for (int i = 1; i < *argc && !others; i++)
		if (!*argv[i])
			return g_strdup("an argument is an empty text");
	return NULL;
}
