#include "tests/ctf/bit_writer.h"

void bit_writer_init(struct bit_writer *writer)
{
	*writer = (struct bit_writer){ .bytes = g_byte_array_new() };
}

void bit_writer_clear(struct bit_writer *writer)
{
	g_byte_array_unref(writer->bytes);
}

void bit_writer_packet(struct bit_writer *writer)
{
	writer->start = writer->bytes->len;
	writer->at = 0;
}

/* What is skipped is zero. */
static void extend(struct bit_writer *writer, guint64 bits)
{
	const guint8 zero = 0;

	while (writer->bytes->len < writer->start + (bits + 7) / 8)
		g_byte_array_append(writer->bytes, &zero, 1);
}

static void put_bit(struct bit_writer *writer, guint64 at, gboolean bit, gboolean big)
{
	guint64 byte = writer->start + at / 8;
	unsigned shift = (unsigned)(big ? 7 - at % 8 : at % 8);

	extend(writer, at + 1);
	writer->bytes->data[byte] =
		(guint8)((writer->bytes->data[byte] & ~(1u << shift)) | (bit ? 1u << shift : 0));
}

void bit_writer_patch(struct bit_writer *writer, guint64 at, uint64_t value, unsigned size,
		      gboolean big)
{
	for (unsigned i = 0; i < size; i++) {
		unsigned bit = big ? size - 1 - i : i;

		put_bit(writer, at + i, (value >> bit & 1) != 0, big);
	}
}

void bit_writer_int(struct bit_writer *writer, uint64_t value, unsigned size, gboolean big)
{
	bit_writer_patch(writer, writer->at, value, size, big);
	writer->at += size;
}

void bit_writer_align(struct bit_writer *writer, unsigned bits)
{
	writer->at = (writer->at + bits - 1) / bits * bits;
	extend(writer, writer->at);
}

void bit_writer_string(struct bit_writer *writer, const char *text)
{
	do
		bit_writer_int(writer, (guint8)*text, 8, FALSE);
	while (*text++);
}
