/*
 * What packets say about those around them: how many events and packets are missing, and which packet
 * was read before.
 *
 * Place in the house: inside pipeline/, a part of ctf_stream.c. All of it is about the packet in hand,
 * whose head was read, and those before it.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_ACCOUNT_H
#define FDAR_PIPELINE_CTF_CTF_ACCOUNT_H

#include "pipeline/ctf/ctf_stream.h"

/* When the packet begins. */
uint64_t fdar_ctf_account_begin_ns(const struct fdar_ctf_stream *stream);

/* Whether the packet was read before, from another file: counted, if it is. */
gboolean fdar_ctf_account_is_copy(struct fdar_ctf_stream *stream);

/* Takes note of a packet that is going to be read or skipped, and of what is missing before it. */
void fdar_ctf_account_packet(struct fdar_ctf_stream *stream);

/* The same of a note without a packet: what was dropped behind the last one. */
void fdar_ctf_account_tail(struct fdar_ctf_stream *stream);

#endif
