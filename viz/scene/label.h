/*
 * Text as pictures need it: clean, measured without fonts, cut in the middle.
 *
 * Place in the house: the bottom of viz/. Widths are estimates from tables in this module, so that
 * a picture is the same whatever fonts the machine has that draws it: FDAR_FONT_MONO is exact for
 * fonts with a 0.6 em advance, FDAR_FONT_SANS is the widest of Helvetica's kin and DejaVu Sans.
 */
#ifndef FDAR_VIZ_SCENE_LABEL_H
#define FDAR_VIZ_SCENE_LABEL_H

#include <stddef.h>
#include <stdint.h>

enum fdar_font {
	FDAR_FONT_SANS,
	FDAR_FONT_SANS_BOLD,
	FDAR_FONT_MONO,
	FDAR_FONT_MONO_BOLD,
	FDAR_FONTS
};

/* The font family list for CSS; bold fonts have that of their plain ones. */
const char *fdar_font_family(enum fdar_font font);

/* The font's name in graphviz' (and Pango's) notation: families, then what is special. */
const char *fdar_font_name(enum fdar_font font);

/* The font of that name, FDAR_FONT_SANS when there is none. */
enum fdar_font fdar_font_find(const char *name);

/* Valid UTF-8 without control characters: broken bytes, controls and what no XML text may hold
 * become U+FFFD; tab and newline become spaces. NULL gives "". The caller frees the result. */
char *fdar_label_clean(const char *text);

/* Width in points of clean text at the given size. */
double fdar_label_width(const char *text, enum fdar_font font, double size);

/* At most max characters, with "…" in place of the middle; the end is kept a little longer than
 * the beginning, because names of one family differ there. The caller frees the result. */
char *fdar_label_middle_cut(const char *text, size_t max);

/* As many characters as fit into width points, cut in the middle. The caller frees the result. */
char *fdar_label_fit(const char *text, enum fdar_font font, double size, double width);

/* "412", "12,340", "1.23 M": for marks on arrows. The caller frees the result. */
char *fdar_label_count(uint64_t count);

/* "830 ns", "1.24 ms", "12.3 s": three significant digits. The caller frees the result. */
char *fdar_label_duration(uint64_t ns);

/* The same of a mean, which is rounded once. What is below 0 is 0. */
char *fdar_label_mean_duration(double ns);

/* The words of a sentence with "us" behind a figure as the "µs", and "12x" as the "12×" of the other functions here: what is written for people
 * to open (pictures, HTML, Markdown, JUnit, SARIF) has one sign for a unit. A terminal and JSON have "us" and "x". The caller frees the result. */
char *fdar_label_units(const char *words);

/* "410×", "1.3×", "0.02×", "180,000×": two digits, as more would not be true of a single session. The caller frees the result. */
char *fdar_label_ratio(double ratio);

#endif
