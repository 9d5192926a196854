/*
 * A binary: the ELF file of a module, and its symbol table for what the file does not name (it is
 * stripped) or where it is not at hand.
 *
 * Place in the house: below symbols.h, which keeps one of each. The file is read by a process
 * without rights (elf_reader.h), with separate debug information where installed, or where the user has
 * switched on servers of it (debuginfod.h) and nothing else has a name. Offsets count
 * from the load address, that is from the page of the lowest loaded segment.
 */
#ifndef FDAR_PIPELINE_ELF_BINARY_H
#define FDAR_PIPELINE_ELF_BINARY_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/elf/elf_reader.h"

struct fdar_binary;

/* reader must outlive it, as must dirs, which ends with NULL. Opens what there is: the file at path when
 * it is an ELF file with this build id (hex, empty: any will do), and <build id>.txt in each of dirs, read
 * when the file is not there or has no name for something. Never NULL: one of which nothing is there names
 * nothing. */
struct fdar_binary *fdar_binary_open(struct fdar_elf_reader *reader, const char *path,
				     const char *build_id, const char *const *dirs);

/* What the user should know, or NULL: the file is not the one that was traced. */
const char *fdar_binary_note(const struct fdar_binary *binary);

/* Of a library: the name that programs know it by, whatever its file is called; "" when it has none,
 * or that is not known. Owned by the binary. */
const char *fdar_binary_soname(struct fdar_binary *binary);

/* The name of the function at an offset, as the linker knows it; NULL when there is none. Owned by
 * the binary. from may be NULL: the index of the directory whose table it is of, 0 for the file's. */
const char *fdar_binary_function(struct fdar_binary *binary, uint64_t offset, guint *from);

/* Its line in the source; FALSE without debug information. file is owned by the binary. */
gboolean fdar_binary_line(struct fdar_binary *binary, uint64_t offset, const char **file,
			  int *line);

/* Writes dir/<build id>.txt out of the ELF file. TRUE when there is nothing to do: no ELF
 * file, no build id, or the table is there already. */
gboolean fdar_binary_save(struct fdar_binary *binary, const char *dir, GError **error);

void fdar_binary_free(struct fdar_binary *binary);

#endif
