#include "viz/sequence/sequence_draw.h"

#define NAME_GAP    6.0
#define FRAME_INSET 7.0
#define NOTE_HEIGHT 15.0
#define NOTE_PAD    5.0
#define REACH       70.0 /* of a hand-off whose other end is not known */
#define SLOPE       16.0 /* how far below it a hand-off arrives */
#define WORDS_ABOVE 9.0  /* the words of a hand-off, over its arrow */

/* An object on its way to another thread: it leaves above and arrives below, later. */
void fdar_seq_draw_handoff(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_story_step *step = &panel->story->steps[index];
	const struct fdar_seq_place *place = &panel->places[index];
	const struct fdar_story *story = panel->story;
	gboolean given = step->lane < story->lane_count;
	gboolean taken = step->lane_to < story->lane_count;
	gboolean unfinished = !taken || step->unfinished;
	gboolean alarming = unfinished || place->mark.tone == FDAR_TONE_GUILTY;
	g_autofree char *tooltip = fdar_seq_handoff_words(step, FALSE);
	char id[FDAR_SEQ_ID_BYTES];
	double from, to;
	double words_y = place->y - WORDS_ABOVE;
	struct fdar_item arrow = {
		.kind = FDAR_ITEM_ARROW,
		.id = fdar_seq_id(panel, "handoff", index, id),
		.tooltip = tooltip,
		.stroke = alarming ? FDAR_COLOR_ALARM : FDAR_COLOR_HANDOFF,
		.pen = 2,
		.dash = unfinished ? FDAR_DASH_DASHED : FDAR_DASH_SOLID,
		.head = FDAR_HEAD_GIVEN,
		.from = given ? panel->lanes[step->lane].head : panel->client,
		.to = taken ? panel->lanes[step->lane_to].head : panel->client,
		.label = { .text = place->name,
			   .font = FDAR_FONT_SANS_BOLD,
			   .size = FDAR_SEQ_SMALL_SIZE,
			   .color = alarming ? FDAR_COLOR_ALARM : FDAR_COLOR_HANDOFF,
			   .halo = FDAR_COLOR_PAPER,
			   .at = { place->label_x, words_y - FDAR_SEQ_LABEL_HEIGHT / 2,
				   place->name_width, FDAR_SEQ_LABEL_HEIGHT } },
	};

	if (!given && !taken)
		return;
	to = taken ? panel->lanes[step->lane_to].life_x : panel->lanes[step->lane].life_x + REACH;
	from = given ? panel->lanes[step->lane].life_x : to - REACH;
	fdar_item_straight(&arrow, (struct fdar_point){ from, place->y },
			   (struct fdar_point){ to, place->y + SLOPE });
	fdar_scene_add(seq->scene, &arrow);
	if (place->mark.ratio) {
		fdar_seq_draw_pill(seq, fdar_seq_id(panel, "step", index, id),
				   place->label_x + place->name_width + NAME_GAP, words_y,
				   FDAR_COLOR_PAPER, &place->mark);
	}
}

/* From the left edge of the leftmost lane that a step and what is below it touch, to the end of
 * the longest text. */
static void reach_of(const struct fdar_seq_panel *panel, uint32_t index, double *left,
		     double *right)
{
	const struct fdar_story *story = panel->story;
	uint32_t caller = fdar_seq_caller(story, index);

	*left = caller == FDAR_STORY_NONE ? panel->x + panel->w
					  : panel->lanes[story->steps[caller].lane].x;
	*right = panel->x;
	for (uint32_t i = index + 1; i < story->steps[index].end; i++) {
		if (fdar_seq_has_bar(&story->steps[i])) {
			*left = MIN(*left, panel->lanes[story->steps[i].lane].x);
		} else if (story->steps[i].kind == FDAR_STORY_IDLE) {
			*left = panel->first_lane_x;
			*right = panel->x + panel->w - 2 * FRAME_INSET;
		} else if (story->steps[i].kind == FDAR_STORY_NOTE && caller == FDAR_STORY_NONE) {
			*left = panel->first_lane_x;
		}
		*right = MAX(*right, panel->places[i].label_end);
	}
	*left += FRAME_INSET;
	*right += FRAME_INSET;
}

/* The words of a step without a bar, its marks, and its ratio. */
static void draw_worded(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index,
			enum fdar_font font, enum fdar_color color)
{
	const struct fdar_seq_place *place = &panel->places[index];
	char id[FDAR_SEQ_ID_BYTES];
	double x = place->label_x + place->name_width + NAME_GAP;
	struct fdar_label label = { .text = place->name,
				    .font = font,
				    .size = FDAR_SEQ_SMALL_SIZE,
				    .color = color,
				    .halo = place->ground };

	fdar_scene_add_text(seq->scene, fdar_seq_id(panel, "word", index, id),
			    (struct fdar_rect){ place->label_x,
						place->y - FDAR_SEQ_LABEL_HEIGHT / 2,
						place->name_width, FDAR_SEQ_LABEL_HEIGHT },
			    &label, NULL);
	fdar_seq_id(panel, "step", index, id);
	x = fdar_seq_draw_mark(seq, id, x, place->y, place->ground, &place->mark);
	if (place->mark.ratio)
		fdar_seq_draw_pill(seq, id, x + NAME_GAP, place->y, place->ground, &place->mark);
}

void fdar_seq_draw_loop(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_seq_place *place = &panel->places[index];
	g_autofree char *tooltip = fdar_seq_tooltip(panel->whole, index);
	char id[FDAR_SEQ_ID_BYTES];
	double left, right;
	struct fdar_item frame = {
		.kind = FDAR_ITEM_FRAME,
		.id = fdar_seq_id(panel, "loop", index, id),
		.tooltip = tooltip,
		.stroke = FDAR_COLOR_HEAD_EDGE,
		.pen = 1,
		.dash = FDAR_DASH_DOTTED,
	};

	reach_of(panel, index, &left, &right);
	frame.at = (struct fdar_rect){ left, place->y - 9, right - left,
				       place->end_y - place->y + 15 };
	fdar_scene_add(seq->scene, &frame);
	draw_worded(seq, panel, index, FDAR_FONT_SANS_BOLD, FDAR_COLOR_INK);
}

/* How many loops a step is in. */
static unsigned loops_around(const struct fdar_story *story, uint32_t index)
{
	unsigned loops = 0;

	for (uint32_t p = story->steps[index].parent; p != FDAR_STORY_NONE;
	     p = story->steps[p].parent)
		loops += story->steps[p].kind == FDAR_STORY_LOOP;
	return loops;
}

void fdar_seq_draw_idle(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_seq_place *place = &panel->places[index];
	double inset = (loops_around(panel->story, index) + 1) * FRAME_INSET;
	char id[FDAR_SEQ_ID_BYTES];
	struct fdar_item strip = {
		.kind = FDAR_ITEM_FRAME,
		.id = fdar_seq_id(panel, "idle", index, id),
		.at = { panel->first_lane_x + inset, place->y - 10,
			panel->x + panel->w - panel->first_lane_x - 2 * inset, 20 },
		.stroke = FDAR_COLOR_HEAD_EDGE,
		.pen = 1,
		.dash = FDAR_DASH_DOTTED,
		.fill = FDAR_COLOR_PAPER,
	};

	fdar_scene_add(seq->scene, &strip);
	draw_worded(seq, panel, index, FDAR_FONT_SANS, FDAR_COLOR_MUTED);
}

void fdar_seq_draw_note(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_seq_place *place = &panel->places[index];
	g_autofree char *tooltip = fdar_seq_note_words(&panel->story->steps[index]);
	char id[FDAR_SEQ_ID_BYTES];
	struct fdar_item note = {
		.kind = FDAR_ITEM_BOX,
		.id = fdar_seq_id(panel, "note", index, id),
		.tooltip = tooltip,
		.at = { place->label_x - NOTE_PAD, place->y - NOTE_HEIGHT / 2,
			place->name_width + 2 * NOTE_PAD, NOTE_HEIGHT },
		.fill = FDAR_COLOR_WARN_TINT,
		.stroke = FDAR_COLOR_WARN_EDGE,
		.pen = 0.8,
		.label = { .text = place->name,
			   .font = FDAR_FONT_SANS,
			   .size = FDAR_SEQ_SMALL_SIZE,
			   .color = FDAR_COLOR_WARN_INK,
			   .align = FDAR_ALIGN_MIDDLE },
	};

	fdar_scene_add(seq->scene, &note);
}
