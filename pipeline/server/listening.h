/*
 * Where processes listen: the TCP addresses on which they take connections, read from /proc.
 *
 * Place in the house: inside pipeline/server, beside processes.h. Sockets of processes that we may not
 * look into (other users') are not found.
 */
#ifndef FDAR_PIPELINE_SERVER_LISTENING_H
#define FDAR_PIPELINE_SERVER_LISTENING_H

#include <glib.h>
#include <sys/types.h>

/* "127.0.0.1:8080", "[::1]:8080": the first address, by port, on which a process below root listens, at
 * any depth; the wildcard address is told as loopback. LTTng's daemons are left out. NULL: none does. The caller frees the result. */
char *fdar_listening_below(pid_t root);

/* Who listens on a TCP port, whatever the address: "nginx (pid 77)", the process with the lowest number. NULL: nobody,
 * or nobody whom we may look into. The caller frees the result. */
char *fdar_listening_who(unsigned port);

/* Whether anybody listens at "127.0.0.1:8080" or at the wildcard address of that port and family, in our network namespace.
 * A connection that is over but kept for a minute (TIME_WAIT) is nobody. */
gboolean fdar_listening_at(const char *where);

#endif
