#include "viz/report/report_private.h"

#include <math.h>
#include <stdarg.h>

#include "viz/scene/label.h"

void fdar_html_text(GString *out, const char *text)
{
	g_autofree char *clean = fdar_label_clean(text);
	g_autofree char *escaped = g_markup_escape_text(clean, -1);

	g_string_append(out, escaped);
}

void fdar_html_words(GString *out, const char *words)
{
	g_autofree char *text = fdar_label_units(words ? words : "");

	fdar_html_text(out, text);
}

void fdar_html_format(GString *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_string_append_vprintf(out, format, arguments);
	va_end(arguments);
}

void fdar_html_number(GString *out, const char *text, double value)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(number, sizeof(number), "%.9g", isfinite(value) ? value : 1e300);
	g_string_append_printf(out, "<td class=\"n\" data-v=\"%s\">", number);
	fdar_html_text(out, text);
	g_string_append(out, "</td>");
}

void fdar_html_duration(GString *out, double ns)
{
	g_autofree char *text = fdar_label_mean_duration(fabs(ns));
	g_autofree char *negative = ns < 0 ? g_strconcat("−", text, NULL) : NULL;

	fdar_html_number(out, negative ? negative : text, ns);
}
