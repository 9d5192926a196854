/*
 * Runs a drain by itself, for bench/record.sh and for trying things out by hand.
 *
 *	drain_run SOURCE TRACE [MEMORY-MIB [RESERVE-MIB [LEVEL [lossless]]]]
 *
 * Until it is told to end by SIGTERM or SIGINT; then it finishes, and prints a line with the numbers.
 */
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "pipeline/drain.h"

static void print_pressure(gboolean on, void *user)
{
	(void)user;
	fprintf(stderr, "pressure %s\n", on ? "on" : "off");
}

static void wait_for_signal(const sigset_t *set)
{
	const struct timespec second = { .tv_sec = 1 };

	while (sigtimedwait(set, NULL, &second) < 0)
		;
}

static void print(const struct fd_drain_state *state)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("events=%" G_GUINT64_FORMAT " packets=%" G_GUINT64_FORMAT
	       " trace_bytes=%" G_GUINT64_FORMAT " disk_bytes=%" G_GUINT64_FORMAT
	       " dropped_events=%" G_GUINT64_FORMAT " dropped_packets=%" G_GUINT64_FORMAT
	       " dropped_uncounted=%" G_GUINT64_FORMAT " discarded=%" G_GUINT64_FORMAT
	       " lost_packets=%" G_GUINT64_FORMAT " damaged=%" G_GUINT64_FORMAT
	       " peak_bytes=%" G_GUINT64_FORMAT " cpu_ns=%" G_GUINT64_FORMAT " rss_kib=%ld\n",
	       state->events, state->packets, state->trace_bytes, state->disk_bytes,
	       state->dropped_events, state->dropped_packets, state->dropped_uncounted,
	       state->discarded_events, state->lost_packets, state->damaged_packets,
	       state->memory_peak_bytes, state->cpu_ns, usage.ru_maxrss);
}

static uint64_t mib(int argc, char **argv, int index)
{
	return argc > index ? g_ascii_strtoull(argv[index], NULL, 10) << 20 : 0;
}

int main(int argc, char **argv)
{
	struct fd_drain_options options = { .level = FD_DRAIN_LEVEL_ADAPTIVE,
					    .pressure = print_pressure };
	struct fd_drain_state state;
	g_autoptr(GError) error = NULL;
	struct fd_drain *drain;
	gboolean ok;
	sigset_t set;

	if (argc < 3) {
		fprintf(stderr,
			"usage: drain_run SOURCE TRACE [MIB [RESERVE-MIB [LEVEL [lossless]]]]\n");
		return 2;
	}
	options.memory_bytes = mib(argc, argv, 3);
	options.reserve_bytes = mib(argc, argv, 4);
	if (argc > 5 && strcmp(argv[5], "adaptive") != 0)
		options.level = atoi(argv[5]);
	options.lossless = argc > 6;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	drain = fd_drain_start(argv[1], argv[2], &options, &error);
	if (!drain) {
		fprintf(stderr, "drain_run: %s\n", error->message);
		return 1;
	}
	wait_for_signal(&set);
	ok = fd_drain_finish(drain, 0, &state, &error);
	print(&state);
	if (!ok)
		fprintf(stderr, "drain_run: %s\n", error->message);
	fd_drain_free(drain);
	return ok ? 0 : 1;
}
