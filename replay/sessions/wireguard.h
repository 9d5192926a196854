/*
 * WireGuard: datagrams of it are told, since what is in them cannot be read.
 *
 * Place in the house: below the assembler. A datagram of WireGuard begins with its type and three bytes
 * of 0. Those of a handshake have one size each; data, which comes in blocks of 16 bytes, is known by
 * the handshake before it, or by the port that its programs take by default. Formats:
 * https://www.wireguard.com/papers/wireguard.pdf, 5.4.
 */
#ifndef FDAR_REPLAY_SESSIONS_WIREGUARD_H
#define FDAR_REPLAY_SESSIONS_WIREGUARD_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/decoded.h"

/* Whether a UDP datagram is of WireGuard. *seen: of its flow, 0 at first; a handshake sets it. */
gboolean fdar_wireguard_is(const struct fdar_decoded *decoded, uint8_t *seen);

#endif
