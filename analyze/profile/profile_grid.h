/*
 * Time blocks of a group: what its sessions did, by when they began.
 *
 * Place in the house: part of a profile. Sessions of one run share the machine's mood, so whoever
 * compares runs needs to know how much they differ from one part of a run to the next; diff.h does.
 *
 * Blocks are cells of a dyadic grid: block i holds the sessions that began at first + i, in units of
 * 2^shift ns. shift is the smallest one with which all fit into FDAR_PROFILE_BLOCKS, so it follows
 * from the earliest and the latest begin alone, and merging stays exact: cells of a finer grid add
 * up to those of a coarser one.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_GRID_H
#define FDAR_ANALYZE_PROFILE_PROFILE_GRID_H

#include <glib.h>
#include <stdint.h>

#define FDAR_PROFILE_BLOCKS 16u

/* One figure, by block. */
struct fdar_profile_series {
	uint64_t at[FDAR_PROFILE_BLOCKS];
};

struct fdar_profile_grid {
	uint64_t begin_ns; /* of the earliest session */
	uint64_t end_ns;   /* begin of the latest one */
	uint64_t first;    /* of block 0: begin_ns >> shift */
	uint32_t shift;
	gboolean used; /* there is a session */
};

/* The grid that holds what both do. Either may be unused. */
struct fdar_profile_grid fdar_profile_grid_join(const struct fdar_profile_grid *a,
						const struct fdar_profile_grid *b);

/* The grid of one session. */
struct fdar_profile_grid fdar_profile_grid_of(uint64_t begin_ns);

/* The block of a session that the grid holds. */
uint32_t fdar_profile_grid_block(const struct fdar_profile_grid *grid, uint64_t begin_ns);

/* Adds a series of one grid to one of another that holds it. */
void fdar_profile_series_add(struct fdar_profile_series *series,
			     const struct fdar_profile_grid *grid,
			     const struct fdar_profile_series *from,
			     const struct fdar_profile_grid *from_grid);

/* A series of the old grid becomes one of the new, which holds it. */
void fdar_profile_series_move(struct fdar_profile_series *series,
			      const struct fdar_profile_grid *old,
			      const struct fdar_profile_grid *grid);

#endif
