/*
 * What `flowdar report` shows of its two recordings beside their comparison: what was run, and the
 * sessions that took most of the server's time.
 */
#ifndef FDAR_CLI_REPORT_REPORT_INPUT_H
#define FDAR_CLI_REPORT_REPORT_INPUT_H

#include "analyze/diff/diff.h"
#include "analyze/profile/profile_build.h"
#include "analyze/story/story_pick.h"
#include "base/histogram.h"
#include "viz/report/report.h"

#define FDAR_REPORT_SESSIONS 20u /* of each side */

/* A session that the diagram may show. */
struct fdar_report_candidate {
	guint64 key, begin_ns, busy_ns;
};

/* The slowest sessions of one side, as they come; the callback of struct fdar_profile_input. */
struct fdar_report_slowest {
	unsigned side;
	const char *label; /* of those that count; NULL: all */
	GArray *sessions;  /* struct fdar_report_session; owns their texts */
	GArray *all;       /* struct fdar_report_candidate, of the first FDAR_STORY_SESSIONS_MAX */
};

void fdar_report_slowest_init(struct fdar_report_slowest *slowest, unsigned side,
			      const char *label);
void fdar_report_slowest_take(void *user, const struct fdar_profile_session *session);
/* Those of before: they are read once more. */
void fdar_report_slowest_forget(struct fdar_report_slowest *slowest);
void fdar_report_slowest_clear(struct fdar_report_slowest *slowest);

/* The session to draw, by the server's time of all, as FDAR_PICK_WORST, _MEDIAN or _HEAVY say; NULL: there is none.
 * Changes their order; valid until the next is taken. */
const struct fdar_report_candidate *fdar_report_slowest_choose(
	const struct fdar_report_slowest *slowest, enum fdar_story_pick pick);

/* What recording.json says of them, and of two what the comparison says of load and price: struct
 * fdar_report_fact; a plain trace has no facts. diff NULL: there is one path. The texts are owned by texts. The
 * caller frees the result (g_array_unref). */
GArray *fdar_report_facts(const char *const paths[2], const struct fdar_diff *diff,
			  GStringChunk *texts);

/* What clients waited for answers, as the recording's replay.jsonl says, in the sessions with a label (NULL: all);
 * empty where there is none. */
void fdar_report_latency(const char *path, const char *label, struct fdar_histogram *latency_ns);

/* The system calls of all runs of one side (NULL-terminated), of the sessions with a label (NULL: all). NULL where
 * they cannot be read, which was told when the side was, or are a profile's. The caller owns the result. */
struct fdar_syscalls *fdar_report_syscalls_of(char **runs, const char *label, enum fdar_unit unit,
					      const volatile int *stop);

#endif
