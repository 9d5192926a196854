/*
 * Where packets start in a CTF stream file, found without its metadata.
 *
 * Place in the house: under recovery.c. CTF 1.8, section 5.1: a packet header may start with the
 * magic number 0xC1FC1FC1 in the trace's byte order and the trace's UUID; LTTng's do.
 */
#ifndef FDAR_PIPELINE_BT_RECOVERY_PACKETS_H
#define FDAR_PIPELINE_BT_RECOVERY_PACKETS_H

#include <glib.h>

#define FDAR_RECOVERY_PACKETS_MAX (1u << 20)

/* The offsets (goffset) at which packets start, ascending, the first being 0. Empty when the file
 * does not start with a packet that can be recognised, or cannot be read. The caller frees it. */
GArray *fdar_recovery_packets(const char *file);

#endif
