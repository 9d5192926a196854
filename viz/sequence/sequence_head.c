#include <string.h>

#include "viz/sequence/sequence_draw.h"

#define HEADING_SIZE    20.0
#define SUBHEADING_SIZE 12.5
#define WARNING_SIZE    12.0
#define LINE_HEIGHT     1.35
#define LINES_MAX       3u
#define LEGEND_SIZE     10.5
#define LEGEND_GAP      22.0
#define LEGEND_LINE     19.0
#define ICON_GAP        6.0

/* As many words of text as fit into room, at least one; moves text behind them. */
static char *take_line(const char **text, enum fdar_font font, double size, double room)
{
	const char *end = *text;
	char *line = NULL;

	while (*end) {
		const char *next = strchr(end[0] == ' ' ? end + 1 : end, ' ');
		const char *stop = next ? next : end + strlen(end);
		g_autofree char *longer = g_strndup(*text, (gsize)(stop - *text));

		if (line && fdar_label_width(longer, font, size) > room)
			break;
		g_free(line);
		line = g_steal_pointer(&longer);
		end = stop;
	}
	*text = end[0] == ' ' ? end + 1 : end;
	return line ? line : g_strdup("");
}

/* Text broken into lines where it is too long for one; the last line that may be is cut. */
static double write_lines(struct fdar_seq *seq, const char *word, double y, const char *text,
			  const struct fdar_label *style)
{
	double room = seq->width - 2 * FDAR_SEQ_MARGIN;
	g_autofree char *clean = fdar_label_clean(text);
	const char *rest = clean;
	double height = style->size * LINE_HEIGHT;

	for (unsigned i = 0; i < LINES_MAX && *rest; i++) {
		g_autofree char *id = g_strdup_printf("%s-%u", word, i);
		g_autofree char *line = i + 1 < LINES_MAX
						? take_line(&rest, style->font, style->size, room)
						: g_strdup(rest);
		g_autofree char *fit = fdar_label_fit(line, style->font, style->size, room);
		struct fdar_label label = *style;

		label.text = fit;
		fdar_scene_add_text(seq->scene, id,
				    (struct fdar_rect){ FDAR_SEQ_MARGIN, y, room, height }, &label,
				    g_str_equal(fit, line) ? NULL : text);
		y += height;
	}
	return y;
}

static double draw_warning(struct fdar_seq *seq, unsigned number, double y, const char *text)
{
	double room = seq->width - 2 * FDAR_SEQ_MARGIN;
	g_autofree char *id = g_strdup_printf("warning-%u", number);
	g_autofree char *clean = fdar_label_clean(text);
	g_autofree char *marked = g_strconcat("⚠  ", clean, NULL);
	g_autofree char *fit = fdar_label_fit(marked, FDAR_FONT_SANS, WARNING_SIZE, room - 24);
	double width = fdar_label_width(fit, FDAR_FONT_SANS, WARNING_SIZE) + 24;
	struct fdar_item box = {
		.kind = FDAR_ITEM_BOX,
		.id = id,
		.tooltip = text,
		.at = { FDAR_SEQ_MARGIN, y, width, 24 },
		.fill = FDAR_COLOR_WARN_TINT,
		.stroke = FDAR_COLOR_WARN_EDGE,
		.pen = 1,
		.rounded = TRUE,
		.label = { .text = fit,
			   .font = FDAR_FONT_SANS,
			   .size = WARNING_SIZE,
			   .color = FDAR_COLOR_WARN_INK,
			   .align = FDAR_ALIGN_MIDDLE },
	};

	fdar_scene_add(seq->scene, &box);
	return y + 30;
}

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
	gboolean waiting, many, count, crossing, handoff, wait, open, note;
};

static void look_at(const struct fdar_seq *seq, const struct fdar_seq_panel *panel,
		    struct signs *signs)
{
	for (uint32_t i = 0; i < panel->story->step_count; i++) {
		const struct fdar_story_step *step = &panel->story->steps[i];
		const struct fdar_seq_place *place = &panel->places[i];

		signs->waiting = signs->waiting || (place->mark.hollow && place->mark.dots > 0);
		signs->many = signs->many || place->mark.dots > seq->options.dots;
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

static void icon_ratio(struct fdar_seq *seq, const char *id, double x, double y)
{
	struct fdar_seq_mark mark = { .ratio = (char *)"412×",
				      .tone = FDAR_TONE_GUILTY,
				      .ratio_width = 36 };

	fdar_seq_draw_pill(seq, id, x, y, &mark);
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

static double draw_legend(struct fdar_seq *seq, double y)
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
		{ "legend-ratio", 36, icon_ratio, g_strdup("times the baseline's time"),
		  seq->panel_count > 1 },
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
	double x = FDAR_SEQ_MARGIN;

	for (size_t i = 0; i < G_N_ELEMENTS(entries); i++) {
		const struct entry *e = &entries[i];
		g_autofree char *text_id = g_strconcat(e->id, "-text", NULL);
		struct fdar_label label = { .text = e->text,
					    .font = FDAR_FONT_SANS,
					    .size = LEGEND_SIZE,
					    .color = FDAR_COLOR_MUTED };
		double width;

		if (!e->used) {
			g_free(e->text);
			continue;
		}
		width = e->icon_width + ICON_GAP +
			fdar_label_width(e->text, label.font, label.size);
		if (x > FDAR_SEQ_MARGIN && x + width > seq->width - FDAR_SEQ_MARGIN) {
			x = FDAR_SEQ_MARGIN;
			y += LEGEND_LINE;
		}
		e->icon(seq, e->id, x, y + LEGEND_LINE / 2);
		fdar_scene_add_text(seq->scene, text_id,
				    (struct fdar_rect){ x + e->icon_width + ICON_GAP, y,
							width - e->icon_width - ICON_GAP,
							LEGEND_LINE },
				    &label, NULL);
		x += width + LEGEND_GAP;
		g_free(e->text);
	}
	return y + LEGEND_LINE;
}

double fdar_seq_draw_header(struct fdar_seq *seq)
{
	const struct fdar_sequence *s = seq->sequence;
	double y = 22;
	static const struct fdar_label heading = { .font = FDAR_FONT_SANS_BOLD,
						   .size = HEADING_SIZE,
						   .color = FDAR_COLOR_INK };
	static const struct fdar_label subheading = { .font = FDAR_FONT_SANS,
						      .size = SUBHEADING_SIZE,
						      .color = FDAR_COLOR_MUTED };
	struct fdar_item rule = { .kind = FDAR_ITEM_BOX,
				  .id = "header-rule",
				  .fill = FDAR_COLOR_HAIRLINE };

	y = write_lines(seq, "heading", y, s->heading ? s->heading : "", &heading) + 2;
	y = write_lines(seq, "subheading", y, s->subheading ? s->subheading : "", &subheading);
	y += 6;
	for (unsigned i = 0; s->warnings && s->warnings[i]; i++)
		y = draw_warning(seq, i, y, s->warnings[i]);
	y = draw_legend(seq, y) + 8;
	rule.at = (struct fdar_rect){ FDAR_SEQ_MARGIN, y, seq->width - 2 * FDAR_SEQ_MARGIN, 1 };
	fdar_scene_add(seq->scene, &rule);
	return y + 14;
}
