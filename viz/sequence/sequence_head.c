#include <string.h>

#include "viz/sequence/sequence_draw.h"

#define HEADING_SIZE    20.0
#define SUBHEADING_SIZE 12.5
#define WARNING_SIZE    12.0
#define LINE_HEIGHT     1.35
#define LINES_MAX       3u
#define FOOTER_BYTES    400u

/* As many words of text as fit into room, at least one; moves text behind them. */
static char *take_line(const char **text, enum fdar_font font, double size, double room)
{
	const char *end = *text;
	char *line = NULL;

	while (*end) {
		const char *next = strchr(end[0] == ' ' ? end + 1 : end, ' ');
		const char *stop;

		if (next && next[1] == '%') /* stays with its number */
			next = strchr(next + 1, ' ');
		stop = next ? next : end + strlen(end);
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
	double room = seq->width - 2 * seq->sizes.margin;
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
				    (struct fdar_rect){ seq->sizes.margin, y, room, height },
				    &label, g_str_equal(fit, line) ? NULL : text);
		y += height;
	}
	return y;
}

static double draw_warning(struct fdar_seq *seq, unsigned number, double y, const char *text)
{
	double room = seq->width - 2 * seq->sizes.margin;
	g_autofree char *id = g_strdup_printf("warning-%u", number);
	g_autofree char *clean = fdar_label_clean(text);
	g_autofree char *marked = g_strconcat("⚠  ", clean, NULL);
	g_autofree char *fit = fdar_label_fit(marked, FDAR_FONT_SANS, WARNING_SIZE, room - 24);
	double width = fdar_label_width(fit, FDAR_FONT_SANS, WARNING_SIZE) + 24;
	struct fdar_item box = {
		.kind = FDAR_ITEM_BOX,
		.id = id,
		.tooltip = text,
		.at = { seq->sizes.margin, y, width, 24 },
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

double fdar_seq_draw_header(struct fdar_seq *seq)
{
	const struct fdar_sequence *s = seq->sequence;
	double y = 22;
	g_autofree char *words = fdar_label_units(s->heading ? s->heading : "");
	static const struct fdar_label heading = { .font = FDAR_FONT_SANS_BOLD,
						   .size = HEADING_SIZE,
						   .color = FDAR_COLOR_INK };
	static const struct fdar_label subheading = { .font = FDAR_FONT_SANS,
						      .size = SUBHEADING_SIZE,
						      .color = FDAR_COLOR_MUTED };
	struct fdar_item rule = { .kind = FDAR_ITEM_BOX,
				  .id = "header-rule",
				  .fill = FDAR_COLOR_HAIRLINE };

	y = write_lines(seq, "heading", y, words, &heading) + 2;
	y = write_lines(seq, "subheading", y, s->subheading ? s->subheading : "", &subheading);
	y += 6;
	for (unsigned i = 0; s->warnings && s->warnings[i]; i++)
		y = draw_warning(seq, i, y, s->warnings[i]);
	y = fdar_seq_draw_legend(seq, y) + 8;
	rule.at = (struct fdar_rect){ seq->sizes.margin, y, seq->width - 2 * seq->sizes.margin, 1 };
	fdar_scene_add(seq->scene, &rule);
	return y + 14;
}

/* Once each, as many as there is room for. */
static char *cut_names(const struct fdar_seq *seq)
{
	g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);
	GString *text = g_string_new(NULL);

	for (unsigned p = 0; p < seq->panel_count; p++) {
		for (uint32_t i = 0; i < seq->panels[p].story->step_count; i++) {
			const struct fdar_story_step *step = &seq->panels[p].story->steps[i];
			const char *shown = seq->panels[p].places[i].name;
			const char *own = shown && step->elided ? shown + strlen("… ") : shown;

			if (!fdar_seq_has_bar(step) || !own || !strstr(own, "…") ||
			    strstr(step->name, "…") || text->len > FOOTER_BYTES ||
			    strlen(step->name) > FOOTER_BYTES ||
			    !g_hash_table_add(said, (gpointer)step->name))
				continue;
			g_string_append_printf(text, "%s%s",
					       text->len ? ", " : "Names in full: ", step->name);
		}
	}
	return g_string_free(text, FALSE);
}

double fdar_seq_draw_footer(struct fdar_seq *seq, double y)
{
	static const struct fdar_label style = { .font = FDAR_FONT_SANS,
						 .size = FDAR_SEQ_SMALL_SIZE,
						 .color = FDAR_COLOR_MUTED };
	g_autofree char *names = cut_names(seq);

	return names[0] ? write_lines(seq, "cut-names", y, names, &style) : y;
}
