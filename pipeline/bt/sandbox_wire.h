/*
 * What goes through the pipe between a sandboxed decoder and its parent: frames, in the byte order of
 * the machine, for both are the same program.
 *
 * Place in the house: between sandbox.c and sandbox_child.c only. A frame is a head and then, each as
 * long as the head says: new texts (one after the other, each with its NUL, ids counting on from
 * the last frame), new homes (likewise), events, and the bytes their data points to. In a frame, data is an offset.
 */
#ifndef FDAR_PIPELINE_BT_SANDBOX_WIRE_H
#define FDAR_PIPELINE_BT_SANDBOX_WIRE_H

#include <stdint.h>

#include "pipeline/events/decoder.h"

#define FDAR_SANDBOX_BATCH 2048u /* events of a frame, at most */
#define FDAR_SANDBOX_FRAME_MAX \
	(80u << 20) /* bytes of texts or data: each is bounded by the sender */

enum fdar_sandbox_frame {
	FDAR_SANDBOX_OPENED = 1,
	FDAR_SANDBOX_EVENTS,
	FDAR_SANDBOX_ALIVE, /* it has come on; code is 1 when the next step may be a long one */
	FDAR_SANDBOX_END,
	FDAR_SANDBOX_FAILED /* code is the GError's, data the message */
};

struct fdar_sandbox_head {
	uint32_t type; /* enum fdar_sandbox_frame */
	int32_t code;
	uint32_t events;
	uint32_t text_bytes;
	uint32_t data_bytes;
	uint32_t homes;
	uint64_t discarded; /* so far, as all that follow */
	uint64_t packets_lost;
	uint64_t untimed;
	uint64_t shift_ns;
	uint32_t names[FDAR_EVENT_KINDS]; /* as in struct fdar_decoder_env */
};

/* The child's side: opens, reads to the end, sends all of it to fd. Returns when it is done. log is
 * where its stderr goes (a file); what is in it when opening fails becomes the message. Of like it takes
 * what others have moved their times by, and which events are wanted. */
void fdar_sandbox_serve(const struct fdar_decoder_ops *ops, const GPtrArray *traces,
			const struct fdar_decoder_env *like, int fd, int log);

/* The line of babeltrace2's log (in the file log) that says best why something failed, or NULL. The
 * caller frees it. */
char *fdar_sandbox_explain(int log);

#endif
