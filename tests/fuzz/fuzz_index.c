/* Fuzzing LTTng's index files, as the drain follows them: any bytes, come in two pieces. */
#include "pipeline/drain/drain_index.h"
#include "tests/fuzz/scratch.h"

#define ENTRIES_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint read_all(struct fdar_drain_index *index, const char *path)
{
	struct fdar_drain_entry entry;
	guint n = 0;

	while (n < ENTRIES_MAX && fdar_drain_index_read(index, path, &entry))
		n++;
	check(n < ENTRIES_MAX, "a file has no more entries than bytes");
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdar_drain_index index;
	g_autofree char *path = scratch_file("index", data, size / 2), *whole = NULL;

	fdar_drain_index_init(&index);
	if (read_all(&index, path)) {
		fdar_drain_index_unread(&index);
		check(read_all(&index, path) == 1, "what was put back comes again");
	}
	whole = scratch_file("index", data, size);
	read_all(&index, path);
	fdar_drain_index_memory(&index);
	fdar_drain_index_close(&index);
	return 0;
}
