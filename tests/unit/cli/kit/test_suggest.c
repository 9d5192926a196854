/* cli/suggest: how far words are from each other, and which one was meant. */
#include <glib.h>

#include "cli/kit/suggest.h"

static void test_distance(void)
{
	static const struct {
		const char *a, *b;
		guint distance;
	} cases[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "", 3 },
		{ "abc", "abc", 0 },
		{ "abc", "abd", 1 },
		{ "abc", "acb", 1 },
		{ "anlyze", "analyze", 1 },
		{ "kitten", "sitting", 3 },
		{ "ca", "abc", 3 },
		{ "detial", "detail", 1 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_cmpuint(fdar_word_distance(cases[i].a, cases[i].b), ==, cases[i].distance);
		g_assert_cmpuint(fdar_word_distance(cases[i].b, cases[i].a), ==, cases[i].distance);
	}
}

/* Words of any length: those beyond the bound are compared up to it. */
static void test_long(void)
{
	g_autofree char *a = g_strnfill(1000, 'a'), *b = g_strnfill(2000, 'b');

	g_assert_cmpuint(fdar_word_distance(a, a), ==, 0);
	g_assert_cmpuint(fdar_word_distance(a, b), ==, 63);
}

static void test_suggest(void)
{
	static const char *const words[] = { "record", "replay", "report", "analyze", "cc", NULL };

	g_assert_cmpstr(fdar_suggest("anlyze", words), ==, "analyze");
	g_assert_cmpstr(fdar_suggest("recrod", words), ==, "record");
	g_assert_cmpstr(fdar_suggest("ana", words), ==, "analyze");
	g_assert_cmpstr(fdar_suggest("c", words), ==, "cc");
	g_assert_null(fdar_suggest("re", words));
	g_assert_null(fdar_suggest("zzz", words));
	g_assert_null(fdar_suggest("", words));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/suggest/distance", test_distance);
	g_test_add_func("/suggest/long", test_long);
	g_test_add_func("/suggest/suggest", test_suggest);
	return g_test_run();
}
