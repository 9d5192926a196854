/*
 * The LTTng-UST descriptions of the events that events.h lists: fields, types, log levels.
 *
 * Place in the house: read by provider.c alone, and several times over by lttng-ust's macros, hence
 * the unusual guard. Limits of texts and buffers are kept by provider.c.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER flowdar

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "provider/tracepoints.h"

#if !defined(FDAR_PROVIDER_TRACEPOINTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define FDAR_PROVIDER_TRACEPOINTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(flowdar, session_begin,
	LTTNG_UST_TP_ARGS(uint64_t, key, const char *, peer, const char *, local, int32_t, fd),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, key, key)
		lttng_ust_field_string(peer, peer)
		lttng_ust_field_string(local, local)
		lttng_ust_field_integer(int32_t, fd, fd)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, session_begin, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

LTTNG_UST_TRACEPOINT_EVENT_CLASS(flowdar, session_key,
	LTTNG_UST_TP_ARGS(uint64_t, key),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_integer_hex(uint64_t, key, key))
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, session_key, flowdar, session_resume,
	LTTNG_UST_TP_ARGS(uint64_t, key))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, session_resume, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, session_key, flowdar, session_suspend,
	LTTNG_UST_TP_ARGS(uint64_t, key))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, session_suspend, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, session_key, flowdar, session_end,
	LTTNG_UST_TP_ARGS(uint64_t, key))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, session_end, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, note,
	LTTNG_UST_TP_ARGS(const char *, key, const char *, value),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(key, key)
		lttng_ust_field_string(value, value)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, note, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

LTTNG_UST_TRACEPOINT_EVENT_CLASS(flowdar, handoff,
	LTTNG_UST_TP_ARGS(uint64_t, object, const char *, queue),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, object, object)
		lttng_ust_field_string(queue, queue)
	)
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, handoff, flowdar, handoff_put,
	LTTNG_UST_TP_ARGS(uint64_t, object, const char *, queue))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, handoff_put, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_PROCESS)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, handoff, flowdar, handoff_take,
	LTTNG_UST_TP_ARGS(uint64_t, object, const char *, queue))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, handoff_take, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_PROCESS)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, bytes,
	LTTNG_UST_TP_ARGS(const char *, label, uint64_t, total, const uint8_t *, data,
			  uint32_t, data_length),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(label, label)
		lttng_ust_field_integer(uint64_t, total, total)
		lttng_ust_field_sequence_hex(uint8_t, data, data, uint32_t, data_length)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, bytes, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_UNIT)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, wait_begin,
	LTTNG_UST_TP_ARGS(const char *, what, uint8_t, kind, int32_t, fd),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(what, what)
		lttng_ust_field_integer(uint8_t, kind, kind)
		lttng_ust_field_integer(int32_t, fd, fd)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, wait_begin, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_UNIT)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, wait_end,
	LTTNG_UST_TP_ARGS(int64_t, result),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int64_t, result, result))
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, wait_end, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_UNIT)

LTTNG_UST_TRACEPOINT_EVENT_CLASS(flowdar, scope,
	LTTNG_UST_TP_ARGS(const char *, name),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_string(name, name))
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, scope, flowdar, scope_enter,
	LTTNG_UST_TP_ARGS(const char *, name))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, scope_enter, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_FUNCTION)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, scope, flowdar, scope_exit,
	LTTNG_UST_TP_ARGS(const char *, name))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, scope_exit, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_FUNCTION)

LTTNG_UST_TRACEPOINT_EVENT_CLASS(flowdar, func,
	LTTNG_UST_TP_ARGS(uint64_t, addr, uint64_t, call_site),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, addr, addr)
		lttng_ust_field_integer_hex(uint64_t, call_site, call_site)
	)
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, func, flowdar, func_entry,
	LTTNG_UST_TP_ARGS(uint64_t, addr, uint64_t, call_site))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, func_entry, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_FUNCTION)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, func, flowdar, func_exit,
	LTTNG_UST_TP_ARGS(uint64_t, addr, uint64_t, call_site))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, func_exit, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_FUNCTION)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, calls,
	LTTNG_UST_TP_ARGS(uint32_t, tid, const uint8_t *, data, uint32_t, data_length),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, tid, tid)
		lttng_ust_field_sequence_hex(uint8_t, data, data, uint32_t, data_length)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, calls, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_FUNCTION)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, io,
	LTTNG_UST_TP_ARGS(uint8_t, op, int32_t, fd, int64_t, result),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint8_t, op, op)
		lttng_ust_field_integer(int32_t, fd, fd)
		lttng_ust_field_integer(int64_t, result, result)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, io, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_UNIT)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, request_begin,
	LTTNG_UST_TP_ARGS(uint64_t, key, const char *, what),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, key, key)
		lttng_ust_field_string(what, what)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, request_begin, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, request_end,
	LTTNG_UST_TP_ARGS(uint64_t, key, int64_t, result),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, key, key)
		lttng_ust_field_integer(int64_t, result, result)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, request_end, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, process,
	LTTNG_UST_TP_ARGS(const char *, recording, int32_t, parent),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(recording, recording)
		lttng_ust_field_integer(int32_t, parent, parent)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, process, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

LTTNG_UST_TRACEPOINT_EVENT_CLASS(flowdar, thread,
	LTTNG_UST_TP_ARGS(const char *, name),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_string(name, name))
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, thread, flowdar, thread_begin,
	LTTNG_UST_TP_ARGS(const char *, name))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, thread_begin, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, thread, flowdar, thread_end,
	LTTNG_UST_TP_ARGS(const char *, name))
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, thread_end, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, switched,
	LTTNG_UST_TP_ARGS(uint64_t, addr, uint8_t, on, uint8_t, reason, uint64_t, calls,
			  uint64_t, ns),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, addr, addr)
		lttng_ust_field_integer(uint8_t, on, on)
		lttng_ust_field_integer(uint8_t, reason, reason)
		lttng_ust_field_integer(uint64_t, calls, calls)
		lttng_ust_field_integer(uint64_t, ns, ns)
	)
)
LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, switched, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
