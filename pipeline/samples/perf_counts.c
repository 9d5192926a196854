#include "pipeline/samples/perf_counts.h"

#include <errno.h>
#include <gio/gio.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/samples/perf.h"
#include "pipeline/samples/samples.h"

/* One event of one processor. */
struct counter {
	int fd;
	uint64_t id; /* as records name it */
	uint64_t period;
	uint8_t kind;
	uint64_t told;                     /* how many there were at its last record */
	uint64_t most;                     /* that one record stood for */
	gboolean is_told;                  /* there were records in this turn */
	gboolean is_late;                  /* ... since it was last told to hurry */
	struct perf_event_mmap_page *page; /* the first of a processor has the buffer of all */
};

struct fdar_perf_counts {
	size_t page_bytes;
	GArray *counters;   /* of struct counter */
	GByteArray *copied; /* of a buffer, as the kernel wrote it */
};

/* As the kernel writes one. */
struct told {
	struct perf_event_header header;
	uint64_t id;
	uint32_t pid, tid;
	uint64_t time_ns;
	uint64_t counted; /* by this event, this one among them */
};

static struct perf_event_attr attr_of(enum fdar_count_kind kind, uint64_t period)
{
	static const uint64_t configs[] = { PERF_COUNT_SW_PAGE_FAULTS,
					    PERF_COUNT_SW_PAGE_FAULTS_MAJ,
					    PERF_COUNT_SW_CPU_MIGRATIONS };
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = configs[kind],
		.sample_period = period,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			       PERF_SAMPLE_READ,
		.clockid = CLOCK_MONOTONIC,
	};

	G_STATIC_ASSERT(G_N_ELEMENTS(configs) == FDAR_COUNT_KINDS);
	attr.disabled = 1;
	attr.use_clockid = 1;
	return attr;
}

/* What is rare is told one by one. */
static struct counter open_event(enum fdar_count_kind kind, int cpu)
{
	struct counter counter = { .kind = (uint8_t)kind,
				   .period =
					   kind == FDAR_COUNT_FAULT ? FDAR_PERF_COUNTS_PERIOD : 1 };
	struct perf_event_attr attr = attr_of(kind, counter.period);

	counter.fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return counter;
}

static gboolean map_buffer(const struct fdar_perf_counts *counts, struct counter *counter)
{
	size_t pages = FDAR_PERF_COUNTS_PAGES;
	void *memory = MAP_FAILED;

	for (; memory == MAP_FAILED && pages >= FDAR_PERF_RING_LEAST; pages /= 2)
		memory = mmap(NULL, (pages + 1) * counts->page_bytes, PROT_READ | PROT_WRITE,
			      MAP_SHARED, counter->fd, 0);
	counter->page = memory == MAP_FAILED ? NULL : memory;
	return counter->page != NULL;
}

/* first: the processor's, or NULL, when this is that. Off line is no failure. */
static gboolean open_one(struct fdar_perf_counts *counts, enum fdar_count_kind kind, int cpu,
			 const struct counter *first)
{
	struct counter counter = open_event(kind, cpu);
	gboolean ok;

	if (counter.fd < 0)
		return errno == ENODEV;
	ok = ioctl(counter.fd, PERF_EVENT_IOC_ID, &counter.id) == 0 &&
	     (first ? ioctl(counter.fd, PERF_EVENT_IOC_SET_OUTPUT, first->fd) == 0
		    : map_buffer(counts, &counter));
	g_array_append_val(counts->counters, counter);
	return ok;
}

static gboolean open_processor(struct fdar_perf_counts *counts, int cpu)
{
	guint first = counts->counters->len;
	gboolean ok = open_one(counts, 0, cpu, NULL);

	/* Its place may move. */
	for (int kind = 1; ok && kind < FDAR_COUNT_KINDS && counts->counters->len > first; kind++) {
		struct counter shared = g_array_index(counts->counters, struct counter, first);

		ok = open_one(counts, (enum fdar_count_kind)kind, cpu, &shared);
	}
	return ok;
}

static void control(const struct fdar_perf_counts *counts, unsigned long request)
{
	for (guint i = 0; i < counts->counters->len; i++)
		ioctl(g_array_index(counts->counters, struct counter, i).fd, request, 0);
}

struct fdar_perf_counts *fdar_perf_counts_open(GError **error)
{
	struct fdar_perf_counts *counts = g_new0(struct fdar_perf_counts, 1);
	int cpus = (int)sysconf(_SC_NPROCESSORS_CONF), cause;
	gboolean ok = TRUE;

	counts->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	counts->counters = g_array_new(FALSE, FALSE, sizeof(struct counter));
	counts->copied = g_byte_array_new();
	for (int cpu = 0; ok && cpu < cpus; cpu++)
		ok = open_processor(counts, cpu);
	cause = errno;
	if (ok) {
		control(counts, PERF_EVENT_IOC_ENABLE);
		return counts;
	}
	fdar_perf_counts_close(counts);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s", g_strerror(cause));
	return NULL;
}

void fdar_perf_counts_stop(struct fdar_perf_counts *counts)
{
	control(counts, PERF_EVENT_IOC_DISABLE);
}

/* ---- reading ---- */

static void copy(struct fdar_perf_counts *counts, struct perf_event_mmap_page *page)
{
	const uint8_t *records = (const uint8_t *)page + page->data_offset;
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = page->data_tail, size = page->data_size;
	size_t length = (size_t)MIN(head - tail, size), from = (size_t)(tail % size);
	size_t first = MIN(length, (size_t)size - from);

	g_byte_array_set_size(counts->copied, 0);
	g_byte_array_append(counts->copied, records + from, (guint)first);
	g_byte_array_append(counts->copied, records, (guint)(length - first));
	__atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
}

static struct counter *find(const struct fdar_perf_counts *counts, uint64_t id)
{
	for (guint i = 0; i < counts->counters->len; i++)
		if (g_array_index(counts->counters, struct counter, i).id == id)
			return &g_array_index(counts->counters, struct counter, i);
	return NULL;
}

/* It stands for all since the one before, so that those whose record found no room are in the next. */
static void tell(struct counter *counter, const struct told *told, struct fdar_wiped *bytes)
{
	uint64_t number = told->counted > counter->told ? told->counted - counter->told : 0;
	struct fdar_perf_count_record record = {
		.type = FDAR_PERF_RECORD_COUNT + counter->kind,
		.size = sizeof(record),
		.pid = told->pid,
		.tid = told->tid,
		.time_ns = told->time_ns,
		.number = MIN(number, UINT32_MAX),
	};

	if (!number)
		return;
	fdar_wiped_append(bytes, (const uint8_t *)&record, sizeof(record));
	counter->told = told->counted;
	counter->most = MAX(counter->most, number);
	counter->is_told = counter->is_late = TRUE;
}

/* What else the kernel tells there, of records lost and limits, is in what was counted. */
static void translate(struct fdar_perf_counts *counts, struct fdar_wiped *bytes)
{
	const GByteArray *copied = counts->copied;
	struct told told;

	for (gsize at = 0; copied->len - at >= sizeof(told.header); at += told.header.size) {
		struct counter *counter;

		memcpy(&told.header, copied->data + at, sizeof(told.header));
		if (told.header.size < sizeof(told.header) || told.header.size > copied->len - at)
			break;
		if (told.header.type != PERF_RECORD_SAMPLE || told.header.size != sizeof(told))
			continue;
		memcpy(&told, copied->data + at, sizeof(told));
		counter = find(counts, told.id);
		if (counter)
			tell(counter, &told, bytes);
	}
}

/* The kernel waits for so many again, however long that takes. Set back, it tells of the next. */
static void hurry(struct counter *counter)
{
	if (counter->is_late && !counter->is_told) {
		ioctl(counter->fd, PERF_EVENT_IOC_PERIOD, &counter->period);
		counter->is_late = FALSE;
	}
	counter->is_told = FALSE;
}

void fdar_perf_counts_read(struct fdar_perf_counts *counts, struct fdar_wiped *bytes)
{
	for (guint i = 0; i < counts->counters->len; i++) {
		struct perf_event_mmap_page *page =
			g_array_index(counts->counters, struct counter, i).page;

		if (!page)
			continue;
		copy(counts, page);
		translate(counts, bytes);
	}
	for (guint i = 0; i < counts->counters->len; i++)
		hurry(&g_array_index(counts->counters, struct counter, i));
}

uint64_t fdar_perf_counts_lost(const struct fdar_perf_counts *counts)
{
	uint64_t lost = 0, counted;

	for (guint i = 0; i < counts->counters->len; i++) {
		const struct counter *counter = &g_array_index(counts->counters, struct counter, i);

		if (read(counter->fd, &counted, sizeof(counted)) != (ssize_t)sizeof(counted) ||
		    counted <= counter->told)
			continue;
		/* Its next record would have come. */
		if (counted - counter->told > 2 * counter->most)
			lost += counted - counter->told;
	}
	return lost;
}

void fdar_perf_counts_close(struct fdar_perf_counts *counts)
{
	if (!counts)
		return;
	for (guint i = 0; i < counts->counters->len; i++) {
		struct counter *counter = &g_array_index(counts->counters, struct counter, i);

		if (counter->page)
			munmap(counter->page,
			       counter->page->data_offset + counter->page->data_size);
		close(counter->fd);
	}
	g_array_unref(counts->counters);
	g_byte_array_unref(counts->copied);
	g_free(counts);
}
