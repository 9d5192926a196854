#include "viz/sequence/sequence_draw.h"

#include <string.h>

#define IDLE_WORDS      "idle: no thread works for the session"
#define LANE_HARD       300.0 /* nor wider than this, where they may not */
#define LANE_PAD        14.0
#define NAME_MIN        44.0
#define NAME_GAP        6.0
#define THREAD_NAME_MAX 180.0
#define THREAD_NAME_PAD 14.0
#define NARROW_LEAST    370.0 /* of the baseline */
#define HOOK            14.0  /* what a call within a lane needs beside its bar */

gboolean fdar_seq_has_bar(const struct fdar_story_step *step)
{
	return step->kind == FDAR_STORY_CALL || step->kind == FDAR_STORY_WAIT;
}

/* The nearest caller on the same lane: the bar this one stands in. */
static uint32_t outer_bar(const struct fdar_story *story, uint32_t step)
{
	uint32_t outer = fdar_seq_caller(story, step);

	while (outer != FDAR_STORY_NONE && story->steps[outer].lane != story->steps[step].lane)
		outer = fdar_seq_caller(story, outer);
	return outer;
}

static void place_in_lane(struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_story *story = panel->story;
	const struct fdar_story_step *step = &story->steps[index];
	struct fdar_seq_place *place = &panel->places[index];
	uint32_t caller = fdar_seq_caller(story, index);
	uint32_t outer;

	if (!fdar_seq_has_bar(step))
		return;
	outer = outer_bar(story, index);
	place->nest = outer == FDAR_STORY_NONE ? 0 : panel->places[outer].nest + 1;
	place->hooked = caller != FDAR_STORY_NONE && caller == outer;
	place->leftward = caller != FDAR_STORY_NONE && story->steps[caller].lane > step->lane;
	place->bar_x = FDAR_SEQ_LIFE_X - FDAR_SEQ_BAR_WIDTH / 2 + place->nest * FDAR_SEQ_NEST;
	place->label_x = place->bar_x + FDAR_SEQ_BAR_WIDTH + (place->hooked ? HOOK : 0) + NAME_GAP;
}

/* The width of what stands behind the name; the ratio only where it does not stand on an arrow. */
static double behind_name(const struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_seq_place *place = &panel->places[index];
	gboolean on_arrow = fdar_seq_has_bar(&panel->story->steps[index]) && !place->hooked &&
			    fdar_seq_caller(panel->story, index) != FDAR_STORY_NONE;
	double width = NAME_GAP + place->mark.width;

	return place->mark.ratio && !on_arrow ? width + NAME_GAP + place->mark.ratio_width : width;
}

/* Where the lanes of a thread are one, a call into another component says which; NULL: it need not. */
static const char *other_component(const struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_story *whole = panel->whole;
	const struct fdar_story_step *step = &whole->steps[index];
	uint32_t caller = fdar_seq_caller(whole, index);
	const char *component = whole->lanes[step->lane].component;

	if (!panel->merged || step->kind != FDAR_STORY_CALL)
		return NULL;
	if (caller == FDAR_STORY_NONE) {
		uint32_t lane = panel->story->steps[index].lane;

		return strcmp(panel->story->lanes[lane].component, component) != 0 ? component
										   : NULL;
	}
	return whole->steps[caller].lane != step->lane ? component : NULL;
}

static void cut_name(struct fdar_seq_panel *panel, uint32_t index, double room)
{
	struct fdar_seq_place *place = &panel->places[index];
	const struct fdar_story_step *step = &panel->story->steps[index];
	const char *component = other_component(panel, index);
	g_autofree char *whole = g_strconcat(step->elided ? "… " : "", component ? component : "",
					     component ? ":" : "", step->name, NULL);
	g_autofree char *clean = fdar_label_clean(whole);

	g_free(place->name);
	place->name =
		fdar_label_fit(clean, FDAR_FONT_MONO, FDAR_SEQ_NAME_SIZE, MAX(room, NAME_MIN));
	place->name_width = fdar_label_width(place->name, FDAR_FONT_MONO, FDAR_SEQ_NAME_SIZE);
	place->label_end = place->label_x + place->name_width + behind_name(panel, index);
}

/* Whether bars of callers stand to the right of it, so that its text must not reach over. */
static gboolean is_hemmed_in(const struct fdar_story *story, uint32_t index)
{
	for (uint32_t c = fdar_seq_caller(story, index); c != FDAR_STORY_NONE;
	     c = fdar_seq_caller(story, c))
		if (story->steps[c].lane > story->steps[index].lane)
			return TRUE;
	return FALSE;
}

/* Lanes are as wide as what is written in them, up to a limit; the last one has what it needs. */
static void size_lanes(const struct fdar_seq *seq, struct fdar_seq_panel *panel)
{
	const struct fdar_story *story = panel->story;
	double soft = seq->sizes.lane_soft;

	for (uint32_t l = 0; l < story->lane_count; l++) {
		double head = fdar_label_width(story->lanes[l].component, FDAR_FONT_SANS_BOLD,
					       FDAR_SEQ_NAME_SIZE);

		panel->lanes[l].w = CLAMP(head + 40, seq->sizes.lane_min, soft);
	}
	for (uint32_t i = 0; i < story->step_count; i++) {
		struct fdar_seq_place *place = &panel->places[i];
		struct fdar_seq_lane *lane;
		double need;

		if (!fdar_seq_has_bar(&story->steps[i]))
			continue;
		lane = &panel->lanes[story->steps[i].lane];
		cut_name(panel, i, seq->sizes.name_max);
		need = place->label_end + LANE_PAD;
		if (seq->options.narrow || story->steps[i].lane + 1 < story->lane_count)
			need = MIN(need, is_hemmed_in(story, i) ? LANE_HARD : soft);
		lane->w = MAX(lane->w, need);
	}
}

/* A thread's name stands over its lanes; in a narrow picture it is rather cut. */
static void size_for_threads(const struct fdar_seq *seq, struct fdar_seq_panel *panel)
{
	const struct fdar_story *story = panel->story;
	double width = 0, most = seq->options.narrow ? seq->sizes.lane_min : THREAD_NAME_MAX;

	for (uint32_t l = 0; l < story->lane_count; l++) {
		gboolean last = l + 1 == story->lane_count ||
				story->lanes[l + 1].thread_index != story->lanes[l].thread_index;
		g_autofree char *name = fdar_label_clean(story->lanes[l].thread);
		double need = fdar_label_width(name, FDAR_FONT_SANS_BOLD, FDAR_SEQ_SMALL_SIZE) +
			      THREAD_NAME_PAD;

		width += panel->lanes[l].w;
		if (!last)
			continue;
		panel->lanes[l].w += MAX(MIN(need, most) - width, 0);
		width = 0;
	}
}

/* A name must not run into the bars of callers further right. */
static void keep_off_callers(struct fdar_seq_panel *panel, uint32_t index)
{
	struct fdar_seq_place *place = &panel->places[index];
	double limit = G_MAXDOUBLE;

	for (uint32_t c = fdar_seq_caller(panel->story, index); c != FDAR_STORY_NONE;
	     c = fdar_seq_caller(panel->story, c))
		if (panel->story->steps[c].lane > panel->story->steps[index].lane)
			limit = MIN(limit, panel->places[c].bar_x - NAME_GAP);
	if (place->label_end > limit)
		cut_name(panel, index, limit - place->label_x - behind_name(panel, index));
}

/* In a narrow picture names are cut rather than that the panel grows; the subject has more to say. */
static void keep_in_panel(const struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	struct fdar_seq_place *place = &panel->places[index];
	gboolean last = panel == &seq->panels[seq->panel_count - 1];
	double right =
		last ? FDAR_SEQUENCE_REVIEW - seq->sizes.margin : panel->x + seq->sizes.panel_min;
	double limit = right - LANE_PAD / 2;

	if (place->label_end > limit)
		cut_name(panel, index, limit - place->label_x - behind_name(panel, index));
}

static void shade_lanes(struct fdar_seq_panel *panel)
{
	const struct fdar_story *story = panel->story;
	gboolean shaded = TRUE;

	for (uint32_t l = 0; l < story->lane_count; l++) {
		if (l > 0 && story->lanes[l].thread_index != story->lanes[l - 1].thread_index)
			shaded = !shaded;
		panel->lanes[l].shaded = shaded;
	}
}

static enum fdar_color ground_of(const struct fdar_seq_panel *panel,
				 const struct fdar_story_step *step)
{
	if (step->is_focus)
		return FDAR_COLOR_ALARM_TINT;
	return panel->lanes[step->lane].shaded ? FDAR_COLOR_BAND : FDAR_COLOR_PAPER;
}

/* Steps without a bar say what they are in words. */
static void word_step(const struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_story_step *step = &panel->story->steps[index];
	struct fdar_seq_place *place = &panel->places[index];
	g_autofree char *note = NULL;
	enum fdar_font font = FDAR_FONT_SANS_BOLD;

	g_free(place->name);
	switch (step->kind) {
	case FDAR_STORY_HANDOFF:
		place->name = fdar_seq_handoff_words(step, seq->options.narrow);
		break;
	case FDAR_STORY_NOTE:
		note = fdar_seq_note_words(step);
		font = FDAR_FONT_SANS;
		place->name = fdar_label_fit(note, font, FDAR_SEQ_SMALL_SIZE, seq->sizes.note_max);
		break;
	case FDAR_STORY_IDLE:
		font = FDAR_FONT_SANS;
		place->name = g_strdup(IDLE_WORDS);
		break;
	default:
		place->name = g_strdup("loop");
	}
	place->name_width = fdar_label_width(place->name, font, FDAR_SEQ_SMALL_SIZE);
}

/* The left edge of the leftmost lane that a loop which nobody calls touches: where its frame begins. */
static double loop_left(const struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_story *story = panel->story;
	double left = G_MAXDOUBLE;

	for (uint32_t i = index + 1; i < story->steps[index].end; i++) {
		if (fdar_seq_has_bar(&story->steps[i]))
			left = MIN(left, panel->lanes[story->steps[i].lane].x);
		else if (story->steps[i].kind == FDAR_STORY_IDLE ||
			 story->steps[i].kind == FDAR_STORY_NOTE)
			return panel->first_lane_x;
	}
	return left < G_MAXDOUBLE ? left : panel->first_lane_x;
}

/* Where the words stand: at the arrow's left end, in the lane that runs the loop, or at the first
 * lane; gives where they and what is behind them end. */
static double place_words(struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_story_step *step = &panel->story->steps[index];
	struct fdar_seq_place *place = &panel->places[index];
	uint32_t caller = fdar_seq_caller(panel->story, index);
	uint32_t lane = MIN(step->lane, step->lane_to);

	place->ground = FDAR_COLOR_PAPER;
	if (step->kind == FDAR_STORY_HANDOFF) {
		place->label_x = lane < panel->story->lane_count ? panel->lanes[lane].life_x + 14
								 : panel->first_lane_x;
		return place->label_x + place->name_width + NAME_GAP + place->mark.ratio_width;
	}
	if (caller != FDAR_STORY_NONE)
		place->label_x = panel->places[caller].bar_x + FDAR_SEQ_BAR_WIDTH + 12;
	else if (step->kind == FDAR_STORY_LOOP)
		place->label_x = loop_left(panel, index) + 14;
	else
		place->label_x = panel->first_lane_x + 34;
	return place->label_x + place->name_width + behind_name(panel, index) + NAME_GAP;
}

/* Puts the lanes side by side and what stands in them with them; gives the right edge. */
static double place_lanes(const struct fdar_seq *seq, struct fdar_seq_panel *panel, double x)
{
	const struct fdar_story *story = panel->story;
	double right;

	panel->x = x;
	panel->client_x = x + seq->sizes.time_width + seq->sizes.client_width / 2;
	x += seq->sizes.time_width + seq->sizes.client_width;
	panel->first_lane_x = x;
	for (uint32_t l = 0; l < story->lane_count; l++) {
		panel->lanes[l].x = x;
		panel->lanes[l].life_x = x + FDAR_SEQ_LIFE_X;
		x += panel->lanes[l].w;
	}
	/* The subject has more to say: in a narrow picture the baseline leaves it what it does not need. */
	right = MAX(x,
		    panel->x + (panel == seq->panels && seq->options.narrow && seq->panel_count > 1
					? NARROW_LEAST
					: seq->sizes.panel_min));
	for (uint32_t i = 0; i < story->step_count; i++) {
		struct fdar_seq_place *place = &panel->places[i];

		if (fdar_seq_has_bar(&story->steps[i])) {
			double lane_x = panel->lanes[story->steps[i].lane].x;

			place->bar_x += lane_x;
			place->label_x += lane_x;
			place->label_end += lane_x;
			place->ground = ground_of(panel, &story->steps[i]);
			keep_off_callers(panel, i);
			if (seq->options.narrow)
				keep_in_panel(seq, panel, i);
		} else {
			word_step(seq, panel, i);
			place->label_end = place_words(panel, i);
		}
		right = MAX(right,
			    place->label_end + (seq->options.narrow ? LANE_PAD / 2 : LANE_PAD));
	}
	panel->w = right - panel->x;
	if (story->lane_count > 0)
		panel->lanes[story->lane_count - 1].w += right - x;
	return right;
}

static void lay_out(struct fdar_seq *seq)
{
	double x = seq->sizes.margin;

	for (unsigned p = 0; p < seq->panel_count; p++) {
		struct fdar_seq_panel *panel = &seq->panels[p];

		for (uint32_t i = 0; i < panel->story->step_count; i++)
			place_in_lane(panel, i);
		size_lanes(seq, panel);
		size_for_threads(seq, panel);
		shade_lanes(panel);
		x = place_lanes(seq, panel, x) + seq->sizes.gutter;
	}
	seq->width = x - seq->sizes.gutter + seq->sizes.margin;
}

void fdar_seq_lay_out_columns(struct fdar_seq *seq)
{
	static const struct fdar_seq_sizes single = { 28, 36, 62, 74, 96, 190, 400, 330, 430 };
	static const struct fdar_seq_sizes pair = { 28, 36, 62, 74, 96, 140, 270, 330, 430 };
	static const struct fdar_seq_sizes narrow = { 12, 16, 8, 54, 80, 104, 190, 170, 418 };

	seq->sizes = seq->panel_count < 2 ? single : seq->options.narrow ? narrow : pair;
	for (unsigned p = 0; p < seq->panel_count; p++)
		for (uint32_t i = 0; i < seq->panels[p].story->step_count; i++)
			fdar_seq_mark_init(seq, &seq->panels[p], i, &seq->panels[p].places[i].mark);
	fdar_seq_choose_badges(seq);
	lay_out(seq);
}
