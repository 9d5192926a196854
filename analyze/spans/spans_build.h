/*
 * Spans while they come: a visitor of a walk.
 *
 * Private to analyze/spans/, and to its test, which feeds scripts.
 */
#ifndef FDAR_ANALYZE_SPANS_SPANS_BUILD_H
#define FDAR_ANALYZE_SPANS_SPANS_BUILD_H

#include "analyze/spans/spans.h"
#include "analyze/symbols/symbols.h"

struct fdar_spans_builder;

/* What the source points to must outlive the builder. symbols may be NULL: functions are named by their
 * address. */
struct fdar_spans_builder *fdar_spans_builder_new(const struct fdar_spans_options *options,
						  struct fdar_symbols *symbols, fdar_text_fn text,
						  const void *texts);

/* Feeds its walks. */
void fdar_spans_builder_feed(struct fdar_spans_builder *builder, const struct fdar_event *events,
			     size_t count);

/* Finishes the walks, names all, hands the result over and frees the builder. */
struct fdar_spans *fdar_spans_builder_finish(struct fdar_spans_builder *builder);

/* NULL is allowed; not after fdar_spans_builder_finish. */
void fdar_spans_builder_free(struct fdar_spans_builder *builder);

#endif
