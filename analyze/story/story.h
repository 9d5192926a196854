/*
 * A story: what one session did, in order, simplified so that it fits on a page.
 *
 * Place in the house: analyze/ tells it (story_build.h listens to the walk), viz/ draws it. Plain
 * structs; times are nanoseconds since the session began.
 *
 * The steps are a tree in preorder: the calls of a step are the steps after it, up to its end.
 * Equal calls that follow each other are one step with a count, blocks that repeat are one LOOP
 * step, and recursion is one step with its depth. Steps of a parent are in the order of their first calls. Nothing is lost by this: calls of the shown and
 * of the hidden steps add up to the calls of the session (struct fdar_story, calls).
 */
#ifndef FDAR_ANALYZE_STORY_STORY_H
#define FDAR_ANALYZE_STORY_STORY_H

#include <glib.h>
#include <stdint.h>

#define FDAR_STORY_NONE UINT32_MAX

enum fdar_story_kind {
	FDAR_STORY_CALL, /* a function or scope */
	FDAR_STORY_WAIT, /* a call that can block: recv, poll, a mutex */
	FDAR_STORY_LOOP, /* its children, count times over; has no name and no calls of its own */
	FDAR_STORY_HANDOFF, /* an object went from lane to lane_to through the queue name */
	FDAR_STORY_IDLE,    /* for duration_ns no thread worked for the session */
	FDAR_STORY_NOTE,    /* the server said so: a note, or the first bytes of a message */
	FDAR_STORY_KINDS
};

enum fdar_story_state {
	FDAR_STORY_FINISHED,
	FDAR_STORY_UNFINISHED, /* still open when the trace ended */
	FDAR_STORY_REPLACED    /* its key was begun again before it ended */
};

/* What a step without a partner is: words for these are the picture's business. */
enum fdar_story_beside {
	FDAR_STORY_PAIRED, /* both sides have it on the same row; or it is no call */
	FDAR_STORY_ALONE,  /* the other side never made this call from here */
	FDAR_STORY_MOVED,  /* the other side made it too, before or after other calls */
	FDAR_STORY_AGAIN,  /* the other side made it too, less often */
	FDAR_STORY_SPLIT   /* the other side made it as often, in fewer rows */
};

/* Where things happen: a thread, and the component (binary, library) whose functions run. */
struct fdar_story_lane {
	const char *thread;    /* the thread's name, never NULL; made up when the trace has none */
	const char *component; /* "httpd", "libpcre2-8" */
	uint32_t tid;
	uint32_t thread_index; /* lanes of one thread have the same, and are neighbours */
	/* Of two stories thread is the same for threads that do the same on both sides; this is
	 * what the server called it. NULL: the same. */
	const char *thread_own;
};

struct fdar_story_step {
	const char *name; /* function, what is waited for, or queue; never NULL */
	const char *text; /* NOTE: the value, of the first of those folded; else "" */
	enum fdar_story_kind kind;
	uint32_t lane;     /* of HANDOFF: the giver's, FDAR_STORY_NONE when it was not seen */
	uint32_t lane_to;  /* HANDOFF: the taker's, FDAR_STORY_NONE when nobody took it */
	uint32_t parent;   /* FDAR_STORY_NONE at the top */
	uint32_t depth;    /* 0 at the top */
	uint32_t end;      /* index after its last descendant */
	uint64_t start_ns; /* of the first call, since the session began */
	gboolean
		back; /* that is before a step above, of whatever thread: in what is folded there, a
			* later call has more in it than the first, or another thread did that one
			* meanwhile */
	uint64_t duration_ns; /* of all calls together; of HANDOFF: time in the queue */
	uint64_t wait_ns;     /* of that, inside waits */
	uint64_t self_ns;     /* of that, not in steps below (shown or hidden) */
	uint64_t count;       /* calls that are folded into it; LOOP: iterations */
	uint64_t min_ns;      /* of one call; all the same for a count of 1 */
	uint64_t median_ns;   /* within 1/16 when more than a handful are folded */
	uint64_t max_ns;
	uint64_t recursive_calls; /* calls of itself below it, not in count */
	uint32_t recursion_depth; /* 0: does not call itself */
	uint32_t unfinished;      /* calls that were open when the trace ended */
	uint64_t hidden_calls;    /* calls below that are not shown as steps */
	uint64_t hidden_ns;       /* their time, without what they called */
	uint64_t object;          /* HANDOFF: address of the object */
	enum fdar_story_beside beside;
	uint32_t moved;    /* MOVED: the other story's step, if that is shown; FDAR_STORY_NONE */
	uint32_t elided;   /* callers between it and its parent that are not shown */
	gboolean focus;    /* the function the story is about, or the way to it */
	gboolean is_focus; /* the function itself */
};

struct fdar_story {
	struct fdar_story_lane *lanes;
	struct fdar_story_step *steps;
	uint32_t lane_count;
	uint32_t step_count;
	const char *peer; /* the client's address, "" when unknown */
	uint64_t key;
	uint32_t pid;
	enum fdar_story_state state;
	uint64_t begin_ns;    /* since the Unix epoch */
	uint64_t duration_ns; /* to its end, or to the end of the trace */
	uint64_t calls;       /* function calls and waits of the session, hidden ones included */
	uint64_t hidden_calls;
	uint64_t hidden_ns;  /* self time of the hidden calls */
	GStringChunk *texts; /* owns all the texts */
};

/* What stands side by side: a step of the first and of the second story, FDAR_STORY_NONE where one
 * of them has nothing like it. */
struct fdar_story_row {
	uint32_t step[2];
};

/* NULL is allowed. */
void fdar_story_free(struct fdar_story *story);
typedef struct fdar_story fdar_story;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_story, fdar_story_free)

#endif
