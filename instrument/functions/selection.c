#include "functions/selection.h"

static const uint32_t always = 1;

const struct fdar_selection_table *fdar_selection_table;
const uint32_t *fdar_selection_recording = &always;
uint32_t fdar_selection_stranger;

uint32_t fdar_selection_module_find(const struct fdar_selection_table *table, uintptr_t address)
{
	uint32_t low = 0, high = table->length;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (address - table->modules[middle].low < table->modules[middle].bytes)
			return middle;
		if (address < table->modules[middle].low)
			high = middle;
		else
			low = middle + 1;
	}
	return table->length;
}
