/* Fuzzing the map of generated code: in two pieces, cut where the first byte says; what is named afterwards has
 * a name, and both ways of cutting it say the same. */
#include <string.h>

#include "pipeline/samples/jit_map.h"
#include "tests/fuzz/scratch.h"

#define NOBODY 0x7fffffff /* no process has this number */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdar_jit_map *whole, *pieces;
	struct fdar_jit_map_pool *pool;
	const char *text = (const char *)data + 1;
	size_t cut;

	if (!size)
		return 0;
	size--;
	cut = MIN(data[0], size);
	pool = fdar_jit_map_pool_new();
	whole = fdar_jit_map_new(pool, NOBODY, NOBODY, NULL);
	pieces = fdar_jit_map_new(pool, NOBODY, NOBODY, whole);
	fdar_jit_map_add(whole, text, size);
	fdar_jit_map_add(pieces, text, cut);
	fdar_jit_map_add(pieces, text + cut, size - cut);
	for (uint64_t address = 0; address < 0x120; address++) {
		const char *name = fdar_jit_map_name(whole, address);
		const char *again = fdar_jit_map_name(pieces, address);

		check(!name || (*name && strlen(name) < FDAR_JIT_MAP_LINE_MAX),
		      "a name is one, and bounded");
		check(g_strcmp0(name, again) == 0, "pieces are the whole");
	}
	fdar_jit_map_unref(pieces);
	fdar_jit_map_unref(whole);
	fdar_jit_map_pool_free(pool);
	return 0;
}
