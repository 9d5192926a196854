#include "base/amount.h"

#include <math.h>

const char *fdar_duration_text(double ns, char text[FDAR_DURATION_BYTES])
{
	static const struct {
		double factor;
		const char *unit;
	} units[] = { { 1, "ns" }, { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" } };
	size_t unit = 0;

	/* 999.5 would be printed with four digits: it belongs to the next unit. */
	while (unit + 1 < G_N_ELEMENTS(units) && ns / units[unit].factor >= 999.5)
		unit++;
	double value = ns / units[unit].factor;
	int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;

	g_snprintf(text, FDAR_DURATION_BYTES, "%.*f %s", decimals, value, units[unit].unit);
	return text;
}

char *fdar_count_text(guint64 count)
{
	char digits[24];
	int length = g_snprintf(digits, sizeof digits, "%" G_GUINT64_FORMAT, count);
	GString *text = g_string_new(NULL);

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
	return g_string_free(text, FALSE);
}

char *fdar_number_text(double number)
{
	double most = 1e15; /* more digits than that are not known */

	if (number < 9.95 && number != floor(number))
		return g_strdup_printf("%.2g", number);
	return fdar_count_text((guint64)(CLAMP(number, 0, most) + 0.5));
}

char *fdar_plural(guint64 count, const char *one, const char *many)
{
	g_autofree char *number = fdar_count_text(count);

	if (count == 1)
		return g_strdup_printf("1 %s", one);
	return many ? g_strdup_printf("%s %s", number, many)
		    : g_strdup_printf("%s %ss", number, one);
}
