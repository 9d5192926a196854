/*
 * Usage: processor time and memory of a process and its descendants.
 *
 * Place in the house: beside processes.h. Processor time is read from the kernel's clock of each
 * process (nanoseconds, threads that have ended included); of descendants that have ended, as their parents were told when they
 * waited for them (cutime and cstime of /proc/PID/stat, in clock ticks: two of them may be missing). Who lets them
 * go without waiting is not told. Memory is what is not backed by files, swapped out or not (RssAnon and VmSwap of
 * /proc/PID/status, proc(5)).
 */
#ifndef FDAR_PIPELINE_SERVER_USAGE_H
#define FDAR_PIPELINE_SERVER_USAGE_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

struct fdar_usage_of_tree {
	uint64_t cpu_ns;
	uint64_t
		waited_ns; /* for a processor that others had: the longest of their first threads (proc(5), schedstat); 0: not told */
	uint64_t memory_bytes;
	unsigned processes; /* that were looked at; 0: root is gone */
};

struct fdar_usage_of_tree fdar_usage_below(pid_t root);

#endif
