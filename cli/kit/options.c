#include "cli/kit/options.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/kit/command.h"
#include "base/show.h"

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

static const char *heading_of(const struct fdar_usage *usage, const char *line)
{
	const struct fdar_usage_group *group = usage->groups;

	for (; group && group->option; group++) {
		g_autofree char *option = g_strdup_printf("--%s", group->option);
		const char *found = strstr(line, option);

		/* Options stand at the beginning of a line; what follows may speak of others. */
		if (found && found - line <= 6 && strchr("= ", found[strlen(option)]))
			return group->heading;
	}
	return NULL;
}

static void print_options(const struct fdar_usage *usage, const char *options)
{
	g_auto(GStrv) lines = g_strsplit(options, "\n", -1);

	for (char **line = lines; *line; line++) {
		const char *heading = heading_of(usage, *line);

		if (heading)
			printf("%s%s:\n", line - lines > 2 ? "\n" : "", heading);
		/* The first heading stands in place of GLib's. */
		if (!usage->groups || strcmp(*line, "Options:") != 0)
			printf("%s%s", *line, line[1] ? "\n" : "");
	}
}

/* The help that GLib makes, with our headings: usage, what it does, options, examples. */
static void print_help(const struct fdar_usage *usage, fdar_option_context *context)
{
	g_autofree char *help = g_option_context_get_help(context, FALSE, NULL);
	const char *options = strstr(help, "\n\n");

	printf("Usage: flowdar %s %s\n\n%s", usage->command, usage->synopsis, usage->description);
	if (options)
		print_options(usage, options + 1);
	if (usage->examples)
		printf("Examples:\n%s", usage->examples);
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

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_strict_posix(context, FALSE);
	if (entries)
		g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_add_main_entries(context, help_entry, NULL);
	if (!g_option_context_parse(context, argc, argv, &error)) {
		*code = fdar_usage_error(usage, "%s", error->message);
		return FALSE;
	}
	if (help) {
		print_help(usage, context);
		*code = FDAR_EXIT_OK;
		return FALSE;
	}
	if (*argc > 1 && strcmp((*argv)[1], "--") == 0) {
		memmove(&(*argv)[1], &(*argv)[2], (size_t)(*argc - 1) * sizeof **argv);
		(*argc)--;
	}
	return TRUE;
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

gboolean fdar_parse_size(const char *text, guint64 *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },       { "B", 1 },        { "K", 0x1p10 }, { "KiB", 0x1p10 },
		{ "M", 0x1p20 }, { "MiB", 0x1p20 }, { "G", 0x1p30 }, { "GiB", 0x1p30 },
		{ "T", 0x1p40 }, { NULL, 0 },
	};

	return parse_with_unit(text, units, bytes);
}
