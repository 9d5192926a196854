/*
 * Whether a thread was taken off the processor, and for how long: what does not run is not the server's
 * work, however much time passes.
 *
 * Place in the house: part of libflowdar.so. Each event of a thread asks (control.c), and each call that
 * libflowdar-functions.so sees; the answer is an off_cpu event before what comes next.
 *
 * How. The kernel clears a thread's pointer to the restartable sequence that it is in (rseq(2)) whenever
 * the thread goes off the processor outside of it. So a pointer to a sequence that no thread ever is in
 * stays as long as the thread stays on: to ask is a load and a comparison. Only if it is gone, the thread's
 * processor time is read, and compared with the time that passed. glibc has registered the area since
 * 2.35; a library of the server's that uses it for sequences of its own makes us ask the clock too often,
 * and we are never in its way: its sequences hold no call.
 *
 * Where it does not work (an older C library, another kernel: it is tried once) nothing is told.
 * All is of the calling thread, safe in signal handlers, and keeps errno.
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_PROCESSOR_H
#define FDAR_INSTRUMENT_PROVIDER_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "provider/control.h"

struct fdar_processor {
	uint64_t armed;   /* what the word is while the thread stays on; 0: it cannot be known */
	intptr_t word_at; /* of the thread, from its thread pointer */
	uint32_t ended;   /* atomic: 1, flowdar_control_processor_end() was called */
};

/* Set once, when a recorder is met. */
extern FDAR_CONTROL_API struct fdar_processor flowdar_control_processor;

/* Tries whether it works here. Once or more often. */
void fdar_processor_begin(void);

/* From now on nobody is asked, in this process and those it forks: the server is about to forbid itself
 * system calls (locked_in.c). A child of vfork() has its parent's memory, which goes on: there it is as if
 * the thread had just been asked, and as the kernel knows no sequence of the child's, it stays so until
 * the parent is back, which the kernel sees to. */
FDAR_CONTROL_API void flowdar_control_processor_end(void);

/* Whether it was: who would make a system call that the server does not make itself leaves it. */
static inline bool fdar_processor_ended(void)
{
	return __atomic_load_n(&flowdar_control_processor.ended, __ATOMIC_RELAXED);
}

/* Has the thread been off the processor since it was asked last, or is that not known? */
static inline bool fdar_processor_switched(void)
{
	uint64_t armed = __atomic_load_n(&flowdar_control_processor.armed, __ATOMIC_RELAXED);
	const char *thread = __builtin_thread_pointer();

	return armed &&
	       *(const volatile uint64_t *)(thread + flowdar_control_processor.word_at) != armed;
}

/* For how long, and why (enum fdar_off_cpu); begins anew. 0: not worth a word, or not known. */
FDAR_CONTROL_API uint64_t flowdar_control_off_ns(unsigned *why);

/* Writes it; what is pending of the thread has been. */
FDAR_CONTROL_API void flowdar_control_off(uint64_t ns, unsigned why);

/* What was before does not count: the thread has another life, or has waited for us. */
void fdar_processor_restart(void);

/* Around a wait that is told: what it is off in there is known. */
void fdar_processor_wait(void);
void fdar_processor_waited(void);

/* Writes that this process tells, if it does. */
void fdar_processor_tell(void);

#endif
