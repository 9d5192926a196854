#include "replay/live/live.h"

#include <string.h>

#include "replay/live/mirror.h"

/* Played pieces are taken away when there are this many of them. */
#define TRIM_PIECES 256

static void live_free(struct fd_live *live)
{
	g_array_free(live->pieces, TRUE);
	g_byte_array_free(live->bytes, TRUE);
	g_ptr_array_free(live->plays, TRUE);
	g_free(live);
}

/* A play is over: the driver's hook. */
static void play_over(const struct fd_script *script, struct fd_play *play)
{
	struct fd_live *live = (struct fd_live *)(void *)script;

	g_ptr_array_remove_fast(live->plays, play);
	if (live->closed && !live->plays->len)
		live_free(live);
}

/* The arrays may have moved. */
static void show(struct fd_live *live)
{
	live->script.pieces = (const struct fd_piece *)(const void *)live->pieces->data;
	live->script.count = live->pieces->len;
	live->script.bytes = live->bytes->data;
	live->script.bytes_from = live->offset - live->bytes->len;
}

struct fd_live *fd_live_new(struct fd_driver *driver, const struct fd_session *session)
{
	struct fd_live *live = g_new0(struct fd_live, 1);

	live->driver = driver;
	live->session = *session;
	live->script.session = &live->session;
	live->script.over = play_over;
	live->pieces = g_array_new(FALSE, FALSE, sizeof(struct fd_piece));
	live->bytes = g_byte_array_new();
	live->plays = g_ptr_array_new();
	return live;
}

/* The session's facts, with times that count from where it was begun. */
static void learn(struct fd_live *live, const struct fd_session *session)
{
	live->session = *session;
	live->session.start_ns = 0;
	live->session.end_ns = 0;
	live->script.complete |= session->ended == FD_ENDED_FIN || session->ended == FD_ENDED_RST;
}

void fd_live_begin(struct fd_live *live, const struct fd_session *session, uint32_t clones,
		   uint64_t first_client)
{
	struct fd_start start = { .script = &live->script };

	learn(live, session);
	live->begun = TRUE;
	live->origin_ns = fd_driver_elapsed_ns(live->driver);
	start.due_ns = live->origin_ns;
	for (uint32_t c = 0; c < clones; c++) {
		struct fd_play *play;

		start.clone = c;
		start.client = first_client + c;
		play = fd_driver_begin(live->driver, &start);
		if (play)
			g_ptr_array_add(live->plays, play);
	}
	live->gone = live->plays->len == 0;
}

/* Takes away what all plays have passed. */
static void trim(struct fd_live *live)
{
	uint64_t passed = live->pieces->len;
	uint64_t bytes = 0;

	for (guint i = 0; i < live->plays->len; i++)
		passed = MIN(passed, fd_play_at(g_ptr_array_index(live->plays, i)));
	if (passed < TRIM_PIECES)
		return;
	for (uint64_t i = 0; i < passed; i++) {
		const struct fd_piece *piece = &g_array_index(live->pieces, struct fd_piece, i);

		if (piece->way == FD_FROM_CLIENT && piece->kind == FD_PIECE_DATA)
			bytes += piece->length;
	}
	g_array_remove_range(live->pieces, 0, (guint)passed);
	g_byte_array_remove_range(live->bytes, 0, (guint)bytes);
	for (guint i = 0; i < live->plays->len; i++)
		fd_play_rebase(g_ptr_array_index(live->plays, i), passed);
}

/* The plays go on; backwards, since one that is over is replaced by the last. */
static void poke_all(struct fd_live *live)
{
	for (guint i = live->plays->len; i-- > 0;)
		fd_driver_poke(live->driver, g_ptr_array_index(live->plays, i));
}

static void give_up(struct fd_live *live)
{
	while (live->plays->len)
		fd_driver_abandon(live->driver,
				  g_ptr_array_index(live->plays, live->plays->len - 1),
				  FD_VERDICT_STOPPED, "fell too far behind the mirrored session");
}

static void append(struct fd_live *live, const struct fd_arrival *arrival)
{
	uint64_t now = fd_driver_elapsed_ns(live->driver);
	struct fd_piece piece = arrival->piece;

	piece.time_ns = now - MIN(now, live->origin_ns);
	if (piece.way == FD_FROM_CLIENT && piece.kind == FD_PIECE_DATA) {
		piece.offset = live->offset;
		live->offset += piece.length;
		g_byte_array_append(live->bytes, arrival->bytes, piece.length);
	}
	g_array_append_val(live->pieces, piece);
}

gboolean fd_live_arrived(struct fd_live *live, const struct fd_session *session,
			 const struct fd_arrival *arrival)
{
	gboolean data = arrival->piece.kind == FD_PIECE_DATA;

	if (!live->begun) {
		live->answered |= data && arrival->piece.way == FD_FROM_SERVER;
		return data && arrival->piece.way == FD_FROM_CLIENT && live->answered;
	}
	if (live->gone)
		return FALSE;
	learn(live, session);
	append(live, arrival);
	trim(live);
	show(live);
	if (live->bytes->len > FD_MIRROR_BEHIND_BYTES)
		give_up(live);
	else
		poke_all(live);
	live->gone = live->plays->len == 0;
	return FALSE;
}

void fd_live_closed(struct fd_live *live, const struct fd_session *session)
{
	learn(live, session);
	live->script.complete = TRUE;
	poke_all(live);
	live->closed = TRUE;
	if (!live->plays->len)
		live_free(live);
}
