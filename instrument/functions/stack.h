/*
 * Where a thread's stack is.
 *
 * Place in the house: used by threads.c when a thread comes. Neither pthread_getattr_np() nor stdio
 * will do there: they take memory, and the thread may be inside malloc. Keeps errno, takes no memory.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_STACK_H
#define FDAR_INSTRUMENT_FUNCTIONS_STACK_H

#include <stdbool.h>
#include <stdint.h>

/* The calling thread's own stack, which is not the one it runs on when it came first in a coroutine
 * or on a signal stack. False: it cannot be told. */
bool fdar_stack_find(bool main_thread, uintptr_t *low, uintptr_t *high);

#endif
