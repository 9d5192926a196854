/*
 * Samples: where the threads of a server were, so many times a second of processor time, with the
 * stacks that they had.
 *
 * Place in the house: made by the recorder (sampler.h), kept in the recording as the file "samples"
 * (docs/formats/samples.md), read by analyze/samples/. A sample belongs to nobody by itself: it has a
 * thread and a time, and the walk says whose work that was (analyze/walk/walk.h).
 *
 * Beside them are counts: page faults and moves to another processor of its threads, with thread and time,
 * where the kernel tells them: one by one where they are few, else one that stands for several.
 *
 * Stacks are a tree: a node is a function called from its parent's, so a stack is the number of its
 * innermost node. Node 0 is the root, without a function: the stack that nothing is known of. Parents
 * come before their children.
 *
 * The same function is one number wherever it is called from: it is the name and the binary, or, where
 * no symbol covers the code, the binary and the start of the function as its unwind table has it
 * ("nginx+0x69a00").
 */
#ifndef FDAR_PIPELINE_SAMPLES_SAMPLES_H
#define FDAR_PIPELINE_SAMPLES_SAMPLES_H

#include <glib.h>
#include <stdint.h>

#include "base/errors.h"

#define FDAR_SAMPLES_FILE          "samples"
#define FDAR_SAMPLES_FORMAT        1u
#define FDAR_SAMPLES_MAX           (1u << 22) /* samples; more are counted as left out */
#define FDAR_SAMPLES_COUNTS_MAX    (1u << 21) /* counts; more are counted as lost */
#define FDAR_SAMPLES_NODES_MAX     (1u << 20)
#define FDAR_SAMPLES_FUNCTIONS_MAX (1u << 18)
#define FDAR_SAMPLES_DEPTH_MAX     256u         /* functions of a stack, the innermost */
#define FDAR_SAMPLES_TEXT_MAX      512u         /* bytes of a name; the rest is cut */
#define FDAR_SAMPLES_BODY_MAX      (256u << 20) /* bytes of the file, unpacked */

enum fdar_sample_function_kind {
	FDAR_SAMPLE_NAMED,     /* a symbol covers it */
	FDAR_SAMPLE_UNNAMED,   /* start is all that is known of it; the name is made of that */
	FDAR_SAMPLE_GENERATED, /* code that is in no file */
	FDAR_SAMPLE_KERNEL,
	FDAR_SAMPLE_KINDS
};

/* Of a sample. */
enum {
	FDAR_SAMPLE_CUT = 1,     /* its outer functions are missing */
	FDAR_SAMPLE_SYSTEM = 2,  /* in the kernel */
	FDAR_SAMPLE_IN_CALL = 4, /* in a call that libflowdar-io tells of when it is over */
	FDAR_SAMPLE_PRICE = 8,   /* in what records: not the server's work */
	FDAR_SAMPLE_FLAGS = 15
};

/* What ticked. */
enum {
	FDAR_SAMPLES_PROCESSORS = 0, /* each of them: nothing is missing */
	FDAR_SAMPLES_THREADS = 1,    /* the server's, in its own code only: none where it was in
				      * the kernel, none of threads shorter than a period */
	FDAR_SAMPLES_TICKS =
		2 /* the server's, by timers of its own: what was done in the kernel is told
				* behind the call, without the kernel's functions */
};

/* What is counted. */
enum fdar_count_kind {
	FDAR_COUNT_FAULT,     /* page faults, with those that waited for a disk */
	FDAR_COUNT_MAJOR,     /* those alone */
	FDAR_COUNT_MIGRATION, /* it goes on on another processor */
	FDAR_COUNT_KINDS
};

struct fdar_sample_function {
	char *name;     /* as in the symbol table, C++ mangled; never empty */
	char *binary;   /* the last part of its path, "[kernel]"; "" for generated code */
	char *build_id; /* in hex; "" when there is none */
	uint64_t start; /* in the file's addresses; 0 when it is not known */
	uint8_t kind;   /* enum fdar_sample_function_kind */
};

struct fdar_sample_node {
	uint32_t parent;   /* less than its own number */
	uint32_t function; /* of node 0: without a meaning */
};

struct fdar_sample {
	uint64_t time_ns;  /* since the Unix epoch, by the trace's clock */
	uint32_t pid, tid; /* as the process itself sees them: those of the trace */
	uint32_t node;
	uint8_t flags;
};

struct fdar_count {
	uint64_t time_ns;  /* as a sample's */
	uint32_t pid, tid; /* likewise */
	uint32_t number; /* how many it stands for: those since the one before, on its processor */
	uint8_t kind;    /* enum fdar_count_kind */
};

struct fdar_samples {
	uint64_t period_ns; /* of processor time between two samples of a processor */
	uint64_t kernel;    /* 1: with the kernel's functions */
	uint64_t lost; /* samples, the server's or others', that found the kernel's buffer full */
	uint64_t left_out; /* of the server, that did not fit the bounds above */
	uint64_t
		tasks_lost; /* forks, ends and mappings of anybody, each of which may hide samples */
	uint64_t own;       /* FDAR_SAMPLES_PROCESSORS ... */
	uint64_t
		without; /* of FDAR_SAMPLES_TICKS: why some threads have none (FDAR_TICKS_NO_SIGNAL ...) */
	uint64_t
		throttled; /* of anybody, that the kernel's limit on samples did not let be taken: at least
			     * so many */
	uint64_t processors_changed; /* 1: some came or went meanwhile, and were not looked at */
	uint64_t counted;     /* 1: counts has what the server's threads did; 0: nobody counted */
	uint64_t counts_lost; /* counts, the server's or others', that were not written down */
	GArray *functions;    /* of struct fdar_sample_function; owns their texts */
	GArray *nodes;        /* of struct fdar_sample_node, node 0 is there */
	GArray *samples;      /* of struct fdar_sample; of a file: by time */
	GArray *counts;       /* of struct fdar_count; of a file: by time */
	GHashTable *function_ids, *node_ids; /* for adding; NULL in what was read from a file */
};

struct fdar_samples *fdar_samples_new(void);

/* The number of a function; it is added when it is new. Texts are copied, cut, and made fit to be shown.
 * G_MAXUINT32: there is no more room. */
uint32_t fdar_samples_function(struct fdar_samples *samples, enum fdar_sample_function_kind kind,
			       const char *name, const char *binary, const char *build_id,
			       uint64_t start);

/* The node of a function that is called in parent. The parent, when there is no more room. */
uint32_t fdar_samples_node(struct fdar_samples *samples, uint32_t parent, uint32_t function);

/* One more; counted as left out, when there is no more room. */
void fdar_samples_add(struct fdar_samples *samples, const struct fdar_sample *sample);

/* Likewise. */
void fdar_samples_count(struct fdar_samples *samples, const struct fdar_count *count);

/* What is not in it, or may hide what is not. */
static inline uint64_t fdar_samples_missing(const struct fdar_samples *samples)
{
	return samples->lost + samples->left_out + samples->tasks_lost + samples->throttled;
}

/* What its counts come to. */
struct fdar_counts_sum {
	uint64_t all[FDAR_COUNT_KINDS];
	uint64_t estimated; /* of all kinds: those of counts that stand for more than one */
};
void fdar_samples_sum(const struct fdar_samples *samples, struct fdar_counts_sum *sum);

/* Whether so many counts are missing, of whom is not known, that it matters: more than one in a hundred. */
gboolean fdar_samples_lack_counts(const struct fdar_samples *samples);

static inline const struct fdar_sample_function *fdar_samples_function_of(
	const struct fdar_samples *samples, uint32_t node)
{
	uint32_t function = g_array_index(samples->nodes, struct fdar_sample_node, node).function;

	return &g_array_index(samples->functions, struct fdar_sample_function, function);
}

/* Sorts the samples by time, and writes dir/samples: whole, or not at all. */
gboolean fdar_samples_save(struct fdar_samples *samples, const char *dir, GError **error);

/* Reads dir/samples. NULL and error (FDAR_SOURCE_ERROR_MISSING: there is none; _FORMAT: it is not one,
 * damaged, or of a later version). The message names the file, and what was expected. */
struct fdar_samples *fdar_samples_load(const char *dir, GError **error);

/* The same of bytes in memory; name is for messages. */
struct fdar_samples *fdar_samples_parse(const uint8_t *bytes, gsize length, const char *name,
					GError **error);

/* NULL is allowed. */
void fdar_samples_free(struct fdar_samples *samples);
typedef struct fdar_samples fdar_samples;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_samples, fdar_samples_free)

#endif
