/*
 * The control segment: what a recorder tells the processes of its server, and what they count.
 *
 * Place in the house: made by pipeline/server/control.h, mapped by libflowdar.so in every process of the
 * server. With events.h and calls.h this is what the rest of the house may include of instrument/.
 *
 * Two kinds of files, in a folder of the recorder's own in shared memory (/dev/shm); the direction of
 * each is one way, and so are the permissions (docs/security.md):
 *
 *	control-XXXX           struct fdar_control: the recorder writes, processes only read. Nobody but
 *	                       the recorder's user can open it for writing or cut it short.
 *	control-XXXX.counters/ a folder that everybody may add files to and nobody else list; in it one
 *	    PID-NUMBER         file a process, its own (0600): struct fdar_control_counters. It writes, the
 *	                       recorder reads, with system calls and as input that may be anything.
 *
 * The server's processes find the segment's path in the environment (FDAR_CONTROL_ENV) when they are
 * started, or are told it by the recorder later: each process that has libflowdar.so in it and no
 * control segment listens on the abstract Unix socket "flowdar/PID" (pid as decimal text) for one
 * message: the path. Only the superuser and the process's own user are listened to (SO_PEERCRED), and
 * the recorder tells nobody but the process, by the same means.
 *
 * After a change the recorder adds 1 to generation and wakes all that wait there (futex); after a
 * change of gate, the same at gate. Every process of the server writes its process event once more
 * when it has seen the generation change: whose trace began later gets to know whose the process is.
 *
 * Counters are of what is in the trace if nothing was lost: an event is counted when it has been
 * written, so that the recorder, which counts before tracing stops, never counts more than it can
 * find. A process that can have no file of its own (a full disk, another root) counts nothing.
 *
 * The rules say whose calls are recorded. They are texts, each ended by a NUL, in order; the last one
 * that fits a function decides; a function that none fits is on if the first rule is an exclusion or
 * there is no rule, else off:
 *
 *	GLOB         functions by name (fnmatch, without flags); a compiler's clone (clones.h) by its own
 *	             name and by that in the source; one of C++ by its symbol and as it is written in
 *	             the source, with or without arguments (cpp_names.h), if the server has libstdc++
 *	             as a shared library, whose demangler is asked
 *	bin:GLOB     by the base name of the binary or library they are in
 *	file:GLOB    by the source file (path or base), as far as the server knows it: the base name, of
 *	             static functions (symbol tables have no more)
 *	thread:GLOB  all calls of threads of that name: a test of its own, which must pass besides the
 *	             other three
 *	!            before any of them: what fits is left out
 *
 * That is how users write them, with commas between (--functions); nobody translates.
 */
#ifndef FLOWDAR_CONTROL_H
#define FLOWDAR_CONTROL_H

#include <stdint.h>

#define FDAR_CONTROL_ENV         "FLOWDAR_CONTROL"
#define FDAR_CONTROL_MAGIC       UINT64_C(0x32726164776f6c66) /* "flowdar2", little endian */
#define FDAR_CONTROL_BYTES       65536u
#define FDAR_CONTROL_RULES_BYTES 32768u
#define FDAR_CONTROL_NAME_BYTES  64u
#define FDAR_CONTROL_RULES_MAX   512u /* more are not understood */

#define FDAR_CONTROL_COUNTERS       ".counters" /* behind the segment's path: the folder */
#define FDAR_CONTROL_COUNTERS_BYTES 65536u      /* of each file in it */
#define FDAR_CONTROL_COUNTERS_FIRST 4096u       /* that have their memory from the beginning */
#define FDAR_CONTROL_STRIPES        8u
#define FDAR_CONTROL_SLOTS          960u

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
	uint32_t
		marks_packed; /* 1: marks may be told with calls (calls.h), instead of an event each */
	uint32_t calls_off; /* 1: no function is recorded, whoever else asks for it */
};

/* Events are counted by what --detail asks for them; functions' are not among them: each call is. */
enum fdar_control_events {
	FDAR_CONTROL_EVENTS_SESSION,  /* sessions, requests, hand-offs, notes, threads */
	FDAR_CONTROL_EVENTS_IO,       /* waits, operations on descriptors, and bytes */
	FDAR_CONTROL_EVENTS_FUNCTION, /* scopes, functions that are switched */
	FDAR_CONTROL_EVENTS
};

/* Of one thread at a time, which alone writes it. */
struct fdar_control_slot {
	_Alignas(64) uint64_t calls; /* that it, and those that had the slot before it, have
				      * recorded: written as events, or not yet */
	uint32_t taken;              /* 1: a thread has it */
	uint64_t marks; /* like calls: that were packed (calls.h). In older libraries' files 0 */
};

struct fdar_control_counters {
	/* written before the file has its name, or at once after, and never changed */
	uint64_t magic;        /* FDAR_CONTROL_MAGIC */
	uint32_t struct_bytes; /* sizeof(struct fdar_control_counters): additions go to the end */
	int32_t pid;           /* as the process calls itself */
	uint64_t pid_space;    /* inode of its pid namespace, 0: not known */

	_Alignas(64) uint32_t flushed; /* the value of flush that was done last */
	uint32_t unpatched; /* bits 1 << enum fdar_patch_status (patch_status.h): why functions that
			     * were wanted stay off */
	uint64_t calls;     /* recorded, each once, with its begin; added when a buffer was
			     * written */
	uint64_t skipped;   /* too short */
	uint64_t unwound;   /* ended without returning */
	uint64_t lost;      /* not recorded because something was in the way */
	uint64_t waited_ns; /* at the gate, all threads together */
	uint64_t functions; /* that could be recorded, in all its binaries */
	uint64_t live;      /* of these: that are */
	uint64_t budget_off; /* switched off to keep the budget */
	uint64_t patched;    /* functions with patchable entries */
	uint64_t hooked;     /* 1: it has called compiler hooks */
	uint64_t late;       /* libraries with patchable entries that were found when they had been
			      * loaded for up to a tenth of a second: calls until then are missing */
	uint64_t told;       /* 1: it has written its process event */
	uint64_t gave_up;    /* 1: it records on as it was made: in the middle of a change, which a
			      * fork could not wait for */
	uint64_t ruled;      /* times that it asked the rules about all its functions */

	/* a bit for each rule, the first is the lowest of the first: it fitted a function */
	uint64_t rules_met[FDAR_CONTROL_RULES_MAX / 64];

	/* events that were written; a thread adds to one of the stripes, so that many threads do not
	 * get in each other's way */
	struct {
		_Alignas(64) uint64_t events[FDAR_CONTROL_EVENTS];
	} stripes[FDAR_CONTROL_STRIPES];

	uint64_t sessions; /* begun: by marks, and by libflowdar-io, each */
	uint64_t ended; /* 1: it has said that it ends. One that has ended without that was killed,
			    * and took along what its threads had not written: the slots' calls that
			    * are not in calls */

	/* The price of recording calls, as it was measured again and again (functions/price.h), all sums: what
	 * a call took longer, its square (ps^2), and the part of that in the call's own time; and what
	 * writing calls as events took. */
	uint64_t price_measured;
	uint64_t price_ps;
	uint64_t price_squares;
	uint64_t price_inner_ps;
	uint64_t writes;
	uint64_t write_ns;

	uint64_t io_sessions; /* of sessions: those that libflowdar-io began */
	uint32_t slots_ready; /* the first so many have memory: the others are not to be touched */
	uint32_t slotless;    /* threads that got no slot: what they had is in no count */
	uint64_t unready; /* 1: it went on while it was recorded, and LTTng had not made it ready:
			       * what it did from then on is missing, until it was told, if it was. In
			       * older libraries' files, which have room here, 0 */
	uint64_t
		elsewhere; /* of lost: calls on stacks that are no thread's, no signal's and no known coroutine's;
			     * in older libraries' files 0 as well */

	/* What recording has taken by the budget's account, sums over its windows, in older libraries' files 0: of so
	 * much processor time, all but calls, and calls. */
	uint64_t budget_cpu_ns;
	uint64_t budget_others_ns;
	uint64_t budget_calls_ns;
	uint64_t
		marks; /* of the stripes' events: those that were packed; in older libraries' files, which
			 * have room here, 0 */
	struct fdar_control_slot slots[FDAR_CONTROL_SLOTS];
};

#endif
