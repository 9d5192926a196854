#include "provider/aside.h"
#include "functions/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAPS_READ   4096
#define STACK_LEAST (UINT64_C(8) << 20)
#define STACK_MOST  (UINT64_C(1) << 30)

extern void *__libc_stack_end;

/* Reads the beginnings of lines, "LOW-HIGH ", out of a stream of text. */
struct maps {
	uintptr_t wanted, low, high;
	uintptr_t number;
	enum { IN_LOW, IN_HIGH, IN_REST } state;
	bool found;
};

static void maps_feed(struct maps *maps, const char *text, size_t length)
{
	for (size_t i = 0; i < length && !maps->found; i++) {
		char c = text[i];

		if (c == '\n') {
			maps->state = IN_LOW;
			maps->number = 0;
		} else if (maps->state == IN_REST) {
			continue;
		} else if (c == '-' && maps->state == IN_LOW) {
			maps->low = maps->number;
			maps->number = 0;
			maps->state = IN_HIGH;
		} else if (c == ' ') {
			maps->high = maps->number;
			maps->found = maps->wanted >= maps->low && maps->wanted < maps->high;
			maps->state = IN_REST;
		} else {
			maps->number = maps->number << 4 |
				       (uintptr_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
		}
	}
}

/* The mapping that an address is in. */
static bool mapping_find(uintptr_t address, uintptr_t *low, uintptr_t *high)
{
	struct maps maps = { .wanted = address };
	char text[MAPS_READ];
	int fd = fdar_aside_open("/proc/self/maps", O_RDONLY, 0);

	if (fd < 0)
		return false;
	while (!maps.found) {
		long got = syscall(SYS_read, fd, text, sizeof(text));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		maps_feed(&maps, text, (size_t)got);
	}
	syscall(SYS_close, fd);
	*low = maps.low;
	*high = maps.high;
	return maps.found;
}

/* The main thread's grows: as far down as it may. */
static uintptr_t main_low(uintptr_t low, uintptr_t high)
{
	struct rlimit limit;
	uint64_t bytes = STACK_LEAST;

	if (getrlimit(RLIMIT_STACK, &limit) == 0)
		bytes = limit.rlim_cur > STACK_MOST ? STACK_MOST : limit.rlim_cur;
	if (bytes < high && high - bytes < low)
		low = high - bytes;
	return low;
}

bool fdar_stack_find(bool main_thread, uintptr_t *low, uintptr_t *high)
{
	int saved_errno = errno;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	/* A thread's control block is at the top of its stack, on the processors we know. */
	uintptr_t block = (uintptr_t)pthread_self();
	bool found = mapping_find(main_thread ? (uintptr_t)__libc_stack_end : block, low, high);

	/* In a child that one of its parent's other threads forked, that is not the main stack. */
	if (main_thread && found && (here < main_low(*low, *high) || here >= *high)) {
		uintptr_t block_low, block_high;

		if (mapping_find(block, &block_low, &block_high) && here >= block_low &&
		    here < block) {
			*low = block_low;
			*high = block;
			main_thread = false;
		}
	}
	if (found && main_thread)
		*low = main_low(*low, *high);
	else if (found && block > *low && block < *high)
		*high = block;
	errno = saved_errno;
	return found;
}
