/*
 * The recorder's folder in memory: what LTTng writes before it is on the disk, and the control segment.
 *
 * Place in the house: inside pipeline/, under the recorder and its watchdog. It is
 * /dev/shm/flowdar-UID-PID-NUMBER, and whoever uses it holds a lock on it (flock(2)): one that nobody
 * holds was left behind by processes that were killed, and the next recorder of the user takes it away.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_MEMORY_H
#define FDAR_PIPELINE_RECORD_RECORD_MEMORY_H

#include <glib.h>
#include <stdint.h>

struct fdar_record_memory {
	char *path;    /* absolute; others may go through it, but not list it */
	char *out;     /* path/out: LTTng's output; ours alone */
	char *buffers; /* path/buffers: LTTng's buffers, if they are to outlive it */
	int lock;      /* -1: none */
};

/* Takes away what killed recorders have left, and makes one. FALSE and error. */
gboolean fdar_record_memory_make(struct fdar_record_memory *memory, GError **error);

/* Takes one that another process has made, so that it stays when that one dies. FALSE: it is gone. */
gboolean fdar_record_memory_share(const char *path, struct fdar_record_memory *memory);

/* Bytes that still fit into it, as the whole machine sees it. */
uint64_t fdar_record_memory_room(const struct fdar_record_memory *memory);

/* Takes the folder away with everything in it. */
void fdar_record_memory_remove(struct fdar_record_memory *memory);

/* Lets go of it, and frees what the fields own. An empty one (all zero, lock -1) is allowed. */
void fdar_record_memory_clear(struct fdar_record_memory *memory);

#endif
