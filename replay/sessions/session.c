#include "replay/sessions/session.h"

#include "replay/sessions/session_private.h"

size_t fd_sessions_count(const struct fd_sessions *sessions)
{
	return sessions->sessions->len;
}

const struct fd_session *fd_sessions_get(const struct fd_sessions *sessions, size_t index)
{
	g_return_val_if_fail(index < sessions->sessions->len, NULL);
	return &g_array_index(sessions->sessions, struct fd_session, index);
}

const struct fd_piece *fd_sessions_pieces(const struct fd_sessions *sessions,
					  const struct fd_session *session)
{
	return session->pieces ? sessions->pieces + session->first_piece : NULL;
}

const uint8_t *fd_sessions_payload(const struct fd_sessions *sessions, const struct fd_piece *piece)
{
	/* Not NULL even for empty datagrams of a capture without any payload. */
	return sessions->payload ? sessions->payload + piece->offset : (const uint8_t *)"";
}

const char *fd_sessions_damage(const struct fd_sessions *sessions)
{
	return sessions->damage;
}

const struct fd_capture_totals *fd_sessions_totals(const struct fd_sessions *sessions)
{
	return &sessions->totals;
}

uint64_t fd_sessions_duration_ns(const struct fd_sessions *sessions)
{
	return sessions->duration_ns;
}

void fd_sessions_free(struct fd_sessions *sessions)
{
	if (!sessions)
		return;
	g_array_unref(sessions->sessions);
	fd_spool_free(sessions->bytes);
	fd_spool_free(sessions->index);
	g_free(sessions->damage);
	g_free(sessions);
}

void fd_message_walk_init(struct fd_message_walk *walk, const struct fd_sessions *sessions,
			  const struct fd_session *session)
{
	*walk = (struct fd_message_walk){ .pieces = fd_sessions_pieces(sessions, session),
					  .count = session->pieces };
}

static gboolean carries(const struct fd_piece *piece)
{
	return piece->kind == FD_PIECE_DATA || piece->kind == FD_PIECE_GAP;
}

gboolean fd_message_walk_next(struct fd_message_walk *walk, struct fd_message *message)
{
	const struct fd_piece *piece;

	while (walk->at < walk->count && !carries(&walk->pieces[walk->at]))
		walk->at++;
	if (walk->at == walk->count)
		return FALSE;
	piece = &walk->pieces[walk->at];
	*message = (struct fd_message){ .first = walk->at,
					.begin_ns = piece->time_ns,
					.before_bytes = walk->sent[!piece->way],
					.acked_bytes = piece->acked,
					.way = piece->way };
	for (; walk->at < walk->count; walk->at++) {
		piece = &walk->pieces[walk->at];
		if (!carries(piece))
			continue;
		if (piece->way != message->way)
			break;
		message->last = walk->at;
		message->end_ns = piece->time_ns;
		if (piece->kind == FD_PIECE_GAP)
			message->gap_bytes += piece->length;
		else
			message->bytes += piece->length;
		walk->sent[piece->way] += piece->length;
	}
	return TRUE;
}

const char *fd_began_text(enum fd_began began)
{
	static const char *const texts[FD_BEGAN_KINDS] = {
		[FD_BEGAN_HANDSHAKE] = "handshake",    [FD_BEGAN_SYN] = "syn, no answer",
		[FD_BEGAN_SYNACK] = "syn+ack, no syn", [FD_BEGAN_MID_STREAM] = "mid-stream",
		[FD_BEGAN_DATAGRAM] = "datagram",
	};

	return began < FD_BEGAN_KINDS ? texts[began] : "?";
}

const char *fd_ended_text(enum fd_ended ended, enum fd_way by)
{
	static const char *const texts[FD_ENDED_KINDS][2] = {
		[FD_ENDED_OPEN] = { "open", "open" },
		[FD_ENDED_FIN] = { "fin by client", "fin by server" },
		[FD_ENDED_HALF] = { "half-closed by client", "half-closed by server" },
		[FD_ENDED_RST] = { "reset by client", "reset by server" },
		[FD_ENDED_REUSED] = { "ports reused", "ports reused" },
		[FD_ENDED_IDLE] = { "idle", "idle" },
	};

	return ended < FD_ENDED_KINDS ? texts[ended][by == FD_FROM_SERVER] : "?";
}

const char *fd_odd_text(uint32_t bit)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} texts[] = {
		{ FD_ODD_FAST_OPEN, "fast open" },
		{ FD_ODD_RETRANSMITS, "retransmits" },
		{ FD_ODD_REORDERED, "reordered" },
		{ FD_ODD_DIFFERS, "copies differ" },
		{ FD_ODD_GAP_CLIENT, "gap from client" },
		{ FD_ODD_GAP_SERVER, "gap from server" },
		{ FD_ODD_CUT, "cut by snap length" },
		{ FD_ODD_WRAPPED, "sequence wrapped" },
		{ FD_ODD_FRAGMENTS, "fragments" },
		{ FD_ODD_CLOCK_BACK, "clock went back" },
		{ FD_ODD_STRAY_RST, "stray rst" },
		{ FD_ODD_AFTER_END, "data after the end" },
		{ FD_ODD_OUT_OF_WINDOW, "out of window" },
		{ FD_ODD_GUESSED_SIDES, "sides guessed" },
	};

	G_STATIC_ASSERT(G_N_ELEMENTS(texts) == FD_ODD_BITS);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i].bit == bit)
			return texts[i].text;
	return NULL;
}

char *fd_odd_list(uint32_t odd)
{
	GString *list = g_string_new(NULL);

	for (unsigned i = 0; i < FD_ODD_BITS; i++)
		if (odd & 1u << i)
			g_string_append_printf(list, "%s%s", list->len ? ", " : "",
					       fd_odd_text(1u << i));
	return g_string_free(list, FALSE);
}
