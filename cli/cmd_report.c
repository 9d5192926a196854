/* flowdar report: one HTML file with the verdict, what stands behind it, and the pictures. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "cli/diff/diff_sides.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/save.h"
#include "cli/diff/fail_on.h"
#include "cli/report/report_forms.h"
#include "cli/report/report_input.h"
#include "cli/sequence/sequence_page.h"
#include "viz/flame/flame.h"
#include "viz/report/report.h"
#include "viz/svg/svg.h"

#define PICTURES    3
#define FLAME_WIDTH 1140.0 /* fits the page without scrolling */

static const struct fdar_usage_values values[] = {
	{ "format", FDAR_REPORT_FORMS, FALSE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage usage = {
	.command = "report",
	.synopsis = "BASELINE SUBJECT [-o FILE]",
	.description =
		"Writes one HTML file for a review: the verdict and how sure it is, what was run, "
		"the functions\n"
		"ranked by their share of the added time, how long sessions took, flame graphs of "
		"both sides, one\n"
		"session of each side by side, the slowest sessions, and the commands to see it "
		"again.\n"
		"\n"
		"The file needs no network and no other file; it can be mailed and kept. Tables "
		"sort and filter,\n"
		"flame graphs zoom and search; what is shown is kept in the address, so that a "
		"link opens the same\n"
		"place. Without script all of it is still there.\n"
		"\n"
		"--format md is for a pull request, with the pictures beside it, or on standard "
		"output without them;\n"
		"junit, sarif (at the culprit's source line) and json are for CI and other "
		"programs.\n",
	.values = values,
	.examples = "  flowdar report usual.rec attack.rec -o report.html\n"
		    "  flowdar report usual.rec attack.rec --format md -o - >> "
		    "\"$GITHUB_STEP_SUMMARY\"\n"
		    "  flowdar report mixed.rec mixed.rec --baseline-label usual --label attack\n",
};

struct texts {
	char *output;
	char *label;
	char *baseline_label;
	char *unit;
	char *format;
	char **limits; /* of --fail-on */
};

/* All that the document is made from. */
struct making {
	const struct texts *texts;
	const char *paths[2];
	enum fdar_unit unit;
	enum fdar_report_form form;
	const volatile int *stop;
	struct fdar_diff_sides sides;
	struct fdar_diff *diff;
	struct fdar_report_slowest slowest[2];
	GString *pictures[PICTURES];
	char *names[2];
};

static gboolean compare(struct making *making, GError **error)
{
	char *paths[2][2] = { { (char *)making->paths[0], NULL },
			      { (char *)making->paths[1], NULL } };
	struct fdar_diff_side_input inputs[2];
	struct fdar_diff_options options = { .label = making->texts->label,
					     .baseline_label = making->texts->baseline_label };

	for (unsigned i = 0; i < 2; i++) {
		fdar_report_slowest_init(&making->slowest[i], i);
		inputs[i] = (struct fdar_diff_side_input){
			.input = { .usage = &usage,
				   .unit = making->unit,
				   .stop = making->stop,
				   .session = fdar_report_slowest_take,
				   .session_user = &making->slowest[i] },
			.paths = paths[i],
		};
		making->names[i] = g_path_get_basename(making->paths[i]);
	}
	if (!fdar_diff_sides_read(inputs, &making->sides, error))
		return FALSE;
	fdar_diff_sides_options(&making->sides, &options);
	making->diff = fdar_diff_new(fdar_diff_side(&making->sides, 0),
				     fdar_diff_side(&making->sides, 1), &options, error);
	return making->diff != NULL;
}

static void draw_flames(struct making *making)
{
	g_autoptr(fdar_flame_tree) tree = fdar_flame_tree_of_diff(making->diff);
	const struct fdar_flame_options subject = { .title = "Subject",
						    .id = "subject",
						    .width = FLAME_WIDTH };
	const struct fdar_flame_options baseline = { .title = "Baseline",
						     .id = "baseline",
						     .width = FLAME_WIDTH };

	making->pictures[0] = fdar_flame_svg(tree, FDAR_FLAME_SUBJECT, &subject);
	making->pictures[1] = fdar_flame_svg(tree, FDAR_FLAME_BASELINE, &baseline);
}

/* One session of each side. Where none can be told, the report has one picture less. */
static void draw_sequence(struct making *making)
{
	struct fdar_sequence_request request = { .count = 2 };
	struct fdar_sequence_page page = { .request = &request, .stop = making->stop };
	g_autoptr(GError) error = NULL;

	for (unsigned i = 0; i < 2; i++)
		request.paths[i] = (char *)making->paths[i];
	page.warnings = g_ptr_array_new_with_free_func(g_free);
	page.heading = g_strdup(making->diff->verdict.sentence);
	page.focus = g_strdup(making->diff->verdict.function);
	if (fdar_sequence_page_make(&page, &error)) {
		g_autoptr(fdar_scene) scene = fdar_sequence_page_draw(&page);

		making->pictures[2] = fdar_svg_render(scene, &error);
	}
	if (error && !*making->stop)
		fdar_warning(&usage, "no sequence diagram: %s", error->message);
	fdar_sequence_page_clear(&page);
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct fdar_report_session *x = a, *y = b;

	return x->busy_ns < y->busy_ns   ? 1
	       : x->busy_ns > y->busy_ns ? -1
					 : strcmp(x->peer, y->peer);
}

static GArray *all_sessions(const struct making *making)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct fdar_report_session));

	for (unsigned i = 0; i < 2; i++) {
		const GArray *of = making->slowest[i].sessions;

		g_array_append_vals(all, of->data, of->len);
	}
	g_array_sort(all, by_time);
	return all;
}

static const struct fdar_histogram *busy_of(const struct fdar_profile *flat)
{
	const struct fdar_profile_group *group = fdar_profile_group(flat, FDAR_PROFILE_ALL);

	return group ? &group->busy_ns : NULL;
}

static gboolean save(struct making *making, const struct fdar_report *report, GError **error)
{
	return fdar_report_form_save(making->form, report, making->texts->output,
				     making->texts->limits, error);
}

/* NULL: it was not drawn. */
static const char *svg_of(const struct making *making, unsigned picture)
{
	return making->pictures[picture] ? making->pictures[picture]->str : NULL;
}

static gboolean write_report(struct making *making, GError **error)
{
	g_autoptr(fdar_profile) baseline = fdar_profile_flatten(fdar_diff_side(&making->sides, 0));
	g_autoptr(fdar_profile) subject = fdar_profile_flatten(fdar_diff_side(&making->sides, 1));
	GStringChunk *texts = g_string_chunk_new(1024);
	g_autoptr(GArray) facts = fdar_report_facts(making->paths, texts);
	g_autoptr(GArray) sessions = all_sessions(making);
	g_autofree char *command =
		g_strdup_printf("flowdar diff %s %s", making->paths[0], making->paths[1]);
	g_autofree char *picture =
		g_strdup_printf("flowdar sequence --baseline %s %s -o sequence.svg",
				making->paths[0], making->paths[1]);
	g_autofree char *flame = g_strdup_printf("flowdar flame --baseline %s %s -o flame.svg",
						 making->paths[0], making->paths[1]);
	const char *const commands[] = { command, picture, flame, NULL };
	const struct fdar_report_picture pictures[PICTURES] = {
		{ "flame-subject", "Where the time went: subject", NULL, svg_of(making, 0), TRUE },
		{ "flame-baseline", "Where the time went: baseline", NULL, svg_of(making, 1),
		  TRUE },
		{ "sequence", "One session of each side",
		  "Time goes down, a red dot is 500 µs of one call, ratios are subject against "
		  "baseline.",
		  svg_of(making, 2), FALSE },
	};
	const struct fdar_report report = { .title = making->diff->verdict.sentence,
					    .diff = making->diff,
					    .sides = { making->names[0], making->names[1] },
					    .busy_ns = { busy_of(baseline), busy_of(subject) },
					    .facts = (const void *)facts->data,
					    .fact_count = facts->len,
					    .sessions = (const void *)sessions->data,
					    .session_count = sessions->len,
					    .pictures = pictures,
					    .picture_count = making->pictures[2]   ? 3
							     : making->pictures[0] ? 2
										   : 0,
					    .commands = commands,
					    .generator = "flowdar " FLOWDAR_VERSION };
	gboolean fine = save(making, &report, error);

	g_string_chunk_free(texts);
	return fine;
}

static void making_clear(struct making *making)
{
	fdar_diff_sides_clear(&making->sides);
	fdar_diff_free(making->diff);
	for (unsigned i = 0; i < 2; i++) {
		if (making->slowest[i].sessions)
			fdar_report_slowest_clear(&making->slowest[i]);
		g_free(making->names[i]);
	}
	for (unsigned i = 0; i < PICTURES; i++)
		if (making->pictures[i])
			g_string_free(making->pictures[i], TRUE);
}

static int make(struct making *making)
{
	g_autoptr(GError) error = NULL;

	if (compare(making, &error)) {
		if (fdar_report_form_has_pictures(making->form, making->texts->output)) {
			draw_flames(making);
			draw_sequence(making);
		}
		if (!*making->stop && write_report(making, &error)) {
			if (strcmp(making->texts->output, "-") != 0)
				printf("%s\nwritten: %s\n", making->diff->verdict.sentence,
				       making->texts->output);
			return FDAR_EXIT_OK;
		}
	}
	if (*making->stop)
		return FDAR_EXIT_INTERRUPTED;
	return fdar_failure(&usage, g_steal_pointer(&error));
}

static int check_form(const struct texts *texts, enum fdar_report_form *form)
{
	if (!fdar_report_form_parse(texts->format, form))
		return fdar_usage_error(&usage,
					"--format %s: expected html, md, junit, sarif or json",
					texts->format);
	if (texts->limits && *form != FDAR_REPORT_JUNIT)
		return fdar_usage_error(&usage, "--fail-on: only with --format junit");
	for (char **text = texts->limits; text && *text; text++) {
		struct fdar_fail_on parsed;

		if (!fdar_fail_on_parse(*text, &parsed))
			return fdar_usage_error(&usage,
						"--fail-on %s: expected ratio, time, unfinished or "
						"lost, > or >=, and a number",
						*text);
	}
	return FDAR_EXIT_OK;
}

int fdar_cmd_report(int argc, char **argv)
{
	struct texts texts = { 0 };
	struct making making = { .texts = &texts, .stop = fdar_interrupt_catch() };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &texts.output,
		  "Where to write it (default report.html, .md, .xml, .sarif or .json); - is "
		  "standard output",
		  "FILE" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &texts.format,
		  "html (default), md, junit, sarif or json", "FORMAT" },
		{ "fail-on", 0, 0, G_OPTION_ARG_STRING_ARRAY, &texts.limits,
		  "With junit: a test case for this limit, as in flowdar diff, e.g. 'ratio>2'",
		  "LIMIT" },
		{ "label", 0, 0, G_OPTION_ARG_STRING, &texts.label,
		  "Only the sessions with this label, on both sides", "LABEL" },
		{ "baseline-label", 0, 0, G_OPTION_ARG_STRING, &texts.baseline_label,
		  "Another label for the baseline", "LABEL" },
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &texts.unit,
		  "What is compared: session (default) or request", "UNIT" },
		G_OPTION_ENTRY_NULL,
	};
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		if (argc != 3)
			code = fdar_usage_error(&usage,
						"expected two recordings, baseline and subject");
		else if (!fdar_unit_parse(texts.unit, &making.unit))
			code = fdar_usage_error(&usage, "--unit %s: expected session or request",
						texts.unit);
		else
			code = check_form(&texts, &making.form);
		if (code == FDAR_EXIT_OK) {
			making.paths[0] = argv[1];
			making.paths[1] = argv[2];
			if (!texts.output)
				texts.output = g_strdup(fdar_report_form_output(making.form));
			code = make(&making);
			making_clear(&making);
		}
	}
	g_free(texts.output);
	g_free(texts.label);
	g_free(texts.baseline_label);
	g_free(texts.unit);
	g_free(texts.format);
	g_strfreev(texts.limits);
	return code;
}
