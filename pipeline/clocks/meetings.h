/*
 * Connections that both of their ends tell of: who sent what when, and when it came.
 *
 * Place in the house: inside pipeline/clocks/, under clocks.h. One end says that it connected, from which address
 * (the note FDAR_NOTE_UPSTREAM of libflowdar-io.so); the other that it accepted one from there. An address that
 * more than one connection had, or that is a host's own (loopback), is of none.
 *
 * An event of a send is written when the call is back, and what was sent may have come by then. But what the thread
 * said before, it said before the call (but for what is part of the call itself, as a wait for room). So a byte was
 * sent after its sender's event before, and had come by the time of the event of its read.
 *
 * Bytes are told by their place in the stream. Of each way of a connection a few are looked at, the same at both
 * ends: every so many. Where more came than was sent something is not told, and nothing is taken from it.
 *
 * Bounds: FDAR_MEETINGS_MAX addresses; of more, the same ones at all hosts. Times are 0 to the year 2116.
 */
#ifndef FDAR_PIPELINE_CLOCKS_MEETINGS_H
#define FDAR_PIPELINE_CLOCKS_MEETINGS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/events/event.h"

#define FDAR_MEETINGS_MAX 8192u

struct fdar_meetings;

struct fdar_meetings *fdar_meetings_new(void);

/* NULL is allowed. */
void fdar_meetings_free(struct fdar_meetings *meetings);

/* An event of a process (pid, as whose.h numbers them) that goes by that clock; 0: not known. name is the key of
 * a NOTE. Those of a thread come in their order. */
void fdar_meetings_feed(struct fdar_meetings *meetings, const struct fdar_event *event,
			uint32_t clock, const char *name);

/* A byte was sent at this time or later, by the one clock, and had come by this time of the other one. */
struct fdar_meetings_byte {
	uint32_t sender, receiver; /* clocks */
	int64_t sent_ns, come_ns;
	gboolean first; /* of its connection */
};

void fdar_meetings_tell(const struct fdar_meetings *meetings,
			void (*byte)(void *user, const struct fdar_meetings_byte *byte),
			void *user);

#endif
