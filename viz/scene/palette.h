/*
 * The colours of flowdar's pictures, for light and for dark paper.
 *
 * Place in the house: the bottom of viz/. A picture names colours by role; FD_THEME_AUTO draws the
 * light ones and adds a style sheet that swaps each for its dark partner where the reader's system
 * asks for that. No two roles share a light colour, so the swap can go by value. Texts have at
 * least 4.5:1 against what they stand on and marks 3:1 (WCAG 2.1, AA), in both: a test computes it.
 */
#ifndef FD_VIZ_PALETTE_H
#define FD_VIZ_PALETTE_H

#include <glib.h>

enum fd_theme { FD_THEME_AUTO, FD_THEME_LIGHT, FD_THEME_DARK };

enum fd_color {
	FD_COLOR_NONE,
	FD_COLOR_PAPER,
	FD_COLOR_INK,      /* what is read first */
	FD_COLOR_MUTED,    /* what is read second */
	FD_COLOR_HAIRLINE, /* separators */
	FD_COLOR_BAND,     /* behind every other thread */
	FD_COLOR_LIFELINE,
	FD_COLOR_HEAD, /* lane heads */
	FD_COLOR_HEAD_EDGE,
	FD_COLOR_BAR, /* activation bars */
	FD_COLOR_BAR_EDGE,
	FD_COLOR_ARROW,
	FD_COLOR_WAIT, /* bars of waits */
	FD_COLOR_WAIT_EDGE,
	FD_COLOR_DOT,        /* time */
	FD_COLOR_ALARM,      /* much slower: arrows, texts */
	FD_COLOR_ALARM_FILL, /* pills with FD_COLOR_ON_FILL on them */
	FD_COLOR_ALARM_TINT, /* behind the guilty row */
	FD_COLOR_BETTER_FILL,
	FD_COLOR_NEUTRAL_FILL,
	FD_COLOR_ON_FILL,
	FD_COLOR_HANDOFF,
	FD_COLOR_WARN_TINT,
	FD_COLOR_WARN_EDGE,
	FD_COLOR_WARN_INK,
	FD_COLORS
};

/* "#1f2328"; "none" for FD_COLOR_NONE. AUTO gives the light one. */
const char *fd_color_hex(enum fd_color color, enum fd_theme theme);

/* The name of the role: "ink". */
const char *fd_color_name(enum fd_color color);

/* The color whose light (or, for FD_THEME_DARK, dark) value is hex; FD_COLOR_NONE when none. */
enum fd_color fd_color_find(const char *hex, enum fd_theme theme);

/* Contrast of two colours, 1 to 21, as WCAG 2.1 defines it (relative luminance). */
double fd_color_contrast(const char *hex_a, const char *hex_b);

/* "auto", "light" or "dark"; NULL is auto. FALSE when it is none of these. */
gboolean fd_theme_parse(const char *text, enum fd_theme *theme);

#endif
