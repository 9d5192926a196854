#include "replay/live/live.h"

#include <string.h>

#include "replay/live/mirror.h"

/* Played pieces are taken away when there are this many of them. */
#define TRIM_PIECES 256

static void live_free(struct fdar_live *live)
{
	g_array_free(live->pieces, TRUE);
	g_byte_array_free(live->bytes, TRUE);
	g_ptr_array_free(live->plays, TRUE);
	g_free(live);
}

/* A play is over: the driver's hook. */
static void play_over(const struct fdar_script *script, struct fdar_play *play)
{
	struct fdar_live *live = (struct fdar_live *)(void *)script;

	g_ptr_array_remove_fast(live->plays, play);
	if (live->closed && !live->plays->len)
		live_free(live);
}

/* The arrays may have moved. */
static void show(struct fdar_live *live)
{
	live->script.pieces = (const struct fdar_piece *)(const void *)live->pieces->data;
	live->script.count = live->pieces->len;
	live->script.bytes = live->bytes->data;
	live->script.bytes_from = live->offset - live->bytes->len;
}

struct fdar_live *fdar_live_new(struct fdar_driver *driver, const struct fdar_session *session)
{
	struct fdar_live *live = g_new0(struct fdar_live, 1);

	live->driver = driver;
	live->session = *session;
	live->script.session = &live->session;
	live->script.over = play_over;
	live->pieces = g_array_new(FALSE, FALSE, sizeof(struct fdar_piece));
	live->bytes = g_byte_array_new();
	live->plays = g_ptr_array_new();
	return live;
}

/* The session's facts, with times that count from where it was begun. */
static void learn(struct fdar_live *live, const struct fdar_session *session)
{
	live->session = *session;
	live->session.start_ns = 0;
	live->session.end_ns = 0;
	live->script.complete |=
		session->ended == FDAR_ENDED_FIN || session->ended == FDAR_ENDED_RST;
}

void fdar_live_begin(struct fdar_live *live, const struct fdar_session *session, uint32_t clones,
		     uint64_t first_client)
{
	struct fdar_start start = { .script = &live->script };

	learn(live, session);
	live->begun = TRUE;
	live->origin_ns = fdar_driver_elapsed_ns(live->driver);
	start.due_ns = live->origin_ns;
	for (uint32_t c = 0; c < clones; c++) {
		struct fdar_play *play;

		start.clone = c;
		start.client = first_client + c;
		play = fdar_driver_begin(live->driver, &start);
		if (play)
			g_ptr_array_add(live->plays, play);
	}
	live->gone = live->plays->len == 0;
}

/* Takes away what all plays have passed. */
static void trim(struct fdar_live *live)
{
	uint64_t passed = live->pieces->len;
	uint64_t bytes = 0;

	for (guint i = 0; i < live->plays->len; i++)
		passed = MIN(passed, fdar_play_at(g_ptr_array_index(live->plays, i)));
	if (passed < TRIM_PIECES)
		return;
	for (uint64_t i = 0; i < passed; i++) {
		const struct fdar_piece *piece = &g_array_index(live->pieces, struct fdar_piece, i);

		if (piece->way == FDAR_FROM_CLIENT && piece->kind == FDAR_PIECE_DATA)
			bytes += piece->length;
	}
	g_array_remove_range(live->pieces, 0, (guint)passed);
	g_byte_array_remove_range(live->bytes, 0, (guint)bytes);
	for (guint i = 0; i < live->plays->len; i++)
		fdar_play_rebase(g_ptr_array_index(live->plays, i), passed);
}

/* The plays go on; backwards, since one that is over is replaced by the last. */
static void poke_all(struct fdar_live *live)
{
	for (guint i = live->plays->len; i-- > 0;)
		fdar_driver_poke(live->driver, g_ptr_array_index(live->plays, i));
}

static void give_up(struct fdar_live *live)
{
	while (live->plays->len)
		fdar_driver_abandon(live->driver,
				    g_ptr_array_index(live->plays, live->plays->len - 1),
				    FDAR_RESULT_STOPPED,
				    "fell too far behind the mirrored session");
}

static void append(struct fdar_live *live, const struct fdar_arrival *arrival)
{
	uint64_t now = fdar_driver_elapsed_ns(live->driver);
	struct fdar_piece piece = arrival->piece;

	piece.time_ns = now - MIN(now, live->origin_ns);
	if (piece.way == FDAR_FROM_CLIENT && piece.kind == FDAR_PIECE_DATA) {
		piece.offset = live->offset;
		live->offset += piece.length;
		g_byte_array_append(live->bytes, arrival->bytes, piece.length);
	}
	g_array_append_val(live->pieces, piece);
}

gboolean fdar_live_arrived(struct fdar_live *live, const struct fdar_session *session,
			   const struct fdar_arrival *arrival)
{
	gboolean data = arrival->piece.kind == FDAR_PIECE_DATA;

	if (!live->begun) {
		live->answered |= data && arrival->piece.way == FDAR_FROM_SERVER;
		return data && arrival->piece.way == FDAR_FROM_CLIENT && live->answered;
	}
	if (live->gone)
		return FALSE;
	learn(live, session);
	append(live, arrival);
	trim(live);
	show(live);
	if (live->bytes->len > FDAR_MIRROR_BEHIND_BYTES)
		give_up(live);
	else
		poke_all(live);
	live->gone = live->plays->len == 0;
	return FALSE;
}

void fdar_live_closed(struct fdar_live *live, const struct fdar_session *session)
{
	learn(live, session);
	live->script.complete = TRUE;
	poke_all(live);
	live->closed = TRUE;
	if (!live->plays->len)
		live_free(live);
}
