/*
 * The two sides that flowdar diff compares: read, brought to what both have recorded, and what tells
 * them apart before any of their events does.
 */
#ifndef FDAR_CLI_DIFF_DIFF_SIDES_H
#define FDAR_CLI_DIFF_DIFF_SIDES_H

#include "cli/kit/profile_input.h"

struct fdar_diff_sides {
	fdar_profile *baseline;
	fdar_profile *subject;
	GHashTable *unrecorded; /* both for struct fdar_diff_options */
	char *doubt;
};

/* Reads both. Functions that one of them does not have all calls of are left out of both, for which
 * traces are read again where needed. doubt: settings of the recordings that make them hard to
 * compare, NULL: none. FALSE and error when one cannot be read. The caller clears sides in any case. */
gboolean fdar_diff_sides_read(struct fdar_profile_input *baseline,
			      struct fdar_profile_input *subject, struct fdar_diff_sides *sides,
			      GError **error);

void fdar_diff_sides_clear(struct fdar_diff_sides *sides);

#endif
