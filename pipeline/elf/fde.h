/*
 * The functions of a binary as its unwind tables have them: where no symbol is left, they still say where
 * a function begins.
 *
 * Place in the house: asked by who unwinds samples (space.c). Format: the binary search table of .eh_frame_hdr (Linux Standard
 * Base Core Specification, "Exception Frames").
 */
#ifndef FDAR_PIPELINE_ELF_FDE_H
#define FDAR_PIPELINE_ELF_FDE_H

#include <gelf.h>
#include <glib.h>
#include <stdint.h>

/* The start of the function around an address, both as the file has them. FALSE: it has no such table,
 * or no function that is in it is there: code that another language's compiler made has none. */
gboolean fdar_fde_start(Elf *elf, uint64_t address, uint64_t *start);

/* The last that begins before it in the table's own bytes, which lie at the address table_address of the file;
 * and where its frame lies, which says how long it is. */
gboolean fdar_fde_find(const uint8_t *table, gsize length, uint64_t table_address, uint64_t address,
		       uint64_t *start, uint64_t *frame);

#endif
