/*
 * The directory that a recording is written to: making it, its size, taking it away.
 *
 * Place in the house: inside pipeline/, under record.c. What root records below somebody else's
 * directory must stay root's: the directory is its user's own, closed to others (0700), held open, and
 * written to through what is held (/proc/self/fd/N), not by its name, which whoever owns the directory
 * above can give to something else meanwhile. Two recorders cannot have the same one: whose
 * recording.json it is decides, made with O_EXCL.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_FOLDER_H
#define FDAR_PIPELINE_RECORD_RECORD_FOLDER_H

#include <glib.h>
#include <stdint.h>

struct fdar_record_folder {
	char *path;    /* absolute; what is written goes there */
	char *trace;   /* path/trace; the drain makes it */
	char *shown;   /* absolute: its name, for people */
	int fd;        /* keeps path; -1: path is the name */
	gboolean made; /* it did not exist before */
};

/* Makes the directory and its parents; an empty one of ours that is there is taken. FALSE and error
 * (folder is empty then) when it holds something, is a file, a link or somebody else's, another recorder
 * has it, or it cannot be made or written. */
gboolean fdar_record_folder_make(const char *output, struct fdar_record_folder *folder,
				 GError **error);

/* The same of one in another, by its name. */
gboolean fdar_record_folder_make_below(const struct fdar_record_folder *above, const char *name,
				       struct fdar_record_folder *folder, GError **error);

/* A message with the directory's name in place of path. The caller frees it. */
char *fdar_record_folder_say(const struct fdar_record_folder *folder, const char *message);

/* Bytes of the files in the trace, now. */
uint64_t fdar_record_folder_bytes(const struct fdar_record_folder *folder);

/* Bytes that the disk still takes; as good as endless when it does not say. */
uint64_t fdar_record_folder_room(const struct fdar_record_folder *folder);

/* Whether that is less than FDAR_RECORD_FOLDER_ROOM: recording.json and symbols need a place, too. */
#define FDAR_RECORD_FOLDER_ROOM (UINT64_C(1) << 20)
gboolean fdar_record_folder_full(const struct fdar_record_folder *folder);

/* Takes away what was recorded, and the directory if it was made here. */
void fdar_record_folder_remove(const struct fdar_record_folder *folder);

/* Takes away recording.json and stacks.json alone. */
void fdar_record_folder_forget(const struct fdar_record_folder *folder);

/* Frees what the fields own. */
void fdar_record_folder_clear(struct fdar_record_folder *folder);

#endif
