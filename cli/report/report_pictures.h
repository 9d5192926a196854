/*
 * The pictures of `flowdar report`: all that it shows, of one recording or two, from one more reading of each trace.
 */
#ifndef FDAR_CLI_REPORT_REPORT_PICTURES_H
#define FDAR_CLI_REPORT_REPORT_PICTURES_H

#include "analyze/diff/diff.h"
#include "analyze/profile/profile.h"
#include "cli/kit/options.h"
#include "cli/report/report_input.h"
#include "viz/report/report.h"

struct fdar_report_drawing {
	const struct fdar_usage *usage;
	const char *paths[2]; /* baseline and subject, or just the one */
	unsigned sides;
	const struct fdar_diff *diff;           /* of two; NULL: of one */
	const struct fdar_profile *profiles[2]; /* flattened */
	const struct fdar_report_slowest *slowest[2];
	const char *rules;       /* a rules file; NULL: the recordings' own */
	const char *listings[2]; /* as of sequence_options.h */
	const char *labels[2];   /* of the sessions that are compared; NULL: all */
	gboolean by_samples;     /* the verdict's function was sampled, not recorded */
	enum fdar_unit unit;
	gboolean review;  /* the diagram is as wide as a column of a pull request */
	gboolean several; /* runs of a side, of which paths are the first */
	const volatile int *stop;
};

/* Draws what can be drawn; what cannot is said with a warning. Appends to pictures (struct fdar_report_picture);
 * their texts are kept in texts, their SVGs in svgs (GString *, freed with it). drawn gets the server's time of the
 * sessions that the diagram shows, 0: none. heading gets what the diagram of one recording says; the caller
 * frees it. */
void fdar_report_draw(const struct fdar_report_drawing *drawing, GArray *pictures, GPtrArray *svgs,
		      GStringChunk *texts, guint64 drawn_ns[2], char **heading);

#endif
