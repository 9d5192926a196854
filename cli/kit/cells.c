#include "cli/kit/cells.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void fdar_cell_duration(struct fdar_table *table, size_t column, double nanoseconds)
{
	g_autofree char *people = fdar_format_duration(nanoseconds);
	g_autofree char *machine = g_strdup_printf("%.0f", nanoseconds);

	fdar_table_cell(table, column, people, machine);
}

void fdar_cell_count(struct fdar_table *table, size_t column, double count)
{
	g_autofree char *whole = fdar_format_count((guint64)(count + 0.5));
	g_autofree char *part = g_strdup_printf("%.2g", count);
	g_autofree char *machine = g_strdup_printf("%.10g", count);
	gboolean is_small = count < 9.95 && count != floor(count);

	fdar_table_cell(table, column, is_small ? part : whole, machine);
}

void fdar_cell_ratio(struct fdar_table *table, size_t column, double ratio)
{
	g_autofree char *machine = isfinite(ratio) ? g_strdup_printf("%.6g", ratio) : NULL;
	g_autofree char *people = NULL;

	if (!isfinite(ratio)) {
		people = g_strdup("new");
	} else if (ratio < 9.95) {
		people = g_strdup_printf("%.2fx", ratio);
	} else {
		g_autofree char *whole = fdar_format_count((guint64)MIN(ratio + 0.5, 1e15));

		people = g_strconcat(whole, "x", NULL);
	}
	fdar_table_cell(table, column, people, machine ? machine : "");
}

char *fdar_format_percent(double part)
{
	double percent = 100 * part;

	if (percent > 0 && percent < 0.05)
		return g_strdup("< 0.1 %");
	return g_strdup_printf("%.*f %%", percent > 0 && percent < 9.95 ? 1 : 0, percent);
}

void fdar_cell_percent(struct fdar_table *table, size_t column, double part)
{
	g_autofree char *people = fdar_format_percent(part);
	g_autofree char *machine = g_strdup_printf("%.6g", part);

	fdar_table_cell(table, column, people, machine);
}
