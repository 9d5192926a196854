/*
 * The event source: one way to read events, whatever wrote them.
 *
 * Place in the house: the seam between pipeline/ and analyze/. A path may be a recording (the
 * directory that `flowdar record` leaves) or any CTF trace directory that babeltrace2 reads.
 * A source is used by one thread at a time.
 *
 * Processes and addresses. Equal process ids of two hosts or namespaces are two processes, and so are
 * two lives of one (whose.h); what lies where another module lay has other addresses (load_map.h).
 *
 * Clocks. Where processes of several hosts are read together, and connections between them are told by both ends, the
 * times of all are one host's (pipeline/clocks): the trace is read once before, and by one source, the first slice's.
 * What was found is among what speaks against it (fdar_source_doubts).
 *
 * Order. Events come in batches; those of a thread (pid, tid) in time order. Across threads they
 * come in the order in which they were written: in time order too, but for function events that the
 * tracer wrote many at once (flowdar:calls, instrument/wire/calls.h). These come when their calls event
 * does, with times of their own: they may be older than events of other threads that were delivered
 * before, by as long as the thread took to fill its buffer. Within a thread nothing of that shows:
 * what a thread does is written in its order.
 */
#ifndef FDAR_PIPELINE_SOURCE_SOURCE_H
#define FDAR_PIPELINE_SOURCE_SOURCE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "base/errors.h"
#include "pipeline/events/event.h"
#include "pipeline/events/event_map.h"

struct fdar_source;

/* What was read so far; whole once fdar_source_read has returned 0. */
struct fdar_source_summary {
	uint64_t events; /* in the trace, as the tracer counts them (and babeltrace2): a calls event
			  * is one, however much it says; THREAD_NAME, made up, is none */
	uint64_t ours;   /* of these, all but OTHER */
	uint64_t calls;  /* calls that were told in calls events: FUNC_ENTRYs of theirs */
	uint64_t calls_broken; /* calls events that were malformed: read up to the place */
	uint64_t discarded; /* events the tracer could not write, where the trace says how many */
	uint64_t packets_lost; /* whole packets that were overwritten or never arrived */
	uint64_t strangers;    /* left out: events of other recordings' processes, which
				* recording.json names (recording.h), or which named another recording
				* in their process event */
	uint64_t out_of_time;  /* left out: of times at which the recording was not going on, as its
				* recorder knew (a clock that jumps in the server); counted in events */
	uint64_t copies;  /* packets that were read once though several files have them, as with
			  * snapshots that overlap */
	uint64_t untimed; /* events without a time: the trace has none, or it does not fit */
	uint64_t
		times_back; /* how often the times of a stream went back; what follows was moved, so
				* that they do not: durations are right, the order between streams may
				* not be */
	uint64_t most_back_ns; /* by how much, at most */
	const char *back_at;   /* the stream file and packet where they first did, owned by the
				* source; NULL: they did not */
	uint64_t shift_ns;     /* was added to all times of events, which began before 1970 */
	uint64_t begin_ns; /* time of the first and last event as counted above, 0 when there was
				* none; calls may have begun before */
	uint64_t end_ns;
	gboolean damaged;   /* reading ended early: damage says where and why */
	const char *damage; /* owned by the source; NULL when not damaged */
};

/* What a caller may want besides. */
struct fdar_source_options {
	unsigned slice, slices; /* a part of it, see fdar_source_open_slice; slices is 0: all */
	/* Asked a few times a second, in the thread that opens or reads, while another process is waited
	 * for: FALSE ends it, with G_IO_ERROR_CANCELLED. NULL: it always goes on. */
	gboolean (*go_on)(void *user);
	void *user;
	/* Events whose fields are wanted though they are not known: they stay OTHERs, and have them in
	 * the places that this says. Must outlive the source. NULL: none. */
	const struct fdar_event_maps *maps;
	gboolean own_clocks; /* of several hosts: times stay what each host's clock says */
};

/* Opens path as options say. The rest as fdar_source_open. */
struct fdar_source *fdar_source_open_with(const char *path,
					  const struct fdar_source_options *options,
					  GError **error);

/* Opens path. The caller owns the result (fdar_source_close). NULL and error when it is missing, not
 * a trace, or holds no event stream. The message names the path and what was expected. */
struct fdar_source *fdar_source_open(const char *path, GError **error);

/* Opens a part of path, so that several threads can read it, each with a source of its own: the
 * slice-th of slices (slice from 0) consecutive spans of time with about as many bytes in each. All
 * events, and what was lost, are in one slice each. What sources make up starts anew in every slice:
 * threads' names are told again, the build id of a module that was loaded before is an OTHER, calls
 * of calls events that were open before are not known (their exits are not told), lives of processes
 * and who took turns at an address begin anew, and processes of
 * another recording are known from their process event on, if that is in the slice.
 * A slice without an event is none the worse; a trace that cannot be cut is all in the first. The
 * first may start a process, for libbabeltrace2 (sandbox.h): best opened before other threads run. */
struct fdar_source *fdar_source_open_slice(const char *path, unsigned slice, unsigned slices,
					   GError **error);

/* Calls that call nothing come as one event from here on, where the tracer wrote them so: FUNC_CALL.
 * Readers who ask for it have half as much to read of most recordings. */
void fdar_source_join_calls(struct fdar_source *source);

/* Fills batch with up to capacity events and returns their number; 0 at the end, -1 and error when
 * nothing at all could be read. Damage after the first event is not an error: the events before it
 * are delivered, then 0, and the summary says where it was. */
gssize fdar_source_read(struct fdar_source *source, struct fdar_event *batch, size_t capacity,
			GError **error);

/* The text of a name id; never NULL. Owned by the source, valid until it is closed. Ids are small
 * and dense, starting at 1; equal texts have equal ids. */
const char *fdar_source_text(const struct fdar_source *source, uint32_t name);

/* How many ids there are so far: 0 to that less one. */
uint32_t fdar_source_texts(const struct fdar_source *source);

/* The pid namespace of a home, as events have it (event.home); 0: the trace does not tell. source as const
 * void *. */
uint32_t fdar_source_namespace(const void *source, uint16_t home);

/* The text of a home's host (home.h): of the source, valid until it is closed. */
const char *fdar_source_host(const struct fdar_source *source, uint16_t home);

/* How many homes there are so far: 0 to that less one. */
uint32_t fdar_source_homes(const struct fdar_source *source);

/* Whether our own decoder reads all of it, in the thread that asks. */
gboolean fdar_source_is_own(const struct fdar_source *source);

/* What the trace says of a process, by the pid of its events: that can be another number than its own
 * (whose.h). */
struct fdar_source_process {
	uint32_t pid;  /* virtual process id */
	uint32_t life; /* 1; 2 and more: of the same id and place after another one */
	uint32_t ns;   /* pid namespace, 0: not known */
	const char
		*host; /* the hostname, with what tells it apart where others have it, too (home.h,
			   * fdar_homes_title); owned by the source */
};

struct fdar_source_process fdar_source_process(const struct fdar_source *source, uint32_t pid);

void fdar_source_get_summary(const struct fdar_source *source, struct fdar_source_summary *summary);

/* What the trace itself calls the events of a kind, where that is no name of ours: with its provider, as in
 * "lttng_ust_cyg_profile:func_entry". NULL: it is, none was read, or they have several names. Owned by the
 * source. */
const char *fdar_source_event_name(const struct fdar_source *source, enum fdar_event_kind kind);

/* What speaks against what is read (recording/doubts.h): struct fdar_doubt, those of the recording, and
 * once fdar_source_read has returned 0 also what reading has found: damage, losses, fewer or other events
 * than its recorder had counted. Owned by the source. */
const GPtrArray *fdar_source_doubts(const struct fdar_source *source);

/* Where events are missing, as far as it was read and the decoder can say: struct fdar_recording_loss
 * (recording.h), by time; what the tracer discarded and what the recorder dropped. No more than
 * FDAR_RECORDING_LOSSES_MAX: those with the most events. Owned by the source, valid until the next call
 * for it. */
const GArray *fdar_source_losses(struct fdar_source *source);

/* What is in each stream, once fdar_source_read has returned 0: struct fdar_recording_stream (recording.h) of
 * a recording's own streams. Empty when the decoder cannot say. Owned by the source; who refs it keeps it. */
GArray *fdar_source_streams(const struct fdar_source *source);

/* The processes whose events are left out from here on: guint32 pids, ascending. Those that have said so
 * in the trace may have said other things before, which were delivered. The caller frees the result. */
GArray *fdar_source_strangers(const struct fdar_source *source);

/* NULL is allowed. */
void fdar_source_close(struct fdar_source *source);
typedef struct fdar_source fdar_source;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_source, fdar_source_close)

#endif
