#include "ticks/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "provider/aside.h"

#define TRIES          8
#define PAGE           4096u
#define LINES_BYTES    (2 * PATH_MAX)
#define POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, in headers since glibc 2.35 */

static struct {
	struct fdar_ticks *ring; /* atomic; NULL: none */
	bool whole;              /* it has all of its memory */
	uint64_t have;           /* atomic: a bit for each place that has */
} state;

_Static_assert(FDAR_TICKS_PLACES <= 64, "a bit for each place");

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- making it ---- */

/* A file that is larger than a process may write is a signal that ends it. */
static bool size_allowed(void)
{
	struct rlimit most;

	return getrlimit(RLIMIT_FSIZE, &most) != 0 || most.rlim_cur >= sizeof(struct fdar_ticks);
}

/* A name that nobody else has or can guess beforehand. -1: none can be had. The process has one thread that
 * is its own: it begins, or was just forked. */
static int file_make(const char *folder)
{
	char path[PATH_MAX + 64];
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		snprintf(path, sizeof(path), "%s/%d-%llu", folder, (int)getpid(),
			 (unsigned long long)monotonic_ns());
		fd = fdar_aside((int)syscall(SYS_openat, AT_FDCWD, path,
					     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
					     0600));
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	if (fd >= 0 && (fchmod(fd, 0600) != 0 || ftruncate(fd, sizeof(struct fdar_ticks)) != 0 ||
			fallocate(fd, 0, 0, PAGE) != 0)) {
		unlink(path);
		syscall(SYS_close, fd);
		fd = -1;
	}
	return fd;
}

/* Kernels before 5.14 cannot say that there is no memory but by SIGBUS: then it is had at once. */
static bool memory_have(struct fdar_ticks *ring, int fd)
{
	state.whole = madvise(ring, PAGE, POPULATE_WRITE) != 0;
	return !state.whole || fallocate(fd, 0, 0, sizeof(*ring)) == 0;
}

/* The parent's, where it is told that this one has none. */
static void leave_parents(bool have_own)
{
	struct fdar_ticks *ring = __atomic_exchange_n(&state.ring, NULL, __ATOMIC_ACQ_REL);

	if (!ring)
		return;
	if (!have_own)
		__atomic_fetch_or(&ring->without, FDAR_TICKS_NO_FILE, __ATOMIC_RELAXED);
	munmap(ring, sizeof(*ring));
}

bool fdar_ring_make(const char *folder, int32_t parent)
{
	struct fdar_ticks *ring = MAP_FAILED;
	int fd = size_allowed() ? file_make(folder) : -1;
	struct stat space;

	if (fd >= 0)
		ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring != MAP_FAILED && !memory_have(ring, fd)) {
		munmap(ring, sizeof(*ring));
		ring = MAP_FAILED;
	}
	if (fd >= 0)
		syscall(SYS_close, fd);
	leave_parents(ring != MAP_FAILED);
	if (ring == MAP_FAILED)
		return false;
	__atomic_store_n(&state.have, 0, __ATOMIC_RELAXED);
	ring->bytes = sizeof(*ring);
	ring->pid = getpid();
	ring->parent = parent;
	ring->pid_space = stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
	ring->began_ns = monotonic_ns();
	__atomic_store_n(&ring->magic, FDAR_TICKS_MAGIC, __ATOMIC_RELEASE);
	__atomic_store_n(&state.ring, ring, __ATOMIC_RELEASE);
	return true;
}

/* ---- places ---- */

/* At first a place has no memory, and where there is none to be had it stays so: to touch it is SIGBUS. The pages at
 * its ends may be its neighbours', too. */
static bool place_have(const struct fdar_tick *tick, uint64_t number)
{
	uintptr_t from = (uintptr_t)tick & ~(uintptr_t)(PAGE - 1);
	uintptr_t to = ((uintptr_t)(tick + 1) + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	uint64_t bit = UINT64_C(1) << number % FDAR_TICKS_PLACES;

	if (state.whole || __atomic_load_n(&state.have, __ATOMIC_RELAXED) & bit)
		return true;
	if (syscall(SYS_madvise, from, to - from, POPULATE_WRITE) != 0)
		return false;
	__atomic_fetch_or(&state.have, bit, __ATOMIC_RELAXED);
	return true;
}

/* One writer at a time. */
static bool place_take(struct fdar_tick *tick, uint64_t turn)
{
	uint64_t before = __atomic_load_n(&tick->turn, __ATOMIC_RELAXED);
	uint64_t gone = 2 * (uint64_t)FDAR_TICKS_PLACES * FDAR_RING_ROUNDS;

	if (before > turn || (before % 2 && turn - before < gone))
		return false;
	return __atomic_compare_exchange_n(&tick->turn, &before, turn, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

struct fdar_tick *fdar_ring_begin(uint64_t *turn)
{
	struct fdar_ticks *ring = __atomic_load_n(&state.ring, __ATOMIC_ACQUIRE);
	struct fdar_tick *tick;
	uint64_t number;

	if (!ring)
		return NULL;
	number = __atomic_fetch_add(&ring->head, 1, __ATOMIC_RELAXED);
	tick = &ring->places[number % FDAR_TICKS_PLACES];
	*turn = 2 * number + 1;
	if (!place_have(tick, number) || !place_take(tick, *turn))
		return NULL;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	tick->time_ns = monotonic_ns();
	return tick;
}

void fdar_ring_end(struct fdar_tick *tick, uint64_t turn)
{
	__atomic_compare_exchange_n(&tick->turn, &turn, turn + 1, false, __ATOMIC_RELEASE,
				    __ATOMIC_RELAXED);
}

void fdar_ring_without(uint32_t reason)
{
	struct fdar_ticks *ring = __atomic_load_n(&state.ring, __ATOMIC_ACQUIRE);

	if (ring)
		__atomic_fetch_or(&ring->without, reason, __ATOMIC_RELAXED);
}

/* ---- what is mapped ---- */

/* "START-END rwxp ...": what may be executed. */
static bool is_executable(const char *line)
{
	const char *rights = strchr(line, ' ');

	return rights && strnlen(rights, 4) == 4 && rights[3] == 'x';
}

/* A tick with lines; tick NULL: none yet. */
struct lines {
	struct fdar_tick *tick;
	uint64_t turn;
};

static void lines_end(struct lines *lines)
{
	if (lines->tick)
		fdar_ring_end(lines->tick, lines->turn);
	lines->tick = NULL;
}

/* Adds a line to a tick's, or to a new one's. */
static void line_add(struct lines *lines, const char *line, size_t length)
{
	struct fdar_tick *tick = lines->tick;

	if (tick && tick->length + length > sizeof(tick->bytes)) {
		lines_end(lines);
		tick = NULL;
	}
	if (!tick) {
		tick = lines->tick = fdar_ring_begin(&lines->turn);
		if (!tick)
			return;
		tick->kind = FDAR_TICK_MAPPED;
		tick->tid = (uint32_t)getpid();
		tick->length = 0;
	}
	memcpy(tick->bytes + tick->length, line, length);
	tick->length += (uint32_t)length;
}

static void tell_lines(int fd, char buffer[LINES_BYTES])
{
	struct lines lines = { 0 };
	size_t held = 0;
	long n;

	while ((n = syscall(SYS_read, fd, buffer + held, LINES_BYTES - 1 - held)) > 0) {
		char *line = buffer, *end;

		held += (size_t)n;
		buffer[held] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1)
			if (is_executable(line))
				line_add(&lines, line, (size_t)(end + 1 - line));
		held -= (size_t)(line - buffer);
		memmove(buffer, line, held);
		if (held == LINES_BYTES - 1)
			held = 0; /* no path is that long */
	}
	lines_end(&lines);
}

/* In memory of its own: threads may come here at once, and their stacks are small. */
void fdar_ring_mapped(void)
{
	int fd = fdar_aside(
		(int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0));
	char *buffer =
		mmap(NULL, LINES_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd >= 0 && buffer != MAP_FAILED)
		tell_lines(fd, buffer);
	if (buffer != MAP_FAILED)
		munmap(buffer, LINES_BYTES);
	if (fd >= 0)
		syscall(SYS_close, fd);
}
