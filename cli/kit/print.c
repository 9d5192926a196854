#include "cli/kit/print.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/show.h"

/* What must not be raw is escaped, so that it is all there: of two units where JSON has no other way. */
static void append_escape(GString *json, gunichar c)
{
	if (c == '"' || c == '\\')
		g_string_append_printf(json, "\\%c", (char)c);
	else if (c < 0x10000)
		g_string_append_printf(json, "\\u%04x", c);
	else
		g_string_append_printf(json, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
				       0xdc00 + ((c - 0x10000) & 0x3ff));
}

char *fdar_json_text(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *json = g_string_new("\"");

	for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (c == '"' || c == '\\' || fdar_show_is_bad(c))
			append_escape(json, c);
		else
			g_string_append_len(json, at, g_utf8_next_char(at) - at);
	}
	g_string_append_c(json, '"');
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
