#include "viz/sequence/sequence_draw.h"

#define NAME_GAP    6.0
#define FRAME_INSET 7.0
#define NOTE_HEIGHT 15.0
#define NOTE_PAD    5.0
#define REACH       70.0 /* of a hand-off whose other end is not known */
#define SLOPE       16.0 /* how far below it a hand-off arrives */
#define WORDS_ABOVE 9.0  /* the words of a hand-off, over its arrow */

/* An object on its way to another thread: it leaves above and arrives below, later. */
void fd_seq_draw_handoff(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t index)
{
	const struct fd_story_step *step = &panel->story->steps[index];
	const struct fd_seq_place *place = &panel->places[index];
	const struct fd_story *story = panel->story;
	gboolean given = step->lane < story->lane_count;
	gboolean taken = step->lane_to < story->lane_count;
	gboolean unfinished = !taken || step->unfinished;
	gboolean alarming = unfinished || place->mark.tone == FD_TONE_GUILTY;
	char id[FD_SEQ_ID_BYTES];
	double from, to;
	double words_y = place->y - WORDS_ABOVE;
	struct fd_item arrow = {
		.kind = FD_ITEM_ARROW,
		.id = fd_seq_id(panel, "handoff", index, id),
		.tooltip = place->name,
		.stroke = alarming ? FD_COLOR_ALARM : FD_COLOR_HANDOFF,
		.pen = 2,
		.dash = unfinished ? FD_DASH_DASHED : FD_DASH_SOLID,
		.head = FD_HEAD_GIVEN,
		.from = given ? panel->lanes[step->lane].head : panel->client,
		.to = taken ? panel->lanes[step->lane_to].head : panel->client,
		.label = { .text = place->name,
			   .font = FD_FONT_SANS_BOLD,
			   .size = FD_SEQ_SMALL_SIZE,
			   .color = alarming ? FD_COLOR_ALARM : FD_COLOR_HANDOFF,
			   .halo = FD_COLOR_PAPER,
			   .at = { place->label_x, words_y - FD_SEQ_LABEL_HEIGHT / 2,
				   place->name_width, FD_SEQ_LABEL_HEIGHT } },
	};

	if (!given && !taken)
		return;
	to = taken ? panel->lanes[step->lane_to].life_x : panel->lanes[step->lane].life_x + REACH;
	from = given ? panel->lanes[step->lane].life_x : to - REACH;
	fd_item_straight(&arrow, (struct fd_point){ from, place->y },
			 (struct fd_point){ to, place->y + SLOPE });
	fd_scene_add(seq->scene, &arrow);
	if (place->mark.ratio) {
		fd_seq_draw_pill(seq, fd_seq_id(panel, "step", index, id),
				 place->label_x + place->name_width + NAME_GAP, words_y,
				 &place->mark);
	}
}

/* From the left edge of the leftmost lane that a step and what is below it touch, to the end of
 * the longest text. */
static void reach_of(const struct fd_seq_panel *panel, uint32_t index, double *left, double *right)
{
	const struct fd_story *story = panel->story;
	uint32_t caller = fd_seq_caller(story, index);

	*left = caller == FD_STORY_NONE ? panel->x + panel->w
					: panel->lanes[story->steps[caller].lane].x;
	*right = panel->x;
	for (uint32_t i = index + 1; i < story->steps[index].end; i++) {
		if (fd_seq_has_bar(&story->steps[i])) {
			*left = MIN(*left, panel->lanes[story->steps[i].lane].x);
		} else if (story->steps[i].kind == FD_STORY_IDLE) {
			*left = panel->first_lane_x;
			*right = panel->x + panel->w - 2 * FRAME_INSET;
		}
		*right = MAX(*right, panel->places[i].label_end);
	}
	*left += FRAME_INSET;
	*right += FRAME_INSET;
}

/* The words of a step without a bar, its marks, and its ratio. */
static void draw_worded(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t index,
			enum fd_font font, enum fd_color color)
{
	const struct fd_seq_place *place = &panel->places[index];
	char id[FD_SEQ_ID_BYTES];
	double x = place->label_x + place->name_width + NAME_GAP;
	struct fd_label label = { .text = place->name,
				  .font = font,
				  .size = FD_SEQ_SMALL_SIZE,
				  .color = color,
				  .halo = place->ground };

	fd_scene_add_text(seq->scene, fd_seq_id(panel, "word", index, id),
			  (struct fd_rect){ place->label_x, place->y - FD_SEQ_LABEL_HEIGHT / 2,
					    place->name_width, FD_SEQ_LABEL_HEIGHT },
			  &label, NULL);
	fd_seq_id(panel, "step", index, id);
	x = fd_seq_draw_mark(seq, id, x, place->y, place->ground, &place->mark);
	if (place->mark.ratio)
		fd_seq_draw_pill(seq, id, x + NAME_GAP, place->y, &place->mark);
}

void fd_seq_draw_loop(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t index)
{
	const struct fd_seq_place *place = &panel->places[index];
	g_autofree char *tooltip = fd_seq_tooltip(panel->story, index);
	char id[FD_SEQ_ID_BYTES];
	double left, right;
	struct fd_item frame = {
		.kind = FD_ITEM_FRAME,
		.id = fd_seq_id(panel, "loop", index, id),
		.tooltip = tooltip,
		.stroke = FD_COLOR_HEAD_EDGE,
		.pen = 1,
		.dash = FD_DASH_DOTTED,
	};

	reach_of(panel, index, &left, &right);
	frame.at =
		(struct fd_rect){ left, place->y - 9, right - left, place->end_y - place->y + 15 };
	fd_scene_add(seq->scene, &frame);
	draw_worded(seq, panel, index, FD_FONT_SANS_BOLD, FD_COLOR_INK);
}

/* How many loops a step is in. */
static unsigned loops_around(const struct fd_story *story, uint32_t index)
{
	unsigned loops = 0;

	for (uint32_t p = story->steps[index].parent; p != FD_STORY_NONE;
	     p = story->steps[p].parent)
		loops += story->steps[p].kind == FD_STORY_LOOP;
	return loops;
}

void fd_seq_draw_idle(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t index)
{
	const struct fd_seq_place *place = &panel->places[index];
	double inset = (loops_around(panel->story, index) + 1) * FRAME_INSET;
	char id[FD_SEQ_ID_BYTES];
	struct fd_item strip = {
		.kind = FD_ITEM_FRAME,
		.id = fd_seq_id(panel, "idle", index, id),
		.at = { panel->first_lane_x + inset, place->y - 10,
			panel->x + panel->w - panel->first_lane_x - 2 * inset, 20 },
		.stroke = FD_COLOR_HEAD_EDGE,
		.pen = 1,
		.dash = FD_DASH_DOTTED,
		.fill = FD_COLOR_PAPER,
	};

	fd_scene_add(seq->scene, &strip);
	draw_worded(seq, panel, index, FD_FONT_SANS, FD_COLOR_MUTED);
}

void fd_seq_draw_note(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t index)
{
	const struct fd_seq_place *place = &panel->places[index];
	g_autofree char *tooltip = fd_seq_note_words(&panel->story->steps[index]);
	char id[FD_SEQ_ID_BYTES];
	struct fd_item note = {
		.kind = FD_ITEM_BOX,
		.id = fd_seq_id(panel, "note", index, id),
		.tooltip = tooltip,
		.at = { place->label_x - NOTE_PAD, place->y - NOTE_HEIGHT / 2,
			place->name_width + 2 * NOTE_PAD, NOTE_HEIGHT },
		.fill = FD_COLOR_WARN_TINT,
		.stroke = FD_COLOR_WARN_EDGE,
		.pen = 0.8,
		.label = { .text = place->name,
			   .font = FD_FONT_SANS,
			   .size = FD_SEQ_SMALL_SIZE,
			   .color = FD_COLOR_WARN_INK,
			   .align = FD_ALIGN_MIDDLE },
	};

	fd_scene_add(seq->scene, &note);
}
