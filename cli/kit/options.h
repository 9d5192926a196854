/*
 * Option parsing, help and error lines, the same for every command.
 *
 * Options are a table of GOptionEntry; the help is made from it and from struct fdar_usage.
 */
#ifndef FDAR_CLI_KIT_OPTIONS_H
#define FDAR_CLI_KIT_OPTIONS_H

#include <glib.h>

/* A heading above an option and those that follow it in the table. */
struct fdar_usage_group {
	const char *option;  /* long name of the first one */
	const char *heading; /* "What is recorded" */
};

/* The values that an option takes, for the check of what was given, for the help and for completion. */
struct fdar_usage_values {
	const char *option; /* long name */
	const char *values; /* with spaces between: "auto light dark" */
	gboolean open;      /* others may be right, too: only for completion */
};

/* As many as are wanted. */
#define FDAR_ANY_NUMBER 1e15
/* Of what is done at a time. */
#define FDAR_JOBS_MAX 1024

/* What the number of an option may be. */
struct fdar_usage_range {
	const char *option; /* long name */
	double least, most;
	gboolean above; /* least itself is too little */
};

struct fdar_usage {
	const char *command;     /* "record" */
	const char *synopsis;    /* what follows the command: "[OPTIONS] -o DIR -- COMMAND ..." */
	const char *description; /* what it does, in a few lines */
	const char *examples;    /* indented lines that can be pasted into a shell */
	const struct fdar_usage_group
		*groups; /* ends with a row of NULLs; NULL: one list of options */
	const struct fdar_usage_values
		*values; /* ends with a row of NULLs; NULL: none of its own */
	const struct fdar_usage_range
		*ranges; /* ends with a row of NULLs; NULL: any number will do */
};

/* Of every command that shows functions by name. text: where the path goes, a char **. */
#define FDAR_OPTION_SYMBOLS(text)                                                             \
	{                                                                                     \
		"symbols", 0, 0, G_OPTION_ARG_FILENAME, text,                                 \
			"What nm prints of the program, for functions without a name", "FILE" \
	}
/* Of every command that tells sessions apart. */
#define FDAR_OPTION_RULES(text)                                                                    \
	{                                                                                          \
		"rules", 0, 0, G_OPTION_ARG_FILENAME, text,                                        \
			"What events and functions mean: a rules file (see flowdar rules)", "FILE" \
	}
/* And of those that take a baseline, which may be another build. */
#define FDAR_OPTION_BASELINE_SYMBOLS(text)                                               \
	{                                                                                \
		"baseline-symbols", 0, 0, G_OPTION_ARG_FILENAME, text,                   \
			"The same for the baseline (default: that of --symbols)", "FILE" \
	}

/* Parses *argv in place; what is left are the command's arguments (a "--" that ends the options is
 * taken out). FALSE when the command is to return at once with *code: after --help (printed on
 * stdout, code 0) or a wrong option (one line on stderr, code 2). */
gboolean fdar_options_parse(const struct fdar_usage *usage, const GOptionEntry *entries, int *argc,
			    char ***argv, int *code);

/* A copy of a table (bytes long, ended by G_OPTION_ENTRY_NULL) whose arg_data are offsets in a struct,
 * with addresses in target in their place: so a table can be constant. The caller frees the result
 * (g_free); target must outlive it. */
GOptionEntry *fdar_options_bind(const GOptionEntry *entries, gsize bytes, gpointer target);

/* An option whose value may be left out, as programs of GNU have it ("--sample", "--sample=99"): GOption would take
 * the next word, and does where that is a number. whole is the option with the value that it has then, and takes
 * the place of the bare one in argv, up to "--"; it must outlive argv. */
void fdar_options_optional(int argc, char **argv, char *whole);

/* Prints "flowdar COMMAND: message" and how to get help on stderr; gives FDAR_EXIT_USAGE. */
int fdar_usage_error(const struct fdar_usage *usage, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Of a command that takes one recording, when its options are right: FDAR_EXIT_OK when it got just one; else tells
 * which is one too many, with more (NULL: nothing) behind it. */
int fdar_usage_one_recording(const struct fdar_usage *usage, int argc, char *const *argv,
			     const char *more);

/* Prints "flowdar COMMAND: message" on stderr, frees the error; gives FDAR_EXIT_FAILED. */
int fdar_failure(const struct fdar_usage *usage, GError *error);

/* Prints "flowdar COMMAND: warning: message" on stderr. */
void fdar_warning(const struct fdar_usage *usage, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A number with a unit: "250ms", "2us", "1.5s", "3m" into nanoseconds; "64K", "256M", "1G" into
 * bytes. FALSE when the text is not one, is negative, or does not fit. */
gboolean fdar_parse_duration(const char *text, guint64 *nanoseconds);
/* The same where parts of a second are usual: a number without a unit is refused, for "20" would be
 * taken for microseconds by some and for seconds by others. 0 needs none. */
gboolean fdar_parse_fine_duration(const char *text, guint64 *nanoseconds);
gboolean fdar_parse_size(const char *text, guint64 *bytes);

#endif
