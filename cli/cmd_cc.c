/* flowdar cc and flowdar c++: the compiler, told to make functions whose calls can be recorded. */
#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cc/cc_arguments.h"
#include "cli/kit/command.h"
#include "cli/kit/help.h"
#include "cli/kit/options.h"

#define PROBE  "-fpatchable-function-entry=5"
#define INSIDE "FLOWDAR_CC_INSIDE" /* against a FLOWDAR_CC that leads back here */

/* clang-format off: lines as they are shown */
#define DESCRIPTION(language, variable, same)                                                      \
	"Runs the " language                                                                       \
	" compiler with what it takes to record function calls later. Nothing is\n"                \
	"edited, nothing is linked, and a function that is not recorded costs next to nothing:\n"  \
	"\n"                                                                                       \
	"  patch   each function begins with five bytes that do nothing; while a recording asks\n" \
	"          for it, libflowdar-functions.so puts a call there (gcc, clang; x86-64)\n"       \
	"  hooks   each function calls a hook when it begins and ends (-finstrument-functions):\n" \
	"          other processors and compilers; costs 3 ns a call, recorded or not\n"           \
	"\n"                                                                                       \
	"Everything is handed on to the compiler, but for these, which are taken out:\n"           \
	"  --flowdar-mode=MODE        auto (patch where it can be, else hooks), patch, hooks, "    \
	"none\n"                                                                                   \
	"  --flowdar-compiler=CC      the compiler, as if in " variable                            \
	"; a compiler may also be\n"                                                               \
	"                             the first argument, as launchers give it\n"                  \
	"  --flowdar-keep             inline only what the source says is inline: what is not a\n" \
	"                             function any more cannot be recorded, its time is its\n"     \
	"                             caller's; for where all is in one function\n"                \
	"  --flowdar-verbose          say what is run\n"                                           \
	"Calls that only preprocess, assemble, link or print something are not touched, nor are\n" \
	"those that have -finstrument-functions or -fpatchable-function-entry already. The\n"      \
	"header <flowdar/flowdar.h> is found. 'readelf -p .comment' tells which way a program\n"   \
	"was built.\n"                                                                             \
	"\n"                                                                                       \
	"Environment:\n"                                                                           \
	"  " variable                                                                              \
	"                 the compiler, with arguments if need be: \"ccache gcc-12\" (" same ")\n" \
	"  FLOWDAR_CC_MODE            as --flowdar-mode\n"                                         \
	"  FLOWDAR_CC_KEEP            as --flowdar-keep, if not empty\n"                           \
	"  FLOWDAR_CC_VERBOSE         as --flowdar-verbose, if not empty\n"

#define EXAMPLES                                                  \
	"  make CC=\"flowdar cc\" CXX=\"flowdar c++\"\n"          \
	"  CC=\"flowdar cc\" ./configure && make\n"               \
	"  cmake -DCMAKE_C_COMPILER_LAUNCHER=\"flowdar;cc\" ..\n" \
	"  FLOWDAR_CC=\"ccache clang\" make CC=\"flowdar cc\"\n"  \
	"  flowdar record -o run --functions 'http_*' -- ./server\n"

/* What shells complete of them. */
static const struct fdar_usage_values values[] = {
	{ "flowdar-mode", "auto patch hooks none", FALSE }, { 0 }
};
static const GOptionEntry completed[] = {
	{ "flowdar-mode", 0, 0, G_OPTION_ARG_STRING, NULL, "How functions are made", "MODE" },
	{ "flowdar-compiler", 0, 0, G_OPTION_ARG_STRING, NULL, "The compiler", "CC" },
	{ "flowdar-keep", 0, 0, G_OPTION_ARG_NONE, NULL,
	  "Inline only what the source says is inline", NULL },
	{ "flowdar-verbose", 0, 0, G_OPTION_ARG_NONE, NULL, "Say what is run", NULL },
	G_OPTION_ENTRY_NULL
};

static const struct fdar_usage usages[] = {
	{ .command = "cc",
	  .synopsis = "ARGUMENTS OF THE COMPILER",
	  .description = DESCRIPTION("C", "FLOWDAR_CC", "cc"),
	  .examples = EXAMPLES,
	  .values = values },
	{ .command = "c++",
	  .synopsis = "ARGUMENTS OF THE COMPILER",
	  .description = DESCRIPTION("C++", "FLOWDAR_CXX", "c++"),
	  .examples = EXAMPLES,
	  .values = values },
};
/* clang-format on */

/* The folder that flowdar/flowdar.h is in: as installed, else the source's. NULL if there is none. */
static char *find_include(void)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = program ? g_path_get_dirname(program) : NULL;
	g_autofree char *prefix = folder ? g_path_get_dirname(folder) : NULL;
	const char *const places[] = { prefix, FLOWDAR_SOURCE_INSTRUMENT };

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *include =
			places[i] ? g_build_filename(places[i], "include", NULL) : NULL;
		g_autofree char *header =
			include ? g_build_filename(include, "flowdar", "cc.h", NULL) : NULL;

		if (header && g_file_test(header, G_FILE_TEST_IS_REGULAR))
			return g_steal_pointer(&include);
	}
	return NULL;
}

/* What the compiler says of itself and of patchable entries. */
struct answer {
	gboolean patchable, gcc;
};

/* Asks the driver only ("-###": it prints what it would do): a few milliseconds, no file. */
static struct answer ask(const struct fdar_cc_arguments *arguments, char *const *compiler)
{
	static const char *const question[] = { PROBE, "-###",      "-x", "c",
						"-c",  "/dev/null", "-o", "/dev/null" };
	g_autoptr(GPtrArray) command = g_ptr_array_new();
	g_autofree char *said = NULL;
	struct answer answer = { FALSE, FALSE };
	int status = -1;

	for (; *compiler; compiler++)
		g_ptr_array_add(command, *compiler);
	for (guint i = 0; i < arguments->target->len; i++)
		g_ptr_array_add(command, g_ptr_array_index(arguments->target, i));
	for (gsize i = 0; i < G_N_ELEMENTS(question); i++)
		g_ptr_array_add(command, (gpointer)question[i]);
	g_ptr_array_add(command, NULL);
	if (!g_spawn_sync(NULL, (char **)command->pdata, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &said,
			  &status, NULL) ||
	    !said)
		return answer;
	answer.gcc = strstr(said, "gcc version") != NULL;
	answer.patchable = status == 0 && strstr(said, "Target: x86_64") != NULL &&
			   strstr(said, "linux") != NULL && !strstr(said, "\"-m32\"") &&
			   !strstr(said, " -m32") && !strstr(said, "-mx32");
	return answer;
}

static gboolean find_compiler(struct fdar_cc_arguments *arguments, gboolean cxx, GError **error)
{
	const char *given = g_getenv(cxx ? "FLOWDAR_CXX" : "FLOWDAR_CC");

	if (arguments->compiler)
		return TRUE;
	return g_shell_parse_argv(given && *given ? given
				  : cxx           ? "c++"
						  : "cc",
				  NULL, &arguments->compiler, error);
}

static gboolean find_mode(struct fdar_cc_arguments *arguments, GError **error)
{
	const char *given = g_getenv("FLOWDAR_CC_MODE");

	if (arguments->mode != FDAR_CC_AUTO || !given || !*given)
		return TRUE;
	if (fdar_cc_mode_parse(given, &arguments->mode))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		    "FLOWDAR_CC_MODE is auto, patch, hooks or none, not '%s'", given);
	return FALSE;
}

static void say(const struct fdar_usage *usage, enum fdar_cc_mode mode,
		const struct fdar_cc_arguments *arguments, char *const *command)
{
	static const char *const ways[] = {
		[FDAR_CC_PATCH] = "patchable functions",
		[FDAR_CC_HOOKS] = "hooks in functions",
		[FDAR_CC_NONE] = "functions as they are",
	};
	g_autofree char *line = g_strjoinv(" ", (char **)command);
	const char *way = ways[mode];

	if (arguments->job != FDAR_CC_COMPILE)
		way = "nothing to compile";
	else if (arguments->chosen)
		way = "left as the arguments say";
	fprintf(stderr, "flowdar %s: %s: %s\n", usage->command, way, line);
}

/* Does not return if all goes well. */
static int run(const struct fdar_usage *usage, struct fdar_cc_arguments *arguments)
{
	struct answer answer = { FALSE, FALSE };
	enum fdar_cc_mode mode = arguments->mode;
	g_autoptr(GPtrArray) made = NULL;
	g_autoptr(GPtrArray) command = NULL;
	g_autofree char *include = arguments->job == FDAR_CC_OTHER ? NULL : find_include();

	g_setenv(INSIDE, "1", TRUE);
	if (arguments->job == FDAR_CC_COMPILE && !arguments->chosen && mode != FDAR_CC_NONE)
		answer = ask(arguments, arguments->compiler);
	if (mode == FDAR_CC_AUTO)
		mode = answer.patchable ? FDAR_CC_PATCH : FDAR_CC_HOOKS;
	command = fdar_cc_command(arguments, arguments->compiler, mode, answer.gcc, include, &made);
	if (arguments->verbose)
		say(usage, mode, arguments, (char *const *)command->pdata);
	execvp(command->pdata[0], (char *const *)command->pdata);
	fprintf(stderr, "flowdar %s: cannot run '%s': %s\n", usage->command,
		(const char *)command->pdata[0], g_strerror(errno));
	return FDAR_EXIT_FAILED;
}

static int run_compiler(int argc, char **argv, gboolean cxx)
{
	const struct fdar_usage *usage = &usages[cxx ? 1 : 0];
	const char *verbose = g_getenv("FLOWDAR_CC_VERBOSE"), *keep = g_getenv("FLOWDAR_CC_KEEP");
	struct fdar_cc_arguments arguments;
	GError *error = NULL;
	int code;

	if (argc == 2 && g_str_has_prefix(argv[1], "--help=") &&
	    fdar_help_print_as(argv[1] + strlen("--help="), usage,
			       strcmp(argv[1], "--help=man") == 0 ? NULL : completed, &code))
		return code;
	if (argc == 1 || (argc == 2 && strcmp(argv[1], "--help") == 0)) {
		fdar_help_print(usage, NULL);
		return argc == 1 ? FDAR_EXIT_USAGE : FDAR_EXIT_OK;
	}
	if (!fdar_cc_arguments_parse(&arguments, argc, argv, &error) ||
	    !find_mode(&arguments, &error) || !find_compiler(&arguments, cxx, &error)) {
		code = fdar_usage_error(usage, "%s", error->message);
		g_error_free(error);
		fdar_cc_arguments_clear(&arguments);
		return code;
	}
	arguments.verbose |= verbose && *verbose;
	arguments.keep |= keep && *keep;
	if (g_getenv(INSIDE)) {
		fprintf(stderr, "flowdar %s: the compiler '%s' leads back to flowdar %s\n",
			usage->command, arguments.compiler[0], usage->command);
		code = FDAR_EXIT_FAILED;
	} else {
		code = run(usage, &arguments);
	}
	fdar_cc_arguments_clear(&arguments);
	return code;
}

int fdar_cmd_cc(int argc, char **argv)
{
	return run_compiler(argc, argv, FALSE);
}

int fdar_cmd_cxx(int argc, char **argv)
{
	return run_compiler(argc, argv, TRUE);
}
