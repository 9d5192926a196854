/*
 * The loop in which almost all events of a big trace are decoded: those with the event headers that
 * LTTng writes, and of classes that have a short form.
 *
 * Place in the house: inside pipeline/, a part of ctf_stream.c. It stops at anything out of the
 * ordinary, before it: the end of the window, an event after the limit, another class.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_FAST_H
#define FDAR_PIPELINE_CTF_CTF_FAST_H

#include "pipeline/ctf/ctf_stream.h"

/* Decodes as many events as it can. The stream must be in a packet, between two events, and its
 * header must be one of LTTng's (fast_bits). TRUE when it stopped at an event after the limit:
 * key_ns is its time then. */
gboolean fdar_ctf_fast_run(struct fdar_ctf_stream *stream, uint64_t limit_ns,
			   struct fdar_ctf_sink *sink);

/* Reads the header of the event at the cursor, as its program would. FALSE when it may be too close
 * to the window's end, or is not one of LTTng's: nothing has changed then. */
gboolean fdar_ctf_fast_header(struct fdar_ctf_stream *stream);

#endif
