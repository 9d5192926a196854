/*
 * Times the decoding of a trace into batches: read_events TRACE [ROUNDS]
 *
 * Prints the events of every round, the seconds that it took from opening to the end, and the
 * process' peak of memory in KiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "pipeline/source.h"

#define BATCH 512

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Reads all of it; FALSE after an error, which was printed. */
static gboolean read_trace(const char *path, struct fd_source_summary *summary)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fd_source) source = fd_source_open(path, &error);
	struct fd_event batch[BATCH];
	gssize n = 0;

	while (source && (n = fd_source_read(source, batch, BATCH, &error)) > 0)
		;
	if (error) {
		fprintf(stderr, "read_events: %s\n", error->message);
		return FALSE;
	}
	fd_source_get_summary(source, summary);
	return n == 0;
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 1;

	if (argc < 2) {
		fprintf(stderr, "usage: read_events TRACE [ROUNDS]\n");
		return 2;
	}
	for (int i = 0; i < rounds; i++) {
		struct fd_source_summary summary;
		struct rusage usage;
		double start = now();

		if (!read_trace(argv[1], &summary))
			return 1;
		getrusage(RUSAGE_SELF, &usage);
		printf("%" G_GUINT64_FORMAT " %.6f %ld\n", summary.events, now() - start,
		       usage.ru_maxrss);
	}
	return 0;
}
