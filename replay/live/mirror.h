/*
 * The mirror: sessions that are seen on an interface, played at another server as they happen.
 *
 * Place in the house: beside the plan, as a source of sessions for the driver (driver.h). libpcap
 * captures, the assembler (assembler.h) puts the streams in order, each session becomes a live
 * script that grows while it is played. A request leaves as soon as it was seen, and the answer
 * before it is there; the server that is mirrored is never talked to.
 *
 * Sessions that ran already are joined at the client's first message behind an answer. A session
 * whose client's bytes were lost by the capture ends there, with that verdict; nothing is made up.
 *
 * Memory: the assembler's; for each session what has not been played yet by all of its clones, at
 * most FDAR_MIRROR_BEHIND_BYTES, beyond which it is given up.
 */
#ifndef FDAR_REPLAY_LIVE_MIRROR_H
#define FDAR_REPLAY_LIVE_MIRROR_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/play/driver.h"
#include "replay/capture/endpoint.h"

#define FDAR_MIRROR_BEHIND_BYTES (16u << 20)

struct fdar_mirror_options {
	const char *interface;     /* "eth0", "any" */
	struct fdar_endpoint from; /* the server to mirror; all zero address bytes: any */
	uint32_t clones;           /* how often each session is played; at least 1 */
};

struct fdar_mirror_totals {
	uint64_t captured; /* packets that libpcap gave us */
	uint64_t lost;     /* that the kernel had no room for: they are missing from the streams */
	uint64_t sessions; /* seen */
	uint64_t joined;   /* of these, already running when they were first seen */
	uint64_t unjoined; /* of these, over before there was a request to join at */
	struct fdar_capture_totals capture; /* of the packets that were looked at */
};

struct fdar_mirror;

/* Opens the interface. The caller frees the mirror. NULL and error when it may not be captured on,
 * or is none. */
struct fdar_mirror *fdar_mirror_open(const struct fdar_mirror_options *options, GError **error);

/* Has the driver play what comes: call it before fdar_driver_run (with no plan). The driver's pace
 * must be speed 1, not asap. Both must outlive the run. */
gboolean fdar_mirror_attach(struct fdar_mirror *mirror, struct fdar_driver *driver, GError **error);

/* To be called a few times a second, from the driver's progress: forgets what is over. */
void fdar_mirror_tick(struct fdar_mirror *mirror);

/* The capture broke (the interface went away): one line; NULL when it did not. */
const char *fdar_mirror_damage(const struct fdar_mirror *mirror);

void fdar_mirror_totals(const struct fdar_mirror *mirror, struct fdar_mirror_totals *totals);

/* After the run, before the driver is freed. NULL is allowed. */
void fdar_mirror_free(struct fdar_mirror *mirror);

#endif
