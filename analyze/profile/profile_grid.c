#include "analyze/profile/profile_grid.h"

#include <string.h>

/* About a microsecond: no run is so short that finer blocks would say anything. */
#define SHIFT_MIN 10u

static struct fdar_profile_grid span(uint64_t begin_ns, uint64_t end_ns)
{
	struct fdar_profile_grid grid = { begin_ns, end_ns, 0, SHIFT_MIN, TRUE };

	while ((end_ns >> grid.shift) - (begin_ns >> grid.shift) >= FDAR_PROFILE_BLOCKS)
		grid.shift++;
	grid.first = begin_ns >> grid.shift;
	return grid;
}

struct fdar_profile_grid fdar_profile_grid_of(uint64_t begin_ns)
{
	return span(begin_ns, begin_ns);
}

struct fdar_profile_grid fdar_profile_grid_join(const struct fdar_profile_grid *a,
						const struct fdar_profile_grid *b)
{
	if (!a->used || !b->used)
		return a->used ? *a : *b;
	return span(MIN(a->begin_ns, b->begin_ns), MAX(a->end_ns, b->end_ns));
}

uint32_t fdar_profile_grid_block(const struct fdar_profile_grid *grid, uint64_t begin_ns)
{
	uint64_t block = (begin_ns >> grid->shift) - grid->first;

	g_assert(block < FDAR_PROFILE_BLOCKS);
	return (uint32_t)block;
}

void fdar_profile_series_add(struct fdar_profile_series *series,
			     const struct fdar_profile_grid *grid,
			     const struct fdar_profile_series *from,
			     const struct fdar_profile_grid *from_grid)
{
	for (uint32_t i = 0; i < FDAR_PROFILE_BLOCKS && from_grid->used; i++) {
		uint64_t cell = from_grid->first + i;

		if (!from->at[i])
			continue;
		uint64_t block = (cell >> (grid->shift - from_grid->shift)) - grid->first;
		uint64_t *sum = &series->at[block];

		g_assert(block < FDAR_PROFILE_BLOCKS);
		*sum = *sum > UINT64_MAX - from->at[i] ? UINT64_MAX : *sum + from->at[i];
	}
}

void fdar_profile_series_move(struct fdar_profile_series *series,
			      const struct fdar_profile_grid *old,
			      const struct fdar_profile_grid *grid)
{
	struct fdar_profile_series from = *series;

	memset(series, 0, sizeof(*series));
	fdar_profile_series_add(series, grid, &from, old);
}
