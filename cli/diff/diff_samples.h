/*
 * Samples in flowdar diff: the sides' samples compared, and what they say where nothing else does.
 *
 * Place in the house: beside diff_sides.h. Where both sides have samples they are compared, printed
 * below the functions, and where the diff has no function to name (nothing that a server does was
 * recorded, as with --io alone), their verdict is the diff's.
 */
#ifndef FDAR_CLI_DIFF_DIFF_SAMPLES_H
#define FDAR_CLI_DIFF_DIFF_SAMPLES_H

#include <stdio.h>

#include "analyze/diff/diff.h"
#include "analyze/samples/sample_diff.h"
#include "cli/diff/diff_sides.h"

struct fdar_diff_samples {
	fdar_sample_profile *sides[2];
	fdar_sample_diff *diff; /* NULL: a side has no samples */
	char *sentence;         /* what they say, or why they say nothing; NULL: there are none */
	uint64_t lost;          /* samples, on both sides */
	gboolean processors_changed; /* on one: some were not looked at */
};

/* Reads and compares; labels as in struct fdar_diff_options. Sides without samples, or with some that
 * cannot be read (which is warned of), leave diff at NULL. FALSE and error: interrupted. */
gboolean fdar_diff_samples_read(struct fdar_diff_side_input inputs[2], const char *const labels[2],
				struct fdar_diff_samples *samples, GError **error);

/* Gives the diff the samples' verdict, where it has none that names a function. */
void fdar_diff_samples_decide(const struct fdar_diff_samples *samples, struct fdar_diff *diff);

/* For people: what they say, and the functions that added most, no more than limit (0: all). */
void fdar_diff_samples_print(const struct fdar_diff_samples *samples, guint limit, FILE *out);

/* For machines: a member "samples" and a comma behind it; nothing where there are none. */
void fdar_diff_samples_print_json(const struct fdar_diff_samples *samples, FILE *out);

void fdar_diff_samples_clear(struct fdar_diff_samples *samples);

#endif
