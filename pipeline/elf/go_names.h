/*
 * The functions of a Go program, by the table that its own tracebacks use: it is there where nothing else is,
 * as such programs have no unwind tables of the C kind, and are stripped of symbols as a rule.
 *
 * Place in the house: asked by who names samples (space.c). Format: .gopclntab as Go 1.16 and later write it
 * (Go's src/debug/gosym/pclntab.go, src/internal/abi: magics fffffffa, fffffff0, fffffff1), little endian, 8-byte
 * addresses. Its bytes are a stranger's: nothing is read beyond them.
 */
#ifndef FDAR_PIPELINE_ELF_GO_NAMES_H
#define FDAR_PIPELINE_ELF_GO_NAMES_H

#include <gelf.h>
#include <glib.h>
#include <stdint.h>

/* The name of the function around an address of the file's, and where it begins. NULL: it is no Go program, or
 * none of its functions is there. The caller frees it. */
char *fdar_go_name(Elf *elf, uint64_t address, uint64_t *start);

/* The same in the table's own bytes. text: where the first function begins, for tables that do not say it
 * (0: such a table names nothing). */
char *fdar_go_name_find(const uint8_t *table, gsize length, uint64_t text, uint64_t address,
			uint64_t *start);

#endif
