#include "replay/play/script.h"

#include <string.h>

#include "replay/sessions/side.h"

const uint8_t *fdar_script_payload(const struct fdar_script *script, const struct fdar_piece *piece)
{
	if (!script->sessions)
		return script->bytes + (piece->offset - script->bytes_from);
	return fdar_sessions_payload(script->sessions, piece);
}

/* The first piece to play of a session that began before the capture. */
static uint64_t join_at(const struct fdar_script *script)
{
	uint64_t i = 0;

	if (script->session->began != FDAR_BEGAN_MID_STREAM)
		return 0;
	while (i < script->count && !(script->pieces[i].way == FDAR_FROM_CLIENT &&
				      script->pieces[i].kind == FDAR_PIECE_DATA))
		i++;
	return i;
}

gboolean fdar_script_was_refused(const struct fdar_script *script)
{
	const struct fdar_session *session = script->session;

	return session->transport == FDAR_TCP && session->began == FDAR_BEGAN_SYN &&
	       session->ended == FDAR_ENDED_RST && session->ended_by == FDAR_FROM_SERVER &&
	       session->way[FDAR_FROM_SERVER].bytes == 0;
}

/* A connection that was begun and never came to be. */
static gboolean is_half_open(const struct fdar_session *session)
{
	return session->began == FDAR_BEGAN_HALF_OPEN ||
	       (session->began == FDAR_BEGAN_SYN && !session->established);
}

static const char *judge(const struct fdar_script *script)
{
	const struct fdar_session *session = script->session;
	uint64_t bytes = 0;

	if (session->odd & FDAR_ODD_VIEW)
		return "another view of a session, seen behind an address translation";
	if (script->half_open)
		return NULL;
	if (is_half_open(session) && !fdar_script_was_refused(script))
		return session->began == FDAR_BEGAN_SYN
			       ? "half-open: nobody answered its SYN; --half-open plays it"
			       : "half-open: the answer to its SYN was not acknowledged; "
				 "--half-open plays it";
	for (uint64_t i = script->from; i < script->count; i++) {
		const struct fdar_piece *piece = &script->pieces[i];

		if (piece->way != FDAR_FROM_CLIENT)
			continue;
		if (piece->kind == FDAR_PIECE_GAP)
			return session->odd & FDAR_ODD_CUT
				       ? "the capture's snap length cut bytes of the client"
				       : "bytes of the client are missing from the capture";
		bytes += piece->kind == FDAR_PIECE_DATA;
	}
	if (bytes)
		return NULL;
	switch ((enum fdar_began)session->began) {
	case FDAR_BEGAN_MID_STREAM:
		return "began before the capture and sends nothing in it";
	case FDAR_BEGAN_DATAGRAM:
		return "the client sends nothing";
	default:
		return NULL;
	}
}

static gint by_start(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct fdar_script *scripts = user;
	const struct fdar_session *x = scripts[*(const uint32_t *)a].session;
	const struct fdar_session *y = scripts[*(const uint32_t *)b].session;

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static uint32_t host_number(GHashTable *hosts, const struct fdar_endpoint *client)
{
	GBytes *key = g_bytes_new(client->addr, sizeof(client->addr));
	gpointer number = g_hash_table_lookup(hosts, key);

	if (number) {
		g_bytes_unref(key);
		return GPOINTER_TO_UINT(number) - 1;
	}
	g_hash_table_insert(hosts, key, GUINT_TO_POINTER(g_hash_table_size(hosts) + 1));
	return g_hash_table_size(hosts) - 1;
}

static void script_init(struct fdar_script *script, const struct fdar_scripts *all,
			const struct fdar_session *session, GHashTable *sides, gboolean half_open)
{
	gpointer control = g_hash_table_lookup(sides, GUINT_TO_POINTER(session->id + 1));

	script->session = session;
	script->sessions = all->sessions;
	script->pieces = fdar_sessions_pieces(all->sessions, session);
	script->count = session->pieces;
	script->from = join_at(script);
	script->complete = TRUE;
	script->lesson = &all->lessons[session->id];
	script->tls = fdar_sessions_tls(all->sessions, session);
	/* Of what was decrypted other bytes come, and as many of another's. */
	if (!script->tls || !script->tls->decrypted) {
		script->holds = fdar_sessions_holds(all->sessions, session);
		script->hold_count = script->holds ? session->holds : 0;
	}
	script->plain = !script->tls && all->decrypted;
	script->sealed = script->tls && (!script->tls->decrypted || script->tls->later);
	script->hold_ns = session->ended == FDAR_ENDED_OPEN || session->ended == FDAR_ENDED_HALF
				  ? MAX(all->duration_ns, session->end_ns)
				  : session->end_ns;
	script->half_open = half_open && is_half_open(session) && !fdar_script_was_refused(script);
	script->unfit = judge(script);
	if (control) {
		script->unfit = "a side connection (as of FTP): its port is agreed on anew, not "
				"followed";
		script->control = GPOINTER_TO_UINT(control) - 1;
	}
}

struct fdar_scripts *fdar_scripts_new(const struct fdar_sessions *sessions, gboolean half_open)
{
	struct fdar_scripts *all = g_new0(struct fdar_scripts, 1);
	size_t count = fdar_sessions_count(sessions);
	g_autoptr(GHashTable) sides = fdar_side_connections(sessions);
	g_autoptr(GHashTable) hosts = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
							    (GDestroyNotify)g_bytes_unref, NULL);

	all->sessions = sessions;
	all->count = count;
	all->decrypted = fdar_sessions_have_decrypted(sessions);
	all->duration_ns = fdar_sessions_duration_ns(sessions);
	all->scripts = g_new0(struct fdar_script, count);
	all->lessons = g_new0(struct fdar_lesson, count);
	all->order = g_new0(uint32_t, count);
	for (size_t i = 0; i < count; i++) {
		struct fdar_script *script = &all->scripts[i];

		script_init(script, all, fdar_sessions_get(sessions, i), sides, half_open);
		if (script->unfit)
			continue;
		script->host = host_number(hosts, &script->session->client);
		all->order[all->fit++] = script->session->id;
	}
	all->hosts = g_hash_table_size(hosts);
	g_qsort_with_data(all->order, (gint)all->fit, sizeof(*all->order), by_start, all->scripts);
	return all;
}

void fdar_scripts_free(struct fdar_scripts *scripts)
{
	if (!scripts)
		return;
	for (size_t i = 0; i < scripts->count; i++)
		g_free(scripts->lessons[i].answers);
	g_free(scripts->lessons);
	g_free(scripts->scripts);
	g_free(scripts->order);
	g_free(scripts);
}
