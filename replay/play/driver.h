/*
 * The driver: plays sessions over ordinary sockets, many at once, in one thread.
 *
 * Place in the house: the top of replay/. Takes starts from a plan (plan.h) or from a mirror,
 * addresses from routes (routes.h), plays each by the rules of dialogue.h and gives an outcome for
 * each (result.h).
 *
 * Time. Everything is due at an absolute time, counted from the beginning of the run. How late a
 * send is by our own doing (now less the time when it was due and its answer was there) is its lag.
 * Beyond max_lag_ns the run ends: what is played would no longer be what was asked for.
 *
 * Memory: about 600 bytes a running session, 40 for each exchange that its outcome lists (at most
 * FDAR_EXCHANGES_KEPT), 256 KiB of buffers.
 *
 * Plain epoll, edge-triggered, a descriptor registered once: two system calls an exchange, send and
 * recv, and a share of epoll_pwait2. docs/performance.md has the figures against libuv.
 */
#ifndef FDAR_REPLAY_PLAY_DRIVER_H
#define FDAR_REPLAY_PLAY_DRIVER_H

#include <glib.h>
#include <stdint.h>

#include "replay/edit/edit.h"
#include "replay/play/dialogue.h"
#include "replay/play/plan.h"
#include "replay/play/routes.h"
#include "replay/play/result.h"

#define FDAR_EXCHANGES_KEPT 32

/* A look at the run while it goes on. */
struct fdar_driver_progress {
	uint64_t elapsed_ns;
	uint64_t length_ns; /* of the schedule; 0 when not known */
	uint64_t asked;     /* 0 when the run has no end of its own */
	uint64_t active;
	uint64_t done;   /* verdicts given, whatever they are */
	uint64_t failed; /* of these, neither ok nor stopped */
	uint64_t exchanges;
	uint64_t sent_bytes;
	uint64_t received_bytes;
	uint64_t lag_ns; /* the most since the last look */
};

enum fdar_replay_end {
	FDAR_REPLAY_DONE,    /* all was played */
	FDAR_REPLAY_STOPPED, /* *stop was set */
	FDAR_REPLAY_DURATION,
	FDAR_REPLAY_LAGGED, /* max_lag_ns was passed */
	FDAR_REPLAY_FAILED  /* error says why */
};

struct fdar_driver;

struct fdar_driver_options {
	struct fdar_pace pace;
	gboolean tls;                     /* TCP sessions are played in TLS */
	const char *tls_name;             /* the server's to ask for; NULL: the captured one */
	const char *tls_certificate;      /* of clients, a PEM file; NULL: none */
	gboolean verbatim;                /* captured TLS is played as it is, on purpose */
	struct fdar_edit *edit;           /* what clients send is rewritten; NULL: as captured */
	const struct fdar_routes *routes; /* must outlive the driver */
	uint32_t inputs;                  /* labels that are tallied apart */
	uint64_t concurrency;             /* sessions open at once, at most; at least 1 */
	uint64_t duration_ns;             /* stop after this; 0: when all is played */
	uint64_t max_lag_ns;              /* 0: no limit */
	/* Called for each session that is over. May be NULL. */
	void (*finished)(void *user, const struct fdar_outcome *outcome);
	/* Called four times a second. May be NULL. */
	void (*progress)(void *user, const struct fdar_driver_progress *progress);
	void *user;
	/* Another loop than the driver's own, over the same plays (play.h); NULL: its own. */
	enum fdar_replay_end (*loop)(void *loop_user, struct fdar_driver *driver,
				     const volatile int *stop);
	void *loop_user;
};

struct fdar_replay_totals {
	uint64_t started_unix_ns; /* CLOCK_REALTIME when the run began */
	uint64_t elapsed_ns;
	uint64_t most_active; /* sessions open at once */
	uint64_t held;        /* starts that had to wait for options.concurrency */
	uint64_t held_ns;     /* the longest of these waits */
	uint64_t sends;
	struct fdar_latency lag; /* of every send and start; not measured with pace.asap */
};

/* options are copied. NULL and error when the kernel gives no epoll descriptor. */
struct fdar_driver *fdar_driver_new(const struct fdar_driver_options *options, GError **error);

/* Plays the plan (may be NULL: only what is watched for, below) until it is done, *stop is set, or
 * a limit is met; then every session that still runs is cut. Blocks. Once per driver. What the plan
 * has left is not played; those count as stopped (without an outcome each) when the plan has an
 * end. Sessions that cannot be played get their outcome first of all. */
enum fdar_replay_end fdar_driver_run(struct fdar_driver *driver, struct fdar_plan *plan,
				     const struct fdar_plan_input *inputs,
				     const volatile int *stop);

/* Live use: watch is called whenever fd can be read; the run then goes on until it is stopped. One
 * descriptor a driver, which stays the caller's. */
gboolean fdar_driver_watch(struct fdar_driver *driver, int fd, void (*watch)(void *user),
			   void *user, GError **error);

/* Since the run began. */
uint64_t fdar_driver_elapsed_ns(const struct fdar_driver *driver);

/* Begins a session now, from within watch. NULL when it was over at once. The play is the driver's;
 * the script's "over" tells when it is gone. */
struct fdar_play *fdar_driver_begin(struct fdar_driver *driver, const struct fdar_start *start);

/* Its script has got longer, or is complete. The play may be over after that. */
void fdar_driver_poke(struct fdar_driver *driver, struct fdar_play *play);

/* Gives it up. */
void fdar_driver_abandon(struct fdar_driver *driver, struct fdar_play *play,
			 enum fdar_result verdict, const char *reason);

/* The piece a play is at; and: so many of its script's first pieces, which it has passed, were taken
 * away. */
uint64_t fdar_play_at(const struct fdar_play *play);
void fdar_play_rebase(struct fdar_play *play, uint64_t pieces);

/* Owned by the driver; the tally of an input. */
const struct fdar_tally *fdar_driver_tally(const struct fdar_driver *driver, uint32_t input);
const struct fdar_replay_totals *fdar_driver_totals(const struct fdar_driver *driver);

void fdar_driver_free(struct fdar_driver *driver);

/* Raises the limit of open descriptors so that the process may open wanted more, if it is allowed
 * to. Gives how many more it may open. */
uint64_t fdar_files_raise(uint64_t wanted);

#endif
