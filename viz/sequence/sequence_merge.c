#include "viz/sequence/sequence_draw.h"

/* Of the lanes of a thread, the one whose functions it runs longest that nobody called. */
static uint32_t leading_lane(const struct fdar_story *story, const uint64_t *outer_ns,
			     uint32_t first)
{
	uint32_t leading = first;

	for (uint32_t l = first; l < story->lane_count &&
				 story->lanes[l].thread_index == story->lanes[first].thread_index;
	     l++)
		if (outer_ns[l] > outer_ns[leading])
			leading = l;
	return leading;
}

struct fdar_story *fdar_seq_merge_lanes(const struct fdar_story *story)
{
	struct fdar_story *merged = g_memdup2(story, sizeof(*story));
	g_autofree uint32_t *lane_of = g_new(uint32_t, story->lane_count + 1);
	g_autofree uint64_t *outer_ns = g_new0(uint64_t, story->lane_count + 1);

	for (uint32_t i = 0; i < story->step_count; i++)
		if (fdar_seq_has_bar(&story->steps[i]) &&
		    fdar_seq_caller(story, i) == FDAR_STORY_NONE)
			outer_ns[story->steps[i].lane] += story->steps[i].duration_ns;

	merged->lanes = g_new0(struct fdar_story_lane, story->lane_count + 1);
	merged->lane_count = 0;
	for (uint32_t l = 0; l < story->lane_count; l++) {
		if (l == 0 || story->lanes[l].thread_index != story->lanes[l - 1].thread_index)
			merged->lanes[merged->lane_count++] =
				story->lanes[leading_lane(story, outer_ns, l)];
		lane_of[l] = merged->lane_count - 1;
	}
	merged->steps = g_memdup2(story->steps, sizeof(*story->steps) * (story->step_count + 1));
	for (uint32_t i = 0; i < story->step_count; i++) {
		struct fdar_story_step *step = &merged->steps[i];

		if (step->lane < story->lane_count)
			step->lane = lane_of[step->lane];
		if (step->lane_to < story->lane_count)
			step->lane_to = lane_of[step->lane_to];
	}
	return merged;
}

void fdar_seq_merged_free(struct fdar_story *merged)
{
	if (!merged)
		return;
	g_free(merged->lanes);
	g_free(merged->steps);
	g_free(merged);
}
