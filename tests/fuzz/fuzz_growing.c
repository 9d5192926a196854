/* Fuzzing metadata that grows while the drain copies it: any bytes, come in pieces of the first byte's
 * length. What was copied is a beginning of what came, whatever it is. */
#include <pthread.h>
#include <string.h>

#include "pipeline/drain/drain_meta.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const uint8_t *data, size_t size)
{
	g_autofree char *path = g_build_filename(scratch(), "to", "metadata", NULL);
	g_autofree char *copy = NULL;
	gsize length = 0;

	if (!g_file_get_contents(path, &copy, &length, NULL))
		return;
	check(length <= size && memcmp(copy, data, length) == 0, "a beginning of what came");
	g_remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	g_autofree char *to = g_build_filename(scratch(), "to", NULL);
	struct fdar_drain_meta *meta;
	size_t step;

	if (!size)
		return 0;
	step = MAX((size_t)data[0] * 16, size / 8 + 1);
	g_mkdir_with_parents(to, 0700);
	meta = fdar_drain_meta_new(scratch(), to);
	for (size_t at = 1; at < size; at += step) {
		scratch_put("metadata", data + 1, MIN(at + step, size) - 1);
		fdar_drain_meta_look(meta, FALSE, &lock);
		fdar_drain_meta_save(meta, &lock, NULL);
	}
	fdar_drain_meta_look(meta, TRUE, &lock);
	fdar_drain_meta_save(meta, &lock, NULL);
	fdar_drain_meta_free(meta);
	compare(data + 1, size - 1);
	g_rmdir(to);
	return 0;
}
