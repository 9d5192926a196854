/*
 * Stubs: how a call of five bytes, which reaches 2 GB, gets to the trampolines, which may be further.
 *
 * Place in the house: instrument/patching/, used by patch.c. A stub is a page near the modules it
 * serves with two indirect jumps, to fdar_patch_entry and fdar_patch_entry_endbr. It is never unmapped (a
 * thread may be in it) but serves modules that are loaded later too, so a server that loads and
 * unloads does not collect them. It is written before it is made executable, not both at once.
 */
#ifndef FLOWDAR_PATCH_STUB_H
#define FLOWDAR_PATCH_STUB_H

#include "patching/patch.h"

struct fdar_stub {
	struct fdar_stub *next;
	uintptr_t plain; /* for functions that begin with the site */
	uintptr_t endbr; /* for those with an endbr64 before it */
};

/* One that all sites from low to high can call: of the list, or a new one put into it. NULL and why
 * if there is none. */
const struct fdar_stub *fdar_stub_near(struct fdar_stub **list, uintptr_t low, uintptr_t high,
				       enum fdar_patch_status *status);

/* The call's operand, for a site that fdar_stub_near was asked for. */
int32_t fdar_stub_rel32(const struct fdar_stub *stub, const struct fdar_patch_site *site);

#endif
