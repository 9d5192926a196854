/*
 * Diff: which functions made the sessions of one profile slower than those of another.
 *
 * Place in the house: takes two profiles, gives plain structs; cli/ prints them, viz/ colours with
 * them. The verdict's logic and all formulas with their sources are in docs/analysis.md.
 *
 * The unit is the session: each side's figures are per session, because calls within a session
 * depend on each other and the two sides rarely have the same number of sessions. Where neither
 * side has any session the unit is the whole run, and nothing can be tested for significance.
 *
 * *Share*: a session's time is the sum of its entries' own times, so the added time per session is
 * the sum of the entries' changes; share is an entry's part of all the increases (they add up to
 * 1; entries that did not grow have 0). Where functions work markedly longer for a session,
 * others stand in queues and wait for locks because of that: then the share of that time is 0, and a
 * hint tells.
 */
#ifndef FDAR_ANALYZE_DIFF_DIFF_H
#define FDAR_ANALYZE_DIFF_DIFF_H

#include <glib.h>
#include <stdint.h>

#include "analyze/profile/profile.h"
#include "analyze/profile/profile_price.h"

enum fdar_presence {
	FDAR_IN_BOTH,
	FDAR_IN_SUBJECT, /* new */
	FDAR_IN_BASELINE /* gone */
};

/* What grew. */
enum fdar_change {
	FDAR_CHANGE_NONE,
	FDAR_CHANGE_RUNNING,  /* it runs longer */
	FDAR_CHANGE_WAITING,  /* it waits longer */
	FDAR_CHANGE_QUEUEING, /* sessions stand longer in a queue */
	FDAR_CHANGE_CALLS,    /* it is called more often; each call is much the same */
	FDAR_CHANGE_IDLE,     /* sessions stay open longer while no thread works for them */
	FDAR_CHANGE_BLOCKED,  /* likewise, while threads work for others */
	FDAR_CHANGE_SPREAD,   /* sessions take longer, and no function stands out */
	FDAR_CHANGE_FASTER,
	FDAR_CHANGES
};

/* One side of a comparison, per session. */
struct fdar_diff_side {
	double calls;       /* mean */
	double outer_calls; /* mean, without recursive ones */
	double own_ns;      /* mean, median and 99th percentile */
	double own_median_ns;
	double own_p99_ns;
	double total_ns; /* with all that is below */
	double total_median_ns;
	double total_p99_ns;
	double wait_ns;       /* of the mean total_ns: waiting */
	double skipped_calls; /* mean: made in it, too short to be recorded */
	double skipped_ns;    /* mean: of own_ns, in those */
	double price_ns;      /* mean: what recording it and its callees cost; not in own_ns */
	double io_calls;      /* mean: reads and writes that it does itself */
	double io_bytes;
	double client_ns;    /* mean: of own_ns, waiting for the sessions' clients */
	uint64_t unfinished; /* calls, of all sessions */
};

/* How two distributions of per-session values differ. */
struct fdar_diff_test {
	double delta; /* Cliff's delta, -1 to 1: P(subject > baseline) - P(subject < baseline) */
	double p;     /* one-sided, on the side to which the mean changed; 1: nothing can be said */
	double adjusted; /* p, corrected for the number of rows (Benjamini-Hochberg) */
	uint64_t beyond; /* sessions of the subject above every one of the baseline */
};

/* How a figure differs from block to block of time within a run, or from run to run where a side has
 * several. */
struct fdar_diff_spread {
	uint32_t baseline; /* how many values there are; 0 and 1: nothing can be said */
	uint32_t subject;
	gboolean runs;      /* they are runs; else blocks of time */
	double p;           /* that the subject's are above the baseline's by chance; 1: unknown */
	double noise_ns;    /* standard error of the change */
	double most_before; /* the largest of the baseline, the smallest of the subject */
	double least_after;
	double range_before; /* between the baseline's smallest and largest */
};

/* Calls as evidence: they do not depend on how busy the machine is. */
struct fdar_diff_counts {
	gboolean steady;    /* the baseline has one count in nearly all its sessions */
	gboolean all_more;  /* nearly all of the subject's sessions have more of them */
	gboolean exact;     /* each side has one count in nearly all its sessions, not the same */
	gboolean evident;   /* exact, or beyond chance within runs and between their parts */
	double typical[2];  /* that count of baseline and subject, when exact */
	double per_call_ns; /* what one costs: own time, of both sides */
	double work_ns;     /* added calls per session, at that cost */
	gboolean moved;     /* what was added of them was the server's own in the baseline */
	double p;           /* one-sided, on the side to which the mean changed; corrected */
};

/* A ratio is subject / baseline. One that has no baseline is INFINITY when the subject is above 0,
 * and 1 when both are 0; never NaN. */
struct fdar_diff_row {
	const char *function; /* owned by the diff */
	const char *component;
	const char *below; /* the wait it is about, NULL: the function's own running */
	const char *file;  /* NULL when not known */
	int line;
	uint8_t frame; /* enum fdar_frame_kind */
	uint8_t wait;  /* enum fdar_wait_kind, of waits */
	enum fdar_presence presence;
	enum fdar_change change;
	struct fdar_diff_side baseline;
	struct fdar_diff_side subject;
	double ratio;        /* of mean own time */
	double ratio_median; /* to half of the baseline's price, where its median is less */
	double ratio_p99;
	double ratio_calls;
	double added_ns;            /* own time per session: subject - baseline */
	double share;               /* 0 to 1 */
	struct fdar_diff_test test; /* of own time per session */
	double gap; /* the subject's smallest session, in the baseline's largest; 0: not above */
	struct fdar_diff_spread spread;
	struct fdar_diff_counts counts;
	gboolean transfers; /* its time is system calls that move bytes, as many as before */
	gboolean client;    /* what it added is waiting for the sessions' clients */
	gboolean
		resting; /* its thread waits there for anybody's work: whose that time is is chance */
	gboolean traded;     /* its caller, or a callee of one build, ran as much longer before */
	uint32_t ids[2];     /* private: of the function and what is below it */
	uint32_t entries[2]; /* private: of each side's group, or FDAR_PROFILE_NONE */
	gboolean stands_out; /* it grew, more than everything else did, and not by chance */
};

/* A call path, in the union of both trees. Node 0 is the root. Parents come before children. Here
 * total_ns is the sum of the own times of the node and all below it, so that the tree adds up also
 * where recursion was folded; its median and 99th percentile are those of the outer calls. */
struct fdar_diff_node {
	const char *function; /* "" at the root */
	const char *component;
	uint8_t frame; /* enum fdar_frame_kind */
	uint8_t wait;  /* enum fdar_wait_kind, of waits */
	enum fdar_presence presence;
	uint32_t parent; /* FDAR_PROFILE_NONE at the root */
	uint32_t depth;
	struct fdar_diff_side baseline;
	struct fdar_diff_side subject;
	double ratio;         /* of mean total time */
	double added_ns;      /* own */
	double tree_added_ns; /* own, and that of all below */
	double share;         /* own part of all increases of nodes, 0 to 1 */
};

struct fdar_diff_sessions {
	uint64_t sessions;
	uint64_t finished;
	uint64_t unfinished;
	double busy_ns; /* mean time per session: running, waiting in calls, in queues */
	double busy_median_ns;
	double busy_p99_ns;
	double running_ns;
	double lifetime_ns;
	double lifetime_median_ns;
	double lifetime_p99_ns;
	double requests;  /* mean per session, as the server tells them; 0: it does not */
	double bytes_in;  /* mean per session */
	double io_calls;  /* mean per session: reads and writes */
	double rate;      /* sessions that began in a second; 0: too few to say */
	double open;      /* sessions that were open at once, on average */
	gboolean counted; /* counts are known: page faults, ..., mean per session */
	double counts[FDAR_COUNT_KINDS];
	gboolean counts_estimated; /* some of these */
	double price_ns;           /* mean: taken out of all times for what recording costs */
	double discarded;          /* lost events as a part of all, 0 to 1 */
	double unknown;            /* own time in functions without a name, 0 to 1 */
	const char *program; /* what was recorded, and of which build; "" where it is not known */
	const char *build_id;
};

enum fdar_confidence { FDAR_CONFIDENCE_LOW, FDAR_CONFIDENCE_MEDIUM, FDAR_CONFIDENCE_HIGH };

struct fdar_verdict {
	enum fdar_change change;
	enum fdar_presence presence;
	const char *function;  /* NULL when there is no culprit, or it is no function */
	const char *component; /* NULL likewise */
	const char *below;     /* the wait it is in, or the queue; may be NULL */
	const char *file;      /* where the function begins, in the subject's tree; may be NULL */
	int line;
	const char *baseline_file; /* in the baseline's, where that is elsewhere; else NULL */
	int baseline_line;
	uint32_t node;      /* the call path where most of it is; 0: none */
	gboolean per_call;  /* factor and times are per call: the sides do different work */
	double factor;      /* of its time; of its calls when they are the change; INFINITY: new */
	double baseline_ns; /* per session: what the factor compares */
	double subject_ns;
	double share;     /* of the added time per session */
	gboolean server;  /* the function's work belongs to no session */
	gboolean counted; /* the evidence is its calls; times are what they cost */
	/* So many of the subject's sessions it is in, each with few_ns of it as it was seen; the others have
	 * nothing of the kind. 0: it is in many. */
	uint64_t few;
	double few_ns;
	uint32_t
		few_row; /* whose times these are, of rows; its caller may be the one that is named */
	size_t few_at;   /* where the sentence says which sessions they are */
	gboolean
		few_only; /* no more is said than that: times are of one such session, and of all others */
	gboolean refused; /* there is no verdict: the sentence says why, nothing else counts */
	enum fdar_confidence confidence;
	char *sentence; /* in English, without a full stop; never NULL */
	char *reason;   /* why the confidence is what it is; likewise */
};

/* Were the sides asked for the same? */
struct fdar_diff_load {
	double work;    /* so many times as much is asked of a session; 1: about the same */
	double asked;   /* as in the options */
	gboolean pace;  /* sessions come at another pace, or other many at once */
	double machine; /* by what factor everything that ran in the baseline is slower, about */
};

struct fdar_calibration;

struct fdar_diff_options {
	const char *label;          /* compare the sessions of this label only; NULL: all */
	const char *baseline_label; /* as label, for one side; NULL: label */
	double alpha;               /* significance level; 0: 0.01 */
	double min_ratio;           /* smallest factor that is called a difference; 0: 1.5 */
	double min_added_ns;        /* and smallest added time per session; 0: a part of the
				     * sessions' time, and of how much it varies */
	double max_discarded;       /* above it the trace is called bad; 0: 0.01 */
	double max_unknown;         /* likewise; 0: 0.2 */
	GHashTable *unrecorded;     /* functions that are folded on both sides, because a side does
				     * not have all their calls (unrecorded.h); NULL: none */
	const char *const *doubts;  /* why the sides are hard to compare, in English: hints, and low
				     * confidence; NULL: they are not */
	const char *refusal;        /* why there can be no verdict; NULL: there can be */
	/* The runs that a side is merged from, when there are several: how much they differ is what
	 * a difference must exceed. NULL: one. */
	const struct fdar_profile *const *runs[2]; /* of baseline and subject */
	uint32_t run_count[2];
	/* Of recording a call, of baseline and subject: where functions are folded, as it was before.
	 * All 0: as the profiles show it. */
	struct fdar_profile_price price[2];
	double pressure; /* of the fuller side: the part of its fullest moment in which somebody waited
			  * for a processor; 0: not known */
	double left_out_ns; /* calls that are shorter were left out on one side: they are in the own
			     * times of their callers there; 0: on neither, or both */
	const struct fdar_calibration
		*calibration; /* how much runs differ here (calibration.h): what
						      * a difference must exceed where each side is one
						      * run; NULL: not known. Of the same unit */
	/* How long clients were silent by themselves, a session on average, as the journals of both sides'
	 * replays say (fdar_labels_silence). */
	gboolean silence_known;
	double silent_ns[2];
	double asked; /* where requests are compared because sessions have so many times as many
			  * of them; 0: not for that */
};

/* A function that is not compared: a side does not have all its calls. */
struct fdar_diff_unrecorded {
	const char *function; /* owned by the diff */
	const char *component;
	gboolean baseline; /* on which side they are missing */
	gboolean subject;
};

/* What a sentence or a reason says of how to know which function. */
#define FDAR_DIFF_TO_KNOW "record with --sample, or rebuild"

struct fdar_diff {
	struct fdar_diff_sessions baseline;
	struct fdar_diff_sessions subject;
	enum fdar_unit unit;        /* what the sessions are */
	gboolean whole_run;         /* no sessions on either side: per run instead of per session */
	struct fdar_diff_test test; /* of busy time per session */
	gboolean even;              /* of SPREAD: all functions grew alike */
	gboolean
		inferred; /* what ran is inferred from reads and writes, on both sides: it is known how
			    * much that is, and not which function */
	gboolean silent;  /* of IDLE: the clients were, by themselves, as the journals say */
	gboolean blind;   /* of IDLE, or refused for it: what threads did was not recorded */
	double spin_rate; /* of that: reads and writes of a session in a second, where there are
			   * very many for no more bytes: a busy loop; else 0 */
	const char *
		trace_doubt; /* what speaks against the recordings themselves; NULL: nothing. Owned by the diff */
	gboolean may_be_chance; /* a difference was seen, but not a significant one */
	struct fdar_diff_load load;
	uint32_t *recounted; /* rows whose calls changed evidently, by what that costs */
	uint32_t recounted_count;
	struct fdar_diff_row
		*server_rows;      /* functions whose work belongs to no session, per session */
	uint32_t server_row_count; /* 0 where sessions' own work is all there is */
	double ratio;              /* of mean busy time per session */
	double added_ns;
	struct fdar_diff_row *rows; /* what stands out first; by share, added time, name */
	uint32_t row_count;
	struct fdar_diff_node *nodes;
	uint32_t node_count;
	struct fdar_diff_unrecorded *unrecorded; /* by name */
	uint32_t unrecorded_count;
	struct fdar_verdict verdict;
	GHashTable *
		renamed; /* char * -> char *: what the baseline calls a binary, where the subject has
			      * another name for it, and that name */
	GPtrArray *few; /* char *: which sessions verdict.few are, as fdar_diff_tell_few was told */
	GPtrArray *hints; /* char *: what else a reviewer should know, one line each */
	GStringChunk *texts;
};

/* options may be NULL. NULL and error when a label has no sessions on a side (the message says
 * which labels there are). What cannot be compared gives a verdict that is refused. The caller owns the result (fdar_diff_free); the profiles may go. */
struct fdar_diff *fdar_diff_new(const struct fdar_profile *baseline,
				const struct fdar_profile *subject,
				const struct fdar_diff_options *options, GError **error);

/* "main > serve > read": the functions down to a node; at most the last so many of them, if that is
 * not 0, after "... > ". The caller frees the result. */
char *fdar_diff_path(const struct fdar_diff *diff, uint32_t node, unsigned last);

/* All of them, the outermost first, ended by NULL. The caller frees the result (g_strfreev). */
char **fdar_diff_frames(const struct fdar_diff *diff, uint32_t node);

/* A profile does not know sessions by name: whoever reads the subject's says which verdict.few are, and the
 * sentence says so, too. At most so many are told as are wanted by a line; the rest is counted. */
void fdar_diff_tell_few(struct fdar_diff *diff, const char *session);

const char *fdar_change_name(enum fdar_change change);       /* "running", "waiting", ... */
const char *fdar_presence_name(enum fdar_presence presence); /* "both", "new", "gone" */
const char *fdar_confidence_name(enum fdar_confidence confidence);
/* FALSE when the text is no such name. */
gboolean fdar_confidence_parse(const char *text, enum fdar_confidence *confidence);

/* NULL is allowed. */
void fdar_diff_free(struct fdar_diff *diff);
typedef struct fdar_diff fdar_diff;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_diff, fdar_diff_free)

#endif
