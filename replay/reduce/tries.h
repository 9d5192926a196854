/*
 * Tries: what was asked of an oracle about which set, and how it answered.
 *
 * Place in the house: the memory of the search (reduce.h). An oracle is a measurement: it hurts, it
 * does not, or it cannot be told, and the same question may be answered differently the next time.
 * Answers are counted a set; a set is believed to hurt when it has led by so many answers
 * (sequential test with early stop).
 *
 * Resuming. Every answer is a line of text that whoever wants to keeps in a file. A search asks the
 * same questions again after the same answers, so that a search that is given the lines of one that
 * was killed goes through them without asking, and on from there:
 *
 *	0123456789abcdef0123456789abcdef 12 4 h 1.52
 *	set (a sum over its units)       |  | | figure, for whoever reads the file
 *	                     units in it -  | h hurts, n does not, u cannot be told
 *	                          intensity -
 */
#ifndef FDAR_REPLAY_REDUCE_TRIES_H
#define FDAR_REPLAY_REDUCE_TRIES_H

#include <glib.h>
#include <stdint.h>

enum fdar_answer {
	FDAR_ANSWER_HURTS,
	FDAR_ANSWER_NOT,
	FDAR_ANSWER_UNKNOWN, /* cannot be told: asked again, and taken for a no in the end */
	FDAR_ANSWER_STOP /* the oracle was interrupted, or there is no time left: not an answer */
};

/* A set of units, played at an intensity: copies of each of them. */
struct fdar_try {
	const uint32_t *units; /* in rising order */
	size_t count;
	uint32_t intensity; /* at least 1 */
};

/* Copies that give `count` units the load: nearest as a ratio, at least 1. */
uint32_t fdar_try_copies(uint32_t load, size_t count);

/* What is asked. figure is for people: what was measured, NAN for nothing. */
typedef enum fdar_answer (*fdar_oracle_fn)(void *user, const struct fdar_try *asked,
					   double *figure);

/* How a set has answered so far. */
struct fdar_tally_of_try {
	uint32_t hurts, not, unknown;
	double figure; /* of the last answer */
};

struct fdar_tries;

/* kept is called with every line that a file should have (with its newline); may be NULL. */
struct fdar_tries *fdar_tries_new(fdar_oracle_fn oracle, void (*kept)(void *user, const char *line),
				  void *user);

/* A line of an earlier search: its answer is given when the question comes up. FALSE when it is not
 * one. Lines count in their order. */
gboolean fdar_tries_recall(struct fdar_tries *tries, const char *line);

/* Asks until the set leads by `accept` (HURTS), lags by `reject` (NOT), or most was asked without a
 * decision (NOT); sooner when next to nothing but "cannot be told" comes. What was answered before counts. FDAR_ANSWER_STOP when the oracle says so, or
 * runs_max (0: none) questions were asked of it. */
enum fdar_answer fdar_tries_ask(struct fdar_tries *tries, const struct fdar_try *asked,
				unsigned accept, unsigned reject, unsigned most);
void fdar_tries_limit(struct fdar_tries *tries, uint64_t runs_max);

/* Zeros for a set that was never asked about. */
struct fdar_tally_of_try fdar_tries_of(const struct fdar_tries *tries,
				       const struct fdar_try *asked);

/* Questions answered by the oracle, and by lines that were recalled. */
uint64_t fdar_tries_runs(const struct fdar_tries *tries);
uint64_t fdar_tries_recalled(const struct fdar_tries *tries);

/* NULL is allowed. */
void fdar_tries_free(struct fdar_tries *tries);

#endif
