/*
 * The LTTng-UST descriptions of the events that events.def lists: fields, types, log levels.
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
#define FDAR_HEX(type, name, role) lttng_ust_field_integer_hex(type, name, name)
#define FDAR_INT(type, name, role) lttng_ust_field_integer(type, name, name)
#define FDAR_TEXT(name, role)      lttng_ust_field_string(name, name)
#define FDAR_DATA(name, role) \
	lttng_ust_field_sequence_hex(uint8_t, name, name, uint32_t, name##_length)
#define FDAR_EVENT(name, kind, level, arguments, fields) \
	LTTNG_UST_TRACEPOINT_EVENT(flowdar, name, LTTNG_UST_TP_ARGS arguments, LTTNG_UST_TP_FIELDS(fields)) \
	LTTNG_UST_TRACEPOINT_LOGLEVEL(flowdar, name, LTTNG_UST_TRACEPOINT_LOGLEVEL_##level)
#include "instrument/wire/events.def"
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
