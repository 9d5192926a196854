/*
 * Fuzzing the metadata of CTF 2: any bytes up to the first NUL as the text behind its first separator,
 * what follows as the packet that its programs are run over.
 */
#include <glib.h>
#include <string.h>

#include "pipeline/ctf2/ctf2.h"
#include "tests/fuzz/run_plan.h"

#define PACKET_MAX 4096u /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t length = nul ? (size_t)(nul - data) : size;
	g_autofree char *text = g_malloc(length + 2);
	struct fdar_ctf_plan *plan;
	gsize whole;

	text[0] = '\x1e';
	memcpy(text + 1, data, length);
	text[length + 1] = '\0';
	plan = fdar_ctf_plan_new(text, length + 1, NULL);
	if (plan && nul)
		run_plan(plan, nul, MIN(size - length, PACKET_MAX) * 8);
	fdar_ctf_plan_free(plan);
	whole = fdar_ctf2_whole(text, length + 1);
	g_assert(whole <= length + 1);
	return 0;
}
