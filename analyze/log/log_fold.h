/*
 * Items of the call log, and how they fold.
 *
 * Private to analyze/log/, and to its test.
 */
#ifndef FDAR_ANALYZE_LOG_LOG_FOLD_H
#define FDAR_ANALYZE_LOG_LOG_FOLD_H

#include "analyze/log/log.h"

/* A list of items, which frees them. */
GPtrArray *log_items_new(void);

void log_item_free(void *item);

/* All but shape and below are set; gives the shape, and folds what is below into the item where that is a
 * call of the same function and nothing else, or of others that call it again. */
void log_item_close(struct fdar_log_item *item, gboolean unfolded);

/* Appends the item, which the list owns then, or folds it with the last ones. */
void log_items_push(GPtrArray *items, struct fdar_log_item *item, gboolean unfolded);

#endif
