/*
 * Changing code that may be running.
 *
 * Place in the house: instrument/patching/, used by patch.c. The caller holds the loader's lock (see
 * modules.h), so that the code stays mapped.
 *
 * The compilers' nops become a site so that no thread ever sees half an instruction:
 *
 *	gcc     90 90 90 90 90      five nops: a thread may stand before any of them
 *	clang   0f 1f 44 00 08      one nop
 *	a9 ?? ?? ?? ??              the first byte is replaced: one instruction (test $imm32, %eax),
 *	                            whatever the other four are
 *	... quiesce                 until no thread stands at the second to fifth byte (quiesce.h; of
 *	                            clang's nop none can)
 *	a9 rel32                    the other four bytes, which nobody minds
 *	... barrier                 no processor has old ones in its pipeline
 *	e8 rel32                    from now on only the first byte changes
 *
 * Only replacing the first byte of an instruction that may be running is relied on, which is what the
 * kernel does too when it patches itself (text_poke_bp: its first and last steps).
 */
#ifndef FLOWDAR_PATCH_TEXT_H
#define FLOWDAR_PATCH_TEXT_H

#include "patching/patch.h"

/* What the five bytes at an address are. */
enum fdar_text_form {
	FDAR_TEXT_OTHER,
	FDAR_TEXT_NOPS,  /* five of them */
	FDAR_TEXT_NOP,   /* one */
	FDAR_TEXT_BEGUN, /* a9 and the rest of nops */
	FDAR_TEXT_OFF,
	FDAR_TEXT_ON
};

/* rel32 as it would be, or 0: then a9 or e8 with any is FDAR_TEXT_OTHER. */
enum fdar_text_form fdar_text_form(uintptr_t address, int32_t rel32);

/* Registers the process for the barrier; false if the kernel has none. */
bool fdar_text_barrier_register(void);

/* All processors that run this process execute what was written, once this returns. */
void fdar_text_barrier(void);

/* How one site is changed; the code is writable. */
typedef void (*fdar_text_change)(struct fdar_patch_site *site, void *user);

/* Makes the pages of sites (of one module, sorted by address, none twice) writable, runs change for
 * each, and makes them as they were. They stay executable all the time. protection: how they were.
 * Gives FINE, REFUSED or NO_ROOM; sites from *done on were not changed. */
enum fdar_patch_status fdar_text_write(struct fdar_patch_site *const *sites, size_t count,
				       int protection, fdar_text_change change, void *user,
				       size_t *done);

/* Stores that are seen whole. */
void fdar_text_store_first(uintptr_t address, uint8_t byte);
void fdar_text_store_rest(uintptr_t address, int32_t rel32);

#define FDAR_TEXT_TEST 0xa9
#define FDAR_TEXT_CALL 0xe8

#endif
