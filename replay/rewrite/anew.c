#include "replay/rewrite/anew.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/capture/pcap_file.h"

#define FIN 0x01u
#define SYN 0x02u
#define RST 0x04u
#define PSH 0x08u
#define ACK 0x10u
#define URG 0x20u

#define ISN(way) ((way) == FDAR_FROM_CLIENT ? 1000u : 2000000u)
/* Nobody's times: of what is redacted, days and hours say who it was. */
#define NO_EPOCH_NS ((uint64_t)1000000000 * 1000000000)

/* Something of a session that is to be written; step is its place at that time. */
struct event {
	uint64_t time_ns;
	uint32_t session;
	uint32_t piece; /* or one of these */
};

#define HANDSHAKE (UINT32_MAX - 2)
#define FAREWELL  (UINT32_MAX - 1)

/* How far a session has got. */
struct progress {
	uint64_t sent[2];
	uint8_t fin[2];    /* its FIN was written, which counts one */
	uint8_t first_fin; /* enum fdar_way */
};

struct writing {
	const struct fdar_sessions *sessions;
	struct fdar_redact *redact;
	struct fdar_pcap_writer *writer;
	struct progress *progress;
	uint64_t epoch_ns; /* of time 0 on the time line */
};

static void put16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, value >> 16);
	put16(bytes + 2, value);
}

/* Ethernet and IP; gives where the segment goes. */
static uint8_t *put_headers(uint8_t *out, const struct fdar_endpoint *from,
			    const struct fdar_endpoint *to, gboolean client, uint8_t protocol,
			    uint32_t segment)
{
	gboolean v6 = from->family == FDAR_FAMILY_IPV6;
	uint8_t *ip = out + FDAR_PCAP_ETHER_BYTES;

	fdar_pcap_put_ether(out, client, v6);
	memset(ip, 0, v6 ? 40 : 20);
	if (v6) {
		ip[0] = 0x60;
		put16(ip + 4, segment);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, from->addr, 16);
		memcpy(ip + 24, to->addr, 16);
		return ip + 40;
	}
	ip[0] = 0x45;
	put16(ip + 2, 20 + segment);
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, from->addr, 4);
	memcpy(ip + 16, to->addr, 4);
	return ip + 20;
}

/* A packet of a session; acked: of the other way's stream. */
static void put_packet(struct writing *writing, const struct fdar_session *session, unsigned way,
		       uint64_t time_ns, unsigned flags, uint64_t acked, const uint8_t *bytes,
		       uint32_t size)
{
	const struct progress *progress = &writing->progress[session->id];
	struct fdar_endpoint server = session->server;
	const struct fdar_endpoint *from = way ? &server : &session->client;
	const struct fdar_endpoint *to = way ? &session->client : &server;
	gboolean udp = session->transport == FDAR_UDP;
	uint32_t header = udp ? 8 : 20;
	uint32_t all = FDAR_PCAP_ETHER_BYTES + (from->family == FDAR_FAMILY_IPV6 ? 40 : 20) +
		       header + size;
	uint8_t *out =
		fdar_pcap_writer_reserve(writing->writer, writing->epoch_ns + time_ns, all, all);

	if (!out)
		return; /* comes out of fdar_pcap_writer_finish */
	if (writing->redact)
		fdar_redact_server(writing->redact, &server);
	out = put_headers(out, from, to, !way, udp ? FDAR_UDP : FDAR_TCP, header + size);
	memset(out, 0, header);
	put16(out, from->port);
	put16(out + 2, to->port);
	if (udp) {
		put16(out + 4, header + size);
		put16(out + 6, 0xffff); /* there is one, which amplify makes */
	} else {
		uint32_t seq = ISN(way) + (uint32_t)progress->sent[way];

		put32(out + 4, flags & SYN ? seq : seq + 1);
		if (flags & ACK)
			put32(out + 8, ISN(!way) + 1 + (uint32_t)acked);
		out[12] = 0x50;
		out[13] = (uint8_t)flags;
		put16(out + 14, 65535);
		if (flags & URG)
			put16(out + 18, size);
	}
	memcpy(out + header, bytes, size);
}

static void put_handshake(struct writing *writing, const struct fdar_session *session,
			  uint64_t time_ns)
{
	const uint8_t *nothing = (const uint8_t *)"";
	gboolean syn = session->began == FDAR_BEGAN_HANDSHAKE || session->began == FDAR_BEGAN_SYN ||
		       session->began == FDAR_BEGAN_HALF_OPEN;
	gboolean answer = session->began == FDAR_BEGAN_HANDSHAKE ||
			  session->began == FDAR_BEGAN_SYNACK ||
			  session->began == FDAR_BEGAN_HALF_OPEN;

	if (syn)
		put_packet(writing, session, 0, time_ns, SYN, 0, nothing, 0);
	if (answer)
		put_packet(writing, session, 1, time_ns, SYN | ACK, 0, nothing, 0);
	if (answer && session->began != FDAR_BEGAN_HALF_OPEN)
		put_packet(writing, session, 0, time_ns, ACK, 0, nothing, 0);
}

/* What is acknowledged with the piece; a FIN counts one when all before it was. */
static uint64_t acked_by(const struct progress *progress, const struct fdar_piece *piece)
{
	unsigned other = !piece->way;
	uint64_t all = progress->sent[other] - progress->fin[other];

	return MIN(piece->acked, all) + (progress->fin[other] && piece->acked >= all);
}

static void put_data(struct writing *writing, const struct fdar_session *session,
		     const struct fdar_piece *piece, const uint8_t *bytes)
{
	struct progress *progress = &writing->progress[session->id];
	uint32_t most = session->transport == FDAR_UDP ? UINT16_MAX : FDAR_ANEW_SEGMENT;

	for (uint32_t at = 0; at < piece->length || (at == 0 && !piece->length); at += most) {
		uint32_t size = MIN(piece->length - at, most);
		gboolean last = at + size == piece->length;

		put_packet(writing, session, piece->way, piece->time_ns,
			   ACK | (last ? PSH : 0) | (last && piece->urgent ? URG : 0),
			   acked_by(progress, piece), bytes + at, size);
		progress->sent[piece->way] += size;
		if (!piece->length)
			break;
	}
}

static void put_piece(struct writing *writing, const struct fdar_session *session,
		      const struct fdar_piece *piece, const uint8_t *bytes)
{
	struct progress *progress = &writing->progress[session->id];
	const uint8_t *nothing = (const uint8_t *)"";

	switch ((enum fdar_piece_kind)piece->kind) {
	case FDAR_PIECE_DATA:
		put_data(writing, session, piece, bytes);
		break;
	case FDAR_PIECE_GAP:
		progress->sent[piece->way] += piece->length;
		break;
	case FDAR_PIECE_FIN:
		put_packet(writing, session, piece->way, piece->time_ns, FIN | ACK,
			   acked_by(progress, piece), nothing, 0);
		if (!progress->fin[!piece->way])
			progress->first_fin = piece->way;
		if (!progress->fin[piece->way])
			progress->sent[piece->way]++;
		progress->fin[piece->way] = TRUE;
		break;
	case FDAR_PIECE_RST:
		put_packet(writing, session, piece->way, piece->time_ns, RST | ACK,
			   acked_by(progress, piece), nothing, 0);
		break;
	}
}

/* The last acknowledgement, by whoever closed first. */
static void put_farewell(struct writing *writing, const struct fdar_session *session,
			 uint64_t time_ns)
{
	const struct progress *progress = &writing->progress[session->id];
	unsigned way = progress->first_fin;

	/* Of the last FIN, all of which counts. */
	if (session->ended == FDAR_ENDED_FIN && progress->fin[0] && progress->fin[1])
		put_packet(writing, session, way, time_ns, ACK, progress->sent[!way],
			   (const uint8_t *)"", 0);
}

/* A message is redacted as a whole, with the piece that begins it: words go over the borders of pieces. */
static void redact_message(struct writing *writing, const struct fdar_session *session,
			   uint32_t first, GByteArray *message)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(writing->sessions, session);

	g_byte_array_set_size(message, 0);
	for (uint64_t i = first; i < session->pieces && pieces[i].way == pieces[first].way &&
				 pieces[i].kind == FDAR_PIECE_DATA;
	     i++) {
		if (i > first && session->transport == FDAR_UDP)
			break;
		g_byte_array_append(message, fdar_sessions_payload(writing->sessions, &pieces[i]),
				    pieces[i].length);
	}
	fdar_redact_bytes(writing->redact, message->data, message->len);
}

/* ---- all of it ---- */

/* The handshake comes first, the farewell last. */
static uint64_t rank(const struct event *event)
{
	return event->piece == HANDSHAKE ? 0 : (uint64_t)event->piece + 1;
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	return rank(x) < rank(y) ? -1 : rank(x) > rank(y);
}

static GArray *list_events(const struct fdar_sessions *sessions)
{
	GArray *events = g_array_new(FALSE, FALSE, sizeof(struct event));

	for (uint32_t i = 0; i < fdar_sessions_count(sessions); i++) {
		const struct fdar_session *session = fdar_sessions_get(sessions, i);
		const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
		struct event event = { session->start_ns, i, HANDSHAKE };

		if (session->transport == FDAR_TCP)
			g_array_append_val(events, event);
		for (uint32_t k = 0; k < session->pieces; k++) {
			event = (struct event){ pieces[k].time_ns, i, k };
			g_array_append_val(events, event);
		}
		event = (struct event){ session->end_ns, i, FAREWELL };
		if (session->transport == FDAR_TCP)
			g_array_append_val(events, event);
	}
	g_array_sort(events, by_time);
	return events;
}

/* A session's redacted message is made when its first piece is met, and waits for its other pieces, whatever
 * other sessions say in between. */
static void write_session_events(struct writing *writing, const GArray *events)
{
	g_autoptr(GByteArray) message = g_byte_array_new();
	g_autofree uint8_t **texts = g_new0(uint8_t *, fdar_sessions_count(writing->sessions));
	g_autofree uint32_t *used = g_new0(uint32_t, fdar_sessions_count(writing->sessions));
	g_autofree uint32_t *left = g_new0(uint32_t, fdar_sessions_count(writing->sessions));

	for (guint i = 0; i < events->len; i++) {
		const struct event *event = &g_array_index(events, struct event, i);
		const struct fdar_session *session =
			fdar_sessions_get(writing->sessions, event->session);
		const struct fdar_piece *piece;
		const uint8_t *bytes = (const uint8_t *)"";
		uint32_t id = event->session;

		if (event->piece >= HANDSHAKE) {
			(event->piece == HANDSHAKE ? put_handshake : put_farewell)(writing, session,
										   event->time_ns);
			continue;
		}
		piece = &fdar_sessions_pieces(writing->sessions, session)[event->piece];
		if (piece->kind == FDAR_PIECE_DATA && piece->length && writing->redact) {
			if (!left[id]) {
				redact_message(writing, session, event->piece, message);
				g_free(texts[id]);
				texts[id] = g_memdup2(message->data, message->len);
				left[id] = message->len;
				used[id] = 0;
			}
			bytes = texts[id] + used[id];
			used[id] += piece->length;
			left[id] -= MIN(left[id], piece->length);
		} else if (piece->kind == FDAR_PIECE_DATA && piece->length) {
			bytes = fdar_sessions_payload(writing->sessions, piece);
		}
		put_piece(writing, session, piece, bytes);
	}
	for (size_t i = 0; i < fdar_sessions_count(writing->sessions); i++)
		g_free(texts[i]);
}

gboolean fdar_anew_write(const struct fdar_sessions *sessions, struct fdar_redact *redact,
			 const char *path, GError **error)
{
	const struct fdar_session *first = fdar_sessions_get(sessions, 0);
	struct writing writing = { .sessions = sessions, .redact = redact };
	g_autoptr(GArray) events = list_events(sessions);
	g_autofree struct progress *progress =
		g_new0(struct progress, fdar_sessions_count(sessions));
	gboolean fine;

	writing.progress = progress;
	/* May be below 0, which the times of the time line make good for. */
	writing.epoch_ns = (redact ? NO_EPOCH_NS : first->epoch_ns) - first->start_ns;
	writing.writer = fdar_pcap_writer_new(path, DLT_EN10MB, TRUE, error);
	if (!writing.writer)
		return FALSE;
	write_session_events(&writing, events);
	fine = fdar_pcap_writer_finish(writing.writer, error);
	fdar_pcap_writer_free(writing.writer);
	return fine;
}
