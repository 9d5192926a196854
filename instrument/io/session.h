/*
 * Descriptors and their sessions: what libflowdar-io.so knows of each, and the events it writes of
 * them: session_begin, session_end, io, bytes.
 *
 * Place in the house: used by the files of libflowdar-io.so that stand in front of calls on
 * descriptors; on top of table.h (what is known) and wait.h (who is watched).
 *
 * The table is kept whether something is recorded or not, for a recording may begin at any time; a
 * session that is open then is told of at its first I/O. Sessions are written while the recorder
 * wants them (control.h: io_sessions) or FLOWDAR_IO_SESSIONS=1 is in the environment; so many bytes
 * of each buffer as it wants (io_bytes), or FLOWDAR_IO_BYTES says. All functions here keep errno.
 *
 * A child after fork() has sessions of its own, told of again under its own process; a child of
 * vfork(), which has its parent's memory but not its descriptors, changes nothing.
 */
#ifndef FDAR_INSTRUMENT_IO_SESSION_H
#define FDAR_INSTRUMENT_IO_SESSION_H

#include "io/descriptors.h"
#include "io/wait.h"

#define FDAR_IO_BYTES_MAX 4096u

extern struct fdar_descriptors fdar_descriptors;

/* What the descriptor of a call is, at the call's beginning: an unknown one is looked at, and a
 * session that was not told of is told of. For watched calls. */
struct fdar_look {
	enum fdar_open_kind kind;
	bool nonblocking; /* the call cannot wait, as far as is known */
};
struct fdar_look fdar_look(int fd);

/* The same for calls that sockets alone have: an entry that says otherwise is out of date. */
struct fdar_look fdar_look_socket(int fd);

/* A socket's call found no socket: the entry is out of date. */
void fdar_session_forget(int fd);

/* accept() gave fd; address may be NULL or incomplete. */
void fdar_session_accepted(int listener, int fd, const void *address, socklen_t length,
			   bool nonblocking);

/* connect() to that address gave result, and errno if that is negative. */
void fdar_session_connected(int fd, int result, const struct sockaddr *to, socklen_t length);

/* Datagrams of unconnected Internet sockets: one that came from an address begins a session of that
 * peer, before its I/O is told; it ends when the thread receives again there, waits for any work, or
 * for that descriptor. Key: the descriptor, a number, and the highest bit. Whoever sends first on a
 * socket is a client there. */
void fdar_session_datagram(int fd, const void *address, socklen_t length);
void fdar_session_datagram_sent(int fd);
void fdar_session_datagram_over(void);

/* Whether such a session would begin with what is received on fd; and several that came at once with their
 * addresses, whose sessions are not told: the socket is a server's. */
bool fdar_session_datagrams_wanted(int fd);
void fdar_session_datagrams(int fd);

/* Set for good when the process has put a descriptor under watch for edges (EPOLLET); any thread, atomically. */
extern int fdar_session_edges;

/* Before a receive on fd: quick if there was none. */
extern __thread volatile uint64_t fdar_session_datagram_key
	__attribute__((tls_model("initial-exec"), visibility("hidden")));
static inline void fdar_session_receiving(int fd)
{
	if (__builtin_expect(fdar_session_datagram_key != 0, 0) &&
	    (uint32_t)fdar_session_datagram_key == (uint32_t)fd)
		fdar_session_datagram_over();
}

/* from was duplicated as to, which may have been open (dup2). */
void fdar_session_duplicated(int from, int to);

/* The descriptor came from elsewhere: over a Unix socket. */
void fdar_session_received(int fd);

/* Before the descriptor is closed. Quick if nothing is known of it. */
void fdar_session_closing(int fd);

/* Whether I/O on the descriptor is written: it belongs to a client or an upstream server. */
static inline bool fdar_io_wanted(int fd)
{
	return fdar_descriptors_kind(&fdar_descriptors, fd) >= FDAR_OPEN_CLIENT &&
	       FLOWDAR_ENABLED(io);
}

/* Write io if it is wanted, with the errno that is set when result is negative; nothing of a call
 * that found no work (EAGAIN). The other two write bytes as well, of what was read or written. */
void fdar_io_done(enum fdar_io_op op, int fd, int64_t result);
void fdar_io_buffer(enum fdar_io_op op, int fd, int64_t result, const void *buffer);
void fdar_io_vector(enum fdar_io_op op, int fd, int64_t result, const struct iovec *parts,
		    size_t count);

#endif
