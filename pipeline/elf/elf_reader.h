/*
 * ELF files of strangers, read in a process of its own.
 *
 * Place in the house: between binary.h and elf_file.h, which it runs in a child: without rights (as
 * nobody when we are root, no new ones in any case), with limits of memory and processor time, and
 * with nothing open but the files that it was handed. What it answers is taken for what somebody
 * says: texts have a length, a request has so many seconds. A child that dies or hangs is
 * replaced; the file that it died of names nothing from then on, and says so.
 *
 * One child reads all files of a trace. Best made before there are other threads.
 */
#ifndef FDAR_PIPELINE_ELF_ELF_READER_H
#define FDAR_PIPELINE_ELF_ELF_READER_H

#include <glib.h>
#include <stdint.h>

#define FDAR_ELF_TEXT_MAX  4000u
#define FDAR_ELF_FILES_MAX 4096u /* the child has open; later ones name nothing */

struct fdar_elf_reader;

/* A file as the reader knows it. */
struct fdar_elf_handle {
	guint child, number;
};

/* The child is made when it is needed. */
struct fdar_elf_reader *fdar_elf_reader_new(void);

/* For callers with threads: called around each fork. user must outlive the reader's last question; NULLs:
 * there are no threads any more. */
typedef void (*fdar_elf_reader_fork_fn)(void *user);
void fdar_elf_reader_around_forks(struct fdar_elf_reader *reader, fdar_elf_reader_fork_fn before,
				  fdar_elf_reader_fork_fn after, void *user);

/* NULL is allowed. */
void fdar_elf_reader_free(struct fdar_elf_reader *reader);

/* Hands over the file that fd is open on. FALSE: it is no ELF file, or the child has died of it (died,
 * which may be NULL). fd stays the caller's. */
gboolean fdar_elf_reader_open(struct fdar_elf_reader *reader, int fd, const char *path,
			      struct fdar_elf_handle *handle, gboolean *died);

/* Each gives NULL when there is none, or the child that had the file has died. The caller frees it. */
char *fdar_elf_reader_build_id(struct fdar_elf_reader *reader,
			       const struct fdar_elf_handle *handle);
char *fdar_elf_reader_soname(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle);
char *fdar_elf_reader_function(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle,
			       uint64_t offset);
char *fdar_elf_reader_line(struct fdar_elf_reader *reader, const struct fdar_elf_handle *handle,
			   uint64_t offset, int *line);

/* Calls take with each function; FALSE when not all came. */
typedef void (*fdar_elf_reader_take_fn)(uint64_t offset, uint64_t bytes, const char *name,
					void *user);
gboolean fdar_elf_reader_functions(struct fdar_elf_reader *reader,
				   const struct fdar_elf_handle *handle,
				   fdar_elf_reader_take_fn take, void *user);

#endif
