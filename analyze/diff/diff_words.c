/* Figures in words. */
#include "analyze/diff/diff_private.h"

#include "base/amount.h"

/* Three significant digits and a unit. */
const char *diff_duration(double ns, char text[32])
{
	return fdar_duration_text(ns, text);
}

/* "1.5", "412", "12,345". */
void diff_add_number(GString *text, double value)
{
	g_autofree char *number = fdar_number_text(value);

	g_string_append(text, number);
}

const char *diff_units(const struct fdar_diff *diff)
{
	return diff->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions";
}
