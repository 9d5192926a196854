/*
 * The inside of the diff, shared by its files:
 *
 *	diff.c             the two sides, their sessions
 *	diff_price.c       what recording cost: taken out of all times
 *	diff_spread.c      how much a figure differs from run to run, or within one
 *	diff_renamed.c     functions that took others' places
 *	diff_figures.c     what all files ask, and figures in words
 *	diff_rows.c        functions
 *	diff_server.c      functions whose work belongs to no session
 *	diff_counts.c      calls as evidence
 *	diff_tree.c        the union of the call trees
 *	diff_traded.c      time that went from one function to another
 *	diff_inlined.c     what another build has in a function, of the server's own
 *	diff_load.c        whether the sides were asked for the same
 *	diff_refuse.c      what cannot be compared
 *	diff_stands_out.c  which rows grew beyond chance, machine and load
 *	diff_verdict.c     who is to blame
 *	diff_blame.c       what a culprit is called
 *	diff_idle.c        sessions that stay open
 *	diff_few.c         a few sessions of many that are far out
 *	diff_confidence.c  how sure that is, and why
 *	diff_sentence.c    the verdict in English
 *	diff_processor.c   waiting for a processor, which is not running
 *	diff_watching.c    sides that do not tell alike of it, and waits for who may wait for it
 *	diff_hints.c       what else a reviewer should know
 */
#ifndef FDAR_ANALYZE_DIFF_DIFF_PRIVATE_H
#define FDAR_ANALYZE_DIFF_DIFF_PRIVATE_H

#include <math.h>

#include "analyze/diff/diff.h"
#include "analyze/diff/diff_stats.h"
#include "analyze/profile/profile_match.h"
#include "analyze/profile/profile_price.h"
#include "analyze/profile/profile_private.h"
#include "base/intern.h"

/* What makes others queue adds this much of the increases; waits, and whatever cannot be tested,
 * this much of the baseline's time per session. */
#define DIFF_MIN_PART 0.1
/* What runs and is tested must add this much of what ran before. */
#define DIFF_MIN_RUNNING_PART 0.02
/* ... and this much at least, unless the user said otherwise. */
#define DIFF_MIN_ADDED_NS 200
/* Where nothing can be tested. */
#define DIFF_MIN_UNTESTED_NS 10000
/* And have this factor where the sessions are too few for a test. */
#define DIFF_UNTESTED_RATIO 3.0

/* A culprit that grew by so much is none that another pace, or a full machine, makes. */
#define DIFF_PLAIN_FACTOR 10
/* No pace of clients makes anything so much longer, and by so much. */
#define DIFF_PACE_FACTOR 100
#define DIFF_PACE_NS     1e6

/* Less of what sessions run for is little: where memory happens to lie, which others rest. */
#define DIFF_SMALL_PART 0.1

/* Nor does a full machine, in nearly all sessions. */
#define DIFF_FULL_FACTOR 100
#define DIFF_FULL_P      1e-6 /* who is kept from a processor is so now and then, not in one function */

/* How many sessions are open at once differs between the sides. */
#define DIFF_OPEN_RATIO 1.5

/* A machine in which somebody waits for a processor for so much of the time is full. */
#define DIFF_FULL_PART 0.5
/* Where that is not known: sessions waited for one, for so much of what they would have run without. */
#define DIFF_PROCESSOR_PART 0.2

struct diff_side {
	struct fdar_profile *flat; /* owned; NULL when group is of the caller's profile */
	gboolean all;              /* the group is of all sessions, whatever their labels */
	const struct fdar_profile *profile;
	const struct fdar_profile_group *group;
	uint32_t *functions;                   /* its functions' indexes in names */
	uint64_t sessions;                     /* that means are taken over: 1 for a whole run */
	struct fdar_profile_price call_price;  /* of recording a call */
	double *price;                         /* by function: what is in its own time */
	double *node_price;                    /* likewise by node of the group */
	uint32_t blocks;                       /* of time, with sessions enough for a mean each */
	uint8_t block_of[FDAR_PROFILE_BLOCKS]; /* of the grid's blocks: which of those */
	double block_sessions[FDAR_PROFILE_BLOCKS];
	struct diff_run *runs;
	uint32_t run_count;   /* 0: one, or not known */
	double *server_calls; /* by index in names, up to server_count: of no session, per session */
	double *server_ns;    /* likewise: how long it ran */
	uint32_t server_count;
};

/* One of several runs of a side. */
struct diff_run {
	const struct fdar_profile *profile;
	const struct fdar_profile_group *group;
	struct fdar_intern entries; /* (function, below), indexes in names -> index of at */
	GArray *at;                 /* uint32_t: the group's entry */
	double sessions;
};

enum { BASELINE, SUBJECT, SIDES };

/* What keeps the confidence down, and to what. */
struct diff_cap {
	enum fdar_confidence level;
	char text[240];
};

struct diff_work {
	struct fdar_diff *diff;
	struct fdar_diff_options options; /* with the defaults filled in */
	struct diff_side side[SIDES];
	struct fdar_profile *names;      /* functions of both sides, and in group 0 both trees */
	struct fdar_profile_match match; /* which binary of the baseline is which of the subject */
	uint32_t *node_functions;        /* of the diff's nodes, indexes in names */
	uint32_t *
		replaced; /* by index in names, up to replaced_count: who took its place, or itself */
	uint32_t replaced_count;
	double increases_ns;     /* sum of what rows added; without queues where they follow */
	gboolean queues_follow;  /* sessions stand longer in queues because threads are busy */
	gboolean locks_follow;   /* they wait longer for locks because whoever has them is busy */
	gboolean locks_hide;     /* by more than what is there to keep them */
	gboolean clients_follow; /* threads wait longer for clients; they also work longer */
	double processor_part;   /* diff_processor_part() */
	gboolean
		same_binaries; /* all functions are of binaries, by build id, that both sides have */
	gboolean testable;     /* there are sessions enough for a test to say anything */
	gboolean running_longer; /* sessions run longer, which is not chance; or untestable */
	gboolean longer;         /* likewise, with their waits */
	gboolean shorter;
	gboolean part;   /* the verdict is about a part of the sessions: diff_find_part() */
	GPtrArray *caps; /* struct diff_cap */

	gboolean
		outside_too; /* what others decide, the kernel and the clients, is not passed over */
};

/* 1 when both are 0, INFINITY when only the baseline is. */
double diff_ratio(double baseline, double subject);

/* stat may be NULL: all zero. price_ns: what is taken out of its own time, of all sessions. */
void diff_side_fill(const struct diff_side *side, const struct fdar_profile_stat *stat,
		    double price_ns, gboolean whole_run, struct fdar_diff_side *out);

/* Is the added time due to more calls? Ratios of time and of calls. */
gboolean diff_is_calls(const struct diff_work *work, double time, double calls);

/* Index in names of a side's function: one of the baseline goes by the subject's name for it. */
uint32_t diff_map_function(struct diff_work *work, int which,
			   const struct fdar_profile_function *function);

/* Once functions are mapped: those of the baseline that others of the subject took the places of go by
 * their names. */
void diff_replaced_find(struct diff_work *work);

/* In a whole run, waits that ask for any work: how long they took only says how little there was to
 * do. function is an index of names. */
gboolean diff_leaves_out(const struct diff_work *work, uint32_t function);

void diff_price_find(struct diff_work *work);
/* Where the price is from, if nobody measured it on both sides; else "". */
const char *diff_price_source(const struct diff_work *work);
/* Of the medians of own time; that of the baseline is half of its price at least, by which it may be wrong. */
double diff_median_ratio(const struct fdar_diff_side *baseline,
			 const struct fdar_diff_side *subject);
/* What a row added is less than what the price taken out of it may be wrong by. */
gboolean diff_price_hides(const struct diff_work *work, const struct fdar_diff_row *row);
/* Why the verdict's row is low: it is mostly price, or as much as that varies by. NULL: it is not. The caller
 * frees it. */
char *diff_price_doubt(const struct diff_work *work, const struct fdar_diff_row *row);

void diff_blocks_find(struct diff_side *side);
void diff_runs_map(struct diff_work *work);
void diff_runs_clear(struct diff_side *side);
/* Of an entry of each side, or FDAR_PROFILE_NONE; function and below are indexes in names. */
void diff_spread_of(const struct diff_work *work, const uint32_t *entry, uint32_t function,
		    uint32_t below, gboolean calls, struct fdar_diff_spread *out);
/* Of the sessions' time. */
void diff_spread_of_sessions(const struct diff_work *work, gboolean running,
			     struct fdar_diff_spread *out);
/* Whether the subject's values are above the baseline's; TRUE where there are too few to say. */
gboolean diff_spread_above(const struct fdar_diff_spread *spread);
/* And so far above, that runs do not differ as much. FALSE where there are too few to say. */
gboolean diff_spread_beyond(const struct fdar_diff_spread *spread);
/* A side has more than one run. */
gboolean diff_has_several(const struct diff_work *work);

/* On either side the server calls it more often by itself than for sessions. */
gboolean diff_is_server_too(const struct diff_work *work, const struct fdar_diff_row *row);
/* An event loop calls it, or it is called for nobody as well, and now more often, now less: so loops turn, by how
 * clients happen to come. */
gboolean diff_is_of_turns(const struct diff_work *work, const struct fdar_diff_row *row);
/* What such turns have most of, which nobody is named for. NULL: nothing that is worth a word. */
const struct fdar_diff_row *diff_most_turned(const struct diff_work *work);
/* Before any row is made. */
void diff_counts_pool(struct diff_work *work);
void diff_counts_find(struct diff_work *work, const uint32_t *entry, uint32_t function,
		      struct fdar_diff_row *row);
void diff_counts_adjust(struct fdar_diff *diff);
void diff_recount(struct fdar_diff *diff);

/* Time that went from a function to another that only one build has. Before rows are sorted, and once sessions
 * are compared. */
void diff_trade_find(struct diff_work *work);
/* What is new may be what one build alone has as a function. */
void diff_cap_for_build(struct diff_work *work);
/* Likewise where that was in frames of the server's own; of different builds, after the trade. */
void diff_inlined_find(struct diff_work *work);
void diff_cap_for_inlined(struct diff_work *work);

/* Each call moves bytes for the kernel, and calls and bytes are as many as before, or so many times as many
 * as work that is asked for: how long that takes is not the function's doing. */
gboolean diff_is_transfer(const struct fdar_diff_row *row, double work);

/* What sessions take longer in rows in which threads wait for anybody's work: it is no session's. */
double diff_resting_added_ns(const struct fdar_diff *diff);
/* The node is a wait of such a row. */
gboolean diff_rests_at(const struct diff_work *work, uint32_t at);

/* Is it a wait on the sessions' own descriptors, for the most part of what it added? */
gboolean diff_is_for_client(uint8_t frame, const struct fdar_diff_side *baseline,
			    const struct fdar_diff_side *subject);
/* Does its time follow from what threads do elsewhere? Then it has no share in what was added. */
gboolean diff_follows(const struct diff_work *work, uint8_t frame, uint8_t wait,
		      const struct fdar_diff_side *baseline, const struct fdar_diff_side *subject);

/* Are some sessions of the subject beyond those of the baseline by chance, were these longer by the factor that
 * is usual between the sides, and by what is called a change: its factor, and so much? */
double diff_p_few(const struct diff_work *work, const struct fdar_diff_row *row, double usual,
		  double more_ns);
void diff_rows_make(struct diff_work *work);
void diff_rows_rank(struct diff_work *work);
void diff_rows_sort(struct fdar_diff *diff);
void diff_server_make(struct diff_work *work);
void diff_tree_make(struct diff_work *work);
/* What the subject's sessions ask for, in those of the baseline, where that is another amount of work; else 1.
 * Once the sides are summed up, before any row is made. */
double diff_work_ratio(const struct fdar_diff *diff);
void diff_load_find(struct diff_work *work);
/* By what factor all running rows but one are slower; 1 where there is too little else. */
double diff_machine(const struct fdar_diff *diff, const struct fdar_diff_row *without);
/* By what factor most of the other functions are slower, whatever time they have; 1: too few to say. */
double diff_most_others(const struct diff_work *work, const struct fdar_diff_row *without);
/* The culprit grew by no more than most others did. */
void diff_cap_for_others(struct diff_work *work);

/* Why there can be no verdict: the sentence, and the confidence is low. FALSE: there can be. */
gboolean diff_refuse(struct diff_work *work);

/* Somebody waited for a processor for much of the time: the recordings say so of the machine, or sessions
 * waited for one. FALSE where neither is known, and before there are rows. */
static inline gboolean diff_is_full(const struct diff_work *work)
{
	return work->options.pressure >= DIFF_FULL_PART ||
	       work->processor_part >= DIFF_PROCESSOR_PART;
}

/* Of the fuller side: what sessions waited for a processor, as a part of what they ran and waited for one. */
double diff_processor_part(const struct diff_work *work);
/* Who waited for a processor, and how long. The caller frees it. */
char *diff_full_text(const struct diff_work *work);

/* Both sides tell when threads were off the processor: what runs is processor time. */
gboolean diff_knows_processor(const struct diff_work *work);
/* The machine was full, and who waited for a processor looks as if it ran. */
gboolean diff_hides_running(const struct diff_work *work);
/* Each wait is longer by more than anybody is kept from a processor. */
gboolean diff_is_beyond_full(double added_ns, double waits);
/* What can be waiting for a processor, or for somebody who does, or be told of one side only. */
void diff_cap_for_processor(struct diff_work *work);
/* What sessions waited longer for a processor; that is at least half of what was added to them. */
double diff_processor_added_ns(const struct fdar_diff *diff);
gboolean diff_is_for_processor(const struct fdar_diff *diff);
/* Likewise for their clients. */
gboolean diff_is_for_clients(const struct fdar_diff *diff);

void diff_judge(struct diff_work *work);
/* Sessions take longer, or run longer, which is not chance. */
gboolean diff_is_longer(const struct diff_work *work, gboolean running);
/* Nearly all of its sessions are above the baseline's, by much. */
gboolean diff_is_shift(const struct fdar_diff_row *row);
/* The verdict is that it runs longer: so many times by mean and middle, in nearly all sessions. */
gboolean diff_shifts_by(const struct diff_work *work, const struct fdar_diff_row *row,
			double factor, double p);
gboolean diff_stands_out(const struct diff_work *work, const struct fdar_diff_row *row);
/* Nobody stands out, and in a part of the sessions, a sixth at least, a function runs longer than it does in
 * the baseline, which the mean of all of them hides. */
gboolean diff_find_part(struct diff_work *work);
/* The first row in which so many sessions do, be it enough to be named for it or not. NULL: none. */
const struct fdar_diff_row *diff_part_row(const struct diff_work *work, uint64_t *sessions);
/* What has most of what was added, and not by chance, though it is not enough to be named for it. NULL: none. */
const struct fdar_diff_row *diff_most_of_it(const struct diff_work *work);
gboolean diff_row_runs(const struct fdar_diff_row *row);
gboolean diff_is_function(const struct fdar_diff_node *node);
double diff_outer_ratio(const struct fdar_diff_side *baseline,
			const struct fdar_diff_side *subject);
/* What sessions of the baseline run for, and take; where few are far out, what the others do. */
double diff_usual_ns(const struct diff_work *work, gboolean running);
/* What a change must add to be worth a verdict, and whether it is. */
double diff_least_added(const struct diff_work *work, gboolean running);
gboolean diff_is_large(const struct diff_work *work, double ratio, double added_ns,
		       gboolean running);

/* The verdict is about a row, a node with all that it calls, or whichever of them says more. */
void diff_blame_row(struct diff_work *work, const struct fdar_diff_row *row);
void diff_blame_node(struct diff_work *work, uint32_t node);
/* The row itself, without what it calls. */
void diff_blame_alone(struct diff_work *work, const struct fdar_diff_row *row);
void diff_blame_calls(struct diff_work *work, const struct fdar_diff_row *row);
void diff_blame_per_call(struct diff_work *work, uint32_t node);
/* It is called by a frame of the server's own that is around the work of many, as an event loop is; or by who is, as much
 * more often as that one. */
gboolean diff_is_in_loop(const struct diff_work *work, const struct fdar_diff_row *row);
/* The node's path is new, or gone, and its function is in both sides. */
gboolean diff_is_elsewhere(const struct diff_work *work, uint32_t node);
double diff_per_outer_call(const struct fdar_diff_side *side);
gboolean diff_mostly_waits(const struct fdar_diff_node *node);
/* Where more calls come from. */
uint32_t diff_origin_of_calls(const struct diff_work *work, uint32_t node);

/* Most sessions of the subject never end, and hardly one of the baseline: something holds them. */
gboolean diff_never_end(const struct fdar_diff *diff);

/* The row is the wait that does so. */
gboolean diff_holds(const struct diff_work *work, const struct fdar_diff_row *row);

/* So much longer than in the baseline clients were silent by themselves, a session; 0: not known. */
double diff_silence(const struct diff_work *work);
/* That is at least half of something that was added. */
gboolean diff_is_silence(const struct diff_work *work, double added_ns);

/* Work that no session owns grew more than the sessions' own. */
gboolean diff_find_server(struct diff_work *work);
/* A wait for other threads, processes or servers. */
gboolean diff_is_for_others(const struct fdar_diff_row *row);
/* The row of work that no session owns which the verdict is about; NULL: it is about something else. */
const struct fdar_diff_row *diff_server_row(const struct fdar_diff *diff);
/* Where the verdict is such a wait, and work that no session owns grew by a part of it that makes others
 * queue: that is the verdict, for somebody who works is waited for. Likewise where such work grew by far more
 * than a function that little speaks for. */
void diff_prefer_server(struct diff_work *work);
/* Of what was added, most sessions of the subject never end, or what threads did is nothing beside
 * it. */
gboolean diff_is_plain(const struct fdar_diff *diff, double added_ns, double worked_ns);
gboolean diff_find_idle(struct diff_work *work, gboolean first);

/* Nobody stands out, and one or a few of many sessions are far beyond all others in a function. */
gboolean diff_find_few(struct diff_work *work);
/* The verdict's row grew in a few sessions only: which part, for the sentence. */
void diff_count_few(struct diff_work *work);
void diff_cap_for_few(struct diff_work *work);
/* The verdict is about a part of the sessions; or about none, and one is seen. */
void diff_cap_for_part(struct diff_work *work);
/* Their own sentence; and of a verdict that is about more, that it is in a few only. */
void diff_say_few(GString *text, const struct fdar_diff *diff);
void diff_add_few(GString *text, const struct fdar_diff *diff);

/* What the recordings themselves have against them: as caps; as the diff's trace_doubt; and whether so much of either side
 * is missing that what is not seen may be in that. */
void diff_cap_for_trace(struct diff_work *work);
void diff_doubt_trace(struct diff_work *work);
gboolean diff_is_partial(const struct diff_work *work);

/* Keeps the confidence at a level or below. The text ends "confidence: low: ...". */
void diff_cap(struct diff_work *work, enum fdar_confidence level, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
/* There are so many runs that all of one side above all of the other is no chance; the verdict is beyond what
 * runs, or parts of one, differ by. */
gboolean diff_has_enough_runs(const struct diff_work *work);
gboolean diff_is_beyond_runs(const struct diff_work *work);
void diff_trust(struct diff_work *work);
const struct fdar_diff_row *diff_verdict_row(const struct fdar_diff *diff);

void diff_say(struct diff_work *work);
void diff_hint(struct diff_work *work);

/* For sentences: "sessions" or "requests"; three significant digits and a unit; "1.5", "12,345". */
const char *diff_units(const struct fdar_diff *diff);
const char *diff_duration(double ns, char text[32]);
void diff_add_number(GString *text, double value);

#endif
