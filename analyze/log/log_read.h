/*
 * The call log of a recording or trace directory: source, symbols, walk and builder composed.
 *
 * Place in the house: what cli/ calls.
 */
#ifndef FDAR_ANALYZE_LOG_LOG_READ_H
#define FDAR_ANALYZE_LOG_LOG_READ_H

#include <glib.h>

#include "analyze/log/log.h"
#include "analyze/rules/rules.h"
#include "analyze/symbols/symbols.h"
#include "pipeline/source/source.h"

/* By what names whoever is told calls things; filled before the first item is told, and valid while
 * fdar_log_read goes on. */
struct fdar_log_names {
	struct fdar_symbols *symbols;
	struct fdar_source *source;
	const struct fdar_rules *rules;   /* NULL: none */
	const struct fdar_rules_run *run; /* with rules */
	uint64_t begin_ns;                /* of the first event */
	/* At the end: calls of flowdar's own functions in the server (symbols.h), which are not told. */
	uint64_t own_calls;
	uint64_t own_ns;
};

/* Of a call: its function's name as far as the trace has told its binary until then; a wait's and a
 * scope's. Never NULL. */
const char *fdar_log_name(const struct fdar_log_names *names, const struct fdar_log_item *item);
/* The binary, or "". */
const char *fdar_log_component(const struct fdar_log_names *names,
			       const struct fdar_log_item *item);

struct fdar_log_input {
	const char *path;    /* as for fdar_source_open */
	const char *listing; /* of the program's symbols (symbols.h), or NULL */
	const char *rules; /* a rules file (rules.h); NULL: the recording's own, where it has one */
	const struct fdar_log_options *options;
	const struct fdar_log_visitor *visitor;
	void *user;
	/* Called after each batch. FALSE stops the reading: G_IO_ERROR_CANCELLED. May be NULL. */
	gboolean (*go_on)(void *user);
};

/* Tells the whole log. warnings (char *) may be NULL. FALSE and error: it could not be read, was stopped,
 * or the session that is wanted is not in it. */
gboolean fdar_log_read(const struct fdar_log_input *input, struct fdar_log_names *names,
		       GPtrArray *warnings, GError **error);

#endif
