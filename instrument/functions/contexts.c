/*
 * Coroutines that libc switches: swapcontext() and setcontext() of libflowdar-functions.so.
 *
 * Place in the house: stands before the C library's, and calls it; what is open on the stacks is elsewhere.h's. A
 * switch comes back in this frame, which stays on the coroutine's stack, maybe in another thread, so nothing of the
 * thread is kept over it. makecontext() says where a coroutine's stack is, in what is switched to. What ends
 * by uc_link comes back here, too, in whom it links to.
 */
#define FDAR_SHOWN __attribute__((visibility("default")))

#include <dlfcn.h>
#include <errno.h>
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

int swapcontext(ucontext_t *from, const ucontext_t *to)
{
	swap_fn next = __atomic_load_n(&real_swap, __ATOMIC_RELAXED);
	uint32_t open = fdar_elsewhere_open(), count;
	struct fdar_kept *kept;
	int result;

	if (!next) {
		find();
		next = __atomic_load_n(&real_swap, __ATOMIC_RELAXED);
	}
	if (!next) {
		errno = ENOSYS;
		return -1;
	}
	open = open < FDAR_KEPT_MAX ? open : FDAR_KEPT_MAX;
	kept = __builtin_alloca((open + 1) * sizeof(*kept));
	count = fdar_elsewhere_switch(kept, open, (uintptr_t)to->uc_stack.ss_sp,
				      to->uc_stack.ss_size);
	result = next(from, to);
	fdar_elsewhere_resume(kept, count, (uintptr_t)from->uc_stack.ss_sp, from->uc_stack.ss_size);
	return result;
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
	fdar_elsewhere_switch(NULL, 0, (uintptr_t)to->uc_stack.ss_sp, to->uc_stack.ss_size);
	return next(to);
}
