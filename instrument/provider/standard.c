#include "provider/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "provider/aside.h"
#include "provider/lock.h"

/* Whoever has it is in the middle of three system calls, and may wait for a processor. */
#define WITHIN_MS 1000u

/* Of liblttng-ust-common.so. */
__attribute__((weak)) extern void lttng_ust_lock_fd_tracker(void);
__attribute__((weak)) extern void lttng_ust_unlock_fd_tracker(void);

static uint32_t lock;

__attribute__((visibility("default"))) bool flowdar_control_aside_begin(void)
{
	return fdar_lock_take_within(&lock, WITHIN_MS) == FDAR_LOCK_TAKEN;
}

__attribute__((visibility("default"))) void flowdar_control_aside_end(bool taken)
{
	if (taken)
		fdar_lock_give(&lock);
}

struct fdar_standard flowdar_control_standard_begin(int fd)
{
	struct fdar_standard taken = { false, false };
	int saved_errno = errno;

	if (fd < 0 || fd > STDERR_FILENO || !fdar_control_known())
		return taken;
	taken.ours = flowdar_control_aside_begin();
	taken.lttngs = lttng_ust_lock_fd_tracker && lttng_ust_unlock_fd_tracker;
	if (taken.lttngs)
		lttng_ust_lock_fd_tracker();
	errno = saved_errno;
	return taken;
}

void flowdar_control_standard_end(struct fdar_standard taken)
{
	int saved_errno = errno;

	if (taken.lttngs)
		lttng_ust_unlock_fd_tracker();
	flowdar_control_aside_end(taken.ours);
	errno = saved_errno;
}

bool fdar_standard_free(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (syscall(SYS_fcntl, fd, F_GETFD) < 0)
			return true;
	}
	return false;
}

void fdar_standard_forked(void)
{
	lock = 0;
}
