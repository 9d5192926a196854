/*
 * Captures: packets out of pcap and pcapng files, compressed or not, or out of standard input.
 *
 * Place in the house: the bottom of replay/. The formats are read by format.h, block by block, so
 * that every interface of a pcapng file has its own link type, snap length and clock, sections may
 * be of either byte order, and several files are one capture in the order of time. This module
 * finds out about gzip and zstd (by their magic), gives all times in nanoseconds, sorts in what
 * came late (sorter.h), and says where a damaged file stopped making sense. libpcap compiles the
 * filter. Memory: what waits to be sorted, at most 10 MiB, and per file buffers of about 400 KiB.
 */
#ifndef FDAR_REPLAY_CAPTURE_H
#define FDAR_REPLAY_CAPTURE_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/capture_error.h"

/* A packet as captured. The bytes belong to the reader and last until its next read. */
struct fdar_packet {
	const uint8_t *bytes;
	uint32_t captured;  /* bytes there are */
	uint32_t length;    /* bytes there were on the wire; never less than captured */
	uint64_t number;    /* in the capture, from 1 as tshark counts */
	uint64_t offset;    /* of its record in the (decompressed) file, bytes */
	uint64_t epoch_ns;  /* since the Unix epoch; out-of-range times are clamped */
	uint32_t interface; /* that saw it, numbered through all sections and files, from 0 */
	uint16_t link;      /* a DLT_ value; 0: the link type that its reader was made for */
	uint16_t late;      /* it stood behind packets with later times */
};

/* What is not in the path. */
struct fdar_capture_options {
	const char *const *more; /* other files of the same capture, ended by NULL; may be NULL */
	const char *filter;      /* in pcap's language: packets that do not match are passed over */
};

struct fdar_capture;

/* Opens path; "-" is standard input. options may be NULL. The caller owns the result. NULL and
 * error when a file is missing, empty or of another kind, or the filter makes no sense; the message
 * names the file and what was expected. */
struct fdar_capture *fdar_capture_open_with(const char *path,
					    const struct fdar_capture_options *options,
					    GError **error);
struct fdar_capture *fdar_capture_open(const char *path, GError **error);

/* 1: packet is filled in; 0: the end (fdar_capture_damage says whether the files were whole); -1
 * and error: the very first packet of a file could not be read. In order of time, but for clocks
 * that were set back by more than a second. */
int fdar_capture_read(struct fdar_capture *capture, struct fdar_packet *packet, GError **error);

/* What ended reading early ("FILE: cut short at offset 123, in packet 7: ..."); NULL when nothing
 * did. Owned by the capture. */
const char *fdar_capture_damage(const struct fdar_capture *capture);

/* The link type of the first interface, a DLT_ value of libpcap. */
int fdar_capture_link(const struct fdar_capture *capture);

/* Whether its times are in whole microseconds for certain: classic pcap of that kind. */
gboolean fdar_capture_microseconds(const struct fdar_capture *capture);

/* How many packets read so far stood behind later ones, and were sorted in. */
uint64_t fdar_capture_late(const struct fdar_capture *capture);

/* The TLS secrets of pcapng's decryption secrets blocks read so far, in the key log format; empty
 * when there are none. */
const char *fdar_capture_secrets(const struct fdar_capture *capture);

/* The name that messages use: the path, or "standard input". */
const char *fdar_capture_name(const struct fdar_capture *capture);

/* For progress: bytes of the files read so far, and their size (0 when that is not known). */
void fdar_capture_position(const struct fdar_capture *capture, uint64_t *read_bytes,
			   uint64_t *size);

/* NULL is allowed. */
void fdar_capture_close(struct fdar_capture *capture);
typedef struct fdar_capture fdar_capture;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_capture, fdar_capture_close)

#endif
