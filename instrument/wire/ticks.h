/*
 * Ticks: samples that a server's processes take of themselves, where the kernel lets nobody else look.
 *
 * Place in the house: written by libflowdar-ticks.so in every process of the server, read by
 * pipeline/samples/ticks.h. The recorder makes a folder, which everybody may add files to and nobody else
 * list, and names it in the environment (FDAR_TICKS_ENV) with the number of ticks a second; in it is one
 * file a process, its own (0600): struct fdar_ticks, of which only what is used has memory. The process
 * writes, the recorder reads, with system calls and as input that may be anything; it takes the files away
 * with the folder. Who is slower than a ring lasts finds out by head, and has lost the difference.
 *
 * A place in the ring is written by whoever added 1 to head: its turn is 2n + 1 while number n is being
 * written, and 2n + 2 when it is whole. A number that there was no memory for, or whose place somebody was still
 * writing to, stays unwritten.
 */
#ifndef FLOWDAR_TICKS_H
#define FLOWDAR_TICKS_H

#include <stdint.h>

#define FDAR_TICKS_ENV         "FLOWDAR_TICKS"              /* "HZ FOLDER" */
#define FDAR_TICKS_MAGIC       UINT64_C(0x736b636974776c66) /* "flwticks", little endian */
#define FDAR_TICKS_PLACES      64u
#define FDAR_TICKS_STACK_BYTES 8192u
#define FDAR_TICKS_REGISTERS   17u
#define FDAR_TICKS_WEIGHT_MAX  4096u

enum fdar_tick_kind {
	FDAR_TICK_SAMPLE = 1, /* bytes: the stack from its pointer on, as far as it is mapped */
	FDAR_TICK_MAPPED = 2  /* bytes: lines of /proc/self/maps, of what is executable */
};

enum {
	FDAR_TICK_SYSTEM = 1 /* it came out of a system call, which is where the time went */
};

struct fdar_tick {
	uint64_t turn;    /* atomic */
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint32_t kind;    /* enum fdar_tick_kind */
	uint32_t tid;     /* as the process itself sees it */
	uint32_t weight;  /* of a sample: periods of processor time that it stands for */
	uint32_t flags;
	uint32_t length; /* of bytes */
	uint32_t pad;
	uint64_t registers[FDAR_TICKS_REGISTERS]; /* in the order of asm/perf_regs.h */
	uint8_t bytes[FDAR_TICKS_STACK_BYTES];
};

/* Why a process, or some of it, has no samples: bits. */
enum {
	FDAR_TICKS_NO_SIGNAL = 1, /* none was free */
	FDAR_TICKS_YIELDED = 2,   /* the server wanted the signal for itself later */
	FDAR_TICKS_NO_TIMER = 4,  /* a thread could have none */
	FDAR_TICKS_LOCKED = 8,    /* the server was about to forbid itself system calls */
	FDAR_TICKS_NO_FILE = 16,  /* a child could make none (chroot, a limit): in its parent's */
	FDAR_TICKS_UNREAD = 32,   /* in none: the recorder could look at no more at a time */
	FDAR_TICKS_ROOT = 64      /* its root is another, where what it executes can make no file */
};

struct fdar_ticks {
	uint64_t magic; /* written last of what does not change */
	uint32_t bytes; /* sizeof(struct fdar_ticks) */
	int32_t pid;    /* as the process calls itself */
	int32_t parent; /* that it was forked from, 0: it has executed a program */
	uint32_t pad;
	uint64_t pid_space; /* inode of its pid namespace, 0: not known */
	uint64_t began_ns;  /* CLOCK_MONOTONIC */

	_Alignas(64) uint64_t head; /* atomic: numbers given so far */
	uint32_t without;           /* atomic: FDAR_TICKS_NO_SIGNAL ... */

	_Alignas(4096) struct fdar_tick places[FDAR_TICKS_PLACES];
};

#endif
