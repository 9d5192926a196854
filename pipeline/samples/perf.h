/*
 * perf events: the kernel's clock on every processor, and what it writes down at each tick
 * (perf_event_open(2)).
 *
 * Place in the house: under intake.c. One event a processor, not one a thread: events of threads are
 * dear where threads switch often (a fifth of the processor at 99 Hz, and one switch a request), and
 * never tick in those that live shorter than a period. So what comes is of everybody on the machine: who
 * asks keeps what is the server's. Where the kernel forbids that, an ordinary user may have events of
 * what the calling thread starts, without the kernel's part.
 *
 * What is written down: at each tick the thread, the time (CLOCK_MONOTONIC), the kernel's call chain,
 * the registers of the program, and as much of its stack as FDAR_PERF_STACK_BYTES, but nothing where the
 * processor is idle; and in a buffer of their own, so that the two are counted apart when they are lost,
 * forks, ends, and what is mapped where.
 */
#ifndef FDAR_PIPELINE_SAMPLES_PERF_H
#define FDAR_PIPELINE_SAMPLES_PERF_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/samples/wiped.h"

#define FDAR_PERF_STACK_BYTES 8192u
#define FDAR_PERF_RING_PAGES  1024u /* a processor: five seconds of a busy one at 99 Hz */
#define FDAR_PERF_RING_FAST   8u    /* so many times as many from 200 Hz on */
#define FDAR_PERF_RING_LEAST  16u   /* where a user may not lock more memory */
#define FDAR_PERF_TASK_PAGES  256u  /* for what is mapped, forks and ends: some 10,000 of them */
#define FDAR_PERF_OWN_PAGES   2048u /* of ticks of own programs, all processors together */
#define FDAR_PERF_REGISTERS   17u /* rax, rdx, ...: in the order of DWARF, the last is where it was */

struct fdar_perf;

enum fdar_perf_kind {
	FDAR_PERF_SAMPLE,
	FDAR_PERF_FORK,   /* pid and tid came from parent */
	FDAR_PERF_EXIT,   /* of a thread */
	FDAR_PERF_EXEC,   /* of a process: its mappings are gone */
	FDAR_PERF_MAPPED, /* start to end are path, from page_offset on; executable */
	/* The kernel's limit (kernel.perf_event_max_sample_rate) is reached: event ticks no more, until it
	 * does again. They have no process. */
	FDAR_PERF_THROTTLED,
	FDAR_PERF_UNTHROTTLED,
	FDAR_PERF_COUNT /* of perf_counts.h */
};

/* One record; texts and bytes are the buffer's that it was parsed from. */
struct fdar_perf_record {
	enum fdar_perf_kind kind;
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint32_t pid, tid, parent;
	uint32_t outer;       /* FORK, of ticks.h: what its pid is here, 0: not known */
	uint32_t weight;      /* SAMPLE: how many it stands for */
	const uint8_t *chain; /* SAMPLE: the kernel's, u64 each, innermost first */
	uint64_t chain_count;
	const uint8_t
		*registers; /* SAMPLE: the kernel's order; NULL: it has none (a kernel thread) */
	const uint8_t *stack;
	uint64_t stack_bytes; /* those that could be copied */
	uint64_t start, end, page_offset, inode;
	const char *path;
	uint64_t event;  /* THROTTLED, UNTHROTTLED: its number */
	uint8_t count;   /* COUNT: what, enum fdar_count_kind */
	uint32_t number; /* COUNT: how many it stands for, at least one */
};

/* What perf_counts.h makes of the kernel's, which do not say by themselves what they count: type is a number that
 * no record of the kernel's has, and the kind. */
#define FDAR_PERF_RECORD_COUNT 0x10000u
struct fdar_perf_count_record {
	uint32_t type; /* as struct perf_event_header */
	uint16_t misc;
	uint16_t size;
	uint32_t pid, tid;
	uint64_t time_ns;
	uint64_t number;
};

/* The pages of a processor's buffer for ticks. */
static inline size_t fdar_perf_pages(unsigned hz)
{
	return FDAR_PERF_RING_PAGES * (hz < 200 ? 1 : FDAR_PERF_RING_FAST);
}

/* Opens it on every processor that is on line, ticking so many times a second. pages: a power of two; fewer,
 * on every processor alike, are taken where a user may not lock so many. may_own: what the calling thread
 * starts from here on is enough, where no more is permitted. NULL and error (G_IO_ERROR) that says what would
 * help. */
struct fdar_perf *fdar_perf_open(unsigned hz, size_t pages, gboolean may_own, GError **error);

/* Why it is of what the calling thread started, and of the programs' own code only: "the kernel does not ...".
 * NULL: it is of everybody. Static. */
const char *fdar_perf_own_why(const struct fdar_perf *perf);

/* No more ticks. */
void fdar_perf_stop(struct fdar_perf *perf);

/* Appends all records that are there to bytes, those of one processor after those of another: first the
 * ticks, then the rest. What it returns is where in bytes the rest begins. */
gsize fdar_perf_read(struct fdar_perf *perf, struct fdar_wiped *bytes);

/* How many found their buffer full so far, ticks and others, as the kernel counts them: to the last one.
 * FALSE: this kernel (before 6.0) does not, and only those lost before one that was not are told of. */
gboolean fdar_perf_lost(const struct fdar_perf *perf, uint64_t *ticks, uint64_t *others);

/* Whether other processors are on line now than when it was opened: those that came are not looked at. */
gboolean fdar_perf_processors_changed(const struct fdar_perf *perf);

/* The record that bytes begin with; *size: what it takes, 0 when these are no records. FALSE: it is of
 * no interest. *lost is added to. */
gboolean fdar_perf_parse(const uint8_t *bytes, gsize length, struct fdar_perf_record *record,
			 gsize *size, uint64_t *lost);

/* The registers in the order of DWARF. */
void fdar_perf_registers(const struct fdar_perf_record *sample,
			 uint64_t registers[FDAR_PERF_REGISTERS]);

/* NULL is allowed. */
void fdar_perf_close(struct fdar_perf *perf);

#endif
