/*
 * The two sides that flowdar diff compares: read, brought to what both have recorded, and what tells
 * them apart before any of their events does.
 */
#ifndef FD_CLI_DIFF_SIDES_H
#define FD_CLI_DIFF_SIDES_H

#include "cli/kit/profile_input.h"

struct fd_diff_sides {
	fd_profile *baseline;
	fd_profile *subject;
	GHashTable *unrecorded; /* both for struct fd_diff_options */
	char *doubt;
};

/* Reads both. Functions that one of them does not have all calls of are left out of both, for which
 * traces are read again where needed. doubt: settings of the recordings that make them hard to
 * compare, NULL: none. FALSE and error when one cannot be read. The caller clears sides in any case. */
gboolean fd_diff_sides_read(struct fd_profile_input *baseline, struct fd_profile_input *subject,
			    struct fd_diff_sides *sides, GError **error);

void fd_diff_sides_clear(struct fd_diff_sides *sides);

#endif
