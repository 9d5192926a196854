/*
 * Changes of a message: which of its bytes are replaced by which others.
 *
 * Place in the house: below frames.h, which adds those of the lengths, and edit.h; replay/rewrite/ leaves bytes out by
 * them.
 */
#ifndef FDAR_REPLAY_EDIT_CHANGES_H
#define FDAR_REPLAY_EDIT_CHANGES_H

#include <glib.h>
#include <stdint.h>

/* Bytes [from, to) of a message are replaced by these. */
struct fdar_edit_change {
	size_t from, to;
	uint8_t *bytes; /* owned */
	size_t size;
	gboolean mend; /* lengths follow */
};

/* A piece of a message: before, and after (to is where its bytes end in the message that comes out). */
struct fdar_edit_piece {
	const uint8_t *bytes;
	size_t size;
	size_t to;
};

/* An array of struct fdar_edit_change that owns what they have; g_array_unref. */
GArray *fdar_edit_changes_new(void);

/* Makes struct fdar_edit_change of bytes, which are copied. */
void fdar_edit_change_add(GArray *changes, size_t from, size_t to, const void *bytes, size_t size,
			  gboolean mend);

/* By their places. */
void fdar_edit_changes_sort(GArray *changes);

/* Appends the message with the changes (sorted, none over another) to out. count pieces of it get their new ends; a
 * border within what was replaced goes behind it. */
void fdar_edit_changes_apply(const GArray *changes, const uint8_t *bytes, size_t size,
			     GByteArray *out, struct fdar_edit_piece *pieces, size_t count);

#endif
