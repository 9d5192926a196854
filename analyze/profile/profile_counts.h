/*
 * Counts between events: page faults and the like, which the recording has beside its trace
 * (pipeline/samples/samples.h), each put to the walk between two events of its thread.
 *
 * Place in the house: between profile_read.c and the walk. Whose a count is, is the walk's to say
 * (fdar_walk_sample): what a thread does between two events is for whom it works then, and what it does before it
 * knows whom it works for is adopted by who comes. It does not matter here in which function that was.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_COUNTS_H
#define FDAR_ANALYZE_PROFILE_PROFILE_COUNTS_H

#include <glib.h>

#include "analyze/walk/walk.h"
#include "pipeline/samples/samples.h"
#include "pipeline/source/source.h"

struct profile_counts;

/* What a walk's sample is called that is so many of a kind. */
#define PROFILE_COUNT_SAMPLE(kind, number) ((uint64_t)(number) << 8 | (kind))
#define PROFILE_COUNT_KIND(sample)         ((sample)&0xff)
#define PROFILE_COUNT_NUMBER(sample)       ((sample) >> 8)

/* Of a recording. NULL: nobody counted; then a word is added to warnings (which may be NULL) where the counts cannot
 * be read. (That they are not all was said by the recorder.) pid: what the trace calls the process that events have a number of, with its user. */
struct profile_counts *profile_counts_open(const char *path,
					   uint32_t (*pid)(const void *user, uint32_t pid),
					   const void *user, GPtrArray *warnings);

/* How many of so many events, at least one, can be fed to the walk before profile_counts_put is to be called. */
size_t profile_counts_until(struct profile_counts *counts, const struct fdar_event *events,
			    size_t count);

/* Those before the next event of its thread. */
void profile_counts_put(struct profile_counts *counts, struct fdar_walk *walk,
			const struct fdar_event *next);

/* Those after all events. */
void profile_counts_end(struct profile_counts *counts, struct fdar_walk *walk);

/* NULL is allowed. */
void profile_counts_free(struct profile_counts *counts);
typedef struct profile_counts profile_counts;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(profile_counts, profile_counts_free)

#endif
