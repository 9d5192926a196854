/*
 * A writer of small CTF 1.8 traces, for tests that need a trace with exactly these events.
 *
 * Everything is byte aligned and little endian, one stream, laid out as LTTng-UST does it: magic,
 * UUID, stream id; begin, end, content size, packet size, sequence number, discarded, CPU. Every
 * event has the contexts vpid, vtid and procname.
 */
#ifndef FDAR_TESTS_UNIT_KIT_TINY_TRACE_H
#define FDAR_TESTS_UNIT_KIT_TINY_TRACE_H

#include <stdint.h>

struct tiny_trace;

#define TINY_TRACE_EPOCH_S UINT64_C(1600000000) /* seconds since 1970 at time 0 of the trace */

/* Makes dir and its parents. */
struct tiny_trace *tiny_trace_new(const char *dir);

/* Declares an event with its fields in TSDL, say "uint64_t _addr; string _name;"; gives its id.
 * Types: uint8_t, uint32_t, uint64_t, int32_t, int64_t, string. */
uint16_t tiny_trace_class(struct tiny_trace *trace, const char *name, const char *fields);

/* Starts an event; its fields follow in order. */
void tiny_trace_event(struct tiny_trace *trace, uint16_t id, uint64_t time_ns, int32_t pid,
		      int32_t tid, const char *thread_name);
void tiny_trace_u8(struct tiny_trace *trace, uint8_t value);
void tiny_trace_u32(struct tiny_trace *trace, uint32_t value);
void tiny_trace_u64(struct tiny_trace *trace, uint64_t value);
void tiny_trace_string(struct tiny_trace *trace, const char *text);
void tiny_trace_bytes(struct tiny_trace *trace, const void *bytes, uint32_t length);

/* Ends the packet; the next event starts another. discarded: events lost up to here. */
void tiny_trace_packet(struct tiny_trace *trace, uint64_t discarded);

/* Writes metadata and the stream file "stream_0" and frees the trace. An open packet is ended. */
void tiny_trace_close(struct tiny_trace *trace);

#endif
