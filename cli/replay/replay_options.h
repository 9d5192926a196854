/*
 * Options that replay and mirror have in common.
 *
 * Failures are G_OPTION_ERROR_BAD_VALUE, with the option in the message.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_OPTIONS_H
#define FDAR_CLI_REPLAY_REPLAY_OPTIONS_H

#include <glib.h>
#include <stdint.h>

#include "cli/kit/options.h"
#include "replay/play/routes.h"

#define FDAR_REPLAY_CONCURRENCY_MAX 1000000
/* A capture is at most copied this often: the plan keeps a record of each clone. */
#define FDAR_REPLAY_CLONES_MAX 10000000

/* Sets error to "OPTION: "text": expected ..."; gives FALSE. */
gboolean fdar_replay_bad_value(GError **error, const char *option, const char *text,
			       const char *expected);

/* An option's word as the number of its place in words (NULL ends them); the first is the default. */
gboolean fdar_replay_read_word(const char *option, const char *text, const char *const *words,
			       unsigned *value, GError **error);

/* A duration, otherwise_ns when text is NULL. */
gboolean fdar_replay_read_span(const char *option, const char *text, uint64_t otherwise_ns,
			       uint64_t *value, GError **error);

/* --duration: 0 when text is NULL; a duration of nothing is refused. */
gboolean fdar_replay_read_duration(const char *text, uint64_t *value, GError **error);

/* The routes that --to, --map and --sources say (each may be NULL). */
gboolean fdar_replay_read_routes(struct fdar_routes *routes, char **to, char **map, char **sources,
				 GError **error);

/* Whether there is a target at all; on another machine only with allow_remote. */
gboolean fdar_replay_check_routes(const struct fdar_routes *routes, gboolean allow_remote,
				  GError **error);

/* Raises the limit of open files for wanted sessions at once; gives how many there may be. Warns
 * when they were asked for and are not to be had. */
uint64_t fdar_replay_make_room(const struct fdar_usage *usage, uint64_t wanted, gboolean asked);

#endif
