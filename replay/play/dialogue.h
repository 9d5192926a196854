/*
 * Dialogue: how far a played session has got, and what it does next.
 *
 * Place in the house: the rules of playing, without sockets or clocks: the driver tells it what
 * came and what time it is, and asks what to do. One per running session, by value.
 *
 * A piece of the client goes out when
 * - its time has come: the scheduled start plus its captured offset, divided by the speed (not
 *   asked for with pace.asap, nor with FDAR_PACE_NONE); and
 * - with FDAR_PACE_ANSWER, the answer it follows is there: as many bytes have come as the client had
 *   acknowledged when it sent the piece (UDP: as the capture has before it); or the answer has
 *   begun and been quiet; or the peer closed. Quiet is pace.quiet_ns, or twice the longest pause
 *   within the captured answer where that is more. While what came is the beginning of the captured
 *   bytes, it is a hundred times that (at most pace.timeout_ns): hardly a protocol has answers of
 *   which one begins with another, so the rest is late (an interim answer, a slow server).
 * An answer that was shorter or longer than captured shifts what is expected later by as much. What
 * comes before the request's last piece, or before the first one, although the capture has nothing
 * there, is of the answer behind it (an early answer, a greeting that was faster this time). When
 * two plays of a script have seen the same quiet length in an answer's place, others need not wait
 * for it to be quiet (struct fdar_lesson). Latencies do not count our waiting for quiet: next->due_ns
 * is later by what of it the session has not made good for.
 * FIN and RST are sent by the same rules. With FDAR_PACE_TIME and FDAR_PACE_NONE answers do not hold
 * back pieces, but the end of the session still waits for them: also an RST, which would undo them,
 * and with FDAR_PACE_NONE a FIN. Turning to TLS always waits for the answer: what the server still says in plain
 * would be taken for a record.
 *
 * The session ends when the peer closed; or, where the capture does not show the peer closing,
 * when all bytes have come, or the last answer has begun and been quiet, and (where the capture
 * ended first) the time of the capture's end has come. It is timed out when nothing happens for
 * pace.timeout_ns where the capture has something: a server that took its time in the capture is
 * given that time and the time-out.
 */
#ifndef FDAR_REPLAY_PLAY_DIALOGUE_H
#define FDAR_REPLAY_PLAY_DIALOGUE_H

#include <glib.h>
#include <stdint.h>

#include "replay/play/script.h"

enum fdar_pace_wait {
	FDAR_PACE_ANSWER, /* answers are waited for (closed loop) */
	FDAR_PACE_TIME,   /* pieces leave at their captured times (open loop) */
	FDAR_PACE_NONE,   /* all pieces leave at once */
	FDAR_PACE_STEP /* nothing is waited for: whoever drives it has done that (replay/lockstep/),
			   * by fdar_dialogue_answered */
};

struct fdar_pace {
	double speed;  /* 2: twice as fast as captured; > 0 */
	gboolean asap; /* captured times are not waited for */
	enum fdar_pace_wait wait;
	uint64_t quiet_ns;
	uint64_t timeout_ns;
};

enum fdar_move {
	FDAR_MOVE_SEND,    /* the piece's bytes; then call fdar_dialogue_moved */
	FDAR_MOVE_FIN,     /* no more sending; then call fdar_dialogue_moved */
	FDAR_MOVE_RST,     /* reset: the session is over */
	FDAR_MOVE_TLS,     /* from here on in TLS; then call fdar_dialogue_moved */
	FDAR_MOVE_WAIT,    /* until something comes, or next->wake_ns */
	FDAR_MOVE_DONE,    /* all of it was played */
	FDAR_MOVE_TIMEOUT, /* next->missing says what did not come */
	FDAR_MOVE_LOST     /* live: bytes of the client are missing */
};

struct fdar_next_move {
	const struct fdar_piece *piece; /* FDAR_MOVE_SEND: what to send */
	uint64_t
		due_ns; /* SEND, FIN, TLS: when it should have gone by the schedule, and without our
			      waiting for quiet */
	uint64_t ready_ns; /* SEND, FIN: from when it could go; never less than due_ns */
	gboolean opens;    /* SEND: the first piece of a message */
	uint64_t wake_ns;  /* WAIT: look again then; UINT64_MAX: only when something comes */
	const char *missing;
};

struct fdar_dialogue {
	const struct fdar_script *script;
	uint64_t at;        /* next piece */
	uint64_t origin_ns; /* the schedule's time of the session's first packet, monotonic */
	uint64_t active_ns; /* when something was last sent or came */
	uint64_t heard_ns;  /* when bytes last came */
	uint64_t received;  /* bytes of the peer */
	uint64_t mark;      /* received when the captured answer before the last message had come:
			     * the answer to that has begun when more have come */
	uint64_t excuse_ns; /* how late we are by waiting for quiet */
	uint64_t quiet_ns;  /* until when the piece at hand waited for that; 0: it did not */
	uint32_t message;   /* how many messages were opened */
	int64_t shift;      /* received less expected, as of the last message */
	uint64_t captured;  /* bytes of the server before at, in capture order */
	uint64_t needed;    /* the last client piece's needs, for the verdict */
	uint64_t pause_ns;  /* longest within the captured answer before at */
	uint64_t answer_ns; /* time-line time of the last server piece passed */
	/* All that came is as captured. Whoever plays keeps this, before fdar_dialogue_heard. */
	gboolean as_captured;
	gboolean in_answer; /* no client data was passed after it */
	gboolean opens;     /* the next client data is the first of a message */
	gboolean gated;     /* the answer before the piece at hand was waited for */
	gboolean fin_sent;
	gboolean server_ends; /* a server FIN or RST is before at */
	gboolean server_rst;
	gboolean peer_closed;
};

/* origin_ns: when the first packet of the session is due; now_ns >= origin_ns: when it starts. */
void fdar_dialogue_init(struct fdar_dialogue *dialogue, const struct fdar_script *script,
			uint64_t origin_ns, uint64_t now_ns);

/* What to do now. Calling it again without anything having happened gives the same. */
enum fdar_move fdar_dialogue_next(struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
				  uint64_t now_ns, struct fdar_next_move *next);

/* Is the captured answer to what was sent so far there, by the rule of FDAR_PACE_ANSWER?
 * FDAR_MOVE_DONE when it is; FDAR_MOVE_WAIT and FDAR_MOVE_TIMEOUT as above. */
enum fdar_move fdar_dialogue_answered(struct fdar_dialogue *dialogue, const struct fdar_pace *pace,
				      uint64_t now_ns, struct fdar_next_move *next);

/* The piece that SEND or FIN asked for has left in full, or TLS begins. */
void fdar_dialogue_moved(struct fdar_dialogue *dialogue, uint64_t now_ns);

/* Bytes came (UDP: a datagram, may be empty). */
void fdar_dialogue_heard(struct fdar_dialogue *dialogue, uint64_t bytes, uint64_t now_ns);

/* The peer has closed its side. */
void fdar_dialogue_closed(struct fdar_dialogue *dialogue, uint64_t now_ns);

/* Bytes of the server in the capture that belong to what was played so far: what received is
 * compared with at the end. *least: at least that many (the client left early, or the capture
 * ended), instead of exactly. */
uint64_t fdar_dialogue_expected(const struct fdar_dialogue *dialogue, gboolean *least);

#endif
