/* Fuzzing what a fed server reads: any bytes, step by step to their end, or to where they are refused. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "instrument/feed/next.h"
#include "instrument/feed/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static jmp_buf refused;

/* In the place of next.c's, which ends the process. */
void fdar_feed_refuse(const char *format, ...)
{
	(void)format;
	longjmp(refused, 1);
}

static void read_steps(void)
{
	const struct fdar_feed_step *step;
	uint64_t steps = 0, sum = 0;

	while ((step = fdar_feed_step())) {
		const uint8_t *bytes = fdar_feed_bytes();

		if (step->connection >= fdar_feed_header()->connections)
			abort();
		for (uint32_t i = 0; i < step->length; i++)
			sum += bytes[i];
		fdar_feed_advance();
		steps++;
	}
	if (steps != fdar_feed_header()->steps || fdar_feed_done() != steps || sum == UINT64_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1); /* at a multiple of 8, as a mapped file is */

	if (!bytes)
		abort();
	if (size)
		memcpy(bytes, data, size);
	if (!setjmp(refused)) {
		fdar_feed_open(bytes, size);
		read_steps();
	}
	free(bytes);
	return 0;
}
