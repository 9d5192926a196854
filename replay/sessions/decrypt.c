#include "replay/sessions/decrypt.h"

#include <gio/gio.h>
#include <string.h>

#include "replay/tls/tls.h"
#include "replay/tls/upgrade.h"

/* So many bytes of each way are looked at for the hellos alone. */
#define HELLO_BYTES ((uint64_t)64 * 1024)
#define ASK_BYTES   ((uint64_t)1 << 20)

/* Where a captured piece ended, and how much content there was by then. */
struct mark {
	uint64_t cipher, plain;
};

/* A session on its way to plaintext. */
struct decrypter {
	struct fdar_sessions *sessions;
	fdar_progress_fn progress;
	void *user;
	uint64_t done,
		asked; /* bytes of all sessions that were looked at, and when we asked last */
	gboolean stopped;
	const struct fdar_piece *from; /* the piece at hand */
	GArray *pieces;                /* struct fdar_piece, the new ones */
	GArray *marks[2];
	uint64_t cipher[2], plain[2];
	gboolean ended[2]; /* a way has its FIN */
	guint begun;       /* pieces before this one are of earlier captured ones */
	guint first;       /* pieces before this one are not of TLS */
	uint64_t before;   /* bytes of the client that are not */
};

static void add_piece(struct decrypter *decrypter, unsigned way, uint8_t kind, uint64_t offset,
		      uint32_t length)
{
	struct fdar_piece piece = { .time_ns = decrypter->from->time_ns,
				    .offset = offset,
				    .acked = decrypter->from->acked,
				    .length = length,
				    .kind = kind,
				    .way = (uint8_t)way,
				    .push = kind == FDAR_PIECE_DATA };

	g_array_append_val(decrypter->pieces, piece);
	decrypter->plain[way] += length;
}

/* Content of records that end in the same captured piece is one piece. */
static void on_data(void *user, unsigned way, const uint8_t *bytes, size_t size)
{
	struct decrypter *decrypter = user;
	GArray *pieces = decrypter->pieces;
	uint64_t offset = fdar_spool_append(decrypter->sessions->plain, bytes, size);
	struct fdar_piece *last =
		pieces->len > decrypter->begun
			? &g_array_index(pieces, struct fdar_piece, pieces->len - 1)
			: NULL;

	if (last && last->kind == FDAR_PIECE_DATA && last->length + size <= UINT32_MAX) {
		last->length += (uint32_t)size;
		decrypter->plain[way] += size;
		return;
	}
	add_piece(decrypter, way, FDAR_PIECE_DATA, offset + FDAR_PLAIN_BASE, (uint32_t)size);
}

static void on_missing(void *user, unsigned way, size_t size)
{
	add_piece(user, way, FDAR_PIECE_GAP, 0, (uint32_t)MIN(size, UINT32_MAX));
}

/* Who says in TLS that it is done waits for the other side to close, as behind a FIN. */
static void on_ended(void *user, unsigned way)
{
	struct decrypter *decrypter = user;

	if (!decrypter->ended[way])
		add_piece(decrypter, way, FDAR_PIECE_FIN, 0, 0);
	decrypter->ended[way] = TRUE;
}

/* Early data that nobody heard: its pieces go. */
static void on_refused(void *user)
{
	struct decrypter *decrypter = user;
	guint kept = decrypter->first;

	for (guint i = kept; i < decrypter->pieces->len; i++) {
		struct fdar_piece *piece = &g_array_index(decrypter->pieces, struct fdar_piece, i);

		if (piece->way == FDAR_FROM_CLIENT)
			continue;
		piece->acked = MIN(piece->acked, decrypter->before);
		g_array_index(decrypter->pieces, struct fdar_piece, kept++) = *piece;
	}
	g_array_set_size(decrypter->pieces, kept);
	decrypter->begun = kept;
	decrypter->plain[0] = decrypter->before;
	for (guint i = 0; i < decrypter->marks[0]->len; i++) {
		struct mark *mark = &g_array_index(decrypter->marks[0], struct mark, i);

		mark->plain = MIN(mark->plain, decrypter->before);
	}
}

/* How much content the sender of a piece had read, by what it had acknowledged of the records. */
static uint64_t read_by(const GArray *marks, uint64_t acked)
{
	guint low = 0, high = marks->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (g_array_index(marks, struct mark, middle).cipher <= acked)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? g_array_index(marks, struct mark, low - 1).plain : 0;
}

/* FALSE when the user said stop. */
static gboolean go_on(struct decrypter *decrypter)
{
	decrypter->asked = decrypter->done;
	if (decrypter->progress && !decrypter->stopped)
		decrypter->stopped =
			!decrypter->progress(decrypter->done,
					     fdar_spool_size(decrypter->sessions->bytes),
					     decrypter->user);
	return !decrypter->stopped;
}

static void feed(struct decrypter *decrypter, struct fdar_tls *tls, const struct fdar_piece *piece)
{
	unsigned way = piece->way;
	struct fdar_piece own = *piece;
	struct mark mark;

	own.acked = read_by(decrypter->marks[!way], piece->acked);
	decrypter->from = &own;
	decrypter->begun = decrypter->pieces->len;
	decrypter->cipher[way] += piece->length;
	decrypter->done += piece->length;
	if (decrypter->done - decrypter->asked > ASK_BYTES && !go_on(decrypter))
		return;
	switch ((enum fdar_piece_kind)piece->kind) {
	case FDAR_PIECE_DATA:
		fdar_tls_feed(tls, way, fdar_sessions_payload(decrypter->sessions, piece),
			      piece->length);
		break;
	case FDAR_PIECE_GAP:
		fdar_tls_gap(tls, way, piece->length);
		break;
	case FDAR_PIECE_FIN:
		on_ended(decrypter, way);
		return;
	default:
		g_array_append_val(decrypter->pieces, own);
		return;
	}
	mark = (struct mark){ decrypter->cipher[way], decrypter->plain[way] };
	g_array_append_val(decrypter->marks[way], mark);
}

/* Without secrets the hellos are all that can be read. */
static gboolean is_enough(const struct decrypter *decrypter, const struct fdar_tls_info *info)
{
	if (info->has_keys)
		return FALSE;
	return info->suite || decrypter->cipher[0] > HELLO_BYTES ||
	       decrypter->cipher[1] > HELLO_BYTES;
}

static void count(struct fdar_session *session, const GArray *pieces)
{
	struct fdar_way_totals *way = session->way;
	int last = -1;

	for (unsigned i = 0; i < 2; i++)
		way[i].bytes = way[i].gap_bytes = way[i].messages = way[i].pieces = 0;
	session->odd &= ~(uint32_t)(FDAR_ODD_GAP_CLIENT | FDAR_ODD_GAP_SERVER);
	for (guint i = 0; i < pieces->len; i++) {
		const struct fdar_piece *piece = &g_array_index(pieces, struct fdar_piece, i);

		if (piece->kind == FDAR_PIECE_GAP) {
			way[piece->way].gap_bytes += piece->length;
			session->odd |= piece->way ? FDAR_ODD_GAP_SERVER : FDAR_ODD_GAP_CLIENT;
		}
		if (piece->kind != FDAR_PIECE_DATA)
			continue;
		way[piece->way].bytes += piece->length;
		way[piece->way].pieces++;
		way[piece->way].messages += piece->way != last;
		last = piece->way;
	}
}

/* The plaintext takes the session's place. */
static void replace(struct decrypter *decrypter, struct fdar_session *session)
{
	GArray *pieces = decrypter->pieces;

	session->first_piece = FDAR_PLAIN_BASE + fdar_spool_size(decrypter->sessions->plain_index) /
							 sizeof(struct fdar_piece);
	fdar_spool_append(decrypter->sessions->plain_index, pieces->data,
			  pieces->len * sizeof(struct fdar_piece));
	session->pieces = pieces->len;
	count(session, pieces);
}

static void note(struct fdar_sessions *sessions, struct fdar_session *session,
		 const struct fdar_tls_info *info, gboolean decrypted, gboolean later)
{
	struct fdar_session_tls tls = { .name = g_strdup(info->name),
					.alpn = g_strdup(info->alpn),
					.version = info->version,
					.suite = info->suite,
					.alpn_offered = info->alpn_offered != FALSE,
					.resumes = info->resumes != FALSE,
					.has_keys = info->has_keys != FALSE,
					.decrypted = decrypted != FALSE,
					.later = later != FALSE };

	g_array_append_val(sessions->tls, tls);
	session->tls = sessions->tls->len;
}

/* What came before TLS stays what it is. */
static void keep(struct decrypter *decrypter, const struct fdar_piece *piece)
{
	struct mark mark;

	decrypter->cipher[piece->way] += piece->length;
	decrypter->plain[piece->way] += piece->length;
	mark = (struct mark){ decrypter->cipher[piece->way], decrypter->plain[piece->way] };
	g_array_append_val(decrypter->marks[piece->way], mark);
	g_array_append_val(decrypter->pieces, *piece);
}

/* From here on it is TLS: said when the client's hello was. */
static void turn(struct decrypter *decrypter, const struct fdar_piece *hello)
{
	struct fdar_piece own = *hello;

	own.acked = read_by(decrypter->marks[!hello->way], hello->acked);
	decrypter->from = &own;
	add_piece(decrypter, hello->way, FDAR_PIECE_TLS, 0, 0);
}

/* What of a piece is before its byte at, or from it on. */
static struct fdar_piece part_of(struct fdar_piece piece, uint32_t at, gboolean before)
{
	piece.offset += before ? 0 : at;
	piece.length = before ? at : piece.length - at;
	return piece;
}

/* begin: the piece with which TLS does, behind so many bytes in plain. */
static void decrypt_one(struct decrypter *decrypter, struct fdar_tls_keys *keys,
			struct fdar_session *session, uint64_t begin, uint32_t at)
{
	static const struct fdar_tls_ops ops = { on_data, on_missing, on_ended, on_refused };
	const struct fdar_piece *pieces = fdar_sessions_pieces(decrypter->sessions, session);
	struct fdar_tls *tls = fdar_tls_new(keys, &ops, decrypter);
	const struct fdar_tls_info *info = fdar_tls_info(tls);
	struct fdar_piece part;
	gboolean later;

	g_array_set_size(decrypter->pieces, 0);
	for (unsigned way = 0; way < 2; way++) {
		g_array_set_size(decrypter->marks[way], 0);
		decrypter->cipher[way] = decrypter->plain[way] = 0;
		decrypter->ended[way] = FALSE;
	}
	for (uint64_t i = 0; i < begin; i++)
		keep(decrypter, &pieces[i]);
	part = part_of(pieces[begin], at, TRUE);
	if (at)
		keep(decrypter, &part);
	later = decrypter->plain[0] + decrypter->plain[1] > 0;
	if (later)
		turn(decrypter, &pieces[begin]);
	decrypter->first = decrypter->pieces->len;
	decrypter->before = decrypter->plain[0];
	part = part_of(pieces[begin], at, FALSE);
	feed(decrypter, tls, &part);
	for (uint64_t i = begin + 1;
	     i < session->pieces && !is_enough(decrypter, info) && !decrypter->stopped; i++)
		feed(decrypter, tls, &pieces[i]);
	if (info->is_tls)
		note(decrypter->sessions, session, info, info->opened > 0, later);
	if (info->opened > 0)
		replace(decrypter, session);
	fdar_tls_free(tls);
}

/* The piece with which TLS begins: the session's first, or the client's hello behind a little in plain, *at bytes of
 * which may be in the same piece. As many as there are pieces: none. */
static uint64_t find_tls(const struct fdar_sessions *sessions, const struct fdar_session *session,
			 uint32_t *at)
{
	const struct fdar_piece *pieces = fdar_sessions_pieces(sessions, session);
	uint64_t plain = 0;

	*at = 0;
	if (session->transport != FDAR_TCP)
		return session->pieces;
	for (uint64_t i = 0; i < session->pieces && plain <= FDAR_TLS_PLAIN_MAX; i++) {
		const uint8_t *bytes;

		if (pieces[i].kind != FDAR_PIECE_DATA)
			continue;
		bytes = fdar_sessions_payload(sessions, &pieces[i]);
		if (pieces[i].way == FDAR_FROM_CLIENT) {
			if (!plain && fdar_tls_begins(bytes, pieces[i].length))
				return 0;
			*at = (uint32_t)fdar_tls_upgrade_at(bytes, pieces[i].length);
			if (*at < pieces[i].length)
				return i;
		}
		plain += pieces[i].length;
	}
	return session->pieces;
}

gboolean fdar_sessions_decrypt(struct fdar_sessions *sessions, struct fdar_tls_keys *keys,
			       fdar_progress_fn progress, void *user, GError **error)
{
	struct decrypter decrypter = { .sessions = sessions, .progress = progress, .user = user };
	const uint8_t *index;

	sessions->plain = fdar_spool_new(error);
	sessions->plain_index = sessions->plain ? fdar_spool_new(error) : NULL;
	if (!sessions->plain_index)
		return FALSE;
	decrypter.pieces = g_array_new(FALSE, FALSE, sizeof(struct fdar_piece));
	for (unsigned way = 0; way < 2; way++)
		decrypter.marks[way] = g_array_new(FALSE, FALSE, sizeof(struct mark));
	for (guint i = 0; i < sessions->sessions->len && go_on(&decrypter); i++) {
		struct fdar_session *session =
			&g_array_index(sessions->sessions, struct fdar_session, i);

		uint32_t at;
		uint64_t begin = find_tls(sessions, session, &at);

		if (begin < session->pieces)
			decrypt_one(&decrypter, keys, session, begin, at);
	}
	g_array_unref(decrypter.pieces);
	g_array_unref(decrypter.marks[0]);
	g_array_unref(decrypter.marks[1]);
	if (decrypter.stopped) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "decrypting was stopped");
		return FALSE;
	}
	if (!fdar_spool_map(sessions->plain, &sessions->plain_payload, error) ||
	    !fdar_spool_map(sessions->plain_index, &index, error))
		return FALSE;
	sessions->plain_pieces = (const void *)index;
	return TRUE;
}
