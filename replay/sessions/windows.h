/*
 * Windows: when a client took no more of what the server had for it, by its acknowledgements and advertised windows.
 *
 * Place in the house: below load.c, which hands it a TCP session's packets when asked to (fdar_load_options.windows). What
 * comes out are *holds*: at so many bytes of the server the window was closed, that is, the server had sent all it was
 * allowed to, but for less than a segment, until the client moved the window's edge; and for how long that was. A client
 * that reads slowly, or at last not at all, has many of them; one whose answers fit into its window has none, whatever it
 * does with them.
 *
 * Only of connections whose SYN and SYN+ACK were captured: without these it is not known by how much a window is scaled. A
 * pause that shrinks the window's edge is none. What lasts less than a millisecond is added to what comes behind it. Beyond
 * FDAR_HOLDS_MAX holds a session has no more of them, nor have those that are open together beyond FDAR_HOLDS_OPEN_MAX.
 */
#ifndef FDAR_REPLAY_SESSIONS_WINDOWS_H
#define FDAR_REPLAY_SESSIONS_WINDOWS_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/decoded.h"
#include "replay/sessions/session.h"

#define FDAR_HOLDS_MAX      65536u
#define FDAR_HOLDS_OPEN_MAX ((size_t)4 << 20)

/* A session's, while it is open. Zeroed at first. */
struct fdar_window {
	uint8_t syn;       /* bits by enum fdar_way: its SYN was seen */
	uint8_t closed;    /* the server may send no segment */
	uint8_t scale[2];  /* by way, as said in the SYN; FDAR_DECODED_NO_SCALE: nothing was said */
	uint16_t first;    /* the client's window in its SYN, which is never scaled */
	uint16_t segment;  /* the largest that the server may send */
	uint32_t begin;    /* number of the server's first byte */
	uint32_t largest;  /* window, in bytes */
	uint64_t edge;     /* so many bytes the client permits */
	uint64_t sent;     /* so many the server has sent */
	uint64_t since_ns; /* when the window closed, or was last moved */
	uint64_t short_ns; /* pauses that were too short to be holds, since the last one */
	GArray *holds;     /* struct fdar_hold; NULL: none */
};

/* A packet of the session; time_ns is on the time line. open: holds of all sessions that are open. */
void fdar_window_packet(struct fdar_window *window, enum fdar_way way,
			const struct fdar_decoded *decoded, uint64_t time_ns, size_t *open);

/* Frees what it holds; open is less by that. */
void fdar_window_clear(struct fdar_window *window, size_t *open);

#endif
