/*
 * Slots: room for many objects of one size, in a mapped temporary file once they are many.
 *
 * Place in the house: over spool.h; what the assembler knows of sessions that are open lies here. The first
 * slots are in memory; beyond 256 KiB they are in a file without a name in $TMPDIR, mapped and shared with it,
 * so that the kernel may write their pages out and drop them. Where there is no such file (a full disk), they
 * are in memory, too: taking one never fails. Slots that were given back are used again; the room is given
 * back with the whole. For one thread.
 */
#ifndef FDAR_REPLAY_CAPTURE_SLOTS_H
#define FDAR_REPLAY_CAPTURE_SLOTS_H

#include <stddef.h>

struct fdar_slots;

/* size: bytes of an object. */
struct fdar_slots *fdar_slots_new(size_t size);

/* An object, all 0. */
void *fdar_slots_take(struct fdar_slots *slots);

/* NULL is allowed. */
void fdar_slots_give(struct fdar_slots *slots, void *object);

/* With all objects. NULL is allowed. */
void fdar_slots_free(struct fdar_slots *slots);

#endif
