/*
 * What the parts of traced_io share: events that are to be expected.
 *
 * The program makes connections and does with them all that libflowdar-io.so stands in front of.
 * Descriptor 3 gets the events of the main thread as lttng.sh's trace_stop gives them, for
 * FLOWDAR_IO_SESSIONS=1 and FLOWDAR_IO_BYTES=8; standard output the results, which must not depend
 * on whether the library is there.
 */
#ifndef TEST_TRACED_IO_H
#define TEST_TRACED_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "instrument/wire/events.h"

/* Says a call's result, and errno when it is negative. */
void said(const char *call, int64_t result);

void expect_io(enum fdar_io_op op, int fd, int64_t result);
void expect_wait(const char *what, enum fdar_wait_kind kind, int fd, int64_t result);

/* io and bytes; the text is what was read or written, from its beginning. */
void expect_bytes(enum fdar_io_op op, int fd, int64_t result, const char *text);

/* A session that begins or ends: fd is the one that was accepted. */
void expect_begin(int fd);
void expect_end(int fd);

/* Both ends were closed unseen: the session ends when the next one is accepted that has the same
 * descriptor; a connect() on the other is taken for one that asks how the first went. */
void expect_replaced(const int ends[2]);

/* The descriptor was opened once more, without a session. */
void expect_opened(int fd);

/* Expects a line as it is. */
void expect_line(const char *line);

/* A connection over TCP and what is to be expected of it: ends[0] is the server's upstream end,
 * ends[1] the accepted one. */
void connection(int ends[2]);

/* The same end accepted by accept4(), of a listener of any family, with flags. */
void connection_of(const struct sockaddr *address, socklen_t length, int flags, int ends[2]);

/* close() of such an end and what is to be expected. */
void close_upstream(int fd);
void close_session(int fd);

/* Returns when there is something to be received; writes no event. */
void until_arrived(int fd);

void io_transfers(void);
void io_descriptors(void);
void io_processes(const char *program);

/* What the program does when it is run as "traced_io inetd". */
int io_inetd(void);

#endif
