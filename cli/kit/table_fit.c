#include "cli/kit/table_fit.h"

#include <string.h>

/* Less than this says nothing: other columns are left out first. */
#define CUT_LEAST  20u
#define TAIL_LEAST 36u
#define DOTS       "..."
#define MASK       (FDAR_FIT_CUT | FDAR_FIT_TAIL)

static gsize columns_of(gunichar c)
{
	return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

gsize fdar_text_columns(const char *text)
{
	gsize columns = 0;

	for (; *text; text = g_utf8_next_char(text))
		columns += columns_of(g_utf8_get_char(text));
	return columns;
}

char *fdar_text_cut(const char *text, gsize width, gboolean tail)
{
	gsize all = fdar_text_columns(text), dots = strlen(DOTS), left, taken = 0;
	const char *at = text;

	if (all <= width)
		return g_strdup(text);
	if (width <= dots)
		return g_strndup(DOTS, width);
	/* The tail begins behind what has no room. */
	left = tail ? all - (width - dots) : width - dots;
	for (; *at; at = g_utf8_next_char(at)) {
		gsize more = columns_of(g_utf8_get_char(at));

		if (tail ? taken >= left : taken + more > left)
			break;
		taken += more;
	}
	if (tail)
		return g_strconcat(DOTS, at, NULL);
	g_autofree char *kept = g_strndup(text, (gsize)(at - text));

	return g_strconcat(kept, DOTS, NULL);
}

/* What a column gets that needs natural, when cut is what all that can be cut may have; squeeze: parts of its
 * least that it does without. */
static gsize width_of(const struct fdar_column *column, gsize natural, gsize cut, gsize squeeze)
{
	gsize least = column->fit & FDAR_FIT_TAIL ? TAIL_LEAST : CUT_LEAST;

	if (!(column->fit & MASK))
		return natural;
	return MIN(natural, MAX(cut, least / squeeze));
}

/* What all that are shown take. */
static gsize width_with(const struct fdar_column *columns, gsize count, const gsize *widths,
			gsize cut, gsize squeeze)
{
	gsize sum = 0, shown = 0;

	for (gsize i = 0; i < count; i++) {
		if (!widths[i])
			continue;
		sum += width_of(&columns[i], widths[i], cut, squeeze);
		shown++;
	}
	return shown ? sum + shown - 1 : 0;
}

/* Leaves the least important column out; FALSE when there is none that can be. */
static gboolean drop_one(const struct fdar_column *columns, gsize count, gsize *widths)
{
	gsize least = count;

	for (gsize i = 0; i < count; i++) {
		if (widths[i] && columns[i].fit / FDAR_FIT_DROP(1u) &&
		    (least == count ||
		     columns[i].fit / FDAR_FIT_DROP(1u) >= columns[least].fit / FDAR_FIT_DROP(1u)))
			least = i;
	}
	if (least == count)
		return FALSE;
	widths[least] = 0;
	return TRUE;
}

void fdar_table_fit(const struct fdar_column *columns, gsize count, gsize *widths, gsize terminal)
{
	gsize cut = 0, squeeze = 1;

	while (width_with(columns, count, widths, 0, 1) > terminal &&
	       drop_one(columns, count, widths))
		;
	while (squeeze < 4 && width_with(columns, count, widths, 0, squeeze) > terminal)
		squeeze++;
	/* As wide as there is room for, the same for all that need as much. */
	while (cut < terminal && width_with(columns, count, widths, cut + 1, squeeze) <= terminal)
		cut++;
	for (gsize i = 0; i < count; i++)
		widths[i] = width_of(&columns[i], widths[i], cut, squeeze);
}
