/*
 * Defragmentation: IP fragments in, datagrams out.
 *
 * Place in the house: between decode.h and assembler.h. The first copy of a byte wins. A datagram
 * is known by its addresses and id (IPv4: and protocol). Bounds: 64 KiB a datagram, 256 datagrams
 * and 4 MiB at once (the oldest are given up beyond that), 30 s from the first fragment.
 */
#ifndef FD_REPLAY_DEFRAG_H
#define FD_REPLAY_DEFRAG_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/decode.h"

/* A datagram that is whole, and the packets that it came in, in the order of the capture. */
struct fd_datagram {
	struct fd_decoded decoded; /* its segment points into bytes */
	uint8_t *bytes;
	GPtrArray *packets; /* struct fd_packet with copies of their bytes */
};

struct fd_defrag;

struct fd_defrag *fd_defrag_new(void);

/* Takes a packet that was decoded as FD_DECODED_FRAGMENT; clock_ns must not go back. The datagram,
 * when this was its last missing fragment: the caller frees it; NULL otherwise. */
struct fd_datagram *fd_defrag_feed(struct fd_defrag *defrag, const struct fd_packet *packet,
				   const struct fd_decoded *decoded, uint64_t clock_ns);

/* Gives up what is not whole. */
void fd_defrag_finish(struct fd_defrag *defrag);

/* Fragments of datagrams that were given up so far. */
uint64_t fd_defrag_lone(const struct fd_defrag *defrag);

void fd_datagram_free(struct fd_datagram *datagram);

/* NULL is allowed. */
void fd_defrag_free(struct fd_defrag *defrag);

#endif
