/*
 * Fuzzing the reading along of TLS: any bytes as records of both ways, cut and lost as the input says,
 * with the secrets of a key log that the input may have in front.
 *
 * Input: a byte for the size of the key log in units of 16 bytes, the key log, then steps: a byte with way
 * (bit 0), loss (bit 1) and size (the rest, times four), and so many bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay/tls/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
	uint64_t bytes[2];
	volatile uint8_t sum;
};

static void on_data(void *user, unsigned way, const uint8_t *bytes, size_t size)
{
	struct heard *heard = user;

	heard->bytes[way] += size;
	for (size_t i = 0; i < size; i++)
		heard->sum = (uint8_t)(heard->sum + bytes[i]);
}

static void on_missing(void *user, unsigned way, size_t size)
{
	(void)user;
	(void)way;
	(void)size;
}

static void on_ended(void *user, unsigned way)
{
	(void)user;
	(void)way;
}

static void on_refused(void *user)
{
	((struct heard *)user)->bytes[0] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fdar_tls_ops ops = { on_data, on_missing, on_ended, on_refused };
	struct fdar_tls_keys *keys = fdar_tls_keys_new();
	struct heard heard = { { 0 }, 0 };
	uint64_t fed[2] = { 0 };
	struct fdar_tls *tls;
	size_t log = size ? MIN((size_t)data[0] * 16, size - 1) : 0;

	if (size)
		fdar_tls_keys_add(keys, (const char *)data + 1, log);
	tls = fdar_tls_new(keys, &ops, &heard);
	for (size_t at = 1 + log; at < size;) {
		unsigned way = data[at] & 1, lost = data[at] & 2;
		size_t part = MIN((size_t)(data[at] >> 2) * 4 + 1, size - at - 1);

		at++;
		if (lost)
			fdar_tls_gap(tls, way, part);
		else
			fdar_tls_feed(tls, way, data + at, part);
		fed[way] += part;
		at += part;
	}
	if (heard.bytes[0] > fed[0] || heard.bytes[1] > fed[1]) {
		fprintf(stderr, "more content than bytes\n");
		abort();
	}
	fdar_tls_free(tls);
	fdar_tls_keys_free(keys);
	return 0;
}
