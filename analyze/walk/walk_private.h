/*
 * The inside of the walk, shared by its files. Each calls only those that stand further down:
 *
 *	walk.c          dispatch, the end of the trace
 *	walk_run.c      the ordinary case of function events, for many at once
 *	walk_process.c  forks, children, ends of processes and threads
 *	walk_work.c     what threads do between I/O, where nobody tells of functions
 *	walk_wait.c     waits: where a thread's work may pass to another session
 *	walk_handoff.c  objects in queues
 *	walk_request.c  requests that are marked
 *	walk_io.c       what is read and written on descriptors of sessions
 *	walk_infer.c    what nobody told: exchanges as requests, hand-offs between threads
 *	walk_session.c  sessions and requests: begin, end, which thread is on which
 *	walk_stack.c    frames: enter, close, repair
 *	walk_sample.c   looks at threads from outside
 *	walk_owner.c    whose frames they are: boundaries, adoption
 *	walk_defer.c    what waits for an owner, summed up
 *	walk_aside.c    costs on their way to a helper that sums them up
 *	walk_tell.c     what is told, and the end of sessions that nothing holds any more
 *	walk_registry.c who is there: processes, threads, their sessions by key and descriptor
 *	walk_path.c     call paths
 *	walk_check.c    what must hold between two events
 */
#ifndef FDAR_ANALYZE_WALK_WALK_PRIVATE_H
#define FDAR_ANALYZE_WALK_WALK_PRIVATE_H

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "analyze/walk/walk.h"
#include "analyze/walk/walk_aside.h"
#include "instrument/wire/events.h"

#define WALK_EDGES_MAX (2 * FDAR_WALK_PATHS_MAX)
/* The odd number nearest to 2^64 over the golden ratio (Knuth, The Art of Computer Programming 3, 6.4). */
#define WALK_MIX UINT64_C(0x9e3779b97f4a7c15)

/* A session, or a request where those are told as sessions: then what they are in is hidden. */
struct session {
	struct fdar_walk_session told;
	uint64_t serial; /* tells it apart from all others, hidden ones too */
	struct session
		*unit;  /* what a thread that works for it works for: itself, its request where
			       * those are told, NULL: it has none now */
	uint64_t alias; /* its other key, if it has one */
	gboolean has_alias;
	gboolean hidden;      /* nobody is told of it */
	GArray *keys;         /* of struct session_key: under which it is open, in each process */
	GArray *fds;          /* of uint64_t (walk_io.c): descriptors that lead to it; NULL: none */
	struct thread *first; /* that began it, while it alone has had to do with it; else NULL */
	uint64_t first_ns;    /* when it last had */
	gboolean exchanging;  /* its request is inferred from reads and writes */
	gboolean answered;    /* and something was written since it was read */
	uint64_t answered_ns; /* last */
	uint32_t lent; /* forks whose child may come with it yet, and processes that carry it */
	gboolean over; /* open nowhere, but lent: its end is known, if no child comes */
	enum fdar_session_state over_as;
	uint64_t over_ns;
	uint32_t open_frames; /* frames that it owns and that are open, of all threads */
	uint32_t currents;    /* threads that are on it, or whose current session it is */
};

struct session_key {
	uint64_t key;
	uint32_t pid;
};

/* A frame that was open when its thread forked: its child has it, too. */
struct heirloom {
	enum fdar_frame_kind kind;
	struct fdar_event entry; /* as far as walk_stack_enter looks at it */
};

/* Until its child, if it ever comes, has ended. */
struct fork {
	struct process *of;
	uint64_t number;
	uint64_t time_ns;
	uint64_t serial;        /* sessions up to this one had begun */
	guint processes;        /* so many had been heard of */
	struct process *child;  /* NULL: it has not said who it is */
	struct process *latest; /* what the child has become, as far as was looked; NULL: not yet */
	gboolean by_header;     /* how the session had become the thread's */
	struct session *session; /* the thread's; it is among lent, too */
	GArray *frames;          /* of struct heirloom, outermost first */
	GPtrArray *
		lent; /* sessions that the child may still come with, whoever else has closed them */
};

struct process {
	uint32_t pid;
	struct fork *fork;  /* that it is the child of; NULL: not known, or it matters no more */
	uint64_t born_ns;   /* when it was first heard of, as a child */
	guint number;       /* of all, in the order in which they were heard of */
	GPtrArray *threads; /* of struct thread */
	GPtrArray *forks;   /* of struct fork, oldest first: whose child may still bring sessions */
	GHashTable *sessions; /* set of struct session that are open in it */
	gboolean ended;       /* it has said so; what it says then is said while it ends */
	gboolean turned;      /* into another program, last at turned_ns: exec */
	uint64_t turned_ns;
	struct process *before,
		*after;     /* the same process as another program; NULL: none that is known */
	GPtrArray *carried; /* sessions that were open when it turned: it may go on with them */
	gboolean watched;   /* it tells when its threads are off the processor */
	gboolean tells_functions, tells_io; /* it has; kept where work is inferred only */
	GHashTable *others; /* set of descriptors with I/O that is no session's: other servers' */
};

/* Whose an open frame is, as far as is known. */
enum claim {
	CLAIM_PENDING, /* the next session that becomes current adopts it */
	CLAIM_SERVER,
	CLAIM_SESSION /* owner says which; may still turn into the server's */
};

struct frame {
	uint64_t id;
	uint64_t addr;
	uint64_t call_site;
	uint64_t path_hash; /* of path (walk_path.c) */
	uint64_t start_ns;
	uint64_t child_ns;    /* inside closed frames directly below */
	uint64_t in_owner_ns; /* own times of closed frames below with the same claim */
	uint64_t in_owner_wait_ns;
	uint64_t in_server_ns; /* likewise of the server's */
	uint64_t in_server_wait_ns;
	uint64_t skipped_calls;
	uint64_t skipped_ns;
	struct session *owner; /* CLAIM_SESSION only */
	uint32_t slot;         /* of this function on this thread: struct slot */
	uint32_t outer;        /* index + 1 of the same function's next frame further out */
	uint32_t path;
	uint32_t name;
	int32_t fd;
	uint8_t kind;
	uint8_t wait;
	uint8_t claim;
	uint8_t adopted;  /* it was open before its owner was current */
	uint8_t boundary; /* a wait whose end is a boundary */
	uint8_t client;   /* a wait on the descriptor of a session */
};

/* Why a frame is closed: REPAIR is by a frame around it, unwinding, the end of its thread. */
enum how { HOW_EXIT, HOW_REPAIR, HOW_END_OF_PROCESS, HOW_END_OF_TRACE };

/* A function (scope, wait) on a thread. */
struct slot {
	uint32_t key;
	uint32_t top; /* index + 1 of its innermost open frame on the thread, 0: none */
};

struct thread {
	struct process *process;
	uint32_t pid;
	uint32_t tid;
	uint32_t index;
	uint32_t name;
	uint64_t now_ns;         /* of its last event */
	uint64_t before_ns;      /* and of the one before, where that matters */
	uint64_t over_ns;        /* when its process may have ended; 0: nothing is known of that */
	struct session *session; /* that it is on; may be NULL */
	struct session *current; /* the unit of that, to which its frames belong; may be NULL */
	gboolean by_header;  /* the session was made current by an event with a key, not by I/O */
	gboolean waited;     /* a wait was seen */
	gboolean unanswered; /* its last I/O on a session was a read */
	gboolean takes;      /* it has begun a session or read from one */
	gboolean polls;  /* it has waited for any of several descriptors, and which was not told */
	int32_t many_fd; /* that peers without a connection came on last, + 1; 0: none */
	int32_t waited_fd;         /* whose input it waited for last as a session's, + 1; 0: none */
	int32_t accepted_fd;       /* what it accepted last, + 1; 0: none */
	GArray *frames;            /* of struct frame, outermost first */
	uint32_t room;             /* of frames, in use or not */
	GArray *pending;           /* of struct fdar_walk_frame: closed, but nobody's yet */
	struct deferred *deferred; /* what was closed after these, summed up; NULL: nothing ever */
	struct fdar_walk_aside *aside; /* by which that is; NULL: at once */
	uint64_t pending_ns; /* total of those directly below frames that are not pending */
	uint64_t pending_wait_ns;
	uint64_t pending_over; /* told as the server's since the last boundary, for want of room */
	uint64_t since_ns;     /* what was opened before is for no session to adopt; 0: all is */
	uint32_t boundary;     /* frames from this index on were opened since the last boundary */
	uint32_t server_below; /* all frames below this index are the server's */
	uint32_t adopted;      /* open frames that were adopted */
	uint32_t current_open; /* open frames of the current session that were not adopted */
	uint32_t open[FDAR_FRAME_KINDS]; /* open frames of each kind */
	uint64_t overflow;               /* open frames that are not kept */
	uint32_t heirlooms; /* frames that it has from its parent, and is still to tell of itself */
	uint32_t heirlooms_told; /* of these: so many */
};

struct path;
struct call;
struct walk_edge;
struct fdar_walk {
	const struct fdar_walk_visitor *visitor;
	void *user;
	uint64_t now_ns;
	uint64_t next_frame;
	struct fdar_intern pids;
	struct fdar_intern thread_ids; /* (pid, tid) -> index of threads */
	GPtrArray *threads;            /* of struct thread */
	GPtrArray *processes;          /* of struct process, dead ones too */
	GHashTable *process_of_pid;    /* the last of that number */
	struct thread *last;           /* of the last event */
	struct fdar_intern slot_ids;   /* (thread and kind, addr or name) -> index of slots */
	GArray *slots;
	struct fdar_intern
		keys; /* (pid << 8 | kind, addr or name); the pid is 0 of what is no function */
	struct path *paths;
	uint32_t path_count;
	uint32_t path_room;
	struct walk_edge *edges; /* (path, key) -> path */
	uint32_t edge_count;
	uint32_t edge_room;
	uint64_t edge_seed;
	struct call *
		calls; /* walk_call.h: what calls were made last, each in one of the places for it */
	uint32_t call_room, call_shift; /* a power of two; what is left of a hash is a place */
	uint32_t
		call_misses; /* calls that were forgotten for others, since there is so much room */
	GHashTable *sessions; /* struct session_key -> struct session, the open ones; one that has
				 * two keys is there twice */
	GHashTable *fds;      /* pid << 32 | descriptor -> struct session, open ones */
	GHashTable *ended;    /* of struct session_key: the other keys of sessions that have ended,
				 * whose own end is still to come */
	enum fdar_unit unit;
	gboolean infers_work;    /* from I/O, where no functions are told */
	gboolean marks_requests; /* somebody does, so none are inferred */
	const char *(*text)(const void *texts, uint32_t id); /* NULL: names are not known */
	const void *texts;
	uint64_t next_serial;
	GHashTable *puts;             /* of struct put, the objects in queues */
	struct fdar_walk_aside aside; /* without a helper: none */
	struct fdar_walk_stats stats;
	gboolean finished;
};

static inline struct frame *walk_frame_at(const struct thread *thread, uint32_t index)
{
	return &g_array_index(thread->frames, struct frame, index);
}

/* The keys of a set, in the order that compare gives. The caller unrefs it. */
static inline GPtrArray *walk_sorted_keys(GHashTable *set, GCompareFunc compare)
{
	GPtrArray *keys = g_ptr_array_new();
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		g_ptr_array_add(keys, key);
	g_ptr_array_sort(keys, compare);
	return keys;
}

/* walk_path.c */
void walk_paths_init(struct fdar_walk *walk);
void walk_paths_clear(struct fdar_walk *walk);
/* No call will be looked for any more: what served for that is given back. */
void walk_paths_finish(struct fdar_walk *walk);
/* walk_registry.c */
GPtrArray *walk_processes_new(void);
GHashTable *walk_sessions_new(void);
GHashTable *walk_fds_new(void);
struct thread *walk_thread_of(struct fdar_walk *walk, uint32_t pid, uint32_t tid);
struct process *walk_process_of(struct fdar_walk *walk, uint32_t pid);
uint64_t walk_process_last_ns(const struct process *process);
/* The session has ended in the process: children that were made while it was open may have it yet. */
void walk_process_lend(struct process *process, struct session *session);
/* That fork's child may come with it. */
void walk_fork_lend(struct fork *fork, struct session *session);
/* The session that a process has from its parents, by its key there; NULL: none. */
struct session *walk_process_inherited(const struct fdar_walk *walk, uint32_t pid, uint64_t key);
/* The process goes on with it as another program, if it comes to it. */
void walk_process_carry(struct process *process, struct session *session);
/* The session that a process had, or had from its parents, before it became another program: by its peer, since all
 * else is new there. NULL: none, or several. */
struct session *walk_process_carried(const struct fdar_walk *walk, uint32_t pid, const char *peer);
/* The open session of that key in the process; find: or in a parent of it, when it forked. */
struct session *walk_session_own(const struct fdar_walk *walk, uint32_t pid, uint64_t key);
struct session *walk_session_find(const struct fdar_walk *walk, uint32_t pid, uint64_t key);
/* As GEqualFunc, of struct session_key. */
gboolean walk_session_key_equal(gconstpointer a, gconstpointer b);
struct session *walk_fd_find(const struct fdar_walk *walk, uint32_t pid, int32_t fd);
/* Whether it is a connection to another server, as far as its I/O was seen. */
gboolean walk_fd_is_other(const struct process *process, int32_t fd);
void walk_fd_note_other(struct process *process, int32_t fd, enum fdar_io_op op);
/* The process's descriptor leads to the session, and no longer to another. */
void walk_fd_lead(struct fdar_walk *walk, struct session *session, uint32_t pid, int32_t fd);
/* None of the process's does. */
void walk_fd_forget(struct fdar_walk *walk, struct session *session, uint32_t pid);

/* walk_tell.c */
/* The kind of what stands among pending frames and is a sample: addr is the caller's number. */
#define WALK_SAMPLE FDAR_FRAME_KINDS
void walk_tell(struct fdar_walk *walk, struct thread *thread, struct fdar_walk_frame *frame,
	       uint8_t claim);
/* The same, of a frame whose owner is known. */
void walk_tell_owned(struct fdar_walk *walk, const struct fdar_walk_frame *frame);
void walk_tell_sample(const struct fdar_walk *walk, const struct fdar_walk_frame *sample);
/* The session goes, when it has ended and nothing holds it. */
void walk_session_settle(struct fdar_walk *walk, struct session *session);

/* walk_defer.c */
#define WALK_DEFER_LOT 64u
/* Closed frames, up to WALK_DEFER_LOT, wait for an owner as parts of their paths' sums; the first of them
 * was opened at first_ns. _sum: what a helper does of that (walk_aside.h). */
void walk_defer(struct thread *thread, const struct fdar_walk_cost *costs, uint32_t count,
		uint64_t first_ns);
void walk_defer_sum(void *const *deferred, const struct fdar_walk_cost *costs, size_t count);
/* How many frames that are, and when the first of them was opened. */
uint64_t walk_deferred_calls(const struct thread *thread);
uint64_t walk_deferred_first_ns(const struct thread *thread);
/* All of it is the session's, or the server's (NULL). */
void walk_defer_settle(struct fdar_walk *walk, struct thread *thread, struct session *session);
void walk_defer_free(struct thread *thread);

/* walk_process.c */
void walk_process_begin(struct fdar_walk *walk, const struct fdar_event *event);
void walk_process_end(struct fdar_walk *walk, struct thread *thread,
		      const struct fdar_event *event);
void walk_process_over(struct fdar_walk *walk, const struct fdar_event *event);
void walk_process_fork(struct fdar_walk *walk, struct thread *thread,
		       const struct fdar_event *event);
/* Whatever the thread was in is over. */
void walk_thread_end(struct fdar_walk *walk, struct thread *thread, enum how how);
/* No child brings sessions any more. */
void walk_process_finish(struct fdar_walk *walk);

/* walk_check.c: asserts, in builds without NDEBUG, what holds of a thread between two events. Goes
 * through its open frames. */
void walk_check(const struct fdar_walk *walk, const struct thread *thread);

/* walk_stack.c */
struct frame *walk_stack_enter(struct fdar_walk *walk, struct thread *thread,
			       enum fdar_frame_kind kind, const struct fdar_event *event);
/* A function that a forked child was in says that it is open there. */
void walk_stack_inherited(struct fdar_walk *walk, struct thread *thread,
			  const struct fdar_event *event);
void walk_stack_exit(struct fdar_walk *walk, struct thread *thread, enum fdar_frame_kind kind,
		     const struct fdar_event *event);
void walk_stack_skip(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event);
void walk_stack_unwind(struct fdar_walk *walk, struct thread *thread, uint64_t count);
/* All that is open, and why it is closed. */
void walk_stack_clear(struct fdar_walk *walk, struct thread *thread, enum how how);

/* walk_run.c: the first of these events, as long as they are entries and exits of functions on one
 * thread and nothing is out of the ordinary; gives how many were taken. */
size_t walk_run(struct fdar_walk *walk, const struct fdar_event *events, size_t length);
static inline gboolean walk_run_may(const struct fdar_event *event)
{
	return event->kind == FDAR_EVENT_FUNC_ENTRY || event->kind == FDAR_EVENT_FUNC_EXIT ||
	       event->kind == FDAR_EVENT_FUNC_CALL;
}

/* walk_work.c: around each event of a thread, where that is asked for */
void walk_work_before(struct fdar_walk *walk, struct thread *thread,
		      const struct fdar_event *event);
void walk_work_after(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event);

/* walk_wait.c */
void walk_wait(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event);
void walk_wait_end(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event);
void walk_off_cpu(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event);

/* walk_owner.c */
/* Gives open frames of sessions to the server: all, or the adopted ones of other sessions. */
void walk_owner_disown(struct fdar_walk *walk, struct thread *thread, gboolean all,
		       const struct session *keep);
/* The frame, just entered, was there before. */
void walk_owner_to_server(struct fdar_walk *walk, struct thread *thread, struct frame *frame);
void walk_owner_boundary(struct fdar_walk *walk, struct thread *thread);
/* The session that the thread works for next was elsewhere until then. */
void walk_owner_since(struct thread *thread, uint64_t since_ns);
void walk_owner_suspend(struct fdar_walk *walk, struct thread *thread);
void walk_owner_resume(struct fdar_walk *walk, struct thread *thread, struct session *session);

/* walk_session.c */
/* It is over in the process; when no other has it, or may have it, it is over. */
void walk_session_end_in(struct fdar_walk *walk, struct session *session, uint32_t pid,
			 enum fdar_session_state state, uint64_t now_ns);
/* A child that might have come with it does not. */
void walk_session_release(struct fdar_walk *walk, struct session *session);
/* As GCompareFunc: in the order of their begin. */
gint walk_session_compare(gconstpointer a, gconstpointer b);
void walk_session_begin(struct fdar_walk *walk, struct thread *thread,
			const struct fdar_event *event);
void walk_session_end(struct fdar_walk *walk, struct thread *thread,
		      const struct fdar_event *event);
void walk_session_finish(struct fdar_walk *walk);
/* All of a process that are open, as of a time. */
void walk_session_end_all(struct fdar_walk *walk, uint32_t pid, uint64_t time_ns);
/* The connection's request is over, or begins. */
void walk_request_close(struct fdar_walk *walk, struct session *session,
			enum fdar_session_state state, uint64_t now_ns);
void walk_request_open(struct fdar_walk *walk, struct thread *thread, struct session *session,
		       const char *what);
/* The thread works for the session from now on, or for none. */
void walk_session_enter(struct fdar_walk *walk, struct thread *thread, struct session *session,
			gboolean by_header);
void walk_session_leave(struct fdar_walk *walk, struct thread *thread);

/* ---- what every frame needs ---- */

static inline void walk_tell_cost(struct fdar_walk *walk, const struct fdar_walk_cost *cost)
{
	walk->stats.frames++;
	walk->stats.calls[cost->kind]++;
	walk->stats.unfinished += cost->unfinished;
	walk->stats.repaired += cost->repaired;
	walk->stats.ended += cost->ended;
	if (walk->visitor->costs)
		walk->visitor->costs(walk->user, cost, 1);
}

/* Whether a closed frame without an owner can wait for one by itself; else it is summed up, or the
 * server's. */
static inline gboolean walk_can_wait(const struct thread *thread)
{
	return thread->pending->len < FDAR_WALK_PENDING_MAX;
}

static inline gboolean walk_sums(const struct fdar_walk *walk)
{
	return walk->visitor->sum && !walk->visitor->frame;
}

/* A new frame is the current session's; CLAIM_PENDING where there is none. */
static inline void walk_owner_claim(struct thread *thread, struct frame *frame)
{
	if (!thread->current)
		return;
	frame->claim = CLAIM_SESSION;
	frame->owner = thread->current;
	frame->owner->open_frames++;
	thread->current_open++;
}

/* A frame is open no longer, or no longer a session's. */
static inline void walk_owner_release(struct fdar_walk *walk, struct thread *thread,
				      const struct frame *frame)
{
	struct session *owner = frame->owner;

	if (!owner)
		return;
	owner->open_frames--;
	if (frame->adopted)
		thread->adopted--;
	else if (owner == thread->current)
		thread->current_open--;
	if (owner->told.state != FDAR_SESSION_OPEN)
		walk_session_settle(walk, owner);
}

/* walk_request.c */
void walk_request_begin(struct fdar_walk *walk, struct thread *thread,
			const struct fdar_event *event);
void walk_request_end(struct fdar_walk *walk, struct thread *thread,
		      const struct fdar_event *event);

/* walk_infer.c */
/* The thread has to do with the session's descriptor: op as in events.h, OTHER is a wait for it. TRUE when
 * it has taken the session from another thread by that. */
gboolean walk_infer_taken(struct fdar_walk *walk, struct thread *thread, struct session *session,
			  enum fdar_io_op op);
/* Before a thread turns to the session: what is read now belongs to the next exchange. */
void walk_infer_next(struct fdar_walk *walk, struct thread *thread, struct session *session,
		     const struct fdar_event *event);
/* Bytes were read or written; and what a wait for the descriptor says of it. */
void walk_infer_exchange(struct fdar_walk *walk, struct thread *thread, struct session *session,
			 const struct fdar_event *event);
void walk_infer_wait(struct fdar_walk *walk, struct thread *thread, struct session *session,
		     const struct fdar_event *event);
/* Whether a wait with that name is for room to write; a poll may be, but mostly is not. */
gboolean walk_infer_writes(const struct fdar_walk *walk, uint32_t what);
/* A request is marked: none are inferred from here on. The one that was begun with what was read for
 * it is that. TRUE: it is. */
gboolean walk_infer_marked(struct fdar_walk *walk, struct session *session, const char *what);

/* walk_io.c */
/* The thread has to do with the descriptor: its session becomes current, unless the thread was told
 * of another one. */
struct session *walk_io_touch(struct fdar_walk *walk, struct thread *thread, int32_t fd,
			      enum fdar_io_op op);
void walk_io(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event);
/* Once, of what is told as sessions. op is one of enum fdar_io_op or FDAR_WALK_WAKE. */
void walk_io_tell(const struct fdar_walk *walk, const struct thread *thread,
		  const struct session *session, int32_t fd, uint8_t op, int64_t result);

/* walk_handoff.c */
void walk_handoff_put(struct fdar_walk *walk, struct thread *thread,
		      const struct fdar_event *event);
void walk_handoff_take(struct fdar_walk *walk, struct thread *thread,
		       const struct fdar_event *event);
void walk_handoff_finish(struct fdar_walk *walk);
GHashTable *walk_puts_new(void);

#endif
