/*
 * Flame graphs: call paths as boxes as wide as the time spent in them, callers above callees.
 *
 * Place in the house: profiles and diffs (analyze/) in, SVG out; viz/export writes the same trees for
 * other programs, viz/report shows the pictures. The picture stands alone as the sequence diagram does:
 * no script, tooltips are <title> elements, what carries meaning is attributes and not style.
 *
 * A tree has one side or two, and is of calls or of samples. Times are nanoseconds per unit (session, request or whole run): sides with
 * more sessions are no wider for that. Widths are own times summed up, so children always fit into their
 * parent, also where recursion was folded.
 */
#ifndef FDAR_VIZ_FLAME_FLAME_H
#define FDAR_VIZ_FLAME_FLAME_H

#include <glib.h>
#include <stdint.h>

#include "analyze/diff/diff.h"
#include "analyze/profile/profile.h"
#include "analyze/samples/sampled.h"

enum fdar_flame_side { FDAR_FLAME_BASELINE, FDAR_FLAME_SUBJECT, FDAR_FLAME_SIDES };

struct fdar_flame_node {
	const char *name; /* owned by the tree */
	const char *component;
	uint32_t parent; /* index; FDAR_PROFILE_NONE: the root, which is node 0 and has no name */
	uint8_t frame;   /* enum fdar_frame_kind */
	double own_ns[FDAR_FLAME_SIDES];
	double total_ns[FDAR_FLAME_SIDES]; /* own and all below */
	double calls[FDAR_FLAME_SIDES];
};

/* Parents come before their children. Of one side it is the subject that is filled in. */
struct fdar_flame_tree {
	struct fdar_flame_node *nodes;
	uint32_t count;
	gboolean two_sides;
	double units[FDAR_FLAME_SIDES]; /* sessions (or requests) of each side; 1: a whole run */
	const char *unit;               /* "session", "request", "run" */
	double sample_ns
		[FDAR_FLAME_SIDES]; /* of samples: what one stands for, per unit; 0: of calls */
	/* flowdar's own functions in the server (symbols.h, FDAR_COMPONENT_OWN) are not in it: their own times. */
	double dropped_ns[FDAR_FLAME_SIDES];
	GStringChunk *texts;
};

/* Of all sessions of a profile; of the server itself when there are none. The caller owns the result. */
struct fdar_flame_tree *fdar_flame_tree_of_profile(const struct fdar_profile *profile);

/* Of both sides of a comparison. */
struct fdar_flame_tree *fdar_flame_tree_of_diff(const struct fdar_diff *diff);

/* Of samples: where the processor was for the sessions with a label (NULL: all); of the whole run where no side has
 * sessions. sides[FDAR_FLAME_BASELINE] is NULL of one recording. Functions that call themselves are one box. The
 * caller owns the result. */
struct fdar_flame_tree *fdar_flame_tree_of_samples(
	const struct fdar_sampled *const sides[FDAR_FLAME_SIDES],
	const char *const labels[FDAR_FLAME_SIDES], enum fdar_unit unit);

/* The nodes from index up to the root, without it, into path (of uint32_t), which is emptied first. */
void fdar_flame_path(const struct fdar_flame_tree *tree, uint32_t index, GArray *path);

struct fdar_flame_options {
	const char *title; /* NULL: "Flame graph" */
	gboolean untitled; /* it is for those who cannot see the picture only */
	const char *id;    /* prefix of the ids in the picture, letters and digits; NULL: "flame" */
	double width;      /* points; 0: 1180 */
	double min_part;   /* boxes with less of the whole are left out, and counted; 0: 0.001 */
};

/* The picture of one side: with two sides each box is coloured by how the other side's own time
 * differs. The caller frees the result (g_string_free). */
GString *fdar_flame_svg(const struct fdar_flame_tree *tree, enum fdar_flame_side side,
			const struct fdar_flame_options *options);

/* NULL is allowed. */
void fdar_flame_tree_free(struct fdar_flame_tree *tree);
typedef struct fdar_flame_tree fdar_flame_tree;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_flame_tree, fdar_flame_tree_free)

#endif
