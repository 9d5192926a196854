#include "replay/capture/sorter.h"

#include <string.h>

#include "replay/capture/decode.h"

struct fdar_sorter {
	struct fdar_sorted *ring; /* FDAR_SORTER_PACKETS + 1 of them, in order of time */
	uint32_t head, count;
	GArray *heap; /* struct fdar_sorted that came late: none is before the one above it */
	uint64_t newest_ns;
	uint64_t order;
	uint64_t late;
	size_t bytes;
	uint64_t barrier; /* what came before this one goes first: the clock was set */
	gboolean started;
	GHashTable
		*directions; /* while packets come late: hash of a direction -> its newest time */
	uint64_t late_ns;    /* the newest time when one did last */
};

struct fdar_sorter *fdar_sorter_new(void)
{
	struct fdar_sorter *sorter = g_new0(struct fdar_sorter, 1);

	sorter->ring = g_new(struct fdar_sorted, FDAR_SORTER_PACKETS + 1);
	sorter->heap = g_array_new(FALSE, FALSE, sizeof(struct fdar_sorted));
	return sorter;
}

static gboolean before(const struct fdar_sorted *a, const struct fdar_sorted *b)
{
	if (a->packet.epoch_ns != b->packet.epoch_ns)
		return a->packet.epoch_ns < b->packet.epoch_ns;
	return a->order < b->order;
}

static void heap_put(GArray *heap, const struct fdar_sorted *one)
{
	struct fdar_sorted *all;
	guint at = heap->len;

	g_array_append_vals(heap, one, 1);
	all = (struct fdar_sorted *)(void *)heap->data;
	while (at > 0 && before(one, &all[(at - 1) / 2])) {
		all[at] = all[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	all[at] = *one;
}

static void heap_take(GArray *heap, struct fdar_sorted *one)
{
	struct fdar_sorted *all = (struct fdar_sorted *)(void *)heap->data;
	struct fdar_sorted last = all[heap->len - 1];
	guint at = 0, count = heap->len - 1;

	*one = all[0];
	g_array_set_size(heap, count);
	while (2 * at + 1 < count) {
		guint child = 2 * at + 1;

		if (child + 1 < count && before(&all[child + 1], &all[child]))
			child++;
		if (!before(&all[child], &last))
			break;
		all[at] = all[child];
		at = child;
	}
	if (count)
		all[at] = last;
}

static struct fdar_sorted *ring_at(const struct fdar_sorter *sorter, uint32_t index)
{
	return &sorter->ring[(sorter->head + index) % (FDAR_SORTER_PACKETS + 1)];
}

/* A number for who sends to whom; 0 for what has no ports. */
static uint64_t direction_of(const struct fdar_packet *packet)
{
	struct fdar_decoded decoded;
	uint64_t hash = 0xcbf29ce484222325u;
	const uint8_t *ends[] = { (const uint8_t *)&decoded.src, (const uint8_t *)&decoded.dst };

	fdar_decode(packet->link, packet, &decoded);
	if (decoded.kind != FDAR_DECODED_TCP && decoded.kind != FDAR_DECODED_UDP)
		return 0;
	for (size_t end = 0; end < G_N_ELEMENTS(ends); end++)
		for (size_t i = 0; i < sizeof(struct fdar_endpoint); i++)
			hash = (hash ^ ends[end][i]) * 0x100000001b3u;
	return (hash ^ decoded.protocol) | 1;
}

static void note_direction(struct fdar_sorter *sorter, const struct fdar_packet *packet)
{
	uint64_t direction = direction_of(packet);
	uint64_t *newest = g_hash_table_lookup(sorter->directions, &direction);

	if (!direction)
		return;
	if (!newest) {
		newest = g_new0(uint64_t, 2); /* the key, then the time */
		newest[0] = direction;
		g_hash_table_insert(sorter->directions, &newest[0], newest + 1);
		newest++;
	}
	*newest = MAX(*newest, packet->epoch_ns);
}

/* Packets come late: who sent what is noted, of all that wait. */
static void begin_directions(struct fdar_sorter *sorter)
{
	sorter->directions = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	for (uint32_t i = 0; i < sorter->count; i++)
		note_direction(sorter, &ring_at(sorter, i)->packet);
}

/* Whether its sender has sent a packet with a later time before. */
static gboolean contradicts(struct fdar_sorter *sorter, const struct fdar_packet *packet)
{
	uint64_t direction = direction_of(packet);
	const uint64_t *newest;

	if (!sorter->directions)
		begin_directions(sorter);
	sorter->late_ns = sorter->newest_ns;
	newest = g_hash_table_lookup(sorter->directions, &direction);
	return newest && *newest > packet->epoch_ns;
}

static void forget_directions(struct fdar_sorter *sorter)
{
	g_clear_pointer(&sorter->directions, g_hash_table_unref);
}

void fdar_sorter_put(struct fdar_sorter *sorter, struct fdar_sorted *one)
{
	uint64_t time_ns = one->packet.epoch_ns;

	one->order = sorter->order++;
	sorter->bytes += one->packet.captured;
	if (!sorter->started || time_ns >= sorter->newest_ns) {
		sorter->newest_ns = time_ns;
	} else if (sorter->newest_ns - time_ns > FDAR_SORTER_NS ||
		   contradicts(sorter, &one->packet)) {
		/* A barrier: it must not get in before what is there. */
		sorter->barrier = one->order;
		sorter->newest_ns = time_ns;
		forget_directions(sorter);
	} else {
		note_direction(sorter, &one->packet);
		one->packet.late = TRUE;
		sorter->late++;
		heap_put(sorter->heap, one);
		return;
	}
	sorter->started = TRUE;
	if (sorter->directions && time_ns - MIN(time_ns, sorter->late_ns) > FDAR_SORTER_NS)
		forget_directions(sorter);
	else if (sorter->directions)
		note_direction(sorter, &one->packet);
	g_assert(sorter->count <= FDAR_SORTER_PACKETS);
	*ring_at(sorter, sorter->count++) = *one;
}

/* Whether the first that waits has waited enough. */
static gboolean is_due(const struct fdar_sorter *sorter, const struct fdar_sorted *first)
{
	if (first->order < sorter->barrier)
		return TRUE;
	return sorter->newest_ns - MIN(sorter->newest_ns, first->packet.epoch_ns) >
		       FDAR_SORTER_NS ||
	       sorter->count + sorter->heap->len >= FDAR_SORTER_PACKETS ||
	       sorter->bytes > FDAR_SORTER_BYTES;
}

/* Of two that wait: what came before a clock was set goes first. */
static gboolean goes_first(const struct fdar_sorter *sorter, const struct fdar_sorted *a,
			   const struct fdar_sorted *b)
{
	gboolean a_old = a->order < sorter->barrier, b_old = b->order < sorter->barrier;

	return a_old != b_old ? a_old : before(a, b);
}

gboolean fdar_sorter_take(struct fdar_sorter *sorter, gboolean all, struct fdar_sorted *one)
{
	const struct fdar_sorted *ring = sorter->count ? ring_at(sorter, 0) : NULL;
	const struct fdar_sorted *heap =
		sorter->heap->len ? (const struct fdar_sorted *)(void *)sorter->heap->data : NULL;
	gboolean late = heap && (!ring || goes_first(sorter, heap, ring));

	if (!ring && !heap)
		return FALSE;
	if (!all && !is_due(sorter, late ? heap : ring))
		return FALSE;
	if (late) {
		heap_take(sorter->heap, one);
	} else {
		*one = *ring;
		sorter->head = (sorter->head + 1) % (FDAR_SORTER_PACKETS + 1);
		sorter->count--;
	}
	sorter->bytes -= one->packet.captured;
	return TRUE;
}

uint64_t fdar_sorter_late(const struct fdar_sorter *sorter)
{
	return sorter->late;
}

void fdar_sorter_free(struct fdar_sorter *sorter)
{
	struct fdar_sorted one;

	if (!sorter)
		return;
	while (fdar_sorter_take(sorter, TRUE, &one))
		fdar_stream_let_go(one.stream, one.block);
	forget_directions(sorter);
	g_array_unref(sorter->heap);
	g_free(sorter->ring);
	g_free(sorter);
}
