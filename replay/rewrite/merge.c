#include "replay/rewrite/merge.h"

static gboolean before(const struct fdar_merge_entry *a, const struct fdar_merge_entry *b)
{
	return a->time < b->time || (a->time == b->time && a->stream < b->stream);
}

void fdar_merge_init(struct fdar_merge *merge, const uint64_t *times, uint32_t streams)
{
	struct fdar_merge_entry *winners;

	merge->leaves = 1;
	while (merge->leaves < streams)
		merge->leaves *= 2;
	merge->losers = g_new(struct fdar_merge_entry, merge->leaves);
	winners = g_new(struct fdar_merge_entry, 2 * merge->leaves);
	for (uint64_t i = 0; i < merge->leaves; i++)
		winners[merge->leaves + i] =
			(struct fdar_merge_entry){ .time = i < streams ? times[i] : FDAR_MERGE_DONE,
						   .stream = i };
	for (uint64_t node = merge->leaves - 1; node > 0; node--) {
		const struct fdar_merge_entry *left = &winners[2 * node];
		const struct fdar_merge_entry *right = &winners[2 * node + 1];
		gboolean first = before(left, right);

		winners[node] = first ? *left : *right;
		merge->losers[node] = first ? *right : *left;
	}
	merge->winner = winners[1];
	g_free(winners);
}

void fdar_merge_clear(struct fdar_merge *merge)
{
	g_clear_pointer(&merge->losers, g_free);
}
