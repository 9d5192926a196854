/*
 * Two sides compared as flowdar diff does it, for the commands that draw or write what it says: by session,
 * or by request where the sides ask for a different number; and by their samples where functions do not tell.
 */
#ifndef FDAR_CLI_DIFF_DIFF_COMPARE_H
#define FDAR_CLI_DIFF_DIFF_COMPARE_H

#include "cli/diff/diff_samples.h"
#include "cli/diff/diff_sides.h"

struct fdar_diff_compared {
	const char *labels[2]; /* set before: of the sessions of each side; NULL: all */
	gboolean unit_is_open; /* set before: no unit was asked for */
	enum fdar_unit unit;   /* set before; the one that was compared */
	void (*again)(
		void *user); /* may be NULL: called before the sides are read once more, by request */
	void *user;
	struct fdar_diff_sides sides;
	struct fdar_diff *diff;
	gboolean by_samples; /* the verdict is that of samples: its function was not recorded */
};

/* inputs without a unit. FALSE and error; fdar_diff_compared_clear in either case. */
gboolean fdar_diff_compare(struct fdar_diff_side_input inputs[2],
			   struct fdar_diff_compared *compared, GError **error);

/* The first half: the sides, read by the unit that they can be compared by; asked as in struct
 * fdar_diff_options. */
gboolean fdar_diff_read_asked(struct fdar_diff_side_input inputs[2],
			      struct fdar_diff_compared *compared, double *asked, GError **error);

/* Frees the sides, and the diff where nobody took it. */
void fdar_diff_compared_clear(struct fdar_diff_compared *compared);

#endif
