/*
 * Writing classic pcap files.
 *
 * Place in the house: split.c appends records to many small files, amplify.c writes one large one
 * through a writer, which builds packets where they will be written from. Format:
 * https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
 */
#ifndef FDAR_REPLAY_CAPTURE_PCAP_FILE_H
#define FDAR_REPLAY_CAPTURE_PCAP_FILE_H

#include <glib.h>
#include <stdint.h>

#define FDAR_PCAP_HEADER_BYTES 24u
#define FDAR_PCAP_RECORD_BYTES 16u
#define FDAR_PCAP_ETHER_BYTES  14u
#define FDAR_PCAP_SNAPLEN      262144u

/* The file's header. link is a DLT_ value. */
void fdar_pcap_put_header(uint8_t bytes[FDAR_PCAP_HEADER_BYTES], int link, gboolean nanoseconds);

/* The Ethernet header that stands in for another link layer's: made-up local addresses, the client's
 * ends with 1, the server's with 2. */
void fdar_pcap_put_ether(uint8_t bytes[FDAR_PCAP_ETHER_BYTES], gboolean from_client, gboolean v6);

/* A packet's. Seconds above 2^32 - 1 are clamped. */
void fdar_pcap_put_record(uint8_t bytes[FDAR_PCAP_RECORD_BYTES], uint64_t epoch_ns,
			  uint32_t captured, uint32_t length, gboolean nanoseconds);

/* A file that is written under a temporary name beside its own and renamed when it is whole; "-" is
 * standard output, and devices and pipes are written to where they are. A second thread does the writing. Memory: two buffers of 512 KiB. */
struct fdar_pcap_writer;

/* NULL and error (FDAR_CAPTURE_ERROR_OUTPUT) when it cannot be made. */
struct fdar_pcap_writer *fdar_pcap_writer_new(const char *path, int link, gboolean nanoseconds,
					      GError **error);

/* Room for a record of captured bytes, at most FDAR_PCAP_SNAPLEN: its header is there, the packet
 * goes where the result points. Valid until the next call. NULL when an earlier write failed. */
uint8_t *fdar_pcap_writer_reserve(struct fdar_pcap_writer *writer, uint64_t epoch_ns,
				  uint32_t captured, uint32_t length);

/* Writes what is left and gives the file its name. FALSE and error when any write failed. */
gboolean fdar_pcap_writer_finish(struct fdar_pcap_writer *writer, GError **error);

uint64_t fdar_pcap_writer_bytes(const struct fdar_pcap_writer *writer);

/* Without fdar_pcap_writer_finish the file is taken away. NULL is allowed. */
void fdar_pcap_writer_free(struct fdar_pcap_writer *writer);

#endif
