/*
 * One stream of a trace: its files, read packet by packet, event by event.
 *
 * Place in the house: inside pipeline/, between ctf_packet.h and the decoder, which merges streams
 * by time. A stream may be in several files, when LTTng began a new one now and then; their packets
 * are read in the order of their begin, and one that is in two files, as with snapshots that overlap,
 * is read once: its sequence number says so, or all its bytes. Times that go back are moved, so that
 * they do not, and counted. A damaged packet ends its file: what was before is
 * delivered, and then the other files.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_STREAM_H
#define FDAR_PIPELINE_CTF_CTF_STREAM_H

#include <glib.h>

#include "pipeline/ctf/ctf_packet.h"
#include "pipeline/ctf/ctf_sink.h"

struct fdar_ctf_file {
	const char *path; /* owned by whoever opened the traces; one object per file */
	uint64_t size;
	gboolean packed;   /* as in packed.h */
	uint64_t next;     /* offset of the next packet, or of its note */
	uint64_t begin;    /* of the first packet, in cycles */
	uint64_t begin_ns; /* of that packet */
};

/* A packet that was read. */
struct fdar_ctf_seen {
	const char *path;
	uint64_t start; /* in the file */
	uint64_t bytes, begin, end, sequence;
};

struct fdar_ctf_stream {
	const struct fdar_ctf_plan *plan; /* borrowed */
	const struct fdar_ctf_stream_plan *stream;
	struct fdar_ctf_time time; /* the stream's clock, moved when its times go back */
	GArray *files;    /* of struct fdar_ctf_file: those with packets to come, by begin */
	guint place;      /* in the decoder's list of streams */
	guint rank;       /* of two streams with an event at the same time, the lower goes first */
	uint64_t key_ns;  /* no event that is still to come is before this */
	gboolean sliced;  /* packets may have been left out: nothing goes on from one to the next */
	uint64_t from_ns; /* events before this, and from to_ns on, are not wanted */
	uint64_t to_ns;
	GArray *losses;   /* where what was lost is told (losses.h), NULL: nowhere */
	char *damage;     /* why one of its files ended early, NULL: none did */
	GError *shortage; /* why it ends here and nothing is known of the rest; NULL */
	uint64_t
		discarded; /* events, by the tracer and by the recorder, since the decoder looked */
	uint64_t packets_lost;
	uint64_t copies;       /* packets that were read before, from another file, likewise */
	uint64_t times_back;   /* events whose time was before that of the one before */
	uint64_t most_back_ns; /* by how much, at most */
	char *back_at;         /* the file and packet where they first did; NULL: they did not */

	/* Reading. */
	struct fdar_ctf_window window;
	struct fdar_ctf_file file; /* the one whose packet is read; not in files */
	struct fdar_ctf_packet packet;
	struct fdar_ctf_frame frame;
	struct fdar_ctf_cursor cursor;
	gboolean in_packet;
	uint64_t event;                /* bits in the packet before the event that was peeked at */
	struct fdar_ctf_class *peeked; /* its class: its header was read; NULL: there is none */
	gboolean counted;              /* the counters below are those of the packet before */
	gboolean explained;            /* what is missing before the next packet was told already */
	uint64_t last_discarded;
	uint64_t last_sequence;
	uint64_t last_end;
	GArray *seen;        /* of struct fdar_ctf_seen: packets that began when the last one did;
			      * NULL: there is one file, so there are no copies */
	uint64_t last_clock; /* of the last event */
	int64_t base_ns;     /* of time, before it was moved */
};

enum fdar_ctf_stop {
	FDAR_CTF_FULL,  /* the sink is */
	FDAR_CTF_LIMIT, /* the next event is after the limit: key_ns is its time */
	FDAR_CTF_ENDED  /* there is no more */
};

/* files is taken over; usual and keep are the window's. */
struct fdar_ctf_stream *fdar_ctf_stream_new(const struct fdar_ctf_plan *plan,
					    const struct fdar_ctf_stream_plan *stream,
					    GArray *files, size_t usual, gboolean keep);

void fdar_ctf_stream_free(struct fdar_ctf_stream *stream);

/* Goes to the first event that is wanted. FALSE: there is none. The sink is only worked with: what
 * is in its batch means nothing. */
gboolean fdar_ctf_stream_start(struct fdar_ctf_stream *stream, struct fdar_ctf_sink *sink);

/* Decodes events into the sink as long as they are not after limit_ns. Once it has ENDED, it has. */
enum fdar_ctf_stop fdar_ctf_stream_run(struct fdar_ctf_stream *stream, uint64_t limit_ns,
				       struct fdar_ctf_sink *sink);

#endif
