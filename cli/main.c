/* flowdar: finds the command in the table and runs it. */
#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/kit/command.h"

static void print_usage(FILE *out)
{
	fputs("Usage: flowdar COMMAND [OPTIONS] ...\n"
	      "\n"
	      "Shows which functions of a network server a hurtful workload hits, and why.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (const struct fdar_command *command = fdar_commands; command->name; command++)
		fprintf(out, "  %-10s  %s\n", command->name, command->summary);
	fputs("\n"
	      "The usual way:\n"
	      "  flowdar record -o base --play usual.pcap -- ./server --port 8080\n"
	      "  flowdar record -o bad --play attack.pcap -- ./server --port 8080\n"
	      "  flowdar diff base bad                               # what got slower, and why\n"
	      "  flowdar sequence --baseline base bad -o bad.svg     # and how it looks\n"
	      "  flowdar report base bad -o report.html              # all of it, for a review\n"
	      "\n"
	      "flowdar COMMAND --help tells about a command; flowdar --version prints the "
	      "version.\n",
	      out);
}

static const struct fdar_command *find_command(const char *name)
{
	for (const struct fdar_command *command = fdar_commands; command->name; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	return NULL;
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

static int run(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		return FDAR_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		if (argc == 2) {
			print_usage(stdout);
			return FDAR_EXIT_OK;
		}
		const struct fdar_command *command = find_command(argv[2]);
		if (command)
			return command->run(2, (char *[]){ argv[2], "--help", NULL });
		argv++;
	} else if (strcmp(argv[1], "--version") == 0) {
		printf("flowdar %s\n", FLOWDAR_VERSION);
		return FDAR_EXIT_OK;
	}
	const struct fdar_command *command = find_command(argv[1]);
	if (!command) {
		fprintf(stderr, "flowdar: there is no command '%s'; see 'flowdar --help'\n",
			argv[1]);
		return FDAR_EXIT_USAGE;
	}
	return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	return finish(run(argc, argv));
}
