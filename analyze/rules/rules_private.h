/*
 * The inside of rules, shared by its files:
 *
 *	rules.c            what a file says
 *	rules_ask.c        what is asked of it
 *	rules_run.c        batches in and out, events
 *	rules_thread.c     threads
 *	rules_functions.c  functions: what is open from their entry to their exit
 *	rules_make.c       what a rule makes, and what it met
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
	char *event;               /* "provider:event"; NULL: a function's */
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
	char *until;      /* as written; NULL: until something else says so */
	uint32_t ending;  /* the rule that is meant by it; ANY_TAKE; NO_RULE: none */
	gboolean leaving; /* of a function: at its exit */
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
	gboolean have_leaving;   /* rules of functions' exits */
	gboolean have_threads;   /* and of threads or processes by name */
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
	GArray *stack;   /* of uint64_t: functions */
	GArray *spans;   /* of struct span */
	char *name;      /* NULL: not said */
	uint64_t key;    /* of the session that it works for by these rules; 0: none */
	uint32_t ending; /* what ends that (struct rule); NO_RULE: nothing of this kind */
	uint64_t over;   /* open functions that the stack has no room for */
};

/* What is open: a session, a request, or an object in a queue. */
struct open_key {
	uint64_t key;
	uint32_t pid;
	uint32_t of; /* 0: sessions; 1: requests; else a queue's text */
};

struct fdar_rules_run {
	const struct fdar_rules *rules;
	const char *(*text)(const void *texts, uint32_t name);
	const void *texts;
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
	GHashTable *queues;  /* of struct open_key (key 0) -> GQueue of ids */
	struct fdar_intern functions;  /* (pid, addr) -> index of function_rules */
	GArray *function_rules;        /* of uint32_t */
	struct fdar_intern hidden_ids; /* (pid, addr) of functions with a name -> index of hidden */
	GArray *hidden;                /* of gboolean */
	struct fdar_intern thread_ids;
	GPtrArray *threads;    /* of struct rules_thread */
	GHashTable *processes; /* pid -> char *: its name */
	uint64_t last_key;     /* rules_new_key */
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

/* rules_make.c: a rule meets its event; match is of its pattern, or NULL. */
void rules_perform(struct fdar_rules_run *run, uint32_t index, const struct rule *rule,
		   const struct fdar_event *event, const GMatchInfo *match);
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

/* rules_functions.c: to be told before an entry, and after all that ends functions. */
void rules_enter(struct fdar_rules_run *run, const struct fdar_event *event);
void rules_leave(struct fdar_rules_run *run, const struct fdar_event *event);
void rules_unwind(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t count);

#endif
