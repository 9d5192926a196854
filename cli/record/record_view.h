/*
 * What `flowdar record` shows: while it goes on, and at the end.
 *
 * Place in the house: under cmd_record.c.
 */
#ifndef FDAR_CLI_RECORD_RECORD_VIEW_H
#define FDAR_CLI_RECORD_RECORD_VIEW_H

#include <glib.h>

#include "cli/kit/options.h"
#include "pipeline/record/record.h"

struct fdar_record_view {
	const char *output;
	const char *server; /* what is recorded, as it is called in messages */
	gboolean attached;
	gboolean lossless;
	gboolean quiet;
	gboolean terminal;
	gboolean line;     /* a progress line stands on the terminal */
	gboolean io;       /* accepted connections are sessions */
	gboolean played;   /* a capture is played at the server */
	gboolean sampled;  /* stacks are taken, too */
	gboolean io_alone; /* neither functions nor stacks are asked for */
	guint64 sessions;  /* begun, in what was read back of the recording */
};

/* One more look at the run. */
void fdar_record_view_progress(struct fdar_record_view *view,
			       const struct fdar_record_progress *progress);

/* Takes the progress line away, for something else to be printed. */
void fdar_record_view_clear(struct fdar_record_view *view);

/* How the server came to its end, in words. The caller frees it. */
char *fdar_record_view_server(const struct fdar_recording_info *info);

/* What there is in dir, what was lost, and what was warned of. */
void fdar_record_view_report(struct fdar_record_view *view, const char *dir,
			     const struct fdar_recording_info *info);

#endif
