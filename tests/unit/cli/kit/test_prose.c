/* cli/prose: texts taken apart, and set to a width. */
#include <glib.h>
#include <string.h>

#include "cli/kit/print.h"
#include "cli/kit/prose.h"

static const char text[] = "One paragraph of words\nthat goes on here.\n"
			   "\n"
			   "Items:\n"
			   "  short   the first one\n"
			   "          goes on\n"
			   "  longer  the second\n"
			   "After it.\n"
			   "  as it stands\n";

static void test_kinds(void)
{
	static const enum fdar_prose_kind expected[] = {
		FDAR_PROSE_PARAGRAPH, FDAR_PROSE_GAP,       FDAR_PROSE_PARAGRAPH, FDAR_PROSE_ITEM,
		FDAR_PROSE_ITEM,      FDAR_PROSE_PARAGRAPH, FDAR_PROSE_VERBATIM,
	};
	g_autoptr(GArray) blocks = fdar_prose_parse(text);

	g_assert_cmpuint(blocks->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < blocks->len; i++)
		g_assert_cmpint(g_array_index(blocks, struct fdar_prose, i).kind, ==, expected[i]);
	g_assert_cmpstr(g_array_index(blocks, struct fdar_prose, 3).term, ==, "short");
	g_assert_cmpstr(g_array_index(blocks, struct fdar_prose, 3).text->str, ==,
			"the first one goes on");
}

/* No line is wider than asked for, at any width that the longest word has room in; no word is lost. */
static void test_width(void)
{
	for (gsize width = 20; width < 120; width++) {
		g_autoptr(GString) out = g_string_new(NULL);
		g_auto(GStrv) lines = NULL;

		fdar_prose_set(out, text, width);
		g_assert_nonnull(strstr(out->str, "second"));
		lines = g_strsplit(out->str, "\n", -1);
		for (char **line = lines; *line; line++)
			g_assert_cmpuint(strlen(*line), <=, width);
	}
}

static void test_set(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	fdar_prose_set(out, text, 24);
	g_assert_cmpstr(out->str, ==,
			"One paragraph of words\nthat goes on here.\n\nItems:\n"
			"  short   the first one\n          goes on\n  longer  the second\n"
			"After it.\n  as it stands\n");
}

/* A word that has no room stands alone, whole. */
static void test_long_word(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	fdar_prose_fill(out, "a verylongword b", 0, 2, 6);
	g_assert_cmpstr(out->str, ==, "a\n  verylongword\n  b");
}

/* Only what is too long, and what is behind the first line stands further in than it. */
static void test_fold(void)
{
	static const char line[] = "  note: so  it is";
	g_autofree char *any = fdar_fold_line(line, 0);
	g_autofree char *fits = fdar_fold_line(line, strlen(line));
	g_autofree char *narrow = fdar_fold_line(line, 11);

	g_assert_cmpstr(any, ==, line);
	g_assert_cmpstr(fits, ==, line);
	g_assert_cmpstr(narrow, ==, "  note: so\n    it is");
}

/* A shell takes what was cut for one command: not within quotes, and not what fits. */
static void test_commands(void)
{
	static const char lines[] = "  run -o x\n  run --of 'a b' -- ./server -X  # why\n";
	g_autoptr(GString) any = g_string_new(NULL);
	g_autoptr(GString) narrow = g_string_new(NULL);

	fdar_prose_commands(any, lines, 0);
	g_assert_cmpstr(any->str, ==, lines);
	fdar_prose_commands(narrow, lines, 20);
	g_assert_cmpstr(narrow->str, ==,
			"  run -o x\n  run --of 'a b' \\\n      -- ./server \\\n      -X  # why\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/prose/kinds", test_kinds);
	g_test_add_func("/prose/width", test_width);
	g_test_add_func("/prose/set", test_set);
	g_test_add_func("/prose/long-word", test_long_word);
	g_test_add_func("/prose/fold", test_fold);
	g_test_add_func("/prose/commands", test_commands);
	return g_test_run();
}
