/*
 * The tables of flowdar info.
 */
#ifndef FD_CLI_INFO_TABLES_H
#define FD_CLI_INFO_TABLES_H

#include "cli/info/contents.h"
#include "cli/kit/table.h"
#include "pipeline/recording/recording.h"
#include "pipeline/recording/stacks.h"

/* What is known of one trace. */
struct fd_about {
	const char *path;
	struct fd_recording_info info; /* all empty when it is a plain trace */
	gboolean is_recording;
	struct fd_contents *contents;
	struct fd_stacks *stacks; /* at the begin; NULL: it was not attached */
	guint labels;             /* lines of replay.jsonl with a label */
};

/* The caller frees them (fd_table_free). most: rows, 0: all. */
struct fd_table *fd_info_events(const struct fd_about *about);
struct fd_table *fd_info_processes(const struct fd_about *about);
struct fd_table *fd_info_threads(const struct fd_about *about);
struct fd_table *fd_info_binaries(const struct fd_about *about);
struct fd_table *fd_info_losses(const struct fd_about *about, guint most);

#endif
