/*
 * The events of the trace generator: two of them are those that the function hooks write, the rest
 * has every kind of field that LTTng-UST can make.
 *
 * Read several times over by lttng-ust's macros, hence the unusual guard.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER flowdar

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/ctf/tracepoints.h"

#if !defined(FDAR_TESTS_CTF_TRACEPOINTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define FDAR_TESTS_CTF_TRACEPOINTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT_CLASS(flowdar, func,
	LTTNG_UST_TP_ARGS(uint64_t, addr, uint64_t, call_site),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, addr, addr)
		lttng_ust_field_integer_hex(uint64_t, call_site, call_site)
	)
)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, func, flowdar, func_entry,
	LTTNG_UST_TP_ARGS(uint64_t, addr, uint64_t, call_site))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(flowdar, func, flowdar, func_exit,
	LTTNG_UST_TP_ARGS(uint64_t, addr, uint64_t, call_site))

LTTNG_UST_TRACEPOINT_EVENT(flowdar, session_begin,
	LTTNG_UST_TP_ARGS(uint64_t, key, const char *, peer, const char *, local, int32_t, fd),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, key, key)
		lttng_ust_field_string(peer, peer)
		lttng_ust_field_string(local, local)
		lttng_ust_field_integer(int32_t, fd, fd)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, scope_enter,
	LTTNG_UST_TP_ARGS(const char *, name),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_string(name, name))
)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, bytes,
	LTTNG_UST_TP_ARGS(const char *, label, uint64_t, total, const uint8_t *, data,
			  uint16_t, length),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(label, label)
		lttng_ust_field_integer(uint64_t, total, total)
		lttng_ust_field_sequence(uint8_t, data, data, uint16_t, length)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, calls,
	LTTNG_UST_TP_ARGS(uint32_t, tid, const uint8_t *, data, uint32_t, length),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, tid, tid)
		lttng_ust_field_sequence(uint8_t, data, data, uint32_t, length)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, io,
	LTTNG_UST_TP_ARGS(uint8_t, op, int32_t, fd, int64_t, result),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint8_t, op, op)
		lttng_ust_field_integer(int32_t, fd, fd)
		lttng_ust_field_integer(int64_t, result, result)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, wait_begin,
	LTTNG_UST_TP_ARGS(const char *, what, uint8_t, kind, int32_t, fd),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(what, what)
		lttng_ust_field_integer(uint8_t, kind, kind)
		lttng_ust_field_integer(int32_t, fd, fd)
	)
)

LTTNG_UST_TRACEPOINT_ENUM(flowdar, colour,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("red", 1)
		lttng_ust_field_enum_range("some \"other\" one", 5, 9)
		lttng_ust_field_enum_auto("last")
	)
)

LTTNG_UST_TRACEPOINT_EVENT(flowdar, all_kinds,
	LTTNG_UST_TP_ARGS(int, n, const char *, text, const uint16_t *, numbers),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(int8_t, s8, (int8_t)-n)
		lttng_ust_field_integer(uint16_t, u16, (uint16_t)n)
		lttng_ust_field_integer_network(uint32_t, be32, (uint32_t)n)
		lttng_ust_field_integer_network_hex(uint16_t, be16, (uint16_t)n)
		lttng_ust_field_float(float, f32, (float)n)
		lttng_ust_field_float(double, f64, n)
		lttng_ust_field_enum(flowdar, colour, uint8_t, colour, (uint8_t)n)
		lttng_ust_field_array(uint16_t, three, numbers, 3)
		lttng_ust_field_array_text(char, chars, text, 4)
		lttng_ust_field_sequence(uint16_t, many, numbers, size_t, (size_t)(n % 8))
		lttng_ust_field_sequence_text(char, word, text, size_t, (size_t)(n % 4))
		lttng_ust_field_array_network(uint16_t, be_three, numbers, 3)
		lttng_ust_field_sequence_network_hex(uint16_t, be_many, numbers, uint8_t,
						     (uint8_t)(n % 8))
		lttng_ust_field_string(text, text)
		lttng_ust_field_integer_nowrite(int, unwritten, n)
	)
)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
