/*
 * Whether an event header is one of those that LTTng writes, which have a way of their own to be read.
 *
 * Place in the house: inside pipeline/, a part of ctf_plan.c.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_HEADER_H
#define FDAR_PIPELINE_CTF_CTF_HEADER_H

#include "pipeline/ctf/ctf_layout.h"

/* How many bits the id has in the short form of the header: 5 or 16; 0: it is another header, or there
 * is none. */
guint fdar_ctf_header_bits(const struct fdar_ctf_node *root, const struct fdar_ctf_trace *trace);

#endif
