#include "viz/scene/palette.h"

#include <math.h>

struct paint {
	const char *name;
	const char *light;
	const char *dark;
};

static const struct paint paints[FD_COLORS] = {
	[FD_COLOR_NONE] = { "none", "none", "none" },
	[FD_COLOR_PAPER] = { "paper", "#ffffff", "#14171c" },
	[FD_COLOR_INK] = { "ink", "#1c2128", "#e8edf2" },
	[FD_COLOR_MUTED] = { "muted", "#57606b", "#a2adb9" },
	[FD_COLOR_HAIRLINE] = { "hairline", "#e3e7ec", "#2a3038" },
	[FD_COLOR_BAND] = { "band", "#f5f7f9", "#191d23" },
	[FD_COLOR_LIFELINE] = { "lifeline", "#b9c2cc", "#46505c" },
	[FD_COLOR_HEAD] = { "head", "#fefefe", "#20262e" },
	[FD_COLOR_HEAD_EDGE] = { "head-edge", "#a3aeba", "#58636f" },
	[FD_COLOR_BAR] = { "bar", "#cfdef0", "#2c4560" },
	[FD_COLOR_BAR_EDGE] = { "bar-edge", "#5f7ea3", "#7fa3cc" },
	[FD_COLOR_ARROW] = { "arrow", "#3d4f66", "#b4c3d4" },
	[FD_COLOR_WAIT] = { "wait", "#fdfdfd", "#14181d" },
	[FD_COLOR_WAIT_EDGE] = { "wait-edge", "#7f8b99", "#8793a1" },
	[FD_COLOR_DOT] = { "dot", "#d5202c", "#ff5a52" },
	[FD_COLOR_ALARM] = { "alarm", "#b8141f", "#ff8a82" },
	[FD_COLOR_ALARM_FILL] = { "alarm-fill", "#c21622", "#d3323a" },
	[FD_COLOR_ALARM_TINT] = { "alarm-tint", "#fdeeee", "#331a1d" },
	[FD_COLOR_BETTER_FILL] = { "better-fill", "#1a7340", "#1f7d47" },
	[FD_COLOR_NEUTRAL_FILL] = { "neutral-fill", "#5b6673", "#5f6b79" },
	[FD_COLOR_ON_FILL] = { "on-fill", "#fffffe", "#fffffd" },
	[FD_COLOR_HANDOFF] = { "handoff", "#6a35b5", "#c09bff" },
	[FD_COLOR_WARN_TINT] = { "warn-tint", "#fff4d6", "#332a12" },
	[FD_COLOR_WARN_EDGE] = { "warn-edge", "#b58a1d", "#b08a2a" },
	[FD_COLOR_WARN_INK] = { "warn-ink", "#634600", "#f2d58a" },
};

static const char *value(enum fd_color color, enum fd_theme theme)
{
	return theme == FD_THEME_DARK ? paints[color].dark : paints[color].light;
}

const char *fd_color_hex(enum fd_color color, enum fd_theme theme)
{
	return value(color, theme);
}

const char *fd_color_name(enum fd_color color)
{
	return paints[color].name;
}

enum fd_color fd_color_find(const char *hex, enum fd_theme theme)
{
	for (enum fd_color c = FD_COLOR_PAPER; c < FD_COLORS; c++)
		if (g_ascii_strcasecmp(value(c, theme), hex) == 0)
			return c;
	return FD_COLOR_NONE;
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

double fd_color_contrast(const char *hex_a, const char *hex_b)
{
	double a = luminance(hex_a) + 0.05;
	double b = luminance(hex_b) + 0.05;

	return a > b ? a / b : b / a;
}

gboolean fd_theme_parse(const char *text, enum fd_theme *theme)
{
	static const char *const names[] = { "auto", "light", "dark" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_strcmp0(text ? text : "auto", names[i]) == 0) {
			*theme = (enum fd_theme)i;
			return TRUE;
		}
	}
	return FALSE;
}
