#include "cli/kit/print.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_text.h"
#include "base/show.h"
#include "cli/kit/prose.h"
#include "cli/kit/terminal.h"

#define HANG 2u /* columns by which the rest of a folded line stands further in */

char *fdar_json_text(const char *text)
{
	GString *json = g_string_new(NULL);

	fdar_json_append(json, text);
	return g_string_free(json, FALSE);
}

char *fdar_json_list(const char *const *list)
{
	GString *json = g_string_new(NULL);

	fdar_json_append_list(json, list);
	return g_string_free(json, FALSE);
}

char *fdar_json_number(double number)
{
	return isfinite(number) ? g_strdup_printf("%.10g", number) : g_strdup("null");
}

char *fdar_fold_line(const char *line, gsize width)
{
	gsize indent = strspn(line, " ");
	GString *folded = NULL;

	if (!width || (gsize)g_utf8_strlen(line, -1) <= width)
		return g_strdup(line);
	folded = g_string_new_len(line, (gssize)indent);
	fdar_prose_fill(folded, line + indent, indent, indent + HANG, width);
	return g_string_free(folded, FALSE);
}

static void print_folded(FILE *out, const char *format, va_list arguments)
{
	g_autofree char *line = g_strdup_vprintf(format, arguments);
	g_autofree char *shown = fdar_show(line);
	g_autofree char *folded = fdar_fold_line(shown, fdar_terminal_width(out));

	fprintf(out, "%s\n", folded);
}

void fdar_print_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_folded(stdout, format, arguments);
	va_end(arguments);
}

void fdar_print_line_to(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print_folded(out, format, arguments);
	va_end(arguments);
}

void fdar_print_verbatim(const char *line)
{
	g_autofree char *shown = fdar_show(line);

	puts(shown);
}
