/*
 * The tables of replay's and mirror's summary.
 *
 * labels[i] is the label of the driver's input i; inputs of one label are put together.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_TABLES_H
#define FDAR_CLI_REPLAY_REPLAY_TABLES_H

#include <glib.h>

#include "cli/kit/table.h"
#include "replay/play/driver.h"

/* Everything in one row a label, for programs. */
void fdar_replay_print_wide(const struct fdar_driver *driver, const char *const *labels,
			    size_t count, enum fdar_format format);

/* Verdicts for people: those that nobody got are left out. */
void fdar_replay_print_verdicts(const struct fdar_driver *driver, const char *const *labels,
				size_t count);

/* Quantiles by label and measure, and our own lag. */
void fdar_replay_print_latencies(const struct fdar_driver *driver, const char *const *labels,
				 size_t count);

/* "12.3 MB". The caller frees the result. */
char *fdar_format_bytes(uint64_t bytes);

#endif
