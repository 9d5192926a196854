/*
 * Spans while they come: a visitor of a walk.
 *
 * Private to analyze/spans/, and to its test, which feeds scripts.
 */
#ifndef FDAR_ANALYZE_SPANS_SPANS_BUILD_H
#define FDAR_ANALYZE_SPANS_SPANS_BUILD_H

#include "analyze/rules/rules.h"
#include "analyze/spans/spans.h"
#include "analyze/symbols/symbols.h"

struct fdar_spans_builder;

/* What a trace's names are, and what rules say; all but text may be NULL. */
struct fdar_spans_names {
	struct fdar_symbols *symbols; /* NULL: functions are named by their address */
	fdar_text_fn text;
	const void *texts;
	const struct fdar_rules *rules;
	struct fdar_rules_run *run; /* of these */
};

/* What names points to must outlive the builder. */
struct fdar_spans_builder *fdar_spans_builder_new(const struct fdar_spans_options *options,
						  const struct fdar_spans_names *names);

/* Feeds its walks, by the rules. */
void fdar_spans_builder_feed(struct fdar_spans_builder *builder, const struct fdar_event *events,
			     size_t count);

/* Finishes the walks, names all, hands the result over and frees the builder. */
struct fdar_spans *fdar_spans_builder_finish(struct fdar_spans_builder *builder);

/* NULL is allowed; not after fdar_spans_builder_finish. */
void fdar_spans_builder_free(struct fdar_spans_builder *builder);

#endif
