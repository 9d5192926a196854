/*
 * Sample diff: which function the sessions of one side spend more processor time in than those of
 * another, as far as samples can tell.
 *
 * Place in the house: of two sample profiles; cli/diff prints it, and takes its verdict where nothing
 * else says which function.
 *
 * The unit is the session, never the sample: samples of one session come together, so counting them one
 * by one takes what a few heavy sessions do for a difference of the sides (docs/analysis.md, "Samples",
 * has figures). The test is by permutation: the sessions are dealt out to the two sides again and again,
 * and the largest increase of any function is compared with the one that was seen. It holds for all
 * functions together, and so needs no correction for their number.
 *
 * Which one is named: the deepest function with a name (in the program, not the kernel) that carries 90 % of the largest increase. It must have grown by
 * half at least: runs differ, and sessions of one run do not show that. Where it had most of the time
 * before, everything grew, and it is no culprit (is_spread); where the baseline has too few samples to say
 * whether it had, that is a doubt (is_thin).
 *
 * The nine tenths are what samples can tell: the others of so few vary by the root of their number, and by twice that
 * in one run of thirty, which then named who called it for what it does besides. So twice it is, unless one
 * of the others, not in it, has a tenth of the increase by itself. Half of the increase it has in any case, and what is
 * tested is its own.
 *
 * Functions without a name are known by where they begin: those of another build are not compared.
 *
 * When there is no verdict: fewer than five sessions a side; fewer than 15 / (rate x added seconds a
 * session) on either, which is when fewer than fifteen added samples are expected; other rates. What was
 * added is known by the samples alone: fewer than nine are what an expected fifteen give four times in a
 * hundred (Poisson), so then fewer are expected.
 */
#ifndef FDAR_ANALYZE_SAMPLES_SAMPLE_DIFF_H
#define FDAR_ANALYZE_SAMPLES_SAMPLE_DIFF_H

#include "analyze/samples/sample_profile.h"

#define FDAR_SAMPLE_SESSIONS_MIN 5u
#define FDAR_SAMPLE_ADDED_MIN    15.0
#define FDAR_SAMPLE_ADDED_SEEN   9.0
#define FDAR_SAMPLE_CARRIES      0.9
#define FDAR_SAMPLE_ALPHA        0.05
#define FDAR_SAMPLE_RATIO_MIN    1.5
#define FDAR_SAMPLE_SPREAD       0.8 /* of the baseline's time */
#define FDAR_SAMPLE_SPREAD_OF    10u /* samples of the baseline, to know it by */

enum fdar_sample_outcome {
	FDAR_SAMPLE_NO_SESSIONS,      /* a side has none */
	FDAR_SAMPLE_OTHER_RATE,       /* the sides were not sampled alike */
	FDAR_SAMPLE_TOO_FEW_SESSIONS, /* a side has less than five */
	FDAR_SAMPLE_TOO_FEW_SAMPLES,  /* needed says how many sessions it would take */
	FDAR_SAMPLE_NOTHING,          /* no difference that samples can show */
	FDAR_SAMPLE_FOUND
};

/* Of one function; per session, in nanoseconds of processor time as samples give it. */
struct fdar_sample_row {
	const char *function, *component;
	uint8_t kind;
	uint64_t own[2],
		samples[2]; /* of baseline and subject: samples, with and without callees */
	double own_ns[2], total_ns[2];
	double added_ns;   /* of total_ns */
	double depth;      /* functions around it, on average */
	gboolean is_loose; /* without a name, and of a build that the other side does not have */
	uint32_t ids[2];   /* private: entry of each side, FDAR_SAMPLED_NONE */
};

struct fdar_sample_diff {
	enum fdar_sample_outcome outcome;
	uint64_t sessions[2], samples[2], periods_ns[2];
	uint64_t period_ns;           /* of the subject */
	struct fdar_sample_row *rows; /* by what they added */
	uint32_t row_count;
	uint32_t culprit;   /* of FOUND: index of rows */
	uint32_t deepest;   /* of FOUND: likewise; the culprit, or what has no name in it */
	gboolean is_spread; /* of FOUND: it had nearly all of the time in the baseline, too */
	gboolean is_thin;   /* of FOUND: the baseline cannot say whether it had */
	double all_ns[2];   /* processor time a session */
	double most_ns;     /* the largest increase of any function */
	double p;           /* that sides which are alike differ so much; 1: nothing was tested */
	double needed;      /* TOO_FEW_SAMPLES: sessions a side */
};

/* The caller owns the result; the profiles must outlive it. */
struct fdar_sample_diff *fdar_sample_diff_new(const struct fdar_sample_profile *baseline,
					      const struct fdar_sample_profile *subject);

const char *fdar_sample_outcome_name(enum fdar_sample_outcome outcome);

/* NULL is allowed. */
void fdar_sample_diff_free(struct fdar_sample_diff *diff);
typedef struct fdar_sample_diff fdar_sample_diff;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_sample_diff, fdar_sample_diff_free)

#endif
