#include "viz/sequence/sequence_draw.h"

#include <math.h>

#define GAP          5.0
#define PILL_HEIGHT  14.0
#define PILL_PAD     6.0
#define MUCH_SLOWER  2.0  /* from here on a ratio is shown in colour */
#define HARDLY_OTHER 1.15 /* below this (and above its inverse) no ratio is written */
#define SHARE_SEEN   0.01 /* of the session's change: less is not shouted */
#define SHARE_GUILTY 0.25 /* of the session's change, by the step itself */

/* The nearest whole number of dots: what is less than half a dot has none. */
static guint64 dots_of(const struct fdar_seq *seq, uint64_t ns)
{
	uint64_t unit = seq->options.dot_unit_ns;

	return ns / unit + (ns % unit >= unit - unit / 2 ? 1 : 0);
}

static char *ratio_text(const struct fdar_story_step *subject, const struct fdar_story_step *base)
{
	double ratio = (double)MAX(subject->duration_ns, 1) / (double)MAX(base->duration_ns, 1);

	if (ratio < HARDLY_OTHER && ratio > 1 / HARDLY_OTHER)
		return NULL;
	return fdar_label_ratio(ratio);
}

static double change_of_session(const struct fdar_seq *seq)
{
	return fabs((double)seq->panels[1].story->duration_ns -
		    (double)seq->panels[0].story->duration_ns);
}

/* A ratio of two trifles is not shouted: what it changed has to be seen in the session's time. */
static enum fdar_seq_tone tone_of(const struct fdar_seq *seq, const struct fdar_story_step *subject,
				  const struct fdar_story_step *base)
{
	double change = (double)subject->duration_ns - (double)base->duration_ns;
	gboolean in_itself =
		subject->kind == FDAR_STORY_HANDOFF || subject->kind == FDAR_STORY_IDLE;
	double self = in_itself ? change : (double)subject->self_ns - (double)base->self_ns;
	double whole = change_of_session(seq);

	if (fabs(change) < (double)seq->options.dot_unit_ns / 2 ||
	    fabs(change) < SHARE_SEEN * whole)
		return FDAR_TONE_QUIET;
	if ((double)subject->duration_ns >= MUCH_SLOWER * (double)base->duration_ns) {
		return subject->is_focus || self >= SHARE_GUILTY * whole ? FDAR_TONE_GUILTY
									 : FDAR_TONE_SLOWER;
	}
	return (double)base->duration_ns >= MUCH_SLOWER * (double)subject->duration_ns
		       ? FDAR_TONE_FASTER
		       : FDAR_TONE_QUIET;
}

/* Of calls that only one side has, the outermost says so for those below it. */
static gboolean is_outermost_alone(const struct fdar_seq_panel *panel, uint32_t index)
{
	const struct fdar_story_step *steps = panel->story->steps;
	uint32_t caller = fdar_seq_caller(panel->story, index);

	return caller == FDAR_STORY_NONE || steps[caller].beside == FDAR_STORY_PAIRED ||
	       steps[caller].beside == FDAR_STORY_SPLIT ||
	       (steps[caller].beside == FDAR_STORY_MOVED &&
		steps[index].beside != FDAR_STORY_MOVED);
}

/* What stands in the place of a ratio: the other side has nothing on this row. */
static const char *word_of(const struct fdar_story_step *step, gboolean subject)
{
	switch (step->beside) {
	case FDAR_STORY_ALONE:
		return subject ? "new" : "gone";
	case FDAR_STORY_MOVED:
		return "moved";
	case FDAR_STORY_AGAIN:
		return subject ? "again" : "not again";
	default:
		return NULL;
	}
}

static void compare(const struct fdar_seq *seq, const struct fdar_seq_panel *panel, uint32_t index,
		    struct fdar_seq_mark *mark)
{
	static const struct fdar_story_step nothing;
	const struct fdar_story_step *step = &panel->story->steps[index];
	gboolean subject = panel == &seq->panels[1];
	uint32_t partner = panel->partners[index];
	const struct fdar_story_step *base = &nothing;

	if (step->beside == FDAR_STORY_PAIRED || step->beside == FDAR_STORY_MOVED) {
		if (subject && partner != FDAR_STORY_NONE) {
			base = &seq->panels[0].story->steps[partner];
			mark->ratio = ratio_text(step, base);
		}
	}
	if (is_outermost_alone(panel, index) && word_of(step, subject)) {
		g_autofree char *ratio = mark->ratio;

		mark->ratio = ratio && step->beside == FDAR_STORY_MOVED
				      ? g_strdup_printf("moved, %s", ratio)
				      : g_strdup(word_of(step, subject));
	}
	if (subject)
		mark->tone = tone_of(seq, step, base);
}

/* Among open calls the innermost one shown says for how long: the others only show that they are.
 */
static gboolean is_innermost_open(const struct fdar_story *story, uint32_t index)
{
	for (uint32_t i = index + 1; i < story->steps[index].end; i++)
		if (story->steps[i].unfinished)
			return FALSE;
	return TRUE;
}

/* A time that is there in the place of dots is as loud as those. */
static enum fdar_font time_font(const struct fdar_seq_mark *mark)
{
	return mark->open || mark->many ? FDAR_FONT_SANS_BOLD : FDAR_FONT_SANS;
}

void fdar_seq_mark_init(const struct fdar_seq *seq, const struct fdar_seq_panel *panel,
			uint32_t step, struct fdar_seq_mark *mark)
{
	const struct fdar_story_step *s = &panel->story->steps[step];
	g_autofree char *time = fdar_label_duration(s->duration_ns);

	*mark = (struct fdar_seq_mark){ .dots = dots_of(seq, s->duration_ns) };
	if (s->kind == FDAR_STORY_NOTE)
		return;
	mark->hollow = s->wait_ns * 2 > s->duration_ns || s->kind == FDAR_STORY_IDLE;
	if (s->count > 1) {
		g_autofree char *count = fdar_label_count(s->count);

		mark->count = g_strconcat("×", count, NULL);
		mark->width +=
			fdar_label_width(mark->count, FDAR_FONT_SANS_BOLD, FDAR_SEQ_SMALL_SIZE) +
			GAP;
	}
	mark->many = mark->dots > MAX(FDAR_SEQUENCE_MANY, seq->options.dots);
	if (mark->many) {
		mark->width += FDAR_SEQ_DOT_STEP + 1;
	} else if (mark->dots > seq->options.dots) {
		g_autofree char *number = fdar_label_count(mark->dots);

		mark->width += FDAR_SEQ_DOT_STEP + 1 + GAP +
			       fdar_label_width(number, FDAR_FONT_SANS_BOLD, FDAR_SEQ_SMALL_SIZE);
	} else if (mark->dots > 0) {
		mark->width += (double)mark->dots * FDAR_SEQ_DOT_STEP + GAP - 2;
	}
	if (s->recursion_depth > 0 && !seq->options.narrow) {
		g_autofree char *calls = fdar_label_count(s->recursive_calls);

		mark->recursion =
			g_strdup_printf("calls itself %s×, %u deep", calls, s->recursion_depth);
		mark->width +=
			fdar_label_width(mark->recursion, FDAR_FONT_SANS, FDAR_SEQ_SMALL_SIZE) +
			GAP;
	}
	if (s->unfinished && is_innermost_open(panel->story, step)) {
		mark->time = g_strconcat(seq->options.narrow ? "open " : "unfinished after ", time,
					 NULL);
		mark->open = TRUE;
	} else {
		mark->time = g_steal_pointer(&time);
	}
	mark->width += fdar_label_width(mark->time, time_font(mark), FDAR_SEQ_SMALL_SIZE);
	if (seq->panel_count == 1 && s->is_focus)
		mark->tone = FDAR_TONE_GUILTY;
	else if (seq->panel_count > 1)
		compare(seq, panel, step, mark);
	if (mark->ratio) {
		mark->ratio_width =
			2 * PILL_PAD +
			fdar_label_width(mark->ratio, FDAR_FONT_SANS_BOLD, FDAR_SEQ_SMALL_SIZE);
	}
}

void fdar_seq_mark_clear(struct fdar_seq_mark *mark)
{
	g_free(mark->count);
	g_free(mark->recursion);
	g_free(mark->time);
	g_free(mark->ratio);
	*mark = (struct fdar_seq_mark){ 0 };
}

static double draw_word(struct fdar_seq *seq, const char *id, double x, double y, const char *text,
			enum fdar_font font, enum fdar_color color, enum fdar_color ground)
{
	double width = fdar_label_width(text, font, FDAR_SEQ_SMALL_SIZE);
	struct fdar_label label = { .text = text,
				    .font = font,
				    .size = FDAR_SEQ_SMALL_SIZE,
				    .color = color,
				    .halo = ground };

	fdar_scene_add_text(seq->scene, id,
			    (struct fdar_rect){ x, y - FDAR_SEQ_LABEL_HEIGHT / 2, width,
						FDAR_SEQ_LABEL_HEIGHT },
			    &label, NULL);
	return x + width + GAP;
}

static double draw_dots(struct fdar_seq *seq, const char *id, double x, double y,
			enum fdar_color ground, const struct fdar_seq_mark *mark)
{
	guint64 shown = mark->dots > seq->options.dots ? 1 : mark->dots;
	double inset = mark->hollow ? 0.6 : 0;

	for (guint64 i = 0; i < shown; i++) {
		g_autofree char *dot_id = g_strdup_printf("%s-dot%u", id, (unsigned)i + 1);
		struct fdar_item dot = {
			.kind = FDAR_ITEM_DOT,
			.id = dot_id,
			.at = { x + inset, y - FDAR_SEQ_DOT / 2 + inset, FDAR_SEQ_DOT - 2 * inset,
				FDAR_SEQ_DOT - 2 * inset },
			.fill = mark->hollow ? ground : FDAR_COLOR_DOT,
			.stroke = mark->hollow ? FDAR_COLOR_DOT : FDAR_COLOR_NONE,
			.pen = 1.4,
		};

		fdar_scene_add(seq->scene, &dot);
		x += FDAR_SEQ_DOT_STEP;
	}
	if (mark->many)
		return x + 1;
	if (mark->dots > seq->options.dots) {
		g_autofree char *number = fdar_label_count(mark->dots);
		g_autofree char *number_id = g_strconcat(id, "-dots", NULL);

		return draw_word(seq, number_id, x + 1, y, number, FDAR_FONT_SANS_BOLD,
				 FDAR_COLOR_ALARM, ground);
	}
	return shown ? x + GAP - 2 : x;
}

double fdar_seq_draw_mark(struct fdar_seq *seq, const char *id, double x, double y,
			  enum fdar_color ground, const struct fdar_seq_mark *mark)
{
	g_autofree char *count_id = g_strconcat(id, "-count", NULL);
	g_autofree char *time_id = g_strconcat(id, "-time", NULL);

	if (mark->count) {
		x = draw_word(seq, count_id, x, y, mark->count, FDAR_FONT_SANS_BOLD, FDAR_COLOR_INK,
			      ground);
	}
	x = draw_dots(seq, id, x, y, ground, mark);
	x = draw_word(seq, time_id, x, y, mark->time, time_font(mark),
		      mark->open || mark->many ? FDAR_COLOR_ALARM : FDAR_COLOR_MUTED, ground);
	if (mark->recursion) {
		g_autofree char *recursion_id = g_strconcat(id, "-recursion", NULL);

		x = draw_word(seq, recursion_id, x, y, mark->recursion, FDAR_FONT_SANS,
			      FDAR_COLOR_INK, ground);
	}
	return x - GAP;
}

void fdar_seq_draw_pill(struct fdar_seq *seq, const char *id, double x, double y,
			enum fdar_color ground, const struct fdar_seq_mark *mark)
{
	static const struct {
		enum fdar_color fill, stroke, ink;
	} paints[] = {
		[FDAR_BADGE_NONE] = { FDAR_COLOR_NONE, FDAR_COLOR_NONE, FDAR_COLOR_MUTED },
		[FDAR_BADGE_PLAIN] = { FDAR_COLOR_NONE, FDAR_COLOR_NONE, FDAR_COLOR_MUTED },
		[FDAR_BADGE_LOUD] = { FDAR_COLOR_NONE, FDAR_COLOR_NONE, FDAR_COLOR_ALARM },
		[FDAR_BADGE_EDGED] = { FDAR_COLOR_ALARM_TINT, FDAR_COLOR_ALARM_FILL,
				       FDAR_COLOR_ALARM },
		[FDAR_BADGE_CULPRIT] = { FDAR_COLOR_ALARM_FILL, FDAR_COLOR_ALARM_FILL,
					 FDAR_COLOR_ON_FILL },
		[FDAR_BADGE_BETTER] = { FDAR_COLOR_BETTER_FILL, FDAR_COLOR_BETTER_FILL,
					FDAR_COLOR_ON_FILL },
	};
	g_autofree char *pill_id = g_strconcat(id, "-ratio", NULL);
	struct fdar_item pill = {
		.kind = FDAR_ITEM_BOX,
		.id = pill_id,
		.at = { x, y - PILL_HEIGHT / 2, mark->ratio_width, PILL_HEIGHT },
		.fill = paints[mark->badge].fill,
		.stroke = paints[mark->badge].stroke,
		.pen = 0.8,
		.rounded = TRUE,
		.label = { .text = mark->ratio,
			   .font = FDAR_FONT_SANS_BOLD,
			   .size = FDAR_SEQ_SMALL_SIZE,
			   .color = paints[mark->badge].ink,
			   .halo = mark->badge <= FDAR_BADGE_LOUD ? ground : FDAR_COLOR_NONE,
			   .align = FDAR_ALIGN_MIDDLE },
	};

	fdar_scene_add(seq->scene, &pill);
}

char *fdar_seq_note_words(const struct fdar_story_step *step)
{
	g_autofree char *key = fdar_label_clean(step->name);
	g_autofree char *value = fdar_label_clean(step->text);
	g_autofree char *count = fdar_label_count(step->count);

	return step->count > 1 ? g_strdup_printf("%s: %s (the first of %s)", key, value, count)
			       : g_strdup_printf("%s: %s", key, value);
}

char *fdar_seq_handoff_words(const struct fdar_story_step *step, gboolean brief)
{
	g_autofree char *waited = fdar_label_duration(step->duration_ns);
	g_autofree char *count = fdar_label_count(step->count);
	const char *queue = step->name[0] ? step->name : "hand-off";
	GString *text = g_string_new(NULL);

	g_string_assign(text, queue);
	if (!brief)
		g_string_append_printf(text, " · 0x%" G_GINT64_MODIFIER "x", step->object);
	if (step->count > 1)
		g_string_append_printf(text, " ×%s", count);
	if (step->lane_to == FDAR_STORY_NONE)
		g_string_append_printf(text, " · never taken, after %s", waited);
	else
		g_string_append_printf(text, " · %s in the queue", waited);
	return g_string_free(text, FALSE);
}
