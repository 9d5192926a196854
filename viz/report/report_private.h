/* What the files of the report share: writing HTML, and the parts of the page in their order. */
#ifndef FDAR_VIZ_REPORT_REPORT_PRIVATE_H
#define FDAR_VIZ_REPORT_REPORT_PRIVATE_H

#include "viz/report/report.h"

/* Put in when the program is built (embed.cmake): report.css and report.js. */
extern const char fdar_report_css[];
extern const char fdar_report_js[];

/* Clean and escaped, for elements and quoted attributes. NULL gives nothing. */
void fdar_html_text(GString *out, const char *text);

/* The same of a sentence: its units are those of the tables. */
void fdar_html_words(GString *out, const char *words);

/* A printf of markup: its arguments are numbers and constants of ours. The program never leaves C's
 * locale for numbers, so they have points. */
void fdar_html_format(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A cell of numbers: what people read, and the value that a script sorts by. */
void fdar_html_number(GString *out, const char *text, double value);

/* A duration as such a cell. */
void fdar_html_duration(GString *out, double ns);

void fdar_report_functions(GString *out, const struct fdar_report *report);
void fdar_report_paths(GString *out, const struct fdar_report *report);
void fdar_report_sessions(GString *out, const struct fdar_report *report);

/* What sessions had the system do, of recordings that tell of I/O. */
gboolean fdar_report_has_syscalls(const struct fdar_report *report);
void fdar_report_syscalls(GString *out, const struct fdar_report *report);

/* The functions of one recording alone. */
void fdar_report_alone(GString *out, const struct fdar_report *report);

/* How long sessions took, and how long clients waited, as SVGs on a logarithmic axis. */
gboolean fdar_report_has_distribution(const struct fdar_report *report);
void fdar_report_distribution(GString *out, const struct fdar_report *report);

#endif
