/*
 * Times the decoding of a trace into batches: read_events TRACE [ROUNDS [THREADS]]
 *
 * Prints the events of every round, the seconds that it took from opening to the end, the process'
 * peak of memory in KiB, and the processor's seconds of the thread that took longest. With several
 * threads, each reads a slice into batches of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "pipeline/source/source.h"

#define BATCH 512

struct part {
	const char *path;
	unsigned slice, slices;
	uint64_t events; /* that were read */
	double cpu_s;
	gboolean failed;
};

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *read_part(void *data)
{
	struct part *part = data;
	double start = now(CLOCK_THREAD_CPUTIME_ID);
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source =
		fdar_source_open_slice(part->path, part->slice, part->slices, &error);
	struct fdar_source_summary summary;
	struct fdar_event batch[BATCH];
	gssize n = 0;

	while (source && (n = fdar_source_read(source, batch, BATCH, &error)) > 0)
		;
	part->failed = error || n < 0;
	if (error)
		fprintf(stderr, "read_events: %s\n", error->message);
	if (part->failed)
		return NULL;
	fdar_source_get_summary(source, &summary);
	part->events = summary.events;
	part->cpu_s = now(CLOCK_THREAD_CPUTIME_ID) - start;
	return NULL;
}

/* FALSE after an error, which was printed. */
static gboolean read_trace(const char *path, unsigned threads, uint64_t *events, double *cpu_s)
{
	g_autofree struct part *parts = g_new0(struct part, threads);
	g_autofree GThread **others = g_new0(GThread *, threads);
	gboolean ok = TRUE;

	*events = 0;
	for (unsigned i = 0; i < threads; i++)
		parts[i] = (struct part){ .path = path, .slice = i, .slices = threads };
	for (unsigned i = 1; i < threads; i++)
		others[i] = g_thread_new("reader", read_part, &parts[i]);
	read_part(&parts[0]);
	for (unsigned i = 1; i < threads; i++)
		g_thread_join(others[i]);
	for (unsigned i = 0; i < threads; i++) {
		*events += parts[i].events;
		*cpu_s = MAX(*cpu_s, parts[i].cpu_s);
		ok = ok && !parts[i].failed;
	}
	return ok;
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 1;
	int threads = argc > 3 ? atoi(argv[3]) : 1;

	if (argc < 2 || threads < 1) {
		fprintf(stderr, "usage: read_events TRACE [ROUNDS [THREADS]]\n");
		return 2;
	}
	for (int i = 0; i < rounds; i++) {
		struct rusage usage;
		double start = now(CLOCK_MONOTONIC), cpu_s = 0;
		uint64_t events;

		if (!read_trace(argv[1], (unsigned)threads, &events, &cpu_s))
			return 1;
		getrusage(RUSAGE_SELF, &usage);
		printf("%" G_GUINT64_FORMAT " %.6f %ld %.6f\n", events,
		       now(CLOCK_MONOTONIC) - start, usage.ru_maxrss, cpu_s);
	}
	return 0;
}
