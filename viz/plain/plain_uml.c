#include <string.h>

#include "base/show.h"
#include "viz/plain/plain.h"
#include "viz/plain/plain_step.h"
#include "viz/scene/label.h"

/* Mermaid (https://mermaid.js.org/syntax/sequenceDiagram.html) and PlantUML
 * (https://plantuml.com/sequence-diagram) differ in words and in what a text must not have. Lanes are p1, p2, ...;
 * p0 is the client. */
#define CLIENT    "p0"
#define TEXT_MOST 200u /* characters of one text; longer ones are cut in the middle */

struct dialect {
	void (*escape)(GString *out, const char *text);
	const char *begin;
	const char *end;
	const char *title;       /* "title %s" */
	const char *participant; /* id, text */
	const char *call;        /* from, to, text */
	const char *focus;       /* instead: a call of the function that it is about */
	const char *handoff;
	const char *answer;
	const char *note;      /* id, text */
	const char *note_wide; /* id, id, text */
};

struct page {
	const struct dialect *dialect;
	const struct fdar_sequence *sequence;
	const struct fdar_sequence_options *options;
	const struct fdar_story *story;
	const struct fdar_story_step **partners; /* of each step; NULL: none */
	gboolean pair;
	GString *out;
};

/* ---- texts ---- */

/* "#": begins Mermaid's entities, "%%" a comment, ";" and a line's end a statement; "$$" are formulas. */
static void escape_mermaid(GString *out, const char *text)
{
	static const char plain[] = " _-.,()/'=?!*+@:";
	const char *colon = g_str_has_prefix(text, "wrap:")     ? text + 4
			    : g_str_has_prefix(text, "nowrap:") ? text + 6
								: NULL;

	for (const char *c = text; *c; c++) {
		if (((guchar)*c < 0x80 && !g_ascii_isalnum(*c) && !strchr(plain, *c)) || c == colon)
			g_string_append_printf(out, "#%d;", *c);
		else
			g_string_append_c(out, *c);
	}
}

/* Of these two of a kind are creole's; all else is a tag's, a link's, the preprocessor's. */
static void escape_plantuml(GString *out, const char *text)
{
	static const char plain[] = " .,():'?!+;@", double_is_not[] = "_-/*=";

	for (const char *c = text; *c; c++) {
		gboolean fine = (guchar)*c >= 0x80 || g_ascii_isalnum(*c) || strchr(plain, *c);

		if (!fine && strchr(double_is_not, *c))
			fine = c[1] != *c && (c == text || c[-1] != *c) && c > text;
		if (fine)
			g_string_append_c(out, *c);
		else
			g_string_append_printf(out, "<U+%04X>", (unsigned)*c);
	}
}

/* Fit for the dialect; the caller frees it. */
static char *safe(const struct page *page, const char *text)
{
	g_autofree char *clean = fdar_show(text);
	g_autofree char *cut = fdar_label_middle_cut(clean, TEXT_MOST);
	GString *out = g_string_new(NULL);

	page->dialect->escape(out, cut);
	return g_string_free(out, FALSE);
}

/* ---- a line each ---- */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put(const struct page *page, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_string_append_vprintf(page->out, format, arguments);
	va_end(arguments);
	g_string_append_c(page->out, '\n');
}
#pragma GCC diagnostic pop

static void lane_id(uint32_t lane, char id[16])
{
	g_snprintf(id, 16, "p%u", lane == FDAR_STORY_NONE ? 0 : lane + 1);
}

static void put_participants(const struct page *page)
{
	put(page, page->dialect->participant, CLIENT, "client");
	for (uint32_t i = 0; i < page->story->lane_count; i++) {
		const struct fdar_story_lane *lane = &page->story->lanes[i];
		g_autofree char *name = g_strconcat(lane->thread, " · ", lane->component, NULL);
		g_autofree char *text = safe(page, name);
		char id[16];

		lane_id(i, id);
		put(page, page->dialect->participant, id, text);
	}
}

/* "match_from ×12 · ●●● 1.72 ms · calls itself 4,092×, 20 deep · 511× the baseline" */
static char *call_text(const struct page *page, uint32_t index)
{
	const struct fdar_story_step *step = &page->story->steps[index];
	g_autofree char *count = fdar_label_count(step->count);
	g_autofree char *dots = plain_dots(page->options, step);
	g_autofree char *time = plain_time(step);
	g_autofree char *recursion = plain_recursion(step);
	g_autofree char *ratio =
		page->pair ? plain_ratio(page->partners[index], step) : g_strdup("");

	return g_strdup_printf("%s%s%s · %s%s%s%s%s%s%s%s", step->name, step->count > 1 ? " ×" : "",
			       step->count > 1 ? count : "", dots, *dots ? " " : "", time,
			       recursion ? " · " : "", recursion ? recursion : "",
			       *ratio ? " · " : "", ratio,
			       g_str_has_suffix(ratio, "×") ? " the baseline" : "");
}

static void put_call(const struct page *page, uint32_t index)
{
	const struct fdar_story_step *step = &page->story->steps[index];
	uint32_t caller = plain_caller(page->story, index);
	g_autofree char *name = call_text(page, index);
	g_autofree char *text = safe(page, name);
	char from[16], to[16];

	lane_id(caller == FDAR_STORY_NONE ? step->lane : page->story->steps[caller].lane, from);
	lane_id(step->lane, to);
	put(page, step->is_focus ? page->dialect->focus : page->dialect->call, from, to, text);
	put(page, "activate %s", to);
}

static void put_handoff(const struct page *page, const struct fdar_story_step *step)
{
	g_autofree char *time = fdar_label_duration(step->duration_ns);
	gboolean taken = step->lane_to != FDAR_STORY_NONE && step->lane != FDAR_STORY_NONE;
	g_autofree char *name = g_strdup_printf("%s · %s in the queue%s", step->name, time,
						taken ? "" : ", of which one end was not seen");
	g_autofree char *text = safe(page, name);
	char from[16], to[16];

	lane_id(step->lane, from);
	lane_id(step->lane_to, to);
	if (taken)
		put(page, page->dialect->handoff, from, to, text);
	else
		put(page, page->dialect->note, step->lane == FDAR_STORY_NONE ? to : from, text);
}

static void put_note(const struct page *page, uint32_t index)
{
	const struct fdar_story_step *step = &page->story->steps[index];
	uint32_t caller = plain_caller(page->story, index);
	uint32_t lane = step->lane;
	g_autofree char *name = NULL, *text = NULL;
	char id[16], last[16];

	if (lane == FDAR_STORY_NONE && caller != FDAR_STORY_NONE)
		lane = page->story->steps[caller].lane;
	lane_id(lane, id);
	if (step->kind == FDAR_STORY_NOTE) {
		name = g_strdup_printf("%s: %s", step->name, step->text);
		text = safe(page, name);
		put(page, page->dialect->note, id, text);
		return;
	}
	g_autofree char *time = fdar_label_duration(step->duration_ns);
	name = g_strdup_printf("%s: no thread works for the session", time);
	text = safe(page, name);
	lane_id(page->story->lane_count ? page->story->lane_count - 1 : FDAR_STORY_NONE, last);
	put(page, page->dialect->note_wide, CLIENT, last, text);
}

static void begin_step(const struct page *page, uint32_t index)
{
	const struct fdar_story_step *step = &page->story->steps[index];
	g_autofree char *count = fdar_label_count(step->count);

	switch (step->kind) {
	case FDAR_STORY_LOOP:
		put(page, "loop %s times", count);
		break;
	case FDAR_STORY_HANDOFF:
		put_handoff(page, step);
		break;
	case FDAR_STORY_CALL:
	case FDAR_STORY_WAIT:
		put_call(page, index);
		break;
	default:
		put_note(page, index);
	}
}

static void end_step(const struct page *page, const struct fdar_story_step *step)
{
	char id[16];

	lane_id(step->lane, id);
	if (step->kind == FDAR_STORY_LOOP)
		put(page, "end");
	else if (step->kind == FDAR_STORY_CALL || step->kind == FDAR_STORY_WAIT)
		put(page, "deactivate %s", id);
}

static void put_steps(const struct page *page)
{
	g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (uint32_t i = 0; i <= page->story->step_count; i++) {
		while (open->len) {
			const struct fdar_story_step *outer =
				&page->story->steps[g_array_index(open, uint32_t, open->len - 1)];

			if (i < page->story->step_count && i < outer->end)
				break;
			end_step(page, outer);
			g_array_set_size(open, open->len - 1);
		}
		if (i == page->story->step_count)
			break;
		begin_step(page, i);
		g_array_append_val(open, i);
	}
}

static void put_ends(const struct page *page, gboolean begins)
{
	g_autofree char *session = plain_session(page->story);
	g_autofree char *name = begins ? g_strconcat("session ", page->story->peer, " begins", NULL)
				       : g_strconcat("session: ", session, NULL);
	g_autofree char *text = safe(page, name);

	if (!page->story->lane_count)
		return;
	if (begins)
		put(page, page->dialect->call, CLIENT, "p1", text);
	else
		put(page, page->dialect->answer, "p1", CLIENT, text);
}

static GString *write_page(const struct dialect *dialect, const struct fdar_sequence *sequence,
			   const struct fdar_sequence_options *options)
{
	struct page page = { .dialect = dialect,
			     .sequence = sequence,
			     .options = options,
			     .story = sequence->sides[sequence->side_count - 1].story,
			     .pair = sequence->side_count > 1,
			     .out = g_string_new(NULL) };
	g_autofree const struct fdar_story_step **partners =
		g_new0(const struct fdar_story_step *, page.story->step_count + 1);
	g_autofree char *heading = fdar_label_units(sequence->heading ? sequence->heading : "");
	g_autofree char *title = safe(&page, heading);

	for (uint32_t row = 0; page.pair && row < plain_row_count(sequence); row++) {
		uint32_t step = plain_row(sequence, row).step[1];

		if (step != FDAR_STORY_NONE)
			partners[step] = plain_partner(sequence, row);
	}
	page.partners = partners;
	put(&page, "%s", dialect->begin);
	/* PlantUML refuses an empty one. */
	if (*title)
		put(&page, dialect->title, title);
	put_participants(&page);
	put_ends(&page, TRUE);
	put_steps(&page);
	put_ends(&page, FALSE);
	if (dialect->end)
		put(&page, "%s", dialect->end);
	return page.out;
}

GString *fdar_plain_mermaid(const struct fdar_sequence *sequence,
			    const struct fdar_sequence_options *options, GError **error)
{
	static const struct dialect mermaid = {
		.escape = escape_mermaid,
		.begin = "sequenceDiagram",
		.title = "title %s",
		.participant = "participant %s as %s",
		.call = "%s->>%s: %s",
		.focus = "%s->>%s: ▶ %s",
		.handoff = "%s-)%s: %s",
		.answer = "%s-->>%s: %s",
		.note = "Note over %s: %s",
		.note_wide = "Note over %s,%s: %s",
	};
	uint32_t steps = sequence->sides[sequence->side_count - 1].story->step_count;
	GString *out = write_page(&mermaid, sequence, options);
	glong characters = g_utf8_strlen(out->str, (gssize)out->len);

	if (characters < FDAR_PLAIN_MERMAID_MAX && steps <= FDAR_PLAIN_MERMAID_STEPS)
		return out;
	g_set_error(error, FDAR_PLAIN_ERROR, FDAR_PLAIN_ERROR_LARGE,
		    "%u steps are %ld characters for Mermaid, which takes %u (and %u steps): fewer "
		    "with --max-steps",
		    steps, characters, FDAR_PLAIN_MERMAID_MAX, FDAR_PLAIN_MERMAID_STEPS);
	g_string_free(out, TRUE);
	return NULL;
}

GString *fdar_plain_plantuml(const struct fdar_sequence *sequence,
			     const struct fdar_sequence_options *options)
{
	static const struct dialect plantuml = {
		.escape = escape_plantuml,
		.begin = "@startuml",
		.end = "@enduml",
		.title = "title %s",
		.participant = "participant %s as \"%s\"",
		.call = "%s -> %s : %s",
		.focus = "%s -[#red]> %s : %s",
		.handoff = "%s ->> %s : %s",
		.answer = "%s --> %s : %s",
		.note = "note over %s : %s",
		.note_wide = "note over %s, %s : %s",
	};

	return write_page(&plantuml, sequence, options);
}
