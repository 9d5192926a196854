/*
 * The ledger of a play: lag, exchanges, and how like the captured answer the real one is. Internal
 * to the driver.
 *
 * Place in the house: play.c tells it what is sent and heard, it fills the tallies and the play's
 * own figures. Times are CLOCK_MONOTONIC.
 *
 * An exchange is a message of the client and the answer to it. Its latency runs from when the
 * message's last piece before the answer was due by the schedule, its service time from when that
 * piece left, both to the last byte of the answer.
 */
#ifndef FDAR_REPLAY_PLAY_LEDGER_H
#define FDAR_REPLAY_PLAY_LEDGER_H

#include "replay/play/play.h"

/* Something leaves now that could have left since ready_ns. */
void fdar_ledger_lag(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns,
		     uint64_t ready_ns);

/* The piece in next is about to leave. */
void fdar_ledger_send(struct fdar_stage *stage, struct fdar_play *play,
		      const struct fdar_next_move *next, uint64_t now_ns);

/* length bytes of the answer came; they are in stage->buffer. */
void fdar_ledger_heard(struct fdar_stage *stage, struct fdar_play *play, size_t length,
		       uint64_t now_ns);

/* The exchange going on, if any, is over. */
void fdar_ledger_close(struct fdar_stage *stage, struct fdar_play *play);

/* Likewise, because the session ends with that verdict: an answer that is still waited for counts as such where one to the
 * same message came in another play. What was never answered may wait for what is not played. */
void fdar_ledger_end(struct fdar_stage *stage, struct fdar_play *play, enum fdar_result verdict);

#endif
