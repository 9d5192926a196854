/*
 * The manifest of a recording: which files were written, how large they are, and their check sums.
 *
 * Place in the house: written last by whoever makes a recording (cli/cmd_record.c, when symbols/ is
 * there), read by doubts.h. A file "manifest" in the recording, lines of text:
 *
 *	flowdar manifest 1
 *	recording NAME              as in recording.json
 *	events COUNT                in the trace, as recording.json has them
 *	calls COUNT                 in its calls events
 *	stream EVENTS CALLS PATH    in each stream, sorted by path: that of the stream's first file; none
 *	                            of a trace that libbabeltrace2 reads, and of older recordings
 *	file SHA256 BYTES PATH      of each file, sorted by path; PATH is relative and may have spaces
 *	end SHA256                  of all that is before this line
 *
 * SHA256 is 64 digits in lower case. What comes into a recording later (replay.jsonl, profiles) is not
 * in it and needs not be; trace/ and symbols/ are whole with what is in it.
 */
#ifndef FDAR_PIPELINE_RECORDING_MANIFEST_H
#define FDAR_PIPELINE_RECORDING_MANIFEST_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/recording/recording.h"

#define FDAR_MANIFEST_FILE      "manifest"
#define FDAR_MANIFEST_FORMAT    1
#define FDAR_MANIFEST_BYTES_MAX (16u << 20)
#define FDAR_MANIFEST_FILES_MAX 100000u

struct fdar_manifest_file {
	char *path; /* below the recording; no "..", no link is followed to it */
	uint64_t bytes;
	char sha256[65]; /* in hex */
};

struct fdar_manifest {
	char *recording; /* "": it has no name */
	uint64_t events, calls;
	GArray *streams;  /* struct fdar_recording_stream, by path; empty: not known */
	GPtrArray *files; /* struct fdar_manifest_file *, by path */
};

/* Makes the manifest of the recording in dir, as its files are now, and writes it there. streams: struct
 * fdar_recording_stream, is put in order; NULL: not known. FALSE and error, and then there is none. */
gboolean fdar_manifest_write(const char *dir, GArray *streams, GError **error);

/* Reads dir's. NULL and error: FDAR_RECORDING_ERROR_MISSING when it has none, else
 * FDAR_RECORDING_ERROR_FORMAT; the message names the file and the line. */
struct fdar_manifest *fdar_manifest_load(const char *dir, GError **error);

/* The same of a text, which is taken apart. name: for the message. */
struct fdar_manifest *fdar_manifest_parse(char *text, gsize length, const char *name,
					  GError **error);

/* NULL when it is not in there. */
const struct fdar_manifest_file *fdar_manifest_find(const struct fdar_manifest *manifest,
						    const char *path);

/* The paths (char *) of all files in dir's trace/ and symbols/, and of recording.json and stacks.json
 * where they are; sorted. What is no plain file is in it, too. The caller frees the result. */
GPtrArray *fdar_manifest_list(const char *dir);

/* Size and check sum of dir's file, which must be a plain one. FALSE: it is not, or cannot be read. */
gboolean fdar_manifest_sum(const char *dir, const char *path, struct fdar_manifest_file *file);

/* NULL is allowed. */
void fdar_manifest_free(struct fdar_manifest *manifest);
typedef struct fdar_manifest fdar_manifest;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_manifest, fdar_manifest_free)

#endif
