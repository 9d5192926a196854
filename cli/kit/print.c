#include "cli/kit/print.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/json_text.h"
#include "base/show.h"

char *fdar_json_text(const char *text)
{
	GString *json = g_string_new(NULL);

	fdar_json_append(json, text);
	return g_string_free(json, FALSE);
}

char *fdar_json_number(double number)
{
	return isfinite(number) ? g_strdup_printf("%.10g", number) : g_strdup("null");
}

void fdar_print_line(const char *format, ...)
{
	va_list arguments;
	g_autofree char *line = NULL;

	va_start(arguments, format);
	line = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autofree char *shown = fdar_show(line);
	puts(shown);
}
