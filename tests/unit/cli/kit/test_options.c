/* cli/options: numbers with units, and what becomes of right and wrong options. */
#include <glib.h>

#include "cli/kit/command.h"
#include "cli/kit/given.h"
#include "cli/kit/numbers.h"
#include "cli/kit/options.h"

static void test_duration(void)
{
	static const struct {
		const char *text;
		guint64 expected_ns;
	} good[] = {
		{ "0", 0 },
		{ "1", 1000000000 },
		{ "2us", 2000 },
		{ "250ms", 250000000 },
		{ "1.5s", 1500000000 },
		{ "3m", 180000000000 },
		{ "17ns", 17 },
		{ ".5ms", 500000 },
		{ "1h", 3600000000000 },
	};
	static const char *const bad[] = { "",    "s",     "-1s",   "1 s",  "1x", "nan",
					   "inf", "1e400", "9e99s", "0x10", "+1" };
	guint64 ns = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_assert_true(fdar_parse_duration(good[i].text, &ns));
		g_assert_cmpuint(ns, ==, good[i].expected_ns);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		ns = 42;
		if (fdar_parse_duration(bad[i], &ns))
			g_error("'%s' was taken as %" G_GUINT64_FORMAT " ns", bad[i], ns);
		g_assert_cmpuint(ns, ==, 42);
	}
	g_assert_false(fdar_parse_duration(NULL, &ns));
}

static void test_size(void)
{
	guint64 bytes = 0;

	g_assert_true(fdar_parse_size("4096", &bytes));
	g_assert_cmpuint(bytes, ==, 4096);
	g_assert_true(fdar_parse_size("1.5K", &bytes));
	g_assert_cmpuint(bytes, ==, 1536);
	g_assert_true(fdar_parse_size("256M", &bytes));
	g_assert_cmpuint(bytes, ==, 256u << 20);
	g_assert_true(fdar_parse_size("2GiB", &bytes));
	g_assert_cmpuint(bytes, ==, G_GUINT64_CONSTANT(2) << 30);
	g_assert_false(fdar_parse_size("12Q", &bytes));
	g_assert_false(fdar_parse_size("-5", &bytes));
	g_assert_false(fdar_parse_size("99999999999T", &bytes));
}

static const struct fdar_usage usage = {
	.command = "probe",
	.synopsis = "[OPTIONS] THING",
	.description = "Tries options.\n",
};

typedef struct line line_t;

/* A command line; parsing takes words out of argv, words keeps them all. */
struct line {
	char **words;
	char **argv;
	int argc;
	int number;
	int code;
};

static gboolean parse_as(const struct fdar_usage *how, const char *text, struct line *line)
{
	GOptionEntry entries[] = {
		{ "number", 'n', 0, G_OPTION_ARG_INT, &line->number, "A number", "N" },
		G_OPTION_ENTRY_NULL,
	};

	*line = (struct line){ .words = g_strsplit(text, " ", -1), .code = -1 };
	line->argc = (int)g_strv_length(line->words);
	line->argv = g_memdup2(line->words, ((gsize)line->argc + 1) * sizeof(char *));
	char **argv = line->argv;
	gboolean ok = fdar_options_parse(how, entries, &line->argc, &argv, &line->code);
	g_assert_true(argv == line->argv);
	return ok;
}

static gboolean parse(const char *text, struct line *line)
{
	return parse_as(&usage, text, line);
}

static void line_clear(struct line *line)
{
	g_strfreev(line->words);
	g_free(line->argv);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(line_t, line_clear)

static void test_parse(void)
{
	g_auto(line_t) line = { 0 };

	g_assert_true(parse("probe -n 7 thing", &line));
	g_assert_cmpint(line.number, ==, 7);
	g_assert_cmpint(line.argc, ==, 2);
	g_assert_cmpstr(line.argv[1], ==, "thing");
}

static void test_command_after_dashes(void)
{
	g_auto(line_t) options = { 0 }, plain = { 0 };

	g_assert_true(parse("probe -n 3 -- server -n 9 --help", &options));
	g_assert_cmpint(options.number, ==, 3);
	g_assert_cmpint(options.argc, ==, 5);
	g_assert_cmpstr(options.argv[1], ==, "server");
	g_assert_cmpstr(options.argv[2], ==, "-n");
	g_assert_cmpstr(options.argv[4], ==, "--help");

	g_assert_true(parse("probe -- server plain", &plain));
	g_assert_cmpint(plain.argc, ==, 3);
	g_assert_cmpstr(plain.argv[1], ==, "server");
}

static void test_wrong_option(void)
{
	if (g_test_subprocess()) {
		g_auto(line_t) line = { 0 };

		g_assert_false(parse("probe --nonsense", &line));
		g_assert_cmpint(line.code, ==, FDAR_EXIT_USAGE);
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("flowdar probe: *--nonsense*--help*");
}

/* What is said of these numbers, as if they had been given; NULL: nothing. */
static char *said_of(gint64 copies, double speed)
{
	static const struct fdar_usage_range ranges[] = { { "copies", 1, 10, FALSE },
							  { "speed", 0, 100, TRUE },
							  { "seed", 0, FDAR_ANY_NUMBER, FALSE },
							  { "left", 5, 9, FALSE },
							  { NULL, 0, 0, FALSE } };
	const struct fdar_usage ranged = { .command = "probe", .ranges = ranges };
	gint64 copies_read = -1, seed_read = 0;
	double speed_read = 0;
	int left = -1;
	const GOptionEntry entries[] = {
		{ "copies", 0, 0, G_OPTION_ARG_INT64, &copies_read, "", "N" },
		{ "speed", 0, 0, G_OPTION_ARG_DOUBLE, &speed_read, "", "X" },
		{ "seed", 0, 0, G_OPTION_ARG_INT64, &seed_read, "", "N" },
		{ "left", 0, 0, G_OPTION_ARG_INT, &left, "", "N" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GArray) aside = fdar_numbers_put_aside(&ranged, entries);

	copies_read = copies;
	speed_read = speed;
	seed_read = G_MAXINT64;
	char *said = fdar_numbers_give_back(aside);

	g_assert_cmpint(copies_read, ==, copies);
	g_assert_true(speed_read == speed);
	g_assert_cmpint(left, ==, -1); /* not given: as it was, though out of its range */
	return said;
}

static void test_range(void)
{
	g_autofree char *little = said_of(0, 1), *much = said_of(11, 1), *none = said_of(10, 0);

	g_assert_cmpstr(little, ==, "--copies 0: expected a whole number from 1 to 10");
	g_assert_cmpstr(much, ==, "--copies 11: expected a whole number from 1 to 10");
	g_assert_cmpstr(none, ==, "--speed 0: expected a number above 0, at most 100");
	g_assert_null(said_of(1, 0.5));
	g_assert_null(said_of(10, 100));
}

/* "010" is eight and "0x10" sixteen to GLib: nobody means that. */
static void test_given_number(void)
{
	static const GOptionEntry entries[] = {
		{ "number", 'n', 0, G_OPTION_ARG_INT, NULL, "A number", "N" },
		{ "text", 't', 0, G_OPTION_ARG_STRING, NULL, "A text", "T" },
		G_OPTION_ENTRY_NULL,
	};
	static const struct {
		const char *line, *wrong;
	} cases[] = {
		{ "probe --number 10", NULL },
		{ "probe --number 0", NULL },
		{ "probe --number=0 -n0 -n 0", NULL },
		{ "probe --text 010 --numbers 010 010", NULL },
		{ "probe -- --number 010", NULL },
		{ "probe --number", NULL },
		{ "probe --number 010", "--number: \"010\": expected a whole number" },
		{ "probe --number=0x10", "--number: \"0x10\": expected a whole number" },
		{ "probe 1 -n 07", "--number: \"07\": expected a whole number" },
		{ "probe -n00", "--number: \"00\": expected a whole number" },
		{ "probe -n +0", NULL },
		{ "probe -n +010", "--number: \"+010\": expected a whole number" },
		{ "probe --number=-0x10", "--number: \"-0x10\": expected a whole number" },
		{ "probe --number=\t010", "--number: \"\t010\": expected a whole number" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) words = g_strsplit(cases[i].line, " ", -1);
		g_autofree char *wrong =
			fdar_given_number(entries, (int)g_strv_length(words), words);

		g_assert_cmpstr(wrong, ==, cases[i].wrong);
	}
}

/* Of a command that runs another one: its own options, and not that one's, with "--" or without. */
static void test_given_number_before_command(void)
{
	const struct fdar_usage runs = { .command = "probe",
					 .synopsis = "[OPTIONS] -- COMMAND [ARGUMENT ...]",
					 .description = "Runs.\n" };

	if (g_test_subprocess()) {
		g_auto(line_t) own = { 0 };

		g_assert_false(parse_as(&runs, "probe -n 010 -- server", &own));
		g_assert_cmpint(own.code, ==, FDAR_EXIT_USAGE);
		return;
	}
	g_auto(line_t) after = { 0 }, plain = { 0 };
	g_assert_true(parse_as(&runs, "probe -n 3 -- server -n 010", &after));
	g_assert_true(parse_as(&runs, "probe -n 3 server -n 010", &plain));
	g_assert_cmpint(plain.argc, ==, 4);
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("flowdar probe: --number: \"010\": expected a whole number*");
}

static void test_given_empty(void)
{
	char *text = NULL, *none = NULL, *words[] = { (char *)"a", (char *)"", NULL };
	char **list = NULL, *format = NULL, *by = NULL;
	const struct fdar_usage_values values[] = {
		{ "by", "cat dog cow", FALSE },
		{ "text", "likely", TRUE },
		{ NULL, NULL, FALSE },
	};
	const struct fdar_usage asked = { .command = "probe", .synopsis = "", .values = values };
	const GOptionEntry entries[] = {
		{ "format", 0, 0, G_OPTION_ARG_STRING, &format, "As all have it", "FORMAT" },
		{ "by", 0, 0, G_OPTION_ARG_STRING, &by, "One of a few", "WHAT" },
		{ "none", 0, 0, G_OPTION_ARG_STRING, &none, "Never given", "NONE" },
		{ "text", 0, 0, G_OPTION_ARG_FILENAME, &text, "A file", "FILE" },
		{ "list", 0, 0, G_OPTION_ARG_STRING_ARRAY, &list, "Some", "WORD" },
		G_OPTION_ENTRY_NULL,
	};

	g_assert_null(fdar_given_empty(&asked, entries));
	text = words[0];
	g_assert_null(fdar_given_empty(&asked, entries));
	text = words[1];
	g_autofree char *of_text = fdar_given_empty(&asked, entries);
	g_assert_cmpstr(of_text, ==, "--text: expected FILE, not an empty text");
	text = NULL;
	list = words;
	g_autofree char *of_list = fdar_given_empty(&asked, entries);
	g_assert_cmpstr(of_list, ==, "--list: expected WORD, not an empty text");
	by = words[1];
	g_autofree char *of_few = fdar_given_empty(&asked, entries);
	g_assert_cmpstr(of_few, ==, "--by: expected cat, dog or cow, not an empty text");
	format = words[1];
	g_autofree char *of_common = fdar_given_empty(&asked, entries);
	g_assert_cmpstr(of_common, ==, "--format: expected table, json or csv, not an empty text");
}

/* The arguments as they are after "--" was taken out, joined by commas; or what is wrong. */
static char *arguments_of(const char *synopsis, const char *line)
{
	const struct fdar_usage asked = { .command = "probe", .synopsis = synopsis };
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	g_autofree char **argv = g_memdup2(words, (g_strv_length(words) + 1) * sizeof(*words));
	int argc = (int)g_strv_length(words);
	char *wrong = fdar_given_arguments(&asked, &argc, argv);

	g_assert_null(argv[argc]);
	return wrong ? wrong : g_strjoinv(",", argv);
}

static void test_given_arguments(void)
{
	static const struct {
		const char *synopsis, *line, *expected;
	} cases[] = {
		{ "TRACE... [OPTIONS]", "probe a -- --b", "probe,a,--b" },
		{ "TRACE... [OPTIONS]", "probe -- a -- b", "probe,a,--,b" },
		{ "TRACE... [OPTIONS]", "probe a  b", "an argument is an empty text" },
		{ "IN -- SERVER", "probe a -- b  -- c", "probe,a,--,b,,--,c" },
		{ "IN -- SERVER", "probe -- b", "probe,b" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = arguments_of(cases[i].synopsis, cases[i].line);

		g_assert_cmpstr(got, ==, cases[i].expected);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/options/duration", test_duration);
	g_test_add_func("/options/size", test_size);
	g_test_add_func("/options/parse", test_parse);
	g_test_add_func("/options/command-after-dashes", test_command_after_dashes);
	g_test_add_func("/options/wrong-option", test_wrong_option);
	g_test_add_func("/options/range", test_range);
	g_test_add_func("/options/given-number", test_given_number);
	g_test_add_func("/options/given-number-before-command", test_given_number_before_command);
	g_test_add_func("/options/given-empty", test_given_empty);
	g_test_add_func("/options/given-arguments", test_given_arguments);
	return g_test_run();
}
