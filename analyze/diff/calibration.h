/*
 * Calibration: how much runs of one server under one load differ on this machine, seen from several of
 * them.
 *
 * Place in the house: flowdar calibrate makes one of the profiles of repeated baselines; with it diff.h
 * knows, where each side is one run, what a difference must exceed. Each run is compared with each other
 * one, both ways: what any function and any session took longer is what runs differ by, and what such a
 * comparison claims is a false alarm.
 */
#ifndef FDAR_ANALYZE_DIFF_CALIBRATION_H
#define FDAR_ANALYZE_DIFF_CALIBRATION_H

#include <glib.h>
#include <stdint.h>

#include "analyze/diff/diff.h"

#define FDAR_CALIBRATION_RUNS_MIN 3u

/* The most that was seen between two runs. */
struct fdar_calibration {
	uint32_t runs;
	uint32_t pairs;     /* runs * (runs - 1): both ways */
	uint32_t alarms[3]; /* pairs that name a function, by enum fdar_confidence */
	uint32_t claims;    /* pairs that say that sessions take longer, or stay open longer */
	uint64_t sessions;  /* of the run with the fewest */
	enum fdar_unit unit;
	double function_ratio; /* of a function's own time a session, where it adds what a verdict asks for */
	double function_ns;   /* added to it, a session; of what the server does itself */
	char *function;       /* whose that was; NULL: nobody's grew */
	double session_ratio; /* of the sessions' time */
	double session_ns;
	char *program; /* that was recorded; "" where it is not known */
};

/* Of the runs' profiles; options (may be NULL) as for a diff of two of them. FALSE and error when there
 * are too few runs, or two of them cannot be compared (the message says why). The caller clears out in any
 * case. */
gboolean fdar_calibration_make(const struct fdar_profile *const *runs, uint32_t count,
			       const struct fdar_diff_options *options,
			       struct fdar_calibration *out, GError **error);

void fdar_calibration_clear(struct fdar_calibration *calibration);

#endif
