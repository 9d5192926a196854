/*
 * What `flowdar reduce` shows: a line while it searches, and what came out.
 */
#ifndef FDAR_CLI_REDUCE_REDUCE_VIEW_H
#define FDAR_CLI_REDUCE_REDUCE_VIEW_H

#include "cli/kit/table.h"
#include "cli/reduce/reducing.h"

struct fdar_reduce_view {
	const struct fdar_judge *judge;
	const struct fdar_usage *usage;
	gboolean quiet, terminal;
	gboolean shown; /* a line is there, on a terminal */
	uint32_t told;  /* units left when a line was last written, elsewhere */
	const char *told_step;
};

/* Functions of struct fdar_reducing; user is a view. */
void fdar_reduce_view_show(void *user, const struct fdar_reducing_sight *sight);
void fdar_reduce_view_warn(void *user, const char *text);

/* Takes the line away. */
void fdar_reduce_view_clear(struct fdar_reduce_view *view);

/* What there is to say when nothing was found: a warning. */
void fdar_reduce_view_nothing(const struct fdar_reduce_view *view,
			      const struct fdar_reducing *reducing);

/* The result, on standard output. */
void fdar_reduce_view_report(const struct fdar_reduce_view *view,
			     const struct fdar_reducing *reducing, enum fdar_format format);

#endif
