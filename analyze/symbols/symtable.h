/*
 * A symbol table: the functions of one binary, kept with a recording.
 *
 * Place in the house: symbols.h reads and writes them as symbols/<build id>.txt, so that a
 * recording can be analysed where the binary is not. One function a line, sorted by offset:
 *
 *	<offset, hex> <size in bytes, hex> <name>
 *
 * Offsets count from the module's load address. A size of 0 means "up to the next function".
 * Files may come from anywhere: lines that are not like this are skipped.
 */
#ifndef FD_ANALYZE_SYMTABLE_H
#define FD_ANALYZE_SYMTABLE_H

#include <glib.h>
#include <stdint.h>

#define FD_SYMTABLE_BYTES_MAX (256u << 20) /* larger files are refused */
#define FD_SYMTABLE_NAME_MAX  4096u        /* longer names are skipped */

struct fd_symtable_row {
	uint64_t offset;
	uint64_t size;
	const char *name; /* owned by the table */
};

struct fd_symtable;

/* An empty one. The caller owns the result (fd_symtable_free). */
struct fd_symtable *fd_symtable_new(void);

/* NULL and error when it cannot be read, is too large, or holds no function. */
struct fd_symtable *fd_symtable_load(const char *path, GError **error);

/* The name is copied. */
void fd_symtable_add(struct fd_symtable *table, uint64_t offset, uint64_t size, const char *name);

/* The function at an offset; NULL when there is none. Valid until the next fd_symtable_add. */
const struct fd_symtable_row *fd_symtable_find(struct fd_symtable *table, uint64_t offset);

guint fd_symtable_count(const struct fd_symtable *table);

/* Written to a temporary file and renamed. */
gboolean fd_symtable_save(struct fd_symtable *table, const char *path, GError **error);

/* NULL is allowed. */
void fd_symtable_free(struct fd_symtable *table);
typedef struct fd_symtable fd_symtable;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_symtable, fd_symtable_free)

#endif
