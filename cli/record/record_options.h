/*
 * What the options of `flowdar record` say, made sense of.
 *
 * Place in the house: under cmd_record.c.
 */
#ifndef FD_CLI_RECORD_OPTIONS_H
#define FD_CLI_RECORD_OPTIONS_H

#include <glib.h>

#include "cli/kit/options.h"
#include "pipeline/record/record.h"

/* As they were written. */
struct fd_record_texts {
	char *output;
	char *detail;
	char *functions;
	char *budget;
	char *min_duration;
	char *attach;
	char *duration;
	char *grace;
	char *memory;
	char *max_size;
	char *size;
	char *trigger;
	char *user;
	gint64 depth;
	gint64 bytes;
	gint64 count;
	gboolean io;
	gboolean lossless;
	gboolean crash_safe;
	gboolean snapshot;
	gboolean quiet;
};

/* What it all means; options point into it and into the texts. */
struct fd_record_choice {
	struct fd_record_options options;
	char **rules;
	GArray *pids; /* pid_t */
};

extern const struct fd_usage fd_record_usage;

/* Parses *argv in place, as fd_options_parse does. */
gboolean fd_record_texts_parse(struct fd_record_texts *texts, int *argc, char ***argv, int *code);

/* command: NULL-terminated argv, may be empty. FALSE and error: one line on what is wrong. */
gboolean fd_record_choose(const struct fd_record_texts *texts, char *const *command,
			  struct fd_record_choice *choice, GError **error);

void fd_record_choice_clear(struct fd_record_choice *choice);
void fd_record_texts_clear(struct fd_record_texts *texts);

#endif
