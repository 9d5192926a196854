/*
 * Where programs begin: functions that nobody has called, which end a stack that is whole.
 *
 * Place in the house: asked by who unwinds samples (space.c), of stacks whose unwind tables do not say so
 * themselves: the dynamic linker's entry is in none, nor are Go's.
 */
#ifndef FDAR_PIPELINE_ELF_ENTRY_H
#define FDAR_PIPELINE_ELF_ENTRY_H

#include <gelf.h>
#include <glib.h>
#include <stdint.h>

/* Whether an address of the file's is in what the kernel enters the program by, or in what Go lets its
 * goroutines and threads begin with. */
gboolean fdar_entry_is(Elf *elf, uint64_t address);

#endif
