/*
 * Activity: which thread worked for which session when, and what went from thread to thread.
 *
 * Place in the house: what a walk tells goes in (as its visitor, or from another visitor of one), plain
 * structs come out for viz/ to draw. activity_read.h composes it for a whole trace.
 *
 * Time is cut into FDAR_ACTIVITY_SLOTS slots at most; they begin narrow and are merged in pairs, of all threads,
 * whenever the trace turns out to be longer. A frame's own time is spread evenly over the slots it touches:
 * exact where a slot is longer than the frame, and in all sums.
 *
 * Bounds: FDAR_ACTIVITY_THREADS threads, FDAR_ACTIVITY_EDGES ways from thread to thread, FDAR_ACTIVITY_HANDOFFS
 * single hand-offs (those that stood longest in their queue), FDAR_ACTIVITY_SESSIONS sessions with an address. What
 * is beyond is counted. About 60 MB for the most that there can be, whatever the trace.
 */
#ifndef FDAR_ANALYZE_ACTIVITY_ACTIVITY_H
#define FDAR_ANALYZE_ACTIVITY_ACTIVITY_H

#include <glib.h>
#include <stdint.h>

#include "analyze/walk/walk.h"
#include "base/histogram.h"

#define FDAR_ACTIVITY_SLOTS    1024u
#define FDAR_ACTIVITY_THREADS  1024u
#define FDAR_ACTIVITY_EDGES    4096u
#define FDAR_ACTIVITY_HANDOFFS 256u
#define FDAR_ACTIVITY_SESSIONS 65536u

/* What a thread did in a slot of time. */
struct fdar_activity_slot {
	uint64_t session;    /* id of the one it did most for; 0: for none */
	uint64_t session_ns; /* of run_ns and wait_ns: for that one, at least */
	uint64_t run_ns;     /* running, for sessions */
	uint64_t wait_ns;    /* waiting, for sessions */
	uint64_t server_ns;  /* running, for none */
};

struct fdar_activity_thread {
	char *name; /* NULL: the trace has none */
	uint32_t pid;
	uint32_t tid;
	struct fdar_activity_slot *slots; /* FDAR_ACTIVITY_SLOTS of them */
	uint64_t run_ns;                  /* sums of all slots */
	uint64_t wait_ns;
	uint64_t server_ns;
	uint64_t frames;
};

/* One object that went through a queue. */
struct fdar_activity_handoff {
	uint64_t session; /* id; 0: none */
	uint64_t put_ns;  /* since the Unix epoch */
	uint64_t take_ns; /* nobody took it: when that was known */
	uint32_t from;    /* index of the thread; UINT32_MAX: not known */
	uint32_t to;      /* UINT32_MAX: nobody took it */
	uint32_t edge;
};

/* All that went from one thread to another through one queue. */
struct fdar_activity_edge {
	char *queue;       /* "" where nobody told */
	uint32_t from, to; /* as in a hand-off */
	uint64_t count;
	struct fdar_histogram wait_ns; /* in the queue */
};

struct fdar_activity_session {
	uint64_t id;
	uint64_t begin_ns;
	char *peer;
};

struct fdar_activity {
	uint64_t begin_ns; /* of slot 0, since the Unix epoch */
	uint64_t end_ns;   /* of the last thing seen */
	uint64_t slot_ns;
	GArray *threads;  /* struct fdar_activity_thread, in the order in which they came up */
	GArray *edges;    /* struct fdar_activity_edge, likewise */
	GArray *handoffs; /* struct fdar_activity_handoff, by put_ns once it is finished */
	GArray *sessions; /* struct fdar_activity_session, by id */
	uint64_t session_count;
	uint64_t handoff_count;
	uint64_t over;          /* facts that the bounds left out */
	GHashTable *thread_ids; /* private, all from here on */
	GHashTable *edge_ids;
	uint64_t least_wait_ns; /* of the hand-offs that are kept, once those are full */
	const char *(*text)(const void *texts, uint32_t id);
	const void *texts;
};

/* text gives the walk's texts. The caller owns the result (fdar_activity_free). */
struct fdar_activity *fdar_activity_new(const char *(*text)(const void *texts, uint32_t id),
					const void *texts);

/* Before the first event is fed to the walk: its time. */
void fdar_activity_start(struct fdar_activity *activity, uint64_t time_ns);

/* What a walk tells, for visitors of others to pass on. activity may be NULL: nobody wants to know. */
void fdar_activity_session(struct fdar_activity *activity, const struct fdar_walk_session *opened);
void fdar_activity_frame(struct fdar_activity *activity, const struct fdar_walk_frame *frame);
void fdar_activity_handoff(struct fdar_activity *activity, const struct fdar_walk_handoff *handoff);

/* After the last one. The texts are not needed any more then. */
void fdar_activity_finish(struct fdar_activity *activity);

/* A walk's visitor whose user is a struct fdar_activity. */
extern const struct fdar_walk_visitor fdar_activity_visitor;

/* The address of a session's client; NULL: not known. */
const char *fdar_activity_peer(const struct fdar_activity *activity, uint64_t session);

/* NULL is allowed. */
void fdar_activity_free(struct fdar_activity *activity);
typedef struct fdar_activity fdar_activity;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_activity, fdar_activity_free)

#endif
