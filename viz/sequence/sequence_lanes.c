#include "viz/sequence/sequence_draw.h"

#define BRACKET_HEIGHT 20.0
#define HEAD_HEIGHT    20.0
#define HEAD_PAD       9.0
#define BAND_RUN       8.0 /* how far bands go on below the lifelines */

static uint32_t last_lane_of_thread(const struct fdar_story *story, uint32_t first)
{
	uint32_t last = first;

	while (last + 1 < story->lane_count &&
	       story->lanes[last + 1].thread_index == story->lanes[first].thread_index)
		last++;
	return last;
}

/* A thread's ground: every other one is shaded. */
static void draw_band(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t first,
		      uint32_t last)
{
	char id[FDAR_SEQ_ID_BYTES];
	double x = panel->lanes[first].x;
	struct fdar_item band = {
		.kind = FDAR_ITEM_FRAME,
		.id = fdar_seq_id(panel, "thread", first, id),
		.at = { x, seq->heads_y - BRACKET_HEIGHT - 4,
			panel->lanes[last].x + panel->lanes[last].w - x,
			seq->bottom - seq->heads_y + BRACKET_HEIGHT + 4 + BAND_RUN },
		.fill = panel->lanes[first].shaded ? FDAR_COLOR_BAND : FDAR_COLOR_PAPER,
	};

	fdar_scene_add(seq->scene, &band);
}

static void draw_focus_rows(struct fdar_seq *seq, struct fdar_seq_panel *panel)
{
	for (uint32_t i = 0; i < panel->story->step_count; i++) {
		char id[FDAR_SEQ_ID_BYTES];
		struct fdar_item tint = {
			.kind = FDAR_ITEM_FRAME,
			.id = fdar_seq_id(panel, "focus", i, id),
			.at = { panel->x, panel->places[i].y - FDAR_SEQ_ROW_UP + 1, panel->w,
				FDAR_SEQ_ROW_UP + FDAR_SEQ_ROW_DOWN - 2 },
			.fill = FDAR_COLOR_ALARM_TINT,
		};

		if (panel->story->steps[i].is_focus)
			fdar_scene_add(seq->scene, &tint);
	}
}

void fdar_seq_draw_bands(struct fdar_seq *seq)
{
	for (unsigned p = 0; p < seq->panel_count; p++) {
		struct fdar_seq_panel *panel = &seq->panels[p];

		for (uint32_t l = 0; l < panel->story->lane_count;) {
			uint32_t last = last_lane_of_thread(panel->story, l);

			draw_band(seq, panel, l, last);
			l = last + 1;
		}
		draw_focus_rows(seq, panel);
	}
}

static guint draw_head(struct fdar_seq *seq, const char *id, double x, double w, const char *text,
		       const char *tooltip)
{
	struct fdar_item head = {
		.kind = FDAR_ITEM_BOX,
		.id = id,
		.tooltip = tooltip,
		.at = { x, seq->heads_y, w, HEAD_HEIGHT },
		.fill = FDAR_COLOR_HEAD,
		.stroke = FDAR_COLOR_HEAD_EDGE,
		.pen = 1,
		.rounded = TRUE,
		.label = { .text = text,
			   .font = FDAR_FONT_SANS_BOLD,
			   .size = FDAR_SEQ_NAME_SIZE,
			   .color = FDAR_COLOR_INK,
			   .align = FDAR_ALIGN_MIDDLE },
	};

	return fdar_scene_add(seq->scene, &head);
}

static void draw_lifeline(struct fdar_seq *seq, const char *id, double x, guint head)
{
	g_autofree char *foot_id = g_strconcat(id, "-foot", NULL);
	g_autofree char *line_id = g_strconcat(id, "-line", NULL);
	struct fdar_item foot = { .kind = FDAR_ITEM_BOX,
				  .id = foot_id,
				  .at = { x - 3, seq->bottom, 6, 1 },
				  .fill = FDAR_COLOR_LIFELINE };
	struct fdar_item line = { .kind = FDAR_ITEM_ARROW,
				  .id = line_id,
				  .stroke = FDAR_COLOR_LIFELINE,
				  .pen = 1,
				  .from = head,
				  .to = fdar_scene_add(seq->scene, &foot) };

	fdar_item_straight(&line, (struct fdar_point){ x, seq->lines_y },
			   (struct fdar_point){ x, seq->bottom });
	fdar_scene_add(seq->scene, &line);
}

static void draw_lane(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_story_lane *lane = &panel->story->lanes[index];
	struct fdar_seq_lane *place = &panel->lanes[index];
	char id[FDAR_SEQ_ID_BYTES];
	g_autofree char *clean = fdar_label_clean(lane->component);
	g_autofree char *text = fdar_label_fit(clean, FDAR_FONT_SANS_BOLD, FDAR_SEQ_NAME_SIZE,
					       place->w - 2 * HEAD_PAD - 12);
	g_autofree char *tooltip =
		g_strdup_printf("%s, functions of %s (thread id %u)",
				lane->thread_own ? lane->thread_own : lane->thread, lane->component,
				lane->tid);
	double w =
		MAX(fdar_label_width(text, FDAR_FONT_SANS_BOLD, FDAR_SEQ_NAME_SIZE) + 2 * HEAD_PAD,
		    2 * (FDAR_SEQ_LIFE_X - 6));

	fdar_seq_id(panel, "lane", index, id);
	place->head = draw_head(seq, id, place->x + 6.5, w, text, tooltip);
	draw_lifeline(seq, id, place->life_x, place->head);
}

/* Over the lanes of a thread: its name, and a line as long as they are wide. */
static void draw_bracket(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t first,
			 uint32_t last)
{
	double x = panel->lanes[first].x + 6;
	double w = panel->lanes[last].x + panel->lanes[last].w - x - 6;
	double y = seq->heads_y - BRACKET_HEIGHT;
	char id[FDAR_SEQ_ID_BYTES];
	g_autofree char *clean = fdar_label_clean(panel->story->lanes[first].thread);
	g_autofree char *name = fdar_label_fit(clean, FDAR_FONT_SANS_BOLD, FDAR_SEQ_SMALL_SIZE, w);
	struct fdar_item rule = { .kind = FDAR_ITEM_BOX,
				  .id = fdar_seq_id(panel, "bracket", first, id),
				  .tooltip = panel->story->lanes[first].thread_own,
				  .at = { x, y, w, 2 },
				  .fill = FDAR_COLOR_HEAD_EDGE };
	struct fdar_label label = { .text = name,
				    .font = FDAR_FONT_SANS_BOLD,
				    .size = FDAR_SEQ_SMALL_SIZE,
				    .color = FDAR_COLOR_MUTED };

	fdar_scene_add(seq->scene, &rule);
	fdar_scene_add_text(seq->scene, fdar_seq_id(panel, "thread-name", first, id),
			    (struct fdar_rect){ x, y + 3, w, FDAR_SEQ_LABEL_HEIGHT }, &label, NULL);
}

static const char *state_text(const struct fdar_story *story)
{
	switch (story->state) {
	case FDAR_STORY_UNFINISHED:
		return "unfinished";
	case FDAR_STORY_REPLACED:
		return "replaced by another with its key";
	default:
		return "finished";
	}
}

static void draw_panel_title(struct fdar_seq *seq, struct fdar_seq_panel *panel)
{
	const struct fdar_story *story = panel->story;
	g_autofree char *duration = fdar_label_duration(story->duration_ns);
	g_autofree char *calls = fdar_label_count(story->calls);
	g_autofree char *text =
		g_strdup_printf("session %s · %s, %s · %s call%s",
				story->peer[0] ? story->peer : "of an unknown client", duration,
				state_text(story), calls, story->calls == 1 ? "" : "s");
	g_autofree char *role = g_ascii_strup(panel->side->role ? panel->side->role : "", -1);
	double y = seq->top;
	double x = panel->x;
	char id[FDAR_SEQ_ID_BYTES];
	struct fdar_label label = { .text = role,
				    .font = FDAR_FONT_SANS_BOLD,
				    .size = 12,
				    .color = panel == &seq->panels[1] ? FDAR_COLOR_ALARM
								      : FDAR_COLOR_INK };

	if (role[0]) {
		double w = fdar_label_width(role, label.font, label.size);

		fdar_scene_add_text(seq->scene, fdar_seq_id(panel, "role", 0, id),
				    (struct fdar_rect){ x, y, w, 16 }, &label, NULL);
		x += w + 10;
	}
	g_autofree char *clean = fdar_label_clean(panel->side->source ? panel->side->source : "");
	g_autofree char *source =
		fdar_label_fit(clean, FDAR_FONT_SANS, 12, panel->x + panel->w - x);

	label.text = source;
	label.font = FDAR_FONT_SANS;
	label.color = FDAR_COLOR_INK;
	fdar_scene_add_text(seq->scene, fdar_seq_id(panel, "source", 0, id),
			    (struct fdar_rect){ x, y, panel->x + panel->w - x, 16 }, &label,
			    panel->side->source);
	label.text = text;
	label.size = 11;
	label.color = FDAR_COLOR_MUTED;
	fdar_scene_add_text(seq->scene, fdar_seq_id(panel, "session", 0, id),
			    (struct fdar_rect){ panel->x, y + 17, panel->w, 16 }, &label, NULL);
}

void fdar_seq_draw_heads(struct fdar_seq *seq)
{
	for (unsigned p = 0; p < seq->panel_count; p++) {
		struct fdar_seq_panel *panel = &seq->panels[p];
		char id[FDAR_SEQ_ID_BYTES];

		draw_panel_title(seq, panel);
		fdar_seq_id(panel, "client", 0, id);
		panel->client =
			draw_head(seq, id, panel->client_x - 24, 48, "client", panel->story->peer);
		draw_lifeline(seq, id, panel->client_x, panel->client);
		for (uint32_t l = 0; l < panel->story->lane_count;) {
			uint32_t last = last_lane_of_thread(panel->story, l);

			draw_bracket(seq, panel, l, last);
			for (; l <= last; l++)
				draw_lane(seq, panel, l);
		}
	}
}

/* The lane of the first and of the last step that has one. */
static void find_outer_lanes(const struct fdar_story *story, uint32_t *first, uint32_t *last)
{
	*first = *last = FDAR_STORY_NONE;
	for (uint32_t i = 0; i < story->step_count; i++) {
		uint32_t lane = story->steps[i].lane;

		if (story->steps[i].depth == 0 && lane < story->lane_count) {
			*first = *first == FDAR_STORY_NONE ? lane : *first;
			*last = story->steps[i].kind == FDAR_STORY_HANDOFF &&
						story->steps[i].lane_to < story->lane_count
					? story->steps[i].lane_to
					: lane;
		}
	}
}

/* Beside a lifeline; where the picture ends there, on its left, over the arrow. */
static struct fdar_rect beside_lifeline(const struct fdar_seq_panel *panel, uint32_t lane, double y,
					const char *text)
{
	double w = fdar_label_width(text, FDAR_FONT_SANS, FDAR_SEQ_SMALL_SIZE) + 4;
	double x = panel->lanes[lane].life_x;

	if (x + 8 + w <= panel->x + panel->w)
		return (struct fdar_rect){ x + 8, y - 7, w, FDAR_SEQ_LABEL_HEIGHT };
	return (struct fdar_rect){ x - 8 - w, y - FDAR_SEQ_LABEL_HEIGHT - 2, w,
				   FDAR_SEQ_LABEL_HEIGHT };
}

static void draw_begin(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t lane)
{
	char id[FDAR_SEQ_ID_BYTES];
	double y = panel->begin_y;
	struct fdar_item arrow = {
		.kind = FDAR_ITEM_ARROW,
		.id = fdar_seq_id(panel, "begin", 0, id),
		.stroke = FDAR_COLOR_ARROW,
		.pen = 1.2,
		.head = FDAR_HEAD_FULL,
		.from = panel->client,
		.to = panel->lanes[lane].head,
		.label = { .text = "session begins",
			   .font = FDAR_FONT_SANS,
			   .size = FDAR_SEQ_SMALL_SIZE,
			   .color = FDAR_COLOR_MUTED,
			   .at = beside_lifeline(panel, lane, y, "session begins") },
	};

	fdar_item_straight(&arrow, (struct fdar_point){ panel->client_x, y },
			   (struct fdar_point){ panel->lanes[lane].life_x, y });
	fdar_scene_add(seq->scene, &arrow);
}

static void draw_finish(struct fdar_seq *seq, struct fdar_seq_panel *panel, uint32_t lane)
{
	char id[FDAR_SEQ_ID_BYTES];
	double y = panel->end_y;
	g_autofree char *after = fdar_label_duration(panel->story->duration_ns);
	g_autofree char *text =
		g_strdup_printf("session %s after %s",
				panel->story->state == FDAR_STORY_REPLACED ? "replaced" : "ends",
				after);
	struct fdar_item arrow = {
		.kind = FDAR_ITEM_ARROW,
		.id = fdar_seq_id(panel, "end", 0, id),
		.stroke = FDAR_COLOR_ARROW,
		.pen = 1.2,
		.head = FDAR_HEAD_FULL,
		.from = panel->lanes[lane].head,
		.to = panel->client,
		.label = { .text = text,
			   .font = FDAR_FONT_SANS,
			   .size = FDAR_SEQ_SMALL_SIZE,
			   .color = FDAR_COLOR_MUTED,
			   .at = beside_lifeline(panel, lane, y, text) },
	};

	fdar_item_straight(&arrow, (struct fdar_point){ panel->lanes[lane].life_x, y },
			   (struct fdar_point){ panel->client_x, y });
	fdar_scene_add(seq->scene, &arrow);
}

/* The end of the trace cuts through what is open. */
static void draw_cut(struct fdar_seq *seq, struct fdar_seq_panel *panel)
{
	char id[FDAR_SEQ_ID_BYTES];
	double y = panel->end_y;
	g_autofree char *after = fdar_label_duration(panel->story->duration_ns);
	g_autofree char *text =
		g_strdup_printf("the recording ends; the session is still open, after %s", after);
	double right = panel->x + panel->w - 6;
	struct fdar_item cut = {
		.kind = FDAR_ITEM_ARROW,
		.id = fdar_seq_id(panel, "cut", 0, id),
		.stroke = FDAR_COLOR_ALARM,
		.pen = 1.4,
		.dash = FDAR_DASH_DASHED,
		.from = panel->client,
		.to = panel->client,
		.label = { .text = text,
			   .font = FDAR_FONT_SANS_BOLD,
			   .size = FDAR_SEQ_SMALL_SIZE,
			   .color = FDAR_COLOR_ALARM,
			   .halo = FDAR_COLOR_PAPER,
			   .at = { panel->first_lane_x + 8, y + 3, 300, FDAR_SEQ_LABEL_HEIGHT } },
	};

	fdar_item_straight(&cut, (struct fdar_point){ panel->client_x - 30, y },
			   (struct fdar_point){ right, y });
	fdar_scene_add(seq->scene, &cut);
}

static void draw_hidden_note(struct fdar_seq *seq, struct fdar_seq_panel *panel)
{
	const struct fdar_story *story = panel->story;
	char id[FDAR_SEQ_ID_BYTES];
	g_autofree char *calls = fdar_label_count(story->hidden_calls);
	g_autofree char *time = fdar_label_duration(story->hidden_ns);
	g_autofree char *text = g_strdup_printf(
		"not shown: %s small calls, %.2g %% of the session's time (%s)", calls,
		100.0 * (double)story->hidden_ns / (double)MAX(story->duration_ns, 1), time);
	struct fdar_label label = { .text = text,
				    .font = FDAR_FONT_SANS,
				    .size = FDAR_SEQ_SMALL_SIZE,
				    .color = FDAR_COLOR_MUTED };

	if (story->hidden_calls > 0) {
		fdar_scene_add_text(seq->scene, fdar_seq_id(panel, "hidden", 0, id),
				    (struct fdar_rect){ panel->first_lane_x,
							seq->bottom + BAND_RUN + 4, panel->w,
							FDAR_SEQ_LABEL_HEIGHT },
				    &label, NULL);
	}
}

void fdar_seq_draw_ends(struct fdar_seq *seq)
{
	for (unsigned p = 0; p < seq->panel_count; p++) {
		struct fdar_seq_panel *panel = &seq->panels[p];
		uint32_t first, last;

		find_outer_lanes(panel->story, &first, &last);
		if (first != FDAR_STORY_NONE)
			draw_begin(seq, panel, first);
		if (panel->story->state == FDAR_STORY_UNFINISHED)
			draw_cut(seq, panel);
		else if (last != FDAR_STORY_NONE)
			draw_finish(seq, panel, last);
		draw_hidden_note(seq, panel);
	}
}
