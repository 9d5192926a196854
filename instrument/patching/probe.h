/*
 * A function that does nothing, as it is when it is patched.
 *
 * Place in the house: instrument/patching/, beside the trampolines; functions/price.c calls it to see what
 * they cost.
 */
#ifndef FLOWDAR_PROBE_H
#define FLOWDAR_PROBE_H

#if defined(__x86_64__)
/* Only once fdar_returns_landing is known (returns.h). */
void fdar_patch_probe(void);
#else
static inline void fdar_patch_probe(void)
{
}
#endif

#endif
