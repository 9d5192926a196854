/*
 * What the unwinder and its worker say to each other: a message a question, one an answer, always.
 *
 * Place in the house: between unwinder.c and unwinder_worker.c only.
 */
#ifndef FDAR_PIPELINE_SAMPLES_UNWINDER_WIRE_H
#define FDAR_PIPELINE_SAMPLES_UNWINDER_WIRE_H

#include <stdint.h>

#include "pipeline/samples/modules.h"

#define FDAR_UNWINDER_BYTES_MAX FDAR_PERF_STACK_BYTES /* of a stack, or a path's */

enum fdar_unwinder_word {
	FDAR_UNWINDER_MAP, /* with a descriptor; bytes: the path; answered by nothing but that */
	FDAR_UNWINDER_DROP,
	FDAR_UNWINDER_UNWIND, /* bytes: the stack's */
	FDAR_UNWINDER_FUNCTION
};

/* Only the bytes that there are go along. */
struct fdar_unwinder_question {
	uint32_t word, space;
	uint32_t file; /* its number */
	uint32_t length;
	uint64_t start, end, page_offset;
	uint64_t address;
	uint64_t registers[FDAR_PERF_REGISTERS];
	uint8_t bytes[FDAR_UNWINDER_BYTES_MAX];
};

struct fdar_unwinder_answer {
	uint32_t fine; /* 0: there is none */
	uint32_t cut, count;
	uint32_t pad;
	union {
		uint64_t address[FDAR_SAMPLES_DEPTH_MAX];
		struct fdar_modules_function function;
	};
};

/* In the worker: until the other side closes. */
void fdar_unwinder_serve(int socket, volatile uint32_t *suspect);

#endif
