/*
 * libflowdar.so: writes the events of flowdar.h as the LTTng-UST provider "flowdar".
 *
 * Place in the house: loaded into the server at run time; programs find it as the data symbol
 * flowdar_provider_v1, the one thing it exports. Every function here keeps errno, takes no lock of
 * its own, and may run in any thread, in a signal handler and in a forked child.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_HIDDEN_DEFINITION
#define LTTNG_UST_TRACEPOINT_PROVIDER_HIDDEN_DEFINITION
#include "provider/tracepoints.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "flowdar/flowdar.h"
#include "instrument/wire/events.h"
#include "provider/address.h"
#include "provider/control.h"
#include "provider/processor.h"

#define BYTES_MAX 4096u

_Static_assert(FLOWDAR_WAIT_OTHER == FDAR_WAIT_OTHER && FLOWDAR_WAIT_IO == FDAR_WAIT_IO &&
		       FLOWDAR_WAIT_POLL == FDAR_WAIT_POLL &&
		       FLOWDAR_WAIT_ACCEPT == FDAR_WAIT_ACCEPT &&
		       FLOWDAR_WAIT_COND == FDAR_WAIT_COND && FLOWDAR_WAIT_LOCK == FDAR_WAIT_LOCK &&
		       FLOWDAR_WAIT_SLEEP == FDAR_WAIT_SLEEP,
	       "flowdar.h and events.h name the same kinds of wait");

#define WRITE(name, ...)                                          \
	do {                                                      \
		int saved_errno = errno;                          \
		lttng_ust_tracepoint(flowdar, name, __VA_ARGS__); \
		errno = saved_errno;                              \
	} while (0)

#define EVENT(kind, name, ...)                                                             \
	do {                                                                               \
		if (lttng_ust_tracepoint_enabled(flowdar, name) && fdar_control_event()) { \
			int saved_errno = errno;                                           \
			lttng_ust_do_tracepoint(flowdar, name, __VA_ARGS__);               \
			fdar_control_wrote(FDAR_CONTROL_EVENTS_##kind);                    \
			errno = saved_errno;                                               \
		}                                                                          \
	} while (0)

/* An event of those that are packed where that can be (control.h); the fields of its mark in parentheses. */
#define MARKED(kind, name, mark, ...)                                                         \
	do {                                                                                  \
		if (lttng_ust_tracepoint_enabled(flowdar, name) && !fdar_control_packs(mark)) \
			EVENT(kind, name, __VA_ARGS__);                                       \
	} while (0)

#define MARK(kind, as, ...) \
	(&(const struct fdar_mark){ FDAR_CALLS_##kind, FDAR_CONTROL_EVENTS_##as, __VA_ARGS__ })

/* Another event of a session: what other threads must know of is never packed. */
static void session_look(void)
{
	(void)fdar_control_packs(MARK(NO_MARK, SESSION, .fd = -1));
}

/* A text that may have been cut: the caller's own when it is short enough, else a copy. */
struct text {
	char copy[FDAR_TEXT_MAX + 1];
};

static const char *text_cut(struct text *text, const char *from)
{
	size_t length;

	if (!from)
		return "";
	length = strnlen(from, FDAR_TEXT_MAX + 1);
	if (length <= FDAR_TEXT_MAX)
		return from;
	/* Not in the middle of a UTF-8 character: back to before its first byte. */
	length = FDAR_TEXT_MAX;
	while (length > FDAR_TEXT_MAX - 4 && ((unsigned char)from[length] & 0xc0) == 0x80)
		length--;
	memcpy(text->copy, from, length);
	text->copy[length] = '\0';
	return text->copy;
}

/* Of a unix client accept() may have filled in just the family, and its length is not handed down
 * to here: the descriptor knows better, if there is one. */
static void peer_format(const void *address, int fd, char *text)
{
	socklen_t length = address ? fdar_address_length(address) : 0;

	if (length == 0 || (length == sizeof(struct sockaddr_un) && fd >= 0))
		fdar_address_of_peer(fd, text);
	else
		fdar_address_format(address, length, text);
}

static void session_begin(uint64_t key, const char *peer, const void *address, int fd)
{
	int saved_errno = errno;
	char peer_text[FDAR_ADDRESS_TEXT_MAX];
	struct text cut;

	if (!lttng_ust_tracepoint_enabled(flowdar, session_begin))
		return;
	session_look();
	if (!fdar_control_event())
		return;
	if (!peer) {
		peer_format(address, fd, peer_text);
		peer = peer_text;
	}
	lttng_ust_do_tracepoint(flowdar, session_begin, key, text_cut(&cut, peer), fd);
	fdar_control_wrote(FDAR_CONTROL_EVENTS_SESSION);
	fdar_control_add(sessions, 1);
	errno = saved_errno;
}

static void session_resume(uint64_t key)
{
	MARKED(SESSION, session_resume, MARK(RESUME, SESSION, .key = key), key);
}

static void session_suspend(uint64_t key)
{
	MARKED(SESSION, session_suspend, MARK(SUSPEND, SESSION, .key = key), key);
}

static void session_end(uint64_t key)
{
	session_look();
	EVENT(SESSION, session_end, key);
}

static void handoff_put(uint64_t object, const char *queue)
{
	struct text cut;

	session_look();
	EVENT(SESSION, handoff_put, object, text_cut(&cut, queue));
}

static void handoff_take(uint64_t object, const char *queue)
{
	struct text cut;

	session_look();
	EVENT(SESSION, handoff_take, object, text_cut(&cut, queue));
}

static void bytes(const char *label, const void *data, uint64_t total, uint64_t most)
{
	uint32_t length = (uint32_t)(most < BYTES_MAX ? most : BYTES_MAX);
	struct text cut;

	if (total < length)
		length = (uint32_t)total;
	if (!data)
		length = 0;
	session_look();
	EVENT(IO, bytes, text_cut(&cut, label), total, data, length);
}

static void note(const char *key, const char *value)
{
	struct text cut_key, cut_value;

	EVENT(SESSION, note, text_cut(&cut_key, key), text_cut(&cut_value, value));
}

static void wait_begin(const char *what, unsigned kind, int fd)
{
	uint8_t known = (uint8_t)(kind <= FDAR_WAIT_SLEEP ? kind : FDAR_WAIT_OTHER);
	struct text cut;

	MARKED(IO, wait_begin, MARK(WAIT_BEGIN, IO, .small = known, .fd = fd, .text = what),
	       text_cut(&cut, what), known, fd);
	fdar_processor_wait();
}

static void wait_end(int64_t result)
{
	fdar_processor_waited();
	MARKED(IO, wait_end, MARK(WAIT_END, IO, .result = result), result);
}

static void off_cpu(const char *what, unsigned why, uint64_t ns)
{
	if (lttng_ust_tracepoint_enabled(flowdar, off_cpu)) {
		WRITE(off_cpu, what, (uint8_t)why, ns);
		fdar_control_wrote(FDAR_CONTROL_EVENTS_IO);
	}
}

static void scope_enter(const char *name)
{
	struct text cut;

	EVENT(FUNCTION, scope_enter, text_cut(&cut, name));
}

static void scope_exit(const char *name)
{
	struct text cut;

	EVENT(FUNCTION, scope_exit, text_cut(&cut, name));
}

static void func_entry(uint64_t address, uint64_t call_site)
{
	if (!lttng_ust_tracepoint_enabled(flowdar, func_entry) || !fdar_control_event())
		return;
	WRITE(func_entry, address, call_site);
	fdar_control_add(calls, 1);
}

static void func_exit(uint64_t address, uint64_t call_site)
{
	if (fdar_control_event())
		WRITE(func_exit, address, call_site);
}

static void calls(uint32_t tid, const uint8_t *data, uint32_t length)
{
	WRITE(calls, tid, data, length);
}

static void packed(uint32_t tid, const uint8_t *data, uint32_t length)
{
	WRITE(packed, tid, data, length);
}

static void io(unsigned op, int fd, int64_t result)
{
	/* The others change whose a descriptor is. */
	if (op != FDAR_IO_READ && op != FDAR_IO_WRITE) {
		session_look();
		EVENT(IO, io, (uint8_t)(op < FDAR_IO_OPS ? op : FDAR_IO_OTHER), fd, result);
		return;
	}
	MARKED(IO, io, MARK(IO, IO, .small = op, .fd = fd, .result = result), (uint8_t)op, fd,
	       result);
}

static void request_begin(uint64_t key, const char *what)
{
	struct text cut;

	MARKED(SESSION, request_begin, MARK(REQUEST_BEGIN, SESSION, .key = key, .text = what), key,
	       text_cut(&cut, what));
}

static void request_end(uint64_t key, int64_t result)
{
	MARKED(SESSION, request_end, MARK(REQUEST_END, SESSION, .key = key, .result = result), key,
	       result);
}

/* Which fork it came of is not the caller's to say. */
static void process(const char *recording, int parent)
{
	struct fdar_control_birth birth = fdar_control_birth();
	struct text cut;

	WRITE(process, text_cut(&cut, recording), birth.parent ? birth.parent : parent, birth.fork,
	      (uint8_t)birth.parent_gone);
}

static void forking(unsigned number)
{
	session_look();
	EVENT(SESSION, forking, number);
}

static void process_end(unsigned how)
{
	EVENT(SESSION, process_end, (uint8_t)how);
}

static void thread_begin(const char *name)
{
	struct text cut;

	EVENT(SESSION, thread_begin, text_cut(&cut, name));
}

static void thread_end(const char *name)
{
	struct text cut;

	EVENT(SESSION, thread_end, text_cut(&cut, name));
}

static void switched(uint64_t address, unsigned on, unsigned reason, uint64_t count, uint64_t ns)
{
	EVENT(FUNCTION, switched, address, (uint8_t)(on != 0), (uint8_t)reason, count, ns);
}

/* The public header has a table of its own, so that it is one file: the same events in the same order. */
enum {
#define FDAR_EVENT(name, kind, level, arguments, fields) AT_##name,
#include "instrument/wire/events.def"
	EVENTS
};
_Static_assert(sizeof(struct flowdar_provider_) == 8 + EVENTS * 2 * sizeof(void *),
	       "flowdar.h and events.def have as many events");
#define FDAR_EVENT(name, kind, level, arguments, fields)           \
	_Static_assert(offsetof(struct flowdar_provider_, name) == \
			       8 + AT_##name * 2 * sizeof(void *), \
		       "flowdar.h and events.def have the same order");
#include "instrument/wire/events.def"

#define OFFER(name)                                                 \
	.name = {                                                   \
		.on = &lttng_ust_tracepoint_flowdar___##name.state, \
		.write = name,                                      \
	}

__attribute__((visibility("default"))) extern const struct flowdar_provider_ flowdar_provider_v1;
const struct flowdar_provider_ flowdar_provider_v1 = {
	.struct_bytes = sizeof(flowdar_provider_v1),
#define FDAR_EVENT(name, kind, level, arguments, fields) OFFER(name),
#include "instrument/wire/events.def"
};
