/*
 * The call log: what threads did, in the order in which they did it, folded.
 *
 * Place in the house: a visitor of a walk; log_read.h feeds it, cli/log/ prints what it tells. It holds
 * no more of a trace than may still be folded: what is final is told at once, and of frames that are open
 * for long the entry, then what is in them, then the exit.
 *
 * Items. A *call* (of a function, scope or wait) with what is in it; a *block*: several items that were
 * done in turn, over and over; a *note* or *bytes*. Equal calls in a row are one item with a count, and so
 * are blocks of up to FDAR_LOG_BLOCK_MAX items. Equal means: the same functions, in it the same items as
 * often; not: the same times. One that took much longer than those before it stays out. A function that
 * does nothing but call itself is one item that is so many calls deep. Functions that do nothing but call each other
 * in turn (a calls b calls a calls b) are an item each, in each other; each is so many calls deep, and the first says
 * how many functions these are. Counts are conserved: an item stands
 * for count times deep calls, in each of the times of the item around it; so many were recorded.
 *
 * Units: nanoseconds since 1970. Names are text ids and addresses, as in walk.h.
 */
#ifndef FDAR_ANALYZE_LOG_LOG_H
#define FDAR_ANALYZE_LOG_LOG_H

#include <glib.h>
#include <stdint.h>

#include "analyze/walk/walk.h"

#define FDAR_LOG_BLOCK_MAX 16u

enum fdar_log_kind { FDAR_LOG_CALL, FDAR_LOG_BLOCK, FDAR_LOG_NOTE, FDAR_LOG_BYTES };

struct fdar_log_item {
	uint64_t shape;    /* equal for equal items */
	uint64_t count;    /* so many in a row */
	uint64_t deep;     /* calls of it, each in the one before */
	uint64_t start_ns; /* of the first */
	uint64_t end_ns;   /* of the last */
	uint64_t times;    /* that the durations are of: count, in all times of what is around */
	uint64_t total_ns; /* durations */
	uint64_t min_ns;
	uint64_t max_ns;
	uint64_t addr;          /* of functions */
	uint64_t session;       /* id of struct fdar_walk_session, of the first; 0: none */
	uint64_t skipped_calls; /* in it, too short to be recorded */
	uint64_t total;         /* of bytes: how many there were */
	int64_t result;         /* of waits, of the first */
	uint32_t pid;
	uint32_t tid;
	uint32_t thread_name; /* text id; 0: not known */
	uint32_t name;        /* text id: of scopes and waits; a note's key, the bytes' label */
	int32_t fd;           /* of waits; -1: none */
	uint8_t kind;         /* enum fdar_log_kind */
	uint8_t frame;        /* of calls: enum fdar_frame_kind */
	uint8_t wait;         /* enum fdar_wait_kind */
	uint8_t unfinished;
	uint8_t repaired;
	uint16_t height; /* levels of items in it */
	uint16_t turn; /* functions that call each other in turn, of the first; 0: it is not such */
	GByteArray *data; /* of notes and bytes: what was recorded of it; else NULL */
	GPtrArray *below; /* of struct fdar_log_item: what is in it; NULL: nothing */
};

/* Who is told; depth 0 is the outermost. Items are valid during the call. */
struct fdar_log_visitor {
	/* A call, with all that is in it. */
	void (*item)(void *user, const struct fdar_log_item *item, unsigned depth);
	/* A call that is told in pieces: of an entry end_ns, times and durations are 0, of an exit
	 * below is NULL. */
	void (*enter)(void *user, const struct fdar_log_item *item, unsigned depth);
	void (*leave)(void *user, const struct fdar_log_item *item, unsigned depth);
	void (*end)(void *user); /* there is no more; may be NULL */
};

struct fdar_log_options {
	gboolean unfolded;    /* each call for itself */
	gboolean one_session; /* of a client's address, with or without port, or a key */
	const char *peer;     /* NULL: the key says which */
	uint64_t key;
	gboolean one_thread;
	uint32_t tid;
	/* Functions that are not told: what is in them is of the one around them. NULL: none. */
	gboolean (*hidden)(void *user, uint32_t pid, uint64_t addr);
	void *hidden_user;
};

struct fdar_log_builder;

/* visitor, user and options must outlive the builder. The caller owns it. */
struct fdar_log_builder *fdar_log_builder_new(const struct fdar_log_options *options,
					      const struct fdar_log_visitor *visitor, void *user);

/* Calls of functions that is_hidden says are told by nobody, and counted: what is in them is of who called
 * them. To be called before it is fed. */
typedef gboolean (*fdar_log_hidden_fn)(void *user, uint32_t pid, uint64_t addr);
void fdar_log_builder_hide(struct fdar_log_builder *builder, fdar_log_hidden_fn is_hidden,
			   void *user);

/* How many calls were hidden, and their own times. */
uint64_t fdar_log_builder_hidden(const struct fdar_log_builder *builder, uint64_t *own_ns);

/* To be fed. */
struct fdar_walk *fdar_log_builder_walk(struct fdar_log_builder *builder);

/* Finishes the walk and tells the rest. */
void fdar_log_builder_finish(struct fdar_log_builder *builder);

/* Sessions that there were, and whether one was the one wanted. */
uint64_t fdar_log_builder_sessions(const struct fdar_log_builder *builder, gboolean *found);

/* NULL is allowed. */
void fdar_log_builder_free(struct fdar_log_builder *builder);
typedef struct fdar_log_builder fdar_log_builder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_log_builder, fdar_log_builder_free)

#endif
