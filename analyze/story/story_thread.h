/*
 * The story of a thread: for traces that have no sessions, or of what a server does for nobody.
 *
 * Private to analyze/story/. A story is one of a session: so the thread is made one. Of its events those
 * that say what it ran and waited for are kept, and a session that begins with the first of them is put
 * before; who else it worked for, and what it took from whom, is left out.
 */
#ifndef FDAR_ANALYZE_STORY_STORY_THREAD_H
#define FDAR_ANALYZE_STORY_STORY_THREAD_H

#include <glib.h>

#include "pipeline/events/event.h"

struct story_thread_filter {
	uint32_t pid;
	uint32_t tid;
	char *peer;     /* what the session is called: "thread worker-0"; freed by the user */
	gboolean begun; /* the session was told */
};

#define STORY_THREAD_KEY 1 /* of the session */

/* Whether the event says that its thread is the one that is wanted: by number, or by name (name: of
 * THREAD_NAME's text). */
gboolean story_thread_matches(const struct fdar_event *event, const char *name, const char *wanted);

/* Of count events those that are to be fed, into out, which has room for one more; gives how many. */
size_t story_thread_filter(struct story_thread_filter *filter, const struct fdar_event *events,
			   size_t count, struct fdar_event *out);

#endif
