/*
 * The two sides that flowdar diff compares, one recording or several each: read, brought to what all of
 * them have recorded, and what tells them apart before any of their events does.
 */
#ifndef FDAR_CLI_DIFF_DIFF_SIDES_H
#define FDAR_CLI_DIFF_DIFF_SIDES_H

#include "analyze/diff/diff.h"
#include "cli/kit/profile_input.h"

struct fdar_diff_side_input {
	struct fdar_profile_input input; /* without its path */
	char **paths;                    /* NULL-terminated, at least one */
	unsigned jobs; /* recordings that are read at a time; 0: as many as processors. The first
			* side's counts for both */
};

struct fdar_diff_sides {
	GPtrArray *runs[2];      /* of struct fdar_profile, in the order of the paths */
	fdar_profile *merged[2]; /* of several runs; NULL: there is one */
	GHashTable *unrecorded;  /* as in struct fdar_diff_options, as are the next two */
	GPtrArray *doubts;
	char *refusal;
	double pressure;
	struct fdar_profile_price price[2]; /* of recording a call, before anything was folded */
	gboolean silence_known;             /* the next is, of both sides */
	double silent_ns[2];
	double left_out_ns; /* calls shorter than that were left out on one side */
};

/* Reads all. Functions that one of them does not have all calls of are left out of all, for which
 * traces are read again where needed. FALSE and error when one cannot be read. The caller clears sides
 * in any case. */
gboolean fdar_diff_sides_read(struct fdar_diff_side_input inputs[2], struct fdar_diff_sides *sides,
			      GError **error);

/* Warns of a recording that is given twice: it is counted twice, and on both sides it is compared with itself, which
 * says something where the sides have other labels only. paths: each up to NULL. */
void fdar_diff_sides_warn(const struct fdar_usage *usage, char *const *const paths[2],
			  gboolean other_labels);

/* One side as a whole; 0: the baseline, 1: the subject. */
const struct fdar_profile *fdar_diff_side(const struct fdar_diff_sides *sides, int which);

/* What the options of the diff take from here; sides must outlive them. */
void fdar_diff_sides_options(const struct fdar_diff_sides *sides,
			     struct fdar_diff_options *options);

/* How many times as many requests a session of the subject has, where servers tell them: 1 where they
 * do not. */
double fdar_diff_sides_asked(const struct fdar_diff_sides *sides);

void fdar_diff_sides_clear(struct fdar_diff_sides *sides);

#endif
