/* flowdar sequence: what one session did, or two of them side by side, as a sequence diagram. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/save.h"
#include "cli/sequence/sequence_options.h"
#include "cli/sequence/sequence_page.h"
#include "cli/kit/table.h"
#include "cli/kit/terminal.h"
#include "viz/plain/plain.h"
#include "viz/svg/graph.h"
#include "viz/svg/svg.h"
#include "cli/kit/cells.h"

#define COLUMNS     100u /* where nobody knows how wide the terminal is */
#define COLUMNS_MAX 160u /* wider ones are not filled */

static const struct fdar_usage_values values[] = {
	{ "format", "svg text mermaid plantuml json", FALSE },
	{ "theme", "auto light dark", FALSE },
	{ "session", "auto worst median", TRUE },
	{ "baseline-session", "auto worst median", TRUE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage_range ranges[] = {
	{ "max-steps", 1, 100000, FALSE },
	{ "depth", 1, 100000, FALSE },
	{ "dots", 1, 100000, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.values = values,
	.command = "sequence",
	.synopsis = "[OPTIONS] TRACE",
	.description =
		"Draws what one session of a recording did: which threads worked for it, what they "
		"called, how long\n"
		"that took and what it waited for. Calls that repeat are folded, small ones are "
		"left "
		"out and counted.\n"
		"With --baseline two sessions stand side by side, row by row, with the ratio of "
		"their times.\n"
		"\n"
		"--label and --request choose among the sessions, or requests; --thread is for "
		"traces that have\n"
		"neither: all that one thread did.\n"
		"\n"
		"--format text is the diagram for a terminal; mermaid and plantuml are for what "
		"renders "
		"these, of two\n"
		"sessions the second with its ratios; json has all of it.\n"
		"\n"
		"SESSION is auto (the default), worst, median, a client's address (with or without "
		"port), or a\n"
		"session's key (0x...). worst and median go by the time inside the focus when "
		"there is one, else by\n"
		"how long the session was open. auto is worst for one recording; of two, of the "
		"subject a typical\n"
		"one of those that cost more than the mean, and the median of those in the "
		"baseline that call the\n"
		"same functions, or most nearly so.\n",
	.examples = "  flowdar sequence attack.rec\n"
		    "  flowdar sequence attack.rec --format text\n"
		    "  flowdar sequence lttng-traces/cyg-profile --thread worker-0\n"
		    "  flowdar sequence --baseline usual.rec attack.rec -o attack.svg\n"
		    "  flowdar sequence --session 127.1.0.7 --focus ap_regexec --max-steps 200 "
		    "attack.rec\n",
};

/* The graph goes first: when the picture is there, all is. */
static gboolean save_page(struct fdar_sequence_page *page, GError **error)
{
	const struct fdar_sequence_request *r = page->request;
	g_autoptr(fdar_scene) scene = fdar_sequence_page_draw(page);

	if (r->dot) {
		g_autofree char *dot = fdar_graph_to_dot(scene, error);

		if (!dot || !fdar_save(r->dot, dot, strlen(dot), error))
			return FALSE;
	}
	return fdar_save_text(r->output, fdar_svg_render(scene), error);
}

static GString *write_text(struct fdar_sequence_page *page, GError **error)
{
	const struct fdar_sequence_request *r = page->request;
	gsize columns = strcmp(r->output, "-") == 0 ? fdar_terminal_width(stdout) : 0;
	struct fdar_sequence sequence;

	fdar_sequence_page_compose(page, &sequence);
	switch (r->format) {
	case FDAR_SEQUENCE_MERMAID:
		return fdar_plain_mermaid(&sequence, &r->picture, error);
	case FDAR_SEQUENCE_PLANTUML:
		return fdar_plain_plantuml(&sequence, &r->picture);
	case FDAR_SEQUENCE_JSON:
		return fdar_plain_json(&sequence);
	default:
		return fdar_plain_text(&sequence, &r->picture,
				       columns ? (unsigned)MIN(columns, COLUMNS_MAX) : COLUMNS);
	}
}

static gboolean save(struct fdar_sequence_page *page, GError **error)
{
	if (page->request->format == FDAR_SEQUENCE_SVG)
		return save_page(page, error);
	return fdar_save_text(page->request->output, write_text(page, error), error);
}

static void report(const struct fdar_sequence_page *page)
{
	const struct fdar_sequence_request *r = page->request;

	for (guint i = 0; i + 1 < page->warnings->len; i++)
		fdar_warning(&usage, "%s", (const char *)page->warnings->pdata[i]);
	if (r->focus && g_strcmp0(r->focus, page->set->focus) != 0)
		fdar_warning(&usage, "no call of %s in the session shown%s%s", r->focus,
			     page->set->focus ? "; marked instead: " : "",
			     page->set->focus ? page->set->focus : "");
	if (strcmp(r->output, "-") == 0)
		return;
	fdar_print_line("%s", page->heading);
	for (unsigned s = 0; s < r->count; s++) {
		const struct fdar_story *story = page->set->stories[s];
		g_autofree char *calls = fdar_format_count(story->calls);

		fdar_print_line("%s: %s%s, %s calls in %u steps", r->paths[s],
				r->thread ? "" : "session ", story->peer, calls, story->step_count);
	}
	fdar_print_line("drawn: %s", r->output);
}

int fdar_cmd_sequence(int argc, char **argv)
{
	struct fdar_sequence_request request = { 0 };
	struct fdar_sequence_page page = { .request = &request, .usage = &usage };
	GError *error = NULL;
	int code = FDAR_EXIT_OK;

	if (fdar_sequence_request_parse(&usage, argc, argv, &request, &code)) {
		page.warnings = g_ptr_array_new_with_free_func(g_free);
		page.focus = g_strdup(request.focus);
		page.stop = fdar_interrupt_catch();
		if (fdar_sequence_page_make(&page, &error) && save(&page, &error)) {
			report(&page);
		} else if (*page.stop) {
			code = FDAR_EXIT_INTERRUPTED;
			g_error_free(error);
		} else {
			code = fdar_failure(&usage, error);
		}
		fdar_sequence_page_clear(&page);
	}
	fdar_sequence_request_clear(&request);
	return code;
}
