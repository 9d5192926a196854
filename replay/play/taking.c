#include "replay/play/taking.h"

#include <sys/socket.h>

/* The kernel doubles what it is asked for, and leaves half of that for its own needs. */
#define ROOM_MIN 2048u
#define ROOM_MAX 65536u

void fdar_taking_prepare(struct fdar_taking *taking, const struct fdar_script *script, int fd)
{
	int size = (int)CLAMP(script->session->window, ROOM_MIN, ROOM_MAX);
	socklen_t length = sizeof(size);

	if (!script->hold_count)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length) == 0)
		taking->room = (uint32_t)size / 2;
}

static uint64_t length_of(const struct fdar_hold *hold, const struct fdar_pace *pace)
{
	return pace->asap ? hold->pause_ns : (uint64_t)((double)hold->pause_ns / pace->speed);
}

size_t fdar_taking_permits(struct fdar_taking *taking, const struct fdar_script *script,
			   const struct fdar_pace *pace, uint64_t received, size_t size,
			   uint64_t now_ns)
{
	while (taking->next < script->hold_count) {
		const struct fdar_hold *hold = &script->holds[taking->next];
		uint64_t to = hold->offset - MIN(hold->offset, taking->room);

		if (received < to)
			return (size_t)MIN(size, to - received);
		if (!taking->until_ns) {
			taking->from_ns = now_ns;
			taking->until_ns = now_ns + length_of(hold, pace);
		}
		if (now_ns < taking->until_ns)
			return 0;
		taking->held_ns += now_ns - taking->from_ns;
		taking->until_ns = 0;
		taking->next++;
	}
	return size;
}

uint64_t fdar_taking_held_ns(const struct fdar_taking *taking, uint64_t now_ns)
{
	return taking->held_ns + (taking->until_ns ? now_ns - MIN(taking->from_ns, now_ns) : 0);
}
