/* Quiescing: quiesce.h. Files are read by system call: the libc functions may be wrapped. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "patching/quiesce.h"
#include "provider/aside.h"

#define TRIES         400
#define PAUSE_NS      500000
#define RAN_ENOUGH_NS 200000

struct thread {
	int tid;
	bool settled;
	bool seen_running;
	uint64_t ran_ns; /* at the first look */
};

/* Gives false if the file cannot be read: the thread has ended, or /proc is not there. */
static bool read_task(int tid, const char *name, char *text, size_t size)
{
	char path[64];
	long length;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, name);
	fd = fdar_aside_open(path, O_RDONLY, 0);
	if (fd < 0)
		return false;
	length = syscall(SYS_read, fd, text, size - 1);
	syscall(SYS_close, fd);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

static bool stands_in(const struct fdar_patch_site *sites, size_t count, uintptr_t pc)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sites[middle].address + FDAR_PATCH_BYTES <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && pc > sites[low].address;
}

/* "running", or numbers of which the last is the program counter. */
static bool look(struct thread *thread, const struct fdar_patch_site *sites, size_t count)
{
	char text[256], *last;
	uint64_t ran_ns;

	if (!read_task(thread->tid, "syscall", text, sizeof(text)))
		return true;
	last = strrchr(text, ' ');
	if (last)
		return !stands_in(sites, count, (uintptr_t)strtoull(last, NULL, 16));
	if (!read_task(thread->tid, "schedstat", text, sizeof(text)))
		return false;
	ran_ns = strtoull(text, NULL, 10);
	if (!thread->seen_running) {
		thread->seen_running = true;
		thread->ran_ns = ran_ns;
	}
	return ran_ns - thread->ran_ns > RAN_ENOUGH_NS;
}

/* The other threads of the process; NULL if /proc does not tell. */
static struct thread *list_threads(size_t *count)
{
	int fd = fdar_aside_open("/proc/self/task", O_RDONLY | O_DIRECTORY, 0);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	int self = (int)syscall(SYS_gettid);
	struct thread *threads = NULL;
	size_t room = 0;
	struct dirent *entry;

	*count = 0;
	while (directory && (entry = readdir(directory))) {
		int tid = atoi(entry->d_name);

		if (tid <= 0 || tid == self)
			continue;
		if (*count + 1 >= room) {
			struct thread *more =
				realloc(threads, (room = room * 2 + 16) * sizeof(*threads));
			if (!more) {
				free(threads);
				closedir(directory);
				return NULL;
			}
			threads = more;
		}
		threads[(*count)++] = (struct thread){ .tid = tid };
	}
	if (directory)
		closedir(directory);
	return directory && !threads ? calloc(1, sizeof(*threads)) : threads;
}

bool fdar_quiesce(const struct fdar_patch_site *sites, size_t count)
{
	const struct timespec pause = { 0, PAUSE_NS };
	size_t threads_count, left = 1;
	struct thread *threads = list_threads(&threads_count);
	bool settled;

	for (int tries = 0; threads && left && tries < TRIES; tries++) {
		if (tries)
			syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
		left = 0;
		for (size_t i = 0; i < threads_count; i++) {
			struct thread *thread = &threads[i];

			thread->settled = thread->settled || look(thread, sites, count);
			left += !thread->settled;
		}
	}
	settled = threads && !left;
	free(threads);
	return settled;
}
