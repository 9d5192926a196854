/*
 * Packets and captures made by hand, for the tests of reading, reassembly and writing.
 *
 * Checksums are made by the slow, plain method here, so that they can judge those of the library.
 * All byte arrays that functions give are the caller's.
 */
#ifndef TEST_PACKETS_H
#define TEST_PACKETS_H

#include <arpa/inet.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "replay/capture/capture.h"
#include "replay/capture/decode.h"

#define FIN FDAR_TCP_FIN
#define SYN FDAR_TCP_SYN
#define RST FDAR_TCP_RST
#define PSH FDAR_TCP_PSH
#define ACK FDAR_TCP_ACK

G_GNUC_UNUSED static void put8(GByteArray *to, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	g_byte_array_append(to, &byte, 1);
}

G_GNUC_UNUSED static void put16(GByteArray *to, unsigned value)
{
	put8(to, value >> 8 & 255);
	put8(to, value & 255);
}

G_GNUC_UNUSED static void put32(GByteArray *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to, value & 0xffff);
}

G_GNUC_UNUSED static void put_zeros(GByteArray *to, unsigned count)
{
	while (count-- > 0)
		put8(to, 0);
}

G_GNUC_UNUSED static void set16(GByteArray *in, guint at, unsigned value)
{
	in->data[at] = (uint8_t)(value >> 8);
	in->data[at + 1] = (uint8_t)value;
}

G_GNUC_UNUSED static unsigned get16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

G_GNUC_UNUSED static void assert_bytes(const uint8_t *bytes, gsize size, const char *text)
{
	g_assert_cmpuint(size, ==, strlen(text));
	g_assert_true(memcmp(bytes, text, size) == 0);
}

/* RFC 1071 to the letter. */
G_GNUC_UNUSED static unsigned slow_sum(unsigned sum, const uint8_t *bytes, gsize size)
{
	for (gsize i = 0; i < size; i++) {
		sum += i % 2 ? bytes[i] : (unsigned)bytes[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

/* An address, "10.0.0.1" or "2001:db8::1", in network order; gives its size. */
G_GNUC_UNUSED static unsigned address(const char *text, uint8_t bytes[16])
{
	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	g_assert_cmpint(inet_pton(AF_INET6, text, bytes), ==, 1);
	return 16;
}

/* The checksum of a segment: pseudo-header and all. */
G_GNUC_UNUSED static unsigned segment_sum(const char *src, const char *dst, unsigned protocol,
					  const uint8_t *segment, guint size)
{
	uint8_t from[16], to[16];
	unsigned length = address(src, from);
	unsigned sum;

	address(dst, to);
	sum = slow_sum(0, from, length);
	sum = slow_sum(sum, to, length);
	sum += protocol + size;
	return 0xffff ^ slow_sum(sum, segment, size);
}

/* A TCP segment with its checksum. options must be a multiple of 4 bytes. */
G_GNUC_UNUSED static GByteArray *tcp(const char *src, unsigned sport, const char *dst,
				     unsigned dport, uint32_t seq, uint32_t ack, unsigned flags,
				     const void *options, unsigned options_size,
				     const void *payload, unsigned size)
{
	GByteArray *segment = g_byte_array_new();

	put16(segment, sport);
	put16(segment, dport);
	put32(segment, seq);
	put32(segment, ack);
	put8(segment, (5 + options_size / 4) << 4);
	put8(segment, flags);
	put16(segment, 65535);
	put32(segment, 0);
	g_byte_array_append(segment, options, options_size);
	g_byte_array_append(segment, payload, size);
	set16(segment, 16, segment_sum(src, dst, 6, segment->data, segment->len));
	return segment;
}

G_GNUC_UNUSED static GByteArray *udp(const char *src, unsigned sport, const char *dst,
				     unsigned dport, const void *payload, unsigned size)
{
	GByteArray *segment = g_byte_array_new();
	unsigned sum;

	put16(segment, sport);
	put16(segment, dport);
	put16(segment, 8 + size);
	put16(segment, 0);
	g_byte_array_append(segment, payload, size);
	sum = segment_sum(src, dst, 17, segment->data, segment->len);
	set16(segment, 6, sum ? sum : 0xffff);
	return segment;
}

/* An IP packet of either version. flags_offset is the IPv4 word with DF, MF and the offset. */
G_GNUC_UNUSED static GByteArray *ip_part(const char *src, const char *dst, unsigned protocol,
					 unsigned id, unsigned flags_offset, const uint8_t *bytes,
					 guint size)
{
	GByteArray *packet = g_byte_array_new();
	uint8_t from[16], to[16];
	unsigned length = address(src, from);

	address(dst, to);
	if (length == 4) {
		put16(packet, 0x4500);
		put16(packet, 20 + size);
		put16(packet, id);
		put16(packet, flags_offset);
		put8(packet, 64);
		put8(packet, protocol);
		put16(packet, 0);
	} else {
		put32(packet, 0x60000000);
		put16(packet, size);
		put8(packet, protocol);
		put8(packet, 64);
	}
	g_byte_array_append(packet, from, length);
	g_byte_array_append(packet, to, length);
	if (length == 4)
		set16(packet, 10, 0xffff ^ slow_sum(0, packet->data, 20));
	g_byte_array_append(packet, bytes, size);
	return packet;
}

/* The segment in an IP packet; takes the segment. */
G_GNUC_UNUSED static GByteArray *ip(const char *src, const char *dst, unsigned protocol,
				    GByteArray *segment)
{
	static unsigned sent; /* as senders do: each packet has an identification of its own */
	GByteArray *packet =
		ip_part(src, dst, protocol, ++sent & 0xffff, 0, segment->data, segment->len);

	g_byte_array_unref(segment);
	return packet;
}

/* The packet in an Ethernet frame; takes the packet. */
G_GNUC_UNUSED static GByteArray *ether(GByteArray *packet)
{
	GByteArray *frame = g_byte_array_new();

	put_zeros(frame, 12);
	put16(frame, packet->data[0] >> 4 == 6 ? 0x86dd : 0x0800);
	g_byte_array_append(frame, packet->data, packet->len);
	g_byte_array_unref(packet);
	return frame;
}

/* A frame with a TCP segment. */
G_GNUC_UNUSED static GByteArray *tcp_frame(const char *src, unsigned sport, const char *dst,
					   unsigned dport, uint32_t seq, uint32_t ack,
					   unsigned flags, const char *payload)
{
	return ether(ip(src, dst, 6,
			tcp(src, sport, dst, dport, seq, ack, flags, NULL, 0, payload,
			    payload ? (unsigned)strlen(payload) : 0)));
}

G_GNUC_UNUSED static GByteArray *udp_frame(const char *src, unsigned sport, const char *dst,
					   unsigned dport, const char *payload)
{
	return ether(
		ip(src, dst, 17, udp(src, sport, dst, dport, payload, (unsigned)strlen(payload))));
}

/* The frame as fdar_capture_read would give it. */
G_GNUC_UNUSED static struct fdar_packet as_packet(const GByteArray *frame, uint64_t number,
						  uint64_t epoch_ns)
{
	return (struct fdar_packet){ .bytes = frame->data,
				     .captured = frame->len,
				     .length = frame->len,
				     .number = number,
				     .epoch_ns = epoch_ns };
}

/* How a capture file is written. */
struct file_style {
	gboolean swapped; /* the other byte order than this machine's */
	gboolean nanoseconds;
	gboolean pcapng;
	unsigned link;
};

G_GNUC_UNUSED static void put_native32(GByteArray *to, const struct file_style *style,
				       uint32_t value)
{
	if (style->swapped)
		value = GUINT32_SWAP_LE_BE(value);
	g_byte_array_append(to, (const uint8_t *)&value, sizeof(value));
}

G_GNUC_UNUSED static void put_native16(GByteArray *to, const struct file_style *style,
				       unsigned value)
{
	uint16_t word = (uint16_t)value;

	if (style->swapped)
		word = GUINT16_SWAP_LE_BE(word);
	g_byte_array_append(to, (const uint8_t *)&word, sizeof(word));
}

G_GNUC_UNUSED static GByteArray *file_new(const struct file_style *style)
{
	GByteArray *file = g_byte_array_new();

	if (!style->pcapng) {
		put_native32(file, style, style->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
		put_native16(file, style, 2);
		put_native16(file, style, 4);
		put_native32(file, style, 0);
		put_native32(file, style, 0);
		put_native32(file, style, 262144);
		put_native32(file, style, style->link);
		return file;
	}
	put_native32(file, style, 0x0a0d0d0a); /* section header */
	put_native32(file, style, 28);
	put_native32(file, style, 0x1a2b3c4d);
	put_native16(file, style, 1);
	put_native16(file, style, 0);
	put_native32(file, style, UINT32_MAX);
	put_native32(file, style, UINT32_MAX);
	put_native32(file, style, 28);
	put_native32(file, style, 1); /* interface, with its time resolution */
	put_native32(file, style, 32);
	put_native16(file, style, style->link);
	put_native16(file, style, 0);
	put_native32(file, style, 262144);
	put_native16(file, style, 9);
	put_native16(file, style, 1);
	put8(file, style->nanoseconds ? 9 : 6);
	put_zeros(file, 3);
	put_native32(file, style, 0);
	put_native32(file, style, 32);
	return file;
}

/* Adds a packet, cut after captured bytes. */
G_GNUC_UNUSED static void file_add_cut(GByteArray *file, const struct file_style *style,
				       uint64_t epoch_ns, const GByteArray *frame, guint captured)
{
	uint64_t unit = style->nanoseconds ? epoch_ns : epoch_ns / 1000;
	uint64_t second = style->nanoseconds ? 1000000000 : 1000000;
	guint padding = (4 - captured % 4) % 4;

	if (!style->pcapng) {
		put_native32(file, style, (uint32_t)(unit / second));
		put_native32(file, style, (uint32_t)(unit % second));
		put_native32(file, style, captured);
		put_native32(file, style, frame->len);
		g_byte_array_append(file, frame->data, captured);
		return;
	}
	put_native32(file, style, 6);
	put_native32(file, style, 32 + captured + padding);
	put_native32(file, style, 0);
	put_native32(file, style, (uint32_t)(unit >> 32));
	put_native32(file, style, (uint32_t)unit);
	put_native32(file, style, captured);
	put_native32(file, style, frame->len);
	g_byte_array_append(file, frame->data, captured);
	put_zeros(file, padding);
	put_native32(file, style, 32 + captured + padding);
}

/* Adds a whole packet; takes the frame. */
G_GNUC_UNUSED static void file_add(GByteArray *file, const struct file_style *style,
				   uint64_t epoch_ns, GByteArray *frame)
{
	file_add_cut(file, style, epoch_ns, frame, frame->len);
	g_byte_array_unref(frame);
}

/* Writes it under a name that the caller removes (file_remove) and frees. */
G_GNUC_UNUSED static char *file_save(const void *bytes, gsize size)
{
	g_autoptr(GError) error = NULL;
	char *path = NULL;
	int fd = g_file_open_tmp("flowdar-test-XXXXXX", &path, &error);

	g_assert_no_error(error);
	close(fd);
	g_file_set_contents(path, bytes, (gssize)size, &error);
	g_assert_no_error(error);
	return path;
}

G_GNUC_UNUSED static void file_remove(char *path)
{
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_free(path);
}

#endif
