/*
 * A decoded event: the small fixed-size record that every reader of traces delivers.
 *
 * Place in the house: pipeline/ makes them (source.h), analyze/ consumes them. The kinds are the
 * events on the wire (instrument/wire/events.def) and some that readers make. Each kind has its own
 * view of the record's places, in struct fdar_event below; decoders fill the places by their role
 * (event_map.h).
 *
 * FUNC_EXIT's function is 0 when the writer did not say which: the innermost open one is meant.
 *
 * FUNC_SKIPPED, FUNC_UNWOUND and FUNC_LOST are inside the innermost open function of the thread: calls
 * that were too short to be recorded; calls that ended without an exit, the innermost so many; calls
 * that are missing.
 *
 * FUNC_CALL is an entry, and the exit that comes next, as one; told where it was asked for
 * (fdar_source_join_calls).
 *
 * A MODULE is told when it was loaded or found loaded; when its build id comes in an event of its
 * own, right after as a rule, it is told again: same base, bytes and path, and now the build id.
 * One of 0 bytes without a path was unloaded. What lies where
 * another module lay before has addresses of its own (load_map.h), in its MODULE as in functions.
 *
 * PROCESS_OVER is made up by the source before the first event of another life of a process: the
 * one that it is of is no more (whose.h); and where the recorder saw a process killed (recording.h, ends).
 *
 * THREAD_NAME is made up by the source before the first event of a thread that has another name
 * than at the thread's events before; its time, pid and tid are that event's.
 *
 * BOUNDARY is made up by rules (analyze/rules): what its thread does from then on is nobody's yet.
 *
 * What is read from a trace is bounded and made fit to be shown: names and texts are valid
 * UTF-8 without control characters, at most 4096 bytes; the data of BYTES is raw, at most 65536.
 */
#ifndef FDAR_PIPELINE_EVENTS_EVENT_H
#define FDAR_PIPELINE_EVENTS_EVENT_H

#include <stdint.h>

enum fdar_event_kind {
	FDAR_EVENT_OTHER = 0, /* not ours; counted, and delivered so that nothing is lost unseen */
#define FDAR_EVENT(name, kind, level, arguments, fields) FDAR_EVENT_##kind,
#include "instrument/wire/events.def"
	FDAR_EVENT_MODULE,
	FDAR_EVENT_THREAD_NAME,
	FDAR_EVENT_FUNC_SKIPPED, /* RAW_CALLS never leaves the source: it becomes these three, */
	FDAR_EVENT_FUNC_UNWOUND, /* FUNC_ENTRY and FUNC_EXIT (calls.h); nor RAW_PACKED: also marks */
	FDAR_EVENT_FUNC_LOST,
	FDAR_EVENT_PROCESS_OVER, /* made up by the source */
	FDAR_EVENT_FUNC_CALL,
	FDAR_EVENT_BOUNDARY, /* made up by rules */
	FDAR_EVENT_KINDS
};

/* What a MODULE event is about. */
enum fdar_module_said {
	FDAR_MODULE_SAID_LOADED = 0,
	FDAR_MODULE_SAID_LISTED, /* was there when the process registered */
	FDAR_MODULE_SAID_UNLOADED,
	FDAR_MODULE_SAID_CLOSED /* dlclose(): it may be in use otherwise */
};

/* The bits of an address that are the program's: load_map.h uses those above. */
#define FDAR_EVENT_ADDR_BITS 57

/* "func_entry", "module", ...: as events.def has it; "other" for what is none of them. */
const char *fdar_event_kind_name(unsigned kind);

/*
 * One kind's view of the places behind the time: two large numbers, bytes with their length (without
 * the NUL behind them; the source's, valid until its next read or close), the id of a text in the
 * source's table (fdar_source_text, 0 is the empty text), a number, and a small one.
 */
/* A place that a kind does not use. */
#define FDAR_NONE(bits) uint##bits##_t : bits
#define FDAR_EVENT_VIEW(view, first, second, bytes, length, text, number, small) \
	struct {                                                                 \
		first;                                                           \
		second;                                                          \
		bytes;                                                           \
		length;                                                          \
		text;                                                            \
		FDAR_NONE(32); /* pid and tid */                                 \
		FDAR_NONE(32);                                                   \
		number;                                                          \
		FDAR_NONE(8); /* kind */                                         \
		small;                                                           \
	} view

/* clang-format off */
struct fdar_event {
	uint64_t time_ns; /* since the Unix epoch */
	union {
		/* The places, by role. Their order is what ctf_fast.c copies at once. */
		struct {
			uint64_t addr;
			uint64_t addr2;
			const char *data;
			uint32_t data_len;
			uint32_t name;
			uint32_t pid; /* the process: its virtual process id, or a number of its
				       * own where another one has that (whose.h); 0 when the
				       * trace does not say */
			uint32_t tid; /* virtual thread id, 0 when the trace does not say */
			int32_t fd;
			uint8_t kind; /* enum fdar_event_kind */
			uint8_t wait;
			uint16_t home; /* where the process lives (home.h): of no use above the
					* source */
		};
		/* FUNC_ENTRY, FUNC_EXIT */
		FDAR_EVENT_VIEW(func, uint64_t function, uint64_t call_site, FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(8));
		/* SCOPE_ENTER, SCOPE_EXIT */
		FDAR_EVENT_VIEW(scope, FDAR_NONE(64), FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), uint32_t name, FDAR_NONE(32), FDAR_NONE(8));
		/* SESSION_BEGIN; SESSION_RESUME, _SUSPEND and _END have the key alone; fd: -1 for none;
		 * label, by rules: 0 for none */
		FDAR_EVENT_VIEW(session, uint64_t key, FDAR_NONE(64), const char *peer,
				uint32_t peer_len, uint32_t label, int32_t fd, FDAR_NONE(8));
		/* HANDOFF_PUT, HANDOFF_TAKE */
		FDAR_EVENT_VIEW(handoff, uint64_t object, FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), uint32_t queue, FDAR_NONE(32), FDAR_NONE(8));
		/* WAIT_BEGIN: kind is an enum fdar_wait_kind */
		FDAR_EVENT_VIEW(waiting, FDAR_NONE(64), FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), uint32_t what, int32_t fd, uint8_t kind);
		/* WAIT_END */
		FDAR_EVENT_VIEW(waited, int64_t result, FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(8));
		/* BYTES: data_len of total bytes were captured */
		FDAR_EVENT_VIEW(bytes, uint64_t total, FDAR_NONE(64), const char *data,
				uint32_t data_len, uint32_t label, FDAR_NONE(32), FDAR_NONE(8));
		/* NOTE */
		FDAR_EVENT_VIEW(note, FDAR_NONE(64), FDAR_NONE(64), const char *value,
				uint32_t value_len, uint32_t key, FDAR_NONE(32), FDAR_NONE(8));
		/* IO: op is an enum fdar_io_op */
		FDAR_EVENT_VIEW(io, int64_t result, uint64_t op, FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), int32_t fd, FDAR_NONE(8));
		/* REQUEST_BEGIN (what), REQUEST_END (result); key 0: of the thread's session */
		FDAR_EVENT_VIEW(request, uint64_t key, int64_t result, const char *what,
				uint32_t what_len, FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(8));
		/* PROCESS: fork is the number of the parent's FORKING, 0: none; parent_gone: by that */
		FDAR_EVENT_VIEW(process, uint64_t parent, uint64_t fork, const char *recording,
				uint32_t recording_len, FDAR_NONE(32), FDAR_NONE(32),
				uint8_t parent_gone);
		/* FORKING */
		FDAR_EVENT_VIEW(forking, uint64_t number, FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(8));
		/* PROCESS_END: how is an enum fdar_process_end */
		FDAR_EVENT_VIEW(process_end, FDAR_NONE(64), FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(32), uint8_t how);
		/* OFF_CPU: for ns of the time since the thread's last event; why is an enum fdar_off_cpu */
		FDAR_EVENT_VIEW(off_cpu, uint64_t ns, FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), uint32_t what, FDAR_NONE(32), uint8_t why);
		/* THREAD_BEGIN, THREAD_END */
		FDAR_EVENT_VIEW(thread, FDAR_NONE(64), FDAR_NONE(64), const char *name,
				uint32_t name_len, FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(8));
		/* SWITCHED: on is 1 when calls are recorded from here on, 0 when no longer; reason is an
		 * enum fdar_switch_reason; calls: until then */
		FDAR_EVENT_VIEW(switched, uint64_t function, uint64_t calls, FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), int32_t on, uint8_t reason);
		/* MODULE: build_id in hex, may be empty; said is an enum fdar_module_said;
		 * event_name is the text id of what the trace calls the event */
		FDAR_EVENT_VIEW(module, uint64_t base, uint64_t size_bytes, const char *build_id,
				uint32_t build_id_len, uint32_t path, int32_t event_name,
				uint8_t said);
		/* PROCESS_OVER: perhaps is 1 when that is so only if nothing comes of it after that; seen
		 * when the recorder saw it end then, and all that was open in it ended with it; next is the
		 * number of the life that begins, 0: of none */
		FDAR_EVENT_VIEW(over, uint64_t next, FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), int32_t perhaps, uint8_t seen);
		/* THREAD_NAME: the thread's; OTHER: the event's, and which of the fields that somebody
		 * wanted it has (1 << enum fdar_event_role: ADDR, ADDR2, DATA, FD) */
		FDAR_EVENT_VIEW(named, FDAR_NONE(64), FDAR_NONE(64), FDAR_NONE(64),
				FDAR_NONE(32), uint32_t name, FDAR_NONE(32), uint8_t has);
		/* RAW_CALLS, RAW_PACKED: the stream it is of, as its decoder counts them */
		FDAR_EVENT_VIEW(raw, FDAR_NONE(64), FDAR_NONE(64), const char *data,
				uint32_t data_len, FDAR_NONE(32), int32_t stream, FDAR_NONE(8));
		/* FUNC_CALL */
		FDAR_EVENT_VIEW(called, uint64_t function, uint64_t ns, FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(8));
		/* FUNC_SKIPPED, FUNC_UNWOUND, FUNC_LOST; only those that were skipped have ns */
		FDAR_EVENT_VIEW(calls, uint64_t count, uint64_t ns, FDAR_NONE(64),
				FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(32), FDAR_NONE(8));
	};
};
/* clang-format on */

/* An event that calls.h takes apart. */
static inline int fdar_event_is_packed(const struct fdar_event *event)
{
	return event->kind == FDAR_EVENT_RAW_CALLS || event->kind == FDAR_EVENT_RAW_PACKED;
}

_Static_assert(sizeof(struct fdar_event) == 56, "a view is larger than its places");

#endif
