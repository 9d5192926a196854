/*
 * Bars and trees of a comparison, or of one recording: what sessions wait for, and where the added time is.
 *
 * Place in the house: trees of viz/flame and diffs in, SVG out (viz/chart); flowdar flame --form waits and
 * --form tree save them, the report shows them. Times are means per session (or request, or run).
 */
#ifndef FDAR_VIZ_BARS_BARS_H
#define FDAR_VIZ_BARS_BARS_H

#include <glib.h>

#include "analyze/diff/diff.h"
#include "analyze/profile/profile.h"
#include "viz/flame/flame.h"

#define FDAR_BARS_WAITS 24u /* rows; the longest */
#define FDAR_BARS_PATHS 28u

struct fdar_bars_options {
	const char *title; /* NULL: none */
	const char *id;    /* prefix of ids, letters and digits; NULL: "waits" or "tree" */
	double width;      /* points; 0: 1140 */
};

/* Waits, system calls and queues, with how often and how long, of one side or both. The caller frees the
 * result (g_string_free). */
GString *fdar_waits_svg(const struct fdar_flame_tree *tree,
			const struct fdar_bars_options *options);

/* The call paths that added (or saved) most, with their callers: an indented list with bars, and the sessions'
 * own times in them as small distributions. profiles are the sides of the diff, flattened; either may be
 * NULL: no distributions. The caller frees the result. */
GString *fdar_tree_svg(const struct fdar_diff *diff, const struct fdar_profile *const profiles[2],
		       const struct fdar_bars_options *options);

#endif
