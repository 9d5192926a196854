#include "replay/capture/capture.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

#include "replay/capture/stream.h"

#define FILE_BYTES  65536
#define NS_PER_S    ((uint64_t)1000000000)
#define MAX_EPOCH_S ((uint64_t)INT64_MAX / NS_PER_S - 1)

G_DEFINE_QUARK(fd - capture - error - quark, fdar_capture_error)

struct fdar_capture {
	char *name;
	struct fdar_stream *stream;
	FILE *file; /* the pcap's own, over the stream */
	pcap_t *pcap;
	uint8_t magic[4];
	uint64_t packets;
	char *damage;
	gboolean ended;
};

/* libpcap reads through a FILE: what that has in its buffer was not read yet. */
static uint64_t offset_of(const struct fdar_capture *capture)
{
	return fdar_stream_offset(capture->stream) -
	       (uint64_t)(capture->file->_IO_read_end - capture->file->_IO_read_ptr);
}

static ssize_t cookie_read(void *cookie, char *bytes, size_t size)
{
	struct fdar_capture *capture = cookie;
	uint64_t offset = fdar_stream_offset(capture->stream);
	size_t got = fdar_stream_read(capture->stream, bytes, size);

	for (size_t i = 0; i < got && offset + i < sizeof(capture->magic); i++)
		capture->magic[offset + i] = (uint8_t)bytes[i];
	return (ssize_t)got;
}

static void fail_to_open(struct fdar_capture *capture, const char *reason, GError **error)
{
	const char *damage = fdar_stream_damage(capture->stream);

	if (damage)
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_DAMAGED, "%s: %s",
			    capture->name, damage);
	else if (fdar_stream_offset(capture->stream) == 0)
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_EMPTY,
			    "%s: is empty, a pcap or pcapng capture is expected", capture->name);
	else
		g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_FORMAT,
			    "%s: no capture: expected a pcap or pcapng header at offset 0, plain "
			    "or compressed with gzip or zstd (%s)",
			    capture->name, reason);
}

struct fdar_capture *fdar_capture_open(const char *path, GError **error)
{
	static const cookie_io_functions_t functions = { .read = cookie_read };
	struct fdar_stream *stream = fdar_stream_open(path, error);
	struct fdar_capture *capture;
	char reason[PCAP_ERRBUF_SIZE] = "";
	FILE *file;

	if (!stream)
		return NULL;
	capture = g_new0(struct fdar_capture, 1);
	capture->name = g_strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	capture->stream = stream;
	file = fopencookie(capture, "r", functions);
	if (!file)
		g_error("out of memory");
	setvbuf(file, NULL, _IOFBF, FILE_BYTES);
	__fsetlocking(file, FSETLOCKING_BYCALLER);
	capture->pcap =
		pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, reason);
	capture->file = file;
	if (!capture->pcap) {
		fclose(file);
		fail_to_open(capture, reason, error);
		fdar_capture_close(capture);
		return NULL;
	}
	return capture;
}

static uint64_t epoch_of(const struct pcap_pkthdr *header)
{
	/* With nanosecond precision tv_usec holds nanoseconds; a file may say what it likes. */
	uint64_t nanoseconds = header->ts.tv_usec < 0 ? 0 : (uint64_t)header->ts.tv_usec;
	uint64_t seconds = header->ts.tv_sec < 0 ? 0 : (uint64_t)header->ts.tv_sec;

	return MIN(seconds, MAX_EPOCH_S) * NS_PER_S + MIN(nanoseconds, NS_PER_S - 1);
}

/* Reading is over, for a reason: the file is cut short or damaged at offset. */
static void set_damage(struct fdar_capture *capture, uint64_t offset, const char *reason)
{
	const char *damage = fdar_stream_damage(capture->stream);

	capture->damage = g_strdup_printf("%s: damaged in packet %" G_GUINT64_FORMAT
					  " at offset %" G_GUINT64_FORMAT "%s: %s",
					  capture->name, capture->packets + 1, offset,
					  damage ? " (unpacked)" : "", damage ? damage : reason);
}

int fdar_capture_read(struct fdar_capture *capture, struct fdar_packet *packet, GError **error)
{
	uint64_t offset = offset_of(capture);
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int status;

	if (capture->ended)
		return 0;
	status = pcap_next_ex(capture->pcap, &header, &bytes);
	if (status == 1) {
		*packet = (struct fdar_packet){ .bytes = bytes,
						.captured = header->caplen,
						.length = MAX(header->len, header->caplen),
						.number = ++capture->packets,
						.offset = offset,
						.epoch_ns = epoch_of(header) };
		return 1;
	}
	capture->ended = TRUE;
	if (status == PCAP_ERROR || fdar_stream_damage(capture->stream))
		set_damage(capture, offset, pcap_geterr(capture->pcap));
	if (capture->damage && capture->packets == 0) {
		g_set_error_literal(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_DAMAGED,
				    capture->damage);
		return -1;
	}
	return 0;
}

const char *fdar_capture_damage(const struct fdar_capture *capture)
{
	return capture->damage;
}

int fdar_capture_link(const struct fdar_capture *capture)
{
	return pcap_datalink(capture->pcap);
}

gboolean fdar_capture_microseconds(const struct fdar_capture *capture)
{
	static const uint8_t little[] = { 0xd4, 0xc3, 0xb2, 0xa1 };
	static const uint8_t big[] = { 0xa1, 0xb2, 0xc3, 0xd4 };

	return memcmp(capture->magic, little, 4) == 0 || memcmp(capture->magic, big, 4) == 0;
}

const char *fdar_capture_name(const struct fdar_capture *capture)
{
	return capture->name;
}

void fdar_capture_position(const struct fdar_capture *capture, uint64_t *read_bytes, uint64_t *size)
{
	fdar_stream_position(capture->stream, read_bytes, size);
}

void fdar_capture_close(struct fdar_capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	fdar_stream_close(capture->stream);
	g_free(capture->damage);
	g_free(capture->name);
	g_free(capture);
}
