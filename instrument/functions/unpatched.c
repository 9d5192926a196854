/*
 * What the core asks of patching/ (returns.h, patch.h), for where that is not linked in: other processors,
 * tests of the core alone. Weak: patching's own take their place.
 */
#include "patching/patch.h"
#include "patching/returns.h"

#define WEAK __attribute__((weak))

WEAK const char fd_patch_return[1] = { 0 };
WEAK struct fd_returns *fd_returns_first;

WEAK void fd_returns_add(struct fd_returns *returns)
{
	returns->next = fd_returns_first;
	fd_returns_first = returns;
}

WEAK void fd_vectors_call(void (*function)(void *argument), void *argument)
{
	function(argument);
}

WEAK struct fd_patch *fd_patch_open(enum fd_patch_status *status)
{
	*status = FD_PATCH_NO_PROCESSOR;
	return NULL;
}

WEAK bool fd_patch_stale(const struct fd_patch *patch)
{
	(void)patch;
	return false;
}

WEAK void fd_patch_scan(struct fd_patch *patch, const struct fd_patch_watch *watch)
{
	(void)patch;
	(void)watch;
}

WEAK size_t fd_patch_set(struct fd_patch *patch, struct fd_patch_site *const *sites, size_t count,
			 bool on, enum fd_patch_status *status)
{
	(void)patch;
	(void)sites;
	(void)count;
	(void)on;
	*status = FD_PATCH_NO_PROCESSOR;
	return 0;
}
