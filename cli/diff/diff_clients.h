/*
 * What the clients of both sides saw: how long each waited for its answers, by the journals that replay wrote.
 *
 * It stands beside what the server did, and is no part of the verdict: it has the network in it, queues of the
 * kernel, and the client itself.
 */
#ifndef FDAR_CLI_DIFF_DIFF_CLIENTS_H
#define FDAR_CLI_DIFF_DIFF_CLIENTS_H

#include <stdio.h>

#include "base/histogram.h"
#include "cli/diff/diff_sides.h"

struct fdar_diff_clients {
	struct fdar_histogram latency_ns[2]; /* of each answer; empty: that side has no journal */
};

/* Of the sessions with those labels (NULL: of all). A side's recordings are taken together. Empty at first; the
 * caller clears it. */
void fdar_diff_clients_read(const struct fdar_diff_side_input inputs[2],
			    const char *const labels[2], struct fdar_diff_clients *clients);

/* A line for people. Nothing where a side says nothing. */
void fdar_diff_clients_print(const struct fdar_diff_clients *clients);

/* "clients", null where a side says nothing, and a comma. */
void fdar_diff_clients_print_json(const struct fdar_diff_clients *clients, FILE *out);

void fdar_diff_clients_clear(struct fdar_diff_clients *clients);

#endif
