/*
 * Coroutines that libc switches: swapcontext() and setcontext() of libflowdar-functions.so.
 *
 * Place in the house: stands before the C library's, and calls it; what is open on the stacks is elsewhere.h's.
 * makecontext() says where a coroutine's stack is, in what is switched to.
 *
 * Where calls are kept, a switch comes back in a frame of ours, which stays on the coroutine's stack, maybe in another
 * thread, so nothing of the thread is kept over it. Elsewhere we are gone before the switch (a jump: built with
 * optimisation always), for a context may be gone on with more than once, as a scheduler's that was saved once.
 */
#define FDAR_SHOWN __attribute__((visibility("default")))

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "functions/elsewhere.h"

typedef int (*swap_fn)(ucontext_t *from, const ucontext_t *to);
typedef int (*set_fn)(const ucontext_t *to);

static swap_fn real_swap; /* atomic */
static set_fn real_set;   /* atomic */

/* NOLINTBEGIN(readability-redundant-declaration): libc's, but shown. */
FDAR_SHOWN int swapcontext(ucontext_t *from, const ucontext_t *to);
FDAR_SHOWN int setcontext(const ucontext_t *to);
/* NOLINTEND(readability-redundant-declaration) */

/* Before there are coroutines, whose stacks may be too small for it. */
__attribute__((constructor)) static void find(void)
{
	void *found = dlsym(RTLD_NEXT, "swapcontext");
	swap_fn swap;
	set_fn set;

	memcpy(&swap, &found, sizeof(swap));
	__atomic_store_n(&real_swap, swap, __ATOMIC_RELAXED);
	found = dlsym(RTLD_NEXT, "setcontext");
	memcpy(&set, &found, sizeof(set));
	__atomic_store_n(&real_set, set, __ATOMIC_RELAXED);
}

static bool stands_on_it(const ucontext_t *to)
{
#if defined(__x86_64__)
	uintptr_t stack = (uintptr_t)to->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	uintptr_t stack = (uintptr_t)to->uc_mcontext.sp;
#else
	uintptr_t stack = (uintptr_t)to->uc_stack.ss_sp;
#endif

	return stack - (uintptr_t)to->uc_stack.ss_sp < to->uc_stack.ss_size;
}

/* 0: not known. Only makecontext() is told of a stack: in what swapcontext() alone has filled in there is anything. */
static uintptr_t stack_bytes(const ucontext_t *to)
{
	return stands_on_it(to) ? to->uc_stack.ss_size : 0;
}

/* from may be another's by the time that this goes on. */
static __attribute__((noinline)) int swap_keeping(swap_fn next, uint32_t open, ucontext_t *from,
						  const ucontext_t *to)
{
	uintptr_t low = (uintptr_t)from->uc_stack.ss_sp, bytes = from->uc_stack.ss_size;
	uint32_t room = open < FDAR_KEPT_MAX ? open : FDAR_KEPT_MAX, count;
	struct fdar_kept *kept = __builtin_alloca(room * sizeof(*kept));
	int result;

	count = fdar_elsewhere_switch(kept, room, (uintptr_t)to->uc_stack.ss_sp, stack_bytes(to));
	result = next(from, to);
	fdar_elsewhere_resume(kept, count, low, bytes);
	return result;
}

int swapcontext(ucontext_t *from, const ucontext_t *to)
{
	swap_fn next = __atomic_load_n(&real_swap, __ATOMIC_RELAXED);
	uint32_t open = fdar_elsewhere_open();

	if (!next) {
		find();
		next = __atomic_load_n(&real_swap, __ATOMIC_RELAXED);
	}
	if (!next) {
		errno = ENOSYS;
		return -1;
	}
	if (open)
		return swap_keeping(next, open, from, to);
	fdar_elsewhere_switch(NULL, 0, (uintptr_t)to->uc_stack.ss_sp, stack_bytes(to));
	return next(from, to);
}

int setcontext(const ucontext_t *to)
{
	set_fn next = __atomic_load_n(&real_set, __ATOMIC_RELAXED);

	if (!next) {
		find();
		next = __atomic_load_n(&real_set, __ATOMIC_RELAXED);
	}
	if (!next) {
		errno = ENOSYS;
		return -1;
	}
	fdar_elsewhere_switch(NULL, 0, (uintptr_t)to->uc_stack.ss_sp, stack_bytes(to));
	return next(to);
}
