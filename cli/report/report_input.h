/*
 * What `flowdar report` shows of its two recordings beside their comparison: what was run, and the
 * sessions that took most of the server's time.
 */
#ifndef FDAR_CLI_REPORT_REPORT_INPUT_H
#define FDAR_CLI_REPORT_REPORT_INPUT_H

#include "analyze/profile/profile_build.h"
#include "viz/report/report.h"

#define FDAR_REPORT_SESSIONS 20u /* of each side */

/* The slowest sessions of one side, as they come; the callback of struct fdar_profile_input. */
struct fdar_report_slowest {
	unsigned side;
	GArray *sessions; /* struct fdar_report_session; owns their texts */
};

void fdar_report_slowest_init(struct fdar_report_slowest *slowest, unsigned side);
void fdar_report_slowest_take(void *user, const struct fdar_profile_session *session);
void fdar_report_slowest_clear(struct fdar_report_slowest *slowest);

/* What recording.json says of both: struct fdar_report_fact; a plain trace has no facts. The texts are
 * owned by texts. The caller frees the result (g_array_unref). */
GArray *fdar_report_facts(const char *const paths[2], GStringChunk *texts);

#endif
