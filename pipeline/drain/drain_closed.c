#include "pipeline/drain/drain_closed.h"

#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int fdar_drain_closed_new(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

void fdar_drain_closed_add(int fd, const char *path)
{
	/* Without a watch (the user's limit of them) it is as if nobody looked. */
	if (fd >= 0 && inotify_add_watch(fd, path, IN_CLOSE_WRITE) < 0)
		return;
}

static gboolean any_closed(int fd)
{
	uint8_t bytes[4096];
	gboolean found = FALSE;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, bytes, sizeof(bytes))) > 0) {
		struct inotify_event event;

		for (size_t at = 0; at + sizeof(event) <= (size_t)n;
		     at += sizeof(event) + event.len) {
			memcpy(&event, bytes + at, sizeof(event));
			found = found || (event.mask & IN_CLOSE_WRITE);
		}
	}
	return found;
}

void fdar_drain_closed_look(struct fdar_drain *drain)
{
	if (any_closed(drain->closed) && !drain->last_told)
		drain->given_up = TRUE;
}
