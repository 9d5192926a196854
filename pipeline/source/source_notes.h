/*
 * What is odd about a trace's times, in words. That they go back is a doubt (source_check.h).
 *
 * Place in the house: inside pipeline/, beside source.h: everybody who reads a trace to its end and
 * speaks of it says the same.
 */
#ifndef FDAR_PIPELINE_SOURCE_SOURCE_NOTES_H
#define FDAR_PIPELINE_SOURCE_SOURCE_NOTES_H

#include <glib.h>

#include "pipeline/source/source.h"

/* FALSE and error (FDAR_SOURCE_ERROR_FORMAT) when none of the events has a time: nothing can be said of
 * how long anything took. */
gboolean fdar_source_check_times(const struct fdar_source_summary *summary, const char *path,
				 GError **error);

/* Appends lines (char *, which the array frees): events without a time beside others. */
void fdar_source_note_times(const struct fdar_source_summary *summary, const char *path,
			    GPtrArray *lines);

#endif
