/*
 * A reduction: capture, server and test joined with the search.
 *
 * Place in the house: the top of cli/reduce, used by `flowdar reduce` and `flowdar hunt`. Steps: the
 * baseline's own runs, one of the whole capture (a session at a time, so that it shows which take
 * long: the search begins with these), sessions, exchanges within the sessions of each
 * cause, copies, sessions at once and a second, bytes within messages, confirmation. After every step forward what is left is in the output.
 */
#ifndef FDAR_CLI_REDUCE_REDUCING_H
#define FDAR_CLI_REDUCE_REDUCING_H

#include <glib.h>

#include "cli/reduce/bytes.h"
#include "cli/reduce/judge.h"
#include "cli/reduce/parts.h"
#include "cli/reduce/state.h"
#include "cli/reduce/trial.h"
#include "replay/reduce/reduce.h"

struct fdar_reducing_options {
	const char *output;    /* the pcap to write */
	const char *baseline;  /* a capture; NULL: none, unless `normal` */
	const char *normal;    /* a capture to write what is normal to, which then is the baseline
			     * unless there is one; NULL: none is made */
	const double *weights; /* of units; NULL: none */
	uint32_t copies;       /* of the whole capture */
	uint32_t trust, confirm;
	uint64_t runs_max, time_max_ns; /* 0: none */
	gboolean all;                   /* every cause */
	gboolean whole_sessions;        /* exchanges are not searched */
	gboolean keep_copies;
	unsigned
		jobs; /* runs at once, each in a network namespace of its own; 0: one after the other, in none */
	uint64_t bytes_runs; /* for the bytes within the messages of a cause; 0: they stay whole */
};

/* How it stands, for whoever shows it. */
struct fdar_reducing_sight {
	const char *
		step; /* "baseline", "sessions", "messages", "copies", "at once", "rate", "order", "bytes", "confirming" */
	uint32_t left, of; /* units of the best so far, and of all */
	uint32_t trying;   /* units in the try that begins */
	uint32_t copies;   /* of each */
	uint64_t runs;
	double figure; /* of the last run; NAN: none yet */
	uint64_t elapsed_ns;
};

enum fdar_lowering {
	FDAR_LOWERING_NOTHING,
	FDAR_LOWERING_AT_ONCE,
	FDAR_LOWERING_RATE,
	FDAR_LOWERING_ORDER
};

enum fdar_order_needed { FDAR_ORDER_UNTRIED, FDAR_ORDER_ANY, FDAR_ORDER_KEPT };

/* How what is left has to be played so that it hurts (intensity.h). */
struct fdar_reducing_way {
	uint32_t at_once; /* sessions that are open; 0: not looked for */
	uint32_t rate;    /* sessions begun a second; 0: as fast as it goes */
	enum fdar_order_needed order;
	/* Private. */
	enum fdar_lowering lowering;
	gboolean is_lower;   /* at_once or rate is less than it was */
	uint32_t level_from; /* of rates: 2^ that a second is the slowest */
	char **reversed;     /* files, the last session first */
	uint64_t run_ns;     /* of the last run that hurt; 0: none told */
};

struct fdar_reducing {
	const struct fdar_reducing_options *options;
	const struct fdar_excerpt *excerpt;
	const struct fdar_parts *parts;
	struct fdar_judge *judge;
	struct fdar_trial_options *trial;
	struct fdar_state *state; /* NULL: answers are not kept */
	void (*show)(void *user, const struct fdar_reducing_sight *sight); /* may be NULL */
	void (*warn)(void *user, const char *text);                        /* may be NULL */
	void *user;
	/* What comes out. */
	struct fdar_part_list kept; /* what is left of the sessions */
	GArray *causes;             /* uint32_t: sessions of each cause */
	struct fdar_reduced result; /* of the last step */
	struct fdar_reducing_way way;
	enum fdar_reduce_end end;
	gboolean unwritten; /* the error is that the output cannot be written */
	const char *why;    /* it was stopped: "interrupted", "--time is over", ...; NULL */
	double figure, figure_low, figure_high; /* median of the confirming runs and its interval */
	uint64_t runs, recalled, elapsed_ns;
	uint64_t cut;            /* runs that their time has cut before it was known what they do */
	uint64_t function_calls; /* of the test's function, that were recorded by these runs */
	/* Private: see reducing.c, attempt.c, calibrate.c, steps.c and shortening.c. */
	struct fdar_reducing_sight sight;
	const struct fdar_exchanges *exchanges;
	const struct fdar_bytes *bytes; /* NULL: not the step at hand */
	double whole_figure;            /* then: what the whole messages do */
	uint64_t whole_timeouts;
	struct fdar_part_list after;
	gboolean fixed;
	double *weights;
	double narrow_ns; /* while it narrows (narrowing.h): what all take above what is usual; else 0 */
	const char *baseline;
	uint64_t limit_ns; /* of a play, by the clock */
	unsigned widened;  /* how often it was doubled */
	gint64 began_us;
	uint32_t baseline_copies;
	unsigned failures, since_control;
	gboolean killed; /* a server had to be: the next may find what it left */
	uint64_t ended;  /* runs in which the server did, which was not asked for */
	GArray *figures;
	struct fdar_round
		*round; /* answers of runs that were made at once, still to be given; NULL: none */
	GError *error;
};

/* Zeroes what comes out. Every field above it is set by the caller first. */
void fdar_reducing_run(struct fdar_reducing *reducing, GError **error);
/* FALSE: it did not hurt in most of the runs at the end. */
gboolean fdar_reducing_is_confirmed(const struct fdar_reducing *reducing);
/* TRUE: in most runs the server ended while it was played at, so that what it takes is not known. */
gboolean fdar_reducing_is_cut(const struct fdar_reducing *reducing);
#define FDAR_REDUCING_CUT                                                                          \
	"it cannot be told: in most runs the server ended while it was played at; it has to stay " \
	"in the foreground, and what ends it flowdar reduce --test crash finds"
/* TRUE: so many runs were cut by their time that what is left, or that nothing is, cannot be told. */
gboolean fdar_reducing_is_untold(const struct fdar_reducing *reducing);
#define FDAR_REDUCING_UNTOLD                                                                       \
	"it cannot be told: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT                           \
	" runs were cut by time, twice as long as the whole capture takes or more; a server that " \
	"hangs flowdar reduce --test crash finds"
void fdar_reducing_clear(struct fdar_reducing *reducing);

#endif
