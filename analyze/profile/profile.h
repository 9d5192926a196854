/*
 * Profile: a mergeable summary of a recording: per label a calling context tree, and what each
 * function cost per call and per session.
 *
 * Place in the house: profile_build.h makes one out of a walk, profile_read.h out of a path; diff.h
 * compares two, viz/ draws flame graphs of them, cli/ prints them. Plain structs to read; only the
 * functions here and in profile_build.h change them.
 *
 * A *group* holds the sessions of one label; group 0 holds what belongs to no session: the server
 * itself. Its tree's nodes are call paths (recursion folded, see walk.h), its *entries* are
 * functions, whatever path they were called on: an entry is a function's running time, or the
 * waits of one kind made directly by it ("apr_socket_recv" in "poll"), so the own times of all
 * entries add up to the time of the group, and so do those of all nodes. Time in a queue between
 * two threads is a node and entry of kind FDAR_FRAME_QUEUE; it is no thread's time.
 *
 * Units: nanoseconds. Sums saturate at UINT64_MAX.
 *
 * Merging is exact: the sessions of a recording cut into pieces, profiled and merged give the same
 * profile as the whole.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_H
#define FDAR_ANALYZE_PROFILE_PROFILE_H

#include <glib.h>
#include <stdint.h>

#include "base/histogram.h"
#include "analyze/profile/profile_grid.h"
#include "analyze/walk/walk.h"
#include "pipeline/samples/samples.h"

#define FDAR_PROFILE_NONE       UINT32_MAX
#define FDAR_PROFILE_ALL        "all"           /* the label of sessions when there are no labels */
#define FDAR_PROFILE_UNLABELLED "no label"      /* ... of those that none of the labels fits */
#define FDAR_PROFILE_SERVER     "server itself" /* of group 0 */
/* A wait that nobody saw: a thread was off the processor by itself (instrument/wire/events.h: FDAR_OFF_CPU_BLOCKED). */
#define FDAR_PROFILE_BLOCKED "blocked"
/* What threads did where no functions were recorded: name and component (FDAR_FRAME_INFERRED). */
#define FDAR_PROFILE_INFERRED    "work between I/O"
#define FDAR_PROFILE_INFERRED_BY "inferred"

struct fdar_profile_function {
	const char *name;
	const char *component;
	const char *file; /* where it begins in the source, NULL when not known */
	int line;
	uint8_t kind;   /* enum fdar_frame_kind */
	uint8_t wait;   /* enum fdar_wait_kind, of waits */
	gboolean known; /* FALSE: an address without a name */
	/* What else is known of its binary, beside the component: "" and FALSE where nothing is. */
	const char *build_id;
	const char *soname;
	gboolean program; /* no library */
	/* Its calls were not recorded for a part of the time, or all of it: switched off, or on late.
	 * What it took then is in the own time of its callers. */
	gboolean off;
	uint8_t off_reason; /* enum fdar_switch_reason, of the last time */
};

/* What single sessions did: one value a session that called it; the other sessions of the group have 0. */
struct fdar_profile_sessions {
	struct fdar_histogram calls;
	struct fdar_histogram own_ns;
	struct fdar_histogram total_ns;
};

/* Recursion: a call made while the same function is open further out adds to calls and own_ns, but
 * its total is part of the outer call's. */
struct fdar_profile_stat {
	uint64_t calls;
	uint64_t outer_calls;   /* calls that are not recursive */
	uint64_t unfinished;    /* calls that were open at the end of the trace */
	uint64_t own_ns;        /* running; of waits and queues: waiting */
	uint64_t total_ns;      /* of outer calls, with all that is below */
	uint64_t wait_ns;       /* of total_ns: waiting */
	uint64_t skipped_calls; /* made in it and too short to be recorded: no calls here */
	uint64_t skipped_ns;    /* of own_ns: in those */
	uint64_t io_calls; /* I/O that it did itself on sessions' descriptors, as io events say */
	uint64_t io_bytes; /* read or written by those */
	uint64_t
		folded_calls; /* made in it and not told (profile_build.h): their time is in own_ns,
				* and the price of recording them */
	uint64_t
		client_ns; /* of own_ns, of waits: on the descriptors of sessions, for their clients */
	struct fdar_histogram call_ns; /* total of each outer call */
	struct fdar_profile_sessions
		*sessions; /* NULL: none called it; read by fdar_profile_sessions */
};

/* A call path. Node 0 is the root: no function, no calls. A node without calls in a session's
 * group is there for its children: it was the server's. */
struct fdar_profile_node {
	uint32_t function; /* index of the profile's functions; FDAR_PROFILE_NONE: the root */
	uint32_t parent;
	uint32_t first_child; /* FDAR_PROFILE_NONE: none; children are in no order */
	uint32_t next_sibling;
	struct fdar_profile_stat stat;
};

struct fdar_profile_entry {
	uint32_t function; /* of a wait: the function or scope it is directly below, the wait's
			    * own when there is none */
	uint32_t below;    /* the wait, or FDAR_PROFILE_NONE: the function's running time */
	struct fdar_profile_stat stat;
	struct fdar_profile_series block_own_ns; /* of sessions, in the group's grid */
	struct fdar_profile_series block_calls;
};

struct fdar_profile_group {
	char *label;
	uint64_t sessions; /* 0 in group 0 */
	uint64_t finished;
	uint64_t unfinished;
	uint64_t replaced;
	uint64_t requests; /* that were begun in them */
	uint64_t bytes_in; /* read from their clients, written to them */
	uint64_t bytes_out;
	uint64_t io_calls;             /* reads and writes on their descriptors */
	struct fdar_profile_grid grid; /* of the blocks: when sessions began */
	struct fdar_profile_series block_sessions;
	struct fdar_profile_series block_busy_ns;
	struct fdar_profile_series block_running_ns;
	struct fdar_histogram lifetime_ns; /* a session's begin to its end */
	struct fdar_histogram busy_ns;     /* a session's time: all own times, queues included */
	struct fdar_histogram running_ns;  /* of that: running */
	uint64_t own_ns;                   /* sum over the group */
	uint64_t unknown_ns;               /* of that: functions without a name */
	uint64_t counted_sessions;         /* of which counts are known; the others have none */
	uint64_t
		counts[FDAR_COUNT_KINDS]; /* page faults, ..., of theirs; of group 0 the server's */
	uint64_t counts_estimated;        /* of all kinds: the kernel told of several at once */
	struct fdar_profile_node *nodes;
	uint32_t node_count;
	struct fdar_profile_entry *entries;
	uint32_t entry_count;
	struct fdar_profile_index *index; /* private */
};

/* How good the trace was. */
struct fdar_profile_losses {
	uint64_t events; /* as the tracer counts them; calls events carry many calls each */
	uint64_t calls;  /* that came in calls events */
	uint64_t discarded;
	uint64_t packets_lost;
	uint64_t lost_calls; /* calls that the tracer says are missing, and calls events that were
			      * malformed */
	uint64_t skipped_calls; /* too short to be recorded: counted, and timed as part of others */
	uint64_t skipped_ns;
	uint64_t unwound;  /* of repaired: ended without returning */
	uint64_t damaged;  /* sources that ended early */
	uint64_t repaired; /* from here on as in fdar_walk_stats */
	uint64_t stray_exits;
	uint64_t stray_sessions;
	uint64_t no_thread;
	uint64_t over; /* all limits of the walk together */
};

struct fdar_profile {
	struct fdar_profile_function *functions;
	uint32_t function_count;
	struct fdar_profile_group *groups;
	uint32_t group_count; /* at least 1 */
	struct fdar_profile_losses losses;
	GPtrArray
		*doubts; /* struct fdar_doubt (pipeline/recording/doubts.h): what speaks against the
			    * recordings that it was read from */
	uint64_t threads;
	uint64_t processes;
	uint64_t watched; /* processes that tell when their threads are off the processor */
	/* The price of recording a call, as the recordings have it (pipeline/recording/recording.h): sums over
	 * its measurements, 0: nobody measured. */
	uint64_t price_measured;
	uint64_t price_inner_ps;
	uint64_t price_outer_ps;
	uint64_t price_spread_ps;
	uint64_t io_sessions; /* connections that nobody marks as sessions: --io made them such */
	enum fdar_unit unit;  /* what the sessions are */
	uint64_t begin_ns;    /* of the earliest and the latest event; 0: none */
	uint64_t end_ns;
	uint64_t span_ns;         /* sum of the merged recordings' lengths */
	GHashTable *function_ids; /* private */
	GStringChunk *texts;
};

/* Valid as long as the stat is as it is. */
const struct fdar_profile_sessions *fdar_profile_sessions(const struct fdar_profile_stat *stat);

/* One with an empty group 0. The caller owns the result (fdar_profile_free). */
struct fdar_profile *fdar_profile_new(void);

/* The group of a label; NULL when there is none. */
struct fdar_profile_group *fdar_profile_group(const struct fdar_profile *profile,
					      const char *label);

/* Adds from to profile. */
void fdar_profile_merge(struct fdar_profile *profile, const struct fdar_profile *from);

/* A profile whose group FDAR_PROFILE_ALL holds the sessions of all labels. The caller owns it. */
struct fdar_profile *fdar_profile_flatten(const struct fdar_profile *profile);

/* Whether that would be a copy: then the profile itself does. It has no group FDAR_PROFILE_ALL when it has no
 * sessions. */
gboolean fdar_profile_is_flat(const struct fdar_profile *profile);

/* The same of the sessions with a label; NULL: all. */
struct fdar_profile *fdar_profile_of_label(const struct fdar_profile *profile, const char *label);

/* Own times of each node and all below it, in an array of group->node_count: what a flame graph's
 * widths are. (stat.total_ns differs where recursion was folded.) The caller frees the result. */
uint64_t *fdar_profile_subtree_ns(const struct fdar_profile_group *group);

/* Functions, groups, trees and entries are the same, in whatever order. */
gboolean fdar_profile_equal(const struct fdar_profile *a, const struct fdar_profile *b);

/* Whether a part of its running time is inferred from I/O, because no functions were recorded. */
gboolean fdar_profile_is_inferred(const struct fdar_profile *profile);
/* It is one of flowdar's in the server, as flowdar.h has them: of no binary by its build id. */
gboolean fdar_profile_is_own(const struct fdar_profile_function *function);

/* NULL is allowed. */
void fdar_profile_free(struct fdar_profile *profile);
typedef struct fdar_profile fdar_profile;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_profile, fdar_profile_free)

#endif
