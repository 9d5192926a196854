/*
 * The report for machines and for what shows text: Markdown, JUnit, SARIF, JSON.
 *
 * Place in the house: beside viz/report, out of the same struct. Two recordings were compared: diff is
 * not NULL. All texts are hostile; each form has an escape of its own. docs/report.md says what is in each,
 * docs/formats/report.md has the JSON. The caller frees each result (g_string_free).
 */
#ifndef FDAR_VIZ_SUMMARY_SUMMARY_H
#define FDAR_VIZ_SUMMARY_SUMMARY_H

#include <glib.h>

#include "viz/report/report.h"

#define FDAR_SUMMARY_ROWS \
	12u /* functions in Markdown; other forms have those that matter to them */

/* Something that was to hold. */
struct fdar_summary_check {
	const char *name; /* "ratio>2" */
	double value;     /* what was found */
	gboolean failed;
};

/* GitHub's Markdown: for a pull request or $GITHUB_STEP_SUMMARY. files: the name of each picture's file, in a
 * folder with the text; NULL: there are none. */
GString *fdar_summary_markdown(const struct fdar_report *report, const char *const *files);

/* A test case for the verdict, skipped where it is refused or of low confidence, and one for each check. */
GString *fdar_summary_junit(const struct fdar_report *report,
			    const struct fdar_summary_check *checks, gsize count);

/* SARIF 2.1.0: the verdict's function, and the others that stand out, each at its line. folder: what is below
 * it is named relative to it; NULL: nothing is. */
GString *fdar_summary_sarif(const struct fdar_report *report, const char *folder);

GString *fdar_summary_json(const struct fdar_report *report);

#endif
