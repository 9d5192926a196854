#include "cli/reduce/bytes.h"

#include "replay/rewrite/anew.h"

/* Units of a cause at most; where there are more bytes a unit is several. */
#define UNITS_MAX 4096u

static gboolean is_kept(const struct fdar_excerpt_part *part, uint32_t exchange)
{
	return exchange != FDAR_ANEW_BEFORE && (!part->exchanges || part->exchanges[exchange]);
}

/* The client's data of each exchange that is kept: one stretch of its stream. */
static void add_spans(struct fdar_bytes *bytes, const struct fdar_sessions *sessions, guint index)
{
	const struct fdar_excerpt_part *part =
		&g_array_index(bytes->parts, struct fdar_excerpt_part, index);
	const struct fdar_session *session = fdar_sessions_get(sessions, part->session);
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	struct fdar_anew_walk walk = { 0 };
	uint32_t last = FDAR_ANEW_BEFORE;
	uint64_t at = 0;

	for (uint64_t i = 0; i < session->pieces; i++) {
		uint32_t exchange = fdar_anew_exchange(&walk, &pieces[i]);
		struct fdar_bytes_span span = { index, at, at + pieces[i].length, 0 };

		if (pieces[i].kind != FDAR_PIECE_DATA || pieces[i].way != FDAR_FROM_CLIENT)
			continue;
		at = span.to;
		if (span.to == span.from || !is_kept(part, exchange))
			continue;
		if (exchange == last)
			g_array_index(bytes->spans, struct fdar_bytes_span, bytes->spans->len - 1)
				.to = at;
		else
			g_array_append_val(bytes->spans, span);
		last = exchange;
	}
}

static void number_units(struct fdar_bytes *bytes)
{
	uint64_t all = 0;

	for (guint i = 0; i < bytes->spans->len; i++) {
		const struct fdar_bytes_span *span =
			&g_array_index(bytes->spans, struct fdar_bytes_span, i);

		all += span->to - span->from;
	}
	bytes->grain = (uint32_t)(1 + all / UNITS_MAX);
	for (guint i = 0; i < bytes->spans->len; i++) {
		struct fdar_bytes_span *span =
			&g_array_index(bytes->spans, struct fdar_bytes_span, i);

		span->first = bytes->units;
		bytes->units +=
			(uint32_t)((span->to - span->from + bytes->grain - 1) / bytes->grain);
	}
}

void fdar_bytes_init(struct fdar_bytes *bytes, const struct fdar_excerpt *excerpt,
		     const struct fdar_excerpt_part *parts, guint count)
{
	*bytes = (struct fdar_bytes){ .units = 0 };
	bytes->parts = g_array_new(FALSE, FALSE, sizeof(*parts));
	bytes->spans = g_array_new(FALSE, FALSE, sizeof(struct fdar_bytes_span));
	g_array_append_vals(bytes->parts, parts, count);
	for (guint i = 0; i < count; i++)
		if (fdar_excerpt_can_cut(excerpt, parts[i].session))
			add_spans(bytes, fdar_excerpt_sessions(excerpt), i);
	number_units(bytes);
}

void fdar_bytes_clear(struct fdar_bytes *bytes)
{
	g_clear_pointer(&bytes->parts, g_array_unref);
	g_clear_pointer(&bytes->spans, g_array_unref);
}

/* The bytes of a unit; *span is where it is looked for from, as units rise. */
static struct fdar_cut_range range_of(const struct fdar_bytes *bytes, uint32_t unit, guint *span)
{
	const struct fdar_bytes_span *spans =
		(const struct fdar_bytes_span *)(const void *)bytes->spans->data;
	struct fdar_cut_range range;

	while (*span + 1 < bytes->spans->len && spans[*span + 1].first <= unit)
		++*span;
	range.from = spans[*span].from + (uint64_t)(unit - spans[*span].first) * bytes->grain;
	range.to = MIN(range.from + bytes->grain, spans[*span].to);
	return range;
}

/* Units of a part that are not among those, as ranges. kept and span go on where the last part ended. */
static GArray *left_out(const struct fdar_bytes *bytes, guint part, const uint32_t *units,
			size_t count, size_t *kept, uint32_t *unit)
{
	const struct fdar_bytes_span *spans =
		(const struct fdar_bytes_span *)(const void *)bytes->spans->data;
	GArray *ranges = g_array_new(FALSE, FALSE, sizeof(struct fdar_cut_range));
	guint span = 0;

	for (; *unit < bytes->units; ++*unit) {
		struct fdar_cut_range range = range_of(bytes, *unit, &span);
		struct fdar_cut_range *last =
			ranges->len ? &g_array_index(ranges, struct fdar_cut_range, ranges->len - 1)
				    : NULL;

		if (spans[span].part != part)
			break;
		if (*kept < count && units[*kept] == *unit)
			++*kept;
		else if (last && last->to == range.from)
			last->to = range.to;
		else
			g_array_append_val(ranges, range);
	}
	return ranges;
}

void fdar_bytes_list(const struct fdar_bytes *bytes, const uint32_t *units, size_t count,
		     struct fdar_part_list *list)
{
	size_t kept = 0;
	uint32_t unit = 0;

	for (guint i = 0; i < bytes->parts->len; i++) {
		struct fdar_excerpt_part part =
			g_array_index(bytes->parts, struct fdar_excerpt_part, i);
		GArray *ranges = left_out(bytes, i, units, count, &kept, &unit);
		struct fdar_cut *cut = g_new0(struct fdar_cut, 1);
		gsize size = 0;

		cut->ranges = g_array_steal(ranges, &size);
		cut->count = size;
		g_array_unref(ranges);
		g_ptr_array_add(list->bytes, (gpointer)cut->ranges);
		g_ptr_array_add(list->bytes, cut);
		part.cut = cut;
		g_array_append_val(list->parts, part);
	}
}

static gboolean is_said(const struct fdar_piece *piece)
{
	return piece->kind == FDAR_PIECE_DATA && piece->way == FDAR_FROM_CLIENT;
}

/* What a message of these pieces has, which begins at that byte of the client's stream, when it is cut. */
static uint64_t message_left(const struct fdar_sessions *sessions, const struct fdar_cut *cut,
			     struct fdar_frames *frames, uint64_t begin,
			     const struct fdar_piece *pieces, size_t count)
{
	g_autofree struct fdar_edit_piece *parts = g_new0(struct fdar_edit_piece, count);
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		parts[i].size = pieces[i].length;
		if (parts[i].size)
			parts[i].bytes = fdar_sessions_payload(sessions, &pieces[i]);
	}
	g_free(fdar_cut_message(cut, frames, begin, parts, count, &size));
	return size;
}

/* As anew.h takes pieces together. */
uint64_t fdar_bytes_kept(const struct fdar_excerpt *excerpt, const struct fdar_excerpt_part *part)
{
	const struct fdar_sessions *sessions = fdar_excerpt_sessions(excerpt);
	const struct fdar_session *session = fdar_sessions_get(sessions, part->session);
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	struct fdar_anew_walk walk = { 0 };
	struct fdar_frames frames = { 0 };
	uint64_t size = 0, at = 0, next;

	if (!fdar_excerpt_can_cut(excerpt, part->session))
		return session->way[FDAR_FROM_CLIENT].bytes;
	for (uint64_t i = 0; i < session->pieces; i = next) {
		uint32_t exchange = fdar_anew_exchange(&walk, &pieces[i]);
		uint64_t whole = pieces[i].length;

		next = i + 1;
		if (!is_said(&pieces[i]))
			continue;
		while (session->transport == FDAR_TCP && next < session->pieces &&
		       is_said(&pieces[next]))
			whole += pieces[next++].length;
		if (is_kept(part, exchange))
			size += part->cut ? message_left(sessions, part->cut, &frames, at,
							 &pieces[i], next - i)
					  : whole;
		at += whole;
	}
	return size;
}

gboolean fdar_bytes_can_go(const struct fdar_excerpt *excerpt, const struct fdar_excerpt_part *part)
{
	const struct fdar_cut_range range = { 0, UINT64_MAX };
	const struct fdar_cut cut = { &range, 1 };
	const struct fdar_excerpt_part nothing = { part->session, part->exchanges, &cut };

	return fdar_bytes_kept(excerpt, &nothing) < fdar_bytes_kept(excerpt, part);
}
