/*
 * How libflowdar-tls.so in a server finds the file that it writes the server's TLS secrets to.
 *
 * Place in the house: made by pipeline/server/server.c, read by instrument/tls/keylog.c. The environment
 * variable FDAR_TLS_KEYS_ENV is "FD DEVICE INODE PATH", numbers in decimal: a descriptor that the server
 * inherits, open for appending, which file that is, and its path. The file is made by the recorder (0600);
 * nobody else makes it. A descriptor or a path that leads to another file is not written to: what is
 * behind a descriptor's number may have become a client's socket.
 *
 * Lines are those of a key log: LABEL, client random, secret
 * (https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile-02.html), each written at once.
 */
#ifndef FLOWDAR_TLS_KEYS_H
#define FLOWDAR_TLS_KEYS_H

#define FDAR_TLS_KEYS_ENV      "FLOWDAR_TLS_KEYS"
#define FDAR_TLS_KEYS_FORMAT   "%d %llu %llu %s" /* as printf prints it */
#define FDAR_TLS_KEYS_LINE_MAX 1024              /* bytes; longer lines are not written */

#endif
