/* Figures in words. */
#include "analyze/diff/diff_private.h"

#include "base/amount.h"

/* Three significant digits and a unit. */
const char *diff_duration(double ns, char text[32])
{
	return fdar_duration_text(ns, text);
}

static void add_digits(GString *text, double value)
{
	char digits[32];
	int length = g_snprintf(digits, sizeof digits, "%.0f", value);

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
}

/* "1.5", "412", "12,345". */
void diff_add_number(GString *text, double value)
{
	if (value < 9.95 && value != floor(value))
		g_string_append_printf(text, "%.2g", value);
	else
		add_digits(text, MIN(value, 1e15));
}

const char *diff_units(const struct fdar_diff *diff)
{
	return diff->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions";
}
