/*
 * The Internet checksum (RFC 1071) and how it changes when a field does (RFC 1624).
 *
 * Sums are of 16-bit words in the machine's own byte order, which the checksum does not mind; they
 * are kept in 64 bits and folded at the end. Taking a word out of a sum is adding its complement.
 */
#ifndef FDAR_REPLAY_CAPTURE_CHECKSUM_H
#define FDAR_REPLAY_CAPTURE_CHECKSUM_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "replay/capture/endpoint.h"

/* Adds size bytes; what comes next must start at an even offset, so an odd size ends the sum. */
static inline uint64_t fdar_checksum_add(uint64_t sum, const uint8_t *bytes, size_t size)
{
	for (; size >= 4; bytes += 4, size -= 4) {
		uint32_t word;

		memcpy(&word, bytes, 4);
		sum += word;
	}
	if (size) {
		uint32_t word = 0;

		memcpy(&word, bytes, size);
		sum += word;
	}
	return sum;
}

static inline uint32_t fdar_checksum_fold(uint64_t sum)
{
	sum = (sum >> 32) + (sum & 0xffffffffu);
	sum = (sum >> 32) + (sum & 0xffffffffu);
	sum = (sum >> 16) + (sum & 0xffffu);
	sum = (sum >> 16) + (sum & 0xffffu);
	sum = (sum >> 16) + (sum & 0xffffu);
	return (uint32_t)sum;
}

/* Takes size (even) bytes, which are in the sum, out of it again. */
static inline uint64_t fdar_checksum_remove(uint64_t sum, const uint8_t *bytes, size_t size)
{
	return sum + (0xffffu ^ fdar_checksum_fold(fdar_checksum_add(0, bytes, size)));
}

/* A number that the sum takes in network order, like the length and protocol of the pseudo-header.
 */
static inline uint64_t fdar_checksum_add_number(uint64_t sum, uint32_t number)
{
	return sum + GUINT32_TO_BE(number);
}

static inline size_t fdar_checksum_address_bytes(uint8_t family)
{
	return family == FDAR_FAMILY_IPV6 ? 16 : 4;
}

/* The bytes to store in the packet, as a word in the machine's order. */
static inline uint16_t fdar_checksum_of(uint64_t sum)
{
	return (uint16_t)(0xffffu ^ fdar_checksum_fold(sum));
}

#endif
