/* Fuzzing the search table of .eh_frame_hdr, which is a stranger's: the first 8 bytes are the address that is
 * asked for, the rest is the table, with the head that is known when the lowest bit of the first is set. */
#include <string.h>

#include "pipeline/elf/fde.h"
#include "tests/fuzz/scratch.h"

#define TABLE_ADDRESS 0x400000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t head[] = { 1, 0x1b, 0x03, 0x3b };
	uint64_t address, start = 0, again = 0, frame = 0, frame_again = 0;
	uint8_t *table;
	gboolean found;

	if (size <= sizeof(address))
		return 0;
	memcpy(&address, data, sizeof(address));
	size -= sizeof(address);
	table = g_memdup2(data + sizeof(address), size);
	if (data[0] & 1)
		memcpy(table, head, MIN(sizeof(head), size));
	found = fdar_fde_find(table, size, TABLE_ADDRESS, address, &start, &frame);
	check(found == fdar_fde_find(table, size, TABLE_ADDRESS, address, &again, &frame_again) &&
		      start == again && frame == frame_again,
	      "asked again it says the same");
	/* A table out of order finds another function, but never one that begins behind the address. */
	check(!found || (int64_t)(start - TABLE_ADDRESS) <= (int64_t)(address - TABLE_ADDRESS),
	      "what is found begins before");
	g_free(table);
	return 0;
}
