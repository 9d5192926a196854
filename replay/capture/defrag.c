#include "replay/capture/defrag.h"

#include <string.h>

#define DATAGRAM_MAX    65535u
#define DATAGRAMS_MAX   256u
#define MEMORY_MAX      ((size_t)4 * 1024 * 1024)
#define KEEP_NS         ((uint64_t)30 * 1000000000)
#define UNITS           (DATAGRAM_MAX / 8 + 1) /* fragments come in units of 8 bytes */
#define NESTED_MAX      4u
#define FRAGMENT_CHARGE (sizeof(struct fdar_packet) + 64)

struct key {
	uint8_t src[16], dst[16];
	uint32_t id;
	uint32_t net;
	uint8_t family;
	uint8_t protocol; /* IPv4 only: in IPv6 only the first fragment's counts */
	uint16_t zero;
};

/* A datagram that is not whole yet. The bytes grow as fragments come. */
struct pending {
	struct key key;
	GList link; /* in defrag->order, oldest first */
	struct fdar_decoded first;
	gboolean has_first;
	gboolean nested; /* one of them at least */
	uint64_t begin_ns;
	GByteArray *bytes;
	uint32_t total;   /* 0: the last fragment has not come */
	uint32_t covered; /* units */
	uint8_t have[UNITS / 8 + 1];
	GPtrArray *packets;
	size_t charge;
};

struct fdar_defrag {
	GHashTable *table; /* key -> pending, which it owns */
	GQueue order;
	size_t memory;
	uint64_t lone;
};

static guint key_hash(gconstpointer data)
{
	const uint8_t *bytes = data;
	guint hash = 2166136261u;

	for (size_t i = 0; i < sizeof(struct key); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct key)) == 0;
}

static void pending_free(gpointer data)
{
	struct pending *pending = data;

	g_clear_pointer(&pending->bytes, g_byte_array_unref);
	g_clear_pointer(&pending->packets, g_ptr_array_unref);
	g_free(pending);
}

static void packet_free(gpointer data)
{
	struct fdar_packet *packet = data;

	g_free((gpointer)packet->bytes);
	g_free(packet);
}

struct fdar_defrag *fdar_defrag_new(void)
{
	struct fdar_defrag *defrag = g_new0(struct fdar_defrag, 1);

	defrag->table = g_hash_table_new_full(key_hash, key_equal, NULL, pending_free);
	g_queue_init(&defrag->order);
	return defrag;
}

/* Takes it out of the books; the table's copy is freed. */
static void forget(struct fdar_defrag *defrag, struct pending *pending)
{
	g_queue_unlink(&defrag->order, &pending->link);
	defrag->memory -= pending->charge;
	g_hash_table_remove(defrag->table, &pending->key);
}

static void give_up(struct fdar_defrag *defrag, struct pending *pending)
{
	defrag->lone += pending->packets->len;
	forget(defrag, pending);
}

static void give_up_old(struct fdar_defrag *defrag, uint64_t clock_ns)
{
	while (defrag->order.head) {
		struct pending *oldest = defrag->order.head->data;

		if (defrag->memory <= MEMORY_MAX && defrag->order.length <= DATAGRAMS_MAX &&
		    clock_ns - oldest->begin_ns <= KEEP_NS)
			return;
		give_up(defrag, oldest);
	}
}

static void make_key(const struct fdar_decoded *decoded, struct key *key)
{
	memset(key, 0, sizeof(*key));
	memcpy(key->src, decoded->src.addr, 16);
	memcpy(key->dst, decoded->dst.addr, 16);
	key->id = decoded->fragment_id;
	key->net = decoded->net;
	key->family = decoded->family;
	if (decoded->family == FDAR_FAMILY_IPV4)
		key->protocol = decoded->protocol;
}

static struct pending *find(struct fdar_defrag *defrag, const struct fdar_decoded *decoded,
			    uint64_t clock_ns)
{
	struct pending *pending;
	struct key key;

	make_key(decoded, &key);
	pending = g_hash_table_lookup(defrag->table, &key);
	if (pending)
		return pending;
	pending = g_new0(struct pending, 1);
	pending->key = key;
	pending->link.data = pending;
	pending->begin_ns = clock_ns;
	pending->bytes = g_byte_array_new();
	pending->packets = g_ptr_array_new_with_free_func(packet_free);
	pending->charge = sizeof(*pending);
	defrag->memory += pending->charge;
	g_hash_table_insert(defrag->table, &pending->key, pending);
	g_queue_push_tail_link(&defrag->order, &pending->link);
	return pending;
}

static void charge(struct fdar_defrag *defrag, struct pending *pending, size_t bytes)
{
	pending->charge += bytes;
	defrag->memory += bytes;
}

/* Copies the units that are new. The fragment was checked to fit. */
static void add_bytes(struct fdar_defrag *defrag, struct pending *pending,
		      const struct fdar_decoded *decoded)
{
	uint32_t begin = decoded->fragment_offset;
	uint32_t end = begin + decoded->segment_length;

	if (end > pending->bytes->len) {
		charge(defrag, pending, end - pending->bytes->len);
		g_byte_array_set_size(pending->bytes, end);
	}
	for (uint32_t at = begin; at < end; at += 8) {
		uint32_t unit = at / 8;

		if (pending->have[unit / 8] & 1u << unit % 8)
			continue;
		pending->have[unit / 8] |= (uint8_t)(1u << unit % 8);
		pending->covered++;
		memcpy(pending->bytes->data + at, decoded->segment + (at - begin),
		       MIN(8u, end - at));
	}
}

static GPtrArray *packet_alone(const struct fdar_packet *packet)
{
	GPtrArray *packets = g_ptr_array_new_with_free_func(packet_free);
	struct fdar_packet *copy = g_new(struct fdar_packet, 1);

	*copy = *packet;
	copy->bytes = g_memdup2(packet->bytes, packet->captured);
	g_ptr_array_add(packets, copy);
	return packets;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const struct fdar_packet *one = *(struct fdar_packet *const *)a;
	const struct fdar_packet *other = *(struct fdar_packet *const *)b;

	return one->number < other->number ? -1 : one->number > other->number;
}

/* Takes them over. */
static void keep_packets(struct fdar_defrag *defrag, struct pending *pending, GPtrArray *packets)
{
	gboolean several = packets->len > 1;

	for (guint i = 0; i < packets->len; i++)
		charge(defrag, pending,
		       ((const struct fdar_packet *)packets->pdata[i])->captured + FRAGMENT_CHARGE);
	g_ptr_array_extend_and_steal(pending->packets, packets);
	if (several)
		g_ptr_array_sort(pending->packets, by_number);
}

/* Whether a fragment can be part of a datagram: whole in the capture, in units of 8 bytes but for
 * the last, not too long, and of one mind with the others about the datagram's length. */
static gboolean fits(const struct pending *pending, const struct fdar_decoded *decoded)
{
	uint32_t end = decoded->fragment_offset + decoded->segment_length;

	if (decoded->segment_captured < decoded->segment_length || decoded->segment_length == 0 ||
	    decoded->segment_length > DATAGRAM_MAX || end > DATAGRAM_MAX)
		return FALSE;
	if (decoded->fragment_more)
		return decoded->segment_length % 8 == 0 &&
		       (!pending->total || end < pending->total);
	return pending->total ? end == pending->total : pending->bytes->len <= end;
}

static struct fdar_datagram *finish(struct fdar_defrag *defrag, struct pending *pending)
{
	struct fdar_datagram *datagram = g_new0(struct fdar_datagram, 1);
	uint8_t *bytes = g_byte_array_free(g_steal_pointer(&pending->bytes), FALSE);

	datagram->decoded = pending->first;
	datagram->packets = g_steal_pointer(&pending->packets);
	datagram->decoded.nested = pending->nested;
	fdar_decode_segment(bytes, pending->total, pending->total, &datagram->decoded);
	datagram->decoded.deep = datagram->decoded.tunnels > pending->first.tunnels;
	datagram->bytes = bytes;
	forget(defrag, pending);
	return datagram;
}

/* A fragment and the packets that it came in, which are taken over. */
static struct fdar_datagram *take(struct fdar_defrag *defrag, GPtrArray *packets,
				  const struct fdar_decoded *decoded, uint64_t clock_ns)
{
	struct pending *pending = find(defrag, decoded, clock_ns);

	if (!fits(pending, decoded)) {
		defrag->lone += packets->len;
		g_ptr_array_unref(packets);
		if (pending->packets->len == 0)
			forget(defrag, pending);
		return NULL;
	}
	if (decoded->fragment_offset == 0 && !pending->has_first) {
		pending->first = *decoded;
		pending->has_first = TRUE;
	}
	pending->nested |= decoded->nested;
	keep_packets(defrag, pending, packets);
	if (!decoded->fragment_more)
		pending->total = decoded->fragment_offset + decoded->segment_length;
	add_bytes(defrag, pending, decoded);
	if (pending->total && pending->covered == (pending->total + 7) / 8)
		return finish(defrag, pending);
	return NULL;
}

struct fdar_datagram *fdar_defrag_feed(struct fdar_defrag *defrag, const struct fdar_packet *packet,
				       const struct fdar_decoded *decoded, uint64_t clock_ns)
{
	struct fdar_datagram *datagram;

	give_up_old(defrag, clock_ns);
	datagram = take(defrag, packet_alone(packet), decoded, clock_ns);
	for (unsigned i = 0; datagram && datagram->decoded.kind == FDAR_DECODED_FRAGMENT; i++) {
		struct fdar_datagram *outer = datagram;

		if (i == NESTED_MAX) {
			outer->decoded.kind = FDAR_DECODED_MALFORMED;
			break;
		}
		outer->decoded.nested = TRUE;
		datagram =
			take(defrag, g_steal_pointer(&outer->packets), &outer->decoded, clock_ns);
		fdar_datagram_free(outer);
	}
	return datagram;
}

void fdar_defrag_finish(struct fdar_defrag *defrag)
{
	while (defrag->order.head)
		give_up(defrag, defrag->order.head->data);
}

uint64_t fdar_defrag_lone(const struct fdar_defrag *defrag)
{
	return defrag->lone;
}

void fdar_datagram_free(struct fdar_datagram *datagram)
{
	g_free(datagram->bytes);
	g_clear_pointer(&datagram->packets, g_ptr_array_unref);
	g_free(datagram);
}

void fdar_defrag_free(struct fdar_defrag *defrag)
{
	if (!defrag)
		return;
	g_hash_table_unref(defrag->table);
	g_free(defrag);
}
