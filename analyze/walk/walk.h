/*
 * The walk: events in, finished facts out: which frame was open when, on which thread, and whose
 * time it was. The ownership rule of docs/analysis.md lives here and nowhere else.
 *
 * Place in the house: fed with batches of a pipeline/ source; profile_build.h and story_build.h
 * listen. One walk reads one trace, from one thread.
 *
 * A *frame* is one call of a function, one scope, or one wait (a call that can block), from its
 * entry to its exit. Waits are frames too: leaves named after what is waited for, whose own time
 * is waiting; the own time of all other frames is running. A frame belongs to one session, or to
 * the server itself (session NULL); its own time (what is not inside frames below it) goes there.
 * So the own times of all frames add up to the time that threads spent inside of frames.
 *
 * Order of facts. A frame is told when it is closed *and* its owner is known: children always come
 * before their parents, and what was adopted comes in the order in which it was closed. A session
 * is opened before any fact about it and closed after the last one, which can be later than its
 * end_ns: session_closed means "nothing more will come". Facts of different threads interleave.
 * A frame may be the child of one with another owner (a handler's parent is the worker loop, which
 * is the server's), and a parent can turn out to be the server's after children of it have been
 * told as a session's: use path, which does not depend on owners, to place a frame.
 *
 * Times. Each thread has a time of its own, that of its last event: function events of one thread may
 * come after later ones of others (source.h). So facts of different threads are in no order of time;
 * a session that has ended on one thread goes on to be told of others, until they leave it too.
 *
 * Processes. A forked child begins with the frames that its parent's thread had open, as the server's,
 * and with the session that this was on. A session that was open at the fork is one and the same in
 * both, whoever closes it first: it ends when the last process that has told of it is done with it. The
 * end of a process, where it says so, closes its frames and its sessions. One that becomes another program (exec)
 * goes on with a session when it comes to a connection of the same peer that it has not accepted itself.
 *
 * Sessions have descriptors, where session_begin says which: I/O on one makes its session current,
 * and is counted there. A second session_begin on the same descriptor, by another source (the header
 * and libflowdar-io), is the same session: its key is another name of it.
 *
 * Names are text ids of the source that feeds the walk (fdar_source_text).
 *
 * Bounds. Memory grows with open frames, threads, functions, call paths, open sessions and objects
 * in queues, never with the length of the trace. Limits against hostile input, all counted in
 * fdar_walk_stats: FDAR_WALK_DEPTH_MAX open frames a thread, FDAR_WALK_PENDING_MAX closed frames a thread
 * that wait for an owner one by one (more are summed up by call path), FDAR_WALK_PATHS_MAX call paths, FDAR_WALK_PUTS_MAX objects in queues,
 * FDAR_WALK_FDS_MAX descriptors of sessions, FDAR_WALK_FORKS_MAX living children a process.
 */
#ifndef FDAR_ANALYZE_WALK_WALK_H
#define FDAR_ANALYZE_WALK_WALK_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "base/helper.h"
#include "base/tally.h"
#include "pipeline/events/event.h"

#define FDAR_WALK_DEPTH_MAX   (1u << 18)
#define FDAR_WALK_PENDING_MAX (1u << 14)
#define FDAR_WALK_PATHS_MAX   (1u << 20)
#define FDAR_WALK_PUTS_MAX    (1u << 16)
#define FDAR_WALK_FDS_MAX     (1u << 20)
#define FDAR_WALK_FORKS_MAX   (1u << 14)

enum fdar_frame_kind {
	FDAR_FRAME_FUNCTION, /* addr says which */
	FDAR_FRAME_SCOPE,    /* name says which */
	FDAR_FRAME_WAIT,     /* name says for what */
	FDAR_FRAME_QUEUE,    /* not a frame of the walk: profiles use it for time in a queue */
	FDAR_FRAME_INFERRED, /* a thread's work between two of its reads, writes and waits, in a process
			      * that tells of no functions: fdar_walk_infer_work */
	FDAR_FRAME_KINDS
};

enum fdar_session_state {
	FDAR_SESSION_OPEN,       /* only while the walk goes on */
	FDAR_SESSION_FINISHED,   /* session_end was seen */
	FDAR_SESSION_UNFINISHED, /* still open at the end of the trace */
	FDAR_SESSION_REPLACED    /* its key began again before it had ended */
};

/* What a walk tells as sessions. */
enum fdar_unit {
	FDAR_UNIT_SESSION, /* connections, as session_begin and session_end say */
	FDAR_UNIT_REQUEST /* requests, each like a session of its own; what a connection did outside
			  * of requests belongs to the server itself. Where nobody marks them they
			    * are inferred: what is read after an answer begins one, and the last that
			    * is written before the next is read ends it */
};

/* Valid until session_closed has returned. */
struct fdar_walk_session {
	uint64_t id; /* 1, 2, ... in the order of their begin: tells sessions with the same key
		      * apart, and is the same in each walk of a trace, so a second one can pick */
	uint64_t key;
	uint32_t pid;
	uint32_t tid; /* the thread that began it */
	uint64_t begin_ns;
	uint64_t end_ns; /* once it is not OPEN: its end, or the end of the trace */
	enum fdar_session_state state;
	const char *peer;  /* the client's address as the server told it; may be empty */
	const char *what;  /* of a request: what is asked for; may be empty. Of a session: "" */
	const char *label; /* by rules; NULL: none */
	int32_t fd;        /* the descriptor that it came on, -1: not known */
	uint64_t requests; /* that were begun in it; of a request: 1 */
	uint64_t bytes_in; /* read from, and written to, its descriptor: as far as io events say */
	uint64_t bytes_out;
	uint64_t reads; /* calls that read or wrote there, also such as failed */
	uint64_t writes;
	void *user; /* the visitor's; NULL when the session is opened */
};

/* A closed frame. Valid during the call only. */
struct fdar_walk_frame {
	uint64_t id;     /* unique in the walk, in the order of entry; never 0 */
	uint64_t parent; /* the frame around it on its thread, whoever owns that; 0: none */
	struct fdar_walk_session *session; /* NULL: the server itself */
	uint32_t pid;
	uint32_t tid;
	uint32_t thread_name; /* text id of the thread's name, 0 while it is not known */
	uint32_t name;        /* text id, of scopes and waits */
	uint64_t addr;        /* of functions */
	uint64_t call_site;   /* of functions, where the trace says it */
	uint32_t path;        /* its call path: fdar_walk_path */
	uint32_t depth;       /* open frames around it: 0 is the outermost of its thread */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t self_ns;  /* not inside frames below it; waiting when it is a wait */
	uint64_t total_ns; /* self_ns, and that of all frames below it with the same owner */
	uint64_t wait_ns;  /* of total_ns: in waits */
	uint64_t
		skipped_calls; /* directly or indirectly in it, too short to be recorded: no frames */
	uint64_t skipped_ns;   /* how long they took: part of self_ns */
	int32_t fd;            /* of waits; -1: none */
	int64_t result;        /* of waits that ended */
	uint8_t kind;          /* enum fdar_frame_kind */
	uint8_t wait;          /* enum fdar_wait_kind, of waits */
	uint8_t client;        /* of waits: on the descriptor of a session, so for its client */
	uint8_t recursive;     /* the same function is open further out, with the same owner: its
			     * total_ns is part of that frame's */
	uint8_t unfinished;    /* still open at the end of the trace */
	uint8_t repaired;      /* its exit was not seen; it was closed with a frame around it, by
			     * unwinding (longjmp, an exception) or by the end of its thread */
	uint8_t ended;         /* its process ended, or became another program, in it */
};

/* Of a closed frame what sums are made of; the fields are those of struct fdar_walk_frame. Valid during
 * the call only. */
struct fdar_walk_cost {
	struct fdar_walk_session *session;
	uint64_t self_ns;
	uint64_t total_ns;
	uint64_t wait_ns;
	uint64_t skipped_calls;
	uint64_t skipped_ns;
	uint32_t path;
	uint8_t kind;
	uint8_t recursive;
	uint8_t unfinished;
	uint8_t repaired;
	uint8_t ended;  /* with its process */
	uint8_t client; /* a wait for a session's client */
};

/* Frames of one call path that were closed before it was known whose they are, more than are kept one by
 * one: told together once that is known. */
struct fdar_walk_sum {
	struct fdar_walk_cost
		cost;   /* its times are the sums of theirs; all else they have in common */
	uint64_t calls; /* how many */
	/* Of each; empty when they are recursive. Who is told may take it (fdar_tally_add_tally). */
	struct fdar_tally *total_ns;
};

/* An object that went through a queue, told when it is taken. Nobody took it: take_ns and to_tid
 * are 0, told when it is put again or at the end of the trace. */
struct fdar_walk_handoff {
	uint64_t object;
	uint32_t queue; /* text id */
	uint32_t pid;
	uint32_t from_tid; /* 0 when its put was not seen; then put_ns is 0 too */
	uint32_t to_tid;
	uint64_t put_ns;
	uint64_t take_ns;
	uint64_t end_ns;   /* take_ns; of an object that nobody took, when it is told */
	gboolean inferred; /* nobody told: another thread than the one that accepted the connection
			    * (object: its key) has to do with it first; queue is none */
	struct fdar_walk_session *session; /* whose key it is; else the giver's, while that is
					  * open; else NULL */
};

/* A note, or bytes (label, how many there were, and the first of them). */
struct fdar_walk_note {
	uint64_t time_ns;
	uint32_t pid;
	uint32_t tid;
	uint32_t thread_name; /* text id, 0 while it is not known */
	uint64_t frame;       /* the innermost open one; 0: none */
	uint32_t key;         /* text id: the note's key, or the bytes' label */
	const char *value;
	uint32_t value_len;
	uint64_t total; /* of bytes: how many there were, value_len of them are here */
	struct fdar_walk_session *session; /* of the thread at that moment, or NULL */
};

/* Not I/O, but told as such: an object was put into a queue, so that another thread wakes up. */
#define FDAR_WALK_WAKE 0xff

/* I/O on a descriptor of a session that is open, after the call. */
struct fdar_walk_io {
	struct fdar_walk_session *session; /* never NULL */
	uint64_t time_ns;
	uint32_t pid;
	uint32_t tid;
	uint32_t path; /* of the innermost frame that is open: who did it */
	int32_t fd;
	int64_t result; /* bytes, or an error */
	uint8_t op;     /* enum fdar_io_op, or FDAR_WALK_WAKE */
};

/* A function whose calls are recorded from now on, or no longer. */
struct fdar_walk_switch {
	uint64_t time_ns;
	uint64_t addr;
	uint64_t calls; /* until then */
	uint32_t pid;
	gboolean on;
	uint8_t reason; /* enum fdar_switch_reason */
};

/* Where a thread was when somebody looked: fdar_walk_sample. Told once it is known whose work that was. */
struct fdar_walk_sample {
	uint64_t sample;                   /* as it was given */
	struct fdar_walk_session *session; /* NULL: the server itself */
	uint32_t wait;                     /* text id of the wait that it was in; 0: none */
	gboolean is_known;                 /* the trace has the thread */
};

/* Who is told. Any may be NULL. Called from within fdar_walk_feed and fdar_walk_finish. */
struct fdar_walk_visitor {
	void (*session_opened)(void *user, struct fdar_walk_session *session);
	void (*session_closed)(void *user, struct fdar_walk_session *session);
	void (*frame)(void *user, const struct fdar_walk_frame *frame);
	/* The same frames in the same order, many at once, for who needs no more of them: that is
	 * faster. */
	void (*costs)(void *user, const struct fdar_walk_cost *costs, size_t count);
	/* Who takes costs may take sums, too: without it, what is beyond FDAR_WALK_PENDING_MAX is the
	 * server's, one by one. */
	void (*sum)(void *user, const struct fdar_walk_sum *sum);
	void (*handoff)(void *user, const struct fdar_walk_handoff *handoff);
	void (*note)(void *user, const struct fdar_walk_note *note);
	void (*bytes)(void *user, const struct fdar_walk_note *bytes);
	/* A request begins: value is what it asks for. */
	void (*request)(void *user, const struct fdar_walk_note *request);
	void (*switched)(void *user, const struct fdar_walk_switch *switched);
	void (*io)(void *user, const struct fdar_walk_io *io);
	void (*sample)(void *user, const struct fdar_walk_sample *sample);
};

/*
 * A call path: a chain of functions from the outermost, whoever owns them. Recursion is folded: a
 * function that is on its own path already gets that path again, so a path names each function at
 * most once and paths stay few. Path 0 is the empty one, the root; ids are dense.
 */
struct fdar_walk_path {
	uint32_t parent;
	uint32_t pid;  /* of functions */
	uint64_t addr; /* of functions */
	uint32_t name; /* text id, of scopes and waits */
	uint8_t kind;  /* enum fdar_frame_kind */
	uint8_t wait;  /* enum fdar_wait_kind, of waits: the first one seen under this name */
};

struct fdar_walk_stats {
	uint64_t events; /* fed, without THREAD_NAME */
	uint64_t other;  /* of kinds that the walk has no use for */
	uint64_t frames; /* told; calls[] says of which kind */
	uint64_t calls[FDAR_FRAME_KINDS];
	uint64_t unfinished;     /* frames that were open at the end */
	uint64_t repaired;       /* frames without an exit of their own */
	uint64_t ended;          /* frames that their process ended in */
	uint64_t stray_exits;    /* exits of frames that are not open; ignored */
	uint64_t stray_sessions; /* resume, suspend or end of a session that is not open; ignored */
	uint64_t no_thread; /* events of ours that do not say their thread: stacks are guesswork */
	uint64_t time_backwards; /* events before their thread's last one; taken as of its time */
	uint64_t too_deep;       /* frames not kept because of FDAR_WALK_DEPTH_MAX */
	uint64_t deferred;       /* frames that were told as sums */
	uint64_t pending_over;   /* frames that a session would have adopted, but the server has
				  * because of FDAR_WALK_PENDING_MAX: there is nobody for sums, or
				  * they have some of before the session was the thread's */
	uint64_t paths_over;     /* frames on path 0 because of FDAR_WALK_PATHS_MAX */
	uint64_t puts_over;      /* hand-offs not followed because of FDAR_WALK_PUTS_MAX */
	uint64_t forks_over;     /* forks not followed because of FDAR_WALK_FORKS_MAX */
	uint64_t adopted;        /* frames that a session adopted */
	uint64_t processes;
	uint64_t forks;        /* that their process told of */
	uint64_t born;         /* children of these that said a word */
	uint64_t process_ends; /* told by the process itself */
	uint64_t threads;
	uint64_t sessions;
	uint64_t finished;
	uint64_t unfinished_sessions;
	uint64_t replaced;
	uint64_t aliases;     /* sessions with two keys: told by two sources */
	uint64_t io_sessions; /* that nobody marks: libflowdar-io made them of connections */
	uint64_t requests;    /* begun */
	uint64_t
		stray_requests; /* begins and ends of requests in no session, or of none; ignored */
	uint64_t skipped_calls; /* too short to be recorded */
	uint64_t skipped_ns;
	uint64_t exchanges;         /* requests that were inferred */
	uint64_t inferred_handoffs; /* hand-offs that were */
	uint64_t unwound;    /* frames whose functions ended without returning; of repaired */
	uint64_t lost;       /* calls that the tracer says are missing */
	uint64_t switches;   /* of functions, on or off */
	uint64_t watched;    /* processes that tell when their threads are off the processor */
	uint64_t off_cpu_ns; /* that they told of: in waits of the kind PROCESSOR, and OTHER */
	uint64_t begin_ns;   /* of the earliest and the latest event, 0 when there was none */
	uint64_t end_ns;
};

struct fdar_walk;

/* visitor and user must outlive the walk. The caller owns the result (fdar_walk_free). */
struct fdar_walk *fdar_walk_new(const struct fdar_walk_visitor *visitor, void *user);

/* What it is to tell as sessions; before anything is fed. FDAR_UNIT_SESSION otherwise. */
void fdar_walk_set_unit(struct fdar_walk *walk, enum fdar_unit unit);

/* Also what threads do between I/O is to be told, as frames that nobody told of: for traces without
 * functions. Only of processes that tell of I/O (libflowdar-io), as long as they tell of no function or
 * scope. Before anything is fed. */
void fdar_walk_infer_work(struct fdar_walk *walk);

/* By what names texts go, so that a wait to write is told from one to read, and sessions have labels. Before anything is fed; both
 * must outlive the walk. */
void fdar_walk_set_texts(struct fdar_walk *walk,
			 const char *(*text)(const void *texts, uint32_t id), const void *texts);

/* What waits for an owner for long is summed up by the helper, which must outlive the walk. Before anything is
 * fed; without, it is done at once. */
void fdar_walk_set_helper(struct fdar_walk *walk, struct fdar_helper *helper);

/* Takes events in the order of a source: that of time within a thread, across threads that in which
 * they were written (source.h). Their data is not needed after the call. */
void fdar_walk_feed(struct fdar_walk *walk, const struct fdar_event *events, size_t count);

/* Somebody looked at a thread, between its last event that was fed and its next one: whose work it was
 * doing is told to the visitor, later where that is not known yet. sample is the caller's. */
void fdar_walk_sample(struct fdar_walk *walk, uint32_t pid, uint32_t tid, uint64_t time_ns,
		      uint64_t sample);

/* Whether the thread is in a wait, as far as it was fed. */
gboolean fdar_walk_waits(const struct fdar_walk *walk, uint32_t pid, uint32_t tid);

/* The trace is over: what is open is closed as of the last event, told, and marked unfinished. */
void fdar_walk_finish(struct fdar_walk *walk);

/* "function", "scope", "wait", "queue", "inferred"; "" for what is no enum fdar_frame_kind. */
const char *fdar_walk_kind_name(uint8_t kind);

/* The call path of an id; ids that were never given are the root. */
struct fdar_walk_path fdar_walk_path(const struct fdar_walk *walk, uint32_t path);

/* An open frame. */
struct fdar_walk_open {
	uint64_t id;
	uint64_t start_ns;
	uint32_t path;
};

/* The open frames of a thread, from the outermost on: as many as there is room for. Gives how many there
 * are. */
size_t fdar_walk_open_frames(const struct fdar_walk *walk, uint32_t pid, uint32_t tid,
			     struct fdar_walk_open *frames, size_t room);

void fdar_walk_get_stats(const struct fdar_walk *walk, struct fdar_walk_stats *stats);

/* NULL is allowed. Without fdar_walk_finish, what is open is not told. */
void fdar_walk_free(struct fdar_walk *walk);
typedef struct fdar_walk fdar_walk;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_walk, fdar_walk_free)

#endif
