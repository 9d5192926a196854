/*
 * Building a profile out of what a walk tells.
 *
 * Place in the house: a visitor of walk.h; profile_read.h drives it. Sessions are aggregated while
 * they are open (one cell per call path they touched) and folded into the group's histograms when
 * they are closed, so memory grows with open sessions and call paths, not with the trace.
 */
#ifndef FD_ANALYZE_PROFILE_BUILD_H
#define FD_ANALYZE_PROFILE_BUILD_H

#include <glib.h>

#include "analyze/profile.h"
#include "analyze/symbols.h"
#include "analyze/walk.h"

/* The text of an id of the source that feeds the walk. */
typedef const char *(*fd_text_fn)(const void *texts, uint32_t name);

struct fd_profile_source {
	struct fd_symbols *symbols; /* NULL: functions are named by their address */
	fd_text_fn text;
	const void *texts;
	const char *(*label)(void *labels, const struct fd_walk_session *session); /* may be NULL */
	void *labels;
};

struct fd_profile_builder;

/* The source is copied; what it points to must outlive the builder. */
struct fd_profile_builder *fd_profile_builder_new(const struct fd_profile_source *source);

/* What to make the walk with: fd_walk_new(fd_profile_builder_visitor(), builder). */
const struct fd_walk_visitor *fd_profile_builder_visitor(void);

/* The walk that calls; needed before the first event for its call paths. */
void fd_profile_builder_attach(struct fd_profile_builder *builder, const struct fd_walk *walk);

/* Names what could not be named before, adds the walk's figures and gives the profile, which the
 * caller owns. After fd_walk_finish; the builder is good for nothing but fd_profile_builder_free
 * afterwards. */
struct fd_profile *fd_profile_builder_finish(struct fd_profile_builder *builder);

/* NULL is allowed. */
void fd_profile_builder_free(struct fd_profile_builder *builder);
typedef struct fd_profile_builder fd_profile_builder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_profile_builder, fd_profile_builder_free)

#endif
