#include "replay/rewrite/original.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/sessions/assembler.h"
#include "replay/capture/decode.h"
#include "replay/capture/spool.h"
#include "replay/sessions/sides.h"

struct builder {
	struct fdar_original *original;
	uint64_t turned; /* packets up to here may have been shaped with the wrong sides */
};

static guint endpoint_hash(gconstpointer data)
{
	const struct fdar_endpoint *endpoint = data;
	guint hash = endpoint->family;

	for (size_t i = 0; i < sizeof(endpoint->addr); i++)
		hash = (hash ^ endpoint->addr[i]) * 16777619u;
	return hash;
}

static gboolean endpoint_equal(gconstpointer a, gconstpointer b)
{
	return fdar_endpoint_equal(a, b);
}

/* NULL and LOOP are decoded alike, and the reader says LOOP for both. */
static int link_of(int link)
{
	return link == DLT_NULL ? DLT_LOOP : link;
}

static void opened(void *user, const struct fdar_session *session, void **data)
{
	struct builder *builder = user;
	struct fdar_original_session slot = { .client = session->client,
					      .server = session->server,
					      .first_ns = session->start_ns };

	(void)data;
	if (session->id == 0) {
		builder->original->epoch_ns = session->epoch_ns;
		builder->original->first_ns = session->start_ns;
	}
	g_array_append_val(builder->original->sessions, slot);
}

static void packet(void *user, const struct fdar_session *session, void *data, enum fdar_way way,
		   const struct fdar_packet *captured, const struct fdar_decoded *decoded,
		   uint64_t time_ns)
{
	static const uint8_t padding[8];
	struct builder *builder = user;
	struct fdar_original *original = builder->original;
	struct fdar_original_session *slot =
		&g_array_index(original->sessions, struct fdar_original_session, session->id);
	int link = captured->link ? captured->link : original->link;
	struct fdar_shape shape;

	(void)data;
	if (!fdar_endpoint_equal(&slot->client, &session->client)) {
		slot->client = session->client;
		slot->server = session->server;
		slot->turned_at = builder->turned = original->packets;
	}
	/* Its headers lie across packets, in more than one way. */
	if (decoded->nested) {
		original->nested++;
		slot->session = *session;
		return;
	}
	if (!fdar_shape_make(link, captured, decoded, way, &shape))
		slot->fixed = TRUE;
	/* A SYN that waited until it was known for a session: records are in order of time. */
	time_ns = MAX(time_ns, original->first_ns + original->duration_ns);
	slot->last_ns = time_ns;
	original->duration_ns = time_ns - original->first_ns;
	shape.time_ns = time_ns;
	shape.session = session->id;
	fdar_spool_append(original->spool, &shape, sizeof(shape));
	fdar_spool_append(original->spool, captured->bytes, captured->captured);
	fdar_spool_append(original->spool, padding, (8 - captured->captured % 8) % 8);
	original->packets++;
	/* Interfaces of several link types: copies are of Ethernet. */
	if (captured->link && link_of(captured->link) != link_of(original->link))
		original->mixed = TRUE;
	slot->session = *session;
}

static void closed(void *user, const struct fdar_session *session, void *data)
{
	struct builder *builder = user;

	(void)data;
	g_array_index(builder->original->sessions, struct fdar_original_session, session->id)
		.session = *session;
}

static struct fdar_session *session_at(void *user, size_t index)
{
	struct builder *builder = user;

	return &g_array_index(builder->original->sessions, struct fdar_original_session, index)
			.session;
}

/* All its packets were shaped with the wrong sides, but those that a SYN corrected. */
static void turned(void *user, size_t index)
{
	struct builder *builder = user;
	struct fdar_original *original = builder->original;
	struct fdar_original_session *slot =
		&g_array_index(original->sessions, struct fdar_original_session, index);

	slot->client = slot->session.client;
	slot->server = slot->session.server;
	slot->turned_at = builder->turned = original->packets;
}

/* Corrects the packets that came before it was known who the client is. */
static void turn_early(struct builder *builder, uint8_t *records)
{
	struct fdar_original *original = builder->original;
	struct fdar_shape *shape = (struct fdar_shape *)(void *)records;

	for (uint64_t i = 0; i < builder->turned; i++) {
		const struct fdar_original_session *slot =
			&g_array_index(original->sessions, struct fdar_original_session,
				       shape->session);

		if (i < slot->turned_at)
			fdar_shape_turn(shape, fdar_original_frame(shape), slot->client.port,
					slot->server.port);
		shape = (struct fdar_shape *)fdar_original_next(shape);
	}
}

/* Numbers the clients, and notes the servers. */
static void number_hosts(struct fdar_original *original)
{
	g_autoptr(GHashTable) hosts =
		g_hash_table_new_full(endpoint_hash, endpoint_equal, g_free, NULL);

	for (guint i = 0; i < original->sessions->len; i++) {
		struct fdar_original_session *slot =
			&g_array_index(original->sessions, struct fdar_original_session, i);
		uint32_t *count = &original->hosts[slot->client.family == FDAR_FAMILY_IPV6];
		struct fdar_endpoint client = slot->client, server = slot->server;
		gpointer number;

		client.port = server.port = 0;
		if (!g_hash_table_contains(original->servers, &server))
			g_hash_table_add(original->servers, g_memdup2(&server, sizeof(server)));
		if (!g_hash_table_lookup_extended(hosts, &client, NULL, &number)) {
			number = GUINT_TO_POINTER((*count)++);
			g_hash_table_insert(hosts, g_memdup2(&client, sizeof(client)), number);
		}
		slot->host = GPOINTER_TO_UINT(number);
	}
}

static gboolean load(struct builder *builder, struct fdar_capture *capture,
		     const struct fdar_load_options *options, GError **error)
{
	const struct fdar_assembler_ops ops = { .opened = opened,
						.packet = packet,
						.closed = closed };
	struct fdar_assembler_options how = { .max_gap_ns = options->max_gap_ns,
					      .udp_idle_ns = options->udp_idle_ns };
	struct fdar_sides_input sides = {
		.at = session_at, .turn = turned, .user = builder, .ports = options->server_ports
	};
	struct fdar_original *original = builder->original;
	struct fdar_assembler *assembler;
	uint8_t *records = NULL;
	gboolean fine;

	original->link = fdar_capture_link(capture);
	assembler = fdar_assembler_new(original->link, &how, &ops, builder);
	fine = fdar_assembler_read(assembler, capture, options->progress, options->user, error);
	original->totals = *fdar_assembler_totals(assembler);
	original->damage = g_strdup(fdar_capture_damage(capture));
	fdar_assembler_free(assembler);
	if (!fine || !fdar_spool_map_writable(original->spool, fdar_spool_size(original->spool),
					      &records, error))
		return FALSE;
	sides.count = original->sessions->len;
	original->totals.views = fdar_sides_settle(&sides);
	if (original->mixed)
		original->link = DLT_EN10MB;
	turn_early(builder, records);
	fdar_spool_seal(original->spool);
	original->records = records;
	number_hosts(original);
	return TRUE;
}

struct fdar_original *fdar_original_load(const char *path, const struct fdar_load_options *options,
					 GError **error)
{
	g_autoptr(fdar_capture) capture =
		fdar_capture_open_with(path, options ? &options->capture : NULL, error);
	struct fdar_original *original;
	struct builder builder = { 0 };

	if (!capture)
		return NULL;
	original = builder.original = g_new0(struct fdar_original, 1);
	original->sessions = g_array_new(FALSE, FALSE, sizeof(struct fdar_original_session));
	original->servers = g_hash_table_new_full(endpoint_hash, endpoint_equal, g_free, NULL);
	original->spool = fdar_spool_new(error);
	if (!original->spool || !load(&builder, capture, options, error)) {
		fdar_original_free(original);
		return NULL;
	}
	return original;
}

void fdar_original_keep_packets(struct fdar_original *original)
{
	g_clear_pointer(&original->sessions, g_array_unref);
	g_clear_pointer(&original->servers, g_hash_table_unref);
}

void fdar_original_free(struct fdar_original *original)
{
	if (!original)
		return;
	fdar_original_keep_packets(original);
	fdar_spool_free(original->spool);
	g_free(original->damage);
	g_free(original);
}

/* The ports of one client while they are assigned. */
struct host_ports {
	uint32_t fresh; /* the next that nobody had */
	GQueue free;    /* numbers that were given back, oldest first */
};

static gint by_end(gconstpointer a, gconstpointer b, gpointer user)
{
	const GArray *sessions = user;
	const struct fdar_original_session *left =
		&g_array_index(sessions, struct fdar_original_session, *(const uint32_t *)a);
	const struct fdar_original_session *right =
		&g_array_index(sessions, struct fdar_original_session, *(const uint32_t *)b);

	return (left->last_ns > right->last_ns) - (left->last_ns < right->last_ns);
}

static uint32_t *sort_by_end(const struct fdar_original *original)
{
	guint count = original->sessions->len;
	uint32_t *order = g_new(uint32_t, count);

	for (guint i = 0; i < count; i++)
		order[i] = i;
	g_qsort_with_data(order, (gint)count, sizeof(*order), by_end, original->sessions);
	return order;
}

static struct host_ports *ports_of(struct host_ports *const ports[2],
				   const struct fdar_original_session *slot)
{
	return &ports[slot->client.family == FDAR_FAMILY_IPV6][slot->host];
}

static gboolean assign(struct fdar_original *original, struct host_ports *const ports[2],
		       const uint32_t *by_ending, uint32_t limit, GError **error)
{
	guint ended = 0;

	original->ports = 0;
	for (guint i = 0; i < original->sessions->len; i++) {
		struct fdar_original_session *slot =
			&g_array_index(original->sessions, struct fdar_original_session, i);
		struct host_ports *host = ports_of(ports, slot);

		for (; ended < original->sessions->len; ended++) {
			const struct fdar_original_session *past =
				&g_array_index(original->sessions, struct fdar_original_session,
					       by_ending[ended]);

			if (past->last_ns >= slot->first_ns)
				break;
			g_queue_push_tail(&ports_of(ports, past)->free,
					  GUINT_TO_POINTER(past->port));
		}
		if (host->fresh >= limit && g_queue_is_empty(&host->free)) {
			char text[FDAR_ENDPOINT_TEXT_MAX];

			g_set_error(error, FDAR_CAPTURE_ERROR, FDAR_CAPTURE_ERROR_LIMIT,
				    "client %s has more than %u sessions at once, and its copies "
				    "have no more ports: a larger range of sources is needed",
				    fdar_endpoint_host(&slot->client, text), limit);
			return FALSE;
		}
		slot->port = host->fresh < limit ? host->fresh++
						 : GPOINTER_TO_UINT(g_queue_pop_head(&host->free));
		original->ports = MAX(original->ports, slot->port + 1);
	}
	return TRUE;
}

gboolean fdar_original_assign_ports(struct fdar_original *original, uint32_t limit, GError **error)
{
	struct host_ports *ports[2];
	uint32_t *by_ending = sort_by_end(original);
	gboolean fine;

	for (unsigned f = 0; f < 2; f++)
		ports[f] = g_new0(struct host_ports, MAX(original->hosts[f], 1));
	fine = assign(original, ports, by_ending, MIN(limit, FDAR_ORIGINAL_PORTS), error);
	for (unsigned f = 0; f < 2; f++) {
		for (uint32_t i = 0; i < original->hosts[f]; i++)
			g_queue_clear(&ports[f][i].free);
		g_free(ports[f]);
	}
	g_free(by_ending);
	return fine;
}
