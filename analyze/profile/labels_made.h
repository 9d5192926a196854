/*
 * Which recording it is, and when it was made: what tells its own journal from another.
 *
 * Place in the house: under labels.h. The addresses of a replay come again in the next.
 */
#ifndef FDAR_ANALYZE_PROFILE_LABELS_MADE_H
#define FDAR_ANALYZE_PROFILE_LABELS_MADE_H

#include <stdint.h>

struct fdar_labels_made {
	uint64_t first_ns, last_ns; /* since the Unix epoch; 0 and UINT64_MAX: not known */
	char name[128];             /* recording.json's; empty: not known */
};

/* By its recording.json, which is of the second: a second more at both ends. */
struct fdar_labels_made fdar_labels_made_of(const char *recording);

/* "2026-11-03 10:00:00 to 2026-11-03 10:05:00 UTC". The caller frees it. */
char *fdar_labels_times_text(uint64_t first_ns, uint64_t last_ns);

#endif
