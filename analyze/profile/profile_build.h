/*
 * Building a profile out of what a walk tells.
 *
 * Place in the house: it owns a walk and listens to it; profile_read.h drives it. Sessions are
 * aggregated while they are open (one cell per call path they touched) and folded into the group's
 * histograms when they are closed, so memory grows with open sessions and call paths, not with the
 * trace.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_BUILD_H
#define FDAR_ANALYZE_PROFILE_PROFILE_BUILD_H

#include <glib.h>

#include "analyze/profile/labels.h"
#include "analyze/profile/profile.h"
#include "analyze/symbols/symbols.h"
#include "analyze/walk/walk.h"

/* The text of an id of the source that feeds the walk. */
typedef const char *(*fdar_text_fn)(const void *texts, uint32_t name);

/* A session as it is folded into its group. Valid during the call only. */
struct fdar_profile_session {
	const struct fdar_walk_session *session;
	const char *label;
	uint64_t calls;
	uint64_t busy_ns; /* all own times, queues included */
	uint64_t running_ns;
	/* How often its threads left the processor. By themselves: waits that are told, and those that nobody
	 * saw (FDAR_PROFILE_BLOCKED), whether there was something to wait for or not. Or taken off it, for so long:
	 * at least so often, since what happens between two events of a thread counts once. */
	uint64_t waits, preemptions;
	uint64_t preempted_ns;
	/* Page faults, ..., of its threads while they worked for it, those of recording among them. */
	uint64_t counts[FDAR_COUNT_KINDS];
	gboolean is_counted;  /* FALSE: they are not known */
	const char *function; /* what took most of busy_ns, by its name so far; NULL: nothing did */
	const char *component;
	const char *below; /* the wait it is in, or NULL */
	uint64_t function_ns;
	uint64_t watched_ns;                   /* of what is watched; 0: nothing is */
	const struct fdar_labels_seen *client; /* what that saw; NULL: nobody says */
};

/* A function's running time, or its waits of one kind, by their names. */
struct fdar_profile_watch {
	const char *function;
	const char *component;
	const char *below; /* the wait, or NULL */
};

struct fdar_profile_source {
	struct fdar_symbols *symbols; /* NULL: functions are named by their address */
	fdar_text_fn text;
	const void *texts;
	const char *(*label)(void *labels,
			     const struct fdar_walk_session *session); /* may be NULL */
	void *labels;
	/* What the client of a session saw; may be NULL. FALSE: it is not known. */
	gboolean (*client)(void *labels, const struct fdar_walk_session *session,
			   struct fdar_labels_seen *seen);
	void (*session)(void *user, const struct fdar_profile_session *session); /* may be NULL */
	const struct fdar_profile_watch
		*watch; /* what is told of each session besides; NULL: nothing */
	void *user;
	gboolean lines; /* look up file and line of each function */
	enum fdar_unit unit;
	gboolean counted;           /* the walk is given counts, too (profile_counts.h) */
	gboolean infer_work;        /* the trace has no functions: fdar_walk_infer_work */
	struct fdar_helper *helper; /* sums up beside the walk; NULL: nobody does */
	/* Of fdar_profile_fold_key: functions that are not told, as though they were not recorded: their
	 * time is that of their callers. NULL: none. */
	GHashTable *folded;
	/* The component of a function, and whether it is folded besides; both may be NULL. */
	const char *(*component)(const void *user, const char *component, const char *function);
	gboolean (*hidden)(const void *user, const char *component, const char *function);
	const void *naming; /* their user */
};

/* What a function is called in a set of folded ones. The caller frees it. */
char *fdar_profile_fold_key(const char *component, const char *name);

struct fdar_profile_builder;

/* The source is copied; what it points to must outlive the builder. */
struct fdar_profile_builder *fdar_profile_builder_new(const struct fdar_profile_source *source);

/* The builder's walk, to be fed. Owned by the builder. */
struct fdar_walk *fdar_profile_builder_walk(struct fdar_profile_builder *builder);

/* Finishes the walk, names what could not be named before and gives the profile, which the caller
 * owns. The builder is good for nothing but fdar_profile_builder_free afterwards. */
struct fdar_profile *fdar_profile_builder_finish(struct fdar_profile_builder *builder);

/* NULL is allowed. */
void fdar_profile_builder_free(struct fdar_profile_builder *builder);
typedef struct fdar_profile_builder fdar_profile_builder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_profile_builder, fdar_profile_builder_free)

#endif
