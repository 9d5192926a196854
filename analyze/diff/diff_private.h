/*
 * The inside of the diff, shared by its files:
 *
 *	diff.c           the two sides, their sessions
 *	diff_rows.c      functions
 *	diff_tree.c      the union of the call trees
 *	diff_verdict.c   who is to blame
 *	diff_sentence.c  the verdict in English
 *	diff_hints.c     what else a reviewer should know
 */
#ifndef FDAR_ANALYZE_DIFF_DIFF_PRIVATE_H
#define FDAR_ANALYZE_DIFF_DIFF_PRIVATE_H

#include <math.h>

#include "analyze/diff/diff.h"
#include "analyze/diff/diff_stats.h"
#include "analyze/profile/profile_match.h"

/* A culprit must add this much of the baseline's time per session, and what makes others queue
 * this much of the increases. */
#define DIFF_MIN_PART 0.1
/* And have this factor where the sessions are too few for a test. */
#define DIFF_UNTESTED_RATIO 3.0

struct diff_side {
	struct fdar_profile *flat; /* owned; NULL when group is of the caller's profile */
	const struct fdar_profile *profile;
	const struct fdar_profile_group *group;
	uint32_t *functions; /* its functions' indexes in names */
	uint64_t sessions;   /* that means are taken over: 1 for a whole run */
};

enum { BASELINE, SUBJECT, SIDES };

struct diff_work {
	struct fdar_diff *diff;
	struct fdar_diff_options options; /* with the defaults filled in */
	struct diff_side side[SIDES];
	struct fdar_profile *names;      /* functions of both sides, and in group 0 both trees */
	struct fdar_profile_match match; /* which binary of the baseline is which of the subject */
	uint32_t *node_functions;        /* of the diff's nodes, indexes in names */
	double increases_ns;          /* sum of what rows added; without queues where they follow */
	gboolean queues_follow;       /* sessions stand longer in queues because threads are busy */
	gboolean testable;            /* there are sessions enough for a test to say anything */
	gboolean running_significant; /* or at least their running time does */
	gboolean significant;         /* the sessions as a whole differ, or nothing can be tested */
};

/* 1 when both are 0, INFINITY when only the baseline is. */
double diff_ratio(double baseline, double subject);

/* stat may be NULL: all zero. */
void diff_side_fill(const struct diff_side *side, const struct fdar_profile_stat *stat,
		    gboolean whole_run, struct fdar_diff_side *out);

/* Is the added time due to more calls? Ratios of time and of calls. */
gboolean diff_is_calls(const struct diff_work *work, double time, double calls);

/* In a whole run, waits that ask for any work: how long they took only says how little there was to
 * do. function is an index of names. */
gboolean diff_leaves_out(const struct diff_work *work, uint32_t function);

void diff_rows_make(struct diff_work *work);
void diff_tree_make(struct diff_work *work);
void diff_judge(struct diff_work *work);
void diff_say(struct diff_work *work);
void diff_hint(struct diff_work *work);

/* For sentences: "sessions" or "requests"; three significant digits and a unit; "1.5", "12,345". */
const char *diff_units(const struct fdar_diff *diff);
const char *diff_duration(double ns, char text[32]);
void diff_add_number(GString *text, double value);

#endif
