/* flowdar: finds the command in the table and runs it. */
#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/elsewhere.h"
#include "cli/kit/command.h"
#include "cli/kit/help.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/prose.h"
#include "cli/kit/suggest.h"

#define FILES_LEAST 32u

static const char about[] =
	"Shows which functions of a network server a hurtful workload hits, and why.";

static const char usual_way[] =
	"  flowdar record -o base --play usual.pcap -- ./server --port 8080\n"
	"  flowdar record -o bad --play attack.pcap -- ./server --port 8080\n"
	"  flowdar diff base bad                               # what got slower, and why\n"
	"  flowdar sequence --baseline base bad -o bad.svg     # and how it looks\n"
	"  flowdar report base bad -o report.html              # all of it, for a review\n";

static const char exit_codes[] = "0  all went well\n"
				 "1  it failed; a line on standard error says why\n"
				 "2  the command line is wrong\n"
				 "3  a --fail-on limit was crossed\n"
				 "4  no verdict is possible, or not with the confidence asked for\n"
				 "130  interrupted by Ctrl-C; what was recorded is good\n";

static void print_usage(FILE *out)
{
	gsize width = fdar_help_width(out);
	g_autoptr(GString) text = g_string_new("Usage: flowdar COMMAND [OPTIONS] ...\n\n");

	fdar_prose_set(text, about, width);
	g_string_append(text, "\nCommands:\n");
	for (const struct fdar_command *command = fdar_commands; command->name; command++) {
		g_string_append_printf(text, "  %-10s  ", command->name);
		fdar_prose_fill(text, command->summary, 14, 14, width);
		g_string_append_c(text, '\n');
	}
	g_string_append_printf(text, "\nThe usual way:\n%s\n", usual_way);
	fdar_prose_set(text,
		       "flowdar COMMAND --help tells about a command, flowdar help COMMAND opens "
		       "its manual;\n",
		       width);
	fdar_prose_set(text, "flowdar --version prints the version.\n", width);
	fputs(text->str, out);
}

static const struct fdar_command *find_command(const char *name)
{
	for (const struct fdar_command *command = fdar_commands; command->name; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	return NULL;
}

static int no_command(const char *name)
{
	const char *names[64] = { NULL };
	const char *meant;
	gsize count = 0;

	for (const struct fdar_command *command = fdar_commands; command->name; command++) {
		if (count + 4 < G_N_ELEMENTS(names))
			names[count++] = command->name;
	}
	names[count++] = "--version";
	names[count++] = "--help";
	meant = fdar_suggest(name, names);
	fprintf(stderr, "flowdar: there is no %s '%s'%s%s%s; see 'flowdar --help'\n",
		name[0] == '-' ? "option" : "command", name, meant ? " (did you mean '" : "",
		meant ? meant : "", meant ? "'?)" : "");
	return FDAR_EXIT_USAGE;
}

/* ---- the manual, and completions ---- */

/* Shows the installed page of a command on a terminal; comes back if there is none. */
static void try_manual(const char *command)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = program ? g_path_get_dirname(program) : NULL;
	g_autofree char *name = g_strdup_printf("flowdar-%s.1", command);
	static const char *const endings[] = { "", ".gz" };

	if (!folder || !isatty(STDOUT_FILENO))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *file = g_strconcat(name, endings[i], NULL);
		g_autofree char *page =
			g_build_filename(folder, "..", "share", "man", "man1", file, NULL);

		if (g_file_test(page, G_FILE_TEST_IS_REGULAR))
			execlp("man", "man", page, (char *)NULL);
	}
}

static void print_page_head(const char *name, const char *summary)
{
	g_autofree char *upper = g_ascii_strup(name, -1);
	g_autofree char *title = fdar_manual_escape(upper);
	g_autofree char *shown = fdar_manual_escape(name);
	g_autofree char *text = fdar_manual_escape(summary);

	printf(".\\\" Made by flowdar --help=man from the table of options that it parses.\n"
	       ".TH %s 1 \"" FLOWDAR_DATE "\" \"flowdar " FLOWDAR_VERSION "\" \"flowdar\"\n"
	       ".SH NAME\n%s \\- %s\n",
	       title, shown, text);
}

static void print_main_page(void)
{
	print_page_head("flowdar", "trace-based behaviour analysis of network servers");
	puts(".SH SYNOPSIS\n.B flowdar\nCOMMAND [OPTIONS] ...\n.SH DESCRIPTION");
	fdar_manual_prose(about);
	puts(".SH COMMANDS");
	for (const struct fdar_command *command = fdar_commands; command->name; command++) {
		g_autofree char *text = fdar_manual_escape(command->summary);

		printf(".TP\n.BR flowdar\\-%s (1)\n%s\n", command->name, text);
	}
	puts(".SH EXIT STATUS");
	fdar_manual_prose(exit_codes);
	puts(".SH EXAMPLES");
	fdar_manual_verbatim(usual_way);
	puts(".SH SEE ALSO\n.BR flowdar.h (3),\n.BR flowdar\\-recording (5),\n"
	     ".BR flowdar\\-rules (5),\n.BR flowdar\\-profile (5)");
}

static int print_page(const char *name)
{
	const struct fdar_command *command = find_command(name);
	int code;

	if (!command)
		return no_command(name);
	g_autofree char *title = g_strdup_printf("flowdar-%s", name);

	print_page_head(title, command->summary);
	code = command->run(2, (char *[]){ (char *)name, "--help=man", NULL });
	puts(".SH SEE ALSO\n.BR flowdar (1)");
	return code;
}

static int print_completion(const char *shell)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *form = g_strdup_printf("--help=%s", shell);
	int code = FDAR_EXIT_OK;

	for (const struct fdar_command *command = fdar_commands; command->name; command++) {
		g_ptr_array_add(names, (gpointer)command->name);
		g_ptr_array_add(names, (gpointer)command->summary);
	}
	g_ptr_array_add(names, NULL);
	fdar_completion_head(shell, (const char *const *)names->pdata);
	for (const struct fdar_command *command = fdar_commands;
	     command->name && code == FDAR_EXIT_OK; command++)
		code = command->run(2, (char *[]){ (char *)command->name, form, NULL });
	fdar_completion_foot(shell);
	return code;
}

/* flowdar --help=FORM [WORD ...]: what the build makes pages (man [COMMAND]) and completions of, and what these
 * ask for (labels, clients, functions and threads of the recordings among the words). */
static int print_form(const char *form, char **words)
{
	static const char *const shells[] = { "bash", "zsh", "fish", NULL };
	const char *command = words[0];

	if (strcmp(form, "man") == 0 && command)
		return print_page(command);
	if (strcmp(form, "man") == 0)
		print_main_page();
	else if (strcmp(form, "names") == 0)
		for (const struct fdar_command *row = fdar_commands; row->name; row++)
			puts(row->name);
	else if (g_strv_contains(shells, form))
		return print_completion(form);
	else if (!fdar_offered_print(form, words)) {
		fprintf(stderr, "flowdar: --help=%s: expected man, names, bash, zsh or fish\n",
			form);
		return FDAR_EXIT_USAGE;
	}
	return FDAR_EXIT_OK;
}

/* What a command has printed must have got somewhere: a full disk is a failure, whatever the command
 * says. A reader that has enough (head) closes the pipe, and is none. */
static int finish(int code)
{
	gboolean failed = fflush(stdout) != 0 || ferror(stdout);
	int reason = errno;

	if (!failed || reason == EPIPE)
		return code;
	if (code == FDAR_EXIT_FAILED)
		return code; /* and has said why */
	fprintf(stderr, "flowdar: standard output cannot be written: %s\n", g_strerror(reason));
	return code == FDAR_EXIT_OK ? FDAR_EXIT_FAILED : code;
}

static int too_many(const char *word, const char *extra, const char *expected)
{
	fprintf(stderr, "flowdar %s: \"%s\": expected %s behind %s\n", word, extra, expected, word);
	return FDAR_EXIT_USAGE;
}

static int help(int argc, char **argv)
{
	const struct fdar_command *command;

	if (argc == 2 || strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0) {
		print_usage(stdout);
		return FDAR_EXIT_OK;
	}
	command = find_command(argv[2]);
	if (!command)
		return no_command(argv[2]);
	if (argc > 3)
		return too_many(argv[1], argv[3], "one command");
	if (strcmp(argv[1], "help") == 0)
		try_manual(command->name);
	return command->run(2, (char *[]){ argv[2], "--help", NULL });
}

/* Where a command runs out of descriptors, it finds out in the middle, with half of what it would have read. */
static gboolean has_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES_LEAST)
		return TRUE;
	fprintf(stderr,
		"flowdar: the limit of open files is %" G_GUINT64_FORMAT
		" (ulimit -n); expected %u at least\n",
		(guint64)files.rlim_cur, FILES_LEAST);
	return FALSE;
}

static int run_command(const struct fdar_command *command, int argc, char **argv)
{
	/* Which the command takes apart. */
	g_autofree char **words = g_memdup2(argv, ((gsize)argc + 1) * sizeof *argv);
	int code = command->run(argc, argv);

	if (code == FDAR_EXIT_USAGE)
		fdar_elsewhere_tell(command, words);
	return code;
}

static int run(int argc, char **argv)
{
	const struct fdar_command *command;

	if (argc < 2) {
		print_usage(stderr);
		return FDAR_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return help(argc, argv);
	if (g_str_has_prefix(argv[1], "--help="))
		return print_form(argv[1] + strlen("--help="), argv + 2);
	if (strcmp(argv[1], "--version") == 0) {
		if (argc > 2)
			return too_many(argv[1], argv[2], "nothing");
		printf("flowdar %s\n", FLOWDAR_VERSION);
		return FDAR_EXIT_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return no_command(argv[1]);
	return has_files() ? run_command(command, argc - 1, argv + 1) : FDAR_EXIT_FAILED;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	fdar_interrupt_file_limit();
	return finish(run(argc, argv));
}
