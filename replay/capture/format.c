#include "replay/capture/format.h"

#include <pcap/pcap.h>
#include <string.h>

#define PCAP_HEADER   24u
#define RECORD        16u
#define RECORD_LONGER 24u /* with the interface and protocol, as some kernels' patches wrote it */
#define SECTION_BLOCK 0x0a0d0d0au
#define NS_PER_S      ((uint64_t)1000000000)

/* Finds byte order and units by the magic number. */
static gboolean read_magic(struct fdar_format *format, const uint8_t *bytes)
{
	static const struct {
		uint32_t magic;
		gboolean nanoseconds;
		uint32_t record_bytes;
	} kinds[] = { { 0xa1b2c3d4, FALSE, RECORD },
		      { 0xa1b23c4d, TRUE, RECORD },
		      { 0xa1b2cd34, FALSE, RECORD_LONGER } };
	uint32_t magic;

	memcpy(&magic, bytes, sizeof(magic));
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		format->swapped = magic == GUINT32_SWAP_LE_BE(kinds[i].magic);
		format->nanoseconds = kinds[i].nanoseconds;
		format->record_bytes = kinds[i].record_bytes;
		if (format->swapped || magic == kinds[i].magic)
			return TRUE;
	}
	return FALSE;
}

/* What files that are no capture of ours often are, by their first bytes, and what helps. */
static const char *other_kind(const uint8_t *bytes)
{
	static const struct {
		const char *first;
		size_t size;
		const char *is;
	} kinds[] = {
		{ "\xfd\x37zXZ", 5, "xz: unpack it, or give it as - behind xz -dc" },
		{ "BZh", 3, "bzip2: unpack it, or give it as - behind bzip2 -dc" },
		{ "\x04\x22\x4d\x18", 4, "lz4: unpack it, or give it as - behind lz4 -dc" },
		{ "PK\x03\x04", 4, "zip: unpack it, or give it as - behind unzip -p" },
		{ "snoop", 6, "snoop's format: make a pcap of it with editcap -F pcap" },
		{ "GMBU", 4, "Network Monitor's format: make a pcap of it with editcap -F pcap" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (memcmp(bytes, kinds[i].first, kinds[i].size) == 0)
			return kinds[i].is;
	return "unknown file format";
}

gboolean fdar_format_init(struct fdar_format *format, struct fdar_stream *stream,
			  const char **problem)
{
	struct fdar_interface interface = { 0 };
	const uint8_t *bytes;
	uint32_t magic = 0;
	size_t got;

	*format = (struct fdar_format){ .stream = stream, .first_link = -1 };
	format->interfaces = g_array_new(FALSE, FALSE, sizeof(struct fdar_interface));
	format->secrets = g_string_new(NULL);
	bytes = fdar_stream_peek(stream, PCAP_HEADER, &got);
	if (bytes)
		memcpy(&magic, bytes, MIN(got, sizeof(magic)));
	*problem = "the file is too short for one";
	format->pcapng = magic == SECTION_BLOCK;
	if (got < PCAP_HEADER)
		return FALSE;
	if (format->pcapng)
		return TRUE;
	*problem = other_kind(bytes);
	if (!read_magic(format, bytes))
		return FALSE;
	*problem = "a version of the format that nobody knows";
	if (fdar_format_u16(format, bytes + 4) != 2)
		return FALSE;
	interface.link = fdar_format_link(fdar_format_u32(format, bytes + 20));
	g_array_append_val(format->interfaces, interface);
	format->first_link = interface.link;
	fdar_stream_pass(stream, PCAP_HEADER);
	return TRUE;
}

static int read_pcap(struct fdar_format *format, struct fdar_packet *packet)
{
	uint32_t captured, length, fraction;
	const uint8_t *bytes;
	size_t got;

	packet->offset = fdar_stream_offset(format->stream);
	bytes = fdar_stream_peek(format->stream, format->record_bytes, &got);
	if (got == 0)
		return 0;
	if (got < format->record_bytes)
		return fdar_format_fail(format, "the file ends within a packet's header");
	fraction = fdar_format_u32(format, bytes + 4);
	captured = fdar_format_u32(format, bytes + 8);
	length = fdar_format_u32(format, bytes + 12);
	if (captured > FDAR_FORMAT_PACKET_MAX)
		return fdar_format_fail(format,
					"a packet of %u bytes, more than the %u that are read",
					captured, FDAR_FORMAT_PACKET_MAX);
	packet->epoch_ns = fdar_format_u32(format, bytes) * NS_PER_S +
			   MIN(fraction * (uint64_t)(format->nanoseconds ? 1 : 1000), NS_PER_S - 1);
	bytes = fdar_stream_peek(format->stream, format->record_bytes + captured, &got);
	if (got < format->record_bytes + captured)
		return fdar_format_fail(format, "the file ends within a packet");
	fdar_stream_pass(format->stream, format->record_bytes + captured);
	packet->bytes = bytes + format->record_bytes;
	packet->captured = captured;
	packet->length = MAX(length, captured);
	packet->interface = 0;
	packet->link = (uint16_t)format->first_link;
	return 1;
}

int fdar_format_read(struct fdar_format *format, struct fdar_packet *packet)
{
	int status = format->pcapng ? fdar_pcapng_read(format, packet) : read_pcap(format, packet);

	if (status < 1)
		return status;
	format->last_ns = packet->epoch_ns;
	/* The two are decoded alike, and 0 stands for no type of its own. */
	if (packet->link == DLT_NULL)
		packet->link = DLT_LOOP;
	return 1;
}

void fdar_format_clear(struct fdar_format *format)
{
	g_clear_pointer(&format->interfaces, g_array_unref);
	if (format->secrets)
		g_string_free(format->secrets, TRUE);
	g_free(format->problem);
}
