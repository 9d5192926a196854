/*
 * The drain: takes what LTTng writes into memory to the disk, compressed, while it grows.
 *
 * Place in the house: inside pipeline/, between the tracing session (tracing.h), whose output is a
 * folder in memory (a tmpfs), and the recording's trace/ in the form of packed.h. Used by the recorder,
 * and by the watchdog after the recorder was killed: a drain goes on where another one was stopped,
 * wherever that was, and nothing is written twice or lost.
 *
 * One thread follows the stream files by the index that LTTng's consumer daemon writes beside them
 * (ctf-index.h of lttng-tools; a packet is in the index when it is whole), some workers count each
 * packet's events, compress it, and append it to its file on the disk, the oldest packet of all streams
 * first, in order within a stream. Then the packet's memory is given back by punching a hole into the
 * stream file. LTTng and the server are never waited for and never made to wait.
 *
 * The bound: the folder, with everything in it, and the drain's own buffers. When it comes near, the
 * lossy drain drops the newest whole packet of the stream that has the most waiting, until there is
 * room again, and no more of that stream until there is a quarter of the room; its events are counted
 * and told by the note of the next packet (packed.h). So what is missing is one piece of a flood, and
 * not a piece of everything. The lossless one drops nothing and tells the caller, who must close the
 * gate of the server: what is in the ring buffers by then still comes (options.reserve_bytes).
 *
 * Metadata is copied up to its last whole declaration whenever it has grown, and all of it at the end.
 * A packet with events that it does not describe yet waits for it, for some seconds.
 */
#ifndef FDAR_PIPELINE_DRAIN_DRAIN_H
#define FDAR_PIPELINE_DRAIN_DRAIN_H

#include <glib.h>
#include <stdint.h>

struct fdar_drain;

#define FDAR_DRAIN_MEMORY_DEFAULT (UINT64_C(256) << 20)
#define FDAR_DRAIN_MEMORY_MIN     (UINT64_C(16) << 20)
#define FDAR_DRAIN_LEVEL_ADAPTIVE 0

/* on: the memory in use is above the high mark; else: below the low mark again. From the drain's own
 * thread, never twice the same in a row; must not block. */
typedef void (*fdar_drain_pressure_fn)(gboolean on, void *user);

struct fdar_drain_options {
	uint64_t memory_bytes; /* the bound; 0 for the default */
	uint64_t
		reserve_bytes; /* of it, what may still come when pressure is told: the sub-buffers of
				 * all channels and CPUs. At most half of the bound is kept free for it,
				 * and at least an eighth. */
	uint64_t disk_bytes;   /* packed streams take no more than that; 0: as much as there is */
	unsigned threads;      /* workers; 0 for the default: 2, or 1 on a machine with one CPU */
	int level; /* of zstd, -20 to 19 but 0; FDAR_DRAIN_LEVEL_ADAPTIVE: by how much is waiting */
	gboolean lossless;               /* nothing is dropped: only pressure is told */
	fdar_drain_pressure_fn pressure; /* may be NULL */
	void *user;
};

/* Numbers are of this drain, but for the bytes, which are what is there. */
struct fdar_drain_state {
	uint64_t packets, events;                 /* on disk; events: as far as they were counted */
	uint64_t trace_bytes;                     /* of these packets, as LTTng wrote them */
	uint64_t disk_bytes;                      /* in the destination: packed streams */
	uint64_t memory_bytes;                    /* the folder and the drain's buffers */
	uint64_t memory_peak_bytes;               /* the most that was ever seen */
	uint64_t dropped_packets, dropped_events; /* by the drain: no room in memory or on disk */
	uint64_t dropped_uncounted;               /* of these packets: events unknown */
	uint64_t discarded_events;                /* by LTTng, as its packets say */
	uint64_t lost_packets;                    /* missing in LTTng's numbering */
	uint64_t damaged_packets;                 /* cut short or overwritten in memory: not kept */
	uint64_t backlog_bytes;                   /* whole packets that wait */
	double events_per_s, memory_bytes_per_s,
		disk_bytes_per_s; /* of the last second or so: in, in, out */
	uint64_t cpu_ns;          /* processor time of the drain's threads */
	int level;                /* in use now */
	guint streams;            /* stream files known */
	gboolean pressure;        /* as told last */
	gboolean disk_full;       /* nothing more is kept: dropped and counted */
	gboolean memory_full; /* the tmpfs itself had no room left, filled by others: LTTng gives up
			       * a stream that it cannot write, and nobody counts what it would say */
};

/* Begins to follow source (a folder in memory, made by the caller; what is in it may come later) and
 * to write into trace (made if needed; may hold what another drain has left). NULL and error when
 * one of them cannot be used, or the bound is below the minimum. */
struct fdar_drain *fdar_drain_start(const char *source, const char *trace,
				    const struct fdar_drain_options *options, GError **error);

/* How things are; from any thread. FALSE and error, once, when something went wrong that the caller
 * should end the recording for: the disk is full (G_IO_ERROR_NO_SPACE; also when disk_bytes are
 * reached), or cannot be written. The drain goes on all the same: what comes is counted as dropped. */
gboolean fdar_drain_look(struct fdar_drain *drain, struct fdar_drain_state *state, GError **error);

/* LTTng is about to be stopped: that it closes its files is no news from now on. */
void fdar_drain_last(struct fdar_drain *drain);

/* To be called when LTTng writes no more: its session is stopped and has no data pending, or its daemon
 * is dead. Takes all that is left, also a whole packet that is not in the index yet, writes what was
 * dropped behind the last packet of each stream, syncs everything, and ends the threads. Waits for the
 * disk for at most timeout_ns (0: for ever); what is left then stays in memory, for another drain.
 * FALSE and error when something could not be written. state may be NULL. */
gboolean fdar_drain_finish(struct fdar_drain *drain, uint64_t timeout_ns,
			   struct fdar_drain_state *state, GError **error);

/* Ends the threads after the packets in hand, unless fdar_drain_finish has, and frees. What was not taken
 * stays in memory. NULL is allowed. */
void fdar_drain_free(struct fdar_drain *drain);

#endif
