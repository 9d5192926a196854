/*
 * Weights: from a line of a replay's journal, how long the server took for the session.
 */
#ifndef FDAR_CLI_REDUCE_WEIGHT_H
#define FDAR_CLI_REDUCE_WEIGHT_H

#include <glib.h>
#include <stdint.h>

/* The session's number, and the sum over its exchanges from sending to the last byte of the answer,
 * of those that the journal lists. FALSE when the line is none of a journal. */
gboolean fdar_weight_parse(const char *line, uint32_t *session, double *busy_ns);

#endif
