#include "pipeline/events/arena.h"

#include <glib.h>

#define BLOCK_BYTES ((size_t)64 * 1024)
#define BLOCKS_KEPT 16u /* through a reset; what a rare big batch took goes back */

struct fdar_arena {
	GPtrArray *blocks; /* of BLOCK_BYTES each */
	GPtrArray *large;  /* each of its own size */
	guint block;       /* the one being filled */
	size_t used;       /* of it */
	size_t total;      /* given out since the last reset */
};

struct fdar_arena *fdar_arena_new(void)
{
	struct fdar_arena *arena = g_new0(struct fdar_arena, 1);

	arena->blocks = g_ptr_array_new_with_free_func(g_free);
	arena->large = g_ptr_array_new_with_free_func(g_free);
	return arena;
}

void fdar_arena_free(struct fdar_arena *arena)
{
	if (!arena)
		return;
	g_ptr_array_unref(arena->blocks);
	g_ptr_array_unref(arena->large);
	g_free(arena);
}

char *fdar_arena_alloc(struct fdar_arena *arena, size_t length)
{
	char *bytes;

	arena->total += length + 1;
	if (length >= BLOCK_BYTES / 4) {
		bytes = g_malloc(length + 1);
		g_ptr_array_add(arena->large, bytes);
	} else {
		if (arena->block < arena->blocks->len && BLOCK_BYTES - arena->used <= length) {
			arena->block++;
			arena->used = 0;
		}
		if (arena->block == arena->blocks->len)
			g_ptr_array_add(arena->blocks, g_malloc(BLOCK_BYTES));
		bytes = (char *)g_ptr_array_index(arena->blocks, arena->block) + arena->used;
		arena->used += length + 1;
	}
	bytes[length] = '\0';
	return bytes;
}

size_t fdar_arena_used(const struct fdar_arena *arena)
{
	return arena->total;
}

void fdar_arena_reset(struct fdar_arena *arena)
{
	if (arena->blocks->len > BLOCKS_KEPT)
		g_ptr_array_set_size(arena->blocks, BLOCKS_KEPT);
	g_ptr_array_set_size(arena->large, 0);
	arena->block = 0;
	arena->used = 0;
	arena->total = 0;
}
