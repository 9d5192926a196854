/*
 * The spool: an append-only temporary file that has no name, later mapped.
 *
 * Place in the house: below session.c and amplify.c, which keep there what would otherwise fill
 * memory. The file lies in $TMPDIR (/var/tmp when unset, which unlike /tmp is a disk nearly
 * everywhere) and is gone when it is closed. Memory: a buffer of 256 KiB; mapped pages are
 * file-backed, so the kernel may drop them at any time.
 */
#ifndef FDAR_REPLAY_CAPTURE_SPOOL_H
#define FDAR_REPLAY_CAPTURE_SPOOL_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct fdar_spool;

/* An empty file where spools lie, without a name, open for both. -1 and errno. */
int fdar_spool_descriptor(void);

/* NULL and error (FDAR_CAPTURE_ERROR_OUTPUT) when no file can be made. */
struct fdar_spool *fdar_spool_new(GError **error);

/* Appends; gives the offset of the first byte. A failed write (disk full) is remembered and comes
 * out of fdar_spool_map or fdar_spool_check. */
uint64_t fdar_spool_append(struct fdar_spool *spool, const void *bytes, size_t size);

/* Bytes appended so far. */
uint64_t fdar_spool_size(const struct fdar_spool *spool);

/* Reads back before it is mapped. FALSE when offset + size is beyond the end, or reading fails. */
gboolean fdar_spool_read(struct fdar_spool *spool, uint64_t offset, void *bytes, size_t size);

/* FALSE and error when an append failed. */
gboolean fdar_spool_check(const struct fdar_spool *spool, GError **error);

/* Ends appending and maps it all, read-only; the spool owns the mapping. FALSE and error when an
 * append or the mapping failed. bytes is NULL when it is empty. */
gboolean fdar_spool_map(struct fdar_spool *spool, const uint8_t **bytes, GError **error);

/* Ends appending; makes it size bytes long, new ones are zero, and maps it for writing. The pages
 * are shared with the file, not anonymous. */
gboolean fdar_spool_map_writable(struct fdar_spool *spool, uint64_t size, uint8_t **bytes,
				 GError **error);

/* The mapping of fdar_spool_map_writable becomes read-only. */
void fdar_spool_seal(struct fdar_spool *spool);

/* NULL is allowed. */
void fdar_spool_free(struct fdar_spool *spool);

#endif
