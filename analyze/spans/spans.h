/*
 * Spans: which call ran when, on which thread and for whom: a trace as a list of intervals.
 *
 * Place in the house: a reader of pipeline/source through a walk; viz/export writes them for programs
 * that show time lines. Profiles (analyze/profile) add calls up; here each stays one.
 *
 * Plain structs; times are nanoseconds since the Unix epoch. Spans of a thread nest: one that begins
 * inside another ends inside it, too. They are sorted by thread, then by begin, outer ones first.
 *
 * Bounds. A trace has more calls than anybody looks at. Of more than most, the longest are kept, and of
 * shorter ones than shorter_ns none; whatever is left out is counted. A call is never kept without the calls it was made from,
 * for those are no shorter. Sessions and hand-offs: FDAR_SPANS_SESSIONS_MAX, FDAR_SPANS_HANDOFFS_MAX.
 */
#ifndef FDAR_ANALYZE_SPANS_SPANS_H
#define FDAR_ANALYZE_SPANS_SPANS_H

#include <glib.h>
#include <stdint.h>

#include "analyze/profile/profile_read.h"
#include "analyze/walk/walk.h"

#define FDAR_SPANS_NONE         UINT32_MAX
#define FDAR_SPANS_MOST         500000u
#define FDAR_SPANS_SESSIONS_MAX (1u << 20)
#define FDAR_SPANS_HANDOFFS_MAX (1u << 20)

struct fdar_span_function {
	const char *name; /* function, scope, or what is waited for */
	const char *component;
	uint8_t kind; /* enum fdar_frame_kind */
};

struct fdar_span_thread {
	uint32_t pid; /* as events have it: another for each life of a process (whose.h) */
	uint32_t tid;
	const char *name;  /* "" when the trace has none */
	uint32_t told_pid; /* as the trace has it; fdar_spans_read fills it in */
};

struct fdar_span_session {
	uint64_t id; /* of struct fdar_walk_session: 1, 2, ... */
	uint64_t key;
	uint64_t begin_ns;
	uint64_t end_ns;
	const char *peer;    /* "" when not known */
	const char *what;    /* of a request: what it asks for; else "" */
	uint32_t thread;     /* that began it */
	uint32_t connection; /* of a request: index of connections; FDAR_SPANS_NONE: not known */
	uint8_t state;       /* enum fdar_session_state */
};

struct fdar_span {
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t id; /* in the order of entry */
	uint32_t function;
	uint32_t thread;
	uint32_t session; /* FDAR_SPANS_NONE: the server's own */
	uint32_t parent;  /* the one around it on its thread, whoever owns that; FDAR_SPANS_NONE */
	uint8_t unfinished;
};

/* An object that one thread gave and another took. */
struct fdar_span_handoff {
	uint64_t put_ns;
	uint64_t take_ns;
	const char *queue;
	uint32_t from; /* threads */
	uint32_t to;
	uint32_t session; /* FDAR_SPANS_NONE: of none */
};

struct fdar_spans {
	struct fdar_span *spans;
	uint32_t count;
	struct fdar_span_function *functions;
	uint32_t function_count;
	struct fdar_span_thread *threads;
	uint32_t thread_count;
	struct fdar_span_session *sessions; /* in the order of their begin */
	uint32_t session_count;
	struct fdar_span_session *connections; /* beside requests; else none */
	uint32_t connection_count;
	struct fdar_span_handoff *handoffs; /* in the order in which they were taken */
	uint32_t handoff_count;
	const char *program; /* what was traced */
	enum fdar_unit unit;
	uint64_t begin_ns; /* of the earliest span, session or hand-off; 0: there is none */
	uint64_t end_ns;
	uint64_t left_out;     /* calls that are not in it */
	uint64_t hidden_calls; /* of these: of functions that the rules hide, however long */
	uint64_t shortest_ns;  /* all calls at least so long are in it */
	uint64_t more;         /* sessions and hand-offs that are not in it */
	uint64_t own_calls;    /* of flowdar's own functions in the server (symbols.h): not in it */
	uint64_t own_ns;       /* what these took, without functions of the server in them */
	GStringChunk *texts;
};

struct fdar_spans_options {
	enum fdar_unit unit; /* requests: sessions has them, connections the sessions */
	uint64_t shorter_ns; /* calls that took less are left out */
	uint32_t most;       /* calls; 0: FDAR_SPANS_MOST */
	const char *listing; /* of the program's symbols (symbols.h), or NULL */
	const char *rules; /* a rules file (rules.h); NULL: the recording's own, where it has one */
	fdar_profile_progress_fn progress; /* may be NULL */
	void *user;
};

/* path as for fdar_source_open. warnings may be NULL; else lines that a user should be shown are
 * appended (char *, the array frees them). NULL and error when nothing could be read. The caller owns
 * the result. */
struct fdar_spans *fdar_spans_read(const char *path, const struct fdar_spans_options *options,
				   GPtrArray *warnings, GError **error);

/* The index of the first span of a thread that begins after a time: FDAR_SPANS_NONE when there is none. */
uint32_t fdar_spans_after(const struct fdar_spans *spans, uint32_t thread, uint64_t time_ns);

/* The innermost span of a thread that is open at a time (end not included); FDAR_SPANS_NONE: none is. */
uint32_t fdar_spans_at(const struct fdar_spans *spans, uint32_t thread, uint64_t time_ns);

/* For programs that take process ids of 31 bits, and one process for each: the thread's process's id, or where another
 * process has that, or had it, a number that is no id of Linux. */
uint32_t fdar_spans_pid(const struct fdar_span_thread *thread);

/* What it is called there: the program, and its id where the number is another. The caller frees it. */
char *fdar_spans_process_name(const struct fdar_spans *spans,
			      const struct fdar_span_thread *thread);

/* NULL is allowed. */
void fdar_spans_free(struct fdar_spans *spans);
typedef struct fdar_spans fdar_spans;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_spans, fdar_spans_free)

#endif
