/*
 * The tables of flowdar info.
 */
#ifndef FDAR_CLI_INFO_INFO_TABLES_H
#define FDAR_CLI_INFO_INFO_TABLES_H

#include "cli/info/contents.h"
#include "cli/kit/table.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/recording/stacks.h"

/* What is known of one trace. */
struct fdar_about {
	const char *path;
	struct fdar_recording_state state;
	struct fdar_contents *contents;
	struct fdar_stacks *stacks; /* at the begin; NULL: it was not attached */
	guint labels;               /* lines of replay.jsonl with a label */
	guint labels_outside;       /* likewise, but of another time or recording */
};

/* The caller frees them (fdar_table_free). most: rows, 0: all. */
struct fdar_table *fdar_info_events(const struct fdar_about *about);
struct fdar_table *fdar_info_processes(const struct fdar_about *about);
struct fdar_table *fdar_info_threads(const struct fdar_about *about);
struct fdar_table *fdar_info_binaries(const struct fdar_about *about);
struct fdar_table *fdar_info_losses(const struct fdar_about *about, guint most);

#endif
