/* base/amount: times, counts and plurals as people read them. */
#include <glib.h>

#include "base/amount.h"

static void test_duration(void)
{
	static const struct {
		double ns;
		const char *expected;
	} cases[] = {
		{ 0, "0 ns" },
		{ 1, "1 ns" },
		{ 999, "999 ns" },
		{ 999.6, "1.00 us" },
		{ 1240, "1.24 us" },
		{ 9994, "9.99 us" },
		{ 9996, "10.0 us" },
		{ 99960, "100 us" },
		{ 999400, "999 us" },
		{ 999500, "1.00 ms" },
		{ 2100000000, "2.10 s" },
		{ 1e12, "1000 s" },
	};
	char text[FDAR_DURATION_BYTES];

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpstr(fdar_duration_text(cases[i].ns, text), ==, cases[i].expected);
	/* However large it has room, and an end. */
	fdar_duration_text(G_MAXDOUBLE, text);
	g_assert_cmpint(text[FDAR_DURATION_BYTES - 1], ==, '\0');
}

static void test_count(void)
{
	static const struct {
		guint64 count;
		const char *expected, *one, *many;
	} cases[] = {
		{ 0, "0", "0 sessions", "0 processes" },
		{ 1, "1", "1 session", "1 process" },
		{ 999, "999", "999 sessions", "999 processes" },
		{ 1000, "1,000", "1,000 sessions", "1,000 processes" },
		{ G_MAXUINT64, "18,446,744,073,709,551,615", "18,446,744,073,709,551,615 sessions",
		  "18,446,744,073,709,551,615 processes" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = fdar_count_text(cases[i].count);
		g_autofree char *sessions = fdar_plural(cases[i].count, "session", NULL);
		g_autofree char *processes = fdar_plural(cases[i].count, "process", "processes");

		g_assert_cmpstr(text, ==, cases[i].expected);
		g_assert_cmpstr(sessions, ==, cases[i].one);
		g_assert_cmpstr(processes, ==, cases[i].many);
	}
}

static void test_number(void)
{
	static const struct {
		double number;
		const char *expected;
	} cases[] = { { 0, "0" },       { 0.066, "0.066" },  { 1.5, "1.5" },
		      { 3, "3" },       { 9.94, "9.9" },     { 9.96, "10" },
		      { 411.6, "412" }, { 2465.2, "2,465" }, { 25387.4, "25,387" } };

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = fdar_number_text(cases[i].number);

		g_assert_cmpstr(text, ==, cases[i].expected);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/amount/duration", test_duration);
	g_test_add_func("/amount/count", test_count);
	g_test_add_func("/amount/number", test_number);
	return g_test_run();
}
