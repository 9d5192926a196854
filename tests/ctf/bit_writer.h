/*
 * Writes fields of CTF 1.8 bit by bit, for tests: by the letter of sections 4.1.5 and 4.1.2, and in
 * no way like the decoder reads them.
 */
#ifndef FDAR_TESTS_CTF_BIT_WRITER_H
#define FDAR_TESTS_CTF_BIT_WRITER_H

#include <glib.h>
#include <stdint.h>

struct bit_writer {
	GByteArray *bytes;
	guint start; /* byte at which the packet starts: alignment counts from there */
	guint64 at;  /* bits from there */
};

void bit_writer_init(struct bit_writer *writer);
void bit_writer_clear(struct bit_writer *writer);

/* Starts a packet at the end of what there is, which is filled up to a byte. */
void bit_writer_packet(struct bit_writer *writer);

void bit_writer_align(struct bit_writer *writer, unsigned bits);
void bit_writer_int(struct bit_writer *writer, uint64_t value, unsigned size, gboolean big);
void bit_writer_string(struct bit_writer *writer, const char *text);

/* Writes over bits that were written before, from bit at of the packet on. */
void bit_writer_patch(struct bit_writer *writer, guint64 at, uint64_t value, unsigned size,
		      gboolean big);

#endif
