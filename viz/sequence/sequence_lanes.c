#include "viz/sequence/sequence_draw.h"

#define BRACKET_HEIGHT 20.0
#define HEAD_HEIGHT    20.0
#define HEAD_PAD       9.0
#define BAND_RUN       8.0 /* how far bands go on below the lifelines */

static uint32_t last_lane_of_thread(const struct fd_story *story, uint32_t first)
{
	uint32_t last = first;

	while (last + 1 < story->lane_count &&
	       story->lanes[last + 1].thread_index == story->lanes[first].thread_index)
		last++;
	return last;
}

/* A thread's ground: every other one is shaded. */
static void draw_band(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t first, uint32_t last)
{
	char id[FD_SEQ_ID_BYTES];
	double x = panel->lanes[first].x;
	struct fd_item band = {
		.kind = FD_ITEM_FRAME,
		.id = fd_seq_id(panel, "thread", first, id),
		.at = { x, seq->heads_y - BRACKET_HEIGHT - 4,
			panel->lanes[last].x + panel->lanes[last].w - x,
			seq->bottom - seq->heads_y + BRACKET_HEIGHT + 4 + BAND_RUN },
		.fill = panel->lanes[first].shaded ? FD_COLOR_BAND : FD_COLOR_PAPER,
	};

	fd_scene_add(seq->scene, &band);
}

static void draw_focus_rows(struct fd_seq *seq, struct fd_seq_panel *panel)
{
	for (uint32_t i = 0; i < panel->story->step_count; i++) {
		char id[FD_SEQ_ID_BYTES];
		struct fd_item tint = {
			.kind = FD_ITEM_FRAME,
			.id = fd_seq_id(panel, "focus", i, id),
			.at = { panel->x, panel->places[i].y - FD_SEQ_ROW_UP + 1, panel->w,
				FD_SEQ_ROW_UP + FD_SEQ_ROW_DOWN - 2 },
			.fill = FD_COLOR_ALARM_TINT,
		};

		if (panel->story->steps[i].is_focus)
			fd_scene_add(seq->scene, &tint);
	}
}

void fd_seq_draw_bands(struct fd_seq *seq)
{
	for (unsigned p = 0; p < seq->panel_count; p++) {
		struct fd_seq_panel *panel = &seq->panels[p];

		for (uint32_t l = 0; l < panel->story->lane_count;) {
			uint32_t last = last_lane_of_thread(panel->story, l);

			draw_band(seq, panel, l, last);
			l = last + 1;
		}
		draw_focus_rows(seq, panel);
	}
}

static guint draw_head(struct fd_seq *seq, const char *id, double x, double w, const char *text,
		       const char *tooltip)
{
	struct fd_item head = {
		.kind = FD_ITEM_BOX,
		.id = id,
		.tooltip = tooltip,
		.at = { x, seq->heads_y, w, HEAD_HEIGHT },
		.fill = FD_COLOR_HEAD,
		.stroke = FD_COLOR_HEAD_EDGE,
		.pen = 1,
		.rounded = TRUE,
		.label = { .text = text,
			   .font = FD_FONT_SANS_BOLD,
			   .size = FD_SEQ_NAME_SIZE,
			   .color = FD_COLOR_INK,
			   .align = FD_ALIGN_MIDDLE },
	};

	return fd_scene_add(seq->scene, &head);
}

static void draw_lifeline(struct fd_seq *seq, const char *id, double x, guint head)
{
	g_autofree char *foot_id = g_strconcat(id, "-foot", NULL);
	g_autofree char *line_id = g_strconcat(id, "-line", NULL);
	struct fd_item foot = { .kind = FD_ITEM_BOX,
				.id = foot_id,
				.at = { x - 3, seq->bottom, 6, 1 },
				.fill = FD_COLOR_LIFELINE };
	struct fd_item line = { .kind = FD_ITEM_ARROW,
				.id = line_id,
				.stroke = FD_COLOR_LIFELINE,
				.pen = 1,
				.from = head,
				.to = fd_scene_add(seq->scene, &foot) };

	fd_item_straight(&line, (struct fd_point){ x, seq->lines_y },
			 (struct fd_point){ x, seq->bottom });
	fd_scene_add(seq->scene, &line);
}

static void draw_lane(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t index)
{
	const struct fd_story_lane *lane = &panel->story->lanes[index];
	struct fd_seq_lane *place = &panel->lanes[index];
	char id[FD_SEQ_ID_BYTES];
	g_autofree char *clean = fd_label_clean(lane->component);
	g_autofree char *text = fd_label_fit(clean, FD_FONT_SANS_BOLD, FD_SEQ_NAME_SIZE,
					     place->w - 2 * HEAD_PAD - 12);
	g_autofree char *tooltip = g_strdup_printf("%s, functions of %s (thread id %u)",
						   lane->thread, lane->component, lane->tid);
	double w = MAX(fd_label_width(text, FD_FONT_SANS_BOLD, FD_SEQ_NAME_SIZE) + 2 * HEAD_PAD,
		       2 * (FD_SEQ_LIFE_X - 6));

	fd_seq_id(panel, "lane", index, id);
	place->head = draw_head(seq, id, place->x + 6.5, w, text, tooltip);
	draw_lifeline(seq, id, place->life_x, place->head);
}

/* Over the lanes of a thread: its name, and a line as long as they are wide. */
static void draw_bracket(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t first,
			 uint32_t last)
{
	double x = panel->lanes[first].x + 6;
	double w = panel->lanes[last].x + panel->lanes[last].w - x - 6;
	double y = seq->heads_y - BRACKET_HEIGHT;
	char id[FD_SEQ_ID_BYTES];
	g_autofree char *clean = fd_label_clean(panel->story->lanes[first].thread);
	g_autofree char *name = fd_label_fit(clean, FD_FONT_SANS_BOLD, FD_SEQ_SMALL_SIZE, w);
	struct fd_item rule = { .kind = FD_ITEM_BOX,
				.id = fd_seq_id(panel, "bracket", first, id),
				.tooltip = panel->story->lanes[first].thread,
				.at = { x, y, w, 2 },
				.fill = FD_COLOR_HEAD_EDGE };
	struct fd_label label = { .text = name,
				  .font = FD_FONT_SANS_BOLD,
				  .size = FD_SEQ_SMALL_SIZE,
				  .color = FD_COLOR_MUTED };

	fd_scene_add(seq->scene, &rule);
	fd_scene_add_text(seq->scene, fd_seq_id(panel, "thread-name", first, id),
			  (struct fd_rect){ x, y + 3, w, FD_SEQ_LABEL_HEIGHT }, &label, NULL);
}

static const char *state_text(const struct fd_story *story)
{
	switch (story->state) {
	case FD_STORY_UNFINISHED:
		return "unfinished";
	case FD_STORY_REPLACED:
		return "replaced by another with its key";
	default:
		return "finished";
	}
}

static void draw_panel_title(struct fd_seq *seq, struct fd_seq_panel *panel)
{
	const struct fd_story *story = panel->story;
	g_autofree char *duration = fd_label_duration(story->duration_ns);
	g_autofree char *calls = fd_label_count(story->calls);
	g_autofree char *text =
		g_strdup_printf("session %s · %s, %s · %s call%s",
				story->peer[0] ? story->peer : "of an unknown client", duration,
				state_text(story), calls, story->calls == 1 ? "" : "s");
	g_autofree char *role = g_ascii_strup(panel->side->role ? panel->side->role : "", -1);
	double y = seq->top;
	double x = panel->x;
	char id[FD_SEQ_ID_BYTES];
	struct fd_label label = { .text = role,
				  .font = FD_FONT_SANS_BOLD,
				  .size = 12,
				  .color = panel == &seq->panels[1] ? FD_COLOR_ALARM
								    : FD_COLOR_INK };

	if (role[0]) {
		double w = fd_label_width(role, label.font, label.size);

		fd_scene_add_text(seq->scene, fd_seq_id(panel, "role", 0, id),
				  (struct fd_rect){ x, y, w, 16 }, &label, NULL);
		x += w + 10;
	}
	g_autofree char *clean = fd_label_clean(panel->side->source ? panel->side->source : "");
	g_autofree char *source = fd_label_fit(clean, FD_FONT_SANS, 12, panel->x + panel->w - x);

	label.text = source;
	label.font = FD_FONT_SANS;
	label.color = FD_COLOR_INK;
	fd_scene_add_text(seq->scene, fd_seq_id(panel, "source", 0, id),
			  (struct fd_rect){ x, y, panel->x + panel->w - x, 16 }, &label,
			  panel->side->source);
	label.text = text;
	label.size = 11;
	label.color = FD_COLOR_MUTED;
	fd_scene_add_text(seq->scene, fd_seq_id(panel, "session", 0, id),
			  (struct fd_rect){ panel->x, y + 17, panel->w, 16 }, &label, NULL);
}

void fd_seq_draw_heads(struct fd_seq *seq)
{
	for (unsigned p = 0; p < seq->panel_count; p++) {
		struct fd_seq_panel *panel = &seq->panels[p];
		char id[FD_SEQ_ID_BYTES];

		draw_panel_title(seq, panel);
		fd_seq_id(panel, "client", 0, id);
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
static void find_outer_lanes(const struct fd_story *story, uint32_t *first, uint32_t *last)
{
	*first = *last = FD_STORY_NONE;
	for (uint32_t i = 0; i < story->step_count; i++) {
		uint32_t lane = story->steps[i].lane;

		if (story->steps[i].depth == 0 && lane < story->lane_count) {
			*first = *first == FD_STORY_NONE ? lane : *first;
			*last = story->steps[i].kind == FD_STORY_HANDOFF &&
						story->steps[i].lane_to < story->lane_count
					? story->steps[i].lane_to
					: lane;
		}
	}
}

static void draw_begin(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t lane)
{
	char id[FD_SEQ_ID_BYTES];
	double y = panel->begin_y;
	struct fd_item arrow = {
		.kind = FD_ITEM_ARROW,
		.id = fd_seq_id(panel, "begin", 0, id),
		.stroke = FD_COLOR_ARROW,
		.pen = 1.2,
		.head = FD_HEAD_FULL,
		.from = panel->client,
		.to = panel->lanes[lane].head,
		.label = { .text = "session begins",
			   .font = FD_FONT_SANS,
			   .size = FD_SEQ_SMALL_SIZE,
			   .color = FD_COLOR_MUTED,
			   .at = { panel->lanes[lane].life_x + 8, y - 7, 90,
				   FD_SEQ_LABEL_HEIGHT } },
	};

	fd_item_straight(&arrow, (struct fd_point){ panel->client_x, y },
			 (struct fd_point){ panel->lanes[lane].life_x, y });
	fd_scene_add(seq->scene, &arrow);
}

static void draw_finish(struct fd_seq *seq, struct fd_seq_panel *panel, uint32_t lane)
{
	char id[FD_SEQ_ID_BYTES];
	double y = panel->end_y;
	g_autofree char *after = fd_label_duration(panel->story->duration_ns);
	g_autofree char *text =
		g_strdup_printf("session %s after %s",
				panel->story->state == FD_STORY_REPLACED ? "replaced" : "ends",
				after);
	struct fd_item arrow = {
		.kind = FD_ITEM_ARROW,
		.id = fd_seq_id(panel, "end", 0, id),
		.stroke = FD_COLOR_ARROW,
		.pen = 1.2,
		.head = FD_HEAD_FULL,
		.from = panel->lanes[lane].head,
		.to = panel->client,
		.label = { .text = text,
			   .font = FD_FONT_SANS,
			   .size = FD_SEQ_SMALL_SIZE,
			   .color = FD_COLOR_MUTED,
			   .at = { panel->lanes[lane].life_x + 8, y - 7, 160,
				   FD_SEQ_LABEL_HEIGHT } },
	};

	fd_item_straight(&arrow, (struct fd_point){ panel->lanes[lane].life_x, y },
			 (struct fd_point){ panel->client_x, y });
	fd_scene_add(seq->scene, &arrow);
}

/* The end of the trace cuts through what is open. */
static void draw_cut(struct fd_seq *seq, struct fd_seq_panel *panel)
{
	char id[FD_SEQ_ID_BYTES];
	double y = panel->end_y;
	g_autofree char *after = fd_label_duration(panel->story->duration_ns);
	g_autofree char *text =
		g_strdup_printf("the recording ends; the session is still open, after %s", after);
	double right = panel->x + panel->w - 6;
	struct fd_item cut = {
		.kind = FD_ITEM_ARROW,
		.id = fd_seq_id(panel, "cut", 0, id),
		.stroke = FD_COLOR_ALARM,
		.pen = 1.4,
		.dash = FD_DASH_DASHED,
		.from = panel->client,
		.to = panel->client,
		.label = { .text = text,
			   .font = FD_FONT_SANS_BOLD,
			   .size = FD_SEQ_SMALL_SIZE,
			   .color = FD_COLOR_ALARM,
			   .halo = FD_COLOR_PAPER,
			   .at = { panel->first_lane_x + 8, y + 3, 300, FD_SEQ_LABEL_HEIGHT } },
	};

	fd_item_straight(&cut, (struct fd_point){ panel->client_x - 30, y },
			 (struct fd_point){ right, y });
	fd_scene_add(seq->scene, &cut);
}

static void draw_hidden_note(struct fd_seq *seq, struct fd_seq_panel *panel)
{
	const struct fd_story *story = panel->story;
	char id[FD_SEQ_ID_BYTES];
	g_autofree char *calls = fd_label_count(story->hidden_calls);
	g_autofree char *time = fd_label_duration(story->hidden_ns);
	g_autofree char *text = g_strdup_printf(
		"not shown: %s small calls, %.2g %% of the session's time (%s)", calls,
		100.0 * (double)story->hidden_ns / (double)MAX(story->duration_ns, 1), time);
	struct fd_label label = { .text = text,
				  .font = FD_FONT_SANS,
				  .size = FD_SEQ_SMALL_SIZE,
				  .color = FD_COLOR_MUTED };

	if (story->hidden_calls > 0) {
		fd_scene_add_text(seq->scene, fd_seq_id(panel, "hidden", 0, id),
				  (struct fd_rect){ panel->first_lane_x, seq->bottom + BAND_RUN + 4,
						    panel->w, FD_SEQ_LABEL_HEIGHT },
				  &label, NULL);
	}
}

void fd_seq_draw_ends(struct fd_seq *seq)
{
	for (unsigned p = 0; p < seq->panel_count; p++) {
		struct fd_seq_panel *panel = &seq->panels[p];
		uint32_t first, last;

		find_outer_lanes(panel->story, &first, &last);
		if (first != FD_STORY_NONE)
			draw_begin(seq, panel, first);
		if (panel->story->state == FD_STORY_UNFINISHED)
			draw_cut(seq, panel);
		else if (last != FD_STORY_NONE)
			draw_finish(seq, panel, last);
		draw_hidden_note(seq, panel);
	}
}
