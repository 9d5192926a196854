/*
 * Sampled: a recording's samples, each with the session whose work its thread was at.
 *
 * Place in the house: reads what pipeline/samples keeps and the trace beside it; sample_profile.h sums
 * it up. Whose a sample is, is the walk's to say (fdar_walk_sample): by thread and time, as whatever
 * else a thread does. In doing so (docs/analysis.md, "Samples"):
 *	- a sample is put between two events of its thread: a trace tells a thread's events in order;
 *	- one inside of a call that libflowdar-io tells of when it is over belongs to what that says;
 *	- one in a wait is work of whoever the wait is of: of nobody, when it waits for any work;
 *	- what records is the price of recording, whoever caused it, and no work of the server's.
 */
#ifndef FDAR_ANALYZE_SAMPLES_SAMPLED_H
#define FDAR_ANALYZE_SAMPLES_SAMPLED_H

#include <glib.h>
#include <stdint.h>

#include "analyze/profile/labels.h"
#include "analyze/walk/walk.h"
#include "pipeline/samples/samples.h"

#define FDAR_SAMPLED_NONE UINT32_MAX

enum fdar_sampled_place {
	FDAR_SAMPLED_SESSION,
	FDAR_SAMPLED_SERVER,  /* between sessions, or before the first */
	FDAR_SAMPLED_WAIT,    /* in a wait for any work */
	FDAR_SAMPLED_PRICE,   /* in what records */
	FDAR_SAMPLED_UNKNOWN, /* of a thread that the trace does not have */
	FDAR_SAMPLED_PLACES
};

struct fdar_sampled_session {
	uint64_t id, key; /* as in struct fdar_walk_session */
	uint64_t begin_ns, end_ns;
	char *peer;
	char *label; /* NULL: there are no labels, or none fits */
	uint64_t samples;
};

struct fdar_sampled_owner {
	uint32_t session; /* index of sessions; FDAR_SAMPLED_NONE */
	uint8_t place;    /* enum fdar_sampled_place */
};

struct fdar_sampled {
	struct fdar_samples *samples;
	struct fdar_sampled_owner *owners; /* one a sample */
	GArray *sessions; /* of struct fdar_sampled_session, as they were opened; owns their texts */
	uint64_t places[FDAR_SAMPLED_PLACES]; /* how many samples */
	uint64_t cut; /* of the server's, not of the price: have lost outer functions */
};

struct fdar_sampled_options {
	const struct fdar_labels *labels; /* NULL: none */
	enum fdar_unit unit;
	gboolean (*go_on)(void *user); /* asked now and then: FALSE ends it; may be NULL */
	void *user;
};

/* Reads a recording. NULL and error: FDAR_SOURCE_ERROR_MISSING when it has no samples; G_IO_ERROR_CANCELLED.
 * The caller owns the result. */
struct fdar_sampled *fdar_sampled_read(const char *path, const struct fdar_sampled_options *options,
				       GError **error);

/* "session", "server", "wait", "price", "unknown": for machines. */
const char *fdar_sampled_place_name(enum fdar_sampled_place place);

/* NULL is allowed. */
void fdar_sampled_free(struct fdar_sampled *sampled);
typedef struct fdar_sampled fdar_sampled;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_sampled, fdar_sampled_free)

#endif
