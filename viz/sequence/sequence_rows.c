#include "viz/sequence/sequence_draw.h"

#define HANDOFF_UP   22.0
#define HANDOFF_DOWN 26.0
#define LEFTWARD_UP  24.0
#define IDLE_HALF    15.0
#define LEAF_BAR     8.0 /* how far a bar without calls below goes on */
#define END_GAP      2.0 /* from the end of a bar to that of its caller */
#define RETURN_GAP   5.0 /* the same where a return arrow has to be told apart */
#define BEGIN_ROOM   30.0

static double room_above(const struct fdar_seq_panel *panel, uint32_t index)
{
	switch (panel->story->steps[index].kind) {
	case FDAR_STORY_HANDOFF:
		return HANDOFF_UP;
	case FDAR_STORY_IDLE:
		return IDLE_HALF;
	default:
		return panel->places[index].leftward ? LEFTWARD_UP : FDAR_SEQ_ROW_UP;
	}
}

static double room_below(const struct fdar_seq_panel *panel, uint32_t index)
{
	switch (panel->story->steps[index].kind) {
	case FDAR_STORY_HANDOFF:
		return HANDOFF_DOWN;
	case FDAR_STORY_IDLE:
		return IDLE_HALF;
	default:
		return FDAR_SEQ_ROW_DOWN;
	}
}

/* Ends the bars of all steps that do not reach step (or, for FDAR_STORY_NONE, of all); gives the
 * lowest end. */
static double close_before(struct fdar_seq_panel *panel, GArray *open, uint32_t next, double y)
{
	while (open->len > 0) {
		uint32_t index = g_array_index(open, uint32_t, open->len - 1);
		struct fdar_seq_place *place = &panel->places[index];

		if (next != FDAR_STORY_NONE && next < panel->story->steps[index].end)
			break;
		g_array_set_size(open, open->len - 1);
		place->end_y = MAX(place->end_y, place->y + LEAF_BAR);
		y = MAX(y, place->end_y);
		if (open->len > 0) {
			uint32_t outer = g_array_index(open, uint32_t, open->len - 1);
			double gap = place->hooked ? END_GAP : RETURN_GAP;

			panel->places[outer].end_y =
				MAX(panel->places[outer].end_y, place->end_y + gap);
		}
	}
	return y;
}

static void place_row(struct fdar_seq *seq, const struct fdar_story_row *row, GArray *open[2],
		      double *cursor)
{
	double up = 0;
	double down = 0;

	for (unsigned p = 0; p < seq->panel_count; p++) {
		if (row->step[p] != FDAR_STORY_NONE) {
			double closed = close_before(&seq->panels[p], open[p], row->step[p], 0);

			*cursor = MAX(*cursor, closed + 3);
			up = MAX(up, room_above(&seq->panels[p], row->step[p]));
			down = MAX(down, room_below(&seq->panels[p], row->step[p]));
		}
	}
	for (unsigned p = 0; p < seq->panel_count; p++) {
		if (row->step[p] != FDAR_STORY_NONE) {
			struct fdar_seq_place *place = &seq->panels[p].places[row->step[p]];

			place->y = *cursor + up;
			place->end_y = place->y;
			place->placed = TRUE;
			g_array_append_val(open[p], row->step[p]);
		}
	}
	*cursor += up + down;
}

/* What never returned reaches to the end of the picture. */
static void stretch_unfinished(struct fdar_seq_panel *panel, double bottom)
{
	for (uint32_t i = 0; i < panel->story->step_count; i++)
		if (panel->story->steps[i].unfinished && fdar_seq_has_bar(&panel->story->steps[i]))
			panel->places[i].end_y = bottom;
}

void fdar_seq_lay_out_rows(struct fdar_seq *seq)
{
	double cursor = seq->lines_y + BEGIN_ROOM;
	GArray *open[2];

	for (unsigned p = 0; p < 2; p++) {
		open[p] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
		seq->panels[p].begin_y = seq->lines_y + BEGIN_ROOM - 11;
	}
	for (uint32_t r = 0; r < seq->row_count; r++)
		place_row(seq, &seq->rows[r], open, &cursor);
	for (unsigned p = 0; p < seq->panel_count; p++)
		cursor = close_before(&seq->panels[p], open[p], FDAR_STORY_NONE, cursor);
	for (unsigned p = 0; p < seq->panel_count; p++) {
		seq->panels[p].end_y = cursor + 16;
		stretch_unfinished(&seq->panels[p], seq->panels[p].end_y);
	}
	for (unsigned p = 0; p < 2; p++)
		g_array_unref(open[p]);
	seq->bottom = cursor + 30;
}
