/* Fuzzing what the kernel writes down of the machine's processes (perf_event_open(2)): any bytes as records that
 * follow each other. All that they are said to have lies in them, and is read. */
#include <string.h>

#include "pipeline/samples/perf.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sum; /* so that nothing of it is left out */

static void read_all(const uint8_t *at, uint64_t bytes)
{
	for (uint64_t i = 0; at && i < bytes; i++)
		sum += at[i];
}

static void look_at(const struct fdar_perf_record *record)
{
	uint64_t registers[FDAR_PERF_REGISTERS];

	if (record->kind == FDAR_PERF_MAPPED)
		sum += strlen(record->path);
	if (record->kind != FDAR_PERF_SAMPLE)
		return;
	read_all(record->chain, 8 * record->chain_count);
	read_all(record->stack, record->stack_bytes);
	check(record->stack || !record->stack_bytes, "what is not there is empty");
	if (!record->registers)
		return;
	fdar_perf_registers(record, registers);
	read_all((const uint8_t *)registers, sizeof(registers));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t lost = 0;
	gsize taken = 0;

	for (size_t at = 0; at < size; at += taken) {
		struct fdar_perf_record record;

		if (fdar_perf_parse(data + at, size - at, &record, &taken, &lost)) {
			/* Alone, so that the sanitizer sees what lies behind it. */
			uint8_t *alone = g_memdup2(data + at, taken);

			check(fdar_perf_parse(alone, taken, &record, &taken, &lost),
			      "a record is the same without what follows");
			look_at(&record);
			g_free(alone);
		}
		check(taken <= size - at, "a record ends where the bytes do");
		if (!taken)
			break;
	}
	return 0;
}
