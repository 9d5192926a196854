/* Fuzzing stacks.json: any bytes as the file; what was read is written and read again. */
#include "pipeline/recording/stacks.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	struct fdar_stacks *stacks, *again;

	scratch_put(FDAR_STACKS_FILE, data, size);
	stacks = fdar_stacks_load(scratch(), &error);
	check(stacks || error, "a refusal says why");
	if (!stacks)
		return 0;
	check(stacks->threads->len <= FDAR_STACKS_THREADS_MAX, "the bound holds");
	check(fdar_stacks_save(stacks, scratch(), NULL), "what was read can be written");
	again = fdar_stacks_load(scratch(), NULL);
	check(again && again->threads->len == stacks->threads->len, "and read again, the same");
	fdar_stacks_free(again);
	fdar_stacks_free(stacks);
	return 0;
}
