/*
 * When LTTng is ready in a forked child.
 *
 * Place in the house: in each of the libraries, since only one that is preloaded by itself comes
 * before LTTng's own: liblttng-ust-fork.so calls lttng_ust_after_fork_child() when fork() has
 * returned in the child, and finds this one first. It is the one place in a child where threads can
 * be started and events written safely: fork handlers come before LTTng has cleaned up.
 */
#include <dlfcn.h>
#include <signal.h>

#include "provider/control.h"

__attribute__((visibility("default"))) void lttng_ust_after_fork_child(sigset_t *restore);

void lttng_ust_after_fork_child(sigset_t *restore)
{
	void (*next)(sigset_t *) =
		(void (*)(sigset_t *))dlsym(RTLD_NEXT, "lttng_ust_after_fork_child");

	if (next)
		next(restore);
	flowdar_control_forked();
}
