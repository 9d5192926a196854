/*
 * What the server's processes have counted: a folder with a file of each process, read.
 *
 * Place in the house: inside pipeline/, under control.c; instrument/wire/control.h is the layout. The
 * folder is ours; anybody may have put anything into it: files are opened without following links or
 * waiting, read with system calls up to their known size, and what is in them is what somebody claims.
 * Files of processes that have ended are read a last time and taken away, so that a server that forks
 * for each request does not fill the memory.
 */
#ifndef FDAR_PIPELINE_SERVER_CONTROL_COUNTERS_H
#define FDAR_PIPELINE_SERVER_CONTROL_COUNTERS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/server/control.h"

#define FDAR_CONTROL_FILES_MAX 65536u /* at one look; of more, it is told (counts.unread) */

struct fdar_control_files;

/* Makes the folder at path. NULL and errno. */
struct fdar_control_files *fdar_control_files_make(const char *path);

/* Takes it away with all that is in it. NULL is allowed. */
void fdar_control_files_free(struct fdar_control_files *files);

/* Reads all of them. Sums that would be larger than any number stay the largest. */
void fdar_control_files_read(struct fdar_control_files *files);

/* Looks for new ones, whose ends are to be known as exactly as can be, and for those that have ended; the
 * descriptor is readable when one has. Some times a second, at no cost to speak of. */
void fdar_control_files_notice(struct fdar_control_files *files);
int fdar_control_files_fd(const struct fdar_control_files *files);

/* Of those that ended without a word, by what was read last: struct fdar_control_end. The caller frees it. */
GArray *fdar_control_files_ends(const struct fdar_control_files *files);

/* Of those that LTTng came to record late, ascending: their pids (int32_t). The caller frees it. */
GArray *fdar_control_files_unready(const struct fdar_control_files *files);

/* As they were read last. */
void fdar_control_files_count(const struct fdar_control_files *files,
			      struct fdar_control_counts *counts);
GArray *fdar_control_files_processes(const struct fdar_control_files *files);

/* A bit for each rule that any of them has met (instrument/wire/control.h), as they were read last. */
const uint64_t *fdar_control_files_rules_met(const struct fdar_control_files *files);

/* How many living processes have not done what flush asks for, as they were read last. */
guint fdar_control_files_unflushed(const struct fdar_control_files *files, uint32_t flush);

#endif
