/*
 * Packets: what their header and context say, checked.
 *
 * Place in the house: inside pipeline/, between ctf_window.h and ctf_stream.h.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_PACKET_H
#define FDAR_PIPELINE_CTF_CTF_PACKET_H

#include <glib.h>

#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/ctf/ctf_run.h"
#include "pipeline/ctf/ctf_window.h"

struct fdar_ctf_packet {
	const struct fdar_ctf_stream_plan *stream;
	uint32_t values; /* 1 << enum fdar_ctf_value: which of these there are, in the frame */
	uint64_t bytes;  /* whole length in the file */
	uint64_t content_bits; /* header, context and events */
	uint64_t body;         /* bits before the first event */
	gboolean cut; /* the file ends before the packet does: content_bits is what is left */
};

/* Reads the packet that window is open at; what it says is in frame, whose clock goes on. FALSE and
 * error (FDAR_SOURCE_ERROR_DAMAGED) when it makes no sense; the message gives the byte. */
gboolean fdar_ctf_packet_read(const struct fdar_ctf_plan *plan, struct fdar_ctf_window *window,
			      struct fdar_ctf_frame *frame, struct fdar_ctf_packet *packet,
			      GError **error);

/* The same of a packed packet, by its note alone: nothing is unpacked, and the clock does not go on. It
 * is one of the stream, which is known from a packet before; whether that is true, and the note says
 * what is in the packet, comes out when fdar_ctf_packet_read reads it. */
void fdar_ctf_packet_from_note(const struct fdar_ctf_plan *plan,
			       const struct fdar_ctf_stream_plan *stream,
			       const struct fdar_ctf_window *window, struct fdar_ctf_frame *frame,
			       struct fdar_ctf_packet *packet);

#endif
