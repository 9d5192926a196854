/*
 * Numbers in bytes: of any length up to 64 bits, at any bit, in both orders.
 *
 * Place in the house: inside pipeline/, under ctf_run.h. Nothing here checks bounds: whoever calls
 * has done it. CTF 1.8, section 4.1.5, says how bits are counted: from the lowest in little endian,
 * from the highest in big endian.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_BITS_H
#define FDAR_PIPELINE_CTF_CTF_BITS_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* size (1 to 64) bits from bit at of bytes, which hold at least at + size bits. */
static inline uint64_t fdar_ctf_bits_any(const uint8_t *bytes, uint64_t at, unsigned size,
					 gboolean big)
{
	uint64_t value = 0;
	unsigned done = 0;

	while (done < size) {
		unsigned from = (unsigned)(at % 8), take = MIN(8 - from, size - done);
		unsigned byte = bytes[at / 8], mask = (1u << take) - 1;

		if (big)
			value = value << take | (byte >> (8 - from - take) & mask);
		else
			value |= (uint64_t)(byte >> from & mask) << done;
		done += take;
		at += take;
	}
	return value;
}

/* 8, 16, 32 or 64 bits from a byte on. */
static inline uint64_t fdar_ctf_bits_bytes(const uint8_t *bytes, unsigned size, gboolean big)
{
	uint64_t wide;
	uint32_t word;
	uint16_t half;

	switch (size) {
	case 8:
		return *bytes;
	case 16:
		memcpy(&half, bytes, sizeof(half));
		return (uint16_t)(big ? GUINT16_FROM_BE(half) : GUINT16_FROM_LE(half));
	case 32:
		memcpy(&word, bytes, sizeof(word));
		return big ? GUINT32_FROM_BE(word) : GUINT32_FROM_LE(word);
	default:
		memcpy(&wide, bytes, sizeof(wide));
		return big ? GUINT64_FROM_BE(wide) : GUINT64_FROM_LE(wide);
	}
}

/* A value of size bits as one of 64 bits with the same sign. */
static inline uint64_t fdar_ctf_bits_extend(uint64_t value, unsigned size)
{
	uint64_t sign = UINT64_C(1) << (size - 1);

	return (value ^ sign) - sign;
}

/* The size (1 to 64) bits of value the other way round. */
static inline uint64_t fdar_ctf_bits_mirror(uint64_t value, unsigned size)
{
	uint64_t mirrored = 0;

	for (unsigned i = 0; i < size; i++, value >>= 1)
		mirrored = mirrored << 1 | (value & 1);
	return mirrored;
}

/* The clock after its low size bits were seen as value: it has wrapped at most once since. */
static inline uint64_t fdar_ctf_bits_clock(uint64_t clock, uint64_t value, unsigned size)
{
	uint64_t mask = UINT64_MAX >> (64 - size);

	return clock + ((value - clock) & mask);
}

#endif
