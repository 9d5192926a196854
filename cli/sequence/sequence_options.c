#include "cli/sequence/sequence_options.h"

#include <string.h>

#include "cli/kit/command.h"
#include "cli/kit/save.h"

#define DEFAULT_OUTPUT "sequence.svg"
#define REVIEW_STEPS   14

/* What the options say, before it is made sense of. */
struct texts {
	char *baseline;
	char *session;
	char *baseline_session;
	char *output;
	char *dot;
	char *focus;
	char *min_share;
	char *hide_below;
	char *dot_unit;
	char *theme;
	char *format;
	char *label;
	char *baseline_label;
	char *thread;
	char *asked;
	char *reader;
	char *symbols[2];
	char *rules;
	int max_steps;
	int depth;
	int dots;
};

static void texts_clear(struct texts *texts)
{
	g_free(texts->baseline);
	g_free(texts->session);
	g_free(texts->baseline_session);
	g_free(texts->output);
	g_free(texts->dot);
	g_free(texts->focus);
	g_free(texts->min_share);
	g_free(texts->hide_below);
	g_free(texts->dot_unit);
	g_free(texts->theme);
	g_free(texts->format);
	g_free(texts->label);
	g_free(texts->baseline_label);
	g_free(texts->thread);
	g_free(texts->asked);
	g_free(texts->reader);
	g_free(texts->rules);
	g_free(texts->symbols[0]);
	g_free(texts->symbols[1]);
}

static gboolean parse_options(const struct fdar_usage *usage, int *argc, char ***argv,
			      struct texts *t, int *code)
{
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &t->output,
		  "Where it goes; default " DEFAULT_OUTPUT ", of other formats -, standard output; "
		  "its ending says the format: .svg, .txt, .mmd, .puml or .json",
		  "FILE" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &t->format,
		  "svg (default), text, mermaid, plantuml or json", "FORMAT" },
		{ "baseline", 'b', 0, G_OPTION_ARG_FILENAME, &t->baseline,
		  "A recording to compare TRACE with", "TRACE" },
		{ "session", 's', 0, G_OPTION_ARG_STRING, &t->session, "Which session of TRACE",
		  "SESSION" },
		{ "baseline-session", 0, 0, G_OPTION_ARG_STRING, &t->baseline_session,
		  "Which session of the baseline", "SESSION" },
		{ "label", 0, 0, G_OPTION_ARG_STRING, &t->label,
		  "Only sessions with this label, on both sides", "LABEL" },
		{ "baseline-label", 0, 0, G_OPTION_ARG_STRING, &t->baseline_label,
		  "Another label for the baseline", "LABEL" },
		{ "request", 0, 0, G_OPTION_ARG_STRING, &t->asked,
		  "A request instead of a session: one that has TEXT in what it asks for", "TEXT" },
		{ "thread", 0, 0, G_OPTION_ARG_STRING, &t->thread,
		  "A thread instead of a session: its name or number", "THREAD" },
		{ "focus", 'f', 0, G_OPTION_ARG_STRING, &t->focus,
		  "A function that is marked and never left out; default: the one that the "
		  "comparison names, else the costliest",
		  "FUNCTION" },
		{ "for", 0, 0, G_OPTION_ARG_STRING, &t->reader,
		  "review: 14 steps, 900 pixels wide, callers between left out; or desk (default)",
		  "READER" },
		{ "max-steps", 'n', 0, G_OPTION_ARG_INT, &t->max_steps,
		  "Show so many steps, the longest; default 60", "N" },
		{ "hide-below", 0, 0, G_OPTION_ARG_STRING, &t->hide_below,
		  "Leave shorter steps out, e.g. 20us", "TIME" },
		{ "min-share", 0, 0, G_OPTION_ARG_STRING, &t->min_share,
		  "Leave steps out that are less of their session's time, e.g. 1%", "PERCENT" },
		{ "depth", 'd', 0, G_OPTION_ARG_INT, &t->depth, "Leave deeper calls out", "N" },
		{ "dot-unit", 0, 0, G_OPTION_ARG_STRING, &t->dot_unit,
		  "The time that a dot stands for; default 500us", "TIME" },
		{ "dots", 0, 0, G_OPTION_ARG_INT, &t->dots,
		  "Write more dots than this as a number; default 4", "N" },
		{ "theme", 0, 0, G_OPTION_ARG_STRING, &t->theme,
		  "auto (light, and dark where the reader's system is), light or dark", "THEME" },
		{ "save-dot", 0, 0, G_OPTION_ARG_FILENAME, &t->dot,
		  "Save the graph of the picture too, for graphviz: neato -n2", "FILE" },
		FDAR_OPTION_RULES(&t->rules),
		FDAR_OPTION_SYMBOLS(&t->symbols[1]),
		FDAR_OPTION_BASELINE_SYMBOLS(&t->symbols[0]),
		G_OPTION_ENTRY_NULL,
	};

	return fdar_options_parse(usage, entries, argc, argv, code);
}

/* A session's name: a word, a key (0x...), or else an address. */
static gboolean take_session(const char *text, unsigned side, struct fdar_sequence_request *r)
{
	gboolean pair = r->count > 1;

	if (!text || strcmp(text, "auto") == 0) {
		r->picks[side] = !pair ? FDAR_PICK_WORST : side ? FDAR_PICK_HEAVY : FDAR_PICK_ALIKE;
	} else if (strcmp(text, "worst") == 0) {
		r->picks[side] = FDAR_PICK_WORST;
	} else if (strcmp(text, "median") == 0) {
		r->picks[side] = FDAR_PICK_MEDIAN;
	} else if (g_str_has_prefix(text, "0x")) {
		r->picks[side] = FDAR_PICK_KEY;
		return g_ascii_string_to_unsigned(text + 2, 16, 0, G_MAXUINT64, &r->keys[side],
						  NULL);
	} else {
		r->picks[side] = FDAR_PICK_PEER;
		r->peers[side] = g_strdup(text);
	}
	return text == NULL || text[0] != '\0';
}

static gboolean take_share(const char *text, double *share)
{
	char *end;
	double percent = g_ascii_strtod(text, &end);

	*share = percent / 100;
	return end != text && (*end == '\0' || strcmp(end, "%") == 0) && percent >= 0 &&
	       percent <= 100;
}

static gboolean take_format(const struct texts *t, struct fdar_sequence_request *r)
{
	static const char *const names[] = { "svg", "text", "mermaid", "plantuml", "json" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		r->format = (enum fdar_sequence_format)i;
		if (strcmp(t->format ? t->format : "svg", names[i]) == 0)
			return TRUE;
	}
	return FALSE;
}

void fdar_sequence_request_review(struct fdar_sequence_request *request)
{
	request->picture.narrow = request->story.brief = TRUE;
	if (request->story.max_steps == 0)
		request->story.max_steps = REVIEW_STEPS;
}

/* For whom it is: how much of it. */
static gboolean take_reader(const char *text, struct fdar_sequence_request *r)
{
	gboolean review = g_strcmp0(text, "review") == 0;

	if (review)
		fdar_sequence_request_review(r);
	return review || !text || strcmp(text, "desk") == 0;
}

/* NULL when they go together. */
static const char *check_selection(const struct texts *t)
{
	if (t->thread && (t->asked || t->label || t->session || t->baseline))
		return "--thread is of one recording, and stands for --session, --label and "
		       "--request";
	if (t->baseline_label && !t->baseline)
		return "--baseline-label needs --baseline";
	return NULL;
}

/* NULL when all is well, else what is wrong. */
static char *take_texts(const struct texts *t, struct fdar_sequence_request *r)
{
	unsigned subject = r->count - 1;

	if (!take_session(t->session, subject, r)) {
		return g_strdup_printf(
			"--session: \"%s\": expected auto, worst, median, an address or a "
			"key (0x...)",
			t->session);
	}
	if (r->count > 1 && !take_session(t->baseline_session, 0, r)) {
		return g_strdup_printf(
			"--baseline-session: \"%s\": expected auto, worst, median, an "
			"address or a key (0x...)",
			t->baseline_session);
	}
	if (t->baseline_session && r->count < 2)
		return g_strdup("--baseline-session needs --baseline");
	if (t->hide_below && !fdar_parse_fine_duration(t->hide_below, &r->story.hide_below_ns)) {
		return g_strdup_printf(
			"--hide-below: \"%s\": expected a time with its unit, e.g. 20us",
			t->hide_below);
	}
	if (t->min_share && !take_share(t->min_share, &r->story.min_share)) {
		return g_strdup_printf("--min-share: \"%s\": expected a percentage, e.g. 1%%",
				       t->min_share);
	}
	if (t->dot_unit && (!fdar_parse_fine_duration(t->dot_unit, &r->picture.dot_unit_ns) ||
			    r->picture.dot_unit_ns == 0)) {
		return g_strdup_printf(
			"--dot-unit: \"%s\": expected a time above 0 with its unit, e.g. 500us",
			t->dot_unit);
	}
	if (!fdar_theme_parse(t->theme, &r->picture.theme))
		return g_strdup_printf("--theme: \"%s\": expected auto, light or dark", t->theme);
	r->story.max_steps = (uint32_t)t->max_steps;
	r->story.max_depth = (uint32_t)t->depth;
	r->picture.dots = (unsigned)t->dots;
	if (check_selection(t))
		return g_strdup(check_selection(t));
	if (!take_format(t, r))
		return g_strdup_printf(
			"--format: \"%s\": expected svg, text, mermaid, plantuml or json",
			t->format);
	if (t->dot && r->format != FDAR_SEQUENCE_SVG)
		return g_strdup("--save-dot is of the picture: only with --format svg");
	if (!take_reader(t->reader, r))
		return g_strdup_printf("--for: \"%s\": expected review or desk", t->reader);
	return NULL;
}

static int check_ending(const struct fdar_usage *usage, struct texts *t)
{
	static const struct fdar_save_ending endings[] = {
		{ "svg", "svg" },       { "txt", "text" },  { "mmd", "mermaid" },
		{ "puml", "plantuml" }, { "json", "json" }, { NULL, NULL },
	};

	return fdar_save_check_ending(usage, t->output, endings, &t->format);
}

static int check_outputs(const struct fdar_usage *usage, const struct fdar_sequence_request *r)
{
	const char *const inputs[] = { r->paths[0], r->count > 1 ? r->paths[1] : NULL, NULL };
	int code = fdar_save_check_file(usage, r->output, inputs);

	return code == FDAR_EXIT_OK ? fdar_save_check_file(usage, r->dot, inputs) : code;
}

gboolean fdar_sequence_request_parse(const struct fdar_usage *usage, int argc, char **argv,
				     struct fdar_sequence_request *r, int *code)
{
	struct texts t = { 0 };
	g_autofree char *wrong = NULL;

	if (!parse_options(usage, &argc, &argv, &t, code) ||
	    (*code = check_ending(usage, &t)) != FDAR_EXIT_OK) {
		texts_clear(&t);
		return FALSE;
	}
	r->count = t.baseline ? 2 : 1;
	wrong = take_texts(&t, r); /* told before what is missing */
	if (!wrong && argc != 2)
		wrong = argc < 2 ? g_strdup("expected a recording or trace")
				 : g_strdup_printf("expected one recording or trace, and \"%s\" is "
						   "another; compare with --baseline",
						   argv[2]);
	if (!wrong) {
		r->paths[r->count - 1] = g_strdup(argv[1]);
		r->paths[0] = t.baseline ? g_steal_pointer(&t.baseline) : r->paths[0];
		r->output =
			t.output ? g_steal_pointer(&t.output)
				 : g_strdup(r->format == FDAR_SEQUENCE_SVG ? DEFAULT_OUTPUT : "-");
		r->dot = g_steal_pointer(&t.dot);
		r->focus = g_steal_pointer(&t.focus);
		r->rules = g_steal_pointer(&t.rules);
		r->thread = g_steal_pointer(&t.thread);
		r->listings[0] = g_steal_pointer(&t.symbols[0]);
		r->listings[1] = g_steal_pointer(&t.symbols[1]);
		r->asked = g_steal_pointer(&t.asked);
		r->labels[0] =
			g_strdup(r->count > 1 && t.baseline_label ? t.baseline_label : t.label);
		r->labels[1] = g_steal_pointer(&t.label);
	}
	texts_clear(&t);
	*code = wrong ? fdar_usage_error(usage, "%s", wrong) : check_outputs(usage, r);
	return *code == FDAR_EXIT_OK;
}

void fdar_sequence_request_clear(struct fdar_sequence_request *r)
{
	g_free(r->paths[0]);
	g_free(r->paths[1]);
	g_free(r->peers[0]);
	g_free(r->peers[1]);
	g_free(r->output);
	g_free(r->dot);
	g_free(r->focus);
	g_free(r->thread);
	g_free(r->rules);
	g_free(r->listings[0]);
	g_free(r->listings[1]);
	g_free(r->asked);
	g_free(r->labels[0]);
	g_free(r->labels[1]);
}
