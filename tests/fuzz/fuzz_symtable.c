/* Fuzzing symbols/BUILD-ID.txt, and what nm prints: any bytes as the file, read as both, and an address looked
 * up for each 8 of them. */
#include <string.h>

#include "pipeline/elf/symtable.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(struct fdar_symtable *table, const uint8_t *data, size_t size)
{
	for (size_t at = 0; table && at + 8 <= size; at += 8) {
		uint64_t offset;
		const struct fdar_symtable_row *row;

		memcpy(&offset, data + at, sizeof(offset));
		row = fdar_symtable_find(table, offset);
		check(!row || (row->offset <= offset && row->name), "what is found lies before");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *path = scratch_file("symbols.txt", data, size);
	g_autoptr(GError) error = NULL, listing_error = NULL;
	struct fdar_symtable *table = fdar_symtable_load(path, &error);
	struct fdar_symtable *listing = fdar_symtable_load_listing(path, &listing_error);

	check(table || error, "a refusal says why");
	check(listing || listing_error, "a refusal says why");
	look_up(table, data, size);
	look_up(listing, data, size);
	fdar_symtable_free(table);
	fdar_symtable_free(listing);
	return 0;
}
