/*
 * A conversation as packets: what two sides said, written as the TCP segments or datagrams that could have
 * carried it.
 *
 * Place in the house: over pcap_file.h; for what knows the bytes of a connection and not its packets.
 * Packets are raw IP (DLT_RAW). What the packets say that was not seen is made up: sequence numbers begin
 * at 0, the three packets of the handshake have one time, and acknowledgements ride on what the other side
 * says next. Bytes that are missing are cut off, as by a capture's snap length: packets say how long they
 * were. Times never go back.
 */
#ifndef FDAR_REPLAY_CAPTURE_CONVERSATION_H
#define FDAR_REPLAY_CAPTURE_CONVERSATION_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/pcap_file.h"

#define FDAR_CONVERSATION_CHUNK 65000u /* bytes of one packet, at most */

struct fdar_conversation_end {
	uint8_t address[16]; /* 4 bytes of IPv4 */
	uint16_t port;
	uint32_t sequence; /* of its next byte */
};

struct fdar_conversation {
	struct fdar_conversation_end client;
	struct fdar_conversation_end server;
	gboolean v6;
	gboolean datagrams;
	uint16_t next_id; /* of IPv4 */
};

/* peer: the client's "ADDRESS:PORT", "[ADDRESS]:PORT"; of one that is neither (a local socket) an address
 * of 192.0.2.0/24 is made up, and a port out of number. The server's address is the client's own where that
 * is a loopback address, else 192.0.2.1 or 2001:db8::1. */
void fdar_conversation_init(struct fdar_conversation *conversation, const char *peer,
			    uint64_t number, uint16_t server_port, gboolean datagrams);

/* Each gives FALSE when the writer cannot go on; its finish says why. The first and the last write nothing
 * for datagrams. last_ns, which is shared by all that go into one file, keeps the times in order. */
gboolean fdar_conversation_open(struct fdar_conversation *conversation,
				struct fdar_pcap_writer *writer, uint64_t time_ns,
				uint64_t *last_ns);

/* One side says length bytes, of which the first have are at data. */
gboolean fdar_conversation_say(struct fdar_conversation *conversation,
			       struct fdar_pcap_writer *writer, uint64_t time_ns,
			       gboolean from_client, const uint8_t *data, uint32_t have,
			       uint64_t length, uint64_t *last_ns);
gboolean fdar_conversation_close(struct fdar_conversation *conversation,
				 struct fdar_pcap_writer *writer, uint64_t time_ns,
				 uint64_t *last_ns);

#endif
