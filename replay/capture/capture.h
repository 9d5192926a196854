/*
 * Captures: packets out of a pcap or pcapng file, compressed or not, or out of standard input.
 *
 * Place in the house: the bottom of replay/. libpcap reads the format; this module finds out about
 * gzip and zstd (by their magic), gives all times in nanoseconds, and says where a damaged file
 * stopped making sense. Memory: one packet, and buffers of about 400 KiB.
 */
#ifndef FDAR_REPLAY_CAPTURE_CAPTURE_H
#define FDAR_REPLAY_CAPTURE_CAPTURE_H

#include <glib.h>
#include <stdint.h>

#define FDAR_CAPTURE_ERROR fdar_capture_error_quark()
GQuark fdar_capture_error_quark(void);

enum fdar_capture_error {
	FDAR_CAPTURE_ERROR_MISSING, /* cannot be opened or read */
	FDAR_CAPTURE_ERROR_EMPTY,   /* no byte, or no packet, or nothing that can be used, in it */
	FDAR_CAPTURE_ERROR_FORMAT,  /* another kind of file, or a link type that is not read */
	FDAR_CAPTURE_ERROR_DAMAGED, /* nothing before the damage could be read */
	FDAR_CAPTURE_ERROR_OUTPUT,  /* a file of ours (spool, pcap) could not be written */
	FDAR_CAPTURE_ERROR_LIMIT    /* more than a stated bound, or a pool that is too small */
};

/* A packet as captured. The bytes belong to the reader and last until its next read. */
struct fdar_packet {
	const uint8_t *bytes;
	uint32_t captured; /* bytes there are */
	uint32_t length;   /* bytes there were on the wire; never less than captured */
	uint64_t number;   /* in the capture, from 1 as tshark counts */
	uint64_t offset;   /* of its record in the (decompressed) file, bytes */
	uint64_t epoch_ns; /* since the Unix epoch; out-of-range times are clamped */
};

struct fdar_capture;

/* Opens path; "-" is standard input. The caller owns the result. NULL and error when it is missing,
 * empty or of another kind; the message names the file and what was expected. */
struct fdar_capture *fdar_capture_open(const char *path, GError **error);

/* 1: packet is filled in; 0: the end (fdar_capture_damage says whether the file was whole); -1 and
 * error: the very first packet could not be read. */
int fdar_capture_read(struct fdar_capture *capture, struct fdar_packet *packet, GError **error);

/* What ended reading early ("FILE: cut short at offset 123, in packet 7: ..."); NULL when nothing
 * did. Owned by the capture. */
const char *fdar_capture_damage(const struct fdar_capture *capture);

/* The link type, a DLT_ value of libpcap. */
int fdar_capture_link(const struct fdar_capture *capture);

/* Whether its times are in whole microseconds for certain: classic pcap of that kind. */
gboolean fdar_capture_microseconds(const struct fdar_capture *capture);

/* The name that messages use: the path, or "standard input". */
const char *fdar_capture_name(const struct fdar_capture *capture);

/* For progress: bytes of the file read so far, and its size (0 when that is not known). */
void fdar_capture_position(const struct fdar_capture *capture, uint64_t *read_bytes,
			   uint64_t *size);

/* NULL is allowed. */
void fdar_capture_close(struct fdar_capture *capture);
typedef struct fdar_capture fdar_capture;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_capture, fdar_capture_close)

#endif
