/*
 * The binaries of an address space: stacks are unwound by their tables for exceptions (.eh_frame), and
 * addresses named by their symbols, through elfutils.
 *
 * Place in the house: behind unwinder.h, in its worker: elfutils was not made for hostile files. Unwinding goes in a
 * copy of the stack: the process goes on meanwhile, and may be gone.
 */
#ifndef FDAR_PIPELINE_SAMPLES_MODULES_H
#define FDAR_PIPELINE_SAMPLES_MODULES_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/samples/perf.h"
#include "pipeline/samples/samples.h"

#define FDAR_MODULES_ID_MAX 130u /* of a build id in hex, with its end */

/* What is mapped. */
struct fdar_modules_map {
	uint64_t start, end, page_offset;
	const char *path; /* its last part is its name */
};

/* To be unwound. */
struct fdar_space_stack {
	uint64_t registers[FDAR_PERF_REGISTERS];
	const uint8_t *bytes; /* of the stack, from rsp on */
	uint64_t length;
	/* What came of it: */
	uint64_t address[FDAR_SAMPLES_DEPTH_MAX]; /* inside of the call, of all but the innermost */
	guint count;
	gboolean cut; /* the outer ones are missing */
};

/* As fdar_samples_function() takes it. */
struct fdar_modules_function {
	enum fdar_sample_function_kind kind; /* NAMED or UNNAMED */
	uint64_t start;
	char name[FDAR_SAMPLES_TEXT_MAX + 1], binary[FDAR_SAMPLES_TEXT_MAX + 1];
	char build_id[FDAR_MODULES_ID_MAX];
};

struct fdar_modules;

/* suspect: holds the number of the file that is being read, for whoever sees us die of it. */
struct fdar_modules *fdar_modules_new(volatile uint32_t *suspect);
void fdar_modules_free(struct fdar_modules *modules);

/* Takes a file, and the descriptor with it. number: for suspect; not 0. */
void fdar_modules_map(struct fdar_modules *modules, const struct fdar_modules_map *map,
		      uint32_t number, int fd);

void fdar_modules_unwind(struct fdar_modules *modules, struct fdar_space_stack *stack);

/* FALSE: no file is there. */
gboolean fdar_modules_function(struct fdar_modules *modules, uint64_t address,
			       struct fdar_modules_function *function);

#endif
