/*
 * The assembler: packets in, session events out.
 *
 * Place in the house: the engine below session.h; mirroring feeds it live packets. It decodes the
 * link, network and transport layers, puts IP fragments together, tells sessions apart and puts
 * each TCP stream in order. Bytes are delivered once, in stream order, first copy wins.
 *
 * Order. Events of one way come in stream order. Bytes that had to wait for a missing segment are
 * delivered late, with the time and number of the packet they came in: a caller that needs both
 * ways in capture order sorts by packet number (session.h does).
 *
 * Bounds. About 700 bytes a session that has not been dropped, at most 1 MiB and 1024 segments a
 * way and 64 MiB in all of bytes that wait for missing ones (beyond that the missing ones become a
 * gap), 4 MiB of IP fragments. Closed TCP sessions and idle UDP sessions are dropped; silent TCP
 * sessions only when options.tcp_idle_ns is set: live use must set it.
 *
 * A missing byte becomes a gap when the receiver has acknowledged what lies behind it and eight
 * packets of the session have passed since, that one included, when the bounds above are met, or at the session's end.
 */
#ifndef FDAR_REPLAY_SESSIONS_ASSEMBLER_H
#define FDAR_REPLAY_SESSIONS_ASSEMBLER_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/sessions/session.h"

struct fdar_decoded;

/* What a segment or datagram added to a stream. */
struct fdar_arrival {
	struct fdar_piece piece; /* offset is not set; time_ns is when its packet came, on the time
				 * line, so it may be less than an earlier event's */
	const uint8_t *bytes;    /* of a DATA piece, valid during the call */
	uint64_t stream_offset;  /* of its first byte, gaps counted */
	uint64_t packet;         /* number of the packet it came in */
};

/* The session given to these is the assembler's own and stays at its place until "closed" has
 * returned; its totals are up to date. Any may be NULL. */
struct fdar_assembler_ops {
	/* A new session; *data is the caller's, NULL at first, handed to all later calls. client
	 * and server may still be swapped, and began change, until the first arrival. */
	void (*opened)(void *user, const struct fdar_session *session, void **data);
	void (*arrived)(void *user, const struct fdar_session *session, void *data,
			const struct fdar_arrival *arrival);
	/* Bytes that were delivered before came again. TRUE when they are other bytes. */
	gboolean (*repeated)(void *user, const struct fdar_session *session, void *data,
			     enum fdar_way way, uint64_t stream_offset, const uint8_t *bytes,
			     uint32_t length);
	/* Every packet of a session, before the arrivals it causes. Fragments come when their
	 * datagram is whole, each as it was captured; decoded is then the datagram's. time_ns is on
	 * the time line. */
	void (*packet)(void *user, const struct fdar_session *session, void *data,
		       enum fdar_way way, const struct fdar_packet *packet,
		       const struct fdar_decoded *decoded, uint64_t time_ns);
	/* The last event of a session: no packet will be added to it. */
	void (*closed)(void *user, const struct fdar_session *session, void *data);
};

struct fdar_assembler_options {
	uint64_t max_gap_ns;  /* as in fdar_load_options */
	uint64_t udp_idle_ns; /* as in fdar_load_options */
	uint64_t forget_ns;   /* TCP: closed sessions are dropped after this; 0: 120 s */
	uint64_t tcp_idle_ns; /* TCP: drop silent sessions after this, 0: never */
	gboolean eager;       /* live: a stream without SYN starts with the first segment seen,
				    * instead of waiting for a few in case they are out of order */
	struct fdar_endpoint server; /* when family is set: the side with this address (all zero
				    * bytes: any) and port is the server, all else is left out */
};

struct fdar_assembler;

/* ops and user must outlive the assembler; options may be NULL and is copied. link is a DLT_ value:
 * that of packets which do not say theirs. What is of a type that is not read is counted. */
struct fdar_assembler *fdar_assembler_new(int link, const struct fdar_assembler_options *options,
					  const struct fdar_assembler_ops *ops, void *user);

/* Feeds one packet. Never fails: what cannot be used is counted in the totals. */
void fdar_assembler_feed(struct fdar_assembler *assembler, const struct fdar_packet *packet);

/* Time has passed without packets (live): idle and closed sessions are dropped. */
void fdar_assembler_tick(struct fdar_assembler *assembler, uint64_t epoch_ns);

/* Feeds a whole capture and finishes. progress is as in fdar_load_options. FALSE and error when its
 * first packet cannot be read, when progress said stop, or when it holds no TCP or UDP packet; the
 * assembler is finished, and so all sessions are closed, in any case. Damage after the first packet
 * is no error (fdar_capture_damage). */
gboolean fdar_assembler_read(struct fdar_assembler *assembler, struct fdar_capture *capture,
			     fdar_progress_fn progress, void *user, GError **error);

/* The end: delivers what waits, closes all sessions in order of id. Feed no more after that. */
void fdar_assembler_finish(struct fdar_assembler *assembler);

const struct fdar_capture_totals *fdar_assembler_totals(const struct fdar_assembler *assembler);

/* So many packets were sorted in before they were fed: time ran backwards as often. */
void fdar_assembler_add_late(struct fdar_assembler *assembler, uint64_t packets);

/* Where the time line is: from the first packet to the last. */
uint64_t fdar_assembler_line_ns(const struct fdar_assembler *assembler);

/* Sessions seen, and of these not closed yet. */
uint32_t fdar_assembler_sessions(const struct fdar_assembler *assembler, uint32_t *open);

/* NULL is allowed. Sessions that are open are dropped without an event. */
void fdar_assembler_free(struct fdar_assembler *assembler);

#endif
