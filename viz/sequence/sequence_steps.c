#include "viz/sequence/sequence_draw.h"

#define NAME_GAP    6.0
#define SELF_REACH  13.0 /* how far the hook of a call within a lane goes out */
#define ROOT_REACH  20.0 /* the arrow of a call whose caller is not shown */
#define LABEL_ABOVE 11.0 /* a name over its arrow */

static void draw_bar(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index,
		     const char *tooltip)
{
	const struct fdar_story_step *step = &panel->story->steps[index];
	struct fdar_seq_place *place = &panel->places[index];
	gboolean alarming = place->mark.tone == FDAR_TONE_GUILTY;
	gboolean wait = step->kind == FDAR_STORY_WAIT;
	double top = place->y - 5;
	char id[FDAR_SEQ_ID_BYTES];
	struct fdar_item bar = {
		.kind = FDAR_ITEM_BOX,
		.id = fdar_seq_id(panel, "bar", index, id),
		.tooltip = tooltip,
		.at = { place->bar_x, top, FDAR_SEQ_BAR_WIDTH, place->end_y - top },
		.fill = alarming ? FDAR_COLOR_ALARM_TINT
			: wait   ? FDAR_COLOR_WAIT
				 : FDAR_COLOR_BAR,
		.stroke = alarming ? FDAR_COLOR_ALARM
			  : wait   ? FDAR_COLOR_WAIT_EDGE
				   : FDAR_COLOR_BAR_EDGE,
		.pen = 1,
		.dash = step->unfinished ? FDAR_DASH_DASHED : FDAR_DASH_SOLID,
	};

	place->bar = fdar_scene_add(seq->scene, &bar);
}

/* From the caller's bar: a hook beside it for a call within the lane, else a straight arrow. */
static void route_call(const struct fdar_seq_panel *panel, uint32_t index, uint32_t caller,
		       struct fdar_item *arrow)
{
	const struct fdar_seq_place *place = &panel->places[index];
	double right = place->bar_x + FDAR_SEQ_BAR_WIDTH;
	double y = place->y;

	if (caller == FDAR_STORY_NONE) {
		fdar_item_straight(arrow, (struct fdar_point){ place->bar_x - ROOT_REACH, y },
				   (struct fdar_point){ place->bar_x, y });
	} else if (place->hooked) {
		double from = panel->places[caller].bar_x + FDAR_SEQ_BAR_WIDTH;

		arrow->curve[0] = (struct fdar_point){ from, y - 7 };
		arrow->curve[1] = (struct fdar_point){ right + SELF_REACH, y - 8 };
		arrow->curve[2] = (struct fdar_point){ right + SELF_REACH, y };
		arrow->curve[3] = (struct fdar_point){ right, y };
	} else if (place->leftward) {
		fdar_item_straight(arrow, (struct fdar_point){ panel->places[caller].bar_x, y },
				   (struct fdar_point){ right, y });
	} else {
		fdar_item_straight(arrow,
				   (struct fdar_point){
					   panel->places[caller].bar_x + FDAR_SEQ_BAR_WIDTH, y },
				   (struct fdar_point){ place->bar_x, y });
	}
}

static void draw_call(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index,
		      const char *tooltip)
{
	const struct fdar_story_step *step = &panel->story->steps[index];
	const struct fdar_seq_place *place = &panel->places[index];
	gboolean alarming = place->mark.tone == FDAR_TONE_GUILTY;
	uint32_t caller = fdar_seq_caller(panel->story, index);
	double label_y = place->leftward ? place->y - LABEL_ABOVE : place->y;
	char id[FDAR_SEQ_ID_BYTES];
	struct fdar_item arrow = {
		.kind = FDAR_ITEM_ARROW,
		.id = fdar_seq_id(panel, "call", index, id),
		.tooltip = tooltip,
		.stroke = alarming ? FDAR_COLOR_ALARM : FDAR_COLOR_ARROW,
		.pen = alarming ? 1.8 : 1,
		.dash = step->unfinished ? FDAR_DASH_DASHED : FDAR_DASH_SOLID,
		.head = FDAR_HEAD_FULL,
		.from = caller == FDAR_STORY_NONE ? panel->lanes[step->lane].head
						  : panel->places[caller].bar,
		.to = place->bar,
		.label = { .text = place->name,
			   .halo = place->ground,
			   .font = step->is_focus ? FDAR_FONT_MONO_BOLD : FDAR_FONT_MONO,
			   .size = FDAR_SEQ_NAME_SIZE,
			   .color = alarming ? FDAR_COLOR_ALARM : FDAR_COLOR_INK,
			   .at = { place->label_x, label_y - FDAR_SEQ_LABEL_HEIGHT / 2,
				   place->name_width, FDAR_SEQ_LABEL_HEIGHT } },
	};

	route_call(panel, index, caller, &arrow);
	fdar_scene_add(seq->scene, &arrow);
}

/* A call across lanes that came back: a thin dashed arrow from the end of its bar. */
static void draw_return(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_seq_place *place = &panel->places[index];
	uint32_t caller = fdar_seq_caller(panel->story, index);
	double from, to;
	char id[FDAR_SEQ_ID_BYTES];
	struct fdar_item arrow = {
		.kind = FDAR_ITEM_ARROW,
		.id = fdar_seq_id(panel, "return", index, id),
		.stroke = FDAR_COLOR_WAIT_EDGE,
		.pen = 0.8,
		.dash = FDAR_DASH_DASHED,
		.head = FDAR_HEAD_OPEN,
		.from = place->bar,
	};

	if (caller == FDAR_STORY_NONE || place->hooked || panel->story->steps[index].unfinished)
		return;
	from = place->leftward ? place->bar_x + FDAR_SEQ_BAR_WIDTH : place->bar_x;
	to = place->leftward ? panel->places[caller].bar_x
			     : panel->places[caller].bar_x + FDAR_SEQ_BAR_WIDTH;
	arrow.to = panel->places[caller].bar;
	fdar_item_straight(&arrow, (struct fdar_point){ from, place->end_y },
			   (struct fdar_point){ to, place->end_y });
	fdar_scene_add(seq->scene, &arrow);
}

static void draw_ratio(struct fdar_seq *seq, const struct fdar_seq_panel *panel, uint32_t index,
		       double behind)
{
	const struct fdar_seq_place *place = &panel->places[index];
	uint32_t caller = fdar_seq_caller(panel->story, index);
	char id[FDAR_SEQ_ID_BYTES];
	double x = behind + NAME_GAP;

	if (!place->mark.ratio)
		return;
	if (!place->hooked && caller != FDAR_STORY_NONE) {
		double other = panel->places[caller].bar_x;

		x = place->leftward ? (place->bar_x + other - place->mark.ratio_width) / 2
				    : place->bar_x - 16 - place->mark.ratio_width;
	}
	fdar_seq_draw_pill(seq, fdar_seq_id(panel, "step", index, id), x, place->y, place->ground,
			   &place->mark);
}

static void draw_frame_step(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	struct fdar_seq_place *place = &panel->places[index];
	g_autofree char *tooltip = fdar_seq_tooltip(panel->whole, index);
	char id[FDAR_SEQ_ID_BYTES];
	double x;

	draw_bar(seq, panel, index, tooltip);
	draw_call(seq, panel, index, tooltip);
	draw_return(seq, panel, index);
	x = fdar_seq_draw_mark(seq, fdar_seq_id(panel, "step", index, id),
			       place->label_x + place->name_width + NAME_GAP,
			       place->leftward ? place->y - LABEL_ABOVE : place->y, place->ground,
			       &place->mark);
	draw_ratio(seq, panel, index, x);
}

static void draw_time(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index,
		      char **previous)
{
	const struct fdar_story_step *step = &panel->story->steps[index];
	g_autofree char *time = fdar_label_duration(step->start_ns);
	g_autofree char *text = !step->start_ns ? g_strdup("0")
				: step->back    ? g_strconcat("(+", time, ")", NULL)
						: g_strconcat("+", time, NULL);
	char id[FDAR_SEQ_ID_BYTES];
	struct fdar_label label = { .text = text,
				    .font = FDAR_FONT_SANS,
				    .size = FDAR_SEQ_SMALL_SIZE,
				    .color = FDAR_COLOR_MUTED,
				    .align = FDAR_ALIGN_RIGHT };

	if (seq->options.narrow || g_strcmp0(text, *previous) == 0)
		return;
	fdar_scene_add_text(seq->scene, fdar_seq_id(panel, "at", index, id),
			    (struct fdar_rect){ panel->x,
						panel->places[index].y - FDAR_SEQ_LABEL_HEIGHT / 2,
						seq->sizes.time_width - 8, FDAR_SEQ_LABEL_HEIGHT },
			    &label, NULL);
	g_free(*previous);
	*previous = g_steal_pointer(&text);
}

void fdar_seq_draw_steps(struct fdar_seq *seq, struct fdar_seq_panel *panel)
{
	static void (*const draw[FDAR_STORY_KINDS])(struct fdar_seq *, struct fdar_seq_panel *,
						    uint32_t) = {
		[FDAR_STORY_CALL] = draw_frame_step,
		[FDAR_STORY_WAIT] = draw_frame_step,
		[FDAR_STORY_LOOP] = fdar_seq_draw_loop,
		[FDAR_STORY_HANDOFF] = fdar_seq_draw_handoff,
		[FDAR_STORY_IDLE] = fdar_seq_draw_idle,
		[FDAR_STORY_NOTE] = fdar_seq_draw_note,
	};
	g_autofree char *previous = NULL;

	for (uint32_t i = 0; i < panel->story->step_count; i++) {
		if (panel->places[i].placed) {
			draw_time(seq, panel, i, &previous);
			draw[panel->story->steps[i].kind](seq, panel, i);
		}
	}
}
