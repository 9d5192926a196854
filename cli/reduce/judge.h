/*
 * The judge: what a test measures, and from which figure on it hurts.
 *
 * Place in the house: between trials (trial.h) and the search's oracle (trying.h). A figure hurts at
 * or above the limit, does not below the doubt, and between the two it cannot be told; nor can it of a play that was cut
 * by its time before it hurt. With a
 * baseline the limit is so many times its median, and the doubt is half way; a baseline whose own
 * runs come near the limit is refused.
 */
#ifndef FDAR_CLI_REDUCE_JUDGE_H
#define FDAR_CLI_REDUCE_JUDGE_H

#include <glib.h>

#include "cli/reduce/trial.h"
#include "replay/reduce/tries.h"

enum fdar_test {
	FDAR_TEST_COMMAND,  /* its exit code: 0 hurts, 125 cannot tell, others do not */
	FDAR_TEST_CPU,      /* the server's processor time a session, ns */
	FDAR_TEST_LATENCY,  /* a quantile of the answers' times, ns */
	FDAR_TEST_MEMORY,   /* growth a session, bytes */
	FDAR_TEST_FUNCTION, /* time in a function a session, ns; from recordings (function.h) */
	FDAR_TEST_CRASH     /* the server ends, or does not answer in time */
};

struct fdar_judge {
	enum fdar_test test;
	const char *command;  /* borrowed */
	const char *function; /* borrowed; of FDAR_TEST_FUNCTION */
	unsigned quantile;    /* 50, 90, 99 */
	double over;          /* how many times the baseline */
	double limit, doubt;
	GArray *baseline; /* double: figures of its runs, the latest last; NULL: none */
};

/* "cpu", "latency", "latency:p50", "memory", "function:NAME", "crash", or a command with {} in it. */
gboolean fdar_judge_parse(struct fdar_judge *judge, const char *text, GError **error);

/* "2" (times the baseline), or an absolute "5ms", "20us", "64K" for a test of such figures; NULL: 2. */
gboolean fdar_judge_parse_over(struct fdar_judge *judge, const char *text, gboolean has_baseline,
			       GError **error);

/* A run of the baseline. Limits follow the median of the last five. */
void fdar_judge_add_baseline(struct fdar_judge *judge, double figure);

/* Whether the baseline's runs are far enough from the limit. */
gboolean fdar_judge_check(const struct fdar_judge *judge, GError **error);

double fdar_judge_figure(const struct fdar_judge *judge, const struct fdar_trial *trial);
enum fdar_answer fdar_judge_answer(const struct fdar_judge *judge, const struct fdar_trial *trial);

/* Of a command; FALSE when it says that it could not be run at all. */
gboolean fdar_judge_exit(int code, enum fdar_answer *answer);

/* "1.24 ms CPU a session". The caller frees it. */
char *fdar_judge_text(const struct fdar_judge *judge, double figure);
/* The figure alone: "1.24 ms". */
char *fdar_judge_number(const struct fdar_judge *judge, double figure);

void fdar_judge_clear(struct fdar_judge *judge);

/* The figure below which that share of them lies (0 to 1); sorts them. 0 for none. */
double fdar_quantile(double *figures, size_t count, double share);

/* The middle of some figures; sorts a copy. NAN for none. */
double fdar_median(const double *figures, size_t count);

#endif
