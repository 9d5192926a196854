#include "replay/split/split_history.h"

#include <string.h>

#define COMPARE_BYTES 4096u

/* Makes the ring larger, in the order of its pieces. */
static void grow(struct fdar_history *history)
{
	uint32_t size = history->size ? MIN(2 * history->size, FDAR_HISTORY_PIECES) : 4;

	/* Until it is full it begins at 0. */
	history->pieces = g_renew(struct fdar_history_piece, history->pieces, size);
	memset(history->pieces + history->size, 0,
	       (size - history->size) * sizeof(*history->pieces));
	history->next = history->size;
	history->size = size;
}

static void forget(struct fdar_history *history, struct fdar_history_piece *piece)
{
	if (piece->copy)
		history->copied -= piece->length;
	g_clear_pointer(&piece->copy, g_free);
}

void fdar_history_add(struct fdar_history *history, uint64_t stream_offset, uint32_t length,
		      uint64_t place, const uint8_t *bytes)
{
	struct fdar_history_piece *piece;
	gboolean copy = place == UINT64_MAX;

	if (length == 0 || (copy && history->copied + length > FDAR_HISTORY_COPIED))
		return;
	if (history->count == history->size && history->size < FDAR_HISTORY_PIECES)
		grow(history);
	piece = &history->pieces[history->next];
	forget(history, piece);
	*piece = (struct fdar_history_piece){ .stream_offset = stream_offset,
					      .place = place,
					      .length = length,
					      .copy = copy ? g_memdup2(bytes, length) : NULL };
	history->copied += copy ? length : 0;
	history->next = (history->next + 1) % history->size;
	history->count = MIN(history->count + 1, history->size);
}

static gboolean differs(const struct fdar_history_piece *piece, uint64_t from, uint64_t to,
			const uint8_t *bytes, fdar_history_read_fn read, void *user)
{
	uint8_t kept[COMPARE_BYTES];

	if (piece->copy)
		return memcmp(piece->copy + (from - piece->stream_offset), bytes,
			      (size_t)(to - from)) != 0;
	while (from < to) {
		uint32_t part = (uint32_t)MIN(to - from, COMPARE_BYTES);

		if (!read(user, piece->place + (from - piece->stream_offset), kept, part))
			return FALSE;
		if (memcmp(kept, bytes, part) != 0)
			return TRUE;
		from += part;
		bytes += part;
	}
	return FALSE;
}

gboolean fdar_history_differs(const struct fdar_history *history, uint64_t stream_offset,
			      const uint8_t *bytes, uint32_t length, fdar_history_read_fn read,
			      void *user)
{
	for (uint32_t i = 0; i < history->count; i++) {
		const struct fdar_history_piece *piece = &history->pieces[i];
		uint64_t from = MAX(stream_offset, piece->stream_offset);
		uint64_t to = MIN(stream_offset + length, piece->stream_offset + piece->length);

		if (from < to &&
		    differs(piece, from, to, bytes + (from - stream_offset), read, user))
			return TRUE;
	}
	return FALSE;
}

void fdar_history_clear(struct fdar_history *history)
{
	for (uint32_t i = 0; i < history->size; i++)
		g_free(history->pieces[i].copy);
	g_clear_pointer(&history->pieces, g_free);
}
