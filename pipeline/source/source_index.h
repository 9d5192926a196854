/*
 * LTTng's indexes of a trace: which stream files there were, and how long.
 *
 * Place in the house: source.c asks when it opens a path. A recording's manifest says what belongs to it; of a
 * plain trace nothing else tells that a file is missing or was cut where a packet ends. The index of NAME is
 * index/NAME.idx beside it, in the format that pipeline/drain/drain_index.h has.
 */
#ifndef FDAR_PIPELINE_SOURCE_SOURCE_INDEX_H
#define FDAR_PIPELINE_SOURCE_SOURCE_INDEX_H

#include <glib.h>

/* Adds to doubts (pipeline/recording/doubts.h) the streams that are not there, or not to the end of the last
 * packet that their index has. traces: char *, folders. */
void fdar_source_compare_indexes(const GPtrArray *traces, GPtrArray *doubts);

#endif
