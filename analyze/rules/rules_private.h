/*
 * The inside of rules, shared by its files:
 *
 *	rules.c            what a file says
 *	rules_ask.c        what is asked of it
 *	rules_run.c        batches in and out, events
 *	rules_thread.c     threads
 *	rules_functions.c  functions: what is open from their entry to their exit
 *	rules_make.c       what a rule makes, and what it met
 *	rules_fork.c       sessions that begin in a parent and go on in its child
 *	rules_queue.c      queues whose objects have no address
 *	rules_doubts.c     what was met that looked wrong, in words
 *	rules_tell.c       events, what is counted, whom a thread works for
 *	rules_events.c     which events a rule is about, and how their fields are read
 */
#ifndef FDAR_ANALYZE_RULES_RULES_PRIVATE_H
#define FDAR_ANALYZE_RULES_RULES_PRIVATE_H

#include "analyze/rules/rules.h"
#include "base/intern.h"

/* Where a value comes from. */
enum rule_from {
	RULE_NOWHERE,
	RULE_ROLE,    /* a field of the event, decoded to this role */
	RULE_CAPTURE, /* a group of the pattern, by name */
};

struct rule_value {
	enum rule_from from;
	enum fdar_event_role role;
	gboolean text; /* of a number's field: it may be a text, which is the event's then */
	char *field;
	char *capture;
};

enum rule_span { SPAN_NONE, SPAN_SESSION, SPAN_REQUEST };

struct rule {
	char *name;
	char *event;               /* "provider:event", or a glob of such; NULL: a function's */
	char *function;            /* a glob; NULL: an event's */
	GRegex *pattern;           /* on the event's text; NULL: none */
	enum fdar_event_kind kind; /* what it becomes; of spans: what they begin with */
	enum rule_span span;       /* of functions: from entry to exit */
	struct rule_value key;     /* or the object of put and take */
	struct rule_value peer;
	struct rule_value what;
	struct rule_value fd;
	struct rule_value label;
	char *queue;      /* of put and take */
	char *thread;     /* a glob: of threads with such a name only; NULL: of any */
	char *process;    /* the same of processes */
	uint32_t ns;      /* pid namespace: of processes in that only; 0: in any */
	char *until;      /* as written; NULL: until something else says so */
	uint32_t ending;  /* the rule that is meant by it; ANY_TAKE; NO_RULE: none */
	gboolean leaving; /* of a function: at its exit */
	gboolean lasts;   /* of request-begin: until its session ends */
	gboolean forks;   /* of session-begin: it goes on in a child */
	uint8_t wait;     /* of wait-begin: enum fdar_wait_kind */
};

struct rule_component {
	char *name;
	GPtrArray *functions; /* of char *: globs */
};

struct fdar_rules {
	GPtrArray *rules;      /* of struct rule */
	GPtrArray *components; /* of struct rule_component */
	GPtrArray *hidden;     /* of char *: globs */
	GPtrArray *rows;       /* of struct fdar_event_map, owned */
	GPtrArray *names;      /* char *: of their fields */
	GHashTable *by_event;  /* event -> GPtrArray of struct rule */
	struct fdar_event_maps maps;
	gboolean have_functions;
	gboolean have_leaving; /* rules of functions' exits */
	gboolean have_threads; /* and of threads or processes by name */
	gboolean have_namespaces;
	gboolean have_forks;     /* and such as begin sessions for children */
	gboolean have_labels;    /* and such as tell sessions' labels */
	gboolean have_addresses; /* and of functions without a name */
};

/* ---- a run ---- */

#define OWN_TEXT (UINT32_C(1) << 31) /* in an id: a text of the rules, not of the source */
/* Of what has no key of its own, and of a key that is 0, which is none for the walk: its lower half is no
 * descriptor's number. */
#define OWN_KEY     (UINT64_C(1) << 63 | UINT64_C(1) << 31)
#define NO_RULE     UINT32_MAX
#define UNKNOWN_YET (UINT32_MAX - 1)
#define ANY_TAKE    (UINT32_MAX - 2)

/* A session or request of a function that is open. */
struct span {
	uint32_t depth; /* of the function: index in the thread's stack */
	uint32_t rule;
	uint64_t key;
};

struct rules_thread {
	GArray *stack;     /* of uint64_t: functions */
	GArray *spans;     /* of struct span */
	char *name;        /* NULL: not said */
	uint64_t key;      /* of the session that it works for by these rules; 0: none */
	uint64_t since_ns; /* for that: not before then; 0: not known */
	uint64_t now_ns;   /* when it met a rule last */
	uint32_t ending;   /* what ends that (struct rule); NO_RULE: nothing of this kind */
	uint64_t turn;     /* how often it has gone on to work for somebody else, or nobody */
	uint64_t over;     /* open functions that the stack has no room for */
};

/* What is open: a session, a request, or an object in a queue. */
struct open_key {
	uint64_t key;
	uint32_t pid;
	uint32_t of; /* 0: sessions; 1: requests; else a queue's text */
};

struct fdar_rules_run {
	const struct fdar_rules *rules;
	const char *(*text)(const void *trace, uint32_t name);
	uint32_t (*namespace_of)(const void *trace, uint16_t home); /* NULL: none is told */
	const void *trace;
	struct fdar_symbols *symbols;
	GArray *out;         /* of struct fdar_event */
	GStringChunk *chunk; /* their texts, of one batch */
	GPtrArray *names;    /* char *: the rules' texts */
	GArray *met;         /* of struct fdar_rule_met, by rule */
	GHashTable *others;  /* name of an OTHER -> GPtrArray of its rules, or NULL */
	const GPtrArray *kinds[FDAR_EVENT_KINDS]; /* of known events */
	GHashTable *open;                         /* of struct open_key -> index of its rule + 1 */
	GHashTable *carried; /* of struct open_key, of an object: uint64_t, the session that comes
			      * along */
	GHashTable *queues;  /* of struct open_key (key 0) -> struct queue */
	struct fdar_intern functions;  /* (pid, addr) -> index of function_rules */
	GArray *function_rules;        /* of uint32_t */
	struct fdar_intern hidden_ids; /* (pid, addr) of functions with a name -> index of hidden */
	GArray *hidden;                /* of gboolean */
	struct fdar_intern thread_ids;
	GPtrArray *threads;     /* of struct rules_thread */
	GHashTable *processes;  /* pid -> char *: its name */
	GHashTable *namespaces; /* pid -> pid namespace */
	uint16_t last_home;     /* rules_thread_place */
	uint32_t last_placed;
	uint64_t begin_ns; /* of the trace */
	uint64_t now_ns;
	gboolean told;     /* the trace tells of sessions that are not the rules' */
	uint64_t last_key; /* rules_new_key */
	/* rules_fork.c */
	GArray *waiting;      /* of struct waiting, oldest first */
	GHashTable *heard;    /* pid -> how many had been heard of before */
	GHashTable *children; /* set of pids: whose children they are is known */
	uint64_t last_fork;
	uint32_t last_pid;
};

/* rules_thread.c */
struct rules_thread *rules_thread_of(struct fdar_rules_run *run, const struct fdar_event *event);
void rules_thread_free(gpointer data);
/* Whether a rule is about such threads, and processes. */
gboolean rules_thread_fits(struct fdar_rules_run *run, const struct fdar_event *event,
			   const struct rule *rule);
/* The event tells a thread's name, and with that of the first thread, or else of the one heard of first, its
 * process's. */
void rules_thread_name(struct fdar_rules_run *run, const struct fdar_event *event);
/* It may tell its process's pid namespace. */
void rules_thread_place(struct fdar_rules_run *run, const struct fdar_event *event);

/* rules_make.c: a rule meets its event; match is of its pattern, or NULL. */
void rules_perform(struct fdar_rules_run *run, uint32_t index, const struct rule *rule,
		   const struct fdar_event *event, const GMatchInfo *match);

/* rules_tell.c: whom a thread works for from here on (0: nobody), and what ends that. */
void rules_work_begin(struct rules_thread *thread, uint64_t key, uint32_t ending);
/* It works for nobody, if it worked for that session. */
void rules_work_over(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t key);
/* The thread's session ends: its request that lasts until then does so, too. Before the session does. */
void rules_request_over(struct fdar_rules_run *run, const struct fdar_event *event);
/* A key for what has none. */
uint64_t rules_new_key(struct fdar_rules_run *run);
/* An event at the time of another one. */
struct fdar_event *rules_emit(struct fdar_rules_run *run, const struct fdar_event *like,
			      enum fdar_event_kind kind, uint64_t key);
/* Something of a rule begins; ends, or is only touched. */
void rules_count_begin(struct fdar_rules_run *run, uint32_t rule, uint32_t pid, uint64_t key,
		       uint32_t of);
void rules_count_end(struct fdar_rules_run *run, uint32_t rule, uint32_t pid, uint64_t key,
		     uint32_t of, gboolean end);

/* rules_fork.c. The list of a run. */
GArray *rules_fork_waiting_new(void);
/* Something of a process is heard; to be told before all else. */
void rules_fork_heard(struct fdar_rules_run *run, const struct fdar_event *event);
/* A session has begun for which the server forks; one has ended where it began. */
void rules_fork_begun(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t key);
void rules_fork_ended(struct fdar_rules_run *run, uint32_t pid, uint64_t key);
/* Before a process does something with the session of that key: if it has none, and is new, it is the child that a
 * session waits for, which is its own from here on. */
void rules_fork_claim(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t key);

/* A take that found nothing, and whose put may be told yet. */
struct rules_early {
	uint64_t time_ns;
	uint64_t turn; /* of its thread */
	uint32_t tid;
	uint32_t rule;
};

/* rules_queue.c: first in, first out. What is put gets a number; late: it has been taken already, and not before
 * since_ns, for it was not there. FALSE: there is no room, or nothing to take. */
void rules_queue_free(gpointer queue);
gboolean rules_queue_put(struct fdar_rules_run *run, uint32_t name, const struct fdar_event *event,
			 uint64_t since_ns, uint64_t *object, struct rules_early *early,
			 gboolean *late);
gboolean rules_queue_take(struct fdar_rules_run *run, uint32_t name, const struct fdar_event *event,
			  uint32_t rule, uint64_t *object);
/* A take for which nothing was there. */
void rules_queue_early(struct fdar_rules_run *run, uint32_t name, const struct fdar_event *event,
		       uint32_t rule, uint64_t turn);
/* Counts those that still have no put as strays of their rules, and what is uncertain by that. */
void rules_queue_strays(const struct fdar_rules_run *run, GArray *met);

/* rules_events.c. The role that a field of an event has: the known one, or one of choice that the rules give it.
 * FALSE: there is none. */
gboolean rules_role_of(struct fdar_rules *rules, const char *event, const char *field,
		       const enum fdar_event_role *choice, guint choices,
		       enum fdar_event_role *role);
/* Whether the last rule may be about events that others are about in other words, whose fields would be read in
 * two ways. The caller frees what was expected; NULL: all is well. */
char *rules_event_expected(const struct fdar_rules *rules, const struct rule *rule);
/* To be called when all rules are there. */
void rules_events_index(struct fdar_rules *rules);
/* The rules about an event; NULL: none. */
const GPtrArray *rules_about(const struct fdar_rules *rules, const char *event);

/* rules_functions.c: to be told before an entry and behind it, before an exit, and after all that ends functions. */
void rules_enter(struct fdar_rules_run *run, const struct fdar_event *event);
void rules_entered(struct fdar_rules_run *run, const struct fdar_event *event);
void rules_leaving(struct fdar_rules_run *run, const struct fdar_event *event);
void rules_leave(struct fdar_rules_run *run, const struct fdar_event *event);
void rules_unwind(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t count);

#endif
