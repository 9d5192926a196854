/* Fuzzing replay.jsonl: any bytes as the file. */
#include "analyze/profile/labels.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *path = scratch_file("replay.jsonl", data, size);
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_labels) labels = fdar_labels_load(path, &error);

	check(labels || error, "a refusal says why");
	if (!labels)
		return 0;
	check(fdar_labels_count(labels) > 0, "there is a label");
	fdar_labels_find(labels, "127.0.0.1:80", 5);
	fdar_labels_find(labels, "[::ffff:127.0.0.1]:80", UINT64_MAX);
	fdar_labels_find(labels, "", 0);
	return 0;
}
