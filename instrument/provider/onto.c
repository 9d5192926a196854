/*
 * dup2() and dup3(): what a server puts at 0, 1 or 2 stays there (standard.h).
 *
 * Place in the house: in libflowdar.so and libflowdar-functions.so, in front of the C library's functions;
 * libflowdar-io.so has some of its own.
 */
#include <dlfcn.h>
#include <unistd.h>

#include "provider/standard.h"

#define FRONT __attribute__((visibility("default")))

typedef int (*dup2_fn)(int fd, int as);
typedef int (*dup3_fn)(int fd, int as, int flags);

static struct {
	dup2_fn dup2;
	dup3_fn dup3;
} next;

/* Constructors of others may come before ours. */
__attribute__((constructor)) static void next_find(void)
{
	next.dup2 = (dup2_fn)dlsym(RTLD_NEXT, "dup2");
	next.dup3 = (dup3_fn)dlsym(RTLD_NEXT, "dup3");
}

FRONT int dup2(int fd, int as)
{
	struct fdar_standard taken;
	int result;

	if (!next.dup2)
		next_find();
	taken = flowdar_control_standard_begin(as);
	result = next.dup2(fd, as);
	flowdar_control_standard_end(taken);
	return result;
}

FRONT int dup3(int fd, int as, int flags)
{
	struct fdar_standard taken;
	int result;

	if (!next.dup3)
		next_find();
	taken = flowdar_control_standard_begin(as);
	result = next.dup3(fd, as, flags);
	flowdar_control_standard_end(taken);
	return result;
}
