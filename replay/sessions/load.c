/*
 * Loading: the assembler's events into the spool, then each session's pieces side by side.
 *
 * While the capture is read, the pieces of a session are chained: up to CHUNK of them in a slot,
 * full chunks in a spool, each with the place of the one before it. When a session is closed the
 * chain is complete; when all are, the chains are copied into the index, which is ordered by
 * session. Each way of a chain is in order, the two are merged by packet number on the way.
 */
#include <string.h>

#include "replay/capture/slots.h"
#include "replay/sessions/assembler.h"
#include "replay/sessions/decrypt.h"
#include "replay/sessions/session_private.h"
#include "replay/sessions/sides.h"
#include "replay/sessions/windows.h"

#define CHUNK          8u
#define NO_CHUNK       UINT64_MAX
#define COMPARE_CHUNKS 64u /* how far back a retransmission is compared: 512 pieces */
#define COMPARE_BYTES  4096u

struct entry {
	struct fdar_piece piece;
	uint64_t packet;
};

struct chunk {
	uint64_t previous; /* offset in the chain spool, or NO_CHUNK */
	uint64_t count;
	struct entry entries[CHUNK];
};

/* What is known of a session that is open. */
struct tail {
	struct chunk chunk; /* first: it is what most look at */
	struct fdar_window window;
};

struct loader {
	struct fdar_sessions *sessions;
	gboolean windows; /* holds are looked for */
	size_t open_holds;
	struct fdar_spool *chain;
	struct fdar_slots *tails; /* of sessions that are open: their chunks, and user data */
	GHashTable *turned;       /* ids plus 1 of sessions whose sides were guessed wrong */
};

static void opened(void *user, const struct fdar_session *session, void **data)
{
	struct loader *loader = user;

	struct chunk *tail = fdar_slots_take(loader->tails);

	tail->previous = NO_CHUNK;
	*data = tail;
	/* Sessions are opened in order of id, and filled in when they are closed. */
	g_array_append_vals(loader->sessions->sessions, session, 1);
}

static void arrived(void *user, const struct fdar_session *session, void *data,
		    const struct fdar_arrival *arrival)
{
	struct loader *loader = user;
	struct chunk *tail = data;
	struct entry *entry;

	(void)session;
	if (tail->count == CHUNK) {
		tail->previous = fdar_spool_append(loader->chain, tail, sizeof(*tail));
		tail->count = 0;
	}
	entry = &tail->entries[tail->count++];
	entry->piece = arrival->piece;
	entry->packet = arrival->packet;
	entry->piece.offset = 0;
	if (arrival->piece.kind == FDAR_PIECE_DATA)
		entry->piece.offset = fdar_spool_append(loader->sessions->bytes, arrival->bytes,
							arrival->piece.length);
}

static gboolean differs(struct loader *loader, uint64_t offset, const uint8_t *bytes,
			uint32_t length)
{
	uint8_t kept[COMPARE_BYTES];

	while (length > 0) {
		uint32_t part = MIN(length, COMPARE_BYTES);

		if (!fdar_spool_read(loader->sessions->bytes, offset, kept, part))
			return FALSE;
		if (memcmp(kept, bytes, part) != 0)
			return TRUE;
		offset += part;
		bytes += part;
		length -= part;
	}
	return FALSE;
}

/* Walks back from the end of the stream to where the repeated bytes were. */
static gboolean repeated(void *user, const struct fdar_session *session, void *data,
			 enum fdar_way way, uint64_t stream_offset, const uint8_t *bytes,
			 uint32_t length)
{
	struct loader *loader = user;
	struct chunk chunk = *(const struct chunk *)data;
	uint64_t begin = session->way[way].bytes + session->way[way].gap_bytes;

	for (unsigned i = 0; i < COMPARE_CHUNKS; i++) {
		for (uint64_t at = chunk.count; at-- > 0;) {
			const struct fdar_piece *piece = &chunk.entries[at].piece;
			uint64_t end = begin, from, to;

			if (piece->way != way)
				continue;
			begin -= piece->length;
			from = MAX(begin, stream_offset);
			to = MIN(end, stream_offset + length);
			if (piece->kind == FDAR_PIECE_DATA && from < to &&
			    differs(loader, piece->offset + (from - begin),
				    bytes + (from - stream_offset), (uint32_t)(to - from)))
				return TRUE;
			if (begin <= stream_offset)
				return FALSE;
		}
		if (chunk.previous == NO_CHUNK ||
		    !fdar_spool_read(loader->chain, chunk.previous, &chunk, sizeof(chunk)))
			return FALSE;
	}
	return FALSE;
}

static void packet(void *user, const struct fdar_session *session, void *data, enum fdar_way way,
		   const struct fdar_packet *captured, const struct fdar_decoded *decoded,
		   uint64_t time_ns)
{
	struct loader *loader = user;
	struct tail *tail = data;

	(void)session;
	(void)captured;
	fdar_window_packet(&tail->window, way, decoded, time_ns, &loader->open_holds);
}

static void keep_holds(struct loader *loader, struct tail *tail, struct fdar_session *session)
{
	struct fdar_window *window = &tail->window;

	if (window->holds && window->holds->len) {
		uint64_t at = fdar_spool_append(loader->sessions->holds, window->holds->data,
						window->holds->len * sizeof(struct fdar_hold));

		session->first_hold = at / sizeof(struct fdar_hold);
		session->holds = window->holds->len;
		session->window = window->largest;
	}
	fdar_window_clear(window, &loader->open_holds);
}

static void closed(void *user, const struct fdar_session *session, void *data)
{
	struct loader *loader = user;
	struct chunk *tail = data;
	struct fdar_session *slot =
		&g_array_index(loader->sessions->sessions, struct fdar_session, session->id);

	*slot = *session;
	/* Until the index is made: where its chain ends. */
	if (tail->count)
		slot->first_piece = fdar_spool_append(loader->chain, tail, sizeof(*tail));
	loader->sessions->piece_count += slot->pieces;
	if (loader->windows)
		keep_holds(loader, data, slot);
	fdar_slots_give(loader->tails, tail);
}

/* One way of a chain, walked from its end. */
struct back_walk {
	const uint8_t *chain;
	const struct chunk *chunk;
	uint64_t left; /* entries of the chunk not looked at */
	uint8_t way;
};

static const struct entry *back_walk_look(struct back_walk *walk)
{
	for (;;) {
		while (walk->left > 0) {
			const struct entry *entry = &walk->chunk->entries[walk->left - 1];

			if (entry->piece.way == walk->way)
				return entry;
			walk->left--;
		}
		if (walk->chunk->previous == NO_CHUNK)
			return NULL;
		walk->chunk = (const void *)(walk->chain + walk->chunk->previous);
		walk->left = walk->chunk->count;
	}
}

/* Whether a came after b: by packet, and where both are of one packet, by place in the chain. */
static gboolean later(const struct back_walk *walks, const struct entry *a, const struct entry *b)
{
	if (a->packet != b->packet)
		return a->packet > b->packet;
	if (walks[0].chunk != walks[1].chunk)
		return walks[0].chunk > walks[1].chunk;
	return a > b;
}

/* Copies a session's chain to out, last piece first. */
static void merge(const uint8_t *chain, struct fdar_session *session, struct fdar_piece *out)
{
	const struct chunk *tail = (const void *)(chain + session->first_piece);
	struct back_walk walks[2] = { { chain, tail, tail->count, 0 },
				      { chain, tail, tail->count, 1 } };

	for (uint64_t at = session->pieces; at-- > 0;) {
		const struct entry *entries[2] = { back_walk_look(&walks[0]),
						   back_walk_look(&walks[1]) };
		unsigned way = !entries[0] || (entries[1] && !later(walks, entries[0], entries[1]));

		out[at] = entries[way]->piece;
		walks[way].left--;
	}
}

/* Counts runs of data; the assembler's count is in order of delivery, this is in the final one.
 * Times that fall back where a gap was given up late are lifted. */
static void tidy(struct fdar_session *session, struct fdar_piece *pieces)
{
	uint64_t time_ns = 0;
	int last = -1;

	session->way[0].messages = session->way[1].messages = 0;
	for (uint64_t i = 0; i < session->pieces; i++) {
		pieces[i].time_ns = time_ns = MAX(time_ns, pieces[i].time_ns);
		if (pieces[i].kind != FDAR_PIECE_DATA)
			continue;
		if (pieces[i].way != last)
			session->way[pieces[i].way].messages++;
		last = pieces[i].way;
	}
}

static void turn_pieces(const struct fdar_session *session, struct fdar_piece *pieces)
{
	for (uint64_t i = 0; i < session->pieces; i++)
		pieces[i].way = !pieces[i].way;
}

static struct fdar_session *session_at(void *user, size_t index)
{
	struct loader *loader = user;

	return &g_array_index(loader->sessions->sessions, struct fdar_session, index);
}

static void turned(void *user, size_t index)
{
	struct loader *loader = user;

	g_hash_table_add(loader->turned, GUINT_TO_POINTER(index + 1));
}

static gboolean map_holds(struct fdar_sessions *sessions, GError **error)
{
	const uint8_t *held = NULL;

	if (!sessions->holds)
		return TRUE;
	if (!fdar_spool_map(sessions->holds, &held, error))
		return FALSE;
	sessions->held = (const void *)held;
	return TRUE;
}

static gboolean make_index(struct loader *loader, GError **error)
{
	struct fdar_sessions *sessions = loader->sessions;
	const uint8_t *chain;
	uint8_t *index = NULL;
	uint64_t at = 0;

	sessions->index = fdar_spool_new(error);
	if (!sessions->index || !fdar_spool_map(loader->chain, &chain, error) ||
	    !fdar_spool_map(sessions->bytes, &sessions->payload, error) ||
	    !map_holds(sessions, error) ||
	    !fdar_spool_map_writable(sessions->index,
				     sessions->piece_count * sizeof(struct fdar_piece), &index,
				     error))
		return FALSE;
	for (guint i = 0; i < sessions->sessions->len; i++) {
		struct fdar_session *session =
			&g_array_index(sessions->sessions, struct fdar_session, i);
		struct fdar_piece *out = (struct fdar_piece *)(void *)index + at;

		if (session->pieces) {
			merge(chain, session, out);
			if (g_hash_table_contains(loader->turned, GUINT_TO_POINTER(i + 1)))
				turn_pieces(session, out);
			tidy(session, out);
		}
		session->first_piece = at;
		at += session->pieces;
	}
	fdar_spool_seal(sessions->index);
	sessions->pieces = (const void *)index;
	return TRUE;
}

/* With the secrets that the capture has in itself, and those of the options. */
static gboolean decrypt(struct fdar_sessions *sessions, const struct fdar_capture *capture,
			const struct fdar_load_options *options, GError **error)
{
	const char *own = fdar_capture_secrets(capture);
	struct fdar_tls_keys *keys = fdar_tls_keys_new();
	gboolean fine;

	fdar_tls_keys_add(keys, own, strlen(own));
	if (options && options->tls_keys)
		fdar_tls_keys_merge(keys, options->tls_keys);
	fine = fdar_sessions_decrypt(sessions, keys, options ? options->progress : NULL,
				     options ? options->user : NULL, error);
	fdar_tls_keys_free(keys);
	return fine;
}

static void tls_clear(gpointer data)
{
	struct fdar_session_tls *tls = data;

	g_free(tls->name);
	g_free(tls->alpn);
}

/* What is known of sessions does not change any more: its pages are the kernel's to drop, too. */
static gboolean list(struct fdar_sessions *sessions, GError **error)
{
	const uint8_t *listed = NULL;

	sessions->list = fdar_spool_new(error);
	if (!sessions->list)
		return FALSE;
	fdar_spool_append(sessions->list, sessions->sessions->data,
			  sessions->sessions->len * sizeof(struct fdar_session));
	if (!fdar_spool_map(sessions->list, &listed, error))
		return FALSE;
	sessions->listed = (const void *)listed;
	sessions->count = sessions->sessions->len;
	g_clear_pointer(&sessions->sessions, g_array_unref);
	return TRUE;
}

static gboolean load(struct loader *loader, struct fdar_capture *capture,
		     const struct fdar_load_options *options, GError **error)
{
	const struct fdar_assembler_ops ops = { .opened = opened,
						.arrived = arrived,
						.repeated = repeated,
						.packet = loader->windows ? packet : NULL,
						.closed = closed };
	struct fdar_assembler_options how = { .max_gap_ns = options ? options->max_gap_ns : 0,
					      .udp_idle_ns = options ? options->udp_idle_ns : 0 };
	struct fdar_sides_input sides = { .at = session_at, .turn = turned, .user = loader };
	struct fdar_assembler *assembler =
		fdar_assembler_new(fdar_capture_link(capture), &how, &ops, loader);
	gboolean fine;

	fine = fdar_assembler_read(assembler, capture, options ? options->progress : NULL,
				   options ? options->user : NULL, error);
	loader->sessions->totals = *fdar_assembler_totals(assembler);
	loader->sessions->duration_ns = fdar_assembler_line_ns(assembler);
	fdar_assembler_free(assembler);
	g_clear_pointer(&loader->tails, fdar_slots_free);
	if (!fine)
		return FALSE;
	sides.count = loader->sessions->sessions->len;
	sides.ports = options ? options->server_ports : NULL;
	loader->sessions->totals.views = fdar_sides_settle(&sides);
	return make_index(loader, error) && decrypt(loader->sessions, capture, options, error) &&
	       list(loader->sessions, error);
}

struct fdar_sessions *fdar_sessions_load(const char *path, const struct fdar_load_options *options,
					 GError **error)
{
	g_autoptr(fdar_capture) capture =
		fdar_capture_open_with(path, options ? &options->capture : NULL, error);
	struct loader loader = { .sessions = g_new0(struct fdar_sessions, 1),
				 .windows = options && options->windows };
	gboolean fine = FALSE;

	loader.tails = fdar_slots_new(loader.windows ? sizeof(struct tail) : sizeof(struct chunk));
	loader.turned = g_hash_table_new(NULL, NULL);
	loader.sessions->tls = g_array_new(FALSE, FALSE, sizeof(struct fdar_session_tls));
	g_array_set_clear_func(loader.sessions->tls, tls_clear);
	loader.sessions->sessions = g_array_new(FALSE, FALSE, sizeof(struct fdar_session));
	if (capture && (loader.chain = fdar_spool_new(error)) &&
	    (loader.sessions->bytes = fdar_spool_new(error)) &&
	    (!loader.windows || (loader.sessions->holds = fdar_spool_new(error))))
		fine = load(&loader, capture, options, error);
	fdar_slots_free(loader.tails);
	fdar_spool_free(loader.chain);
	g_hash_table_unref(loader.turned);
	if (!fine) {
		fdar_sessions_free(loader.sessions);
		return NULL;
	}
	loader.sessions->damage = g_strdup(fdar_capture_damage(capture));
	return loader.sessions;
}
