/*
 * The colours of flowdar's pictures, for light and for dark paper.
 *
 * Place in the house: the bottom of viz/. A picture names colours by role; FDAR_THEME_AUTO draws the
 * light ones and adds a style sheet that swaps each for its dark partner where the reader's system
 * asks for that. No two roles share a light colour, so the swap can go by value. Texts have at
 * least 4.5:1 against what they stand on and marks 3:1 (WCAG 2.1, AA), in both: a test computes it.
 */
#ifndef FDAR_VIZ_SCENE_PALETTE_H
#define FDAR_VIZ_SCENE_PALETTE_H

#include <glib.h>

enum fdar_theme { FDAR_THEME_AUTO, FDAR_THEME_LIGHT, FDAR_THEME_DARK };

enum fdar_color {
	FDAR_COLOR_NONE,
	FDAR_COLOR_PAPER,
	FDAR_COLOR_INK,      /* what is read first */
	FDAR_COLOR_MUTED,    /* what is read second */
	FDAR_COLOR_HAIRLINE, /* separators */
	FDAR_COLOR_BAND,     /* behind every other thread */
	FDAR_COLOR_LIFELINE,
	FDAR_COLOR_HEAD, /* lane heads */
	FDAR_COLOR_HEAD_EDGE,
	FDAR_COLOR_BAR, /* activation bars */
	FDAR_COLOR_BAR_EDGE,
	FDAR_COLOR_ARROW,
	FDAR_COLOR_WAIT, /* bars of waits */
	FDAR_COLOR_WAIT_EDGE,
	FDAR_COLOR_DOT,        /* time */
	FDAR_COLOR_ALARM,      /* much slower: arrows, texts */
	FDAR_COLOR_ALARM_FILL, /* pills with FDAR_COLOR_ON_FILL on them */
	FDAR_COLOR_ALARM_TINT, /* behind the guilty row */
	FDAR_COLOR_BETTER_FILL,
	FDAR_COLOR_NEUTRAL_FILL,
	FDAR_COLOR_ON_FILL,
	FDAR_COLOR_HANDOFF,
	FDAR_COLOR_WARN_TINT,
	FDAR_COLOR_WARN_EDGE,
	FDAR_COLOR_WARN_INK,
	FDAR_COLORS
};

/* "#1f2328"; "none" for FDAR_COLOR_NONE. AUTO gives the light one. */
const char *fdar_color_hex(enum fdar_color color, enum fdar_theme theme);

/* The name of the role: "ink". */
const char *fdar_color_name(enum fdar_color color);

/* The color whose light (or, for FDAR_THEME_DARK, dark) value is hex; FDAR_COLOR_NONE when none. */
enum fdar_color fdar_color_find(const char *hex, enum fdar_theme theme);

/* Contrast of two colours, 1 to 21, as WCAG 2.1 defines it (relative luminance). */
double fdar_color_contrast(const char *hex_a, const char *hex_b);

/* "auto", "light" or "dark"; NULL is auto. FALSE when it is none of these. */
gboolean fdar_theme_parse(const char *text, enum fdar_theme *theme);

#endif
