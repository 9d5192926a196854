/* The demo server's matcher against the system's regular expressions, which know the same grammar.
 */
#include <glib.h>
#include <regex.h>
#include <string.h>

#include "match.h"

#define UNBOUNDED 0

static enum match_result match(const char *pattern_text, const char *text, uint64_t steps_max)
{
	struct pattern pattern;
	const char *error = NULL;

	g_assert_cmpint(pattern_compile(&pattern, pattern_text, &error), ==, 0);
	return pattern_match(&pattern, text, steps_max);
}

static void test_by_hand(void)
{
	static const struct {
		const char *pattern, *text;
		enum match_result expected;
	} cases[] = {
		{ "", "", MATCH_YES },
		{ "", "anything", MATCH_YES },
		{ "b", "abc", MATCH_YES },
		{ "^b", "abc", MATCH_NO },
		{ "^(a+)+$", "aaaa", MATCH_YES },
		{ "^(a+)+$", "aaab", MATCH_NO },
		{ "^(a+)+$", "", MATCH_NO },
		{ "^(a*)*$", "aab", MATCH_NO },
		{ "^(a*)*$", "aaa", MATCH_YES },
		{ "^(a|b|cd)*e?$", "abcdcde", MATCH_YES },
		{ "^(a|b|cd)*e?$", "abcce", MATCH_NO },
		{ "^[a-c^]+$", "ab^c", MATCH_YES },
		{ "^[^a-c]+$", "xyz-", MATCH_YES },
		{ "^[^a-c]+$", "xyb", MATCH_NO },
		{ "^[a-]+$", "a-a", MATCH_YES },
		{ "^\\d+\\s\\w+\\.$", "42 bottles.", MATCH_YES },
		{ "^\\d+$", "4x", MATCH_NO },
		{ "^.$", "\xff", MATCH_YES },
		{ "^[\\]]$", "]", MATCH_YES },
		{ "a||b$", "x", MATCH_YES },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s on %s", cases[i].pattern, cases[i].text);
		g_assert_cmpint(match(cases[i].pattern, cases[i].text, UNBOUNDED), ==,
				cases[i].expected);
	}
}

static void test_errors(void)
{
	static const char *const bad[] = {
		"(a", "a)", "[a", "*a", "a|+", "\\", "((((((((((((((((((a"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct pattern pattern;
		const char *error = NULL;

		g_assert_cmpint(pattern_compile(&pattern, bad[i], &error), ==, -1);
		g_assert_nonnull(error);
	}
}

static void test_too_long(void)
{
	g_autofree char *fits = g_strnfill(PATTERN_INSTRUCTIONS_MAX - 1, 'a');
	g_autofree char *too_long = g_strnfill(PATTERN_INSTRUCTIONS_MAX, 'a');
	struct pattern pattern;
	const char *error = NULL;

	g_assert_cmpint(pattern_compile(&pattern, fits, &error), ==, 0);
	g_assert_cmpint(pattern_compile(&pattern, too_long, &error), ==, -1);
	g_assert_nonnull(error);
}

/* Gives up on too much work, and on more choices than the stack holds. */
static void test_gives_up(void)
{
	g_autofree char *text = g_strnfill(MATCH_DEPTH_MAX + 10, 'a');

	g_assert_cmpint(match("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 100000),
			==, MATCH_GAVE_UP);
	g_assert_cmpint(match("^(a+)+$", text, UNBOUNDED), ==, MATCH_GAVE_UP);
}

/* A pattern that regcomp() takes for sure: of groups, alternatives and repeats over a and b. */
static void pattern_add(GString *pattern, unsigned depth)
{
	unsigned parts = (unsigned)g_test_rand_int_range(1, 4);

	for (unsigned i = 0; i < parts; i++) {
		unsigned kind = (unsigned)g_test_rand_int_range(0, depth > 0 ? 7 : 4);

		if (kind >= 4) {
			g_string_append_c(pattern, '(');
			pattern_add(pattern, depth - 1);
			if (kind == 6) {
				g_string_append_c(pattern, '|');
				pattern_add(pattern, depth - 1);
			}
			g_string_append_c(pattern, ')');
		} else {
			static const char *const atoms[] = { "a", "b", ".", "[^a]" };

			g_string_append(pattern, atoms[kind]);
		}
		if (g_test_rand_int_range(0, 2))
			g_string_append_c(pattern, "*+?"[g_test_rand_int_range(0, 3)]);
	}
}

static void compare(const char *pattern_text, const regex_t *reference)
{
	for (unsigned i = 0; i < 20; i++) {
		char text[12];
		int length = g_test_rand_int_range(0, (int)sizeof(text));
		enum match_result expected, got;

		for (int c = 0; c < length; c++)
			text[c] = "abc"[g_test_rand_int_range(0, 3)];
		text[length] = '\0';
		expected = regexec(reference, text, 0, NULL, 0) == 0 ? MATCH_YES : MATCH_NO;
		got = match(pattern_text, text, 5000000);
		if (got != MATCH_GAVE_UP && got != expected)
			g_error("%s on '%s': %d, expected %d", pattern_text, text, got, expected);
	}
}

static void test_against_regexec(void)
{
	unsigned compared = 0;

	for (unsigned i = 0; i < 2000; i++) {
		g_autoptr(GString) pattern = g_string_new(g_test_rand_int_range(0, 2) ? "^" : "");
		regex_t reference;

		pattern_add(pattern, 2);
		if (g_test_rand_int_range(0, 2))
			g_string_append_c(pattern, '$');
		if (regcomp(&reference, pattern->str, REG_EXTENDED | REG_NOSUB) != 0)
			continue;
		compare(pattern->str, &reference);
		regfree(&reference);
		compared++;
	}
	g_assert_cmpuint(compared, >, 1900);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/match/by-hand", test_by_hand);
	g_test_add_func("/match/errors", test_errors);
	g_test_add_func("/match/too-long", test_too_long);
	g_test_add_func("/match/gives-up", test_gives_up);
	g_test_add_func("/match/against-regexec", test_against_regexec);
	return g_test_run();
}
