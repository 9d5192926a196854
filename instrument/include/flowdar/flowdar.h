/*
 * flowdar.h: tell flowdar what a network server is doing.
 *
 * For C11 and C++17, gcc and clang on ELF systems. Put the macros where they belong, compile with
 * this directory on the include path, and link nothing (dlsym() is needed: part of glibc since
 * 2.34, -ldl before). When the program is started by `flowdar record`, or with libflowdar.so in
 * LD_PRELOAD, the macros write events of the LTTng-UST provider "flowdar"; otherwise the program
 * runs as it always did.
 *
 *	FLOWDAR_FUNCTION();                       this function, from here to wherever it returns
 *	FLOWDAR_SCOPE("name");                    the same for a block, with a name of its own
 *	FLOWDAR_SESSION_BEGIN(key, peer, fd);     a client arrived; it is now this thread's session
 *	FLOWDAR_SESSION_RESUME(key);              this thread works for that session again
 *	FLOWDAR_SESSION_SUSPEND(key);             this thread stops working for it, for now
 *	FLOWDAR_SESSION_END(key);                 the client is gone
 *	FLOWDAR_REQUEST_BEGIN(key, "GET /x");     one of its requests; key 0: of this thread's session
 *	FLOWDAR_REQUEST_END(key, result);         and its outcome: a status, a length, 0, ...
 *	FLOWDAR_HANDOFF_PUT(object, "queue");     an object goes into a queue
 *	FLOWDAR_HANDOFF_TAKE(object, "queue");    and comes out of it, in another thread mostly
 *	FLOWDAR_BYTES("label", data, length);     the first FLOWDAR_BYTES_MAX bytes of a buffer
 *	FLOWDAR_NOTE("key", "value");             anything worth reading beside a session
 *	FLOWDAR_WAIT_BEGIN("what", kind, fd);     the thread can block here; kind is FLOWDAR_WAIT_*
 *	FLOWDAR_WAIT_END(result);
 *
 * A key or object is an address or an integer that no other open session of the process has. When
 * a hand-off's object is the key of a session, taking it makes that session the thread's.
 * The peer is a text, a socket address (struct sockaddr_in *, sockaddr_storage *, ...: complete for
 * its family), or NULL: then it is asked of the descriptor. The descriptor may be -1.
 * Texts are UTF-8, cut at 256 bytes; a scope's name must live as long as the scope.
 *
 * Costs: while an event is off, or the library is not there, a macro is two loads and a
 * branch, and its arguments are not evaluated: no side effects in them. While it is on, roughly
 * 0.1 to 0.2 us. errno is always kept. FLOWDAR_FUNCTION and FLOWDAR_SCOPE are declarations and may
 * stand among them; the other macros are statements. All may be used in signal handlers, in threads
 * and before main(), where early constructors write nothing yet.
 *
 * With FLOWDAR_DISABLE defined the macros compile to nothing.
 */
#ifndef FLOWDAR_FLOWDAR_H
#define FLOWDAR_FLOWDAR_H

/* The kinds of wait, as in "the thread waits for": any of several descriptors is POLL. */
#define FLOWDAR_WAIT_OTHER  0
#define FLOWDAR_WAIT_IO     1
#define FLOWDAR_WAIT_POLL   2
#define FLOWDAR_WAIT_ACCEPT 3
#define FLOWDAR_WAIT_COND   4
#define FLOWDAR_WAIT_LOCK   5
#define FLOWDAR_WAIT_SLEEP  6

/* How much of a buffer FLOWDAR_BYTES takes. Yours to define; the library takes at most 4096. */
#ifndef FLOWDAR_BYTES_MAX
#define FLOWDAR_BYTES_MAX 256
#endif

#if defined(FLOWDAR_DISABLE) || !defined(__GNUC__) || !defined(__ELF__)

/* Nothing is evaluated and nothing is left in the object, yet what is mentioned counts as used. */
#ifdef __cplusplus
#define FLOWDAR_NOTHING_ static_assert(true, "")
#else
#define FLOWDAR_NOTHING_ _Static_assert(1, "")
#endif
#define FLOWDAR_UNUSED_(a, b, c)   \
	do {                       \
		if (0) {           \
			(void)(a); \
			(void)(b); \
			(void)(c); \
		}                  \
	} while (0)
#define FLOWDAR_ENABLED(event)               0
#define FLOWDAR_FUNCTION()                   FLOWDAR_NOTHING_
#define FLOWDAR_SCOPE(name)                  FLOWDAR_NOTHING_
#define FLOWDAR_SESSION_BEGIN(key, peer, fd) FLOWDAR_UNUSED_(key, peer, fd)
#define FLOWDAR_SESSION_RESUME(key)          FLOWDAR_UNUSED_(key, 0, 0)
#define FLOWDAR_SESSION_SUSPEND(key)         FLOWDAR_UNUSED_(key, 0, 0)
#define FLOWDAR_SESSION_END(key)             FLOWDAR_UNUSED_(key, 0, 0)
#define FLOWDAR_REQUEST_BEGIN(key, what)     FLOWDAR_UNUSED_(key, what, 0)
#define FLOWDAR_REQUEST_END(key, result)     FLOWDAR_UNUSED_(key, result, 0)
#define FLOWDAR_HANDOFF_PUT(object, queue)   FLOWDAR_UNUSED_(object, queue, 0)
#define FLOWDAR_HANDOFF_TAKE(object, queue)  FLOWDAR_UNUSED_(object, queue, 0)
#define FLOWDAR_BYTES(label, data, length)   FLOWDAR_UNUSED_(label, data, length)
#define FLOWDAR_NOTE(key, value)             FLOWDAR_UNUSED_(key, value, 0)
#define FLOWDAR_WAIT_BEGIN(what, kind, fd)   FLOWDAR_UNUSED_(what, kind, fd)
#define FLOWDAR_WAIT_END(result)             FLOWDAR_UNUSED_(result, 0, 0)

#else

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FLOWDAR_INLINE_ static __inline__ __attribute__((no_instrument_function, unused))

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The events, in the order in which libflowdar.so has them, each with the arguments of what writes
 * it. New events are added at the end; whoever changes anything else here, or what a member of the
 * structs below means, raises FLOWDAR_LINK_VERSION_ (docs/header-abi.md).
 */
/* clang-format off */
#define FLOWDAR_EACH_EVENT_(EVENT) \
	EVENT(session_begin, (uint64_t key, const char *peer, const void *address, int fd)) \
	EVENT(session_resume, (uint64_t key)) \
	EVENT(session_suspend, (uint64_t key)) \
	EVENT(session_end, (uint64_t key)) \
	EVENT(handoff_put, (uint64_t object, const char *queue)) \
	EVENT(handoff_take, (uint64_t object, const char *queue)) \
	EVENT(bytes, (const char *label, const void *data, uint64_t total, uint64_t most)) \
	EVENT(note, (const char *key, const char *value)) \
	EVENT(wait_begin, (const char *what, unsigned kind, int fd)) \
	EVENT(wait_end, (int64_t result)) \
	EVENT(scope_enter, (const char *name)) \
	EVENT(scope_exit, (const char *name)) \
	EVENT(func_entry, (uint64_t address, uint64_t call_site)) \
	EVENT(func_exit, (uint64_t address, uint64_t call_site)) \
	EVENT(calls, (uint32_t tid, const uint8_t *data, uint32_t length)) \
	EVENT(io, (unsigned op, int fd, int64_t result)) \
	EVENT(request_begin, (uint64_t key, const char *what)) \
	EVENT(request_end, (uint64_t key, int64_t result)) \
	EVENT(process, (const char *recording, int parent)) \
	EVENT(thread_begin, (const char *name)) \
	EVENT(thread_end, (const char *name)) \
	EVENT(switched, (uint64_t address, unsigned on, unsigned reason, uint64_t calls, uint64_t ns)) \
	EVENT(forking, (unsigned number)) \
	EVENT(process_end, (unsigned how)) \
	EVENT(off_cpu, (const char *what, unsigned why, uint64_t ns)) \
	EVENT(packed, (uint32_t tid, const uint8_t *data, uint32_t length))
/* clang-format on */

/*
 * What libflowdar.so offers, as the data symbol flowdar_provider_v1: for each event where its
 * on-switch is (LTTng's own, so it follows `lttng enable-event` at once) and what writes it.
 * struct_bytes says how many of them a library has.
 */
#define FLOWDAR_SLOT_(event, arguments) \
	struct {                        \
		const int *on;          \
		void(*write) arguments; \
	} event;
struct flowdar_provider_ {
	uint64_t struct_bytes;
	FLOWDAR_EACH_EVENT_(FLOWDAR_SLOT_)
};

/*
 * All objects of a program or shared library that were compiled with the same generation of this
 * header share one copy of that struct. Its version and size are in the names of all that they
 * share: objects of another generation have a copy and a constructor of their own, and the linker
 * never joins two that differ.
 */
#define FLOWDAR_LINK_VERSION_ 2
#if __SIZEOF_POINTER__ == 8
#define FLOWDAR_LINK_BYTES_ 424
#else
#define FLOWDAR_LINK_BYTES_ 216
#endif
#define FLOWDAR_JOIN_LINK_(what, version, bytes) flowdar_##what##_v##version##_##bytes
#define FLOWDAR_NAME_LINK_(what, version, bytes) FLOWDAR_JOIN_LINK_(what, version, bytes)

#define flowdar_off_       FLOWDAR_NAME_LINK_(off, FLOWDAR_LINK_VERSION_, FLOWDAR_LINK_BYTES_)
#define flowdar_link_      FLOWDAR_NAME_LINK_(link, FLOWDAR_LINK_VERSION_, FLOWDAR_LINK_BYTES_)
#define flowdar_link_init_ FLOWDAR_NAME_LINK_(link_init, FLOWDAR_LINK_VERSION_, FLOWDAR_LINK_BYTES_)

#define FLOWDAR_ONE_(event, arguments) +1
#ifdef __cplusplus
#define FLOWDAR_ASSERT_(condition, text) static_assert(condition, text)
#else
#define FLOWDAR_ASSERT_(condition, text) _Static_assert(condition, text)
#endif
FLOWDAR_ASSERT_(sizeof(struct flowdar_provider_) == FLOWDAR_LINK_BYTES_,
		"the size in the symbols' names is that of the struct");
FLOWDAR_ASSERT_(sizeof(struct flowdar_provider_) ==
			8 + (0 FLOWDAR_EACH_EVENT_(FLOWDAR_ONE_)) * 2 * sizeof(void *),
		"every member has an initialiser");

/*
 * This program's or shared library's copy of it, with every event off as long as there is no
 * provider: so that whether an event is on is one question, not two. Weak and hidden: all objects
 * linked together share one, no other module sees it, and it is reached without a relocation in
 * executables of any kind, where a weak undefined symbol would not be.
 */
extern const int flowdar_off_ __attribute__((weak, visibility("hidden")));
const int flowdar_off_ = 0;
#define FLOWDAR_OFF_(event, arguments) { &flowdar_off_, 0 },
extern struct flowdar_provider_ flowdar_link_;
struct flowdar_provider_ flowdar_link_
	__attribute__((weak, visibility("hidden"))) = { 0, FLOWDAR_EACH_EVENT_(FLOWDAR_OFF_) };

/* Every object brings the constructor along, one of them is kept; it may be called once an object
 * and does its work once. The symbol is found only if libflowdar.so is in the process already. */
extern void flowdar_link_init_(void);
__attribute__((constructor(101), weak, visibility("hidden"), no_instrument_function)) void
flowdar_link_init_(void)
{
	const void *found;
	uint64_t bytes;

	if (flowdar_link_.struct_bytes)
		return;
	flowdar_link_.struct_bytes = sizeof(bytes);
	found = dlsym(0, "flowdar_provider_v1"); /* 0: anywhere in the process */
	if (!found)
		return;
	memcpy(&bytes, found, sizeof(bytes));
	memcpy(&flowdar_link_, found,
	       bytes < sizeof(flowdar_link_) ? bytes : sizeof(flowdar_link_));
}

/* Whether an event (by its name in the provider's struct) is being recorded: for work that only
 * prepares an event. */
#define FLOWDAR_ENABLED(event) \
	__builtin_expect(__atomic_load_n(flowdar_link_.event.on, __ATOMIC_RELAXED) != 0, 0)

#define FLOWDAR_WRITE_(event, ...)                              \
	do {                                                    \
		if (FLOWDAR_ENABLED(event))                     \
			flowdar_link_.event.write(__VA_ARGS__); \
	} while (0)

FLOWDAR_INLINE_ const char *flowdar_scope_enter_(const char *name)
{
	flowdar_link_.scope_enter.write(name);
	return name;
}

/* The exit of a scope whose entry was written. */
FLOWDAR_INLINE_ void flowdar_scope_exit_(const char *const *name)
{
	if (*name && FLOWDAR_ENABLED(scope_exit))
		flowdar_link_.scope_exit.write(*name);
}

FLOWDAR_INLINE_ void flowdar_begin_text_(uint64_t key, const char *peer, int fd)
{
	flowdar_link_.session_begin.write(key, peer, 0, fd);
}

FLOWDAR_INLINE_ void flowdar_begin_address_(uint64_t key, const void *address, int fd)
{
	flowdar_link_.session_begin.write(key, 0, address, fd);
}

#ifdef __cplusplus
}

/* What C does with a cast and _Generic, C++ does by overloading. */
template <typename T> FLOWDAR_INLINE_ uint64_t flowdar_key_(T *object)
{
	return reinterpret_cast<uintptr_t>(object);
}
template <typename T> FLOWDAR_INLINE_ uint64_t flowdar_key_(T number)
{
	return static_cast<uint64_t>(number);
}
FLOWDAR_INLINE_ void flowdar_begin_(uint64_t key, const char *peer, int fd) /* or null */
{
	flowdar_begin_text_(key, peer, fd);
}
template <typename T> FLOWDAR_INLINE_ void flowdar_begin_(uint64_t key, const T *address, int fd)
{
	flowdar_begin_address_(key, address, fd);
}
#define FLOWDAR_CAST_(type, value)    static_cast<type>(value)
#define FLOWDAR_BEGIN_(key, peer, fd) flowdar_begin_(key, peer, fd)
#else
#define FLOWDAR_CAST_(type, value) ((type)(value))
#define flowdar_key_(key)          ((uint64_t)(uintptr_t)(key))
#define FLOWDAR_BEGIN_(key, peer, fd) \
	_Generic((peer),                                                                           \
	    char *: flowdar_begin_text_,                                                           \
	    const char *: flowdar_begin_text_,                                                     \
	    default: flowdar_begin_address_)(key, peer, fd)
#endif

#define FLOWDAR_PASTE2_(a, b) a##b
#define FLOWDAR_PASTE_(a, b)  FLOWDAR_PASTE2_(a, b)

#define FLOWDAR_SCOPE(name)                                             \
	const char *const FLOWDAR_PASTE_(flowdar_scope_, __LINE__)      \
		__attribute__((cleanup(flowdar_scope_exit_), unused)) = \
			FLOWDAR_ENABLED(scope_enter) ? flowdar_scope_enter_(name) : 0
#define FLOWDAR_FUNCTION() FLOWDAR_SCOPE(__func__)

#define FLOWDAR_SESSION_BEGIN(key, peer, fd)                             \
	do {                                                             \
		if (FLOWDAR_ENABLED(session_begin))                      \
			FLOWDAR_BEGIN_(flowdar_key_(key), (peer), (fd)); \
	} while (0)
#define FLOWDAR_SESSION_RESUME(key)      FLOWDAR_WRITE_(session_resume, flowdar_key_(key))
#define FLOWDAR_SESSION_SUSPEND(key)     FLOWDAR_WRITE_(session_suspend, flowdar_key_(key))
#define FLOWDAR_SESSION_END(key)         FLOWDAR_WRITE_(session_end, flowdar_key_(key))
#define FLOWDAR_REQUEST_BEGIN(key, what) FLOWDAR_WRITE_(request_begin, flowdar_key_(key), (what))
#define FLOWDAR_REQUEST_END(key, result) \
	FLOWDAR_WRITE_(request_end, flowdar_key_(key), FLOWDAR_CAST_(int64_t, result))
#define FLOWDAR_HANDOFF_PUT(object, queue) \
	FLOWDAR_WRITE_(handoff_put, flowdar_key_(object), (queue))
#define FLOWDAR_HANDOFF_TAKE(object, queue) \
	FLOWDAR_WRITE_(handoff_take, flowdar_key_(object), (queue))
#define FLOWDAR_BYTES(label, data, length) \
	FLOWDAR_WRITE_(bytes, (label), (data), FLOWDAR_CAST_(uint64_t, length), FLOWDAR_BYTES_MAX)
#define FLOWDAR_NOTE(key, value)           FLOWDAR_WRITE_(note, (key), (value))
#define FLOWDAR_WAIT_BEGIN(what, kind, fd) FLOWDAR_WRITE_(wait_begin, (what), (kind), (fd))
#define FLOWDAR_WAIT_END(result)           FLOWDAR_WRITE_(wait_end, FLOWDAR_CAST_(int64_t, result))

#endif
#endif
