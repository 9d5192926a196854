/*
 * What libflowdar-feed.so in a server is fed: the steps of a capture, in the order in which they go out.
 *
 * Place in the house: written by replay/feed/feed_file.c, read by instrument/feed/script.c, on one machine and
 * of one version. The environment variable FDAR_FEED_ENV is the number, in decimal, of a descriptor that the
 * server inherits: a header, then each step with its bytes behind it, padded to 8. In the byte order and with
 * the alignment of the machine; who reads checks every length.
 */
#ifndef FLOWDAR_FEED_H
#define FLOWDAR_FEED_H

#include <stdint.h>

#define FDAR_FEED_ENV "FLOWDAR_FEED"
/* The process that is started, in decimal: the one to say when nothing was fed. */
#define FDAR_FEED_PROCESS_ENV "FLOWDAR_FEED_PROCESS"
/* Milliseconds of processor time that the server may take for one step, in decimal; 0 or none: any. */
#define FDAR_FEED_PATIENCE_ENV "FLOWDAR_FEED_PATIENCE"
#define FDAR_FEED_MAGIC        0x3130646565664466u /* "fDfeed01" */

enum fdar_feed_kind {
	FDAR_FEED_OPEN,
	FDAR_FEED_SEND,
	FDAR_FEED_FIN,
	FDAR_FEED_CLOSE, /* also in the place of a reset */
	FDAR_FEED_KINDS
};

struct fdar_feed_header {
	uint64_t magic;
	uint64_t steps;
	uint64_t epoch_ns; /* of the time line's 0 */
	uint32_t connections;
	uint32_t real_time; /* nonzero: the server's clocks are left alone */
};

struct fdar_feed_address {
	uint8_t bytes[16]; /* IPv4: the first four */
	uint16_t port;
	uint8_t family; /* 4 or 6 */
	uint8_t unused[5];
};

struct fdar_feed_step {
	uint64_t time_ns;    /* on the time line; never less than the last's */
	uint32_t connection; /* from 0 */
	uint32_t kind;       /* enum fdar_feed_kind */
	uint32_t length;     /* of the bytes behind it */
	uint32_t unused;
	struct fdar_feed_address client, server; /* OPEN: who; else zero */
};

#endif
