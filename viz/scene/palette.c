#include "viz/scene/palette.h"

#include <math.h>

struct paint {
	const char *name;
	const char *light;
	const char *dark;
};

static const struct paint paints[FDAR_COLORS] = {
	[FDAR_COLOR_NONE] = { "none", "none", "none" },
	[FDAR_COLOR_PAPER] = { "paper", "#ffffff", "#14171c" },
	[FDAR_COLOR_INK] = { "ink", "#1c2128", "#e8edf2" },
	[FDAR_COLOR_MUTED] = { "muted", "#57606b", "#a2adb9" },
	[FDAR_COLOR_HAIRLINE] = { "hairline", "#e3e7ec", "#2a3038" },
	[FDAR_COLOR_BAND] = { "band", "#f5f7f9", "#191d23" },
	[FDAR_COLOR_LIFELINE] = { "lifeline", "#b9c2cc", "#46505c" },
	[FDAR_COLOR_HEAD] = { "head", "#fefefe", "#20262e" },
	[FDAR_COLOR_HEAD_EDGE] = { "head-edge", "#a3aeba", "#58636f" },
	[FDAR_COLOR_BAR] = { "bar", "#cfdef0", "#2c4560" },
	[FDAR_COLOR_BAR_EDGE] = { "bar-edge", "#5f7ea3", "#7fa3cc" },
	[FDAR_COLOR_ARROW] = { "arrow", "#3d4f66", "#b4c3d4" },
	[FDAR_COLOR_WAIT] = { "wait", "#fdfdfd", "#14181d" },
	[FDAR_COLOR_WAIT_EDGE] = { "wait-edge", "#7f8b99", "#8793a1" },
	[FDAR_COLOR_DOT] = { "dot", "#d5202c", "#ff5a52" },
	[FDAR_COLOR_ALARM] = { "alarm", "#b8141f", "#ff8a82" },
	[FDAR_COLOR_ALARM_FILL] = { "alarm-fill", "#c21622", "#d3323a" },
	[FDAR_COLOR_ALARM_TINT] = { "alarm-tint", "#fdeeee", "#331a1d" },
	[FDAR_COLOR_BETTER_FILL] = { "better-fill", "#1a7340", "#1f7d47" },
	[FDAR_COLOR_NEUTRAL_FILL] = { "neutral-fill", "#5b6673", "#5f6b79" },
	[FDAR_COLOR_ON_FILL] = { "on-fill", "#fffffe", "#fffffd" },
	[FDAR_COLOR_HANDOFF] = { "handoff", "#6a35b5", "#c09bff" },
	[FDAR_COLOR_WARN_TINT] = { "warn-tint", "#fff4d6", "#332a12" },
	[FDAR_COLOR_WARN_EDGE] = { "warn-edge", "#b58a1d", "#b08a2a" },
	[FDAR_COLOR_WARN_INK] = { "warn-ink", "#634600", "#f2d58a" },
};

static const char *value(enum fdar_color color, enum fdar_theme theme)
{
	return theme == FDAR_THEME_DARK ? paints[color].dark : paints[color].light;
}

const char *fdar_color_hex(enum fdar_color color, enum fdar_theme theme)
{
	return value(color, theme);
}

const char *fdar_color_name(enum fdar_color color)
{
	return paints[color].name;
}

enum fdar_color fdar_color_find(const char *hex, enum fdar_theme theme)
{
	for (enum fdar_color c = FDAR_COLOR_PAPER; c < FDAR_COLORS; c++)
		if (g_ascii_strcasecmp(value(c, theme), hex) == 0)
			return c;
	return FDAR_COLOR_NONE;
}

static double linear(unsigned channel)
{
	double c = channel / 255.0;

	return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(const char *hex)
{
	guint64 rgb = g_ascii_strtoull(hex + 1, NULL, 16);

	return 0.2126 * linear((unsigned)(rgb >> 16) & 0xff) +
	       0.7152 * linear((unsigned)(rgb >> 8) & 0xff) + 0.0722 * linear((unsigned)rgb & 0xff);
}

double fdar_color_contrast(const char *hex_a, const char *hex_b)
{
	double a = luminance(hex_a) + 0.05;
	double b = luminance(hex_b) + 0.05;

	return a > b ? a / b : b / a;
}

gboolean fdar_theme_parse(const char *text, enum fdar_theme *theme)
{
	static const char *const names[] = { "auto", "light", "dark" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_strcmp0(text ? text : "auto", names[i]) == 0) {
			*theme = (enum fdar_theme)i;
			return TRUE;
		}
	}
	return FALSE;
}
