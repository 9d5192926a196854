/* pcapng's blocks: part of format.h. */
#include <string.h>

#include "replay/capture/format.h"

#define BLOCK_HEADER    8u
#define BLOCK_MIN       12u /* header and the length again behind it */
#define ORDER_MAGIC     0x1a2b3c4du
#define SECRETS_TLS     0x544c534bu
#define OPTION_TSRESOL  9u
#define OPTION_TSOFFSET 14u
#define NS_PER_S        ((uint64_t)1000000000)
#define MAX_EPOCH_NS    ((uint64_t)INT64_MAX)

enum block {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,
	BLOCK_SECRETS = 10,
	BLOCK_SECTION = 0x0a0d0d0a
};

/* Times count in units of their interface since 1970. */
static uint64_t to_ns(const struct fdar_interface *interface, uint64_t units)
{
	unsigned __int128 ns = units;
	__int128 sum;

	if (interface->binary) {
		ns = ns * NS_PER_S >> interface->exponent;
	} else {
		for (unsigned i = interface->exponent; i < 9; i++)
			ns *= 10;
		for (unsigned i = 9; i < interface->exponent && ns > 0; i++)
			ns /= 10;
	}
	if (ns > MAX_EPOCH_NS)
		ns = MAX_EPOCH_NS;
	sum = (__int128)ns + (__int128)interface->offset_s * (__int128)NS_PER_S;
	if (sum < 0)
		return 0;
	return sum > (__int128)MAX_EPOCH_NS ? MAX_EPOCH_NS : (uint64_t)sum;
}

static void read_option(const struct fdar_format *format, struct fdar_interface *interface,
			uint32_t code, const uint8_t *bytes, uint32_t size)
{
	if (code == OPTION_TSRESOL && size >= 1) {
		interface->binary = bytes[0] >> 7;
		interface->exponent = bytes[0] & 127;
	}
	if (code == OPTION_TSOFFSET && size >= 8) {
		uint64_t first = fdar_format_u32(format, bytes);
		uint64_t second = fdar_format_u32(format, bytes + 4);
		/* The halves lie in the section's byte order, as all 64 bits do. */
		gboolean little = (G_BYTE_ORDER == G_LITTLE_ENDIAN) != (format->swapped != 0);

		interface->offset_s =
			(int64_t)(little ? second << 32 | first : first << 32 | second);
	}
}

/* bytes are the block's, between its two lengths. */
static int read_interface(struct fdar_format *format, const uint8_t *bytes, uint32_t size)
{
	struct fdar_interface interface = { .exponent = 6 };
	uint32_t at = 8;

	if (size < 8)
		return fdar_format_fail(format, "an interface's block of %u bytes", size);
	if (format->interfaces->len >= FDAR_FORMAT_INTERFACES)
		return fdar_format_fail(format, "more than %u interfaces", FDAR_FORMAT_INTERFACES);
	interface.link = fdar_format_link(fdar_format_u16(format, bytes));
	interface.snaplen = fdar_format_u32(format, bytes + 4);
	while (size - at >= 4) {
		uint32_t code = fdar_format_u16(format, bytes + at);
		uint32_t length = fdar_format_u16(format, bytes + at + 2);

		at += 4;
		if (code == 0)
			break;
		if (length > size - at)
			return fdar_format_fail(format,
						"an interface's option of %u bytes, which "
						"are not there",
						length);
		read_option(format, &interface, code, bytes + at, length);
		at += MIN((length + 3) & ~3u, size - at);
	}
	g_array_append_val(format->interfaces, interface);
	if (format->first_link < 0)
		format->first_link = interface.link;
	return 1;
}

static void read_secrets(struct fdar_format *format, const uint8_t *bytes, uint32_t size)
{
	uint32_t length;

	if (size < 8 || fdar_format_u32(format, bytes) != SECRETS_TLS)
		return;
	length = MIN(fdar_format_u32(format, bytes + 4), size - 8);
	if (length > FDAR_FORMAT_SECRETS_MAX - MIN(format->secrets->len, FDAR_FORMAT_SECRETS_MAX))
		return;
	/* As a text: nothing behind a zero byte is one. */
	g_string_append_len(format->secrets, (const char *)bytes + 8,
			    (gssize)strnlen((const char *)bytes + 8, length));
	g_string_append_c(format->secrets, '\n');
}

/* A packet of number captured bytes at bytes, of which the block has size. */
static int set_packet(struct fdar_format *format, struct fdar_packet *packet, uint32_t number,
		      uint32_t captured, uint32_t length, const uint8_t *bytes, uint32_t size)
{
	if (number >= format->interfaces->len)
		return fdar_format_fail(format,
					"a packet of interface %u, which the section does not "
					"describe",
					number);
	if (captured > size)
		return fdar_format_fail(format, "a packet of %u bytes in a block with room for %u",
					captured, size);
	if (captured > FDAR_FORMAT_PACKET_MAX)
		return fdar_format_fail(format,
					"a packet of %u bytes, more than the %u that are read",
					captured, FDAR_FORMAT_PACKET_MAX);
	packet->bytes = bytes;
	packet->captured = captured;
	packet->length = MAX(length, captured);
	packet->interface = format->interfaces_before + number;
	packet->link = g_array_index(format->interfaces, struct fdar_interface, number).link;
	return 1;
}

static int read_timed(struct fdar_format *format, struct fdar_packet *packet, const uint8_t *bytes,
		      uint32_t size, gboolean obsolete)
{
	uint32_t number, captured, length;
	uint64_t units;

	if (size < 20)
		return fdar_format_fail(format, "a packet's block of %u bytes", size);
	number = obsolete ? fdar_format_u16(format, bytes) : fdar_format_u32(format, bytes);
	units = (uint64_t)fdar_format_u32(format, bytes + 4) << 32 |
		fdar_format_u32(format, bytes + 8);
	captured = fdar_format_u32(format, bytes + 12);
	length = fdar_format_u32(format, bytes + 16);
	if (set_packet(format, packet, number, captured, length, bytes + 20, size - 20) < 0)
		return -1;
	packet->epoch_ns =
		to_ns(&g_array_index(format->interfaces, struct fdar_interface, number), units);
	return 1;
}

/* A simple packet is the first interface's, and has no time: it gets the one before it. */
static int read_simple(struct fdar_format *format, struct fdar_packet *packet, const uint8_t *bytes,
		       uint32_t size)
{
	uint32_t length, captured, snaplen = 0;

	if (size < 4)
		return fdar_format_fail(format, "a packet's block of %u bytes", size);
	length = fdar_format_u32(format, bytes);
	if (format->interfaces->len)
		snaplen = g_array_index(format->interfaces, struct fdar_interface, 0).snaplen;
	captured = MIN(length, size - 4);
	if (snaplen)
		captured = MIN(captured, snaplen);
	packet->epoch_ns = format->last_ns;
	return set_packet(format, packet, 0, captured, length, bytes + 4, size - 4);
}

/* A section's header: which byte order, and no interface yet. */
static int begin_section(struct fdar_format *format)
{
	const uint8_t *bytes;
	uint32_t order;
	size_t got;

	bytes = fdar_stream_peek(format->stream, BLOCK_MIN, &got);
	if (got < BLOCK_MIN)
		return fdar_format_fail(format, "the file ends within a block's header");
	memcpy(&order, bytes + BLOCK_HEADER, sizeof(order));
	if (order != ORDER_MAGIC && order != GUINT32_SWAP_LE_BE(ORDER_MAGIC))
		return fdar_format_fail(format, "a section without a byte order");
	format->swapped = order != ORDER_MAGIC;
	format->interfaces_before += format->interfaces->len;
	g_array_set_size(format->interfaces, 0);
	return 1;
}

/* Whether a block of this type is looked into. */
static gboolean is_read(uint32_t type)
{
	return type == BLOCK_INTERFACE || type == BLOCK_PACKET || type == BLOCK_SIMPLE ||
	       type == BLOCK_ENHANCED || type == BLOCK_SECRETS;
}

/* The block at hand, whole: 1 and what is between its two lengths; 0 when it was passed over. */
static int take_block(struct fdar_format *format, uint32_t type, uint32_t length,
		      const uint8_t **bytes)
{
	size_t got;

	if (length < BLOCK_MIN || length % 4)
		return fdar_format_fail(format, "a block of %u bytes", length);
	if (!is_read(type)) {
		if (!fdar_stream_skip(format->stream, length))
			return fdar_format_fail(format, "the file ends within a block");
		return 0;
	}
	if (length > FDAR_FORMAT_BLOCK_MAX)
		return fdar_format_fail(format,
					"a block of %u bytes, more than the %u that are read",
					length, FDAR_FORMAT_BLOCK_MAX);
	*bytes = fdar_stream_peek(format->stream, length, &got);
	if (got < length)
		return fdar_format_fail(format, "the file ends within a block");
	if (fdar_format_u32(format, *bytes + length - 4) != length)
		return fdar_format_fail(format, "a block of %u bytes that ends as one of %u",
					length, fdar_format_u32(format, *bytes + length - 4));
	*bytes += BLOCK_HEADER;
	fdar_stream_pass(format->stream, length);
	return 1;
}

/* 1: a packet; 0: another block was read; -1: damaged. */
static int read_block(struct fdar_format *format, uint32_t type, uint32_t length,
		      struct fdar_packet *packet)
{
	const uint8_t *bytes = NULL;
	int status = take_block(format, type, length, &bytes);
	uint32_t size = length - BLOCK_MIN;

	if (status < 1)
		return status;
	switch (type) {
	case BLOCK_INTERFACE:
		return read_interface(format, bytes, size) < 0 ? -1 : 0;
	case BLOCK_SECRETS:
		read_secrets(format, bytes, size);
		return 0;
	case BLOCK_SIMPLE:
		return read_simple(format, packet, bytes, size);
	default:
		return read_timed(format, packet, bytes, size, type == BLOCK_PACKET);
	}
}

int fdar_pcapng_read(struct fdar_format *format, struct fdar_packet *packet)
{
	for (;;) {
		const uint8_t *bytes;
		uint32_t type;
		size_t got;
		int status;

		packet->offset = fdar_stream_offset(format->stream);
		bytes = fdar_stream_peek(format->stream, BLOCK_HEADER, &got);
		if (got == 0)
			return 0;
		if (got < BLOCK_HEADER)
			return fdar_format_fail(format, "the file ends within a block's header");
		type = fdar_format_u32(format, bytes);
		if (type == BLOCK_SECTION && begin_section(format) < 0)
			return -1;
		bytes = fdar_stream_peek(format->stream, BLOCK_HEADER, &got);
		status = read_block(format, type, fdar_format_u32(format, bytes + 4), packet);
		if (status != 0)
			return status;
	}
}
