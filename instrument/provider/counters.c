#include "provider/aside.h"
#include "provider/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "provider/control.h"

#define TRIES 8

#define SLOTS_AT    offsetof(struct fdar_control_counters, slots)
#define SLOTS_FIRST ((FDAR_CONTROL_COUNTERS_FIRST - SLOTS_AT) / sizeof(struct fdar_control_slot))

_Static_assert(sizeof(struct fdar_control_counters) <= FDAR_CONTROL_COUNTERS_BYTES,
	       "the file is too small");
_Static_assert(SLOTS_AT < FDAR_CONTROL_COUNTERS_FIRST, "counters have their memory");

/* Before each mapping of counters is a page that is in no file: which one came before it. A child finds all of
 * its parent's by that. */
struct mapped {
	struct mapped *older;
};

static struct {
	struct fdar_control_counters *counters; /* atomic */
	struct mapped *newest;
	char folder[PATH_MAX]; /* "": none */
} state;

/* Where a thread has this one says which stripe is its own. */
static __thread char here __attribute__((tls_model("initial-exec")));

struct fdar_control_counters *flowdar_control_counters(void)
{
	return __atomic_load_n(&state.counters, __ATOMIC_ACQUIRE);
}

/* Threads' memory lies pages or stacks apart. */
static unsigned stripe_of_thread(void)
{
	uintptr_t at = (uintptr_t)&here;

	return (unsigned)((at >> 12 ^ at >> 16 ^ at >> 23) % FDAR_CONTROL_STRIPES);
}

void flowdar_control_wrote_many(enum fdar_control_events kind, uint64_t count)
{
	struct fdar_control_counters *counters = flowdar_control_counters();

	if (counters)
		__atomic_fetch_add(&counters->stripes[stripe_of_thread()].events[kind], count,
				   __ATOMIC_RELAXED);
}

void fdar_control_wrote(enum fdar_control_events kind)
{
	flowdar_control_wrote_many(kind, 1);
}

/* A file that is larger than a process may write is a signal that ends it. */
static bool size_allowed(void)
{
	struct rlimit most;

	return getrlimit(RLIMIT_FSIZE, &most) != 0 || most.rlim_cur >= FDAR_CONTROL_COUNTERS_BYTES;
}

/* A name that nobody else has or can guess beforehand. -1: none can be had. */
static int file_make(void)
{
	char path[PATH_MAX + 64];
	struct timespec now;
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		snprintf(path, sizeof(path), "%s/%d-%llu", state.folder, (int)getpid(),
			 (unsigned long long)now.tv_sec * 1000000000u +
				 (unsigned long long)now.tv_nsec);
		fd = fdar_aside_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	/* The process's umask is no matter of ours; the memory is there before it is used. */
	if (fd >= 0 && (fchmod(fd, 0600) != 0 || ftruncate(fd, FDAR_CONTROL_COUNTERS_BYTES) != 0 ||
			fallocate(fd, 0, 0, FDAR_CONTROL_COUNTERS_FIRST) != 0)) {
		unlink(path);
		close(fd);
		fd = -1;
	}
	return fd;
}

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void *counters_of(struct mapped *mapped)
{
	return (char *)mapped + page_bytes();
}

/* NULL: it cannot be. */
static struct fdar_control_counters *file_map(int fd)
{
	size_t bytes = page_bytes() + FDAR_CONTROL_COUNTERS_BYTES;
	struct mapped *mapped =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mapped == MAP_FAILED)
		return NULL;
	if (mmap(counters_of(mapped), FDAR_CONTROL_COUNTERS_BYTES, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		munmap(mapped, bytes);
		return NULL;
	}
	mapped->older = state.newest;
	state.newest = mapped;
	return counters_of(mapped);
}

/* In a child: where its parent's counters were is memory of its own, as a signal handler that forked may return into
 * somebody who writes there. Where that cannot be had, nothing is there. */
static void parents_leave(void)
{
	for (struct mapped *mapped = state.newest; mapped; mapped = mapped->older)
		if (mmap(counters_of(mapped), FDAR_CONTROL_COUNTERS_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			munmap(counters_of(mapped), FDAR_CONTROL_COUNTERS_BYTES);
	state.newest = NULL;
}

static void counters_make(void)
{
	struct fdar_control_counters *counters = NULL;
	struct stat space;
	int fd = state.folder[0] && size_allowed() ? file_make() : -1;

	if (fd >= 0)
		counters = file_map(fd);
	if (fd >= 0)
		close(fd);
	if (!counters) {
		__atomic_store_n(&state.counters, NULL, __ATOMIC_RELEASE);
		return;
	}
	counters->pid = getpid();
	counters->pid_space = stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
	counters->struct_bytes = sizeof(*counters);
	counters->slots_ready = SLOTS_FIRST;
	__atomic_store_n(&counters->magic, FDAR_CONTROL_MAGIC, __ATOMIC_RELEASE);
	__atomic_store_n(&state.counters, counters, __ATOMIC_RELEASE);
}

void fdar_counters_open(const char *path)
{
	int saved_errno = errno;
	int length = snprintf(state.folder, sizeof(state.folder), "%s" FDAR_CONTROL_COUNTERS, path);

	if (length < 0 || (size_t)length >= sizeof(state.folder))
		state.folder[0] = '\0';
	counters_make();
	errno = saved_errno;
}

void fdar_counters_forked(void)
{
	int saved_errno = errno;

	parents_leave();
	counters_make();
	errno = saved_errno;
}
