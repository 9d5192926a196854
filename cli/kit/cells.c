#include "cli/kit/cells.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/amount.h"
void fdar_cell_duration(struct fdar_table *table, size_t column, double nanoseconds)
{
	g_autofree char *people = fdar_format_duration(nanoseconds);
	g_autofree char *machine = g_strdup_printf("%.0f", nanoseconds);

	fdar_table_cell(table, column, people, machine);
}

void fdar_cell_count(struct fdar_table *table, size_t column, double count)
{
	g_autofree char *shown = fdar_number_text(count);
	g_autofree char *machine = g_strdup_printf("%.10g", count);

	fdar_table_cell(table, column, shown, machine);
}

/* Behind "operator" brackets are a name, not brackets. */
static gboolean is_operator(const GString *before)
{
	return g_str_has_suffix(before->str, "operator") ||
	       g_str_has_suffix(before->str, "operator<") ||
	       g_str_has_suffix(before->str, "operator-");
}

/* What is in brackets of that kind becomes "...". */
static char *without(const char *name, char open, char close)
{
	static const char anonymous[] = "(anonymous namespace)";
	GString *text = g_string_new(NULL);

	for (const char *at = name; *at; at++) {
		guint depth = 0;

		if (g_str_has_prefix(at, anonymous)) {
			g_string_append(text, anonymous);
			at += strlen(anonymous) - 1;
			continue;
		}
		if (*at != open || is_operator(text) || at[1] == close) {
			g_string_append_c(text, *at);
			continue;
		}
		for (; *at; at++) {
			depth += *at == open;
			depth -= *at == close && depth;
			if (!depth)
				break;
		}
		g_string_append_printf(text, "%c...%c", open, close);
		if (!*at)
			break;
	}
	return g_string_free(text, FALSE);
}

static char *cut(char *name, glong most)
{
	glong length = g_utf8_strlen(name, -1), head = most / 3;
	g_autofree char *whole = name;
	g_autofree char *first = NULL;

	if (length <= most)
		return g_steal_pointer(&whole);
	first = g_utf8_substring(name, 0, head);
	return g_strdup_printf("%s...%s", first,
			       g_utf8_offset_to_pointer(name, length - (most - head - 3)));
}

char *fdar_name_short(const char *name, glong most)
{
	g_autofree char *valid = g_utf8_make_valid(name, -1);
	g_autofree char *plain = NULL;

	if (g_utf8_strlen(valid, -1) <= most)
		return g_steal_pointer(&valid);
	plain = without(valid, '(', ')');
	if (g_utf8_strlen(plain, -1) <= most)
		return g_steal_pointer(&plain);
	return cut(without(plain, '<', '>'), most);
}

void fdar_cell_name(struct fdar_table *table, size_t column, const char *name)
{
	g_autofree char *people = fdar_name_short(name, FDAR_NAME_COLUMNS);

	fdar_table_cell(table, column, people, name);
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

void fdar_cell_added(struct fdar_table *table, size_t column, double added_ns)
{
	g_autofree char *amount = fdar_format_duration(fabs(added_ns));
	g_autofree char *text = g_strconcat(added_ns < 0 ? "-" : "", amount, NULL);
	g_autofree char *number = g_strdup_printf("%.0f", added_ns);

	fdar_table_cell(table, column, text, number);
}
