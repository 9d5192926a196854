/* Labels, colours, scenes: what is under the pictures. */
#include <glib.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "viz/svg/graph.h"
#include "viz/scene/label.h"
#include "viz/scene/palette.h"
#include "viz/scene/scene.h"
#include "viz/svg/svg.h"

static void assert_clean(const char *dirty, const char *expected)
{
	g_autofree char *clean = fdar_label_clean(dirty);

	g_assert_cmpstr(clean, ==, expected);
}

static void test_clean(void)
{
	assert_clean(NULL, "");
	assert_clean("operator<", "operator<");
	assert_clean("a\tb\nc", "a b c");
	assert_clean("\x01\x1b[31m", "\xef\xbf\xbd\xef\xbf\xbd[31m");
	assert_clean("caf\xc3", "caf\xef\xbf\xbd");
	assert_clean("\xe2\x80\x8f\xf3\xa0\x81\x81.",
		     "\xef\xbf\xbd\xef\xbf\xbd."); /* marks, tags */
	assert_clean("a\xe2\x80\xae"
		     "b",
		     "a\xef\xbf\xbd"
		     "b");                            /* turns the reading direction */
	assert_clean("\xef\xbf\xbe", "\xef\xbf\xbd"); /* no XML text may hold it */
	assert_clean("größe", "größe");
}

static void assert_cut(const char *text, size_t max, const char *expected)
{
	g_autofree char *cut = fdar_label_middle_cut(text, max);

	g_assert_cmpstr(cut, ==, expected);
}

static void test_cut(void)
{
	assert_cut("short", 5, "short");
	assert_cut("ap_process_request_internal", 12, "ap_pr…ternal");
	assert_cut("größenordnung", 5, "gr…ng");
	assert_cut("abc", 1, "…");
	assert_cut("abc", 0, "");
}

static void test_fit(void)
{
	static const char name[] = "std::vector<std::basic_string<char>>::_M_realloc_insert";

	for (double width = 0; width < 500; width += 7) {
		g_autofree char *fit = fdar_label_fit(name, FDAR_FONT_MONO, 11, width);

		g_assert_cmpfloat(fdar_label_width(fit, FDAR_FONT_MONO, 11), <=, MAX(width, 0));
	}
	g_autofree char *all = fdar_label_fit(name, FDAR_FONT_MONO, 11, 1000);
	g_assert_cmpstr(all, ==, name);
	g_assert_cmpfloat(fdar_label_width("i", FDAR_FONT_SANS, 10), <,
			  fdar_label_width("W", FDAR_FONT_SANS, 10));
	g_assert_cmpfloat_with_epsilon(fdar_label_width("iW", FDAR_FONT_MONO, 10), 12.04, 0.001);
	g_assert_cmpfloat_with_epsilon(fdar_label_width("\xe6\xbc\xa2", FDAR_FONT_MONO, 10), 12.04,
				       0.001);
}

static void assert_takes(char *got, const char *expected)
{
	g_assert_cmpstr(got, ==, expected);
	g_free(got);
}

static void test_numbers(void)
{
	assert_takes(fdar_label_duration(0), "0 ns");
	assert_takes(fdar_label_duration(999), "999 ns");
	assert_takes(fdar_label_duration(1000), "1.00 µs");
	assert_takes(fdar_label_duration(999499), "999 µs");
	assert_takes(fdar_label_duration(999500), "1.00 ms");
	assert_takes(fdar_label_duration(12345678), "12.3 ms");
	assert_takes(fdar_label_duration(119900000000), "120 s");
	assert_takes(fdar_label_duration(UINT64_MAX), "307445735 min");
	assert_takes(fdar_label_mean_duration(1255.7), "1.26 µs");
	assert_takes(fdar_label_mean_duration(-1), "0 ns");
	assert_takes(fdar_label_units("f: 822 us against 3.89 us, us 4 usual"),
		     "f: 822 µs against 3.89 µs, us 4 usual");
	assert_takes(fdar_label_units("1,234x longer, f(0x) 12x, 3x1 utf8x"),
		     "1,234× longer, f(0×) 12×, 3x1 utf8x");
	assert_takes(fdar_label_units("us"), "us");
	assert_takes(fdar_label_count(412), "412");
	assert_takes(fdar_label_count(12340), "12,340");
	assert_takes(fdar_label_count(999999), "999,999");
	assert_takes(fdar_label_count(1200000), "1.20 M");
	assert_takes(fdar_label_count(UINT64_MAX), "18446744 T");
	assert_takes(fdar_label_ratio(412.3), "410×");
	assert_takes(fdar_label_ratio(1.27), "1.3×");
	assert_takes(fdar_label_ratio(0.02), "0.02×");
	assert_takes(fdar_label_ratio(11067), "11,000×");
	assert_takes(fdar_label_ratio(179489), "180,000×");
	assert_takes(fdar_label_ratio(4503000), "4.5 M×");
	assert_takes(fdar_label_ratio(45.6e6), "46 M×");
	assert_takes(fdar_label_ratio(99.6), "100×");
	assert_takes(fdar_label_ratio(9.96), "10×");
}

/* WCAG 2.1, AA: 4.5:1 for texts, 3:1 for marks that carry meaning. */
static void test_contrast(void)
{
	static const struct {
		enum fdar_color mark, ground;
		double least;
	} pairs[] = {
		{ FDAR_COLOR_INK, FDAR_COLOR_PAPER, 7 },
		{ FDAR_COLOR_INK, FDAR_COLOR_BAND, 7 },
		{ FDAR_COLOR_INK, FDAR_COLOR_ALARM_TINT, 4.5 },
		{ FDAR_COLOR_INK, FDAR_COLOR_HEAD, 4.5 },
		{ FDAR_COLOR_MUTED, FDAR_COLOR_PAPER, 4.5 },
		{ FDAR_COLOR_MUTED, FDAR_COLOR_BAND, 4.5 },
		{ FDAR_COLOR_MUTED, FDAR_COLOR_ALARM_TINT, 4.5 },
		{ FDAR_COLOR_ALARM, FDAR_COLOR_PAPER, 4.5 },
		{ FDAR_COLOR_ALARM, FDAR_COLOR_BAND, 4.5 },
		{ FDAR_COLOR_ALARM, FDAR_COLOR_ALARM_TINT, 4.5 },
		{ FDAR_COLOR_HANDOFF, FDAR_COLOR_PAPER, 4.5 },
		{ FDAR_COLOR_HANDOFF, FDAR_COLOR_BAND, 4.5 },
		{ FDAR_COLOR_ON_FILL, FDAR_COLOR_ALARM_FILL, 4.5 },
		{ FDAR_COLOR_ON_FILL, FDAR_COLOR_BETTER_FILL, 4.5 },
		{ FDAR_COLOR_WARN_INK, FDAR_COLOR_WARN_TINT, 4.5 },
		{ FDAR_COLOR_DOT, FDAR_COLOR_PAPER, 3 },
		{ FDAR_COLOR_DOT, FDAR_COLOR_BAND, 3 },
		{ FDAR_COLOR_DOT, FDAR_COLOR_ALARM_TINT, 3 },
		{ FDAR_COLOR_ARROW, FDAR_COLOR_PAPER, 3 },
		{ FDAR_COLOR_ARROW, FDAR_COLOR_BAND, 3 },
		{ FDAR_COLOR_BAR_EDGE, FDAR_COLOR_PAPER, 3 },
		{ FDAR_COLOR_BAR_EDGE, FDAR_COLOR_BAND, 3 },
		{ FDAR_COLOR_WAIT_EDGE, FDAR_COLOR_PAPER, 3 },
		{ FDAR_COLOR_WAIT_EDGE, FDAR_COLOR_BAND, 3 },
		{ FDAR_COLOR_ALARM_FILL, FDAR_COLOR_PAPER, 3 },
	};

	g_assert_cmpfloat_with_epsilon(fdar_color_contrast("#000000", "#ffffff"), 21, 0.001);
	for (enum fdar_theme theme = FDAR_THEME_LIGHT; theme <= FDAR_THEME_DARK; theme++) {
		for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
			double contrast =
				fdar_color_contrast(fdar_color_hex(pairs[i].mark, theme),
						    fdar_color_hex(pairs[i].ground, theme));

			if (contrast < pairs[i].least) {
				g_test_message("%s on %s, %s: %.2f", fdar_color_name(pairs[i].mark),
					       fdar_color_name(pairs[i].ground),
					       theme == FDAR_THEME_DARK ? "dark" : "light",
					       contrast);
				g_test_fail();
			}
		}
	}
}

/* The dark style sheet swaps by value. */
static void test_colors_are_distinct(void)
{
	for (enum fdar_color c = FDAR_COLOR_PAPER; c < FDAR_COLORS; c++) {
		g_assert_cmpint(fdar_color_find(fdar_color_hex(c, FDAR_THEME_LIGHT),
						FDAR_THEME_LIGHT),
				==, c);
		g_assert_cmpuint(strlen(fdar_color_hex(c, FDAR_THEME_DARK)), ==, 7);
	}
}

static guint add_box(struct fdar_scene *scene, const char *id, double x, const char *text,
		     const char *tooltip)
{
	struct fdar_item box = {
		.kind = FDAR_ITEM_BOX,
		.id = id,
		.tooltip = tooltip,
		.at = { x, 20, 100, 20 },
		.fill = FDAR_COLOR_HEAD,
		.stroke = FDAR_COLOR_HEAD_EDGE,
		.pen = 1,
		.label = { .text = text,
			   .font = FDAR_FONT_MONO,
			   .size = 11,
			   .color = FDAR_COLOR_INK },
	};

	return fdar_scene_add(scene, &box);
}

static struct fdar_scene *small_scene(const char *text)
{
	struct fdar_scene *scene = fdar_scene_new(FDAR_THEME_AUTO);
	struct fdar_item arrow = { .kind = FDAR_ITEM_ARROW,
				   .id = "arrow",
				   .tooltip = text,
				   .stroke = FDAR_COLOR_ARROW,
				   .pen = 1,
				   .head = FDAR_HEAD_FULL,
				   .label = { .text = text,
					      .font = FDAR_FONT_SANS,
					      .size = 10,
					      .color = FDAR_COLOR_MUTED,
					      .at = { 120, 10, 60, 14 } } };

	scene->width = 400;
	scene->height = 60;
	scene->title = fdar_scene_text(scene, text);
	scene->description = scene->title;
	arrow.from = add_box(scene, "left", 10, text, text);
	arrow.to = add_box(scene, "right", 250, "right", NULL);
	fdar_item_straight(&arrow, (struct fdar_point){ 110, 30 }, (struct fdar_point){ 250, 30 });
	fdar_scene_add(scene, &arrow);
	return scene;
}

/* What a reader of the XML gets: the texts of all elements of a name. */
struct reading {
	const char *element;
	GPtrArray *texts;
	GHashTable *ids;
	gboolean inside;
};

static void on_start(GMarkupParseContext *context, const char *name, const char **names,
		     const char **values, gpointer user, GError **error)
{
	struct reading *reading = user;

	(void)context;
	(void)error;
	reading->inside = strcmp(name, reading->element) == 0;
	if (reading->inside)
		g_ptr_array_add(reading->texts, g_strdup(""));
	for (; *names; names++, values++)
		if (strcmp(*names, "id") == 0)
			g_assert_true(g_hash_table_add(reading->ids, g_strdup(*values)));
}

static void on_text(GMarkupParseContext *context, const char *text, gsize length, gpointer user,
		    GError **error)
{
	struct reading *reading = user;

	(void)context;
	(void)length;
	(void)error;
	if (reading->inside) {
		g_free(g_ptr_array_steal_index(reading->texts, reading->texts->len - 1));
		g_ptr_array_add(reading->texts, g_strdup(text));
	}
	reading->inside = FALSE;
}

static GPtrArray *texts_of(const GString *svg, const char *element)
{
	static const GMarkupParser parser = { .start_element = on_start, .text = on_text };
	struct reading reading = { .element = element,
				   .texts = g_ptr_array_new_with_free_func(g_free) };
	g_autoptr(GMarkupParseContext) context = NULL;
	g_autoptr(GError) error = NULL;

	reading.ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	context = g_markup_parse_context_new(&parser, 0, &reading, NULL);
	g_markup_parse_context_parse(context, svg->str, (gssize)svg->len, &error);
	g_assert_no_error(error);
	g_assert_true(g_markup_parse_context_end_parse(context, &error));
	g_hash_table_unref(reading.ids);
	return reading.texts;
}

static gboolean has_text(const GPtrArray *texts, const char *text)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)texts, text, g_str_equal, NULL);
}

/* Whatever a function is called, the picture is XML and says so. */
static void test_hostile(void)
{
	static const char *const names[] = {
		"operator<<",
		"a & b && c",
		"&lt;not a tag&gt;",
		"&amp;amp;",
		"back\\slash \\n \\N \\G \\E \\l",
		"\\",
		"\"quoted\" 'single'",
		"<b>bold</b>",
		"]]>",
		"<!-- -->",
		"%s%n%d",
		"\x01\x02\x1f",
		"\xff\xfe\xc0\x80",
		"\xe2\x80\xaemirrored",
		"std::map<int, char*>::operator[](int&&)",
		"日本語",
		"",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(fdar_scene) scene = small_scene(names[i]);
		g_autoptr(GError) error = NULL;
		GString *svg = fdar_svg_render(scene);
		g_autofree char *clean = fdar_label_clean(names[i]);
		g_autofree char *dot = fdar_graph_to_dot(scene, &error);

		g_assert_no_error(error);
		g_assert_nonnull(dot);
		g_autoptr(GPtrArray) texts = texts_of(svg, "text");
		g_autoptr(GPtrArray) titles = texts_of(svg, "title");
		if (clean[0]) {
			g_assert_true(has_text(texts, clean));
			g_assert_true(has_text(titles, clean));
			g_assert_cmpuint(titles->len, ==,
					 3); /* the picture's, the box's, the arrow's */
		}
		g_string_free(svg, TRUE);
	}
}

static char *render_small(void)
{
	g_autoptr(fdar_scene) scene = small_scene("a name");
	GString *svg = fdar_svg_render(scene);

	return g_string_free(svg, FALSE);
}

static void test_locale(void)
{
	static const char *const locales[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "ar_EG.UTF-8", "C" };
	g_autofree char *expected = render_small();

	for (size_t i = 0; i < G_N_ELEMENTS(locales); i++) {
		g_autofree char *got = NULL;

		setlocale(LC_ALL, locales[i]);
		got = render_small();
		g_assert_cmpstr(got, ==, expected);
	}
	setlocale(LC_ALL, "C");
}

/* No font is looked at, nothing is loaded. */
static void test_no_fonts(void)
{
	g_autofree char *svg = render_small();
	g_autofree char *maps = NULL;

	g_assert_true(g_file_get_contents("/proc/self/maps", &maps, NULL, NULL));
	g_assert_null(strstr(maps, "gvplugin"));
	g_assert_null(strstr(maps, "pango"));
	g_assert_null(strstr(maps, "fontconfig"));
	g_assert_null(strstr(svg, "Generated by"));
}

static void test_dark(void)
{
	g_autoptr(fdar_scene) scene = fdar_scene_new(FDAR_THEME_DARK);
	g_autofree char *automatic = render_small();
	GString *svg;

	scene->width = scene->height = 50;
	add_box(scene, "only", 1, "text", NULL);
	svg = fdar_svg_render(scene);
	g_assert_nonnull(strstr(svg->str, fdar_color_hex(FDAR_COLOR_INK, FDAR_THEME_DARK)));
	g_assert_null(strstr(svg->str, fdar_color_hex(FDAR_COLOR_INK, FDAR_THEME_LIGHT)));
	g_assert_null(strstr(svg->str, "prefers-color-scheme"));
	g_assert_nonnull(strstr(automatic, "prefers-color-scheme: dark"));
	g_string_free(svg, TRUE);
}

/* What is saved can be read and has the positions: any graphviz program can draw it. */
static void test_dot(void)
{
	g_autoptr(fdar_scene) scene = small_scene("a name");
	g_autoptr(GError) error = NULL;
	g_autofree char *dot = fdar_graph_to_dot(scene, &error);
	Agraph_t *graph;

	g_assert_no_error(error);
	graph = agmemread(dot);
	g_assert_nonnull(graph);
	g_assert_cmpint(agnnodes(graph), ==, 4); /* two boxes, two corners */
	g_assert_cmpint(agnedges(graph), ==, 1);
	g_assert_cmpstr(agget(agnode(graph, (char *)"left", 0), (char *)"pos"), ==, "60.00,-30.00");
	g_assert_cmpstr(agget(agnode(graph, (char *)"left", 0), (char *)"label"), ==, "a name\\l");
	g_assert_cmpstr(agget(graph, (char *)"layout"), ==, "nop2");
	agclose(graph);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scene/label/clean", test_clean);
	g_test_add_func("/scene/label/cut", test_cut);
	g_test_add_func("/scene/label/fit", test_fit);
	g_test_add_func("/scene/label/numbers", test_numbers);
	g_test_add_func("/scene/palette/contrast", test_contrast);
	g_test_add_func("/scene/palette/distinct", test_colors_are_distinct);
	g_test_add_func("/scene/svg/hostile", test_hostile);
	g_test_add_func("/scene/svg/locale", test_locale);
	g_test_add_func("/scene/svg/no-fonts", test_no_fonts);
	g_test_add_func("/scene/svg/dark", test_dark);
	g_test_add_func("/scene/dot", test_dot);
	return g_test_run();
}
