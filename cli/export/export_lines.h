/*
 * `flowdar export`, time lines: each call with its time, for programs that draw them.
 */
#ifndef FDAR_CLI_EXPORT_EXPORT_LINES_H
#define FDAR_CLI_EXPORT_EXPORT_LINES_H

#include <glib.h>

#include "analyze/spans/spans.h"
#include "cli/kit/options.h"

#define FDAR_EXPORT_OTLP_SHORTEST_NS 100000u /* where the user says nothing */

struct fdar_export_lines {
	const struct fdar_usage *usage;
	const char *path;
	const char *chrome; /* where each goes; NULL: not wanted, "-": standard output */
	const char *perfetto;
	const char *otlp;
	const char *listing;  /* nm's of the program's symbols, or NULL */
	const char *rules;    /* a rules file; NULL: the recording's own */
	const char *unit;     /* of the user; NULL: sessions, but requests for OTLP */
	gboolean has_shorter; /* the user said shorter_ns */
	uint64_t shorter_ns;
	uint32_t most; /* 0: FDAR_SPANS_MOST */
	const volatile int *stop;
};

/* Writes all that is wanted, and says what is not in it. An fdar_exit. */
int fdar_export_lines_write(const struct fdar_export_lines *lines);

#endif
