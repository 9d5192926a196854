#include "cli/cc/cc_arguments.h"

#include <gio/gio.h>
#include <string.h>

#include "cli/kit/suggest.h"

static const char *const mode_names[] = {
	[FDAR_CC_AUTO] = "auto", [FDAR_CC_PATCH] = "patch", [FDAR_CC_HOOKS] = "hooks",
	[FDAR_CC_NONE] = "none", [FDAR_CC_MODES] = NULL,
};

static const char *const own_options[] = { "--flowdar-mode", "--flowdar-compiler", "--flowdar-keep",
					   "--flowdar-verbose", NULL };

gboolean fdar_cc_mode_parse(const char *text, enum fdar_cc_mode *mode)
{
	for (enum fdar_cc_mode i = FDAR_CC_AUTO; i < FDAR_CC_MODES; i++) {
		if (strcmp(text, mode_names[i]) == 0) {
			*mode = i;
			return TRUE;
		}
	}
	return FALSE;
}

/* Options whose argument is the next word, which is then no input file. */
static const char *const takes_next[] = {
	"-o",
	"-I",
	"-L",
	"-D",
	"-U",
	"-include",
	"-imacros",
	"-isystem",
	"-idirafter",
	"-iquote",
	"-isysroot",
	"-MF",
	"-MT",
	"-MQ",
	"-l",
	"-Xlinker",
	"-Xclang",
	"-Xassembler",
	"-u",
	"-T",
	"-z",
	"-mllvm",
	"-Xpreprocessor",
	"--param",
	"-arch",
	"-aux-info",
	"-e",
	"-B",
	"-iprefix",
	"-iwithprefix",
	"-imultilib",
	"--sysroot",
	"-dumpdir",
	"-dumpbase",
	"-specs",
};

static const char *const sources[] = {
	".c", ".cc", ".cpp", ".cxx", ".c++", ".cp", ".C", ".CPP", ".i", ".ii", ".m", ".mm",
};

/* Ends a call that compiles nothing, whatever else is there. */
static const char *const only_prints[] = {
	"--version", "-dumpversion", "-dumpmachine", "-dumpspecs", "-dumpfullversion",
	"-###",      "-V",           "-qversion",    "--help",     "--target-help",
};

static gboolean is_one_of(const char *text, const char *const *list, gsize count)
{
	for (gsize i = 0; i < count; i++)
		if (strcmp(text, list[i]) == 0)
			return TRUE;
	return FALSE;
}

static gboolean is_source(const char *argument)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
		if (g_str_has_suffix(argument, sources[i]))
			return TRUE;
	return FALSE;
}

/* gcc, x86_64-linux-gnu-gcc-12, clang++, ccache: something to run, not something to compile. */
static gboolean is_compiler(const char *argument)
{
	return g_regex_match_simple(
		"(^|[/-])(cc|gcc|g\\+\\+|c\\+\\+|clang|clang\\+\\+|ccache|distcc|"
		"sccache|icecc)(-[0-9.]+)?$",
		argument, 0, 0);
}

/* What was seen of the compiler's arguments so far. */
struct seen {
	const char *language; /* of -x */
	gboolean preprocess, prints, sources, syntax_only;
};

static gboolean language_compiles(const char *language)
{
	return !language ||
	       (!g_str_has_prefix(language, "assembler") && !g_str_has_suffix(language, "-header"));
}

static void look_at_option(struct fdar_cc_arguments *arguments, struct seen *seen,
			   const char *option)
{
	if (strcmp(option, "-E") == 0 || strcmp(option, "-M") == 0 || strcmp(option, "-MM") == 0)
		seen->preprocess = TRUE;
	else if (strcmp(option, "-fsyntax-only") == 0)
		seen->syntax_only = TRUE;
	else if (is_one_of(option, only_prints, G_N_ELEMENTS(only_prints)) ||
		 g_str_has_prefix(option, "-print-") || g_str_has_prefix(option, "--print-") ||
		 g_str_has_prefix(option, "--help="))
		seen->prints = TRUE;
	else if ((g_str_has_prefix(option, "-finstrument-functions") &&
		  !g_str_has_prefix(option, "-finstrument-functions-exclude-")) ||
		 g_str_has_prefix(option, "-fpatchable-function-entry") ||
		 strcmp(option, "-fxray-instrument") == 0)
		arguments->chosen = TRUE;
	else if (strcmp(option, "-m32") == 0 || strcmp(option, "-mx32") == 0 ||
		 strcmp(option, "-m64") == 0 || g_str_has_prefix(option, "--target="))
		g_ptr_array_add(arguments->target, (gpointer)option);
}

static void look_at_input(struct seen *seen, const char *input)
{
	if (seen->language && strcmp(seen->language, "none") != 0)
		seen->sources |= language_compiles(seen->language);
	else
		seen->sources |= is_source(input) || input[0] == '@';
}

static void look_at_all(struct fdar_cc_arguments *arguments)
{
	struct seen seen = { 0 };

	for (guint i = 0; i < arguments->rest->len; i++) {
		const char *argument = g_ptr_array_index(arguments->rest, i);
		const char *next = i + 1 < arguments->rest->len
					   ? g_ptr_array_index(arguments->rest, i + 1)
					   : NULL;

		if (argument[0] != '-' || strcmp(argument, "-") == 0) {
			look_at_input(&seen, argument);
		} else if (strcmp(argument, "-x") == 0) {
			seen.language = next;
			i++;
		} else if (g_str_has_prefix(argument, "-x")) {
			seen.language = argument + 2;
		} else if (strcmp(argument, "-target") == 0 && next) {
			g_ptr_array_add(arguments->target, (gpointer)argument);
			g_ptr_array_add(arguments->target, (gpointer)next);
			i++;
		} else if (is_one_of(argument, takes_next, G_N_ELEMENTS(takes_next))) {
			i++;
		} else {
			look_at_option(arguments, &seen, argument);
		}
	}
	if (seen.prints || !seen.sources)
		arguments->job = FDAR_CC_OTHER;
	else if (seen.preprocess || seen.syntax_only)
		arguments->job = FDAR_CC_PREPROCESS;
	else
		arguments->job = FDAR_CC_COMPILE;
}

/* A word that is none of those that it may be, and the one that was likely meant. */
static gboolean wrong_word(const char *message, const char *word, const char *const *words,
			   GError **error)
{
	const char *meant = fdar_suggest(word, words);

	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s '%s'%s%s%s", message, word,
		    meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
	return FALSE;
}

static gboolean wrong_option(const char *argument, GError **error)
{
	g_autofree char *name = g_strndup(argument, strcspn(argument, "="));

	if (!g_strv_contains(own_options, name))
		return wrong_word("there is no option", name, own_options, error);
	if (argument[strlen(name)])
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s takes no value",
			    name);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			    "%s takes a value: %s=...", name, name);
	return FALSE;
}

static gboolean take_ours(struct fdar_cc_arguments *arguments, const char *argument, GError **error)
{
	const char *value = strchr(argument, '=');

	if (strcmp(argument, "--flowdar-keep") == 0) {
		arguments->keep = TRUE;
		return TRUE;
	}
	if (strcmp(argument, "--flowdar-verbose") == 0) {
		arguments->verbose = TRUE;
		return TRUE;
	}
	if (g_str_has_prefix(argument, "--flowdar-mode=")) {
		if (fdar_cc_mode_parse(value + 1, &arguments->mode))
			return TRUE;
		return wrong_word("--flowdar-mode is auto, patch, hooks or none, not", value + 1,
				  mode_names, error);
	}
	if (g_str_has_prefix(argument, "--flowdar-compiler=")) {
		g_clear_pointer(&arguments->compiler, g_strfreev);
		return g_shell_parse_argv(value + 1, NULL, &arguments->compiler, error);
	}
	return wrong_option(argument, error);
}

gboolean fdar_cc_arguments_parse(struct fdar_cc_arguments *arguments, int argc, char **argv,
				 GError **error)
{
	g_autoptr(GPtrArray) compiler = g_ptr_array_new();

	memset(arguments, 0, sizeof(*arguments));
	arguments->rest = g_ptr_array_new();
	arguments->target = g_ptr_array_new();
	for (int i = 1; i < argc; i++) {
		if (arguments->rest->len == 0 && is_compiler(argv[i]))
			g_ptr_array_add(compiler, argv[i]);
		else if (!g_str_has_prefix(argv[i], "--flowdar-"))
			g_ptr_array_add(arguments->rest, argv[i]);
		else if (!take_ours(arguments, argv[i], error))
			return FALSE;
	}
	if (compiler->len > 0 && !arguments->compiler) {
		g_ptr_array_add(compiler, NULL);
		arguments->compiler = g_strdupv((char **)compiler->pdata);
	}
	look_at_all(arguments);
	return TRUE;
}

void fdar_cc_arguments_clear(struct fdar_cc_arguments *arguments)
{
	g_clear_pointer(&arguments->compiler, g_strfreev);
	g_clear_pointer(&arguments->rest, g_ptr_array_unref);
	g_clear_pointer(&arguments->target, g_ptr_array_unref);
}

static void add(GPtrArray *command, const char *word)
{
	g_ptr_array_add(command, (gpointer)word);
}

/* What makes the functions what they are to be. gcc may let a caller know which registers a function
 * of the same file leaves alone; that must not depend on what it calls at run time. And it makes one of
 * functions with the same code: then one has the time of both, under either's name. */
static void add_mode(GPtrArray *command, enum fdar_cc_mode mode, gboolean gcc)
{
	if (mode == FDAR_CC_PATCH) {
		add(command, "-fpatchable-function-entry=5");
		if (gcc) {
			add(command, "-fno-ipa-ra");
			add(command, "-fno-ipa-icf");
		}
		add(command, "-DFLOWDAR_CC_PATCH");
	} else if (mode == FDAR_CC_HOOKS) {
		add(command, "-finstrument-functions");
		add(command, "-DFLOWDAR_CC_HOOKS");
	}
}

/* What the source asks to be inlined still is: these are the compiler's own ideas. */
static void add_keep(GPtrArray *command, gboolean gcc)
{
	if (gcc) {
		add(command, "-fno-inline-functions-called-once");
		add(command, "-fno-inline-small-functions");
		add(command, "-fno-inline-functions");
	} else {
		add(command, "-finline-hint-functions");
	}
}

GPtrArray *fdar_cc_command(const struct fdar_cc_arguments *arguments, char *const *compiler,
			   enum fdar_cc_mode mode, gboolean gcc, const char *include,
			   GPtrArray **made)
{
	GPtrArray *command = g_ptr_array_new();

	*made = g_ptr_array_new_with_free_func(g_free);
	for (; *compiler; compiler++)
		add(command, *compiler);
	if (arguments->job == FDAR_CC_COMPILE && !arguments->chosen) {
		add_mode(command, mode, gcc);
		if (arguments->keep && mode != FDAR_CC_NONE)
			add_keep(command, gcc);
		if (include && mode != FDAR_CC_NONE) {
			g_ptr_array_add(*made, g_build_filename(include, "flowdar", "cc.h", NULL));
			add(command, "-include");
			add(command, g_ptr_array_index(*made, (*made)->len - 1));
		}
	}
	for (guint i = 0; i < arguments->rest->len; i++)
		add(command, g_ptr_array_index(arguments->rest, i));
	if (include && arguments->job != FDAR_CC_OTHER) {
		add(command, "-idirafter");
		add(command, include);
	}
	g_ptr_array_add(command, NULL);
	return command;
}
