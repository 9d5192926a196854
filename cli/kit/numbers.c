#include "cli/kit/numbers.h"

#include <float.h>
#include <string.h>

/* An option, and the number that it has when it is not given. */
struct number {
	const GOptionEntry *entry;
	const struct fdar_usage_range *range;
	double otherwise;
};

/* The number of an option, whatever its type. */
static double number_of(const GOptionEntry *entry)
{
	switch (entry->arg) {
	case G_OPTION_ARG_INT:
		return *(const int *)entry->arg_data;
	case G_OPTION_ARG_INT64:
		return (double)*(const gint64 *)entry->arg_data;
	default:
		return *(const double *)entry->arg_data;
	}
}

static void set_number(const GOptionEntry *entry, double number)
{
	if (entry->arg == G_OPTION_ARG_INT)
		*(int *)entry->arg_data = (int)number;
	else if (entry->arg == G_OPTION_ARG_INT64)
		*(gint64 *)entry->arg_data = (gint64)number;
	else
		*(double *)entry->arg_data = number;
}

static double nobodys(const GOptionEntry *entry)
{
	return entry->arg == G_OPTION_ARG_INT     ? (double)G_MININT
	       : entry->arg == G_OPTION_ARG_INT64 ? (double)G_MININT64
						  : -DBL_MAX;
}

static const struct fdar_usage_range *range_of(const struct fdar_usage *usage, const char *option)
{
	for (const struct fdar_usage_range *row = usage->ranges; row && row->option; row++) {
		if (strcmp(row->option, option) == 0)
			return row;
	}
	return NULL;
}

GArray *fdar_numbers_put_aside(const struct fdar_usage *usage, const GOptionEntry *entries)
{
	GArray *aside = g_array_new(FALSE, FALSE, sizeof(struct number));

	for (; entries && entries->long_name; entries++) {
		struct number number = { entries, range_of(usage, entries->long_name), 0 };

		if (!number.range)
			continue;
		g_assert(entries->arg == G_OPTION_ARG_INT || entries->arg == G_OPTION_ARG_INT64 ||
			 entries->arg == G_OPTION_ARG_DOUBLE);
		number.otherwise = number_of(entries);
		set_number(entries, nobodys(entries));
		g_array_append_val(aside, number);
	}
	return aside;
}

static gboolean is_within(const struct fdar_usage_range *range, double given)
{
	return (range->above ? given > range->least : given >= range->least) &&
	       (given <= range->most || range->most >= FDAR_ANY_NUMBER);
}

/* "--clones 0: expected a whole number from 1 to 10000". */
static char *wrong(const struct number *number, double given)
{
	const struct fdar_usage_range *range = number->range;
	gboolean whole = number->entry->arg != G_OPTION_ARG_DOUBLE;
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, whole ? "--%s %.0f: expected a " : "--%s %g: expected a ",
			range->option, given);
	g_string_append(text, whole ? "whole number" : "number");
	if (range->most >= FDAR_ANY_NUMBER)
		g_string_append_printf(text, ", %.0f or more", range->least);
	else if (range->above)
		g_string_append_printf(text, " above %.0f, at most %.0f", range->least,
				       range->most);
	else
		g_string_append_printf(text, " from %.0f to %.0f", range->least, range->most);
	return g_strdup(text->str);
}

/* Compared so, what nobody gives is itself: no figure that comes out of a sum. */
static guint64 bits_of(double value)
{
	guint64 bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

char *fdar_numbers_give_back(GArray *aside)
{
	char *said = NULL;

	for (guint i = 0; i < aside->len; i++) {
		const struct number *number = &g_array_index(aside, struct number, i);
		const struct fdar_usage_range *range = number->range;
		double given = number_of(number->entry);

		if (bits_of(given) == bits_of(nobodys(number->entry)))
			set_number(number->entry, number->otherwise);
		else if (!said && !is_within(range, given))
			said = wrong(number, given);
	}
	return said;
}
