#include "replay/rewrite/cut.h"

/* The bytes of the message that go, each by itself: a change over the border of a header and a body would be refused. */
static GArray *changes_of(const struct fdar_cut *cut, uint64_t begin, uint64_t size)
{
	GArray *changes = fdar_edit_changes_new();

	for (size_t i = 0; i < cut->count && cut->ranges[i].from < begin + size; i++) {
		uint64_t from = MAX(cut->ranges[i].from, begin);
		uint64_t to = MIN(cut->ranges[i].to, begin + size);

		for (uint64_t at = from; at < to; at++)
			fdar_edit_change_add(changes, at - begin, at - begin + 1, NULL, 0, TRUE);
	}
	return changes;
}

uint8_t *fdar_cut_message(const struct fdar_cut *cut, struct fdar_frames *frames, uint64_t begin,
			  struct fdar_edit_piece *pieces, size_t count, size_t *size)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	g_autoptr(GArray) changes = NULL;
	GByteArray *left = g_byte_array_new();

	for (size_t i = 0; i < count; i++)
		g_byte_array_append(message, pieces[i].bytes, (guint)pieces[i].size);
	changes = changes_of(cut, begin, message->len);
	fdar_frames_mend(frames, message->data, message->len, changes);
	fdar_edit_changes_apply(changes, message->data, message->len, left, pieces, count);
	*size = left->len;
	return g_byte_array_free(left, FALSE);
}
