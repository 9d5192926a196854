/*
 * Fuzzing the redaction of what sessions say: any bytes keep their length, and nothing of a word that is no
 * protocol's is left.
 *
 * Input: messages of up to 255 bytes, each behind a byte with its size.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/rewrite/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed = 1;
	struct fdar_redact *redact = fdar_redact_new(&seed);

	for (size_t at = 0; at < size;) {
		size_t part = MIN((size_t)data[at], size - at - 1);
		uint8_t *bytes = g_memdup2(data + at + 1, part);

		fdar_redact_bytes(redact, bytes, part);
		for (size_t i = 0; i < part; i++)
			if (bytes[i] > 0x80 && part < 5)
				abort(); /* too short for MySQL's headers */
		g_free(bytes);
		at += 1 + part;
	}
	fdar_redact_free(redact);
	return 0;
}
