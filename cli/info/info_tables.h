/*
 * The tables of flowdar info.
 */
#ifndef FDAR_CLI_INFO_INFO_TABLES_H
#define FDAR_CLI_INFO_INFO_TABLES_H

#include "cli/info/contents.h"
#include "cli/kit/table.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/recording/stacks.h"
#include "pipeline/samples/samples.h"

/* What is known of one trace. */
struct fdar_about {
	const char *path;
	struct fdar_recording_state state;
	struct fdar_contents *contents;
	struct fdar_stacks *stacks; /* at the begin; NULL: it was not attached */
	guint labels;               /* lines of replay.jsonl with a label */
	guint labels_outside;       /* likewise, but of another time or recording */
	gboolean counted;           /* page faults and migrations were; else the next are 0 */
	struct fdar_counts_sum counts;
	uint64_t counts_lost; /* of anybody */
};

/* The tracer's and the recorder's; where the trace says less than the recorder knew. */
guint64 fdar_info_lost_events(const struct fdar_about *about);

/* Bytes of the file with the secrets of TLS connections; 0: there is none. */
guint64 fdar_info_secrets(const struct fdar_about *about);

/* The caller frees them (fdar_table_free). most: rows, 0: all. */
struct fdar_table *fdar_info_events(const struct fdar_about *about);
struct fdar_table *fdar_info_processes(const struct fdar_about *about);
struct fdar_table *fdar_info_threads(const struct fdar_about *about);
struct fdar_table *fdar_info_binaries(const struct fdar_about *about);
struct fdar_table *fdar_info_losses(const struct fdar_about *about, guint most);

#endif
