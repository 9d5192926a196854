/*
 * Defragmentation: IP fragments in, datagrams out.
 *
 * Place in the house: between decode.h and assembler.h. The first copy of a byte wins. A datagram
 * is known by its network, addresses and id (IPv4: and protocol). One that carries fragments itself, of a
 * tunnel in it, is taken as such in its turn. Bounds: 64 KiB a datagram, 256 datagrams and 4 MiB at once (the
 * oldest are given up beyond that), 30 s from the first fragment, 4 tunnels.
 */
#ifndef FDAR_REPLAY_CAPTURE_DEFRAG_H
#define FDAR_REPLAY_CAPTURE_DEFRAG_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/decode.h"

/* A datagram that is whole, and the packets that it came in, in the order of the capture. */
struct fdar_datagram {
	struct fdar_decoded decoded; /* its segment points into bytes */
	uint8_t *bytes;
	GPtrArray *packets; /* struct fdar_packet with copies of their bytes */
};

struct fdar_defrag;

struct fdar_defrag *fdar_defrag_new(void);

/* Takes a packet that was decoded as FDAR_DECODED_FRAGMENT; clock_ns must not go back. The datagram,
 * when this was its last missing fragment: the caller frees it; NULL otherwise. */
struct fdar_datagram *fdar_defrag_feed(struct fdar_defrag *defrag, const struct fdar_packet *packet,
				       const struct fdar_decoded *decoded, uint64_t clock_ns);

/* Gives up what is not whole. */
void fdar_defrag_finish(struct fdar_defrag *defrag);

/* Fragments of datagrams that were given up so far. */
uint64_t fdar_defrag_lone(const struct fdar_defrag *defrag);

void fdar_datagram_free(struct fdar_datagram *datagram);

/* NULL is allowed. */
void fdar_defrag_free(struct fdar_defrag *defrag);

#endif
