/* cli/table_fit: widths that fit, and texts that are cut where it hurts least. */
#include <glib.h>

#include "cli/kit/table_fit.h"

static const struct fdar_column columns[] = {
	{ "path", "path", FALSE, FDAR_FIT_TAIL },
	{ "name", "name", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(3) },
	{ "time", "time_ns", TRUE, 0 },
	{ "p99", "p99_ns", TRUE, FDAR_FIT_DROP(5) },
	{ "p", "p", TRUE, FDAR_FIT_DROP(9) },
};

static gsize total(const gsize *widths)
{
	gsize sum = 0, shown = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
		sum += widths[i];
		shown += widths[i] > 0;
	}
	return sum + shown - 1;
}

/* At any width that the rest has room in: nothing is wider than the terminal, what matters stays. */
static void test_widths(void)
{
	for (gsize terminal = 18; terminal < 300; terminal++) {
		gsize widths[] = { 150, 30, 8, 8, 6 };

		fdar_table_fit(columns, G_N_ELEMENTS(columns), widths, terminal);
		g_assert_cmpuint(total(widths), <=, terminal);
		g_assert_cmpuint(widths[0], >=, 9);
		g_assert_cmpuint(widths[2], ==, 8);
	}
}

static void test_order(void)
{
	gsize wide[] = { 150, 30, 8, 8, 6 }, less[] = { 150, 30, 8, 8, 6 },
	      little[] = { 150, 30, 8, 8, 6 };

	fdar_table_fit(columns, G_N_ELEMENTS(columns), wide, 500);
	g_assert_cmpuint(wide[0], ==, 150);
	g_assert_cmpuint(wide[4], ==, 6);
	fdar_table_fit(columns, G_N_ELEMENTS(columns), less, 80);
	g_assert_cmpuint(less[4], ==, 0);
	g_assert_cmpuint(less[3], ==, 8);
	g_assert_cmpuint(less[1], >=, 20);
	fdar_table_fit(columns, G_N_ELEMENTS(columns), little, 50);
	g_assert_cmpuint(little[3], ==, 0);
	g_assert_cmpuint(little[1], ==, 0);
	g_assert_cmpuint(little[0], ==, 41);
}

/* What is not too wide is not touched. */
static void test_fits(void)
{
	gsize widths[] = { 10, 10, 8, 8, 6 };

	fdar_table_fit(columns, G_N_ELEMENTS(columns), widths, 46);
	g_assert_cmpuint(total(widths), ==, 46);
	g_assert_cmpuint(widths[1], ==, 10);
}

static void test_cut(void)
{
	static const struct {
		const char *text;
		gsize width;
		gboolean tail;
		const char *expected;
	} cases[] = {
		{ "main > serve", 20, TRUE, "main > serve" },
		{ "main > serve", 12, TRUE, "main > serve" },
		{ "main > serve", 8, TRUE, "...serve" },
		{ "main > serve", 8, FALSE, "main ..." },
		{ "main > serve", 3, TRUE, "..." },
		{ "main > serve", 2, FALSE, ".." },
		{ "", 5, TRUE, "" },
		{ "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6", 4, FALSE, "\xc3\xa4..." },
		{ "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6", 4, TRUE, "...\xc3\xb6" },
		/* Wide characters take two columns; half of one is none. */
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, FALSE, "\xe6\x97\xa5..." },
		{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, TRUE, "..." },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *cut = fdar_text_cut(cases[i].text, cases[i].width, cases[i].tail);

		g_assert_cmpstr(cut, ==, cases[i].expected);
		g_assert_cmpuint(fdar_text_columns(cut), <=, cases[i].width);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/table_fit/widths", test_widths);
	g_test_add_func("/table_fit/order", test_order);
	g_test_add_func("/table_fit/fits", test_fits);
	g_test_add_func("/table_fit/cut", test_cut);
	return g_test_run();
}
