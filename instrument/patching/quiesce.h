/*
 * Quiescing: waiting until no thread stands in the middle of what was several instructions.
 *
 * Place in the house: instrument/patching/, used by patch.c between the first and the second step of
 * text.h. After the first step no thread comes there any more; one that was preempted between two of
 * gcc's one-byte nops may still stand there, however unlikely, and has to run on first.
 *
 * What /proc/self/task says of a thread is enough to be sure: it is blocked, at an address that is
 * told and is none of ours; or it has spent processor time since, more than any nop takes.
 */
#ifndef FLOWDAR_PATCH_QUIESCE_H
#define FLOWDAR_PATCH_QUIESCE_H

#include "patching/patch.h"

/* sites: sorted by address. True when no other thread of the process stands at the second to fifth
 * byte of any; false if that is not certain after some 200 ms, or /proc does not tell. */
bool fdar_quiesce(const struct fdar_patch_site *sites, size_t count);

#endif
