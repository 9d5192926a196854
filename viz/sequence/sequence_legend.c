#include "viz/sequence/sequence_draw.h"

#define LEGEND_SIZE 10.5
#define LEGEND_GAP  22.0
#define LEGEND_LINE 19.0
#define ICON_GAP    6.0

/* A legend entry is a little picture and its meaning. */
struct entry {
	const char *id;
	double icon_width;
	void (*icon)(struct fdar_seq *seq, const char *id, double x, double y);
	char *text;
	gboolean used;
};

/* Which signs a picture has: the legend explains no others. */
struct signs {
	gboolean waiting, many, time, count, crossing, handoff, wait, open, note;
	gboolean ratio, moved, again, not_again, elided;
};

static void look_at(const struct fdar_seq *seq, const struct fdar_seq_panel *panel,
		    struct signs *signs)
{
	for (uint32_t i = 0; i < panel->story->step_count; i++) {
		const struct fdar_story_step *step = &panel->story->steps[i];
		const struct fdar_seq_place *place = &panel->places[i];

		signs->waiting = signs->waiting || (place->mark.hollow && place->mark.dots > 0);
		signs->time = signs->time || place->mark.many;
		signs->many =
			signs->many || (place->mark.dots > seq->options.dots && !place->mark.many);
		signs->ratio = signs->ratio || place->mark.badge >= FDAR_BADGE_LOUD;
		signs->moved =
			signs->moved || (place->mark.ratio && step->beside == FDAR_STORY_MOVED);
		signs->again =
			signs->again || (place->mark.ratio && step->beside == FDAR_STORY_AGAIN &&
					 panel == &seq->panels[1]);
		signs->not_again = signs->not_again ||
				   (place->mark.ratio && step->beside == FDAR_STORY_AGAIN &&
				    panel == &seq->panels[0]);
		signs->elided = signs->elided || (step->elided && fdar_seq_has_bar(step));
		signs->count = signs->count || place->mark.count;
		signs->handoff = signs->handoff || step->kind == FDAR_STORY_HANDOFF;
		signs->note = signs->note || step->kind == FDAR_STORY_NOTE;
		signs->wait = signs->wait || step->kind == FDAR_STORY_WAIT;
		signs->open = signs->open || (step->unfinished && fdar_seq_has_bar(step));
		signs->crossing = signs->crossing ||
				  (fdar_seq_has_bar(step) && !place->hooked && !step->unfinished &&
				   fdar_seq_caller(panel->story, i) != FDAR_STORY_NONE);
	}
}

static guint spot(struct fdar_seq *seq, const char *id, const char *end, double x, double y)
{
	g_autofree char *spot_id = g_strconcat(id, end, NULL);
	struct fdar_item item = { .kind = FDAR_ITEM_BOX, .id = spot_id, .at = { x, y, 0.1, 0.1 } };

	return fdar_scene_add(seq->scene, &item);
}

static void icon_dot(struct fdar_seq *seq, const char *id, double x, double y)
{
	struct fdar_item dot = { .kind = FDAR_ITEM_DOT,
				 .id = id,
				 .at = { x, y - FDAR_SEQ_DOT / 2, FDAR_SEQ_DOT, FDAR_SEQ_DOT },
				 .fill = FDAR_COLOR_DOT };

	fdar_scene_add(seq->scene, &dot);
}

static void icon_ring(struct fdar_seq *seq, const char *id, double x, double y)
{
	double d = FDAR_SEQ_DOT - 1.2;
	struct fdar_item dot = { .kind = FDAR_ITEM_DOT,
				 .id = id,
				 .at = { x + 0.6, y - d / 2, d, d },
				 .fill = FDAR_COLOR_PAPER,
				 .stroke = FDAR_COLOR_DOT,
				 .pen = 1.4 };

	fdar_scene_add(seq->scene, &dot);
}

static void icon_word(struct fdar_seq *seq, const char *id, double x, double y, const char *word,
		      enum fdar_color color)
{
	struct fdar_label label = { .text = word,
				    .font = FDAR_FONT_SANS_BOLD,
				    .size = FDAR_SEQ_SMALL_SIZE,
				    .color = color };

	fdar_scene_add_text(seq->scene, id,
			    (struct fdar_rect){ x, y - FDAR_SEQ_LABEL_HEIGHT / 2, 24,
						FDAR_SEQ_LABEL_HEIGHT },
			    &label, NULL);
}

static void icon_many(struct fdar_seq *seq, const char *id, double x, double y)
{
	g_autofree char *number_id = g_strconcat(id, "-number", NULL);

	icon_dot(seq, id, x, y);
	icon_word(seq, number_id, x + FDAR_SEQ_DOT_STEP + 1, y, "412", FDAR_COLOR_ALARM);
}

static void icon_count(struct fdar_seq *seq, const char *id, double x, double y)
{
	icon_word(seq, id, x, y, "×3", FDAR_COLOR_INK);
}

static void icon_none(struct fdar_seq *seq, const char *id, double x, double y)
{
	(void)seq, (void)id, (void)x, (void)y;
}

static void icon_time(struct fdar_seq *seq, const char *id, double x, double y)
{
	g_autofree char *number_id = g_strconcat(id, "-number", NULL);

	icon_dot(seq, id, x, y);
	icon_word(seq, number_id, x + FDAR_SEQ_DOT_STEP + 1, y, "1 s", FDAR_COLOR_ALARM);
}

static void icon_ratio(struct fdar_seq *seq, const char *id, double x, double y)
{
	struct fdar_seq_mark mark = { .ratio = (char *)"410×",
				      .badge = FDAR_BADGE_CULPRIT,
				      .ratio_width = 36 };

	fdar_seq_draw_pill(seq, id, x, y, FDAR_COLOR_PAPER, &mark);
}

static void draw_line(struct fdar_seq *seq, const char *id, struct fdar_item *arrow,
		      struct fdar_point start, struct fdar_point end)
{
	g_autofree char *line_id = g_strconcat(id, "-line", NULL);

	arrow->kind = FDAR_ITEM_ARROW;
	arrow->id = line_id;
	arrow->from = spot(seq, id, "-from", start.x, start.y);
	arrow->to = spot(seq, id, "-to", end.x, end.y);
	fdar_item_straight(arrow, start, end);
	fdar_scene_add(seq->scene, arrow);
}

static void icon_call(struct fdar_seq *seq, const char *id, double x, double y)
{
	struct fdar_item arrow = { .stroke = FDAR_COLOR_ARROW, .pen = 1, .head = FDAR_HEAD_FULL };

	draw_line(seq, id, &arrow, (struct fdar_point){ x, y }, (struct fdar_point){ x + 26, y });
}

static void icon_return(struct fdar_seq *seq, const char *id, double x, double y)
{
	struct fdar_item arrow = { .stroke = FDAR_COLOR_WAIT_EDGE,
				   .pen = 0.8,
				   .dash = FDAR_DASH_DASHED,
				   .head = FDAR_HEAD_OPEN };

	draw_line(seq, id, &arrow, (struct fdar_point){ x + 26, y }, (struct fdar_point){ x, y });
}

static void icon_handoff(struct fdar_seq *seq, const char *id, double x, double y)
{
	struct fdar_item arrow = { .stroke = FDAR_COLOR_HANDOFF,
				   .pen = 2,
				   .head = FDAR_HEAD_GIVEN };

	draw_line(seq, id, &arrow, (struct fdar_point){ x, y - 3 },
		  (struct fdar_point){ x + 28, y + 4 });
}

static void icon_bar(struct fdar_seq *seq, const char *id, double x, double y, enum fdar_color fill,
		     enum fdar_color stroke, enum fdar_dash dash)
{
	struct fdar_item bar = { .kind = FDAR_ITEM_BOX,
				 .id = id,
				 .at = { x, y - 6, FDAR_SEQ_BAR_WIDTH, 12 },
				 .fill = fill,
				 .stroke = stroke,
				 .pen = 1,
				 .dash = dash };

	fdar_scene_add(seq->scene, &bar);
}

static void icon_run(struct fdar_seq *seq, const char *id, double x, double y)
{
	icon_bar(seq, id, x, y, FDAR_COLOR_BAR, FDAR_COLOR_BAR_EDGE, FDAR_DASH_SOLID);
}

static void icon_wait(struct fdar_seq *seq, const char *id, double x, double y)
{
	icon_bar(seq, id, x, y, FDAR_COLOR_WAIT, FDAR_COLOR_WAIT_EDGE, FDAR_DASH_SOLID);
}

static void icon_open(struct fdar_seq *seq, const char *id, double x, double y)
{
	icon_bar(seq, id, x, y, FDAR_COLOR_BAR, FDAR_COLOR_BAR_EDGE, FDAR_DASH_DASHED);
}

static void icon_note(struct fdar_seq *seq, const char *id, double x, double y)
{
	struct fdar_item note = { .kind = FDAR_ITEM_BOX,
				  .id = id,
				  .at = { x, y - 5, 12, 10 },
				  .fill = FDAR_COLOR_WARN_TINT,
				  .stroke = FDAR_COLOR_WARN_EDGE,
				  .pen = 0.8 };

	fdar_scene_add(seq->scene, &note);
}

static struct signs look(const struct fdar_seq *seq)
{
	struct signs signs = { 0 };

	for (unsigned p = 0; p < seq->panel_count; p++)
		look_at(seq, &seq->panels[p], &signs);
	return signs;
}

/* Puts an entry behind those before it, or on a new line; moves x and y on. */
static void draw_entry(struct fdar_seq *seq, const struct entry *e, double *x, double *y)
{
	g_autofree char *text_id = g_strconcat(e->id, "-text", NULL);
	struct fdar_label label = { .text = e->text,
				    .font = FDAR_FONT_SANS,
				    .size = LEGEND_SIZE,
				    .color = FDAR_COLOR_MUTED };
	double text_width = fdar_label_width(e->text, label.font, label.size);
	double width = e->icon_width + (e->icon_width > 0 ? ICON_GAP : 0) + text_width;

	if (*x > seq->sizes.margin && *x + width > seq->width - seq->sizes.margin) {
		*x = seq->sizes.margin;
		*y += LEGEND_LINE;
	}
	e->icon(seq, e->id, *x, *y + LEGEND_LINE / 2);
	fdar_scene_add_text(seq->scene, text_id,
			    (struct fdar_rect){ *x + width - text_width, *y, text_width,
						LEGEND_LINE },
			    &label, NULL);
	*x += width + LEGEND_GAP;
}

double fdar_seq_draw_legend(struct fdar_seq *seq, double y)
{
	g_autofree char *unit = fdar_label_duration(seq->options.dot_unit_ns);
	const struct signs signs = look(seq);
	struct entry entries[] = {
		{ "legend-running", FDAR_SEQ_DOT, icon_dot, g_strdup_printf("%s running", unit),
		  TRUE },
		{ "legend-waiting", FDAR_SEQ_DOT, icon_ring,
		  g_strdup_printf("%s, mostly waiting", unit), signs.waiting },
		{ "legend-many", 28, icon_many,
		  g_strdup_printf("more than %u dots: their number", seq->options.dots),
		  signs.many },
		{ "legend-count", 14, icon_count, g_strdup("calls folded into one; times are sums"),
		  signs.count },
		{ "legend-time", 28, icon_time,
		  g_strdup_printf("more than %u dots: the time",
				  MAX(seq->options.dots, FDAR_SEQUENCE_MANY)),
		  signs.time },
		{ "legend-ratio", 36, icon_ratio,
		  g_strdup("times the baseline's time, of these two sessions"), signs.ratio },
		{ "legend-moved", 0, icon_none,
		  g_strdup("moved: at another place on the other side"), signs.moved },
		{ "legend-again", 0, icon_none, g_strdup("again: more often than in the baseline"),
		  signs.again },
		{ "legend-not-again", 0, icon_none,
		  g_strdup("not again: more often than in the subject"), signs.not_again },
		{ "legend-elided", 0, icon_none, g_strdup("…  callers between are left out"),
		  signs.elided },
		{ "legend-call", 26, icon_call, g_strdup("call"), TRUE },
		{ "legend-return", 26, icon_return, g_strdup("return"), signs.crossing },
		{ "legend-handoff", 28, icon_handoff, g_strdup("hand-off between threads"),
		  signs.handoff },
		{ "legend-run", FDAR_SEQ_BAR_WIDTH, icon_run, g_strdup("function"), TRUE },
		{ "legend-wait", FDAR_SEQ_BAR_WIDTH, icon_wait, g_strdup("call that blocks"),
		  signs.wait },
		{ "legend-note", 12, icon_note, g_strdup("what the server noted"), signs.note },
		{ "legend-open", FDAR_SEQ_BAR_WIDTH, icon_open, g_strdup("never returned"),
		  signs.open },
	};
	double x = seq->sizes.margin;

	for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
		if (entries[i].used)
			draw_entry(seq, &entries[i], &x, &y);
		g_free(entries[i].text);
	}
	return y + LEGEND_LINE;
}
