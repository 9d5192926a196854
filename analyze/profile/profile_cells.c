#include "analyze/profile/profile_cells.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/profile/profile_private.h"

#define PACKED_MOST 40u /* bytes of a cell: four numbers of 64 bits, seven to a byte */

/* Bytes packed for each cell that may be loose, which takes some eighty: a quarter of them. */
#define LOOSE_PART 320u

#define SPARE_MOST 4096u /* slots of tables that are kept: clearing them is to cost little */

/* A cell where it belongs in the order of places. */
struct loose_place {
	uint64_t place;
	uint32_t cell;
};

/* The packed cells of a session, as they are read. */
struct reader {
	const uint8_t *at;
	const uint8_t *end;
	uint64_t place;
	struct cell cell;
	gboolean more; /* there is one in place and cell */
};

static void loose_free(gpointer data)
{
	struct loose_cells *loose = data;

	fdar_intern_clear(&loose->places);
	g_array_unref(loose->cells);
	g_free(loose);
}

static struct loose_cells *loose_new(void)
{
	struct loose_cells *loose = g_new0(struct loose_cells, 1);

	loose->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
	loose->link.data = loose;
	return loose;
}

void profile_cells_init(struct cell_store *store, size_t most)
{
	*store = (struct cell_store){
		.most = most,
		.spare = g_ptr_array_new_with_free_func(loose_free),
		.order = g_array_new(FALSE, FALSE, sizeof(struct loose_place)),
		.bytes = g_byte_array_new(),
		.gathered = g_array_new(FALSE, FALSE, sizeof(struct placed_cell)),
	};
	g_queue_init(&store->loose);
}

void profile_cells_clear(struct cell_store *store)
{
	g_assert(!store->loose.length);
	g_ptr_array_unref(store->spare);
	g_array_unref(store->order);
	g_byte_array_unref(store->bytes);
	g_array_unref(store->gathered);
}

void profile_cells_open(struct cell_store *store, struct session_cells *session)
{
	*session = (struct session_cells){ .serial = ++store->serials };
}

/* Its room is used again. */
static void drop_loose(struct cell_store *store, struct session_cells *session)
{
	struct loose_cells *loose = session->loose;

	if (!loose)
		return;
	session->loose = NULL;
	session->serial = ++store->serials;
	store->count -= loose->cells->len;
	g_queue_unlink(&store->loose, &loose->link);
	if (loose->places.capacity > SPARE_MOST) {
		loose_free(loose);
		return;
	}
	fdar_intern_reset(&loose->places);
	g_array_set_size(loose->cells, 0);
	g_ptr_array_add(store->spare, loose);
}

void profile_cells_close(struct cell_store *store, struct session_cells *session)
{
	drop_loose(store, session);
	g_clear_pointer(&session->packed, g_free);
	store->packed_bytes -= session->packed_bytes;
	session->packed_bytes = 0;
}

struct cell *profile_cell(struct cell_store *store, struct session_cells *session, uint32_t index,
			  enum cell_kind kind)
{
	struct loose_cells *loose = session->loose;

	if (!loose) {
		loose = store->spare->len
				? g_ptr_array_steal_index_fast(store->spare, store->spare->len - 1)
				: loose_new();
		loose->session = session;
		session->loose = loose;
		g_queue_push_head_link(&store->loose, &loose->link);
	}
	uint32_t cell = fdar_intern_add(&loose->places, index, kind);
	if (cell == loose->cells->len) {
		g_array_set_size(loose->cells, cell + 1);
		store->count++;
	}
	return &g_array_index(loose->cells, struct cell, cell);
}

/* ---- packed ----
 *
 * A cell is a number, its head: the distance from the place before, whether there is time below it, and
 * the calls as long as they are few; then the calls if they are many, the own time, and that below it. */

#define HEAD_BITS  5u
#define HEAD_BELOW 16u
#define HEAD_CALLS UINT64_C(15) /* so many and more have a number of their own */

static uint64_t place_of(const struct fdar_intern_pair *pair)
{
	return pair->b << 32 | pair->a;
}

/* Of bytes that were written here: so there is a whole number. */
static inline uint64_t read_number(struct reader *reader)
{
	uint64_t value = 0;

	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = *reader->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
}

static inline void read_next(struct reader *reader)
{
	reader->more = reader->at < reader->end;
	if (!reader->more)
		return;
	uint64_t head = read_number(reader);
	reader->place += head >> HEAD_BITS;
	reader->cell.calls = head & HEAD_CALLS;
	if (reader->cell.calls == HEAD_CALLS)
		reader->cell.calls = read_number(reader);
	reader->cell.own_ns = reader->cell.total_ns = read_number(reader);
	if (head & HEAD_BELOW)
		reader->cell.total_ns += read_number(reader);
	g_assert(reader->at <= reader->end);
}

static struct reader read_begin(const struct session_cells *session)
{
	struct reader reader = { .at = session->packed,
				 .end = session->packed + session->packed_bytes };

	read_next(&reader);
	return reader;
}

static inline uint8_t *put_number(uint8_t *at, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*at++ = (uint8_t)(value | 0x80);
	*at++ = (uint8_t)value;
	return at;
}

static inline uint8_t *put(uint8_t *at, uint64_t distance, const struct cell *cell)
{
	/* A path that is recursive may have less in all than of its own: the sum comes round, too. */
	uint64_t below_ns = cell->total_ns - cell->own_ns;

	at = put_number(at, distance << HEAD_BITS | (below_ns ? HEAD_BELOW : 0) |
				    MIN(cell->calls, HEAD_CALLS));
	if (cell->calls >= HEAD_CALLS)
		at = put_number(at, cell->calls);
	at = put_number(at, cell->own_ns);
	return below_ns ? put_number(at, below_ns) : at;
}

static void add(struct cell *sum, const struct cell *cell)
{
	sum->calls = profile_sum(sum->calls, cell->calls);
	sum->own_ns = profile_sum(sum->own_ns, cell->own_ns);
	sum->total_ns = profile_sum(sum->total_ns, cell->total_ns);
}

static int by_place(const void *a, const void *b)
{
	uint64_t first = ((const struct loose_place *)a)->place,
		 second = ((const struct loose_place *)b)->place;

	return (first > second) - (first < second);
}

static void sort(GArray *order, const struct loose_cells *loose)
{
	g_array_set_size(order, 0);
	for (uint32_t i = 0; i < loose->cells->len; i++) {
		struct loose_place place = { place_of(&loose->places.pairs[i]), i };

		g_array_append_val(order, place);
	}
	qsort(order->data, order->len, sizeof(struct loose_place), by_place);
}

/* Both, in the order of their places. Gives the end of what is written. */
static uint8_t *merge(uint8_t *at, const struct loose_cells *loose, const GArray *order,
		      const struct session_cells *session)
{
	struct reader old = read_begin(session);
	uint64_t last = 0;

	for (guint i = 0; i < order->len; i++) {
		const struct loose_place *next = &g_array_index(order, struct loose_place, i);
		struct cell sum = g_array_index(loose->cells, struct cell, next->cell);

		for (; old.more && old.place < next->place; read_next(&old)) {
			at = put(at, old.place - last, &old.cell);
			last = old.place;
		}
		if (old.more && old.place == next->place) {
			add(&sum, &old.cell);
			read_next(&old);
		}
		at = put(at, next->place - last, &sum);
		last = next->place;
	}
	if (old.more)
		at = put(at, old.place - last, &old.cell);
	/* What is behind the last one is as it was. */
	if (old.at < old.end)
		memcpy(at, old.at, (size_t)(old.end - old.at));
	return at + (old.end - old.at);
}

/* The loose ones and those that are packed already, as packed ones. */
static void pack(struct cell_store *store, struct session_cells *session)
{
	const struct loose_cells *loose = session->loose;
	const uint8_t *end;

	sort(store->order, loose);
	/* A sum may take more bytes than what was packed. */
	g_byte_array_set_size(store->bytes,
			      session->packed_bytes + loose->cells->len * PACKED_MOST);
	end = merge(store->bytes->data, loose, store->order, session);
	g_assert(end <= store->bytes->data + store->bytes->len);
	g_free(session->packed);
	store->packed_bytes -= session->packed_bytes;
	session->packed_bytes = (uint32_t)(end - store->bytes->data);
	store->packed_bytes += session->packed_bytes;
	session->packed = g_memdup2(store->bytes->data, session->packed_bytes);
	drop_loose(store, session);
}

/* To pack is to write anew all that a session has. So where much is packed, more may be loose: each cell is
 * written again a bounded number of times, however many paths there are. */
static size_t loose_most(const struct cell_store *store)
{
	return MAX(store->most, store->packed_bytes / LOOSE_PART);
}

void profile_cells_turn(struct cell_store *store, struct session_cells *session)
{
	struct loose_cells *loose = session->loose;

	if (loose && store->loose.head != &loose->link) {
		g_queue_unlink(&store->loose, &loose->link);
		g_queue_push_head_link(&store->loose, &loose->link);
	}
	while (store->count > loose_most(store) && store->loose.tail != store->loose.head)
		pack(store, ((struct loose_cells *)store->loose.tail->data)->session);
}

GArray *profile_cells_gather(struct cell_store *store, struct session_cells *session)
{
	GArray *gathered = store->gathered;

	if (session->packed && session->loose)
		pack(store, session);
	g_array_set_size(gathered, 0);
	for (struct reader reader = read_begin(session); reader.more; read_next(&reader)) {
		struct placed_cell placed = { (uint32_t)reader.place,
					      (enum cell_kind)(reader.place >> 32), reader.cell };

		g_array_append_val(gathered, placed);
	}
	for (guint i = 0; session->loose && i < session->loose->cells->len; i++) {
		const struct fdar_intern_pair *pair = &session->loose->places.pairs[i];
		struct placed_cell placed = { (uint32_t)pair->a, (enum cell_kind)pair->b,
					      g_array_index(session->loose->cells, struct cell,
							    i) };

		g_array_append_val(gathered, placed);
	}
	return gathered;
}
