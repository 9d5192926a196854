#include "analyze/transfers/transfers.h"

#include <gio/gio.h>
#include <string.h>

#include "instrument/wire/events.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source_notes.h"

#define BATCH 4096u

/* A call that moved bytes, which may be about to come. */
struct pending {
	struct fdar_transfer transfer;
	uint32_t pid;
	uint32_t tid;
};

struct session {
	struct fdar_transfer_session told;
	gboolean opened;        /* its visitor knows of it */
	struct pending pending; /* bytes 0: none */
};

struct reading {
	const struct fdar_transfer_visitor *visitor;
	void *user;
	fdar_text_fn text;
	const void *texts;
	struct fdar_transfers_summary *summary;
	GHashTable *last; /* pid and tid -> struct session that it moved bytes of last */
	gboolean stopped;
};

static gint64 thread_key(uint32_t pid, uint32_t tid)
{
	return (gint64)((uint64_t)pid << 32 | tid);
}

static void tell(struct reading *reading, struct session *session,
		 const struct fdar_transfer *transfer)
{
	reading->summary->transfers++;
	reading->summary->bytes += transfer->bytes;
	reading->summary->captured += transfer->data_len;
	if (!reading->stopped && !reading->visitor->moved(reading->user, &session->told, transfer))
		reading->stopped = TRUE;
}

/* What was moved, and no bytes of it came. */
static void flush(struct reading *reading, struct session *session)
{
	struct fdar_transfer transfer = session->pending.transfer;

	session->pending.transfer.bytes = 0;
	if (transfer.bytes)
		tell(reading, session, &transfer);
}

static void on_opened(void *user, struct fdar_walk_session *walked)
{
	struct reading *reading = user;
	struct session *session = g_new0(struct session, 1);

	session->told.id = walked->id;
	session->told.begin_ns = walked->begin_ns;
	session->told.peer = walked->peer;
	/* libflowdar-io's keys of descriptors with many peers (walk_session.c). */
	session->told.datagrams = walked->key >> 63 != 0 && walked->fd >= 0;
	walked->user = session;
	reading->summary->sessions++;
	if (reading->stopped)
		return;
	session->opened = TRUE;
	if (!reading->visitor->opened(reading->user, &session->told))
		reading->stopped = TRUE;
}

static gboolean is_of(gpointer key, gpointer value, gpointer session)
{
	(void)key;
	return value == session;
}

static void on_closed(void *user, struct fdar_walk_session *walked)
{
	struct reading *reading = user;
	struct session *session = walked->user;

	flush(reading, session);
	session->told.end_ns = walked->end_ns;
	session->told.finished = walked->state == FDAR_SESSION_FINISHED;
	if (session->opened && !reading->visitor->closed(reading->user, &session->told))
		reading->stopped = TRUE;
	g_hash_table_foreach_remove(reading->last, is_of, session);
	g_free(session);
	walked->user = NULL;
}

static void on_io(void *user, const struct fdar_walk_io *io)
{
	struct reading *reading = user;
	struct session *session = io->session->user;
	gint64 key = thread_key(io->pid, io->tid);

	if ((io->op != FDAR_IO_READ && io->op != FDAR_IO_WRITE) || io->result <= 0)
		return;
	flush(reading, session);
	session->pending = (struct pending){ { .time_ns = io->time_ns,
					       .read = io->op == FDAR_IO_READ,
					       .bytes = (uint64_t)io->result },
					     io->pid,
					     io->tid };
	g_hash_table_replace(reading->last, g_memdup2(&key, sizeof(key)), session);
}

/* The bytes of what the thread has just moved; others are somebody else's marks. */
static void on_bytes(void *user, const struct fdar_walk_note *bytes)
{
	struct reading *reading = user;
	gint64 key = thread_key(bytes->pid, bytes->tid);
	struct session *session = g_hash_table_lookup(reading->last, &key);
	struct pending *pending = session ? &session->pending : NULL;
	struct fdar_transfer transfer;

	if (!pending || !pending->transfer.bytes || pending->pid != bytes->pid ||
	    pending->tid != bytes->tid || pending->transfer.bytes != bytes->total ||
	    strcmp(reading->text(reading->texts, bytes->key),
		   pending->transfer.read ? "read" : "write") != 0)
		return;
	transfer = pending->transfer;
	transfer.data = (const uint8_t *)bytes->value;
	transfer.data_len = (uint32_t)MIN(bytes->value_len, transfer.bytes);
	pending->transfer.bytes = 0;
	tell(reading, session, &transfer);
}

static const struct fdar_walk_visitor listener = {
	.session_opened = on_opened, .session_closed = on_closed, .io = on_io, .bytes = on_bytes
};

static struct fdar_walk *begin(struct reading *reading)
{
	struct fdar_walk *walk = fdar_walk_new(&listener, reading);

	memset(reading->summary, 0, sizeof(*reading->summary));
	reading->last = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	fdar_walk_set_texts(walk, reading->text, reading->texts);
	return walk;
}

void fdar_transfers_of(const struct fdar_event *events, size_t count, fdar_text_fn text,
		       const void *texts, const struct fdar_transfer_visitor *visitor, void *user,
		       struct fdar_transfers_summary *summary)
{
	struct reading reading = {
		.visitor = visitor, .user = user, .text = text, .texts = texts, .summary = summary
	};
	g_autoptr(fdar_walk) walk = begin(&reading);

	fdar_walk_feed(walk, events, count);
	fdar_walk_finish(walk);
	g_hash_table_unref(reading.last);
}

/* ---- of a trace ---- */

static const char *text_of(const void *source, uint32_t name)
{
	return fdar_source_text(source, name);
}

struct go_on {
	fdar_profile_progress_fn progress;
	void *user;
};

/* While another process is waited for. */
static gboolean may_go_on(void *user)
{
	const struct go_on *go_on = user;

	return !go_on->progress || go_on->progress(0, go_on->user);
}

static void warn(const char *path, const struct fdar_source *source, GPtrArray *warnings)
{
	const GPtrArray *doubts = fdar_source_doubts(source);

	for (guint i = 0; warnings && i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		g_ptr_array_add(warnings, g_strdup_printf("%s: %s", path, doubt->text));
	}
}

static gboolean feed(struct reading *reading, struct fdar_source *source, struct fdar_walk *walk,
		     fdar_profile_progress_fn progress, void *progress_user, GError **error)
{
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	guint64 events = 0;
	gssize count;

	while ((count = fdar_source_read(source, batch, BATCH, error)) > 0) {
		fdar_walk_feed(walk, batch, (size_t)count);
		events += (guint64)count;
		if (progress && !progress(events, progress_user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
		if (reading->stopped)
			return FALSE;
	}
	return count == 0;
}

gboolean fdar_transfers_read(const char *path, const struct fdar_transfer_visitor *visitor,
			     void *user, fdar_profile_progress_fn progress, void *progress_user,
			     struct fdar_transfers_summary *summary, GPtrArray *warnings,
			     GError **error)
{
	struct reading reading = {
		.visitor = visitor, .user = user, .text = text_of, .summary = summary
	};
	const struct go_on go_on = { progress, progress_user };
	const struct fdar_source_options how = { .go_on = may_go_on, .user = (void *)&go_on };
	g_autoptr(fdar_source) source = fdar_source_open_with(path, &how, error);
	g_autoptr(fdar_walk) walk = NULL;
	struct fdar_source_summary read;
	gboolean fine;

	if (!source)
		return FALSE;
	reading.texts = source;
	walk = begin(&reading);
	fine = feed(&reading, source, walk, progress, progress_user, error);
	if (!fine)
		reading.stopped = TRUE; /* nobody is told any more, what is open is freed */
	fdar_walk_finish(walk);
	fdar_source_get_summary(source, &read);
	fine = fine && !reading.stopped && fdar_source_check_times(&read, path, error);
	if (fine)
		warn(path, source, warnings);
	g_hash_table_unref(reading.last);
	return fine;
}
