/*
 * A binary: the ELF file of a module, or its symbol table where the file is not at hand.
 *
 * Place in the house: below symbols.h, which keeps one of each. The file is read by a process
 * without rights (elf_reader.h), with separate debug information where installed. Offsets count
 * from the load address, that is from the page of the lowest loaded segment.
 */
#ifndef FDAR_PIPELINE_ELF_BINARY_H
#define FDAR_PIPELINE_ELF_BINARY_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/elf/elf_reader.h"

struct fdar_binary;

/* reader must outlive it. Opens what there is: the file at path when it is an ELF file with this build id (hex, empty: any
 * will do), else tables_dir/<build id>.txt (tables_dir may be NULL). Never NULL: one of which
 * neither is there names nothing. */
struct fdar_binary *fdar_binary_open(struct fdar_elf_reader *reader, const char *path,
				     const char *build_id, const char *tables_dir);

/* What the user should know, or NULL: the file is not the one that was traced. */
const char *fdar_binary_note(const struct fdar_binary *binary);

/* Of a library: the name that programs know it by, whatever its file is called; "" when it has none,
 * or that is not known. Owned by the binary. */
const char *fdar_binary_soname(const struct fdar_binary *binary);

/* The name of the function at an offset, as the linker knows it; NULL when there is none. Owned by
 * the binary. */
const char *fdar_binary_function(struct fdar_binary *binary, uint64_t offset);

/* Its line in the source; FALSE without debug information. file is owned by the binary. */
gboolean fdar_binary_line(struct fdar_binary *binary, uint64_t offset, const char **file,
			  int *line);

/* Writes tables_dir/<build id>.txt out of the ELF file. TRUE when there is nothing to do: no ELF
 * file, no build id, or the table is there already. */
gboolean fdar_binary_save(struct fdar_binary *binary, const char *tables_dir, GError **error);

void fdar_binary_free(struct fdar_binary *binary);

#endif
