/*
 * Fuzzing the metadata of CTF traces: any bytes as the file, through unpacking, parsing and
 * compiling. What was compiled is run, over nothing and over a few bytes.
 */
#include <glib.h>

#include "pipeline/metadata/ctf_metadata.h"
#include "pipeline/ctf/ctf_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct fdar_ctf_program *program)
{
	static const uint8_t bytes[64] = { 1, 2, 3, 0, 5, 0xff, 0x80, 0, 0, 0, 2, 0, 0, 0, 7 };
	static struct fdar_ctf_frame frame;

	for (uint64_t end = 0; end <= sizeof(bytes) * 8; end += 129) {
		struct fdar_ctf_cursor cursor = { .bytes = bytes, .end = end };

		fdar_ctf_run(program, &cursor, &frame);
	}
}

static void run_all(const struct fdar_ctf_plan *plan)
{
	run(&plan->packet_header);
	for (guint i = 0; i < plan->streams->len; i++) {
		const struct fdar_ctf_stream_plan *stream = g_ptr_array_index(plan->streams, i);

		run(&stream->packet_context);
		run(&stream->event_header);
		for (guint event = 0; event < stream->classes->len; event++) {
			const struct fdar_ctf_class *class =
				g_ptr_array_index(stream->classes, event);

			run(&class->program);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GString *text = fdar_ctf_metadata_unpack((const char *)data, size, "metadata", NULL, NULL);
	struct fdar_ctf_plan *plan = text ? fdar_ctf_plan_new(text->str, text->len, NULL) : NULL;

	if (plan)
		run_all(plan);
	fdar_ctf_plan_free(plan);
	if (text)
		g_string_free(text, TRUE);
	return 0;
}
