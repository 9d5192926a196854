/*
 * Before and after a fork, where LTTng is not locked.
 *
 * Place in the house: in each of the libraries, since only one that is preloaded by itself comes
 * before LTTng's own: liblttng-ust-fork.so calls lttng_ust_before_fork(), and in parent and child what
 * follows here, and finds these first. In a child it is the one place where threads can be started and
 * events written safely: fork handlers come before LTTng has cleaned up.
 */
#include <dlfcn.h>
#include <signal.h>

#include "provider/control.h"

#define FRONT __attribute__((visibility("default")))

FRONT void lttng_ust_before_fork(sigset_t *save);
FRONT void lttng_ust_after_fork_parent(sigset_t *restore);
FRONT void lttng_ust_after_fork_child(sigset_t *restore);

typedef void (*around_fn)(sigset_t *set);

static void next_call(const char *name, sigset_t *set)
{
	around_fn next = (around_fn)dlsym(RTLD_NEXT, name);

	if (next)
		next(set);
}

/* LTTng forks, too, to make the file by which it waits for a daemon: a child that runs nothing of the server's,
 * and ends at once. It passes its own forks by without touching the set, in which SIGKILL never is
 * when it has been set. */
static __thread volatile int lttngs_own __attribute__((tls_model("initial-exec")));

/* It may do so in a child that is not told of yet: the fork that made that one is not over then. */
static __thread volatile int in_child __attribute__((tls_model("initial-exec")));

void lttng_ust_before_fork(sigset_t *save)
{
	if (!in_child)
		flowdar_control_fork_begin();
	sigfillset(save);
	next_call("lttng_ust_before_fork", save);
	lttngs_own = sigismember(save, SIGKILL) == 1;
	if (lttngs_own && !in_child)
		flowdar_control_fork_end();
}

void lttng_ust_after_fork_parent(sigset_t *restore)
{
	next_call("lttng_ust_after_fork_parent", restore);
	if (!in_child)
		flowdar_control_fork_end();
}

void lttng_ust_after_fork_child(sigset_t *restore)
{
	bool own = lttngs_own;

	in_child = 1;
	next_call("lttng_ust_after_fork_child", restore);
	in_child = 0;
	lttngs_own = own;
	if (!own)
		flowdar_control_forked();
}
