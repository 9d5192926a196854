/*
 * Formats: pcap and pcapng, record by record.
 *
 * Place in the house: private to capture.h, over stream.h. Written here and not left to libpcap,
 * whose reader refuses pcapng files with interfaces of several link types or snap lengths, and
 * sections of the other byte order. Specifications:
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
 */
#ifndef FDAR_REPLAY_FORMAT_H
#define FDAR_REPLAY_FORMAT_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture.h"
#include "replay/capture/stream.h"

#define FDAR_FORMAT_PACKET_MAX  262144u /* bytes of a packet, as other readers have it */
#define FDAR_FORMAT_BLOCK_MAX   (16u * 1024 * 1024) /* of a pcapng block that is looked into */
#define FDAR_FORMAT_SECRETS_MAX (16u * 1024 * 1024) /* of TLS secrets kept */
#define FDAR_FORMAT_INTERFACES  65536u              /* of a section */

struct fdar_interface {
	uint32_t snaplen; /* 0: no limit */
	uint16_t link;    /* a DLT_ value */
	uint8_t binary;   /* units are 2^-exponent s, else 10^-exponent s */
	uint8_t exponent;
	int64_t offset_s; /* added to its times */
};

/* A file being read. */
struct fdar_format {
	struct fdar_stream *stream; /* borrowed */
	gboolean pcapng;
	gboolean swapped;     /* the other byte order than this machine's */
	gboolean nanoseconds; /* pcap only, like the next */
	uint32_t record_bytes;
	int first_link;             /* of the first interface; -1 before there is one */
	GArray *interfaces;         /* struct fdar_interface of the section; pcap: one */
	uint32_t interfaces_before; /* of earlier sections */
	uint64_t last_ns;           /* time of the packet before: what has none gets it */
	GString *secrets;           /* of TLS */
	char *problem;              /* why reading failed */
};

/* Reads the header. FALSE and a static text in *problem when it is none. The caller clears format
 * in any case. */
gboolean fdar_format_init(struct fdar_format *format, struct fdar_stream *stream,
			  const char **problem);

/* The next packet: all but its number. 1; 0 at the end; -1 when the file is damaged, and
 * format->problem says how. The bytes are as fdar_stream_peek's. */
int fdar_format_read(struct fdar_format *format, struct fdar_packet *packet);

void fdar_format_clear(struct fdar_format *format);

/* Private to the two halves of format.h. */
int fdar_pcapng_read(struct fdar_format *format, struct fdar_packet *packet);
int fdar_format_fail(struct fdar_format *format, const char *text, ...) G_GNUC_PRINTF(2, 3);
uint16_t fdar_format_link(uint32_t link_type);

static inline uint32_t fdar_format_u32(const struct fdar_format *format, const uint8_t *bytes)
{
	uint32_t value;

	__builtin_memcpy(&value, bytes, sizeof(value));
	return format->swapped ? GUINT32_SWAP_LE_BE(value) : value;
}

static inline uint16_t fdar_format_u16(const struct fdar_format *format, const uint8_t *bytes)
{
	uint16_t value;

	__builtin_memcpy(&value, bytes, sizeof(value));
	return (uint16_t)(format->swapped ? GUINT16_SWAP_LE_BE(value) : value);
}

#endif
