#include "viz/scene/label.h"

#include "base/amount.h"
#include "base/show.h"

#include <glib.h>
#include <math.h>
#include <string.h>

/* Advance widths in 1/1000 em, from space to tilde: the larger of Helvetica's (Adobe's core font metrics,
 * Arial and Liberation Sans are the same) and DejaVu Sans', which a Debian without other fonts falls back
 * to and which is 10 to 15 % wider. So a text fits its place whichever of them draws it. */
static const uint16_t sans_widths[] = {
	318,  401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
	636,  636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 556,
	1015, 684, 686, 722, 770, 667, 611, 778, 752, 295, 500, 667, 557, 863, 748, 787,
	667,  787, 722, 667, 611, 732, 684, 989, 685, 667, 685, 390, 337, 390, 838, 556,
	500,  613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
	635,  635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
};
G_STATIC_ASSERT(G_N_ELEMENTS(sans_widths) == '~' - ' ' + 1);

static const uint16_t bold_widths[] = {
	348,  456, 521, 838, 696, 1002, 872, 306,  457, 457, 523, 838, 380, 415,  380, 365,
	696,  696, 696, 696, 696, 696,  696, 696,  696, 696, 400, 400, 838, 838,  838, 611,
	1000, 774, 762, 734, 830, 683,  683, 821,  837, 372, 556, 775, 637, 995,  837, 850,
	733,  850, 770, 720, 682, 812,  774, 1103, 771, 724, 725, 457, 365, 457,  838, 556,
	500,  675, 716, 593, 716, 678,  435, 716,  712, 343, 343, 665, 343, 1042, 712, 687,
	716,  716, 493, 595, 478, 712,  652, 924,  645, 652, 582, 712, 365, 712,  838,
};
G_STATIC_ASSERT(G_N_ELEMENTS(bold_widths) == '~' - ' ' + 1);

#define SANS_OTHER 650u /* letters beyond ASCII */
#define SANS_SIGN  838u /* arrows and mathematical signs */
#define MONO_WIDTH 602u /* DejaVu Sans Mono; Menlo and SF Mono are the same, Consolas is less */
#define ELLIPSIS   "…"

const char *fdar_font_family(enum fdar_font font)
{
	if (font == FDAR_FONT_MONO || font == FDAR_FONT_MONO_BOLD) {
		return "ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', 'Liberation Mono', "
		       "monospace";
	}
	return "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";
}

static const char *const font_names[FDAR_FONTS] = {
	[FDAR_FONT_SANS] = "Helvetica,Arial,sans-serif",
	[FDAR_FONT_SANS_BOLD] = "Helvetica,Arial,sans-serif bold",
	[FDAR_FONT_MONO] = "Menlo,DejaVu Sans Mono,monospace",
	[FDAR_FONT_MONO_BOLD] = "Menlo,DejaVu Sans Mono,monospace bold",
};

const char *fdar_font_name(enum fdar_font font)
{
	return font_names[font];
}

enum fdar_font fdar_font_find(const char *name)
{
	for (enum fdar_font font = FDAR_FONT_SANS; font < FDAR_FONTS; font++)
		if (g_strcmp0(name, font_names[font]) == 0)
			return font;
	return FDAR_FONT_SANS;
}

/* What is shown nowhere, and what XML forbids. */
static gboolean is_unwanted(gunichar c)
{
	return fdar_show_is_bad(c) || (c & 0xfffe) == 0xfffe;
}

char *fdar_label_clean(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
	GString *clean = g_string_sized_new(strlen(valid));

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == '\t' || c == '\n' || c == '\r')
			g_string_append_c(clean, ' ');
		else
			g_string_append_unichar(clean, is_unwanted(c) ? 0xfffd : c);
	}
	return g_string_free(clean, FALSE);
}

static unsigned sans_width(gunichar c, gboolean bold)
{
	if (c >= ' ' && c <= '~')
		return bold ? bold_widths[c - ' '] : sans_widths[c - ' '];
	if (g_unichar_iswide(c) || c == 0x2026)
		return 1000u;
	if (c == 0xd7 || (c >= 0x2190 && c <= 0x22ff))
		return SANS_SIGN;
	return bold ? SANS_OTHER * 112u / 100u : SANS_OTHER;
}

static unsigned char_width(gunichar c, enum fdar_font font)
{
	if (g_unichar_iszerowidth(c))
		return 0;
	if (font == FDAR_FONT_MONO || font == FDAR_FONT_MONO_BOLD)
		return g_unichar_iswide(c) ? 2 * MONO_WIDTH : MONO_WIDTH;
	return sans_width(c, font == FDAR_FONT_SANS_BOLD);
}

double fdar_label_width(const char *text, enum fdar_font font, double size)
{
	uint64_t sum = 0;

	for (const char *p = text; *p; p = g_utf8_next_char(p))
		sum += char_width(g_utf8_get_char(p), font);
	return (double)sum / 1000.0 * size;
}

char *fdar_label_middle_cut(const char *text, size_t max)
{
	glong length = g_utf8_strlen(text, -1);
	glong keep, head;

	if (length <= (glong)max)
		return g_strdup(text);
	if (max < 2)
		return g_strdup(max ? ELLIPSIS : "");
	keep = (glong)max - 1;
	head = keep / 2;
	g_autofree char *front = g_utf8_substring(text, 0, head);
	return g_strconcat(front, ELLIPSIS, g_utf8_offset_to_pointer(text, length - (keep - head)),
			   NULL);
}

char *fdar_label_fit(const char *text, enum fdar_font font, double size, double width)
{
	size_t low = 0;
	size_t high = (size_t)g_utf8_strlen(text, -1);

	if (fdar_label_width(text, font, size) <= width)
		return g_strdup(text);
	while (low < high) {
		size_t middle = low + (high - low + 1) / 2;
		g_autofree char *cut = fdar_label_middle_cut(text, middle);

		if (fdar_label_width(cut, font, size) <= width)
			low = middle;
		else
			high = middle - 1;
	}
	return fdar_label_middle_cut(text, low);
}

/* Three significant digits, never more than that after the point is dropped: 1.24, 12.4, 124. */
static char *three_digits(double value, const char *unit)
{
	if (value < 9.995)
		return g_strdup_printf("%.2f%s", value, unit);
	if (value < 99.95)
		return g_strdup_printf("%.1f%s", value, unit);
	return g_strdup_printf("%.0f%s", value, unit);
}

char *fdar_label_count(uint64_t count)
{
	GString *text;

	if (count >= 999500000000u)
		return three_digits((double)count / 1e12, " T");
	if (count >= 999500000u)
		return three_digits((double)count / 1e9, " G");
	if (count >= 1000000u)
		return three_digits((double)count / 1e6, " M");
	text = g_string_new(NULL);
	g_string_printf(text, "%u", (unsigned)count);
	if (text->len > 3)
		g_string_insert_c(text, (gssize)text->len - 3, ',');
	return g_string_free(text, FALSE);
}

char *fdar_label_duration(uint64_t ns)
{
	return fdar_label_mean_duration((double)ns);
}

char *fdar_label_mean_duration(double ns)
{
	char text[FDAR_DURATION_BYTES];

	if (ns >= 120000000000.0)
		return three_digits(ns / 6e10, " min");
	return fdar_label_units(fdar_duration_text(MAX(ns, 0), text));
}

/* A picture has the letter that a terminal may lack. */
/* Whether what ends before at is a figure: digits, with points and commas, behind a space or nothing. */
static gboolean is_figure(const char *words, const char *at)
{
	const char *c = at;

	while (c > words && (g_ascii_isdigit(c[-1]) || c[-1] == '.' || c[-1] == ','))
		c--;
	return c < at && g_ascii_isdigit(at[-1]) && (c == words || c[-1] == ' ' || c[-1] == '(');
}

char *fdar_label_units(const char *words)
{
	GString *text = g_string_new(NULL);

	for (const char *c = words; *c; c++) {
		gboolean unit = c > words && c[0] == 'u' && c[1] == 's' && c[-1] == ' ' &&
				is_figure(words, c - 1) && !g_ascii_isalnum(c[2]);
		gboolean times =
			c[0] == 'x' && is_figure(words, c) && !g_ascii_isalnum(c[1]) && c[1] != '_';

		if (unit)
			g_string_append(text, "µ");
		else if (times)
			g_string_append(text, "×");
		else
			g_string_append_c(text, *c);
	}
	return g_string_free(text, FALSE);
}

char *fdar_label_ratio(double ratio)
{
	if (ratio < 0.005)
		return g_strdup("<0.01×");
	if (ratio >= 9.95) {
		double unit = pow(10, floor(log10(ratio)) - 1);
		double rounded = round(ratio / unit) * unit;
		g_autofree char *count =
			rounded < 1e6      ? fdar_label_count((uint64_t)llround(rounded))
			: rounded < 9.95e6 ? g_strdup_printf("%.1f M", rounded / 1e6)
					   : g_strdup_printf("%.0f M", rounded / 1e6);

		return g_strconcat(count, "×", NULL);
	}
	return g_strdup_printf(ratio < 0.095 ? "%.2f×" : "%.1f×", ratio);
}
