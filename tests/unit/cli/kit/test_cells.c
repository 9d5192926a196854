/* Names of functions, made as short as a table can have them. */
#include "cli/kit/cells.h"

#include <glib.h>
#include <string.h>

static void test_names(void)
{
	static const struct {
		const char *name, *people;
		glong most;
	} cases[] = {
		{ "plain", "plain", 60 },
		{ "", "", 60 },
		{ "ns::f(int, char const*)", "ns::f(int, char const*)", 60 },
		{ "ns::f(int, char const*)", "ns::f(...)", 12 },
		{ "std::map<int, std::vector<char> >::find(int const&)", "std::map<...>::find(...)",
		  30 },
		{ "(anonymous namespace)::f(int, int, int, int)", "(anonymous namespace)::f(...)",
		  30 },
		{ "ns::operator<< <char>(std::ostream&, long)", "ns::operator<< <...>(...)", 25 },
		{ "ns::Call::operator()(int, long, int, long)", "ns::Call::operator()(...)", 26 },
		{ "an_awfully_long_name_without_any_bracket", "an_awfu...t_any_bracket", 23 },
		{ "f(int, (unclosed", "f(...)", 8 },
		{ "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd", 8 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *people = fdar_name_short(cases[i].name, cases[i].most);

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(g_utf8_strlen(people, -1), <=, MAX(cases[i].most, 23) + 1);
		g_assert_cmpstr(people, ==, cases[i].people);
	}
}

/* Whatever it is. */
static void test_any(void)
{
	static const char letters[] = "ab<>()::operator-,\xc3\xa4 ";
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (guint i = 0; i < 5000; i++) {
		g_autoptr(GString) name = g_string_new(NULL);
		gint32 length = g_rand_int_range(rand, 0, 200);
		g_autofree char *people = NULL;

		for (gint32 at = 0; at < length; at++)
			g_string_append_c(name,
					  letters[g_rand_int_range(rand, 0, sizeof(letters) - 1)]);
		people = fdar_name_short(name->str, 60);
		g_assert_cmpint(g_utf8_strlen(people, -1), <=, 60);
		g_assert_true(g_utf8_validate(people, -1, NULL));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cells/names", test_names);
	g_test_add_func("/cells/any", test_any);
	return g_test_run();
}
