/*
 * The report: one HTML file that convinces a reviewer who was not there.
 *
 * Place in the house: the top of viz/. A comparison (analyze/diff) and pictures that others drew go in, a
 * document comes out that needs no network, no server and no second file: its content security policy
 * forbids all of these, and every table and picture is there without script. The script (report.js) only
 * sorts, filters, searches and zooms; it and the style (report.css) are put into the program when it is
 * built.
 *
 * All texts are hostile: names, labels and command lines come from recordings of strangers. They are
 * cleaned (label.h) and escaped on the way in; pictures are taken as they are, from flame_svg.c and svg.h.
 */
#ifndef FDAR_VIZ_REPORT_REPORT_H
#define FDAR_VIZ_REPORT_REPORT_H

#include <glib.h>

#include "analyze/diff/diff.h"
#include "analyze/profile/profile.h"
#include "analyze/syscalls/syscalls.h"

/* A row of "what was run": the same fact of both sides. Values may be NULL. */
struct fdar_report_fact {
	const char *name;
	const char *values[2]; /* baseline, subject */
};

/* A session of the table of sessions. */
struct fdar_report_session {
	unsigned side; /* 0 baseline, 1 subject */
	char *peer;
	char *label;
	char *function; /* what took most of its time; NULL: nothing did */
	char *diagram;  /* SVG, its ids unlike all others' of the page; NULL: there is none */
	guint64 key, begin_ns, lifetime_ns, busy_ns, running_ns, calls;
	gboolean finished;
};

/* A picture: SVG, taken as it is. */
struct fdar_report_picture {
	const char *id; /* letters and digits */
	const char *title;
	const char *words; /* how to read it; NULL: nothing */
	const char *svg;
	gboolean flame; /* boxes that can be zoomed and searched */
	gboolean first; /* stands before the tables */
};

struct fdar_report {
	const char *title;
	const struct fdar_diff *diff;       /* NULL: of one recording alone, which is sides[0] */
	const struct fdar_profile *profile; /* of that one, flattened; else NULL */
	const char *sides[2];               /* what the two sides are called */
	const struct fdar_histogram *busy_ns[2]; /* of each session; NULL: not known */
	guint64 drawn_ns[2]; /* of the sessions that the diagram shows; 0: not known */
	const struct fdar_histogram
		*latency_ns[2]; /* what clients waited for answers; NULL: not known */
	const struct fdar_syscalls *syscalls[2]; /* of each side's sessions; NULL: not known */
	const struct fdar_report_fact *facts;
	gsize fact_count;
	const struct fdar_report_session *sessions; /* the slowest first */
	gsize session_count;
	const struct fdar_report_picture *pictures;
	gsize picture_count;
	const char *const *commands; /* NULL-terminated: how to see it again */
	const char *generator;       /* "flowdar 0.1.0" */
};

/* The document. The caller frees the result (g_string_free). */
GString *fdar_report_html(const struct fdar_report *report);

#endif
