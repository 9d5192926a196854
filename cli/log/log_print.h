/*
 * The call log on a page: lines for people, or one JSON object whose items stand in a line each.
 */
#ifndef FDAR_CLI_LOG_LOG_PRINT_H
#define FDAR_CLI_LOG_LOG_PRINT_H

#include <glib.h>
#include <stdio.h>

#include "analyze/log/log_read.h"

struct fdar_log_print {
	FILE *out;
	struct fdar_log_names names;
	gboolean bytes;   /* what is in buffers, too */
	gboolean begun;   /* JSON: an item was printed */
	uint64_t hide_ns; /* text: shorter calls are only counted */
	uint64_t hidden;  /* calls since the last line, what they took, and their depth */
	uint64_t hidden_ns;
	unsigned hidden_depth;
	struct fdar_log_item hidden_last; /* without what it points to */
	GString *line;                    /* that is being made */
};

/* Both take a struct fdar_log_print. */
extern const struct fdar_log_visitor fdar_log_print_text;
extern const struct fdar_log_visitor fdar_log_print_json;

#endif
