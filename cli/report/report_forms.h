/*
 * The forms of `flowdar report`: HTML for people, others for pull requests and CI.
 */
#ifndef FDAR_CLI_REPORT_REPORT_FORMS_H
#define FDAR_CLI_REPORT_REPORT_FORMS_H

#include <glib.h>

#include "cli/kit/options.h"
#include "viz/report/report.h"

enum fdar_report_form {
	FDAR_REPORT_HTML,
	FDAR_REPORT_MARKDOWN,
	FDAR_REPORT_JUNIT,
	FDAR_REPORT_SARIF,
	FDAR_REPORT_JSON
};

#define FDAR_REPORT_FORMS "html md junit sarif json"

/* One of these words, NULL is html. FALSE when it is none. */
gboolean fdar_report_form_parse(const char *text, enum fdar_report_form *form);

/* Where it goes when nobody says: "report.html", ... */
const char *fdar_report_form_output(enum fdar_report_form form);

/* Whether the file's name is one of the form (its word, a string of its own, or NULL: the name says it). An exit
 * code as of fdar_save_check_ending. */
int fdar_report_form_check_output(const struct fdar_usage *usage, const char *output, char **form);

/* Whether the report's pictures are of use: they are files beside Markdown, which standard output has not. */
gboolean fdar_report_form_has_pictures(enum fdar_report_form form, const char *output);

/* Writes it, pictures first; output "-" is standard output. limits: of --fail-on, for JUnit; NULL-terminated or
 * NULL. FALSE and error. */
gboolean fdar_report_form_save(enum fdar_report_form form, const struct fdar_report *report,
			       const char *output, char *const *limits, GError **error);

#endif
