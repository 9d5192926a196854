/*
 * Runs a drain by itself, for tests that have LTTng write into memory by hand, and for bench/record.sh.
 *
 *	drain_run SOURCE TRACE [MEMORY-MIB [RESERVE-MIB [LEVEL [GATE]]]]
 *
 * Until it is told to end by SIGTERM or SIGINT; then it finishes, prints a line with the numbers, and reads
 * back what is there.
 * With GATE, a file that is there as long as there is pressure, nothing is dropped.
 */
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pipeline/drain/drain.h"
#include "pipeline/source/source.h"

#define BATCH 512

static void set_gate(gboolean on, void *user)
{
	const char *gate = user;
	int fd;

	if (!on) {
		unlink(gate);
		return;
	}
	fd = open(gate, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
}

static void wait_for_signal(const sigset_t *set)
{
	const struct timespec second = { .tv_sec = 1 };

	while (sigtimedwait(set, NULL, &second) < 0)
		;
}

static void print(const struct fdar_drain_state *state)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("events=%" G_GUINT64_FORMAT " packets=%" G_GUINT64_FORMAT
	       " trace_bytes=%" G_GUINT64_FORMAT " disk_bytes=%" G_GUINT64_FORMAT
	       " dropped_events=%" G_GUINT64_FORMAT " dropped_packets=%" G_GUINT64_FORMAT
	       " dropped_uncounted=%" G_GUINT64_FORMAT " discarded=%" G_GUINT64_FORMAT
	       " lost_packets=%" G_GUINT64_FORMAT " damaged=%" G_GUINT64_FORMAT
	       " peak_bytes=%" G_GUINT64_FORMAT " cpu_ns=%" G_GUINT64_FORMAT
	       " rss_kib=%ld memory_full=%d",
	       state->events, state->packets, state->trace_bytes, state->disk_bytes,
	       state->dropped_events, state->dropped_packets, state->dropped_uncounted,
	       state->discarded_events, state->lost_packets, state->damaged_packets,
	       state->memory_peak_bytes, state->cpu_ns, usage.ru_maxrss, state->memory_full);
}

/* What a reader finds; 0 and a message: nothing. */
static uint64_t read_back(const char *trace)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open(trace, &error);
	struct fdar_event batch[BATCH];
	uint64_t events = 0;
	gssize n = 0;

	while (source && (n = fdar_source_read(source, batch, BATCH, &error)) > 0)
		events += (uint64_t)n;
	if (error)
		fprintf(stderr, "drain_run: %s\n", error->message);
	return events;
}

static uint64_t mib(int argc, char **argv, int index)
{
	return argc > index ? g_ascii_strtoull(argv[index], NULL, 10) << 20 : 0;
}

static void set_options(int argc, char **argv, struct fdar_drain_options *options)
{
	options->memory_bytes = mib(argc, argv, 3);
	options->reserve_bytes = mib(argc, argv, 4);
	if (argc > 5 && strcmp(argv[5], "adaptive") != 0)
		options->level = atoi(argv[5]);
	if (argc > 6) {
		options->lossless = TRUE;
		options->pressure = set_gate;
		options->user = argv[6];
	}
}

int main(int argc, char **argv)
{
	struct fdar_drain_options options = { 0 };
	struct fdar_drain_state state;
	g_autoptr(GError) error = NULL;
	struct fdar_drain *drain;
	gboolean ok;
	sigset_t set;

	if (argc < 3) {
		fprintf(stderr,
			"usage: drain_run SOURCE TRACE [MIB [RESERVE-MIB [LEVEL [GATE]]]]\n");
		return 2;
	}
	set_options(argc, argv, &options);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	drain = fdar_drain_start(argv[1], argv[2], &options, &error);
	if (!drain) {
		fprintf(stderr, "drain_run: %s\n", error->message);
		return 1;
	}
	wait_for_signal(&set);
	ok = fdar_drain_finish(drain, 0, &state, &error);
	print(&state);
	printf(" read=%" G_GUINT64_FORMAT "\n", read_back(argv[2]));
	if (!ok)
		fprintf(stderr, "drain_run: %s\n", error->message);
	fdar_drain_free(drain);
	return ok ? 0 : 1;
}
