/*
 * What the core asks of patching/ (returns.h), for where that is not linked in: other processors,
 * tests of the core alone. Weak: patching's own take their place.
 */
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
