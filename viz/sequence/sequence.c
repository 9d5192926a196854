#include "viz/sequence/sequence.h"

#include <string.h>

#include "viz/sequence/sequence_draw.h"

#define TITLE_HEIGHT   38.0 /* a panel's two lines */
#define BRACKET_HEIGHT 24.0
#define HEAD_HEIGHT    20.0
#define FOOT_HEIGHT    40.0
#define WIDTH_MIN      720.0
#define FOOT_MARGIN    14.0
#define NARROW_LANES   3u /* more have no room beside each other in a narrow picture */

static void open_panel(struct fdar_seq *seq, unsigned p)
{
	static const char *const prefixes[] = { "a", "b" };
	struct fdar_seq_panel *panel = &seq->panels[p];

	panel->side = &seq->sequence->sides[p];
	panel->whole = panel->side->story;
	if (seq->options.narrow && panel->whole->lane_count > NARROW_LANES)
		panel->merged = fdar_seq_merge_lanes(panel->whole);
	panel->story = panel->merged ? panel->merged : panel->whole;
	panel->prefix = prefixes[p];
	panel->lanes = g_new0(struct fdar_seq_lane, panel->story->lane_count + 1);
	panel->places = g_new0(struct fdar_seq_place, panel->story->step_count + 1);
	panel->partners = g_new(uint32_t, panel->story->step_count + 1);
	memset(panel->partners, 0xff, sizeof(uint32_t) * (panel->story->step_count + 1));
}

static void close_panel(struct fdar_seq_panel *panel)
{
	for (uint32_t i = 0; i < panel->story->step_count; i++) {
		fdar_seq_mark_clear(&panel->places[i].mark);
		g_free(panel->places[i].name);
	}
	fdar_seq_merged_free(panel->merged);
	g_free(panel->lanes);
	g_free(panel->places);
	g_free(panel->partners);
}

/* The rows given, or one for each step; and who stands beside whom. */
static void take_rows(struct fdar_seq *seq)
{
	const struct fdar_sequence *s = seq->sequence;
	gboolean given = seq->panel_count > 1;

	seq->row_count = given ? s->row_count : seq->panels[0].story->step_count;
	seq->rows = g_new(struct fdar_story_row, seq->row_count + 1);
	for (uint32_t r = 0; r < seq->row_count; r++) {
		struct fdar_story_row row = { { r, FDAR_STORY_NONE } };

		seq->rows[r] = given ? s->rows[r] : row;
		row = seq->rows[r];
		if (row.step[0] != FDAR_STORY_NONE && row.step[1] != FDAR_STORY_NONE) {
			seq->panels[0].partners[row.step[0]] = row.step[1];
			seq->panels[1].partners[row.step[1]] = row.step[0];
		}
	}
	for (unsigned p = 0; p < seq->panel_count; p++)
		for (uint32_t i = 0; i < seq->panels[p].story->step_count; i++)
			if (seq->panels[p].story->steps[i].beside == FDAR_STORY_MOVED)
				seq->panels[p].partners[i] = seq->panels[p].story->steps[i].moved;
}

static void draw(struct fdar_seq *seq)
{
	fdar_seq_lay_out_columns(seq);
	seq->width = MAX(seq->width, WIDTH_MIN);
	seq->top = fdar_seq_draw_header(seq);
	seq->heads_y = seq->top + TITLE_HEIGHT + BRACKET_HEIGHT;
	seq->lines_y = seq->heads_y + HEAD_HEIGHT;
	fdar_seq_lay_out_rows(seq);
	fdar_seq_draw_bands(seq);
	fdar_seq_draw_heads(seq);
	for (unsigned p = 0; p < seq->panel_count; p++)
		fdar_seq_draw_steps(seq, &seq->panels[p]);
	fdar_seq_draw_ends(seq);
	seq->scene->width = seq->width;
	seq->scene->height =
		fdar_seq_draw_footer(seq, seq->bottom + FOOT_HEIGHT - FOOT_MARGIN) + FOOT_MARGIN;
}

static char *describe(const struct fdar_sequence *s)
{
	g_autofree char *heading = fdar_label_units(s->heading ? s->heading : "");
	GString *text = g_string_new(heading);

	g_string_append(text, text->len ? ". Sequence diagram" : "Sequence diagram");

	for (unsigned p = 0; p < s->side_count; p++) {
		const struct fdar_sequence_side *side = &s->sides[p];
		g_autofree char *duration = fdar_label_duration(side->story->duration_ns);

		g_string_append_printf(text, "%s %s%s%s, session %s, %s", p ? ";" : " of",
				       side->role ? side->role : "", side->role ? " " : "",
				       side->source ? side->source : "a recording",
				       side->story->peer, duration);
	}
	return g_string_free(text, FALSE);
}

struct fdar_scene *fdar_sequence_scene(const struct fdar_sequence *sequence,
				       const struct fdar_sequence_options *options)
{
	struct fdar_seq seq = { .sequence = sequence, .options = *options };
	g_autofree char *description = describe(sequence);
	g_autofree char *title = fdar_label_units(sequence->heading ? sequence->heading : "");

	if (seq.options.dot_unit_ns == 0)
		seq.options.dot_unit_ns = FDAR_SEQUENCE_DOT_NS;
	if (seq.options.dots == 0)
		seq.options.dots = FDAR_SEQUENCE_DOTS;
	seq.scene = fdar_scene_new(options->theme);
	seq.panel_count = sequence->side_count;
	for (unsigned p = 0; p < seq.panel_count; p++)
		open_panel(&seq, p);
	take_rows(&seq);
	seq.scene->title = fdar_scene_text(seq.scene, title);
	seq.scene->description = fdar_scene_text(seq.scene, description);
	draw(&seq);
	for (unsigned p = 0; p < seq.panel_count; p++)
		close_panel(&seq.panels[p]);
	g_free(seq.rows);
	return seq.scene;
}
