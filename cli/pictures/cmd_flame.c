/* flowdar flame: where the time went, as a flame graph. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "cli/flame/flame_input.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/save.h"
#include "viz/bars/bars.h"
#include "viz/flame/flame.h"

static const struct fdar_usage_values values[] = {
	{ "side", "subject baseline", FALSE },
	{ "form", "boxes waits tree", FALSE },
	{ "by", "call sample", FALSE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "width", 300, 20000, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.values = values,
	.command = "flame",
	.synopsis = "[OPTIONS] RECORDING",
	.description =
		"Draws the call paths of a recording as a flame graph, callers above callees: a "
		"box is as wide as\n"
		"the time per session that was spent in the function and all it called, waits and "
		"queues included.\n"
		"With --baseline the boxes are coloured by what changed: orange for own time that "
		"grew, blue for\n"
		"own time that shrank, violet for call paths that are new. --side baseline draws "
		"the other side, with\n"
		"what is gone. Both sides are per session, so that more sessions are not wider.\n"
		"Of one recording the colour deepens with a function's own time.\n"
		"Samples (record --sample) are drawn where no functions were recorded, or with "
		"--by "
		"sample: as wide\n"
		"as the processor time per session that they stand for.\n"
		"--form waits draws what sessions wait for as bars, of one recording or two; "
		"--form "
		"tree the call paths\n"
		"whose own time changed most, with their callers and how sessions spread.\n",
	.examples = "  flowdar flame attack.rec -o attack.svg\n"
		    "  flowdar flame --baseline usual.rec attack.rec -o diff.svg\n"
		    "  flowdar flame --baseline usual.rec attack.rec --form tree -o tree.svg\n",
};

struct texts {
	char *output;
	char *baseline;
	char *label;
	char *unit;
	char *side;
	char *form;
	char *rules;
	char *symbols[2]; /* of the baseline, and of the recording */
	char *by;
	int width;
};

static void texts_clear(struct texts *texts)
{
	g_free(texts->output);
	g_free(texts->baseline);
	g_free(texts->label);
	g_free(texts->unit);
	g_free(texts->side);
	g_free(texts->form);
	g_free(texts->rules);
	g_free(texts->symbols[0]);
	g_free(texts->symbols[1]);
	g_free(texts->by);
}

static gboolean is_form(const struct texts *texts, const char *form)
{
	return strcmp(texts->form ? texts->form : "boxes", form) == 0;
}

/* NULL and error. */
static GString *picture(const struct texts *texts, const struct fdar_flame_request *request,
			enum fdar_flame_side side, char **heading, GError **error)
{
	g_autoptr(fdar_flame_tree) tree = NULL;
	struct fdar_flame_options boxes = { .width = texts->width };
	struct fdar_bars_options bars = { .width = texts->width };

	if (is_form(texts, "tree"))
		return fdar_flame_request_paths(request, texts->width, heading, error);
	tree = fdar_flame_request_read(request, heading, error);
	boxes.title = bars.title = *heading;
	if (!tree)
		return NULL;
	return is_form(texts, "waits") ? fdar_waits_svg(tree, &bars)
				       : fdar_flame_svg(tree, side, &boxes);
}

static int draw(const struct texts *texts, const struct fdar_flame_request *request,
		enum fdar_flame_side side)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *heading = NULL;

	if (!fdar_save_text(texts->output, picture(texts, request, side, &heading, &error),
			    &error)) {
		gboolean stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

		fdar_failure(&usage, g_steal_pointer(&error));
		return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
	}
	if (strcmp(texts->output, "-") != 0)
		printf("%s\ndrawn: %s\n", heading, texts->output);
	return FDAR_EXIT_OK;
}

static gboolean by_parse(const char *text, enum fdar_flame_by *by)
{
	*by = !text                         ? FDAR_FLAME_EITHER
	      : strcmp(text, "sample") == 0 ? FDAR_FLAME_SAMPLES
					    : FDAR_FLAME_CALLS;
	return !text || strcmp(text, "sample") == 0 || strcmp(text, "call") == 0;
}

static int check(struct texts *texts, int argc, char **argv, struct fdar_flame_request *request,
		 enum fdar_flame_side *side)
{
	int code = fdar_usage_one_recording(&usage, argc, argv, "; the other goes with --baseline");

	if (code != FDAR_EXIT_OK)
		return code;
	if (!fdar_unit_parse(texts->unit, &request->unit))
		return fdar_usage_error(&usage, "--unit %s: expected session or request",
					texts->unit);
	if (texts->side && strcmp(texts->side, "subject") != 0 &&
	    strcmp(texts->side, "baseline") != 0)
		return fdar_usage_error(&usage, "--side %s: expected subject or baseline",
					texts->side);
	*side = g_strcmp0(texts->side, "baseline") == 0 ? FDAR_FLAME_BASELINE : FDAR_FLAME_SUBJECT;
	if (*side == FDAR_FLAME_BASELINE && !texts->baseline)
		return fdar_usage_error(&usage, "--side baseline: there is no --baseline");
	if (!is_form(texts, "boxes") && !is_form(texts, "waits") && !is_form(texts, "tree"))
		return fdar_usage_error(&usage, "--form %s: expected boxes, waits or tree",
					texts->form);
	if (is_form(texts, "tree") && !texts->baseline)
		return fdar_usage_error(&usage, "--form tree: there is no --baseline");
	if (!by_parse(texts->by, &request->by))
		return fdar_usage_error(&usage, "--by %s: expected call or sample", texts->by);
	if (!is_form(texts, "boxes")) {
		if (request->by == FDAR_FLAME_SAMPLES)
			return fdar_usage_error(&usage,
						"--form %s: samples are drawn as boxes only",
						texts->form);
		request->by = FDAR_FLAME_CALLS;
	}
	if (texts->label && !texts->baseline)
		return fdar_usage_error(&usage, "--label: only with --baseline");
	if (!texts->output)
		texts->output = g_strdup("flame.svg");
	request->path = argv[1];
	request->baseline = texts->baseline;
	request->label = texts->label;
	request->rules = texts->rules;
	request->listings[0] = texts->symbols[0];
	request->listings[1] = texts->symbols[1];
	request->unit_is_open = !texts->unit;
	code = fdar_save_check_file(&usage, texts->output,
				    (const char *const[]){ argv[1], texts->baseline, NULL });

	return code == FDAR_EXIT_OK ? fdar_save_check_svg(&usage, texts->output) : code;
}

int fdar_cmd_flame(int argc, char **argv)
{
	struct texts texts = { 0 };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &texts.output,
		  "Where to write the SVG (default flame.svg; - is standard output)", "FILE" },
		{ "baseline", 0, 0, G_OPTION_ARG_FILENAME, &texts.baseline,
		  "Colour by what changed against this recording", "RECORDING" },
		{ "side", 0, 0, G_OPTION_ARG_STRING, &texts.side,
		  "Whose widths: subject (default) or baseline", "SIDE" },
		{ "form", 0, 0, G_OPTION_ARG_STRING, &texts.form,
		  "boxes (the flame graph, default), waits or tree", "FORM" },
		{ "by", 0, 0, G_OPTION_ARG_STRING, &texts.by,
		  "call, or sample of a recording made with --sample (default: sample where no "
		  "functions were recorded)",
		  "WHAT" },
		{ "label", 0, 0, G_OPTION_ARG_STRING, &texts.label,
		  "Only the sessions with this label, on both sides", "LABEL" },
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &texts.unit,
		  "Per session (default) or per request", "UNIT" },
		{ "width", 0, 0, G_OPTION_ARG_INT, &texts.width,
		  "Width of the picture in points (default 1180)", "N" },
		FDAR_OPTION_RULES(&texts.rules),
		FDAR_OPTION_SYMBOLS(&texts.symbols[1]),
		FDAR_OPTION_BASELINE_SYMBOLS(&texts.symbols[0]),
		G_OPTION_ENTRY_NULL,
	};
	struct fdar_flame_request request = { .usage = &usage, .stop = fdar_interrupt_catch() };
	enum fdar_flame_side side = FDAR_FLAME_SUBJECT;
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		code = check(&texts, argc, argv, &request, &side);
		if (code == FDAR_EXIT_OK)
			code = draw(&texts, &request, side);
	}
	texts_clear(&texts);
	return code;
}
