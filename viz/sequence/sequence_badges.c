#include "viz/sequence/sequence_draw.h"

static double added_ns(const struct fdar_seq *seq, uint32_t index, gboolean self)
{
	const struct fdar_story_step *step = &seq->panels[1].story->steps[index];
	uint32_t partner = seq->panels[1].partners[index];
	const struct fdar_story_step *base =
		partner == FDAR_STORY_NONE ? NULL : &seq->panels[0].story->steps[partner];

	if (self)
		return (double)step->self_ns - (base ? (double)base->self_ns : 0);
	return (double)step->duration_ns - (base ? (double)base->duration_ns : 0);
}

/* The culprit: the guilty step that adds most, and the focus before all others. */
static uint32_t find_culprit(const struct fdar_seq *seq)
{
	const struct fdar_seq_panel *panel = &seq->panels[1];
	uint32_t found = FDAR_STORY_NONE;

	for (uint32_t i = 0; i < panel->story->step_count; i++) {
		const struct fdar_story_step *step = &panel->story->steps[i];

		if (panel->places[i].mark.tone != FDAR_TONE_GUILTY)
			continue;
		if (found == FDAR_STORY_NONE ||
		    step->is_focus > panel->story->steps[found].is_focus ||
		    (step->is_focus == panel->story->steps[found].is_focus &&
		     added_ns(seq, i, !step->is_focus) > added_ns(seq, found, !step->is_focus)))
			found = i;
	}
	return found;
}

/* The outermost caller that is slower because of it. */
static uint32_t find_outermost(const struct fdar_seq *seq, uint32_t culprit)
{
	const struct fdar_seq_panel *panel = &seq->panels[1];
	uint32_t found = FDAR_STORY_NONE;

	for (uint32_t c = fdar_seq_caller(panel->story, culprit); c != FDAR_STORY_NONE;
	     c = fdar_seq_caller(panel->story, c))
		if (panel->places[c].mark.tone == FDAR_TONE_SLOWER ||
		    panel->places[c].mark.tone == FDAR_TONE_GUILTY)
			found = c;
	return found;
}

static enum fdar_seq_badge badge_of(const struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_seq_mark *mark = &panel->places[index].mark;
	const struct fdar_story_step *step = &panel->story->steps[index];
	/* What no other row says: it is no caller, or there is a word for it. */
	gboolean own = step->beside != FDAR_STORY_PAIRED || step->kind == FDAR_STORY_HANDOFF;
	gboolean word = step->beside != FDAR_STORY_PAIRED;

	switch (mark->tone) {
	case FDAR_TONE_GUILTY:
		return FDAR_BADGE_LOUD;
	case FDAR_TONE_FASTER:
		return FDAR_BADGE_BETTER;
	case FDAR_TONE_SLOWER:
		return own ? FDAR_BADGE_LOUD : FDAR_BADGE_NONE;
	default:
		return word ? FDAR_BADGE_PLAIN : FDAR_BADGE_NONE;
	}
}

static void drop_unwritten(struct fdar_seq_panel *panel)
{
	for (uint32_t i = 0; i < panel->story->step_count; i++) {
		struct fdar_seq_mark *mark = &panel->places[i].mark;

		if (mark->badge == FDAR_BADGE_NONE) {
			g_clear_pointer(&mark->ratio, g_free);
			mark->ratio_width = 0;
		}
	}
}

void fdar_seq_choose_badges(struct fdar_seq *seq)
{
	uint32_t culprit, outermost;

	if (seq->panel_count < 2)
		return;
	for (unsigned p = 0; p < 2; p++) {
		struct fdar_seq_panel *panel = &seq->panels[p];

		for (uint32_t i = 0; i < panel->story->step_count; i++) {
			struct fdar_seq_mark *mark = &panel->places[i].mark;
			uint32_t caller = fdar_seq_caller(panel->story, i);

			mark->badge = badge_of(panel, i);
			if (mark->badge == FDAR_BADGE_BETTER && caller != FDAR_STORY_NONE &&
			    panel->places[caller].mark.tone == FDAR_TONE_FASTER)
				mark->badge = FDAR_BADGE_NONE; /* its caller says it */
		}
	}
	culprit = find_culprit(seq);
	outermost = culprit == FDAR_STORY_NONE ? culprit : find_outermost(seq, culprit);
	if (culprit != FDAR_STORY_NONE)
		seq->panels[1].places[culprit].mark.badge = FDAR_BADGE_CULPRIT;
	if (outermost != FDAR_STORY_NONE)
		seq->panels[1].places[outermost].mark.badge = FDAR_BADGE_EDGED;
	for (unsigned p = 0; p < 2; p++)
		drop_unwritten(&seq->panels[p]);
}
