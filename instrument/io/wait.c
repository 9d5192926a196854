#include "io/wait.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>

#include "io/session.h"

/* Where the code of the tracer is; none known before the constructor has run. */
#define RANGES_MAX 16u

struct range_list {
	unsigned count;
	uintptr_t from, to; /* all are in there */
	struct {
		uintptr_t from, to;
	} range[RANGES_MAX];
};

static struct range_list ranges;

/* Of libflowdar-functions.so: where patched functions return to, behind the nop that it begins with
 * (trampoline.S). A function whose last deed is our call, which the compiler has made a jump, leaves
 * that for the caller's address; the tracer's own code never does. */
extern const char flowdar_patched_return[] __attribute__((weak, visibility("default")));

static bool is_patched_return(uintptr_t at)
{
	const char *trampoline = flowdar_patched_return;

	return trampoline && at == (uintptr_t)trampoline + 1;
}

static bool is_tracer(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	/* Those two hand the program's own calls on. */
	if (strncmp(name, "liblttng-ust-fd", 15) == 0 ||
	    strncmp(name, "liblttng-ust-fork", 17) == 0)
		return false;
	return strncmp(name, "liblttng-ust", 12) == 0 || strncmp(name, "liburcu", 7) == 0 ||
	       strncmp(name, "libflowdar", 10) == 0;
}

static int range_add(struct dl_phdr_info *info, size_t size, void *user)
{
	struct range_list *found = user;

	(void)size;
	if (!info->dlpi_name || !is_tracer(info->dlpi_name))
		return 0;
	for (int i = 0; i < info->dlpi_phnum && found->count < RANGES_MAX; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];

		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		found->range[found->count].from = info->dlpi_addr + header->p_vaddr;
		found->range[found->count].to = found->range[found->count].from + header->p_memsz;
		if (found->count == 0 || found->from > found->range[found->count].from)
			found->from = found->range[found->count].from;
		if (found->to < found->range[found->count].to)
			found->to = found->range[found->count].to;
		found->count++;
	}
	return 0;
}

/* The tracer's threads may be running already, so the count is stored last. */
__attribute__((constructor)) static void ranges_find(void)
{
	struct range_list found = { .count = 0 };

	dl_iterate_phdr(range_add, &found);
	memcpy(ranges.range, found.range, sizeof(ranges.range));
	ranges.from = found.from;
	ranges.to = found.to;
	__atomic_store_n(&ranges.count, found.count, __ATOMIC_RELEASE);
}

bool fdar_wait_wanted(const void *caller)
{
	unsigned count = __atomic_load_n(&ranges.count, __ATOMIC_ACQUIRE);
	uintptr_t at = (uintptr_t)caller;

	if (count == 0 || fdar_writing_depth)
		return false;
	if (at < ranges.from || at >= ranges.to)
		return true;
	for (unsigned i = 0; i < count; i++) {
		if (at >= ranges.range[i].from && at < ranges.range[i].to)
			return is_patched_return(at);
	}
	return true;
}

/* Whoever asks for any work has done with the datagram that he had. */
void fdar_wait_begin(const char *what, enum fdar_wait_kind kind, int fd)
{
	if (kind == FDAR_WAIT_POLL || kind == FDAR_WAIT_ACCEPT)
		fdar_session_datagram_over();
	else if (kind == FDAR_WAIT_IO && (what[0] == 'p' || strcmp(what, "select") == 0))
		fdar_session_receiving(fd); /* poll, ppoll, pselect */
	fdar_writing(1);
	FLOWDAR_WAIT_BEGIN(what, kind, fd);
	fdar_writing(-1);
}

void fdar_wait_end(int64_t result)
{
	fdar_writing(1);
	FLOWDAR_WAIT_END(result);
	fdar_writing(-1);
}

void fdar_wait_cancelled(void *nothing)
{
	(void)nothing;
	fdar_wait_end(-1);
}

bool fdar_descriptor_blocks(int fd)
{
	int before = errno;
	int flags = fdar_next()->fcntl(fd, F_GETFL);

	errno = before;
	return flags == -1 || !(flags & O_NONBLOCK);
}

bool fdar_descriptor_ready(int fd, short events)
{
	struct pollfd one = { .fd = fd, .events = events };
	int before = errno;
	bool ready = fdar_next()->poll(&one, 1, 0) != 0;

	errno = before;
	return ready;
}

bool fdar_descriptor_listens(int fd)
{
	int before = errno;
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0)
		listens = 0;
	errno = before;
	return listens != 0;
}

bool fdar_would_wait(int64_t result, int fd, int before)
{
	if (result >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK) || !fdar_descriptor_blocks(fd))
		return false;
	errno = before;
	return true;
}
