#include "replay/rewrite/anew.h"

#include <pcap/pcap.h>
#include <string.h>

#include "replay/rewrite/anew_packet.h"

#define FIN FDAR_ANEW_FIN
#define SYN FDAR_ANEW_SYN
#define RST FDAR_ANEW_RST
#define PSH FDAR_ANEW_PSH
#define ACK FDAR_ANEW_ACK
#define URG FDAR_ANEW_URG

#define ISN(way) ((way) == FDAR_FROM_CLIENT ? 1000u : 2000000u)
/* Nobody's times: of what is redacted, days and hours say who it was. */
#define NO_EPOCH_NS ((uint64_t)1000000000 * 1000000000)

#define DATAGRAM_MAX 65507u /* of payload, in IPv4 */

static const uint8_t nothing[1];

/* Something of a session that is to be written. */
struct event {
	uint64_t time_ns;
	uint32_t session;
	uint32_t piece; /* or one of these */
};

#define HELLO    (UINT32_MAX - 4) /* the handshake's SYN, SYN+ACK and ACK */
#define ANSWER   (UINT32_MAX - 3)
#define OPENED   (UINT32_MAX - 2)
#define FAREWELL (UINT32_MAX - 1)

/* A stretch of a way that got another length: bytes of the stream, in the capture and as written. */
struct step {
	uint64_t from, to;
	uint64_t written_from, written_to;
};

/* The message at hand: all that one side says before the other does. */
struct message {
	uint8_t *bytes; /* after redacting and editing; owned */
	GArray *pieces; /* struct fdar_edit_piece; NULL before the first */
	uint32_t first; /* of the session: the message's first piece */
};

/* How far a session has got. */
struct progress {
	uint64_t captured[2]; /* bytes of each way in the capture, with gaps */
	uint64_t sent[2];     /* bytes of each way as written; a FIN counts one */
	GArray *steps[2];     /* struct step; NULL while both are alike */
	struct fdar_anew_walk walk;
	struct fdar_edit_session *edit;
	const struct fdar_cut *cut;
	struct fdar_frames frames; /* with cut */
	struct message message;
	uint8_t fin[2];    /* its FIN was written */
	uint8_t first_fin; /* enum fdar_way */
};

struct fdar_anew {
	const struct fdar_sessions *sessions;
	const struct fdar_anew_how *how;
	struct progress *progress; /* by session */
	GArray *events;            /* struct event, by time */
	guint next;                /* of these */
	uint64_t epoch_ns;         /* of time 0 on the time line */
	struct fdar_pcap_writer *writer;
	gboolean failed;
};

uint32_t fdar_anew_exchange(struct fdar_anew_walk *walk, const struct fdar_piece *piece)
{
	if (piece->kind == FDAR_PIECE_DATA) {
		if (piece->way == FDAR_FROM_CLIENT && !walk->client_last)
			walk->runs++;
		walk->client_last = piece->way == FDAR_FROM_CLIENT;
	}
	return walk->runs ? walk->runs - 1 : FDAR_ANEW_BEFORE;
}

/* ---- packets ---- */

/* A packet of a session; acked: of the other way's stream. */
static void put_packet(struct fdar_anew *anew, const struct fdar_session *session, unsigned way,
		       uint64_t time_ns, unsigned flags, uint64_t acked, const uint8_t *bytes,
		       uint32_t size)
{
	const struct progress *progress = &anew->progress[session->id];
	struct fdar_endpoint server = session->server;
	struct fdar_anew_packet packet = { .from = way ? &server : &session->client,
					   .to = way ? &session->client : &server,
					   .bytes = bytes,
					   .size = size,
					   .from_client = !way };
	uint32_t all;
	uint8_t *out;

	if (session->transport == FDAR_TCP) {
		packet.flags = (uint8_t)flags;
		packet.seq = ISN(way) + (uint32_t)progress->sent[way] + !(flags & SYN);
		packet.ack = flags & ACK ? ISN(!way) + 1 + (uint32_t)acked : 0;
	}
	all = fdar_anew_packet_bytes(&packet);
	out = fdar_pcap_writer_reserve(anew->writer, anew->epoch_ns + time_ns, all, all);
	if (!out) {
		anew->failed = TRUE;
		return;
	}
	if (anew->how->redact)
		fdar_redact_server(anew->how->redact, &server);
	fdar_anew_packet_put(&packet, out);
}

/* Which packets of the handshake the capture has. */
static gboolean has_part(const struct fdar_session *session, uint32_t part)
{
	switch ((enum fdar_began)session->began) {
	case FDAR_BEGAN_HANDSHAKE:
		return TRUE;
	case FDAR_BEGAN_SYN:
		return part == HELLO;
	case FDAR_BEGAN_SYNACK:
		return part != HELLO;
	case FDAR_BEGAN_HALF_OPEN:
		return part != OPENED;
	default:
		return FALSE;
	}
}

static void put_part(struct fdar_anew *anew, const struct fdar_session *session, uint32_t part,
		     uint64_t time_ns)
{
	unsigned flags = part == HELLO ? SYN : part == ANSWER ? SYN | ACK : ACK;

	put_packet(anew, session, part == ANSWER, time_ns, flags, 0, nothing, 0);
}

/* How many written bytes of a way an acknowledgement of captured ones means. */
static uint64_t written_of(const struct progress *progress, unsigned way, uint64_t captured)
{
	const GArray *steps = progress->steps[way];
	guint low = 0, high = steps ? steps->len : 0;
	const struct step *step;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(steps, struct step, middle).from <= captured)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return captured;
	step = &g_array_index(steps, struct step, low - 1);
	return captured < step->to ? step->written_from : step->written_to + (captured - step->to);
}

/* What is acknowledged with the piece; a FIN counts one when all before it was. */
static uint64_t acked_by(const struct progress *progress, const struct fdar_piece *piece)
{
	unsigned other = !piece->way;
	uint64_t all = progress->sent[other] - progress->fin[other];
	uint64_t acked = written_of(progress, other, piece->acked);

	return MIN(acked, all) +
	       (progress->fin[other] && piece->acked >= progress->captured[other]);
}

/* A piece of that many bytes was written in its place. */
static void count(struct progress *progress, const struct fdar_piece *piece, uint64_t written_from,
		  uint64_t size)
{
	uint64_t from = progress->captured[piece->way];
	struct step step = { from, from + piece->length, written_from, written_from + size };
	GArray **steps = &progress->steps[piece->way];

	progress->captured[piece->way] = step.to;
	if (size == piece->length)
		return;
	if (!*steps)
		*steps = g_array_new(FALSE, FALSE, sizeof(struct step));
	g_array_append_val(*steps, step);
}

/* bytes: size of them, what the piece has become. */
static void put_data(struct fdar_anew *anew, const struct fdar_session *session,
		     const struct fdar_piece *piece, const uint8_t *bytes, size_t size)
{
	struct progress *progress = &anew->progress[session->id];
	size_t most = session->transport == FDAR_UDP ? DATAGRAM_MAX : anew->how->segment;
	uint64_t from = progress->sent[piece->way];
	size_t at = 0;

	do {
		uint32_t part = (uint32_t)MIN(size - at, most);
		gboolean last = at + part == size;

		put_packet(anew, session, piece->way, piece->time_ns,
			   ACK | (last ? PSH : 0) | (last && part && piece->urgent ? URG : 0),
			   acked_by(progress, piece), bytes + at, part);
		progress->sent[piece->way] += part;
		at += part;
	} while (at < size);
	count(progress, piece, from, size);
}

/* The last acknowledgement, by whoever closed first. */
static void put_farewell(struct fdar_anew *anew, const struct fdar_session *session,
			 uint64_t time_ns)
{
	const struct progress *progress = &anew->progress[session->id];
	unsigned way = progress->first_fin;

	/* Of the last FIN, all of which counts. */
	if (session->ended == FDAR_ENDED_FIN && progress->fin[0] && progress->fin[1])
		put_packet(anew, session, way, time_ns, ACK, progress->sent[!way], nothing, 0);
}

/* ---- content ---- */

/* The pieces that the message beginning with this one has. */
static void collect(const struct fdar_anew *anew, const struct fdar_session *session,
		    struct message *message, uint32_t first)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(anew->sessions, session);
	size_t all = 0;

	if (!message->pieces)
		message->pieces = g_array_new(FALSE, FALSE, sizeof(struct fdar_edit_piece));
	g_array_set_size(message->pieces, 0);
	message->first = first;
	for (uint64_t i = first; i < session->pieces && pieces[i].way == pieces[first].way &&
				 pieces[i].kind == FDAR_PIECE_DATA;
	     i++) {
		struct fdar_edit_piece one = { .bytes = nothing, .size = pieces[i].length };

		all += one.size;
		if (i > first && (session->transport == FDAR_UDP || all > FDAR_EDIT_MESSAGE_MAX))
			break;
		if (one.size)
			one.bytes = fdar_sessions_payload(anew->sessions, &pieces[i]);
		one.to = all;
		g_array_append_val(message->pieces, one);
	}
}

/* A message is edited and redacted as a whole, with the piece that begins it: words go over the borders of pieces. */
static void make_message(struct fdar_anew *anew, const struct fdar_session *session,
			 const struct fdar_piece *piece, uint32_t index)
{
	struct progress *progress = &anew->progress[session->id];
	struct message *message = &progress->message;
	struct fdar_edit_piece *pieces;
	size_t count, size = 0;

	collect(anew, session, message, index);
	pieces = (struct fdar_edit_piece *)(void *)message->pieces->data;
	count = message->pieces->len;
	g_free(message->bytes);
	if (progress->edit && piece->way == FDAR_FROM_CLIENT) {
		int64_t now_s = (int64_t)((anew->epoch_ns + piece->time_ns) / 1000000000);
		const uint8_t *bytes =
			fdar_edit_message(progress->edit, pieces, count, now_s, &size);

		message->bytes = g_memdup2(bytes, size);
	} else if (progress->cut && piece->way == FDAR_FROM_CLIENT) {
		message->bytes =
			fdar_cut_message(progress->cut, &progress->frames,
					 progress->captured[piece->way], pieces, count, &size);
	} else {
		size = pieces[count - 1].to;
		message->bytes = g_malloc(size);
		for (size_t i = 0; i < count; i++)
			memcpy(message->bytes + pieces[i].to - pieces[i].size, pieces[i].bytes,
			       pieces[i].size);
	}
	if (anew->how->redact && size)
		fdar_redact_bytes(anew->how->redact, message->bytes, size);
}

/* What a DATA piece has become. */
static const uint8_t *content(struct fdar_anew *anew, const struct fdar_session *session,
			      const struct fdar_piece *piece, uint32_t index, size_t *size)
{
	struct progress *progress = &anew->progress[session->id];
	struct message *message = &progress->message;
	const struct fdar_edit_piece *pieces;
	size_t from;

	*size = piece->length;
	if (progress->edit && piece->way == FDAR_FROM_SERVER && *size) {
		const uint8_t *bytes = fdar_sessions_payload(anew->sessions, piece);

		/* What this run's server says is what the captured one said. */
		fdar_edit_heard(progress->edit, bytes, *size);
		fdar_edit_captured(progress->edit, bytes, *size);
	}
	if (!anew->how->redact && !progress->edit && !progress->cut)
		return *size ? fdar_sessions_payload(anew->sessions, piece) : nothing;
	if (!message->pieces || index < message->first ||
	    index >= message->first + message->pieces->len)
		make_message(anew, session, piece, index);
	pieces = (const struct fdar_edit_piece *)(const void *)message->pieces->data;
	index -= message->first;
	from = index ? pieces[index - 1].to : 0;
	*size = pieces[index].to - from;
	return *size ? message->bytes + from : nothing;
}

static gboolean is_kept(const struct fdar_anew *anew, const struct fdar_session *session,
			const struct fdar_piece *piece)
{
	uint32_t exchange = fdar_anew_exchange(&anew->progress[session->id].walk, piece);

	return !anew->how->keep || exchange == FDAR_ANEW_BEFORE ||
	       anew->how->keep[session->id][exchange];
}

static void put_piece(struct fdar_anew *anew, const struct fdar_session *session, uint32_t index)
{
	const struct fdar_piece *piece = &fdar_sessions_pieces(anew->sessions, session)[index];
	struct progress *progress = &anew->progress[session->id];
	gboolean kept = is_kept(anew, session, piece);
	const uint8_t *bytes;
	size_t size;

	switch ((enum fdar_piece_kind)piece->kind) {
	case FDAR_PIECE_DATA:
		if (!kept) {
			count(progress, piece, progress->sent[piece->way], 0);
			break;
		}
		bytes = content(anew, session, piece, index, &size);
		put_data(anew, session, piece, bytes, size);
		break;
	case FDAR_PIECE_GAP:
		progress->captured[piece->way] += piece->length;
		progress->sent[piece->way] += piece->length;
		break;
	case FDAR_PIECE_FIN:
		put_packet(anew, session, piece->way, piece->time_ns, FIN | ACK,
			   acked_by(progress, piece), nothing, 0);
		if (!progress->fin[!piece->way])
			progress->first_fin = piece->way;
		if (!progress->fin[piece->way])
			progress->sent[piece->way]++;
		progress->fin[piece->way] = TRUE;
		break;
	case FDAR_PIECE_RST:
		put_packet(anew, session, piece->way, piece->time_ns, RST | ACK,
			   acked_by(progress, piece), nothing, 0);
	case FDAR_PIECE_TLS:
		break;
	}
}

/* ---- all of it ---- */

/* The handshake comes first, the farewell last. */
static uint64_t rank(const struct event *event)
{
	return event->piece >= HELLO && event->piece <= OPENED ? event->piece - HELLO
							       : (uint64_t)event->piece + 3;
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

/* The handshake at its times, but before the first piece: data that came sooner (TCP Fast Open, a lost
 * packet) has no other place here. */
static void list_handshake(struct fdar_anew *anew, const struct fdar_session *session)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(anew->sessions, session);
	uint64_t until_ns = session->pieces ? pieces[0].time_ns : session->end_ns;
	uint64_t answer_ns = MIN(session->start_ns + (uint64_t)1000 * session->synack_us, until_ns);
	uint64_t opened_ns = session->start_ns + (uint64_t)1000 * session->ack_us;
	const struct event parts[] = {
		{ session->start_ns, session->id, HELLO },
		{ answer_ns, session->id, ANSWER },
		{ MIN(MAX(opened_ns, answer_ns), until_ns), session->id, OPENED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (has_part(session, parts[i].piece))
			g_array_append_val(anew->events, parts[i]);
	}
}

static void list_events(struct fdar_anew *anew, const struct fdar_session *session)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(anew->sessions, session);
	struct event event;

	if (session->odd & FDAR_ODD_VIEW)
		return; /* what it is a view of is there */
	if (session->transport == FDAR_TCP)
		list_handshake(anew, session);
	for (uint32_t k = 0; k < session->pieces; k++) {
		event = (struct event){ pieces[k].time_ns, session->id, k };
		g_array_append_val(anew->events, event);
	}
	event = (struct event){ session->end_ns, session->id, FAREWELL };
	if (session->transport == FDAR_TCP)
		g_array_append_val(anew->events, event);
}

struct fdar_anew *fdar_anew_new(const struct fdar_sessions *sessions,
				const struct fdar_anew_how *how)
{
	struct fdar_anew *anew = g_new0(struct fdar_anew, 1);
	size_t count = fdar_sessions_count(sessions);

	anew->sessions = sessions;
	anew->how = how;
	anew->progress = g_new0(struct progress, count);
	anew->events = g_array_new(FALSE, FALSE, sizeof(struct event));
	for (size_t i = 0; i < count; i++) {
		if (how->keep && !how->keep[i])
			continue;
		list_events(anew, fdar_sessions_get(sessions, i));
		if (how->cuts)
			anew->progress[i].cut = how->cuts[i];
		if (how->edit)
			anew->progress[i].edit = fdar_edit_begin(how->edit, &how->who[i]);
	}
	g_array_sort(anew->events, by_time);
	return anew;
}

gboolean fdar_anew_put(struct fdar_anew *anew, struct fdar_pcap_writer *writer, uint64_t epoch_ns,
		       uint64_t until_ns)
{
	anew->writer = writer;
	anew->epoch_ns = epoch_ns;
	for (; anew->next < anew->events->len && !anew->failed; anew->next++) {
		const struct event *event = &g_array_index(anew->events, struct event, anew->next);
		const struct fdar_session *session =
			fdar_sessions_get(anew->sessions, event->session);

		if (event->time_ns > until_ns)
			break;
		if (event->piece == FAREWELL)
			put_farewell(anew, session, event->time_ns);
		else if (event->piece >= HELLO)
			put_part(anew, session, event->piece, event->time_ns);
		else
			put_piece(anew, session, event->piece);
	}
	return !anew->failed;
}

void fdar_anew_free(struct fdar_anew *anew)
{
	if (!anew)
		return;
	for (size_t i = 0; i < fdar_sessions_count(anew->sessions); i++) {
		struct progress *progress = &anew->progress[i];

		for (unsigned way = 0; way < 2; way++)
			g_clear_pointer(&progress->steps[way], g_array_unref);
		g_clear_pointer(&progress->message.pieces, g_array_unref);
		g_free(progress->message.bytes);
		fdar_edit_end(progress->edit);
	}
	g_array_unref(anew->events);
	g_free(anew->progress);
	g_free(anew);
}

gboolean fdar_anew_write(const struct fdar_sessions *sessions, const struct fdar_anew_how *how,
			 const char *path, GError **error)
{
	const struct fdar_session *first = fdar_sessions_get(sessions, 0);
	struct fdar_anew *anew;
	struct fdar_pcap_writer *writer = fdar_pcap_writer_new(path, DLT_EN10MB, TRUE, error);
	gboolean fine;

	if (!writer)
		return FALSE;
	anew = fdar_anew_new(sessions, how);
	/* May be below 0, which the times of the time line make good for. */
	fdar_anew_put(anew, writer, (how->redact ? NO_EPOCH_NS : first->epoch_ns) - first->start_ns,
		      UINT64_MAX);
	fine = fdar_pcap_writer_finish(writer, error);
	fdar_anew_free(anew);
	fdar_pcap_writer_free(writer);
	return fine;
}
