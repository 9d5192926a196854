#include "io/settings.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "instrument/wire/control.h"
#include "io/session.h"
#include "io/descriptors.h"

/* Of this process alone: in a page that the kernel makes zeroes in a child that has a copy of the
 * memory, whichever way the child was made, and leaves alone in one that shares it (vfork). */
struct process {
	pid_t pid;
	uint32_t epoch; /* set last; 0: not this process's yet */
	const struct fdar_control *segment;
};

/* Of libflowdar.so; NULL when no recorder has a segment for this process. */
extern const struct fdar_control *flowdar_control_segment(void) __attribute__((weak));

static const struct fdar_control *segment_now(void)
{
	return flowdar_control_segment ? flowdar_control_segment() : NULL;
}

static struct process *process;
static uint32_t last_epoch; /* copied by fork() */

static bool from_environment_sessions;
static uint32_t from_environment_bytes;

static uint32_t next_epoch(void)
{
	return __atomic_fetch_add(&last_epoch, 1, __ATOMIC_RELAXED) % FDAR_TABLE_EPOCHS + 1;
}

static void process_set(void)
{
	process->pid = getpid();
	__atomic_store_n(&process->epoch, next_epoch(), __ATOMIC_RELEASE);
}

__attribute__((constructor(102))) static void settings_init(void)
{
	const char *sessions = getenv("FLOWDAR_IO_SESSIONS"), *bytes = getenv("FLOWDAR_IO_BYTES");
	long page = sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	from_environment_sessions = sessions && sessions[0] == '1';
	from_environment_bytes = bytes ? (uint32_t)strtoul(bytes, NULL, 10) : 0;
	if (memory == MAP_FAILED)
		return;
	if (madvise(memory, (size_t)page, MADV_WIPEONFORK) != 0) {
		munmap(memory, (size_t)page);
		return;
	}
	process = memory;
	process_set();
}

/* A recording has a segment of its own; that it ended is no reason to tell of anything again. */
static bool segment_is_new(void)
{
	const struct fdar_control *now = segment_now();
	const struct fdar_control *seen = __atomic_load_n(&process->segment, __ATOMIC_RELAXED);

	return now && now != seen &&
	       __atomic_compare_exchange_n(&process->segment, &seen, now, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
}

uint32_t fdar_settings_epoch(void)
{
	if (!process)
		return 0;
	if (segment_is_new() || !__atomic_load_n(&process->epoch, __ATOMIC_ACQUIRE))
		process_set();
	return process->epoch;
}

bool fdar_settings_own_descriptors(void)
{
	return fdar_settings_epoch() != 0 && process->pid == getpid();
}

static uint32_t bounded(uint32_t bytes)
{
	return bytes < FDAR_IO_BYTES_MAX ? bytes : FDAR_IO_BYTES_MAX;
}

bool fdar_settings_sessions(void)
{
	const struct fdar_control *segment = segment_now();

	return segment ? __atomic_load_n(&segment->io_sessions, __ATOMIC_RELAXED) == 1
		       : from_environment_sessions;
}

uint32_t fdar_settings_bytes(void)
{
	const struct fdar_control *segment = segment_now();

	return bounded(segment ? __atomic_load_n(&segment->io_bytes, __ATOMIC_RELAXED)
			       : from_environment_bytes);
}
