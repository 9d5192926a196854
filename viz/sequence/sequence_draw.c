#include "viz/sequence/sequence_draw.h"

const char *fdar_seq_id(const struct fdar_seq_panel *panel, const char *word, uint32_t number,
			char buffer[FDAR_SEQ_ID_BYTES])
{
	g_snprintf(buffer, FDAR_SEQ_ID_BYTES, "%s-%s-%u", panel->prefix, word, number);
	return buffer;
}

uint32_t fdar_seq_caller(const struct fdar_story *story, uint32_t step)
{
	uint32_t caller = story->steps[step].parent;

	while (caller != FDAR_STORY_NONE && story->steps[caller].kind == FDAR_STORY_LOOP)
		caller = story->steps[caller].parent;
	return caller;
}

char *fdar_seq_tooltip(const struct fdar_story *story, uint32_t index)
{
	const struct fdar_story_step *step = &story->steps[index];
	const struct fdar_story_lane *lane =
		step->lane < story->lane_count ? &story->lanes[step->lane] : NULL;
	g_autofree char *start = fdar_label_duration(step->start_ns);
	g_autofree char *total = fdar_label_duration(step->duration_ns);
	g_autofree char *waiting = fdar_label_duration(step->wait_ns);
	g_autofree char *self = fdar_label_duration(step->self_ns);
	GString *text = g_string_new(step->name);

	if (lane)
		g_string_append_printf(text, " in %s, %s", lane->component,
				       lane->thread_own ? lane->thread_own : lane->thread);
	if (step->elided) {
		g_string_append_printf(text, " · called through %u function%s not shown",
				       step->elided, step->elided == 1 ? "" : "s");
	}
	g_string_append_printf(text, " · starts at +%s · takes %s, waiting %s, itself %s", start,
			       total, waiting, self);
	if (step->count > 1) {
		g_autofree char *min = fdar_label_duration(step->min_ns);
		g_autofree char *median = fdar_label_duration(step->median_ns);
		g_autofree char *max = fdar_label_duration(step->max_ns);

		g_string_append_printf(text,
				       " · %" G_GUINT64_FORMAT
				       " calls: shortest %s, median %s, longest %s",
				       step->count, min, median, max);
	}
	if (step->recursion_depth > 0) {
		g_string_append_printf(text, " · calls itself %" G_GUINT64_FORMAT " times, %u deep",
				       step->recursive_calls, step->recursion_depth);
	}
	if (step->hidden_calls > 0) {
		g_autofree char *hidden = fdar_label_duration(step->hidden_ns);

		g_string_append_printf(text, " · %" G_GUINT64_FORMAT " calls below not shown, %s",
				       step->hidden_calls, hidden);
	}
	if (step->unfinished)
		g_string_append(text, " · had not returned when the recording ended");
	return g_string_free(text, FALSE);
}
