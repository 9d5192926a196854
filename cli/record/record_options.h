/*
 * What the options of `flowdar record` say, made sense of.
 *
 * Place in the house: under cmd_record.c.
 */
#ifndef FDAR_CLI_RECORD_RECORD_OPTIONS_H
#define FDAR_CLI_RECORD_RECORD_OPTIONS_H

#include <glib.h>

#include "cli/kit/options.h"
#include "pipeline/record/record.h"

/* As they were written. */
struct fdar_record_texts {
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
	char *sample;
	char *play; /* and what belongs to it */
	char *to;
	char *label;
	char *clones, *sources;
	char *wait_for;
	gint64 depth;
	gint64 bytes;
	gint64 count;
	gboolean client_pace; /* of play */
	gboolean io;
	gboolean lossless;
	gboolean crash_safe;
	gboolean plain_marks;
	gboolean snapshot;
	gboolean tls_keys;
	gboolean no_counts;
	gboolean quiet;
};

/* What it all means; options point into it and into the texts. */
struct fdar_record_choice {
	struct fdar_record_options options;
	char **rules;
	GArray *pids; /* pid_t */
};

extern const struct fdar_usage fdar_record_usage;

/* Parses *argv in place, as fdar_options_parse does. */
gboolean fdar_record_texts_parse(struct fdar_record_texts *texts, int *argc, char ***argv,
				 int *code);

/* command: NULL-terminated argv, may be empty. FALSE and error: one line on what is wrong. */
gboolean fdar_record_choose(const struct fdar_record_texts *texts, char *const *command,
			    struct fdar_record_choice *choice, GError **error);

void fdar_record_choice_clear(struct fdar_record_choice *choice);
void fdar_record_texts_clear(struct fdar_record_texts *texts);

#endif
