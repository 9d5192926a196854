#include "cli/kit/options.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/kit/command.h"
#include "base/show.h"
#include "cli/kit/given.h"
#include "cli/kit/help.h"
#include "cli/kit/numbers.h"
#include "cli/kit/suggest.h"

typedef GOptionContext fdar_option_context;
static void option_context_free(fdar_option_context *context)
{
	g_option_context_free(context);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_option_context, option_context_free)

static gboolean has_option(const GOptionEntry *entries, const char *long_name)
{
	for (; entries && entries->long_name; entries++) {
		if (strcmp(entries->long_name, long_name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The words after --NAME or -N in --help: what is expected; NULL if it says nothing. */
static const char *expected_of(const GOptionEntry *entries, const char *option)
{
	for (; entries && entries->long_name; entries++) {
		if (g_str_has_prefix(option, "--")
			    ? strcmp(entries->long_name, option + 2) == 0
			    : option[1] && option[1] == entries->short_name && !option[2])
			return entries->arg_description;
	}
	return NULL;
}

/* GLib says "Cannot parse integer value “x” for --limit" and "Missing argument for -o": what was given stands
 * between the quotes, the option behind the last space. */
static int wrong_value(const struct fdar_usage *usage, const GOptionEntry *entries,
		       const GError *error)
{
	const char *option = strrchr(error->message, ' ');
	const char *open = strstr(error->message, "\u201c"), *close = NULL;
	gboolean whole = strstr(error->message, "nteger") != NULL;

	if (open) {
		open += strlen("\u201c");
		close = strstr(open, "\u201d");
	}
	if (close && (option = strstr(close, " -"))) {
		g_autofree char *value = g_strndup(open, (gsize)(close - open));
		g_autofree char *name = g_strndup(option + 1, strcspn(option + 1, " "));

		return fdar_usage_error(usage, "%s: \"%s\": expected a %snumber%s", name, value,
					whole ? "whole " : "",
					strstr(option, "range") ? ", and not so large a one" : "");
	}
	if (!open && option && option[1] == '-') {
		const char *expected = expected_of(entries, option + 1);

		if (expected)
			return fdar_usage_error(usage, "%s: expected %s behind it", option + 1,
						expected);
	}
	return fdar_usage_error(usage, "%s", error->message);
}

/* A wrong option, and the one that was likely meant. */
static int wrong_option(const struct fdar_usage *usage, const GOptionEntry *entries,
			const GError *error)
{
	const char *given = strrchr(error->message, ' ');
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *meant = NULL;

	if (g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE))
		return wrong_value(usage, entries, error);
	/* "-limit" is meant for "--limit", and taken for "-l". */
	if (!g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) || !given ||
	    strncmp(given, " -", 2) != 0 || strlen(given) < strlen(" -xy"))
		return fdar_usage_error(usage, "%s", error->message);
	for (; entries && entries->long_name; entries++)
		g_ptr_array_add(names, (gpointer)entries->long_name);
	g_ptr_array_add(names, (gpointer) "help");
	g_ptr_array_add(names, NULL);
	given += given[2] == '-' ? 3 : 2;
	g_autofree char *name = g_strndup(given, strcspn(given, "="));

	if (name[0] && name[1])
		meant = fdar_suggest(name, (const char *const *)names->pdata);
	return fdar_usage_error(usage, "%s%s%s%s", error->message, meant ? "; did you mean --" : "",
				meant ? meant : "", meant ? "?" : "");
}

/* Whether each option that takes one of a few words got one of them. */
static gboolean check_values(const struct fdar_usage *usage, const GOptionEntry *entries, int *code)
{
	for (; entries && entries->long_name; entries++) {
		gboolean open = FALSE;
		const char *values = fdar_usage_values_of(usage, entries->long_name, &open);
		const char *given = entries->arg == G_OPTION_ARG_STRING && entries->arg_data
					    ? *(char *const *)entries->arg_data
					    : NULL;

		if (!values || open || !given)
			continue;
		g_auto(GStrv) words = g_strsplit(values, " ", -1);
		if (g_strv_contains((const char *const *)words, given))
			continue;
		const char *meant = fdar_suggest(given, (const char *const *)words);
		g_autofree char *expected = fdar_usage_listed(values);

		*code = fdar_usage_error(usage, "--%s %s: expected %s%s%s%s", entries->long_name,
					 given, expected, meant ? "; did you mean " : "",
					 meant ? meant : "", meant ? "?" : "");
		return FALSE;
	}
	return TRUE;
}

/* --help=man and the like, for the build: nothing else of the arguments counts. */
static gboolean asked_for_form(const struct fdar_usage *usage, const GOptionEntry *entries,
			       int argc, char **argv, int *code)
{
	return argc == 2 && g_str_has_prefix(argv[1], "--help=") &&
	       fdar_help_print_as(argv[1] + strlen("--help="), usage, entries, code);
}

/* The help, with --help itself as the last option. */
static void print_all(const struct fdar_usage *usage, const GOptionEntry *entries,
		      const GOptionEntry *help)
{
	g_autoptr(GArray) all = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));

	for (; entries && entries->long_name; entries++)
		g_array_append_val(all, *entries);
	g_array_append_val(all, *help);
	fdar_help_print(usage, (const GOptionEntry *)(const void *)all->data);
}

gboolean fdar_options_parse(const struct fdar_usage *usage, const GOptionEntry *entries, int *argc,
			    char ***argv, int *code)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_option_context) context = g_option_context_new(NULL);
	gboolean help = FALSE;
	const GOptionEntry help_entry[] = {
		{ "help", has_option(entries, "host") ? 0 : 'h', 0, G_OPTION_ARG_NONE, &help,
		  "Show this help", NULL },
		G_OPTION_ENTRY_NULL,
	};

	if (asked_for_form(usage, entries, *argc, *argv, code))
		return FALSE;
	g_option_context_set_help_enabled(context, FALSE);
	/* What follows the command of somebody else is that command's. */
	gboolean theirs = strstr(usage->synopsis, "-- COMMAND") != NULL;
	g_option_context_set_strict_posix(context, theirs);
	if (entries)
		g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_add_main_entries(context, help_entry, NULL);
	g_autofree char **words = g_memdup2(*argv, (gsize)*argc * sizeof **argv);
	int count = *argc;
	g_autoptr(GArray) aside = fdar_numbers_put_aside(usage, entries);
	gboolean parsed = g_option_context_parse(context, argc, argv, &error);
	g_autofree char *wrong_number = fdar_numbers_give_back(aside);

	if (!parsed) {
		*code = wrong_option(usage, entries, error);
		return FALSE;
	}
	if (help) {
		print_all(usage, entries, help_entry);
		*code = FDAR_EXIT_OK;
		return FALSE;
	}
	if (theirs)
		count -= *argc - 1;
	g_autofree char *odd_number = fdar_given_number(entries, count, words);
	g_autofree char *empty = fdar_given_empty(usage, entries);
	g_autofree char *argument = fdar_given_arguments(usage, argc, *argv);
	const char *wrong = odd_number     ? odd_number
			    : wrong_number ? wrong_number
			    : empty        ? empty
					   : argument;

	if (wrong)
		*code = fdar_usage_error(usage, "%s", wrong);
	return !wrong && check_values(usage, entries, code);
}

static gboolean is_number(const char *word)
{
	return *word && word[strspn(word, "0123456789")] == '\0';
}

void fdar_options_optional(int argc, char **argv, char *whole)
{
	size_t length = strcspn(whole, "=");

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strlen(argv[i]) == length && strncmp(argv[i], whole, length) == 0 &&
		    (i + 1 == argc || !is_number(argv[i + 1])))
			argv[i] = whole;
}

GOptionEntry *fdar_options_bind(const GOptionEntry *entries, gsize bytes, gpointer target)
{
	GOptionEntry *bound = g_memdup2(entries, bytes);

	for (GOptionEntry *entry = bound; entry->long_name; entry++)
		entry->arg_data = (char *)target + (gsize)entry->arg_data;
	return bound;
}

static void print_line(const struct fdar_usage *usage, const char *kind, const char *format,
		       va_list args)
{
	g_autofree char *message = g_strdup_vprintf(format, args);

	/* What the message quotes may come from a hostile file. */
	g_autofree char *shown = fdar_show(message);

	fprintf(stderr, "flowdar %s: %s%s\n", usage->command, kind, shown);
}

int fdar_usage_error(const struct fdar_usage *usage, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(usage, "", format, args);
	va_end(args);
	fprintf(stderr, "Usage: flowdar %s %s\nTry 'flowdar %s --help'.\n", usage->command,
		usage->synopsis, usage->command);
	return FDAR_EXIT_USAGE;
}

static void print_failure(const struct fdar_usage *usage, const char *format, ...)
	G_GNUC_PRINTF(2, 3);
static void print_failure(const struct fdar_usage *usage, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(usage, "", format, args);
	va_end(args);
}

int fdar_usage_one_recording(const struct fdar_usage *usage, int argc, char *const *argv,
			     const char *more)
{
	if (argc == 2)
		return FDAR_EXIT_OK;
	if (argc < 2)
		return fdar_usage_error(usage, "which recording?");
	return fdar_usage_error(usage, "one recording only, and \"%s\" is another%s", argv[2],
				more ? more : "");
}

int fdar_failure(const struct fdar_usage *usage, GError *error)
{
	print_failure(usage, "%s", error ? error->message : "failed");
	g_clear_error(&error);
	return FDAR_EXIT_FAILED;
}

void fdar_warning(const struct fdar_usage *usage, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(usage, "warning: ", format, args);
	va_end(args);
}

struct unit {
	const char *name;
	double factor;
};

/* Digits and a point, then one of the units: no sign, exponent or hexadecimal, which strtod takes.
 */
static gboolean parse_with_unit(const char *text, const struct unit *units, guint64 *value)
{
	gsize length = text ? strspn(text, "0123456789.") : 0;

	if (length == 0)
		return FALSE;
	g_autofree char *digits = g_strndup(text, length);
	char *end = NULL;
	double number = g_ascii_strtod(digits, &end);
	if (*end || end == digits || !isfinite(number))
		return FALSE;
	for (; units->name; units++) {
		if (strcmp(text + length, units->name) != 0)
			continue;
		double result = number * units->factor;
		if (result >= 0x1p63)
			return FALSE;
		*value = (guint64)llround(result);
		return TRUE;
	}
	return FALSE;
}

gboolean fdar_parse_duration(const char *text, guint64 *nanoseconds)
{
	static const struct unit units[] = {
		{ "ns", 1 },   { "us", 1e3 },   { "ms", 1e6 },   { "s", 1e9 }, { "", 1e9 },
		{ "m", 60e9 }, { "min", 60e9 }, { "h", 3600e9 }, { NULL, 0 },
	};

	return parse_with_unit(text, units, nanoseconds);
}

gboolean fdar_parse_fine_duration(const char *text, guint64 *nanoseconds)
{
	guint64 value = 0;

	if (!fdar_parse_duration(text, &value) || (value && !text[strspn(text, "0123456789.")]))
		return FALSE;
	*nanoseconds = value;
	return TRUE;
}

gboolean fdar_parse_size(const char *text, guint64 *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },       { "B", 1 },        { "K", 0x1p10 }, { "KiB", 0x1p10 },
		{ "M", 0x1p20 }, { "MiB", 0x1p20 }, { "G", 0x1p30 }, { "GiB", 0x1p30 },
		{ "T", 0x1p40 }, { NULL, 0 },
	};

	return parse_with_unit(text, units, bytes);
}
