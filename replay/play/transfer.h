/*
 * What goes through a play's socket: plain, urgent, or in TLS. Internal to the driver.
 *
 * Place in the house: between play.c, which has the rules of when, and the kernel or replay/tls/.
 */
#ifndef FDAR_REPLAY_PLAY_TRANSFER_H
#define FDAR_REPLAY_PLAY_TRANSFER_H

#include <sys/types.h>

#include "replay/play/play.h"

/* As recv and send without waiting: -1 and errno, EAGAIN when the socket is not ready, EPROTO when TLS
 * failed (fdar_transfer_problem says how). */
ssize_t fdar_transfer_recv(struct fdar_play *play, void *bytes, size_t size);
ssize_t fdar_transfer_send(struct fdar_play *play, const struct fdar_piece *piece,
			   const uint8_t *bytes, size_t size);

/* No more will be sent. */
void fdar_transfer_end(struct fdar_play *play);

/* The socket is connected: TLS begins, when it is to be played and the session does not have it later. */
void fdar_transfer_begin(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns);

/* The session turns to TLS: it begins, when it is to be played. */
void fdar_transfer_turn(struct fdar_stage *stage, struct fdar_play *play, uint64_t now_ns);

/* Goes on with the handshake: 1 when it is over, 0 when the socket has to be waited for, -1 when it
 * failed (errno as above). */
int fdar_transfer_handshake(struct fdar_play *play);

/* Nothing that comes reaches the socket: the SYN's answer is never acknowledged. One SYN, one retry. */
void fdar_transfer_refuse_answers(int fd);

const char *fdar_transfer_problem(const struct fdar_play *play);

#endif
