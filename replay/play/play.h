/*
 * A play: one running session with its socket. Internal to the driver.
 *
 * Place in the house: between driver.c, which has the loop, and dialogue.h, which has the rules.
 * Everything the plays of a run share is in struct fdar_stage, which driver.c owns. The loop of
 * replay/lockstep/ drives plays by it, too.
 */
#ifndef FDAR_REPLAY_PLAY_PLAY_H
#define FDAR_REPLAY_PLAY_PLAY_H

#include <glib.h>
#include <stdint.h>

#include "replay/play/dialogue.h"
#include "replay/play/driver.h"
#include "replay/play/rewriter.h"
#include "replay/play/taking.h"
#include "replay/play/timers.h"
#include "replay/tls/client.h"

/* Lockstep: plays move only when it is their turn, and then once. Without it they move when they may. */
struct fdar_turn {
	struct fdar_play *play; /* whose it is; NULL: nobody's */
	gboolean moved;         /* it is used up: a piece has left in full, or the play is over */
};

struct fdar_stage {
	struct fdar_driver_options options;
	int epoll;
	struct fdar_timers *timers;
	uint8_t *buffer; /* everything is received into it */
	size_t buffer_bytes;
	uint64_t anchor_ns; /* CLOCK_MONOTONIC when the run began */
	struct fdar_tally *tallies;
	struct fdar_replay_totals totals;
	GPtrArray *plays;            /* with a socket, in no order */
	struct fdar_tls_client *tls; /* NULL: sockets are plain */
	uint64_t lag_ns;             /* the most since the last progress */
	gboolean lagged;
	struct fdar_turn *turn; /* NULL: plays need none */
};

/* Where the next byte of the server is in the capture, to compare with. */
struct fdar_likeness {
	uint64_t piece;
	uint32_t offset;
	gboolean exact;
};

struct fdar_play {
	struct fdar_timer timer; /* first: a timer is its play */
	struct fdar_dialogue dialogue;
	struct fdar_start start;
	struct fdar_endpoint client;
	struct fdar_endpoint server;
	int fd;
	uint32_t place;                 /* in stage->plays */
	struct fdar_play **holder;      /* set to NULL when the play is freed; NULL: nobody's */
	enum fdar_result *verdict;      /* set to what it gets when it is over; NULL: nobody's */
	uint32_t piece_sent;            /* bytes of the piece at hand that have left */
	struct fdar_tls_link *tls;      /* NULL: plain */
	struct fdar_rewriter *rewriter; /* NULL: bytes leave as captured */
	uint64_t connected_ns;
	uint64_t handshake_ns;
	gboolean secured; /* its handshake is over */
	gboolean connected;
	gboolean blocked; /* the socket takes no more for now */
	gboolean unread;  /* there may be more to read: it was cut short to be fair */
	gboolean reset;   /* the peer has reset it */
	uint64_t start_ns;
	uint64_t connect_ns;
	uint64_t first_byte_ns;
	uint64_t lag_ns;
	uint64_t sent_bytes;
	struct fdar_likeness likeness;
	struct fdar_taking taking;     /* how slowly it reads */
	uint64_t held_before_ns;       /* what that has held up before the exchange that goes on */
	struct fdar_exchange exchange; /* the one going on; monotonic times */
	gboolean in_exchange;
	GArray *exchanges; /* struct fdar_exchange, those that are over; NULL at first */
	uint64_t exchanges_total;
};

/* Begins to play. ready_ns >= the start's due time is from when it could begin. The play frees
 * itself when it is over. NULL when it was over at once. */
struct fdar_play *fdar_play_begin(struct fdar_stage *stage, const struct fdar_start *start,
				  uint64_t ready_ns);

/* Something happened on its socket: bits of epoll. Takes what there is to take. FALSE when the play
 * is over; otherwise call fdar_play_go, after the other sockets have had their event: what leaves
 * then leaves in one go, which costs a twentieth less than taking turns. */
gboolean fdar_play_event(struct fdar_stage *stage, struct fdar_play *play, uint32_t events);
void fdar_play_go(struct fdar_stage *stage, struct fdar_play *play);

/* It reads nothing now, as the captured client did; its timer ends that. */
static inline gboolean fdar_play_holds(const struct fdar_play *play)
{
	return play->taking.until_ns != 0;
}

/* Its time has come. */
void fdar_play_wake(struct fdar_stage *stage, struct fdar_play *play);

/* Ends it before its time. */
void fdar_play_stop(struct fdar_stage *stage, struct fdar_play *play, enum fdar_result verdict,
		    const char *reason);

/* An outcome for what was never begun: its verdict and reason; copies of it. */
void fdar_play_skip(struct fdar_stage *stage, const struct fdar_start *start,
		    enum fdar_result verdict, const char *reason, uint64_t copies);

/* What driver.c has, for another loop over the same plays (fdar_driver_options.loop); and to be called
 * by it often: shows the progress when it is due. */
struct fdar_stage *fdar_driver_stage(struct fdar_driver *driver);
void fdar_driver_tick(struct fdar_driver *driver, uint64_t now_ns);

#endif
