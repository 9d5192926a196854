#include "replay/sessions/sides.h"

#include <string.h>

#define PEERS_MAX 4u
/* A server's answer from a port of its own comes within this time; views of one connection start
 * together. */
#define JUST_NS ((uint64_t)5000000000)
#define VIEW_NS ((uint64_t)2000000000)

/* Services above 1023 that are met in captures, in order. */
static const uint16_t services[] = {
	1080,  1194,  1433,  1434,  1521,  1701,  1723,  1812,  1813,  1883,  1900,  1935,
	2049,  2123,  2152,  2181,  2375,  2376,  2379,  2380,  3000,  3128,  3268,  3269,
	3306,  3389,  3478,  3544,  3690,  4369,  4500,  4789,  5000,  5001,  5004,  5060,
	5061,  5222,  5269,  5353,  5355,  5432,  5555,  5601,  5671,  5672,  5683,  5684,
	5900,  5901,  5984,  5985,  5986,  6000,  6081,  6379,  6443,  6514,  6667,  6881,
	7000,  7001,  7077,  8000,  8008,  8009,  8080,  8081,  8086,  8088,  8125,  8139,
	8161,  8333,  8443,  8500,  8529,  8883,  8888,  9000,  9042,  9090,  9092,  9093,
	9100,  9200,  9300,  9418,  10000, 10050, 10051, 11211, 15672, 16379, 19132, 25565,
	26379, 27015, 27017, 27018, 28017, 33060, 44818, 47808, 50000, 50051, 50070, 51820,
};

/* What is known of an end of a session that is in doubt. */
struct end {
	gboolean serves;            /* it has answered a SYN */
	uint64_t peers[PEERS_MAX];  /* hashes of different ones */
	unsigned peer_count;        /* of these */
	struct fdar_endpoint wrote; /* UDP: whom it wrote to as a client, and when */
	uint64_t wrote_ns;
};

struct table {
	GHashTable *ends; /* key -> end */
	const struct fdar_sides_input *input;
};

/* An end, or a pair of first numbers. */
struct key {
	struct fdar_endpoint endpoint;
	uint32_t transport;
};

static guint key_hash(gconstpointer data)
{
	const uint8_t *bytes = data;
	guint hash = 0;

	for (size_t i = 0; i < sizeof(struct key); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct key)) == 0;
}

static gboolean is_service(uint16_t port)
{
	if (port < 1024)
		return TRUE;
	for (size_t i = 0; i < G_N_ELEMENTS(services); i++)
		if (services[i] == port)
			return TRUE;
	return FALSE;
}

static gboolean is_named(const struct fdar_sides_input *input, uint16_t port)
{
	for (const uint16_t *named = input->ports; named && *named; named++)
		if (*named == port)
			return TRUE;
	return FALSE;
}

/* Who opened it is the server as it stands: the sides follow the ports. */
static gboolean answered_first(const struct fdar_session *session)
{
	return session->first_way == FDAR_FROM_SERVER;
}

/* Whether more than the session itself has to be asked. */
static gboolean is_doubtful(const struct fdar_session *session)
{
	if (session->transport == FDAR_TCP)
		return (session->odd & FDAR_ODD_GUESSED_SIDES) != 0;
	return answered_first(session) || !is_service(session->server.port) ||
	       is_service(session->client.port);
}

static struct end *end_of(const struct table *table, const struct fdar_session *session,
			  const struct fdar_endpoint *endpoint, gboolean make)
{
	struct key key = { .endpoint = *endpoint, .transport = session->transport };
	struct end *end = g_hash_table_lookup(table->ends, &key);

	if (!end && make) {
		end = g_new0(struct end, 1);
		g_hash_table_insert(table->ends, g_memdup2(&key, sizeof(key)), end);
	}
	return end;
}

static void add_peer(struct end *end, const struct fdar_endpoint *peer)
{
	struct key key = { .endpoint = *peer };
	uint64_t hash = (uint64_t)key_hash(&key) << 16 | peer->port;

	for (unsigned i = 0; i < end->peer_count; i++)
		if (end->peers[i] == hash)
			return;
	if (end->peer_count < PEERS_MAX)
		end->peers[end->peer_count++] = hash;
}

/* What a session tells about its ends, where these are in the table. */
static void learn(const struct table *table, const struct fdar_session *session)
{
	struct end *client = end_of(table, session, &session->client, FALSE);
	struct end *server = end_of(table, session, &session->server, FALSE);

	if (client)
		add_peer(client, &session->server);
	if (server)
		add_peer(server, &session->client);
	if (server && session->transport == FDAR_TCP && !(session->odd & FDAR_ODD_GUESSED_SIDES))
		server->serves = TRUE;
}

/* 1: the first speaks for it, -1: the second, 0: neither. */
static int weigh(gboolean first, gboolean second)
{
	return (first != 0) - (second != 0);
}

/* Had whom was sent to just written to another port of the sender's host? */
static gboolean was_asked(const struct end *receiver, const struct fdar_endpoint *sender,
			  uint64_t now_ns)
{
	return receiver->wrote.family && receiver->wrote.port != sender->port &&
	       memcmp(receiver->wrote.addr, sender->addr, sizeof(sender->addr)) == 0 &&
	       now_ns - receiver->wrote_ns <= JUST_NS;
}

/* Positive: the sides are right as they are, negative: they have to be turned. *certain says
 * whether that is more than a guess. */
static int judge(const struct table *table, const struct fdar_session *session, gboolean *certain)
{
	const struct end *client = end_of(table, session, &session->client, FALSE);
	const struct end *server = end_of(table, session, &session->server, FALSE);
	gboolean udp = session->transport == FDAR_UDP;
	gboolean turned = udp && answered_first(session);
	int verdict = weigh(server->serves, client->serves);

	*certain = TRUE;
	if (!verdict)
		verdict = weigh(is_named(table->input, session->server.port),
				is_named(table->input, session->client.port));
	if (verdict)
		return verdict;
	*certain = FALSE;
	if (udp && was_asked(turned ? client : server, turned ? &session->server : &session->client,
			     session->start_ns))
		return turned ? 1 : -1;
	if (server->peer_count != client->peer_count)
		return server->peer_count > client->peer_count ? 1 : -1;
	verdict = weigh(is_service(session->server.port), is_service(session->client.port));
	if (verdict)
		return verdict;
	if (udp)
		return turned ? -1 : 1;
	return session->server.port <= session->client.port ? 1 : -1;
}

static void swap_bits(uint32_t *odd, uint32_t a, uint32_t b)
{
	uint32_t both = *odd & (a | b);

	*odd &= ~(a | b);
	*odd |= (both & a ? b : 0) | (both & b ? a : 0);
}

static void turn(struct fdar_session *session)
{
	struct fdar_endpoint client = session->client;
	struct fdar_way_totals totals = session->way[0];
	uint32_t number = session->numbers[0];

	session->client = session->server;
	session->server = client;
	session->way[0] = session->way[1];
	session->way[1] = totals;
	session->first_way = !session->first_way;
	session->ended_by = !session->ended_by;
	swap_bits(&session->odd, FDAR_ODD_GAP_CLIENT, FDAR_ODD_GAP_SERVER);
	if (session->transport == FDAR_TCP) {
		session->numbers[0] = session->numbers[1];
		session->numbers[1] = number;
	}
}

static void note_writing(const struct table *table, const struct fdar_session *session)
{
	struct end *client = end_of(table, session, &session->client, FALSE);

	if (session->transport != FDAR_UDP || !client)
		return;
	client->wrote = session->server;
	client->wrote_ns = session->start_ns;
}

static void settle_one(const struct table *table, struct fdar_session *session, size_t index)
{
	gboolean certain, kept;
	int verdict;

	if (!is_doubtful(session)) {
		note_writing(table, session);
		return;
	}
	verdict = judge(table, session, &certain);
	if (verdict < 0) {
		turn(session);
		table->input->turn(table->input->user, index);
	}
	/* A service's port that was written to first leaves no doubt. */
	kept = session->transport == FDAR_UDP && !answered_first(session) &&
	       is_service(session->server.port);
	session->odd &= ~(uint32_t)FDAR_ODD_GUESSED_SIDES;
	if (!certain && !kept)
		session->odd |= FDAR_ODD_GUESSED_SIDES;
	note_writing(table, session);
}

static void settle_sides(const struct fdar_sides_input *input)
{
	struct table table = { .input = input };
	gboolean any = FALSE;

	table.ends = g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
	for (size_t i = 0; i < input->count; i++) {
		const struct fdar_session *session = input->at(input->user, i);

		if (!is_doubtful(session))
			continue;
		any = TRUE;
		end_of(&table, session, &session->client, TRUE);
		end_of(&table, session, &session->server, TRUE);
	}
	for (size_t i = 0; any && i < input->count; i++)
		learn(&table, input->at(input->user, i));
	for (size_t i = 0; any && i < input->count; i++)
		settle_one(&table, input->at(input->user, i), i);
	g_hash_table_unref(table.ends);
}

/* Connections with the same first numbers both ways are one: on its way an address was translated, or
 * both were. Of UDP the first datagram and the client must be the same. */
static gboolean view_key(const struct fdar_session *session, struct key *key)
{
	memset(key, 0, sizeof(*key));
	if (!session->numbers[0] || !session->numbers[1])
		return FALSE;
	key->transport = session->transport;
	if (session->transport == FDAR_UDP)
		key->endpoint = session->client;
	for (unsigned i = 0; i < 2; i++)
		for (unsigned b = 0; b < 4; b++)
			key->endpoint.addr[8 + 4 * i + b] ^=
				(uint8_t)(session->numbers[i] >> (8 * b));
	return TRUE;
}

static gboolean says_as_much(const struct fdar_session *first, const struct fdar_session *other)
{
	return first->way[0].bytes == other->way[0].bytes &&
	       first->way[1].bytes == other->way[1].bytes;
}

static gboolean is_view(const struct fdar_session *first, const struct fdar_session *other)
{
	gboolean clients = fdar_endpoint_equal(&first->client, &other->client);
	gboolean servers = fdar_endpoint_equal(&first->server, &other->server);

	if (other->start_ns - first->start_ns > VIEW_NS || (clients && servers) ||
	    memcmp(first->numbers, other->numbers, sizeof(first->numbers)) != 0)
		return FALSE;
	/* Generators number all connections alike: where only the server is the same, it has to have
	 * come through a router in between; where no end is (both were translated, as on the ports
	 * of a cluster's nodes), as much has to have been said, too. */
	return clients || (first->hops != other->hops && (servers || says_as_much(first, other)));
}

static uint32_t find_views(const struct fdar_sides_input *input)
{
	uint32_t views = 0;
	g_autoptr(GHashTable) known = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);

	for (size_t i = 0; i < input->count; i++) {
		struct fdar_session *session = input->at(input->user, i);
		const struct fdar_session *first;
		struct key key;

		if (!view_key(session, &key))
			continue;
		first = g_hash_table_lookup(known, &key);
		if (first && is_view(first, session)) {
			session->odd |= FDAR_ODD_VIEW;
			session->view_of = first->id;
			views++;
		} else {
			g_hash_table_insert(known, g_memdup2(&key, sizeof(key)), session);
		}
	}
	return views;
}

uint32_t fdar_sides_settle(const struct fdar_sides_input *input)
{
	settle_sides(input);
	return find_views(input);
}
