/*
 * The control segment, from the recorder's side: what the libraries in the server are told, and what
 * they count.
 *
 * Place in the house: inside pipeline/, under the recorder; instrument/wire/control.h is the layout and what
 * each field means. One thread at a time uses a segment, but for the gate, which any thread may set.
 *
 * Trust: the segment can be written by us alone: the server's processes, which may be other users',
 * read it. What they count they write into files of their own (control_counters.h), which are read
 * with system calls, never more of them than there is, as numbers that somebody claims. So no process
 * can stop, misdirect or end another through this, and none can make the recorder fail.
 */
#ifndef FDAR_PIPELINE_SERVER_CONTROL_H
#define FDAR_PIPELINE_SERVER_CONTROL_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#include "instrument/wire/control.h"
#include "instrument/wire/patch_status.h"

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
	gboolean marks_packed; /* where the libraries can */
	gboolean calls_off;    /* no function, though the library that records them is there */
};

/* What the server's processes have counted: the fields of the same names in instrument/wire/control.h,
 * summed up. */
struct fdar_control_counts {
	uint64_t processes, calls, skipped, unwound, lost, waited_ns;
	uint64_t functions, live, budget_off, patched, hooked, ruled, late, told, gave_up, sessions;
	uint64_t unready;     /* that LTTng came to record after they had gone on */
	uint64_t killed;      /* that ended without writing what their threads had: */
	uint64_t cut;         /* so many calls at least, which are in calls, too, */
	uint64_t cut_unknown; /* and, of so many of them, some that are in no count */
	uint64_t price_measured, price_ps, price_squares, price_inner_ps, writes, write_ns;
	uint64_t budget_cpu_ns, budget_others_ns, budget_calls_ns;
	uint64_t marks;     /* that were packed, */
	uint64_t cut_marks; /* and that killed processes took along, in no count otherwise */
	uint32_t unpatched;
	gboolean unread; /* some were in more files than are looked at: in no sum */
};

/* What one of them says it has written: whoever reads the trace finds so much at least. */
struct fdar_control_process {
	int32_t pid; /* as it calls itself */
	uint64_t calls;
	uint64_t events[FDAR_CONTROL_EVENTS];
	uint64_t elsewhere; /* calls that are not among them: on stacks of coroutines */
};

/* One that has ended without saying so: killed, or ended by a signal. */
struct fdar_control_end {
	int32_t pid;        /* as it called itself */
	uint64_t ended_ns;  /* since the Unix epoch, by the trace's clock: not later, */
	uint64_t within_ns; /* and not more than that before */
};

#define FDAR_CONTROL_ENDS_MAX 2000u /* the first so many are known */

/* Why functions stay off, in words for a person: "the kernel has no ...". status is a bit's number in
 * unpatched. Static. */
const char *fdar_patch_status_text(enum fdar_patch_status status);

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

/* Asks all processes to write what they have collected, and waits until those that live have done so,
 * milliseconds at most. */
void fdar_control_segment_flush(struct fdar_control_segment *segment, int milliseconds);

/* Reads what they have counted by now. */
void fdar_control_segment_count(struct fdar_control_segment *segment,
				struct fdar_control_counts *counts);

/* The first rule from number from on (of functions, in the settings' order) that is about functions and
 * met none so far in any process; NULL when there is none. from becomes its number plus 1. */
const char *fdar_control_segment_unmet(const struct fdar_control_segment *segment,
				       const char *const *functions, guint *from);

/* Looks which processes are there and which have ended, so that it is known when; the descriptor is readable
 * when one has. */
void fdar_control_segment_notice(struct fdar_control_segment *segment);
int fdar_control_segment_fd(const struct fdar_control_segment *segment);

/* Those that had ended without a word when it was counted last: struct fdar_control_end. The caller frees the
 * result. */
GArray *fdar_control_segment_ends(const struct fdar_control_segment *segment);

/* Those that LTTng came to record after they had gone on, the first FDAR_CONTROL_ENDS_MAX that were seen: pids
 * (int32_t) as they call themselves, ascending. The caller frees the result. */
GArray *fdar_control_segment_unready(const struct fdar_control_segment *segment);

/* What each process has counted, as it was read last: struct fdar_control_process. The caller frees the result. */
GArray *fdar_control_segment_processes(const struct fdar_control_segment *segment);

/* Switches off, opens the gate, and takes the file away. NULL is allowed. */
void fdar_control_segment_free(struct fdar_control_segment *segment);

/* Does the same to the segment of a recorder that was killed, but for taking the file away. */
void fdar_control_release(const char *path);

/* Tells a process that runs already, and has flowdar's libraries in it, where the segment is. FALSE and
 * error when it does not listen: it has no such library, or is being recorded already
 * (G_IO_ERROR_CONNECTION_REFUSED); or when somebody else listens in its place
 * (G_IO_ERROR_PERMISSION_DENIED), who is told nothing. */
gboolean fdar_control_tell(pid_t pid, const char *path, GError **error);

#endif
