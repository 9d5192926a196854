/*
 * The control segment, from the recorder's side: what the libraries in the server are told, and what
 * they count.
 *
 * Place in the house: inside pipeline/, under the recorder; instrument/wire/control.h is the layout and what
 * each field means. One thread at a time uses a segment, but for the gate, which any thread may set.
 *
 * Trust: the file can be written by every user, for the server's processes may change users and start
 * others. Who can is who knows its name, which has 64 random bits in it and stands in a folder that
 * nobody but its owner can list: the server's processes and whom they tell. What they can do with it is
 * harm their own recording: the recorder reads only the server's counters, never more than there is,
 * takes them for numbers that somebody claims, and reads and writes the file with system calls, so that
 * not even a file that was cut short can make it fail.
 */
#ifndef FDAR_PIPELINE_SERVER_CONTROL_H
#define FDAR_PIPELINE_SERVER_CONTROL_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

struct fdar_control_segment;

/* What the libraries are to do; zeroes: everything, without a limit. */
struct fdar_control_settings {
	const char *const
		*functions; /* rules as the user writes them (below), NULL-terminated; NULL */
	uint64_t minimum_ns;
	uint32_t depth_max;
	uint32_t budget_ppm;
	gboolean io_sessions;
	uint32_t io_bytes;
};

/* What the server's processes have counted: the fields of the same names in instrument/wire/control.h. */
struct fdar_control_counts {
	uint64_t processes, calls, skipped, unwound, lost, waited_ns;
	uint64_t functions, live, budget_off, patched, hooked, ruled, late;
};

/* Splits "ap_*,!apr_palloc*,bin:mod_*,thread:worker*" into its rules. An item is a glob (fnmatch) for
 * names of functions, or with a prefix for something else: bin: (base name of a binary or library),
 * file: (source file), thread: (name of a thread); with a ! before it what fits is left out; the last
 * that fits decides. NULL and error when there is an empty item, or all of them do not fit into the
 * segment. The caller frees the result (g_strfreev). */
char **fdar_control_rules_parse(const char *text, GError **error);

/* Makes the segment in folder, which the caller takes away. recording: its name. NULL and error. */
struct fdar_control_segment *fdar_control_segment_make(const char *folder, const char *recording,
						       const struct fdar_control_settings *settings,
						       GError **error);

/* Absolute; what FDAR_CONTROL_ENV holds. Owned by the segment. */
const char *fdar_control_segment_path(const struct fdar_control_segment *segment);

/* Whether the processes are to write events. On is told after tracing has begun, off before it ends.
 * While it is on, a thread tells them that there is a recorder. */
void fdar_control_segment_switch(struct fdar_control_segment *segment, gboolean on);

/* Makes all processes say again whose they are (process events): another recorder has begun, and its
 * trace must know. */
void fdar_control_segment_announce(struct fdar_control_segment *segment);

/* Closes the gate, so that who writes an event waits, or opens it. From any thread. */
void fdar_control_segment_gate(struct fdar_control_segment *segment, gboolean closed);

/* Asks all processes to write what they have collected, and waits until as many as ever came have done
 * so, milliseconds at most. */
void fdar_control_segment_flush(struct fdar_control_segment *segment, int milliseconds);

void fdar_control_segment_count(const struct fdar_control_segment *segment,
				struct fdar_control_counts *counts);

/* The first rule from number from on (of functions, in the settings' order) that is about functions and
 * met none so far in any process; NULL when there is none. from becomes its number plus 1. */
const char *fdar_control_segment_unmet(const struct fdar_control_segment *segment,
				       const char *const *functions, guint *from);

/* Switches off, opens the gate, and takes the file away. NULL is allowed. */
void fdar_control_segment_free(struct fdar_control_segment *segment);

/* Does the same to the segment of a recorder that was killed, but for taking the file away. */
void fdar_control_release(const char *path);

/* Tells a process that runs already, and has flowdar's libraries in it, where the segment is. FALSE and
 * error when it does not listen: it has no such library, or is being recorded already. */
gboolean fdar_control_tell(pid_t pid, const char *path, GError **error);

#endif
