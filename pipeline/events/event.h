/*
 * A decoded event: the small fixed-size record that every reader of traces delivers.
 *
 * Place in the house: pipeline/ makes them (source.h), analyze/ consumes them. What the fields mean
 * for each kind is the table below; the events on the wire are described in instrument/wire/events.h.
 *
 *	kind                     addr         addr2       name         data
 *	FUNC_ENTRY, FUNC_EXIT    function(1)  call site   -            -
 *	SCOPE_ENTER, SCOPE_EXIT  -            -           scope        -
 *	SESSION_BEGIN            key          -           -            peer address text
 *	SESSION_RESUME/SUSPEND/END  key       -           -            -
 *	HANDOFF_PUT, HANDOFF_TAKE object      -           queue        -
 *	WAIT_BEGIN               -            -           what         -    (+ wait, fd)
 *	WAIT_END                 result       -           -            -
 *	BYTES                    total bytes  -           label        the captured bytes
 *	NOTE                     -            -           note's key   note's value
 *	MODULE                   base address bytes       path         build id in hex, may be empty
 *	THREAD_NAME              -            -           the name     -
 *	OTHER                    -            -           event's name -
 *	FUNC_SKIPPED(2)          calls        their ns    -            -
 *	FUNC_UNWOUND(2)          calls        -           -            -
 *	FUNC_LOST(2)             calls        -           -            -
 *	IO                       result       enum fdar_io_op  -         -            (+ fd)
 *	REQUEST_BEGIN            key, or 0    -           -            what is asked for
 *	REQUEST_END              key, or 0    result      -            -
 *	PROCESS                  parent pid   -           -            its recording's name
 *	THREAD_BEGIN, THREAD_END -            -           its name     -
 *	SWITCHED                 function     calls until then  -      -            (+ fd, wait)
 *	(1) 0 in FUNC_EXIT when the writer did not say which: the innermost open one is meant.
 *
 *	(2) Inside the innermost open function of the thread: calls that were too short to be recorded;
 *	    calls that ended without an exit, the innermost so many; calls that are missing.
 *	SWITCHED: fd is 1 when the function's calls are recorded from here on, 0 when no longer; wait
 *	is the enum fdar_switch_reason.
 *
 * A MODULE is told when it was loaded or found loaded; when its build id comes in an event of its
 * own, right after as a rule, it is told again: same base, bytes and path, and now the build id.
 * One of 0 bytes without a path was unloaded.
 *
 * THREAD_NAME is made up by the source before the first event of a thread that has another name
 * than at the thread's events before; its time, pid and tid are that event's.
 *
 * What is read from a trace is bounded and made fit to be shown: names and texts in data are valid
 * UTF-8 without control characters, at most 4096 bytes; the data of BYTES is raw, at most 65536.
 */
#ifndef FDAR_PIPELINE_EVENTS_EVENT_H
#define FDAR_PIPELINE_EVENTS_EVENT_H

#include <stdint.h>

enum fdar_event_kind {
	FDAR_EVENT_OTHER = 0, /* not ours; counted, and delivered so that nothing is lost unseen */
	FDAR_EVENT_FUNC_ENTRY,
	FDAR_EVENT_FUNC_EXIT,
	FDAR_EVENT_SCOPE_ENTER,
	FDAR_EVENT_SCOPE_EXIT,
	FDAR_EVENT_SESSION_BEGIN,
	FDAR_EVENT_SESSION_RESUME,
	FDAR_EVENT_SESSION_SUSPEND,
	FDAR_EVENT_SESSION_END,
	FDAR_EVENT_HANDOFF_PUT,
	FDAR_EVENT_HANDOFF_TAKE,
	FDAR_EVENT_WAIT_BEGIN,
	FDAR_EVENT_WAIT_END,
	FDAR_EVENT_BYTES,
	FDAR_EVENT_NOTE,
	FDAR_EVENT_MODULE,
	FDAR_EVENT_THREAD_NAME,
	FDAR_EVENT_FUNC_SKIPPED,
	FDAR_EVENT_FUNC_UNWOUND,
	FDAR_EVENT_FUNC_LOST,
	FDAR_EVENT_IO,
	FDAR_EVENT_REQUEST_BEGIN,
	FDAR_EVENT_REQUEST_END,
	FDAR_EVENT_PROCESS,
	FDAR_EVENT_THREAD_BEGIN,
	FDAR_EVENT_THREAD_END,
	FDAR_EVENT_SWITCHED,
	FDAR_EVENT_KINDS
};

struct fdar_event {
	uint64_t time_ns; /* since the Unix epoch */
	uint64_t addr;
	uint64_t addr2;
	const char *data;  /* NUL-terminated; the source's, valid until its next read or close */
	uint32_t data_len; /* bytes, without the NUL */
	uint32_t name; /* text id in the source's table (fdar_source_text), 0 is the empty text */
	uint32_t pid;  /* virtual process id, 0 when the trace does not say */
	uint32_t tid;  /* virtual thread id, 0 when the trace does not say */
	int32_t fd;    /* descriptor, -1 when there is none */
	uint8_t kind;  /* enum fdar_event_kind */
	uint8_t wait;  /* enum fdar_wait_kind, of WAIT_BEGIN */
};

#endif
