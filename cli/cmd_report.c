/* flowdar report: one HTML file with the verdict, what stands behind it, and the pictures. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "cli/diff/diff_compare.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/kit/paths.h"
#include "cli/kit/save.h"
#include "cli/diff/fail_on.h"
#include "cli/report/report_again.h"
#include "cli/report/report_forms.h"
#include "cli/report/report_input.h"
#include "cli/report/report_pictures.h"
#include "viz/report/report.h"

static const struct fdar_usage_values values[] = {
	{ "format", FDAR_REPORT_FORMS, FALSE },
	{ NULL, NULL, FALSE },
};

static const struct fdar_usage usage = {
	.command = "report",
	.synopsis = "[BASELINE] SUBJECT [-o FILE]",
	.description =
		"Writes one HTML file for a review: the verdict and how sure it is, what was run, "
		"the functions\n"
		"ranked by their share of the added time, how long sessions took and clients "
		"waited, flame graphs,\n"
		"one session of each side by side, what threads did and handed to each other, "
		"waits, the slowest\n"
		"sessions, and the commands to see it again. Of one recording alone it says what "
		"costs most; --baseline\n"
		"and --subject, more than once, compare several runs of each.\n"
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
		"programs. These forms are of a verdict: they need two recordings.\n",
	.values = values,
	.examples = "  flowdar report usual.rec attack.rec -o report.html\n"
		    "  flowdar report attack.rec -o attack.html\n"
		    "  flowdar report --baseline a1 --baseline a2 --subject b1 --subject b2\n"
		    "  flowdar report usual.rec attack.rec --format md -o - >> "
		    "\"$GITHUB_STEP_SUMMARY\"\n"
		    "  flowdar report mixed.rec mixed.rec --baseline-label usual --label attack\n",
};

struct texts {
	char *output;
	char *label;
	char *baseline_label;
	char *unit;
	char **runs[2]; /* of --baseline and --subject; NULL: none */
	char *format;
	char **limits; /* of --fail-on */
	char *rules;
	char *symbols[2];
};

/* All that the document is made from. */
struct making {
	const struct texts *texts;
	char **runs[2]; /* paths of each side; NULL-terminated */
	unsigned count; /* of sides */
	enum fdar_unit unit;
	enum fdar_report_form form;
	const volatile int *stop;
	struct fdar_diff_compared compared;
	const struct fdar_diff *diff; /* its own; NULL: of one recording alone */
	struct fdar_profile *flat[2]; /* of the sessions with each side's label */
	struct fdar_report_slowest slowest[2];
	struct fdar_histogram latency_ns[2];
	struct fdar_syscalls *syscalls[2];
	GArray *pictures;
	GPtrArray *svgs;
	GStringChunk *kept;
	guint64 drawn_ns[2];
	char *names[2];
	char *heading;
};

static void svg_free(gpointer svg)
{
	g_string_free(svg, TRUE);
}

static char *name_of(char **runs)
{
	g_autofree char *first = fdar_path_name(runs[0]);

	return runs[1] ? g_strdup_printf("%s and %u more", first, g_strv_length(runs) - 1)
		       : g_steal_pointer(&first);
}

/* The sides are read once more, by request. */
static void forget(void *user)
{
	struct making *making = user;

	for (unsigned i = 0; i < making->count; i++)
		fdar_report_slowest_forget(&making->slowest[i]);
}

static gboolean compare(struct making *making, struct fdar_profile_input inputs[2], GError **error)
{
	struct fdar_diff_compared *compared = &making->compared;
	struct fdar_diff_side_input sides[2] = {
		{ .input = inputs[0], .paths = making->runs[0] },
		{ .input = inputs[1], .paths = making->runs[1] },
	};

	compared->unit = making->unit;
	compared->unit_is_open = !making->texts->unit;
	compared->again = forget;
	compared->user = making;
	if (!fdar_diff_compare(sides, compared, error))
		return FALSE;
	making->unit = compared->unit;
	making->diff = compared->diff;
	for (unsigned i = 0; i < 2; i++)
		making->flat[i] = fdar_profile_of_label(fdar_diff_side(&compared->sides, (int)i),
							compared->labels[i]);
	return TRUE;
}

/* Of each side; of one recording there is none. */
static void set_labels(struct making *making)
{
	const struct texts *texts = making->texts;

	making->compared.labels[0] = texts->baseline_label ? texts->baseline_label : texts->label;
	making->compared.labels[1] = texts->label;
}

static gboolean read_all(struct making *making, GError **error)
{
	struct fdar_profile_input inputs[2];

	making->pictures = g_array_new(FALSE, FALSE, sizeof(struct fdar_report_picture));
	making->svgs = g_ptr_array_new_with_free_func(svg_free);
	making->kept = g_string_chunk_new(4096);
	set_labels(making);
	for (unsigned i = 0; i < making->count; i++) {
		const char *label = making->compared.labels[i];

		fdar_report_slowest_init(&making->slowest[i], i, label);
		making->names[i] = name_of(making->runs[i]);
		for (char **path = making->runs[i]; *path; path++)
			fdar_report_latency(*path, label, &making->latency_ns[i]);
		inputs[i] = (struct fdar_profile_input){
			.usage = &usage,
			.listing = fdar_profile_input_listing((const char *const *)
								      making->texts->symbols,
							      making->count > 1 ? i : 1),
			.rules = making->texts->rules,
			.unit = making->unit,
			.stop = making->stop,
			.session = fdar_report_slowest_take,
			.session_user = &making->slowest[i]
		};
	}
	if (making->count > 1)
		return compare(making, inputs, error);
	inputs[0].path = making->runs[0][0];
	g_autoptr(fdar_profile) profile = fdar_profile_input_read(&inputs[0], error);

	making->flat[0] = profile ? fdar_profile_flatten(profile) : NULL;
	return profile != NULL;
}

static void draw(struct making *making)
{
	const struct fdar_report_drawing drawing = {
		.usage = &usage,
		.paths = { making->runs[0][0], making->count > 1 ? making->runs[1][0] : NULL },
		.sides = making->count,
		.diff = making->diff,
		.profiles = { making->flat[0], making->flat[1] },
		.slowest = { &making->slowest[0], &making->slowest[1] },
		.listings = { making->texts->symbols[0], making->texts->symbols[1] },
		.rules = making->texts->rules,
		.labels = { making->compared.labels[0], making->compared.labels[1] },
		.by_samples = making->compared.by_samples,
		.unit = making->unit,
		.stop = making->stop,
		.review = making->form == FDAR_REPORT_MARKDOWN,
		.several = making->runs[0][1] || (making->count > 1 && making->runs[1][1]),
	};

	fdar_report_draw(&drawing, making->pictures, making->svgs, making->kept, making->drawn_ns,
			 &making->heading);
	for (unsigned i = 0; making->form == FDAR_REPORT_HTML && i < making->count; i++)
		making->syscalls[i] =
			fdar_report_syscalls_of(making->runs[i], making->compared.labels[i],
						making->unit, making->stop);
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

	for (unsigned i = 0; i < making->count; i++) {
		const GArray *of = making->slowest[i].sessions;

		g_array_append_vals(all, of->data, of->len);
	}
	g_array_sort(all, by_time);
	return all;
}

static const struct fdar_histogram *busy_of(const struct fdar_profile *flat)
{
	const struct fdar_profile_group *group =
		flat ? fdar_profile_group(flat, FDAR_PROFILE_ALL) : NULL;

	return group ? &group->busy_ns : NULL;
}

static gboolean save(struct making *making, const struct fdar_report *report, GError **error)
{
	return fdar_report_form_save(making->form, report, making->texts->output,
				     making->texts->limits, error);
}

/* "--baseline a --baseline b --subject c", or "a c" where there is one of each. The caller frees it. */
static char *sides_words(const struct making *making, gboolean options)
{
	static const char *const names[] = { "--baseline", "--subject" };
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < making->count; i++) {
		for (char **path = making->runs[i]; *path; path++) {
			g_autofree char *quoted = g_shell_quote(*path);

			g_string_append_printf(text, "%s%s%s%s", text->len ? " " : "",
					       options ? names[i] : "", options ? " " : "", quoted);
		}
	}
	return g_string_free(text, FALSE);
}

/* How to see it again. */
static GPtrArray *commands_of(const struct making *making)
{
	GPtrArray *commands = g_ptr_array_new_with_free_func(g_free);
	gboolean several = making->runs[0][1] || (making->count > 1 && making->runs[1][1]);
	g_autofree char *words = sides_words(making, several);
	g_autofree char *last = g_shell_quote(making->runs[making->count - 1][0]);
	g_autofree char *first = g_shell_quote(making->runs[0][0]);
	g_autofree char *baseline =
		making->count > 1 ? g_strdup_printf("--baseline %s ", first) : g_strdup("");

	g_ptr_array_add(commands, g_strdup_printf("flowdar %s %s",
						  making->count > 1 ? "diff" : "analyze", words));
	g_ptr_array_add(commands,
			g_strdup_printf("flowdar sequence %s%s -o sequence.svg", baseline, last));
	g_ptr_array_add(commands,
			g_strdup_printf("flowdar flame %s%s -o flame.svg", baseline, last));
	g_ptr_array_add(commands, g_strdup_printf("flowdar timeline %s -o timeline.svg", last));
	g_ptr_array_add(commands, g_strdup_printf("flowdar report %s", words));
	for (unsigned i = 0; i < making->count; i++) {
		struct fdar_recording_info info = { 0 };

		fdar_recording_info_load(making->runs[i][0], &info, NULL);
		fdar_report_again(commands, making->runs[i][0], &info);
		fdar_recording_info_clear(&info);
	}
	g_ptr_array_add(commands, NULL);
	return commands;
}

static gboolean write_report(struct making *making, GError **error)
{
	const char *const paths[2] = { making->runs[0][0],
				       making->count > 1 ? making->runs[1][0] : NULL };
	g_autoptr(GArray) facts = fdar_report_facts(paths, making->diff, making->kept);
	g_autoptr(GArray) sessions = all_sessions(making);
	g_autoptr(GPtrArray) commands = commands_of(making);
	const struct fdar_report report = {
		.title = making->diff      ? making->diff->verdict.sentence
			 : making->heading ? making->heading
					   : making->names[0],
		.diff = making->diff,
		.profile = making->diff ? NULL : making->flat[0],
		.sides = { making->names[0], making->names[1] },
		.busy_ns = { busy_of(making->flat[0]), busy_of(making->flat[1]) },
		.drawn_ns = { making->drawn_ns[0], making->drawn_ns[1] },
		.latency_ns = { &making->latency_ns[0], &making->latency_ns[1] },
		.syscalls = { making->syscalls[0], making->syscalls[1] },
		.facts = (const void *)facts->data,
		.fact_count = facts->len,
		.sessions = (const void *)sessions->data,
		.session_count = sessions->len,
		.pictures = (const void *)making->pictures->data,
		.picture_count = making->pictures->len,
		.commands = (const char *const *)commands->pdata,
		.generator = "flowdar " FLOWDAR_VERSION
	};

	if (!save(making, &report, error))
		return FALSE;
	if (strcmp(making->texts->output, "-") != 0)
		printf("%s\nwritten: %s\n", report.title, making->texts->output);
	return TRUE;
}

static void making_clear(struct making *making)
{
	fdar_diff_compared_clear(&making->compared);
	for (unsigned i = 0; i < 2; i++) {
		if (making->slowest[i].sessions)
			fdar_report_slowest_clear(&making->slowest[i]);
		fdar_profile_free(making->flat[i]);
		fdar_histogram_clear(&making->latency_ns[i]);
		fdar_syscalls_free(making->syscalls[i]);
		g_strfreev(making->runs[i]);
		g_free(making->names[i]);
	}
	g_clear_pointer(&making->pictures, g_array_unref);
	g_clear_pointer(&making->svgs, g_ptr_array_unref);
	g_clear_pointer(&making->kept, g_string_chunk_free);
	g_free(making->heading);
}

static int make(struct making *making)
{
	g_autoptr(GError) error = NULL;

	if (read_all(making, &error)) {
		if (fdar_report_form_has_pictures(making->form, making->texts->output))
			draw(making);
		if (!*making->stop && write_report(making, &error))
			return FDAR_EXIT_OK;
	}
	if (*making->stop)
		return FDAR_EXIT_INTERRUPTED;
	return fdar_failure(&usage, g_steal_pointer(&error));
}

/* sides: how many recordings or sets of runs there are. */
static int check_form(struct texts *texts, unsigned sides, enum fdar_report_form *form)
{
	int code = fdar_report_form_check_output(&usage, texts->output, &texts->format);

	if (code != FDAR_EXIT_OK)
		return code;
	if (!fdar_report_form_parse(texts->format, form))
		return fdar_usage_error(&usage,
					"--format %s: expected html, md, junit, sarif or json",
					texts->format);
	if (sides < 2 && *form != FDAR_REPORT_HTML)
		return fdar_usage_error(&usage,
					"--format %s: only where two recordings are compared",
					texts->format);
	if (texts->limits && *form != FDAR_REPORT_JUNIT)
		return fdar_usage_error(&usage, "--fail-on: only with --format junit");
	return FDAR_EXIT_OK;
}

/* Told before what is missing. */
static int check_limits(const struct texts *texts)
{
	for (char **text = texts->limits; text && *text; text++) {
		struct fdar_fail_on parsed;

		if (!fdar_fail_on_parse(*text, &parsed))
			return fdar_usage_error(&usage, "--fail-on %s: " FDAR_FAIL_ON_EXPECTED,
						*text);
	}
	return FDAR_EXIT_OK;
}

static void texts_clear(struct texts *texts)
{
	g_free(texts->output);
	g_free(texts->label);
	g_free(texts->baseline_label);
	g_free(texts->unit);
	g_free(texts->format);
	g_strfreev(texts->limits);
	g_strfreev(texts->runs[0]);
	g_strfreev(texts->runs[1]);
	g_free(texts->rules);
	g_free(texts->symbols[0]);
	g_free(texts->symbols[1]);
}

/* Which recordings: one, two, or the runs of both sides. */
static int take_paths(struct making *making, struct texts *texts, int argc, char **argv)
{
	gboolean named = texts->runs[0] || texts->runs[1];

	if (named && (argc > 1 || !texts->runs[0] || !texts->runs[1]))
		return fdar_usage_error(&usage, "--baseline and --subject go together, and with no "
						"other recordings");
	if (!named && (argc < 2 || argc > 3))
		return fdar_usage_error(&usage,
					"expected one recording, or two: baseline and subject");
	if (!named && argc == 2 && (texts->label || texts->baseline_label))
		return fdar_usage_error(&usage, "--label: only where two recordings are compared");
	making->count = named || argc == 3 ? 2 : 1;
	for (unsigned i = 0; i < making->count; i++) {
		char *one[] = { named ? NULL : argv[i + 1], NULL };

		making->runs[i] = g_strdupv(named ? texts->runs[i] : one);
	}
	return FDAR_EXIT_OK;
}

int fdar_cmd_report(int argc, char **argv)
{
	struct texts texts = { 0 };
	struct making making = { .texts = &texts, .stop = fdar_interrupt_catch() };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &texts.output,
		  "Where to write it (default report.html, .md, .xml, .sarif or .json: the ending "
		  "says the format); - is standard output",
		  "FILE" },
		{ "format", 0, 0, G_OPTION_ARG_STRING, &texts.format,
		  "html (default); of two recordings also md, junit, sarif or json", "FORMAT" },
		{ "fail-on", 0, 0, G_OPTION_ARG_STRING_ARRAY, &texts.limits,
		  "With junit: a test case for this limit, as in flowdar diff, e.g. 'ratio>2'",
		  "LIMIT" },
		{ "label", 0, 0, G_OPTION_ARG_STRING, &texts.label,
		  "Only the sessions with this label, on both sides", "LABEL" },
		{ "baseline-label", 0, 0, G_OPTION_ARG_STRING, &texts.baseline_label,
		  "Another label for the baseline", "LABEL" },
		{ "unit", 0, 0, G_OPTION_ARG_STRING, &texts.unit,
		  "What is compared: session (default) or request", "UNIT" },
		{ "baseline", 'b', 0, G_OPTION_ARG_FILENAME_ARRAY, &texts.runs[0],
		  "A run of the baseline; more than once: several", "RECORDING" },
		{ "subject", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &texts.runs[1],
		  "A run of the subject, likewise", "RECORDING" },
		FDAR_OPTION_RULES(&texts.rules),
		FDAR_OPTION_SYMBOLS(&texts.symbols[1]),
		FDAR_OPTION_BASELINE_SYMBOLS(&texts.symbols[0]),
		G_OPTION_ENTRY_NULL,
	};
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		code = check_limits(&texts);
		if (code == FDAR_EXIT_OK)
			code = take_paths(&making, &texts, argc, argv);
		if (code == FDAR_EXIT_OK && !fdar_unit_parse(texts.unit, &making.unit))
			code = fdar_usage_error(&usage, "--unit %s: expected session or request",
						texts.unit);
		if (code == FDAR_EXIT_OK)
			code = check_form(&texts, making.count, &making.form);
		if (code == FDAR_EXIT_OK) {
			if (!texts.output)
				texts.output = g_strdup(fdar_report_form_output(making.form));
			for (unsigned i = 0; code == FDAR_EXIT_OK && i < making.count; i++)
				code = fdar_save_check_file(&usage, texts.output,
							    (const char *const *)making.runs[i]);
			if (code == FDAR_EXIT_OK)
				code = make(&making);
		}
		making_clear(&making);
	}
	texts_clear(&texts);
	return code;
}
