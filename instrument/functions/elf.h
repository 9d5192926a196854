/*
 * The functions of a binary, out of the bytes of its ELF file.
 *
 * Place in the house: used by select.c in the helper thread; no allocation. The bytes are hostile:
 * everything is checked against their length, and what does not fit is passed over.
 *
 * Of 64-bit files of this machine's byte order. Names come from .symtab, or .dynsym in a stripped
 * file. A local function's source file is known by its base name (STT_FILE symbols); that of global
 * functions is not in symbol tables: NULL.
 */
#ifndef FDAR_INSTRUMENT_FUNCTIONS_ELF_H
#define FDAR_INSTRUMENT_FUNCTIONS_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdar_elf_function {
	const char *name;
	const char *file; /* or NULL */
	uint64_t address; /* in the file's terms */
	uint64_t bytes;
};

typedef void (*fdar_elf_visit_fn)(const struct fdar_elf_function *function, void *data);

/* Visits all functions that are defined in the file; false: it is no such file. */
bool fdar_elf_functions(const uint8_t *bytes, size_t length, fdar_elf_visit_fn visit, void *data);

/* Whether the file asks for a symbol of that name. */
bool fdar_elf_imports(const uint8_t *bytes, size_t length, const char *name);

#endif
