/*
 * The event vocabulary: what a server with flowdar inside can say, by name and by field.
 *
 * This is the one header of instrument/ that the rest of the house may include: the provider
 * writes these events, pipeline/ recognises them. It holds names only, no code.
 *
 * All events are of the LTTng-UST provider "flowdar". Every event carries the contexts vpid and
 * vtid; the events of the session channel carry procname (the thread's name) too. Addresses, keys
 * and sizes are 64-bit; texts are UTF-8, cut at FDAR_TEXT_MAX bytes by the writer.
 *
 *	event            fields (C type)                                  log level
 *	session_begin    key u64, peer string, local string, fd s32       INFO
 *	session_resume   key u64                                          INFO
 *	session_suspend  key u64                                          INFO
 *	session_end      key u64                                          INFO
 *	note             key string, value string                         INFO
 *	handoff_put      object u64, queue string                         DEBUG_PROCESS
 *	handoff_take     object u64, queue string                         DEBUG_PROCESS
 *	bytes            label string, total u64, data u8[] (sequence)    DEBUG_UNIT
 *	wait_begin       what string, kind u8 (enum fdar_wait_kind), fd s32 DEBUG_UNIT
 *	wait_end         result s64                                       DEBUG_UNIT
 *	scope_enter      name string                                      DEBUG_FUNCTION
 *	scope_exit       name string                                      DEBUG_FUNCTION
 *	func_entry       addr u64, call_site u64                          DEBUG_FUNCTION
 *	func_exit        addr u64, call_site u64                          DEBUG_FUNCTION
 *	calls            tid u32, data u8[] (sequence; see calls.h)       DEBUG_FUNCTION
 *	io               op u8 (enum fdar_io_op), fd s32, result s64        DEBUG_UNIT
 *	request_begin    key u64, what string                             INFO
 *	request_end      key u64, result s64                              INFO
 *	process          recording string, parent s32                     INFO
 *	thread_begin     name string                                      INFO
 *	thread_end       name string                                      INFO
 *	switched         addr u64, on u8, reason u8, calls u64, ns u64    INFO
 *
 * "func" events come from compiler hooks and carry addresses; "scope" events come from the header
 * and carry the name. A session's key is any 64-bit value that no other open session of the process
 * has (an object's address, say): it may be used again after session_end. An fd of -1 is "none".
 *
 * "calls" is many calls of one thread in one event: what the function hooks write. "io" is an
 * operation on a descriptor that did not have to wait: its result as the call gave it, negative
 * errno when it failed; one that waited is wait_begin and wait_end, and then io. A thread that gives
 * itself a name says thread_begin once more. A request's key is
 * that of its session, 0 for the session that the thread works for. "process" is the first event of
 * each process in each recording: which recording it belongs to (control.h). "switched" tells that a
 * function's calls are recorded from now on or no longer, why (enum fdar_switch_reason), how often it
 * was called until then, and how long that took in all.
 */
#ifndef FLOWDAR_EVENTS_H
#define FLOWDAR_EVENTS_H

#define FDAR_PROVIDER "flowdar"
#define FDAR_TEXT_MAX 256u

/* What a thread waits for, and so what the end of the wait means to whoever owns its time. */
enum fdar_wait_kind {
	FDAR_WAIT_OTHER = 0,  /* can block, nothing more is known */
	FDAR_WAIT_IO = 1,     /* one descriptor: recv, send, poll of a single descriptor */
	FDAR_WAIT_POLL = 2,   /* any of several: epoll_wait, select or poll of two or more */
	FDAR_WAIT_ACCEPT = 3, /* a new connection */
	FDAR_WAIT_COND = 4,   /* a condition variable or semaphore */
	FDAR_WAIT_LOCK = 5,   /* a mutex or rwlock that somebody else holds */
	FDAR_WAIT_SLEEP = 6,  /* a time span */
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
	FDAR_IO_DUP = 7, /* result: the new descriptor */
	FDAR_IO_OPS
};

/* Why a function's calls are recorded or not. */
enum fdar_switch_reason {
	FDAR_SWITCH_USER = 0,   /* the user's rules */
	FDAR_SWITCH_BUDGET = 1, /* it cost more than it said */
	FDAR_SWITCH_REASONS
};

#endif
