/*
 * Times the decoding of a trace into batches: read_events TRACE [ROUNDS [THREADS]]
 *
 * Prints the events of every round, the seconds that it took from opening to the end, and the
 * process' peak of memory in KiB. With several threads, each reads a slice into batches of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "pipeline/source.h"

#define BATCH 512

struct part {
	const char *path;
	unsigned slice, slices;
	uint64_t events; /* that were read */
	gboolean failed;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *read_part(void *data)
{
	struct part *part = data;
	g_autoptr(GError) error = NULL;
	g_autoptr(fd_source) source =
		fd_source_open_slice(part->path, part->slice, part->slices, &error);
	struct fd_source_summary summary;
	struct fd_event batch[BATCH];
	gssize n = 0;

	while (source && (n = fd_source_read(source, batch, BATCH, &error)) > 0)
		;
	part->failed = error || n < 0;
	if (error)
		fprintf(stderr, "read_events: %s\n", error->message);
	if (part->failed)
		return NULL;
	fd_source_get_summary(source, &summary);
	part->events = summary.events;
	return NULL;
}

/* FALSE after an error, which was printed. */
static gboolean read_trace(const char *path, unsigned threads, uint64_t *events)
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
		double start = now();
		uint64_t events;

		if (!read_trace(argv[1], (unsigned)threads, &events))
			return 1;
		getrusage(RUSAGE_SELF, &usage);
		printf("%" G_GUINT64_FORMAT " %.6f %ld\n", events, now() - start, usage.ru_maxrss);
	}
	return 0;
}
