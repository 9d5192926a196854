#include "pipeline/bt/recovery_packets.h"

#include <string.h>

#define MARK_BYTES 20u /* magic and UUID */

static gboolean starts_packet(const char *bytes)
{
	static const unsigned char little[] = { 0xc1, 0x1f, 0xfc, 0xc1 };
	static const unsigned char big[] = { 0xc1, 0xfc, 0x1f, 0xc1 };

	return memcmp(bytes, little, 4) == 0 || memcmp(bytes, big, 4) == 0;
}

/* The last packet may be cut short within its mark. */
static void add_stump(GArray *packets, const char *bytes, gsize length)
{
	for (gsize stump = MIN(MARK_BYTES - 1, length - MARK_BYTES); stump; stump--) {
		goffset offset = (goffset)(length - stump);

		if (memcmp(bytes + offset, bytes, stump) != 0)
			continue;
		g_array_append_val(packets, offset);
		return;
	}
}

GArray *fdar_recovery_packets(const char *file)
{
	GArray *packets = g_array_new(FALSE, FALSE, sizeof(goffset));
	g_autoptr(GMappedFile) map = g_mapped_file_new(file, FALSE, NULL);
	const char *bytes = map ? g_mapped_file_get_contents(map) : NULL;
	gsize length = map ? g_mapped_file_get_length(map) : 0;
	gsize at = 0;

	if (!bytes || length < MARK_BYTES || !starts_packet(bytes))
		return packets;
	while (packets->len < FDAR_RECOVERY_PACKETS_MAX) {
		goffset offset = (goffset)at;
		const char *next;

		g_array_append_val(packets, offset);
		at += MARK_BYTES;
		next = at < length ? memmem(bytes + at, length - at, bytes, MARK_BYTES) : NULL;
		if (!next)
			break;
		at = (gsize)(next - bytes);
	}
	add_stump(packets, bytes, length);
	return packets;
}
