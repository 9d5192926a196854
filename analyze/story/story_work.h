/*
 * What kind of work a session is: which functions it calls, however often and long.
 *
 * Place in the house: story_pick.c gathers it of each session, so that two sides of a picture are sessions that do
 * the same. A set of names, each by two bits of 256 (a Bloom filter: Bloom, CACM 1970); asks the symbols once per
 * address.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_WORK_H
#define FDAR_ANALYZE_STORY_STORY_WORK_H

#include "analyze/profile/profile_build.h"
#include "analyze/symbols/symbols.h"
#include "analyze/walk/walk.h"

struct fdar_story_work {
	uint64_t bits[4];
};

struct story_works;

/* All must outlive it; symbols may be NULL. */
struct story_works *story_works_new(struct fdar_symbols *symbols, fdar_text_fn text,
				    const void *texts);

/* A frame of the session whose kind that is: functions and scopes count. */
void story_works_add(struct story_works *works, struct fdar_story_work *kind,
		     const struct fdar_walk_frame *frame);

/* By how many functions two differ, about; 0: by none. */
unsigned story_work_distance(const struct fdar_story_work *a, const struct fdar_story_work *b);

/* NULL is allowed. */
void story_works_free(struct story_works *works);

#endif
