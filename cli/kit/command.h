/*
 * The commands of flowdar: one row a command, one file a command (cmd_NAME.c).
 *
 * Place in the house: cli/ is the only folder that prints, exits or parses options. A command is:
 * parse, open, compose, report. To add one: write cmd_NAME.c, declare it here, add its row to the
 * table in commands.c, and its golden test under tests/golden; its manual page is made from its options.
 */
#ifndef FDAR_CLI_KIT_COMMAND_H
#define FDAR_CLI_KIT_COMMAND_H

/* Exit codes, the same for every command. */
enum fdar_exit {
	FDAR_EXIT_OK = 0,
	FDAR_EXIT_FAILED = 1,
	FDAR_EXIT_USAGE = 2,
	FDAR_EXIT_LIMIT = 3,      /* a --fail-on limit was crossed */
	FDAR_EXIT_NO_VERDICT = 4, /* nothing can be said, or not with the confidence asked for */
	FDAR_EXIT_INTERRUPTED = 130
};

struct fdar_command {
	const char *name;
	const char *summary;               /* one line, for `flowdar --help` */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; gives an fdar_exit */
};

/* Ends with a row whose name is NULL. */
extern const struct fdar_command fdar_commands[];

int fdar_cmd_doctor(int argc, char **argv);
int fdar_cmd_patch(int argc, char **argv);
int fdar_cmd_cc(int argc, char **argv);
int fdar_cmd_cxx(int argc, char **argv);
int fdar_cmd_record(int argc, char **argv);
int fdar_cmd_info(int argc, char **argv);
int fdar_cmd_export(int argc, char **argv);
int fdar_cmd_replay(int argc, char **argv);
int fdar_cmd_feed(int argc, char **argv);
int fdar_cmd_mirror(int argc, char **argv);
int fdar_cmd_split(int argc, char **argv);
int fdar_cmd_amplify(int argc, char **argv);
int fdar_cmd_reduce(int argc, char **argv);
int fdar_cmd_calibrate(int argc, char **argv);
int fdar_cmd_hunt(int argc, char **argv);
int fdar_cmd_verify(int argc, char **argv);
int fdar_cmd_analyze(int argc, char **argv);
int fdar_cmd_log(int argc, char **argv);
int fdar_cmd_rules(int argc, char **argv);
int fdar_cmd_batch(int argc, char **argv);
int fdar_cmd_merge(int argc, char **argv);
int fdar_cmd_diff(int argc, char **argv);
int fdar_cmd_sequence(int argc, char **argv);
int fdar_cmd_flame(int argc, char **argv);
int fdar_cmd_timeline(int argc, char **argv);
int fdar_cmd_handoffs(int argc, char **argv);
int fdar_cmd_report(int argc, char **argv);

#endif
