/*
 * Sample profile: how often each function was seen, by itself and with what it calls, and in which
 * sessions.
 *
 * Place in the house: of what sampled.h gives; cli/ prints it, sample_diff.h compares two.
 *
 * A sample counts once for a function that is on its stack, however often it is there. Functions of one
 * name and component are one, wherever the linker put them.
 */
#ifndef FDAR_ANALYZE_SAMPLES_SAMPLE_PROFILE_H
#define FDAR_ANALYZE_SAMPLES_SAMPLE_PROFILE_H

#include "analyze/samples/sampled.h"

struct fdar_sample_count {
	uint32_t session; /* 0, 1, ... of those that are in the profile */
	uint32_t count;   /* samples with the function on their stack; never 0 */
};

struct fdar_sample_entry {
	char *function; /* as in the source; "nginx+0x69a00" where it has no name */
	char *component; /* the binary without directory and version; "kernel"; "" of generated code */
	char *build_id; /* of the binary; "" */
	uint8_t kind;   /* enum fdar_sample_function_kind */
	uint64_t own, total;
	uint64_t depth; /* sum over the samples of total: how many functions are around it */
	GArray *counts; /* of struct fdar_sample_count, by session */
};

struct fdar_sample_profile {
	uint64_t period_ns;
	uint64_t sessions;                 /* that it is of, with samples or without */
	uint64_t samples;                  /* of their work, or the server's */
	uint64_t nameless;                 /* of these: in a function without a name, or cut */
	struct fdar_sample_entry *entries; /* by total, then own, then name */
	uint32_t entry_count;
};

/* Of the sessions with a label (NULL: all), or with server of what belongs to no session. The caller owns
 * the result; sampled may go. */
struct fdar_sample_profile *fdar_sample_profile_new(const struct fdar_sampled *sampled,
						    const char *label, gboolean server);

/* Several runs of one side as one: sessions are numbered on. */
struct fdar_sample_profile *fdar_sample_profile_merge(
	const struct fdar_sample_profile *const *profiles, guint count);

/* NULL is allowed. */
void fdar_sample_profile_free(struct fdar_sample_profile *profile);
typedef struct fdar_sample_profile fdar_sample_profile;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_sample_profile, fdar_sample_profile_free)

#endif
