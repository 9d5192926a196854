#include "feed/script.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed/next.h"

static struct {
	const uint8_t *bytes;
	uint64_t size, at, done;
	pid_t owner;
	bool first;
	uint64_t patience_ns;
} script;

/* Programs that start the server, and are no server: they leave it all to that. */
static bool starts_others(void)
{
	static const char *const names[] = { "gdb",     "gdbserver", "valgrind", "valgrind.bin",
					     "strace",  "ltrace",    "perf",     "env",
					     "sh",      "dash",      "bash",     "nice",
					     "timeout", "setarch",   "setpriv",  "taskset" };
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *base;

	if (length <= 0)
		return false;
	path[length] = '\0';
	base = strrchr(path, '/');
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(base ? base + 1 : path, names[i]) == 0)
			return true;
	return false;
}

void fdar_feed_open(const uint8_t *bytes, uint64_t size)
{
	const struct fdar_feed_header *header = (const void *)bytes;

	if (size < sizeof(*header) || header->magic != FDAR_FEED_MAGIC)
		fdar_feed_refuse("what is fed comes from another version");
	/* Each connection has a step that opens it. */
	if (header->connections > header->steps)
		fdar_feed_refuse("what is fed is damaged: %u connections in %llu steps",
				 header->connections, (unsigned long long)header->steps);
	script.bytes = bytes;
	script.size = size;
	script.at = sizeof(*header);
	script.done = 0;
	script.owner = getpid();
	fdar_feed_step(); /* refuses what is cut short */
}

__attribute__((constructor(102))) static void open_script(void)
{
	const char *told = getenv(FDAR_FEED_ENV), *process = getenv(FDAR_FEED_PROCESS_ENV);
	const char *patience = getenv(FDAR_FEED_PATIENCE_ENV);
	struct stat st;
	void *mapped;
	int fd;

	if (!told || starts_others())
		return;
	fd = atoi(told);
	if (fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof(struct fdar_feed_header))
		fdar_feed_refuse("descriptor %s is not what it should be", told);
	mapped = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mapped == MAP_FAILED)
		fdar_feed_refuse("descriptor %s cannot be mapped", told);
	FDAR_NEXT(close)(fd);
	/* A program that this one starts is not fed. */
	script.first = process && atoi(process) == getpid();
	script.patience_ns = patience ? strtoull(patience, NULL, 10) * 1000000 : 0;
	unsetenv(FDAR_FEED_PATIENCE_ENV);
	unsetenv(FDAR_FEED_ENV);
	unsetenv(FDAR_FEED_PROCESS_ENV);
	fdar_feed_open(mapped, (uint64_t)st.st_size);
}

const struct fdar_feed_header *fdar_feed_header(void)
{
	return (const void *)script.bytes;
}

pid_t fdar_feed_owner(void)
{
	return script.owner;
}

bool fdar_feed_is_first(void)
{
	return script.first;
}

const struct fdar_feed_step *fdar_feed_step(void)
{
	const struct fdar_feed_step *step = (const void *)(script.bytes + script.at);

	if (!script.bytes || script.done == fdar_feed_header()->steps)
		return NULL;
	if (script.size - script.at < sizeof(*step) ||
	    script.size - script.at - sizeof(*step) < step->length ||
	    step->connection >= fdar_feed_header()->connections || step->kind >= FDAR_FEED_KINDS)
		fdar_feed_refuse("what is fed is damaged at byte %llu",
				 (unsigned long long)script.at);
	return step;
}

const uint8_t *fdar_feed_bytes(void)
{
	return script.bytes + script.at + sizeof(struct fdar_feed_step);
}

void fdar_feed_advance(void)
{
	uint64_t more = sizeof(struct fdar_feed_step) +
			(((uint64_t)fdar_feed_step()->length + 7) & ~(uint64_t)7);

	script.at = more > script.size - script.at ? script.size : script.at + more;
	__atomic_fetch_add(&script.done, 1, __ATOMIC_RELAXED);
}

uint64_t fdar_feed_done(void)
{
	return __atomic_load_n(&script.done, __ATOMIC_RELAXED);
}

uint64_t fdar_feed_patience_ns(void)
{
	return script.patience_ns;
}
