#include "cli/report/report_forms.h"

#include <string.h>

#include "cli/diff/fail_on.h"
#include "cli/kit/save.h"
#include "viz/summary/summary.h"

static const struct {
	const char *name;
	const char *output;
} forms[] = {
	[FDAR_REPORT_HTML] = { "html", "report.html" },
	[FDAR_REPORT_MARKDOWN] = { "md", "report.md" },
	[FDAR_REPORT_JUNIT] = { "junit", "report.xml" },
	[FDAR_REPORT_SARIF] = { "sarif", "report.sarif" },
	[FDAR_REPORT_JSON] = { "json", "report.json" },
};

gboolean fdar_report_form_parse(const char *text, enum fdar_report_form *form)
{
	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		*form = (enum fdar_report_form)i;
		if (strcmp(text ? text : "html", forms[i].name) == 0)
			return TRUE;
	}
	return FALSE;
}

const char *fdar_report_form_output(enum fdar_report_form form)
{
	return forms[form].output;
}

int fdar_report_form_check_output(const struct fdar_usage *usage, const char *output, char **form)
{
	static const struct fdar_save_ending endings[] = { { "html", "html" },   { "htm", "html" },
							   { "md", "md" },       { "xml", "junit" },
							   { "sarif", "sarif" }, { "json", "json" },
							   { NULL, NULL } };

	return fdar_save_check_ending(usage, output, endings, form);
}

gboolean fdar_report_form_has_pictures(enum fdar_report_form form, const char *output)
{
	return form == FDAR_REPORT_HTML ||
	       (form == FDAR_REPORT_MARKDOWN && strcmp(output, "-") != 0);
}

/* "out/report-flame-subject.svg" beside "out/report.md". */
static char *picture_path(const char *output, const char *id)
{
	const char *name = strrchr(output, '/'), *dot = strrchr(output, '.');
	gsize length = dot && (!name || dot > name + 1) && dot != output ? (gsize)(dot - output)
									 : strlen(output);

	return g_strdup_printf("%.*s-%s.svg", (int)length, output, id);
}

static gboolean save_markdown(const struct fdar_report *report, const char *output, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (gsize i = 0; i < report->picture_count; i++) {
		g_autofree char *path = picture_path(output, report->pictures[i].id);
		const char *svg = report->pictures[i].svg;

		g_ptr_array_add(names, g_path_get_basename(path));
		if (!fdar_save(path, svg, strlen(svg), error))
			return FALSE;
	}
	return fdar_save_text(output,
			      fdar_summary_markdown(report, (const char *const *)names->pdata),
			      error);
}

static GString *write_junit(const struct fdar_report *report, char *const *limits)
{
	g_autoptr(GArray) checks = g_array_new(FALSE, FALSE, sizeof(struct fdar_summary_check));

	for (; limits && *limits; limits++) {
		struct fdar_summary_check check = { .name = *limits };
		struct fdar_fail_on parsed;

		if (!fdar_fail_on_parse(*limits, &parsed))
			continue; /* the command has refused these */
		check.failed = fdar_fail_on_check(&parsed, report->diff, &check.value);
		g_array_append_val(checks, check);
	}
	return fdar_summary_junit(report, (const void *)checks->data, checks->len);
}

gboolean fdar_report_form_save(enum fdar_report_form form, const struct fdar_report *report,
			       const char *output, char *const *limits, GError **error)
{
	g_autofree char *folder = g_get_current_dir();

	switch (form) {
	case FDAR_REPORT_MARKDOWN:
		return save_markdown(report, output, error);
	case FDAR_REPORT_JUNIT:
		return fdar_save_text(output, write_junit(report, limits), error);
	case FDAR_REPORT_SARIF:
		return fdar_save_text(output, fdar_summary_sarif(report, folder), error);
	case FDAR_REPORT_JSON:
		return fdar_save_text(output, fdar_summary_json(report), error);
	default:
		return fdar_save_text(output, fdar_report_html(report), error);
	}
}
