/*
 * An ELF file, read by elfutils: names, lines, soname, build id.
 *
 * Place in the house: runs in the process of elf_reader.h alone, for the file is named by a trace, and
 * what is in it is whatever somebody put there. Reads through libdwfl, with separate debug information
 * where installed. Offsets count from the page of the lowest loaded segment.
 */
#ifndef FDAR_PIPELINE_ELF_ELF_FILE_H
#define FDAR_PIPELINE_ELF_ELF_FILE_H

#include <glib.h>
#include <stdint.h>

struct fdar_elf_file;

/* Takes over fd. path: for finding debug information. NULL: it is no ELF file. */
struct fdar_elf_file *fdar_elf_file_open(int fd, const char *path);

/* In hex; "" when it has none. The caller frees it. */
char *fdar_elf_file_build_id(const struct fdar_elf_file *file);

/* NULL: none. The caller frees it. */
char *fdar_elf_file_soname(const struct fdar_elf_file *file);

/* NULL: none. Owned by the file. */
const char *fdar_elf_file_function(const struct fdar_elf_file *file, uint64_t offset);
const char *fdar_elf_file_line(const struct fdar_elf_file *file, uint64_t offset, int *line);

/* Calls take with each function. */
typedef void (*fdar_elf_file_take_fn)(uint64_t offset, uint64_t bytes, const char *name,
				      void *user);
void fdar_elf_file_functions(const struct fdar_elf_file *file, fdar_elf_file_take_fn take,
			     void *user);

void fdar_elf_file_close(struct fdar_elf_file *file);

#endif
