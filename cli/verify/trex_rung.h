/*
 * The rung of T-Rex: a profile of the small capture, and whether T-Rex's loader would take it.
 *
 * Place in the house: beside ladder.h; it has nothing to do with a server. The templates that were
 * written are read back and judged by the loader's rules once more (replay/split/trex.h).
 */
#ifndef FDAR_CLI_VERIFY_TREX_RUNG_H
#define FDAR_CLI_VERIFY_TREX_RUNG_H

#include <glib.h>
#include <stdint.h>

struct fdar_trex_rung {
	uint32_t templates, sessions,
		refused;  /* sessions that are in the profile, and that are not */
	gboolean checked; /* every template that was written keeps the rules */
	char *why;        /* NULL: nothing more to say; owned */
};

/* directory: for the profile, as for fdar_split_run; work: for what is thrown away. FALSE and error
 * when it cannot be written. */
gboolean fdar_trex_rung_climb(struct fdar_trex_rung *rung, const char *capture,
			      const char *directory, const char *work, GError **error);

void fdar_trex_rung_clear(struct fdar_trex_rung *rung);

#endif
