/* Fuzzing the file of samples: with the first byte even the rest is the file, else what is packed in it. What
 * was read is written and read again. */
#include <string.h>
#include <zstd.h>

#include "pipeline/samples/samples.h"
#include "tests/fuzz/scratch.h"

#define HEAD_BYTES 20u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fdar_samples *parse_packed(const uint8_t *body, size_t size, GError **error)
{
	size_t room = ZSTD_compressBound(size);
	g_autofree uint8_t *file = g_malloc0(HEAD_BYTES + room);

	memcpy(file, "FDARSMPL\1", 9);
	for (int i = 0; i < 4; i++)
		file[12 + i] = (uint8_t)(size >> 8 * i);
	room = ZSTD_compress(file + HEAD_BYTES, room, body, size, 1);
	return fdar_samples_parse(file, HEAD_BYTES + room, "fuzz", error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_samples) samples = NULL, again = NULL;

	if (!size)
		return 0;
	samples = data[0] & 1 ? parse_packed(data + 1, size - 1, &error)
			      : fdar_samples_parse(data + 1, size - 1, "fuzz", &error);
	check(samples || error, "a refusal says why");
	if (!samples)
		return 0;
	for (guint i = 1; i < samples->nodes->len; i++)
		check(g_array_index(samples->nodes, struct fdar_sample_node, i).parent < i,
		      "parents come first");
	for (guint i = 0; i < samples->samples->len; i++)
		check(g_array_index(samples->samples, struct fdar_sample, i).node <
			      samples->nodes->len,
		      "nodes are there");
	check(fdar_samples_save(samples, scratch(), NULL), "what was read can be written");
	again = fdar_samples_load(scratch(), NULL);
	check(again && again->samples->len == samples->samples->len &&
		      again->nodes->len == samples->nodes->len &&
		      again->functions->len == samples->functions->len,
	      "and read again, the same");
	return 0;
}
