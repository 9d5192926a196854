/*
 * daemon(): a fork whose parent ends.
 *
 * Place in the house: in libflowdar.so and libflowdar-functions.so, in front of the C library's function;
 * libflowdar-io.so has one of its own. LTTng is locked by the time that it is called, so nothing is
 * written here: the child tells of its parent's end.
 */
#include <dlfcn.h>
#include <errno.h>

#include "provider/control.h"

typedef int (*daemon_fn)(int stay, int keep);

__attribute__((visibility("default"))) int daemon(int stay, int keep);

int daemon(int stay, int keep)
{
	daemon_fn next = (daemon_fn)dlsym(RTLD_NEXT, "daemon");
	int result;

	if (!next) {
		errno = ENOSYS;
		return -1;
	}
	flowdar_control_daemon(true);
	result = next(stay, keep);
	/* In the child LTTng may be locked still, and what is told after that is to know. */
	if (result != 0)
		flowdar_control_daemon(false);
	return result;
}
