/* Charts: hues that are seen on both papers, round steps, and texts of strangers. */
#include <glib.h>
#include <string.h>

#include "viz/chart/chart.h"

static void test_hues(void)
{
	for (guint i = 0; i < FDAR_CHART_HUES; i++) {
		g_assert_cmpfloat(fdar_color_contrast(fdar_chart_hue(i), "#ffffff"), >=, 3.0);
		g_assert_cmpfloat(fdar_color_contrast(fdar_chart_hue(i),
						      fdar_color_hex(FDAR_COLOR_PAPER,
								     FDAR_THEME_DARK)),
				  >=, 3.0);
		g_assert_cmpint(fdar_color_find(fdar_chart_hue(i), FDAR_THEME_LIGHT), ==,
				FDAR_COLOR_NONE);
	}
}

static void test_steps(void)
{
	g_assert_cmpfloat(fdar_chart_step(100, 10), ==, 10);
	g_assert_cmpfloat(fdar_chart_step(101, 10), ==, 20);
	g_assert_cmpfloat(fdar_chart_step(4e9, 10), ==, 5e8);
	g_assert_cmpfloat(fdar_chart_step(0, 10), >, 0);
}

static void test_texts(void)
{
	struct fdar_chart *chart = fdar_chart_new("c");
	GString *svg;

	fdar_chart_text(chart, 0, 10, 0, FDAR_FONT_SANS, 11, FDAR_COLOR_INK, 60,
			"<script>alert(1)</script> and more than fits");
	fdar_chart_rect(chart, 0, 0, 1, 1, fdar_chart_hue(7), "\x01\xff]]>");
	svg = fdar_chart_finish(chart, 100, 20, "a & b", "\"<");
	g_assert_null(strstr(svg->str, "<script"));
	g_assert_nonnull(strstr(svg->str, "…"));
	g_assert_nonnull(strstr(svg->str, "aria-labelledby=\"c-title c-words\""));
	g_assert_nonnull(strstr(svg->str, "a &amp; b"));
	g_string_free(svg, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/chart/hues", test_hues);
	g_test_add_func("/chart/steps", test_steps);
	g_test_add_func("/chart/texts", test_texts);
	return g_test_run();
}
