#include "pipeline/samples/perf.h"

#include <errno.h>
#include <gio/gio.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u

/* rax to rip and r8 to r15 of asm/perf_regs.h: bits 0 to 8, 16 to 23. */
#define REGISTER_MASK UINT64_C(0xff01ff)

#define ON_LINE     "/sys/devices/system/cpu/online"
#define FORMAT_LOST 16 /* PERF_FORMAT_LOST, which is in headers since Linux 6.0 */

struct ring {
	int fd;
	struct perf_event_mmap_page *page;
	size_t bytes; /* without its first page */
	gboolean is_ticks;
};

struct fdar_perf {
	size_t page_bytes;
	guint count;
	struct ring
		*rings; /* of the others first: what is mapped is known when the first tick comes */
	char *on_line;  /* the processors, as the kernel writes it; NULL: not known */
	gboolean counts_lost, is_own;
};

#if defined(__x86_64__)
static const gboolean is_known_processor = TRUE;
#else
static const gboolean is_known_processor = FALSE;
#endif

static struct perf_event_attr of_ticks(unsigned hz)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = SECOND_NS / hz,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |
			       PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER |
			       PERF_SAMPLE_STACK_USER,
		.read_format = FORMAT_LOST,
		.sample_regs_user = REGISTER_MASK,
		.sample_stack_user = FDAR_PERF_STACK_BYTES,
		.clockid = CLOCK_MONOTONIC,
	};

	attr.disabled = attr.exclude_idle = 1;
	attr.exclude_callchain_user = 1;
	attr.use_clockid = 1;
	return attr;
}

static struct perf_event_attr of_tasks(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU,
		.read_format = FORMAT_LOST,
		.clockid = CLOCK_MONOTONIC,
	};

	attr.disabled = 1;
	attr.mmap = attr.mmap2 = attr.task = attr.comm = attr.comm_exec = 1;
	attr.sample_id_all = 1;
	attr.use_clockid = 1;
	return attr;
}

/* The same of what the calling thread starts: the kernel's part is not for everybody. */
static void make_own(struct perf_event_attr *attr)
{
	attr->inherit = 1;
	attr->exclude_kernel = attr->exclude_hv = attr->exclude_callchain_kernel = 1;
}

static void explain(int number, GError **error)
{
	const char *what = g_strerror(number);
	int code = G_IO_ERROR_FAILED;

	if (number == EACCES || number == EPERM)
		code = G_IO_ERROR_PERMISSION_DENIED;
	if (number == EACCES)
		what = "it takes root or CAP_PERFMON to look at every processor (or 0 or less in "
		       "/proc/sys/kernel/perf_event_paranoid), 2 or less there to look at one's "
		       "own "
		       "programs, and those that run already cannot be looked at like that";
	else if (number == EPERM)
		what = "something forbids it: the seccomp filter of a container (docker run "
		       "--cap-add PERFMON --security-opt seccomp=unconfined), or the lack of "
		       "CAP_PERFMON";
	else if (number == ENOSYS || number == ENOENT)
		what = "the kernel has no perf events";
	else if (number == EMFILE || number == ENFILE)
		what = "too many files are open: each processor takes two (ulimit -n)";
	g_set_error(error, G_IO_ERROR, code, "--sample: the kernel's samples cannot be had: %s",
		    what);
}

static gboolean open_event(struct fdar_perf *perf, struct perf_event_attr *attr, int cpu,
			   GError **error)
{
	struct ring *ring = &perf->rings[perf->count];

	ring->is_ticks = attr->config == PERF_COUNT_SW_CPU_CLOCK;
	ring->fd = (int)syscall(SYS_perf_event_open, attr, perf->is_own ? 0 : -1, cpu, -1,
				PERF_FLAG_FD_CLOEXEC);
	if (ring->fd < 0 && errno == EINVAL && attr->read_format) {
		attr->read_format = 0;
		perf->counts_lost = FALSE;
		return open_event(perf, attr, cpu, error);
	}
	if (ring->fd < 0 && errno == ENODEV)
		return TRUE; /* off line */
	if (ring->fd < 0) {
		explain(errno, error);
		return FALSE;
	}
	perf->count++;
	return TRUE;
}

/* ---- their buffers ---- */

static void unmap_ring(const struct fdar_perf *perf, struct ring *ring)
{
	if (ring->page)
		munmap(ring->page, perf->page_bytes + ring->bytes);
	ring->page = NULL;
}

static gboolean map_ring(const struct fdar_perf *perf, struct ring *ring, size_t pages)
{
	void *memory;

	ring->bytes = pages * perf->page_bytes;
	memory = mmap(NULL, perf->page_bytes + ring->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      ring->fd, 0);
	ring->page = memory == MAP_FAILED ? NULL : memory;
	return ring->page != NULL;
}

/* All or none, so that every processor has as much as another. */
static gboolean try_to_map(const struct fdar_perf *perf, size_t pages, size_t task_pages)
{
	guint mapped = 0;
	int cause;

	while (mapped < perf->count && map_ring(perf, &perf->rings[mapped],
						perf->rings[mapped].is_ticks ? pages : task_pages))
		mapped++;
	cause = errno;
	for (guint i = 0; mapped < perf->count && i < mapped; i++)
		unmap_ring(perf, &perf->rings[i]);
	errno = cause;
	return mapped == perf->count;
}

/* As large as they may be. */
static gboolean map_rings(const struct fdar_perf *perf, size_t pages, size_t task_pages,
			  GError **error)
{
	gboolean ok = try_to_map(perf, pages, task_pages);

	while (!ok && MAX(pages, task_pages) > FDAR_PERF_RING_LEAST) {
		pages = MAX(pages / 2, FDAR_PERF_RING_LEAST);
		task_pages = MAX(task_pages / 2, FDAR_PERF_RING_LEAST);
		ok = try_to_map(perf, pages, task_pages);
	}
	if (!ok)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
			    "--sample: no memory for the kernel's samples: %s",
			    errno == EPERM ? "more than may be locked (ulimit -l, "
					     "kernel.perf_event_mlock_kb)"
					   : g_strerror(errno));
	return ok;
}

/* ---- the whole ---- */

static char *on_line(void)
{
	char *text = NULL;

	return g_file_get_contents(ON_LINE, &text, NULL, NULL) ? text : NULL;
}

/* All or none of them. */
static gboolean open_rings(struct fdar_perf *perf, unsigned hz, size_t pages, GError **error)
{
	struct perf_event_attr ticks = of_ticks(hz), tasks = of_tasks();
	int cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
	size_t task_pages = perf->is_own ? FDAR_PERF_RING_LEAST : FDAR_PERF_TASK_PAGES;
	gboolean ok = TRUE;

	if (perf->is_own) {
		make_own(&ticks);
		make_own(&tasks);
		while (pages > FDAR_PERF_RING_LEAST &&
		       pages * (size_t)MAX(cpus, 1) > FDAR_PERF_OWN_PAGES)
			pages /= 2;
	}
	perf->counts_lost = TRUE;
	perf->rings = g_new0(struct ring, 2 * (gsize)MAX(cpus, 1));
	for (int cpu = 0; ok && cpu < cpus; cpu++)
		ok = open_event(perf, &tasks, cpu, error);
	for (int cpu = 0; ok && cpu < cpus; cpu++)
		ok = open_event(perf, &ticks, cpu, error);
	return ok && map_rings(perf, pages, task_pages, error);
}

static void close_rings(struct fdar_perf *perf)
{
	for (guint i = 0; i < perf->count; i++) {
		unmap_ring(perf, &perf->rings[i]);
		close(perf->rings[i].fd);
	}
	perf->count = 0;
	g_clear_pointer(&perf->rings, g_free);
}

/* What is not permitted of all may be had of what is ours. */
static gboolean open_own(struct fdar_perf *perf, unsigned hz, size_t pages, GError **error)
{
	if (!g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
		return FALSE;
	close_rings(perf);
	perf->is_own = TRUE;
	if (!open_rings(perf, hz, pages, NULL))
		return FALSE;
	g_clear_error(error);
	return TRUE;
}

struct fdar_perf *fdar_perf_open(unsigned hz, size_t pages, gboolean may_own, GError **error)
{
	struct fdar_perf *perf;
	g_autoptr(GError) cause = NULL;
	gboolean ok;

	if (!is_known_processor) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
				    "--sample: only for x86-64 so far");
		return NULL;
	}
	perf = g_new0(struct fdar_perf, 1);
	perf->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	perf->on_line = on_line();
	ok = open_rings(perf, hz, pages, &cause) || (may_own && open_own(perf, hz, pages, &cause));
	for (guint i = 0; ok && i < perf->count; i++)
		ioctl(perf->rings[i].fd, PERF_EVENT_IOC_ENABLE, 0);
	if (ok)
		return perf;
	fdar_perf_close(perf);
	g_propagate_error(error, g_steal_pointer(&cause));
	return NULL;
}

const char *fdar_perf_own_why(const struct fdar_perf *perf)
{
	return perf->is_own ? "the kernel does not permit more without CAP_PERFMON" : NULL;
}

void fdar_perf_stop(struct fdar_perf *perf)
{
	for (guint i = 0; i < perf->count; i++)
		ioctl(perf->rings[i].fd, PERF_EVENT_IOC_DISABLE, 0);
}

void fdar_perf_close(struct fdar_perf *perf)
{
	if (!perf)
		return;
	close_rings(perf);
	g_free(perf->on_line);
	g_free(perf);
}

static void read_ring(const struct fdar_perf *perf, const struct ring *ring,
		      struct fdar_wiped *bytes)
{
	struct perf_event_mmap_page *page = ring->page;
	const uint8_t *records = (const uint8_t *)page + perf->page_bytes;
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = page->data_tail;
	size_t from = tail % ring->bytes;
	size_t length = (size_t)MIN(head - tail, ring->bytes);
	size_t first = MIN(length, ring->bytes - from);

	fdar_wiped_append(bytes, records + from, first);
	fdar_wiped_append(bytes, records, length - first);
	__atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
}

gsize fdar_perf_read(struct fdar_perf *perf, struct fdar_wiped *bytes)
{
	gsize others;

	/* The ticks first: whose they are is in what was written before them. */
	for (guint i = 0; i < perf->count; i++)
		if (perf->rings[i].is_ticks)
			read_ring(perf, &perf->rings[i], bytes);
	others = bytes->bytes->len;
	for (guint i = 0; i < perf->count; i++)
		if (!perf->rings[i].is_ticks)
			read_ring(perf, &perf->rings[i], bytes);
	return others;
}

gboolean fdar_perf_lost(const struct fdar_perf *perf, uint64_t *ticks, uint64_t *others)
{
	uint64_t counted[2]; /* what it counts, and how many were lost */

	*ticks = *others = 0;
	for (guint i = 0; perf->counts_lost && i < perf->count; i++) {
		const struct ring *ring = &perf->rings[i];

		if (read(ring->fd, counted, sizeof(counted)) == (ssize_t)sizeof(counted))
			*(ring->is_ticks ? ticks : others) += counted[1];
	}
	return perf->counts_lost;
}

gboolean fdar_perf_processors_changed(const struct fdar_perf *perf)
{
	g_autofree char *now = on_line();

	return now && perf->on_line && strcmp(now, perf->on_line) != 0;
}
