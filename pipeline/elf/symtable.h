/*
 * A symbol table: the functions of one binary, kept with a recording.
 *
 * Place in the house: symbols.h reads and writes them as symbols/<build id>.txt, so that a
 * recording can be analysed where the binary is not. One function a line, sorted by offset:
 *
 *	<offset, hex> <size in bytes, hex> <name>
 *
 * and before these, of a library that has one, the name that programs know it by:
 *
 *	# soname <name>
 *
 * Offsets count from the module's load address. A size of 0 means "up to the next function".
 * Files may come from anywhere: lines that are not like this are skipped.
 */
#ifndef FDAR_PIPELINE_ELF_SYMTABLE_H
#define FDAR_PIPELINE_ELF_SYMTABLE_H

#include <glib.h>
#include <stdint.h>

#define FDAR_SYMTABLE_BYTES_MAX (256u << 20) /* larger files are refused */
#define FDAR_SYMTABLE_NAME_MAX  4096u        /* longer names are skipped */

struct fdar_symtable_row {
	uint64_t offset;
	uint64_t size;
	const char *name; /* owned by the table */
};

struct fdar_symtable;

/* An empty one. The caller owns the result (fdar_symtable_free). */
struct fdar_symtable *fdar_symtable_new(void);

/* NULL and error when it cannot be read, is too large, or holds no function. */
struct fdar_symtable *fdar_symtable_load(const char *path, GError **error);

/* What nm prints of a binary: "address type name" a line, or with -S "address size type name", address
 * and size in hex; functions are taken (types t, w and i). NULL and error as above. */
struct fdar_symtable *fdar_symtable_load_listing(const char *path, GError **error);

/* The name is copied. */
void fdar_symtable_add(struct fdar_symtable *table, uint64_t offset, uint64_t size,
		       const char *name);

/* The function at an offset; NULL when there is none. Valid until the next fdar_symtable_add. */
const struct fdar_symtable_row *fdar_symtable_find(struct fdar_symtable *table, uint64_t offset);

/* "" when it has none. Owned by the table; what is set is copied. */
const char *fdar_symtable_soname(const struct fdar_symtable *table);
void fdar_symtable_set_soname(struct fdar_symtable *table, const char *soname);

guint fdar_symtable_count(const struct fdar_symtable *table);

/* Written to a temporary file and renamed. */
gboolean fdar_symtable_save(struct fdar_symtable *table, const char *path, GError **error);

/* NULL is allowed. */
void fdar_symtable_free(struct fdar_symtable *table);
typedef struct fdar_symtable fdar_symtable;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_symtable, fdar_symtable_free)

#endif
