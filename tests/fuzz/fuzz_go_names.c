/* Fuzzing the table of a Go program's functions: what is named begins before what was asked for. */
#include <string.h>

#include "pipeline/elf/go_names.h"
#include "tests/fuzz/scratch.h"

#define ASK_BYTES 16u /* where the text begins, and what is asked for */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t text, address, start = 0;
	g_autofree uint8_t *table = NULL;
	g_autofree char *name = NULL;

	if (size < ASK_BYTES)
		return 0;
	memcpy(&text, data, sizeof(text));
	memcpy(&address, data + sizeof(text), sizeof(address));
	table = g_memdup2(data + ASK_BYTES, size - ASK_BYTES);
	name = fdar_go_name_find(table, size - ASK_BYTES, text, address, &start);
	check(!name || *name, "a name is one");
	check(!name || start <= address, "it begins before");
	return 0;
}
