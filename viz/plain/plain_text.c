#include <string.h>

#include "base/show.h"
#include "viz/plain/plain.h"
#include "viz/plain/plain_step.h"
#include "viz/scene/label.h"

#define AFTER_COLUMNS 9u
#define DOTS_COLUMNS  9u
#define TIME_COLUMNS  9u
#define RATIO_COLUMNS 10u  /* "not again" */
#define WIDE_COLUMNS  100u /* from here on a level of calls is two columns */
#define DEEP_MOST     12u  /* deeper ones are not moved in further */

struct page {
	const struct fdar_sequence *sequence;
	const struct fdar_sequence_options *options;
	GString *out;
	unsigned columns;
	unsigned name_columns;
	const struct fdar_story_lane *lane; /* of the last step; NULL: none yet */
};

/* Columns of a terminal that a clean text takes. */
static unsigned width_of(const char *text)
{
	unsigned width = 0;

	for (; *text; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
	}
	return width;
}

/* No wider than columns, cut in the middle. */
static char *fit(const char *text, unsigned columns)
{
	g_autofree char *clean = fdar_show(text);
	unsigned most = columns;
	char *cut = fdar_label_middle_cut(clean, most);

	while (width_of(cut) > columns && most > 1) {
		g_free(cut);
		cut = fdar_label_middle_cut(clean, --most);
	}
	return cut;
}

static void pad(GString *out, unsigned columns)
{
	while (columns--)
		g_string_append_c(out, ' ');
}

static void put_left(GString *out, const char *text, unsigned columns)
{
	unsigned width = width_of(text);

	g_string_append(out, text);
	pad(out, width < columns ? columns - width : 0);
}

static void put_right(GString *out, const char *text, unsigned columns)
{
	unsigned width = width_of(text);

	pad(out, width < columns ? columns - width : 0);
	g_string_append(out, text);
}

static void end_line(GString *out)
{
	while (out->len && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
	g_string_append_c(out, '\n');
}

/* Words that may be longer than a line. */
static void put_wrapped(const struct page *page, const char *text)
{
	g_autofree char *clean = fdar_show(text);
	g_auto(GStrv) words = g_strsplit(clean, " ", -1);
	unsigned at = 0;

	for (char **word = words; *word; word++) {
		g_autofree char *shown = fit(*word, page->columns);
		unsigned width = width_of(shown);

		if (at && at + 1 + width > page->columns) {
			g_string_append_c(page->out, '\n');
			at = 0;
		}
		g_string_append_printf(page->out, "%s%s", at ? " " : "", shown);
		at += width + (at ? 1 : 0);
	}
	g_string_append_c(page->out, '\n');
}

static void put_head(const struct page *page)
{
	const struct fdar_sequence *sequence = page->sequence;

	g_autofree char *heading = fdar_label_units(sequence->heading ? sequence->heading : "");

	put_wrapped(page, heading);
	if (sequence->subheading)
		put_wrapped(page, sequence->subheading);
	for (const char *const *w = sequence->warnings; w && *w; w++) {
		g_autofree char *line = g_strconcat("warning: ", *w, NULL);

		put_wrapped(page, line);
	}
	for (unsigned s = 0; s < sequence->side_count; s++) {
		const struct fdar_sequence_side *side = &sequence->sides[s];
		g_autofree char *session = plain_session(side->story);
		g_autofree char *line =
			g_strdup_printf("%s%s%s%s%s: %s", side->role ? side->role : "",
					side->role ? ": " : "", side->source,
					!*side->story->peer ? ""
					: g_str_has_prefix(side->story->peer, "thread ")
						? ", "
						: ", session ",
					side->story->peer, session);

		put_wrapped(page, line);
	}
	g_string_append_c(page->out, '\n');
}

static void put_columns(const struct page *page)
{
	GString *out = page->out;

	put_right(out, "after", AFTER_COLUMNS);
	pad(out, 2);
	put_left(out, "call", page->name_columns);
	if (page->sequence->side_count > 1) {
		put_right(out, "baseline", TIME_COLUMNS);
		put_right(out, "subject", DOTS_COLUMNS + TIME_COLUMNS);
		put_right(out, "ratio", RATIO_COLUMNS);
	} else {
		put_right(out, "time", DOTS_COLUMNS + TIME_COLUMNS);
	}
	end_line(out);
}

/* A line that says who works from here on. */
static void put_thread(struct page *page, const struct fdar_story_lane *lane)
{
	g_autofree char *name = NULL;
	unsigned width;

	/* Of two sides, threads that do the same have the same name. */
	if (page->lane && strcmp(page->lane->thread, lane->thread) == 0 &&
	    (page->lane->tid == lane->tid || page->sequence->side_count > 1))
		return;
	name = fit(lane->thread, page->columns - 8);
	width = width_of(name) + 4;
	g_string_append_printf(page->out, "── %s ", name);
	for (; width < page->columns; width++)
		g_string_append(page->out, "─");
	g_string_append_c(page->out, '\n');
}

static const char *thread_of(const struct fdar_story *story, uint32_t lane)
{
	return lane == FDAR_STORY_NONE ? "?" : story->lanes[lane].thread;
}

/* What the step is, without its figures. */
static char *name_of(const struct fdar_story *story, uint32_t index)
{
	const struct fdar_story_step *step = &story->steps[index];
	uint32_t caller = plain_caller(story, index);
	const char *component =
		step->lane == FDAR_STORY_NONE ? "" : story->lanes[step->lane].component;
	const char *around =
		caller == FDAR_STORY_NONE || story->steps[caller].lane == FDAR_STORY_NONE
			? story->lanes[0].component
			: story->lanes[story->steps[caller].lane].component;
	gboolean other = *component && strcmp(component, around) != 0;
	g_autofree char *count = fdar_label_count(step->count);

	switch (step->kind) {
	case FDAR_STORY_LOOP:
		return g_strdup_printf("%s times:", count);
	case FDAR_STORY_IDLE:
		return g_strdup("(no thread works for it)");
	case FDAR_STORY_NOTE:
		return g_strdup_printf("“%s: %s”", step->name, step->text);
	case FDAR_STORY_HANDOFF:
		return g_strdup_printf("▸ %s: %s → %s", step->name, thread_of(story, step->lane),
				       step->lane_to == FDAR_STORY_NONE
					       ? "nobody"
					       : thread_of(story, step->lane_to));
	default:
		return g_strdup_printf("%s%s%s%s%s%s", step->name, other ? " (" : "",
				       other ? component : "", other ? ")" : "",
				       step->count > 1 ? " ×" : "", step->count > 1 ? count : "");
	}
}

static void put_figures(const struct page *page, const struct fdar_story_step *base,
			const struct fdar_story_step *last)
{
	GString *out = page->out;
	const struct fdar_story_step *step = last ? last : base;

	if (page->sequence->side_count > 1) {
		g_autofree char *time =
			base ? fdar_label_duration(base->duration_ns) : g_strdup("");

		put_right(out, time, TIME_COLUMNS);
	}
	g_autofree char *dots = last ? plain_dots(page->options, last) : g_strdup("");
	g_autofree char *time = last ? fdar_label_duration(last->duration_ns) : g_strdup("");
	put_right(out, dots, DOTS_COLUMNS);
	put_right(out, time, TIME_COLUMNS);
	if (page->sequence->side_count > 1) {
		g_autofree char *ratio = plain_ratio(base, last);

		put_right(out, ratio, RATIO_COLUMNS);
	}
	if (step->unfinished && page->sequence->side_count < 2)
		g_string_append(out, " open");
}

static void put_step(struct page *page, uint32_t row)
{
	const struct fdar_sequence *sequence = page->sequence;
	struct fdar_story_row steps = plain_row(sequence, row);
	unsigned last_side = sequence->side_count - 1;
	unsigned side = steps.step[last_side] == FDAR_STORY_NONE ? 0 : last_side;
	const struct fdar_story *story = sequence->sides[side].story;
	const struct fdar_story_step *step = &story->steps[steps.step[side]];
	const struct fdar_story_step *last = side == last_side ? step : NULL;
	unsigned deep = MIN(step->depth, DEEP_MOST) * (page->columns >= WIDE_COLUMNS ? 2 : 1);
	g_autofree char *after =
		!last && sequence->side_count > 1 ? g_strdup("") : plain_after(step);
	g_autofree char *name = name_of(story, steps.step[side]);
	g_autofree char *shown = NULL;
	g_autofree char *recursion = plain_recursion(step);

	if (step->lane != FDAR_STORY_NONE && step->kind != FDAR_STORY_HANDOFF) {
		put_thread(page, &story->lanes[step->lane]);
		page->lane = &story->lanes[step->lane];
	}
	put_right(page->out, after, AFTER_COLUMNS);
	g_string_append(page->out, step->is_focus ? " >" : "  ");
	pad(page->out, deep);
	if (step->kind == FDAR_STORY_NOTE) {
		shown = fit(name, page->columns - AFTER_COLUMNS - 2 - deep);
		g_string_append(page->out, shown);
		end_line(page->out);
		return;
	}
	shown = fit(name, page->name_columns - deep - 1);
	put_left(page->out, shown, page->name_columns - deep);
	put_figures(page, plain_partner(sequence, row), last);
	end_line(page->out);
	if (recursion) {
		pad(page->out, AFTER_COLUMNS + 3 + deep);
		g_string_append_printf(page->out, "(%s)\n", recursion);
	}
}

static void put_legend(const struct page *page)
{
	uint64_t unit =
		page->options->dot_unit_ns ? page->options->dot_unit_ns : FDAR_SEQUENCE_DOT_NS;
	g_autofree char *dot = fdar_label_duration(unit);
	g_autofree char *line = g_strdup_printf(
		"● %s running, ○ waiting; ×N calls folded into one, whose times are sums; "
		"> what it is about",
		dot);

	g_string_append_c(page->out, '\n');
	put_wrapped(page, line);
	for (unsigned s = 0; s < page->sequence->side_count; s++) {
		const struct fdar_sequence_side *side = &page->sequence->sides[s];
		g_autofree char *calls = fdar_label_count(side->story->hidden_calls);
		g_autofree char *time = fdar_label_duration(side->story->hidden_ns);
		g_autofree char *hidden =
			g_strdup_printf("%s%s%s calls are not shown: %s of their own",
					side->role ? side->role : "", side->role ? ": " : "", calls,
					time);

		if (side->story->hidden_calls)
			put_wrapped(page, hidden);
	}
}

GString *fdar_plain_text(const struct fdar_sequence *sequence,
			 const struct fdar_sequence_options *options, unsigned columns)
{
	struct page page = { .sequence = sequence,
			     .options = options,
			     .out = g_string_new(NULL),
			     .columns = MAX(columns, FDAR_PLAIN_COLUMNS_MIN) };
	unsigned figures = DOTS_COLUMNS + TIME_COLUMNS;

	figures += sequence->side_count > 1 ? TIME_COLUMNS + RATIO_COLUMNS : 5;
	page.name_columns = page.columns - AFTER_COLUMNS - 2 - figures;
	put_head(&page);
	put_columns(&page);
	for (uint32_t row = 0; row < plain_row_count(sequence); row++)
		put_step(&page, row);
	put_legend(&page);
	return page.out;
}
