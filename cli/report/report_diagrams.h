/*
 * A small sequence diagram of each of the slowest sessions of a report.
 */
#ifndef FDAR_CLI_REPORT_REPORT_DIAGRAMS_H
#define FDAR_CLI_REPORT_REPORT_DIAGRAMS_H

#include "cli/report/report_input.h"
#include "cli/sequence/sequence_page.h"

/* Of all of a side: what is told of costs time, call by call, and the page stays under 2 MB. */
#define FDAR_REPORT_DIAGRAM_CALLS 1000000u
#define FDAR_REPORT_DIAGRAM_BYTES (450u << 10)

/* Has the slowest sessions of a side told while the page is made, the first of them whatever it costs. */
void fdar_report_diagrams_want(struct fdar_sequence_page *page, unsigned side,
			       const struct fdar_report_slowest *slowest, enum fdar_unit unit);

/* After that: gives the sessions that were seen their diagrams, as long as there is room. Frees the trees. */
void fdar_report_diagrams_draw(struct fdar_sequence_page *page, unsigned side,
			       const struct fdar_report_slowest *slowest);

#endif
