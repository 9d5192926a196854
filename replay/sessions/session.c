#include "replay/sessions/session.h"

#include "replay/sessions/session_private.h"
#include "replay/tls/hello.h"

size_t fdar_sessions_count(const struct fdar_sessions *sessions)
{
	return sessions->count;
}

const struct fdar_session *fdar_sessions_get(const struct fdar_sessions *sessions, size_t index)
{
	g_return_val_if_fail(index < sessions->count, NULL);
	return &sessions->listed[index];
}

const struct fdar_piece *fdar_sessions_pieces(const struct fdar_sessions *sessions,
					      const struct fdar_session *session)
{
	if (!session->pieces)
		return NULL;
	return session->first_piece >= FDAR_PLAIN_BASE
		       ? sessions->plain_pieces + (session->first_piece - FDAR_PLAIN_BASE)
		       : sessions->pieces + session->first_piece;
}

const struct fdar_hold *fdar_sessions_holds(const struct fdar_sessions *sessions,
					    const struct fdar_session *session)
{
	return session->holds ? sessions->held + session->first_hold : NULL;
}

const uint8_t *fdar_sessions_payload(const struct fdar_sessions *sessions,
				     const struct fdar_piece *piece)
{
	if (piece->offset >= FDAR_PLAIN_BASE)
		return sessions->plain_payload + (piece->offset - FDAR_PLAIN_BASE);
	/* Not NULL even for empty datagrams of a capture without any payload. */
	return sessions->payload ? sessions->payload + piece->offset : (const uint8_t *)"";
}

const struct fdar_session_tls *fdar_sessions_tls(const struct fdar_sessions *sessions,
						 const struct fdar_session *session)
{
	return session->tls
		       ? &g_array_index(sessions->tls, struct fdar_session_tls, session->tls - 1)
		       : NULL;
}

gboolean fdar_sessions_have_decrypted(const struct fdar_sessions *sessions)
{
	for (guint i = 0; i < sessions->tls->len; i++)
		if (g_array_index(sessions->tls, struct fdar_session_tls, i).decrypted)
			return TRUE;
	return FALSE;
}

char *fdar_session_tls_text(const struct fdar_session_tls *tls)
{
	return g_strdup_printf("%s%s%s%s%s%s", fdar_tls_version_text(tls->version),
			       tls->name[0] ? ", " : "", tls->name, tls->alpn[0] ? ", " : "",
			       tls->alpn[0] && tls->alpn_offered ? "offers " : "", tls->alpn);
}

const char *fdar_sessions_damage(const struct fdar_sessions *sessions)
{
	return sessions->damage;
}

const struct fdar_capture_totals *fdar_sessions_totals(const struct fdar_sessions *sessions)
{
	return &sessions->totals;
}

void fdar_capture_left_out(const struct fdar_capture_totals *totals,
			   struct fdar_left_out left[FDAR_LEFT_OUT_KINDS])
{
	left[0] = (struct fdar_left_out){ "not_ip", "not IP", totals->not_ip };
	left[1] = (struct fdar_left_out){ "other_protocol", "of other protocols",
					  totals->other_protocol };
	left[2] = (struct fdar_left_out){ "malformed", "malformed", totals->malformed };
	left[3] = (struct fdar_left_out){ "lone_fragments", "fragments without the rest",
					  totals->lone_fragments };
	left[4] = (struct fdar_left_out){ "unread", "of link types that are not read",
					  totals->unread };
}

uint64_t fdar_sessions_duration_ns(const struct fdar_sessions *sessions)
{
	return sessions->duration_ns;
}

void fdar_sessions_free(struct fdar_sessions *sessions)
{
	if (!sessions)
		return;
	g_clear_pointer(&sessions->sessions, g_array_unref);
	fdar_spool_free(sessions->list);
	fdar_spool_free(sessions->bytes);
	fdar_spool_free(sessions->index);
	fdar_spool_free(sessions->holds);
	fdar_spool_free(sessions->plain);
	fdar_spool_free(sessions->plain_index);
	if (sessions->tls)
		g_array_unref(sessions->tls);
	g_free(sessions->damage);
	g_free(sessions);
}

const char *fdar_began_text(enum fdar_began began)
{
	static const char *const texts[FDAR_BEGAN_KINDS] = {
		[FDAR_BEGAN_HANDSHAKE] = "handshake",    [FDAR_BEGAN_SYN] = "syn, no answer",
		[FDAR_BEGAN_SYNACK] = "syn+ack, no syn", [FDAR_BEGAN_MID_STREAM] = "mid-stream",
		[FDAR_BEGAN_DATAGRAM] = "datagram",      [FDAR_BEGAN_HALF_OPEN] = "half-open",
	};

	return began < FDAR_BEGAN_KINDS ? texts[began] : "?";
}

const char *fdar_ended_text(enum fdar_ended ended, enum fdar_way by)
{
	static const char *const texts[FDAR_ENDED_KINDS][2] = {
		[FDAR_ENDED_OPEN] = { "open", "open" },
		[FDAR_ENDED_FIN] = { "fin by client", "fin by server" },
		[FDAR_ENDED_HALF] = { "half-closed by client", "half-closed by server" },
		[FDAR_ENDED_RST] = { "reset by client", "reset by server" },
		[FDAR_ENDED_REUSED] = { "ports reused", "ports reused" },
		[FDAR_ENDED_IDLE] = { "idle", "idle" },
	};

	return ended < FDAR_ENDED_KINDS ? texts[ended][by == FDAR_FROM_SERVER] : "?";
}

const char *fdar_odd_text(uint32_t bit)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} texts[] = {
		{ FDAR_ODD_FAST_OPEN, "fast open" },
		{ FDAR_ODD_RETRANSMITS, "retransmits" },
		{ FDAR_ODD_REORDERED, "reordered" },
		{ FDAR_ODD_DIFFERS, "copies differ" },
		{ FDAR_ODD_GAP_CLIENT, "gap from client" },
		{ FDAR_ODD_GAP_SERVER, "gap from server" },
		{ FDAR_ODD_CUT, "cut by snap length" },
		{ FDAR_ODD_WRAPPED, "sequence wrapped" },
		{ FDAR_ODD_FRAGMENTS, "fragments" },
		{ FDAR_ODD_CLOCK_BACK, "clock went back" },
		{ FDAR_ODD_STRAY_RST, "stray rst" },
		{ FDAR_ODD_AFTER_END, "data after the end" },
		{ FDAR_ODD_OUT_OF_WINDOW, "out of window" },
		{ FDAR_ODD_GUESSED_SIDES, "sides guessed" },
		{ FDAR_ODD_NOT_ACKED, "not acknowledged" },
		{ FDAR_ODD_STRAY_FIN, "stray fin" },
		{ FDAR_ODD_DOUBLES, "doubles" },
		{ FDAR_ODD_URGENT, "urgent data" },
		{ FDAR_ODD_VIEW, "another view" },
		{ FDAR_ODD_STRAY_SYN, "stray syn" },
	};

	G_STATIC_ASSERT(G_N_ELEMENTS(texts) == FDAR_ODD_BITS);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (texts[i].bit == bit)
			return texts[i].text;
	return NULL;
}

char *fdar_odd_list(uint32_t odd)
{
	GString *list = g_string_new(NULL);

	for (unsigned i = 0; i < FDAR_ODD_BITS; i++)
		if (odd & 1u << i)
			g_string_append_printf(list, "%s%s", list->len ? ", " : "",
					       fdar_odd_text(1u << i));
	return g_string_free(list, FALSE);
}
