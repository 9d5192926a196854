/*
 * For fuzz targets: runs all programs of a plan over bytes, as far as they go.
 */
#ifndef FDAR_TESTS_FUZZ_RUN_PLAN_H
#define FDAR_TESTS_FUZZ_RUN_PLAN_H

#include "pipeline/ctf/ctf_plan.h"

/* Cut at several places, so that each end is met. */
static inline void run_program(const struct fdar_ctf_program *program, const uint8_t *bytes,
			       uint64_t bits)
{
	static struct fdar_ctf_frame frame;

	for (uint64_t end = 0; end <= bits; end += 129) {
		struct fdar_ctf_cursor cursor = { .bytes = bytes, .end = end };

		fdar_ctf_run(program, &cursor, &frame);
	}
}

static inline void run_plan(const struct fdar_ctf_plan *plan, const uint8_t *bytes, uint64_t bits)
{
	run_program(&plan->packet_header, bytes, bits);
	for (guint i = 0; i < plan->streams->len; i++) {
		const struct fdar_ctf_stream_plan *stream = g_ptr_array_index(plan->streams, i);

		run_program(&stream->packet_context, bytes, bits);
		run_program(&stream->event_header, bytes, bits);
		for (guint event = 0; event < stream->classes->len; event++) {
			const struct fdar_ctf_class *class =
				g_ptr_array_index(stream->classes, event);

			run_program(&class->program, bytes, bits);
		}
	}
}

#endif
