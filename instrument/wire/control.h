/*
 * The control segment: memory that a recorder and the processes of its server share.
 *
 * Place in the house: made by pipeline/server/control.h, mapped by libflowdar.so in every process of the
 * server. With events.h and calls.h this is what the rest of the house may include of instrument/.
 *
 * A file of FDAR_CONTROL_BYTES in a folder of the recorder's own in shared memory (/dev/shm). The
 * server's processes find its path in the environment (FDAR_CONTROL_ENV) when they are started, or are
 * told it by the recorder later: each process that has libflowdar.so in it and no control segment
 * listens on the abstract Unix socket "flowdar/PID" (pid as decimal text) for one message: the path.
 * Only the superuser and the process's own user are listened to (SO_PEERCRED).
 *
 * The upper part is the recorder's to write, the lower the server's. Each side takes what the other
 * wrote as it takes input from a file: the server may run as another user. After a change of its
 * part the recorder adds 1 to generation and wakes all that wait there (futex); after a change of
 * gate, the same at gate. Every process of the server writes its process event once more when it has
 * seen the generation change: whose trace began later gets to know whose the process is.
 *
 * The rules say whose calls are recorded. They are texts, each ended by a NUL, in order; the last one
 * that fits a function decides; a function that none fits is on if the first rule is an exclusion or
 * there is no rule, else off:
 *
 *	+name:GLOB   -name:GLOB     functions by name (fnmatch, without flags); a compiler's clone
 *	                            (clones.h) by its own name and by that in the source
 *	+binary:GLOB -binary:GLOB   by the base name of the binary or library they are in
 *	+file:GLOB   -file:GLOB     by the source file (path or base), as far as the server knows it: the
 *	                            base name, of static functions (symbol tables have no more)
 *	+thread:GLOB -thread:GLOB   all calls of threads of that name: a test of its own, which must
 *	                            pass besides the other three
 */
#ifndef FLOWDAR_CONTROL_H
#define FLOWDAR_CONTROL_H

#include <stdint.h>

#define FDAR_CONTROL_ENV         "FLOWDAR_CONTROL"
#define FDAR_CONTROL_MAGIC       UINT64_C(0x31726164776f6c66) /* "flowdar1", little endian */
#define FDAR_CONTROL_BYTES       65536u
#define FDAR_CONTROL_RULES_BYTES 32768u
#define FDAR_CONTROL_NAME_BYTES  64u
#define FDAR_CONTROL_RULES_MAX   512u /* more are not understood */

enum fdar_control_gate {
	FDAR_CONTROL_OPEN = 0,
	FDAR_CONTROL_WAIT = 1 /* whoever writes an event waits until the gate is open (at most until
			     * the recorder has ended: alive stands still for 5 s) */
};

struct fdar_control {
	/* written before the file is in its place, never changed */
	uint64_t magic;
	uint32_t bytes; /* FDAR_CONTROL_BYTES */
	uint32_t
		struct_bytes; /* sizeof(struct fdar_control) of who made it: additions go to the end */
	char recording[FDAR_CONTROL_NAME_BYTES]; /* its name, in the process events */

	/* the recorder's */
	_Alignas(64) uint32_t generation; /* futex */
	uint32_t gate;                    /* futex; enum fdar_control_gate */
	uint32_t alive;        /* counts on, a few times a second, while there is a recorder */
	uint32_t recording_on; /* 0 before it begins and after it ended: write nothing */
	uint32_t flush;      /* counted up when all threads' calls are to be written now: before the
			      * tracing session stops, so that open calls are in the trace */
	uint32_t depth_max;  /* calls nested deeper than this are not recorded; 0: no limit */
	uint64_t minimum_ns; /* shorter calls leave no record of their own (calls.h: SKIPPED) */
	uint32_t budget_ppm; /* of the server's processor time, for recording calls; 0: none */
	uint32_t
		io_sessions; /* 1: accepted connections are sessions (session_begin by libflowdar-io) */
	uint32_t io_bytes; /* so many bytes of each buffer that is read or written, 0: none */
	uint32_t rules_bytes;
	char rules[FDAR_CONTROL_RULES_BYTES];

	/* the server's: all processes add to them */
	_Alignas(64) uint64_t processes; /* that have mapped the segment */
	uint32_t flushed; /* processes that have done what the last flush asked for */
	uint32_t reserved;
	uint64_t calls;     /* recorded, each once; added when a buffer is written */
	uint64_t skipped;   /* too short */
	uint64_t unwound;   /* ended without returning */
	uint64_t lost;      /* not recorded because something was in the way */
	uint64_t waited_ns; /* at the gate, all threads together */
	uint64_t functions; /* that could be recorded, in all processes' binaries, each counted once
			     * a process */
	uint64_t live;      /* of these: that are */
	uint64_t budget_off; /* switched off to keep the budget */
	uint64_t patched;    /* functions with patchable entries */
	uint64_t hooked;     /* processes that have called compiler hooks */
	uint64_t late;       /* libraries with patchable entries that were found when they had been
			      * loaded for up to a tenth of a second: calls until then are missing */
	uint64_t ruled;      /* times that a process asked the rules about all its functions */
	uint64_t rules_met[FDAR_CONTROL_RULES_MAX /
			   64]; /* a bit for each rule, the first is the lowest
							* of the first: it fitted a function */
};

#endif
