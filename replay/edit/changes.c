#include "replay/edit/changes.h"

static void clear_change(gpointer data)
{
	struct fdar_edit_change *change = data;

	g_clear_pointer(&change->bytes, g_free);
}

GArray *fdar_edit_changes_new(void)
{
	GArray *changes = g_array_new(FALSE, FALSE, sizeof(struct fdar_edit_change));

	g_array_set_clear_func(changes, clear_change);
	return changes;
}

void fdar_edit_change_add(GArray *changes, size_t from, size_t to, const void *bytes, size_t size,
			  gboolean mend)
{
	struct fdar_edit_change change = {
		.from = from, .to = to, .bytes = g_memdup2(bytes, size), .size = size, .mend = mend
	};

	g_array_append_val(changes, change);
}

/* What is put in front of bytes that are replaced, too, is before them. */
static gint by_place(gconstpointer a, gconstpointer b)
{
	const struct fdar_edit_change *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

void fdar_edit_changes_sort(GArray *changes)
{
	g_array_sort(changes, by_place);
}

void fdar_edit_changes_apply(const GArray *changes, const uint8_t *bytes, size_t size,
			     GByteArray *out, struct fdar_edit_piece *pieces, size_t count)
{
	size_t at = 0, piece = 0, border = 0; /* where piece begins */

	for (guint i = 0; i <= changes->len; i++) {
		const struct fdar_edit_change *one =
			i < changes->len ? &g_array_index(changes, struct fdar_edit_change, i)
					 : NULL;
		size_t until = one ? one->from : size;

		for (; piece < count && border + pieces[piece].size <= until; piece++) {
			border += pieces[piece].size;
			pieces[piece].to = out->len + (border - at);
		}
		g_byte_array_append(out, bytes + at, (guint)(until - at));
		if (!one)
			break;
		g_byte_array_append(out, one->bytes, (guint)one->size);
		at = one->to;
		for (; piece < count && border + pieces[piece].size < at; piece++) {
			border += pieces[piece].size;
			pieces[piece].to = out->len;
		}
	}
	/* What is put behind the last byte is of the last piece. */
	if (count)
		pieces[count - 1].to = out->len;
}
