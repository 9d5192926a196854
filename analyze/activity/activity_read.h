/*
 * Reading the activity of a whole trace: source, walk and activity composed. What cli/ calls.
 */
#ifndef FDAR_ANALYZE_ACTIVITY_ACTIVITY_READ_H
#define FDAR_ANALYZE_ACTIVITY_ACTIVITY_READ_H

#include "analyze/activity/activity.h"

/* path as for fdar_source_open; rules: a rules file (analyze/rules/rules.h), NULL: the recording's own, where it has
 * one. progress (may be NULL) gets the events so far and stops the reading with FALSE.
 * warnings may be NULL; else lines that a user should be shown are appended to it (char *, the array frees
 * them). NULL and error when it could not be read. The caller owns the result (fdar_activity_free). */
struct fdar_activity *fdar_activity_read(const char *path, const char *rules,
					 gboolean (*progress)(guint64 events, void *user),
					 void *user, GPtrArray *warnings, GError **error);

#endif
