/*
 * Building a profile out of what a walk tells.
 *
 * Place in the house: it owns a walk and listens to it; profile_read.h drives it. Sessions are
 * aggregated while they are open (one cell per call path they touched) and folded into the group's
 * histograms when they are closed, so memory grows with open sessions and call paths, not with the
 * trace.
 */
#ifndef FD_ANALYZE_PROFILE_BUILD_H
#define FD_ANALYZE_PROFILE_BUILD_H

#include <glib.h>

#include "analyze/profile/profile.h"
#include "analyze/symbols/symbols.h"
#include "analyze/walk/walk.h"

/* The text of an id of the source that feeds the walk. */
typedef const char *(*fd_text_fn)(const void *texts, uint32_t name);

/* A session as it is folded into its group. Valid during the call only. */
struct fd_profile_session {
	const struct fd_walk_session *session;
	const char *label;
	uint64_t calls;
	uint64_t busy_ns; /* all own times, queues included */
	uint64_t running_ns;
	const char *function; /* what took most of busy_ns, by its name so far; NULL: nothing did */
	const char *component;
	const char *below; /* the wait it is in, or NULL */
	uint64_t function_ns;
};

struct fd_profile_source {
	struct fd_symbols *symbols; /* NULL: functions are named by their address */
	fd_text_fn text;
	const void *texts;
	const char *(*label)(void *labels, const struct fd_walk_session *session); /* may be NULL */
	void *labels;
	void (*session)(void *user, const struct fd_profile_session *session); /* may be NULL */
	void *user;
	gboolean lines; /* look up file and line of each function */
	enum fd_unit unit;
	/* Of fd_profile_fold_key: functions that are not told, as though they were not recorded: their
	 * time is that of their callers. NULL: none. */
	GHashTable *folded;
};

/* What a function is called in a set of folded ones. The caller frees it. */
char *fd_profile_fold_key(const char *component, const char *name);

struct fd_profile_builder;

/* The source is copied; what it points to must outlive the builder. */
struct fd_profile_builder *fd_profile_builder_new(const struct fd_profile_source *source);

/* The builder's walk, to be fed. Owned by the builder. */
struct fd_walk *fd_profile_builder_walk(struct fd_profile_builder *builder);

/* Finishes the walk, names what could not be named before and gives the profile, which the caller
 * owns. The builder is good for nothing but fd_profile_builder_free afterwards. */
struct fd_profile *fd_profile_builder_finish(struct fd_profile_builder *builder);

/* NULL is allowed. */
void fd_profile_builder_free(struct fd_profile_builder *builder);
typedef struct fd_profile_builder fd_profile_builder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_profile_builder, fd_profile_builder_free)

#endif
