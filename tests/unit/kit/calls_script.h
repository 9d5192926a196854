/*
 * A writer of the data of calls events (instrument/wire/calls.h), for tests: byte by byte as the format
 * says it, and in no way like it is read.
 */
#ifndef FDAR_TESTS_UNIT_KIT_CALLS_SCRIPT_H
#define FDAR_TESTS_UNIT_KIT_CALLS_SCRIPT_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "instrument/wire/calls.h"

struct calls_script {
	GByteArray *bytes;
	uint64_t addr; /* of the record before */
};

static inline void calls_script_number(struct calls_script *script, uint64_t value)
{
	do {
		guint8 byte = (guint8)(value & 0x7f);

		value >>= 7;
		if (value)
			byte |= 0x80;
		g_byte_array_append(script->bytes, &byte, 1);
	} while (value);
}

static inline void calls_script_begin(struct calls_script *script, uint64_t depth, uint64_t age)
{
	if (!script->bytes)
		script->bytes = g_byte_array_new();
	g_byte_array_set_size(script->bytes, 0);
	script->addr = 0;
	calls_script_number(script, depth);
	calls_script_number(script, age);
}

static inline void calls_script_addr(struct calls_script *script, uint64_t addr)
{
	int64_t delta = (int64_t)(addr - script->addr);

	calls_script_number(script, (uint64_t)delta << 1 ^ (delta < 0 ? UINT64_MAX : 0));
	script->addr = addr;
}

static inline void calls_script_head(struct calls_script *script, enum fdar_calls_op op,
				     uint64_t dt)
{
	guint8 head = (guint8)((MIN(dt, 31u) << 3) | op);

	g_byte_array_append(script->bytes, &head, 1);
	if (dt >= 31)
		calls_script_number(script, dt - 31);
}

static inline void calls_script_enter(struct calls_script *script, uint64_t dt, uint64_t addr)
{
	calls_script_head(script, FDAR_CALLS_ENTER, dt);
	calls_script_addr(script, addr);
}

static inline void calls_script_exit(struct calls_script *script, uint64_t dt)
{
	calls_script_head(script, FDAR_CALLS_EXIT, dt);
}

static inline void calls_script_signed(struct calls_script *script, int64_t value)
{
	calls_script_number(script, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

/* A mark up to its kind: what that has is the caller's to add. */
static inline void calls_script_mark(struct calls_script *script, uint64_t dt,
				     enum fdar_calls_mark kind)
{
	calls_script_head(script, FDAR_CALLS_LOST, dt);
	calls_script_number(script, FDAR_CALLS_MARK);
	calls_script_number(script, kind);
}

static inline void calls_script_text(struct calls_script *script, const char *text)
{
	size_t length = strlen(text);

	calls_script_number(script, length);
	g_byte_array_append(script->bytes, (const guint8 *)text, (guint)length);
}

static inline void calls_script_call(struct calls_script *script, uint64_t dt, uint64_t addr,
				     uint64_t duration)
{
	calls_script_head(script, FDAR_CALLS_CALL, dt);
	calls_script_addr(script, addr);
	calls_script_number(script, duration);
}

static inline void calls_script_call_over(struct calls_script *script, uint64_t dt, uint64_t addr,
					  uint64_t duration, uint64_t count, uint64_t ns)
{
	calls_script_head(script, FDAR_CALLS_CALL_OVER, dt);
	calls_script_addr(script, addr);
	calls_script_number(script, duration);
	calls_script_number(script, count);
	calls_script_number(script, ns);
}

static inline void calls_script_open(struct calls_script *script, uint64_t dt, uint64_t addr,
				     uint64_t age)
{
	calls_script_head(script, FDAR_CALLS_OPEN, dt);
	calls_script_addr(script, addr);
	calls_script_number(script, age);
}

static inline void calls_script_skipped(struct calls_script *script, uint64_t dt, uint64_t count,
					uint64_t ns)
{
	calls_script_head(script, FDAR_CALLS_SKIPPED, dt);
	calls_script_number(script, count);
	calls_script_number(script, ns);
}

/* UNWOUND or LOST. */
static inline void calls_script_count(struct calls_script *script, enum fdar_calls_op op,
				      uint64_t dt, uint64_t count)
{
	calls_script_head(script, op, dt);
	calls_script_number(script, count);
}

static inline void calls_script_clear(struct calls_script *script)
{
	if (script->bytes)
		g_byte_array_unref(script->bytes);
	*script = (struct calls_script){ 0 };
}

#endif
