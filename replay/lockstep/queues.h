/*
 * Queues: what the server's side of a connection has not read yet, by the kernel's word.
 *
 * Place in the house: asked by the loop (lockstep.h). sock_diag(7): one message there and back, a
 * microsecond; no rights are needed. The server's socket is seen when it is in this network namespace:
 * on loopback, or at another address of this machine. Formats: linux/inet_diag.h.
 */
#ifndef FDAR_REPLAY_LOCKSTEP_QUEUES_H
#define FDAR_REPLAY_LOCKSTEP_QUEUES_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"

struct fdar_queues;

/* NULL when the kernel does not answer such questions. */
struct fdar_queues *fdar_queues_new(void);
void fdar_queues_free(struct fdar_queues *queues);

/* One side of a connection, or the UDP socket that takes what goes there. */
struct fdar_queue {
	uint8_t state;     /* TCP_ESTABLISHED, ... of netinet/tcp.h */
	gboolean accepted; /* a program has it: accept() has been called */
	gboolean left;     /* TCP: a program had it, and has closed or shut it down */
	uint32_t unread;   /* bytes; TCP: a FIN that was not read counts as one */
	uint32_t
		unheard; /* TCP: bytes that it has sent, or has yet to, and the peer has not acknowledged */
	uint64_t received; /* TCP, with counts: all bytes that came, a FIN as one */
};

/* The socket at here whose peer is there. counts: with received, which costs more. FALSE when there is
 * none (any more). */
gboolean fdar_queues_look(struct fdar_queues *queues, enum fdar_transport transport,
			  const struct fdar_endpoint *here, const struct fdar_endpoint *there,
			  gboolean counts, struct fdar_queue *queue);

/* Whether a TCP socket listens there, on that address or on all. */
gboolean fdar_queues_listens(struct fdar_queues *queues, const struct fdar_endpoint *here);

/* What our own TCP socket has sent and the peer has not acknowledged, or has yet to send: bytes, a FIN as
 * one. FALSE when it cannot be asked. */
gboolean fdar_queues_own(int fd, uint32_t *unacknowledged);

/* All that was given to it so far, counted as the peer's fdar_queue.received. */
uint64_t fdar_queues_given(int fd, uint32_t unacknowledged);

#endif
