/*
 * Fuzzing the metadata of CTF traces: any bytes as the file, through unpacking, parsing and
 * compiling. What was compiled is run, over nothing and over a few bytes.
 */
#include <glib.h>

#include "pipeline/metadata/ctf_metadata.h"
#include "tests/fuzz/run_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t bytes[64] = { 1, 2, 3, 0, 5, 0xff, 0x80, 0, 0, 0, 2, 0, 0, 0, 7 };
	GString *text = fdar_ctf_metadata_unpack((const char *)data, size, "metadata", NULL, NULL);
	struct fdar_ctf_plan *plan = text ? fdar_ctf_plan_new(text->str, text->len, NULL) : NULL;

	if (plan)
		run_plan(plan, bytes, sizeof(bytes) * 8);
	fdar_ctf_plan_free(plan);
	if (text)
		g_string_free(text, TRUE);
	return 0;
}
