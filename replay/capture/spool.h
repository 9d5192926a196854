/*
 * The spool: an append-only temporary file that has no name, later mapped.
 *
 * Place in the house: below session.c and amplify.c, which keep there what would otherwise fill
 * memory. The file lies in $TMPDIR (/var/tmp when unset, which unlike /tmp is a disk nearly
 * everywhere) and is gone when it is closed. Memory: a buffer of 256 KiB; mapped pages are
 * file-backed, so the kernel may drop them at any time.
 */
#ifndef FD_REPLAY_SPOOL_H
#define FD_REPLAY_SPOOL_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct fd_spool;

/* NULL and error (FD_CAPTURE_ERROR_OUTPUT) when no file can be made. */
struct fd_spool *fd_spool_new(GError **error);

/* Appends; gives the offset of the first byte. A failed write (disk full) is remembered and comes
 * out of fd_spool_map or fd_spool_check. */
uint64_t fd_spool_append(struct fd_spool *spool, const void *bytes, size_t size);

/* Bytes appended so far. */
uint64_t fd_spool_size(const struct fd_spool *spool);

/* Reads back before it is mapped. FALSE when offset + size is beyond the end, or reading fails. */
gboolean fd_spool_read(struct fd_spool *spool, uint64_t offset, void *bytes, size_t size);

/* FALSE and error when an append failed. */
gboolean fd_spool_check(const struct fd_spool *spool, GError **error);

/* Ends appending and maps it all, read-only; the spool owns the mapping. FALSE and error when an
 * append or the mapping failed. bytes is NULL when it is empty. */
gboolean fd_spool_map(struct fd_spool *spool, const uint8_t **bytes, GError **error);

/* Ends appending; makes it size bytes long, new ones are zero, and maps it for writing. The pages
 * are shared with the file, not anonymous. */
gboolean fd_spool_map_writable(struct fd_spool *spool, uint64_t size, uint8_t **bytes,
			       GError **error);

/* The mapping of fd_spool_map_writable becomes read-only. */
void fd_spool_seal(struct fd_spool *spool);

/* NULL is allowed. */
void fd_spool_free(struct fd_spool *spool);

#endif
