#include "analyze/syscalls/syscalls.h"

#include <gio/gio.h>
#include <string.h>

#include "analyze/syscalls/syscalls_private.h"
#include "base/intern.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/source/source.h"

#define BATCH 4096u

/* What one session has of one row. */
struct cell {
	uint32_t row;
	struct fdar_syscall_sum sum;
};

/* A session that is open. */
struct session {
	gboolean wanted;
	GArray *cells; /* of struct cell: few */
};

/* What a thread waited in, or has just waited in: what it tells of next may be the same call. */
struct thread {
	uint64_t op; /* FDAR_IO_OPS: none that is told of again */
	int64_t result;
	int32_t fd;
	gboolean ended;
};

struct reading {
	struct fdar_syscalls *syscalls;
	const struct fdar_syscalls_options *options;
	fdar_text_fn text;
	const void *texts;
	GHashTable *rows;       /* name -> index of rows + 1 */
	struct fdar_intern ids; /* (pid, tid) -> index of threads */
	GArray *threads;        /* of struct thread */
	struct fdar_walk *walk;
	struct fdar_syscall_sum call; /* the one that is being fed */
	gboolean told;                /* and was told as a session's */
};

/* ---- sums ---- */

static void add(struct fdar_syscall_sum *to, const struct fdar_syscall_sum *sum)
{
	to->calls += sum->calls;
	to->errors += sum->errors;
	to->bytes += sum->bytes;
	to->waits += sum->waits;
	to->waiting_ns += sum->waiting_ns;
}

static struct fdar_syscall *row_at(const struct fdar_syscalls *syscalls, uint32_t row)
{
	return &g_array_index(syscalls->rows, struct fdar_syscall, row);
}

static uint32_t row_of(struct reading *reading, const char *name)
{
	struct fdar_syscall row = { .name = NULL };
	guint known = GPOINTER_TO_UINT(g_hash_table_lookup(reading->rows, name));

	if (known)
		return known - 1;
	row.name = g_strdup(name);
	g_array_append_val(reading->syscalls->rows, row);
	known = reading->syscalls->rows->len;
	g_hash_table_insert(reading->rows, g_strdup(name), GUINT_TO_POINTER(known));
	return known - 1;
}

static void book(struct reading *reading, const struct fdar_walk_session *walked, const char *name,
		 const struct fdar_syscall_sum *sum)
{
	struct session *session = walked ? walked->user : NULL;
	struct cell cell = { .row = row_of(reading, name), .sum = *sum };

	if (!session) {
		add(&row_at(reading->syscalls, cell.row)->of_server, sum);
		return;
	}
	if (!session->wanted)
		return;
	for (guint i = 0; i < session->cells->len; i++) {
		struct cell *known = &g_array_index(session->cells, struct cell, i);

		if (known->row == cell.row) {
			add(&known->sum, sum);
			return;
		}
	}
	g_array_append_val(session->cells, cell);
}

/* ---- what the walk tells ---- */

static gboolean is_wanted(const struct fdar_syscalls_options *options,
			  const struct fdar_walk_session *session)
{
	size_t length = options->client ? strlen(options->client) : 0;
	const char *label = options->labels ? fdar_labels_find(options->labels, session->peer,
							       session->begin_ns)
					    : NULL;

	if (options->label && g_strcmp0(label, options->label) != 0)
		return FALSE;
	return !options->client || (strncmp(session->peer, options->client, length) == 0 &&
				    (!session->peer[length] || session->peer[length] == ':'));
}

static void on_opened(void *user, struct fdar_walk_session *walked)
{
	struct reading *reading = user;
	struct session *session = g_new(struct session, 1);

	session->wanted = is_wanted(reading->options, walked);
	session->cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
	reading->syscalls->sessions += session->wanted ? 1 : 0;
	walked->user = session;
}

static void on_closed(void *user, struct fdar_walk_session *walked)
{
	struct reading *reading = user;
	struct session *session = walked->user;

	for (guint i = 0; i < session->cells->len; i++) {
		const struct cell *cell = &g_array_index(session->cells, struct cell, i);
		struct fdar_syscall *row = row_at(reading->syscalls, cell->row);

		add(&row->of_sessions, &cell->sum);
		row->sessions++;
		row->most_calls = MAX(row->most_calls, cell->sum.calls);
		row->most_waiting_ns = MAX(row->most_waiting_ns, cell->sum.waiting_ns);
	}
	g_array_unref(session->cells);
	g_free(session);
	walked->user = NULL;
}

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	struct reading *reading = user;
	struct fdar_syscall_sum sum = { .calls = 1, .waits = 1, .waiting_ns = frame->self_ns };
	const char *what;
	uint64_t op;

	if (frame->kind != FDAR_FRAME_WAIT)
		return;
	what = reading->text(reading->texts, frame->name);
	sum.errors = !frame->unfinished && fdar_syscall_wait_failed(what, frame->result);
	book(reading, frame->session, fdar_syscall_wait_name(what, frame->wait, &op), &sum);
}

static void on_io(void *user, const struct fdar_walk_io *io)
{
	struct reading *reading = user;

	if (io->op == FDAR_WALK_WAKE)
		return;
	reading->told = TRUE;
	book(reading, io->session, fdar_syscall_op_name(io->op), &reading->call);
}

/* A call on a descriptor that is no session's goes by as a sample, whose number says what it was. */
#define TOKEN_OP_BITS 4u
#define TOKEN_ERROR   (1u << TOKEN_OP_BITS)
#define TOKEN_CALL    (2u << TOKEN_OP_BITS)
#define TOKEN_BYTES   (TOKEN_OP_BITS + 2u)

static uint64_t token_of(uint64_t op, const struct fdar_syscall_sum *call)
{
	return op | (call->errors ? TOKEN_ERROR : 0) | (call->calls ? TOKEN_CALL : 0) |
	       call->bytes << TOKEN_BYTES;
}

static void on_sample(void *user, const struct fdar_walk_sample *sample)
{
	uint64_t token = sample->sample;
	const struct fdar_syscall_sum sum = { .calls = (token & TOKEN_CALL) != 0,
					      .errors = (token & TOKEN_ERROR) != 0,
					      .bytes = token >> TOKEN_BYTES };

	book(user, sample->session, fdar_syscall_op_name(token & ((1u << TOKEN_OP_BITS) - 1)),
	     &sum);
}

static const struct fdar_walk_visitor listener = { .session_opened = on_opened,
						   .session_closed = on_closed,
						   .frame = on_frame,
						   .io = on_io,
						   .sample = on_sample };

/* ---- events ---- */

static struct thread *thread_of(struct reading *reading, const struct fdar_event *event)
{
	uint32_t id = fdar_intern_add(&reading->ids, event->pid, event->tid);

	if (id == reading->threads->len) {
		const struct thread thread = { .op = FDAR_IO_OPS };

		g_array_append_val(reading->threads, thread);
	}
	return &g_array_index(reading->threads, struct thread, id);
}

/* A call that waited is told as a wait, and then as I/O with the same result, but for those that give
 * messages as a wait and bytes as I/O. */
static gboolean was_the_wait(struct thread *thread, const struct fdar_event *event)
{
	gboolean was = thread->ended && thread->op == event->io.op && thread->fd == event->io.fd &&
		       (thread->result < 0) == (event->io.result < 0);

	thread->ended = FALSE;
	return was;
}

static void on_call(struct reading *reading, const struct fdar_event *event)
{
	gboolean moves = event->io.op == FDAR_IO_READ || event->io.op == FDAR_IO_WRITE;
	gboolean waited = was_the_wait(thread_of(reading, event), event);

	reading->syscalls->told = TRUE;
	reading->call =
		(struct fdar_syscall_sum){ .calls = !waited,
					   .errors = !waited && event->io.result < 0,
					   .bytes = moves && event->io.result > 0
							    ? MIN((uint64_t)event->io.result,
								  UINT64_MAX >> TOKEN_BYTES)
							    : 0 };
	reading->told = FALSE;
	fdar_walk_feed(reading->walk, event, 1);
	if (!reading->told)
		fdar_walk_sample(reading->walk, event->pid, event->tid, event->time_ns,
				 token_of(MIN(event->io.op, FDAR_IO_OPS), &reading->call));
}

static void on_wait(struct reading *reading, const struct fdar_event *event)
{
	struct thread *thread = thread_of(reading, event);

	thread->ended = event->kind == FDAR_EVENT_WAIT_END;
	if (thread->ended) {
		thread->result = event->waited.result;
		return;
	}
	thread->fd = event->waiting.fd;
	fdar_syscall_wait_name(reading->text(reading->texts, event->waiting.what),
			       event->waiting.kind, &thread->op);
}

static void feed(struct reading *reading, const struct fdar_event *events, size_t count)
{
	size_t from = 0;

	for (size_t i = 0; i < count; i++) {
		uint8_t kind = events[i].kind;

		if (kind == FDAR_EVENT_WAIT_BEGIN || kind == FDAR_EVENT_WAIT_END)
			on_wait(reading, &events[i]);
		if (kind != FDAR_EVENT_IO)
			continue;
		fdar_walk_feed(reading->walk, events + from, i - from);
		on_call(reading, &events[i]);
		from = i + 1;
	}
	fdar_walk_feed(reading->walk, events + from, count - from);
}

/* ---- a reading ---- */

static void row_clear(gpointer data)
{
	g_free(((struct fdar_syscall *)data)->name);
}

static struct fdar_syscalls *syscalls_new(void)
{
	struct fdar_syscalls *syscalls = g_new0(struct fdar_syscalls, 1);

	syscalls->rows = g_array_new(FALSE, FALSE, sizeof(struct fdar_syscall));
	g_array_set_clear_func(syscalls->rows, row_clear);
	return syscalls;
}

static void begin(struct reading *reading)
{
	reading->syscalls = syscalls_new();
	reading->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	reading->threads = g_array_new(FALSE, FALSE, sizeof(struct thread));
	reading->walk = fdar_walk_new(&listener, reading);
	fdar_walk_set_unit(reading->walk, reading->options->unit);
	fdar_walk_set_texts(reading->walk, reading->text, reading->texts);
}

static void end(struct reading *reading)
{
	struct fdar_syscalls *syscalls = reading->syscalls;

	fdar_walk_finish(reading->walk);
	for (guint i = 0; i < syscalls->rows->len; i++)
		syscalls->calls += row_at(syscalls, i)->of_sessions.calls +
				   row_at(syscalls, i)->of_server.calls;
	fdar_walk_free(reading->walk);
	g_hash_table_unref(reading->rows);
	fdar_intern_clear(&reading->ids);
	g_array_unref(reading->threads);
}

struct fdar_syscalls *fdar_syscalls_of(const struct fdar_event *events, size_t count,
				       fdar_text_fn text, const void *texts,
				       const struct fdar_syscalls_options *options)
{
	struct reading reading = { .options = options, .text = text, .texts = texts };

	begin(&reading);
	feed(&reading, events, count);
	end(&reading);
	return reading.syscalls;
}

static const char *text_of(const void *source, uint32_t name)
{
	return fdar_source_text(source, name);
}

static gboolean read_all(struct reading *reading, struct fdar_source *source, GError **error)
{
	const struct fdar_syscalls_options *options = reading->options;
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	gssize count;

	while ((count = fdar_source_read(source, batch, BATCH, error)) > 0) {
		feed(reading, batch, (size_t)count);
		if (options->go_on && !options->go_on(options->user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
	}
	return count == 0;
}

static void warn(const struct fdar_source *source, const char *path, GPtrArray *warnings)
{
	const GPtrArray *doubts = fdar_source_doubts(source);

	for (guint i = 0; warnings && i < doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(doubts, i);

		g_ptr_array_add(warnings, g_strdup_printf("%s: %s", path, doubt->text));
	}
}

struct fdar_syscalls *fdar_syscalls_read(const char *path,
					 const struct fdar_syscalls_options *options,
					 GError **error)
{
	const struct fdar_source_options how = { .go_on = options->go_on, .user = options->user };
	g_autoptr(fdar_source) source = fdar_source_open_with(path, &how, error);
	struct reading reading = { .options = options, .text = text_of, .texts = source };
	gboolean fine;

	if (!source)
		return NULL;
	begin(&reading);
	fine = read_all(&reading, source, error);
	end(&reading);
	if (fine) {
		warn(source, path, options->warnings);
		return reading.syscalls;
	}
	fdar_syscalls_free(reading.syscalls);
	return NULL;
}

/* ---- several ---- */

const struct fdar_syscall *fdar_syscalls_find(const struct fdar_syscalls *syscalls,
					      const char *name)
{
	for (guint i = 0; i < syscalls->rows->len; i++)
		if (strcmp(row_at(syscalls, i)->name, name) == 0)
			return row_at(syscalls, i);
	return NULL;
}

void fdar_syscalls_add(struct fdar_syscalls *syscalls, const struct fdar_syscalls *other)
{
	for (guint i = 0; i < other->rows->len; i++) {
		const struct fdar_syscall *from = row_at(other, i);
		struct fdar_syscall *to =
			(struct fdar_syscall *)fdar_syscalls_find(syscalls, from->name);

		if (!to) {
			struct fdar_syscall row = *from;

			row.name = g_strdup(from->name);
			g_array_append_val(syscalls->rows, row);
			continue;
		}
		add(&to->of_sessions, &from->of_sessions);
		add(&to->of_server, &from->of_server);
		to->sessions += from->sessions;
		to->most_calls = MAX(to->most_calls, from->most_calls);
		to->most_waiting_ns = MAX(to->most_waiting_ns, from->most_waiting_ns);
	}
	syscalls->sessions += other->sessions;
	syscalls->calls += other->calls;
	syscalls->told = syscalls->told || other->told;
}

void fdar_syscalls_free(struct fdar_syscalls *syscalls)
{
	if (!syscalls)
		return;
	g_array_unref(syscalls->rows);
	g_free(syscalls);
}
