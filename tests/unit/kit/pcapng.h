/* pcapng files made by hand, for tests: sections, interfaces, packets. */
#ifndef FLOWDAR_TESTS_KIT_PCAPNG_H
#define FLOWDAR_TESTS_KIT_PCAPNG_H

#include "tests/unit/kit/packets.h"

G_GNUC_UNUSED static void ng_section(GByteArray *file, const struct file_style *style)
{
	put_native32(file, style, 0x0a0d0d0a);
	put_native32(file, style, 28);
	put_native32(file, style, 0x1a2b3c4d);
	put_native16(file, style, 1);
	put_native16(file, style, 0);
	put_native32(file, style, UINT32_MAX);
	put_native32(file, style, UINT32_MAX);
	put_native32(file, style, 28);
}

/* An interface with a time resolution and offset. */
G_GNUC_UNUSED static void ng_interface(GByteArray *file, const struct file_style *style,
				       unsigned link, uint32_t snaplen, unsigned resolution,
				       int32_t offset_s)
{
	uint64_t offset = (uint64_t)(int64_t)offset_s;
	gboolean high_first = (G_BYTE_ORDER == G_BIG_ENDIAN) != (style->swapped != 0);

	put_native32(file, style, 1);
	put_native32(file, style, 44);
	put_native16(file, style, link);
	put_native16(file, style, 0);
	put_native32(file, style, snaplen);
	put_native16(file, style, 9);
	put_native16(file, style, 1);
	put8(file, resolution);
	put_zeros(file, 3);
	put_native16(file, style, 14);
	put_native16(file, style, 8);
	put_native32(file, style, (uint32_t)(high_first ? offset >> 32 : offset));
	put_native32(file, style, (uint32_t)(high_first ? offset : offset >> 32));
	put_native32(file, style, 0);
	put_native32(file, style, 44);
}

/* A packet of an interface; takes the frame. */
G_GNUC_UNUSED static void ng_packet(GByteArray *file, const struct file_style *style,
				    uint32_t number, uint64_t units, GByteArray *frame)
{
	guint padding = (4 - frame->len % 4) % 4;

	put_native32(file, style, 6);
	put_native32(file, style, 32 + frame->len + padding);
	put_native32(file, style, number);
	put_native32(file, style, (uint32_t)(units >> 32));
	put_native32(file, style, (uint32_t)units);
	put_native32(file, style, frame->len);
	put_native32(file, style, frame->len);
	g_byte_array_append(file, frame->data, frame->len);
	put_zeros(file, padding);
	put_native32(file, style, 32 + frame->len + padding);
	g_byte_array_unref(frame);
}

#endif
