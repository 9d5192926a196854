/*
 * The numbers and limits of the event vocabulary. The events themselves, and their fields, are in
 * events.def beside it.
 *
 * Place in the house: with calls.h and control.h the door between what runs inside a server and the
 * rest of the house: the provider writes these events, pipeline/events/ recognises them. No code.
 *
 * All events are of the LTTng-UST provider "flowdar". Every event carries the contexts vpid and
 * vtid; the events of the session channel carry procname (the thread's name) too. Addresses, keys
 * and sizes are 64-bit; texts are UTF-8, cut at FDAR_TEXT_MAX bytes by the writer.
 */
#ifndef FLOWDAR_EVENTS_H
#define FLOWDAR_EVENTS_H

#define FDAR_PROVIDER "flowdar"
#define FDAR_TEXT_MAX 256u

/* What a thread waits for, and so what the end of the wait means to whoever owns its time. */
enum fdar_wait_kind {
	FDAR_WAIT_OTHER = 0,     /* can block, nothing more is known */
	FDAR_WAIT_IO = 1,        /* one descriptor: recv, send, poll of a single descriptor */
	FDAR_WAIT_POLL = 2,      /* any of several: epoll_wait, select or poll of two or more */
	FDAR_WAIT_ACCEPT = 3,    /* a new connection */
	FDAR_WAIT_COND = 4,      /* a condition variable or semaphore */
	FDAR_WAIT_LOCK = 5,      /* a mutex or rwlock that somebody else holds */
	FDAR_WAIT_SLEEP = 6,     /* a time span */
	FDAR_WAIT_PROCESSOR = 7, /* ready to run: of off_cpu alone */
	FDAR_WAIT_KINDS
};

/* What was done with a descriptor. */
enum fdar_io_op {
	FDAR_IO_OTHER = 0,
	FDAR_IO_READ = 1,   /* bytes came in: read, recv, recvmsg, ... */
	FDAR_IO_WRITE = 2,  /* bytes went out: write, send, sendfile, ... */
	FDAR_IO_ACCEPT = 3, /* result: the new descriptor */
	FDAR_IO_CONNECT = 4,
	FDAR_IO_CLOSE = 5,
	FDAR_IO_SHUTDOWN = 6,
	FDAR_IO_DUP = 7,   /* result: the new descriptor */
	FDAR_IO_WATCH = 8, /* put under watch: epoll_ctl(EPOLL_CTL_ADD) */
	FDAR_IO_OPS
};

/* The key of the note by which a process says that it has connected: "FD OWN-ADDRESS ADDRESS". */
#define FDAR_NOTE_UPSTREAM "upstream"

/* Why a thread was off the processor. */
enum fdar_off_cpu {
	FDAR_OFF_CPU_WATCHED =
		0, /* it was not: its process tells when one is, from here on (0 ns), or no longer (1) */
	FDAR_OFF_CPU_PREEMPTED = 1, /* others were on: it was ready to run */
	FDAR_OFF_CPU_BLOCKED =
		2, /* it waited for something, by a call that nobody watches, or a page */
	FDAR_OFF_CPU_WHYS
};

/* How a process ends. */
enum fdar_process_end {
	FDAR_PROCESS_EXIT = 0,    /* exit(), or main() has returned */
	FDAR_PROCESS_AT_ONCE = 1, /* _exit() */
	FDAR_PROCESS_EXEC = 2,    /* another program takes its place */
	FDAR_PROCESS_ABORT = 3,
	FDAR_PROCESS_ENDS
};

/* Why a function's calls are recorded or not. */
enum fdar_switch_reason {
	FDAR_SWITCH_USER = 0,   /* the user's rules */
	FDAR_SWITCH_BUDGET = 1, /* it cost more than it said */
	FDAR_SWITCH_REASONS
};

#endif
