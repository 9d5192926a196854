#include "pipeline/clocks/meetings.h"

#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "instrument/wire/events.h"

#define MARKS       32u /* bytes of a way that are looked at */
#define THREADS_MAX (1u << 18)
/* The year 2116: later times are lies, whose sums would not fit. */
#define TIME_MAX (UINT64_C(1) << 62)

/* What went one way: when the bytes step, 2 step, 3 step, ... did. */
struct way {
	uint64_t bytes;
	uint64_t step; /* a power of two; 0: nothing went yet */
	uint64_t at_ns[MARKS];
};

enum side { CONNECTED, ACCEPTED };

struct end {
	uint32_t clock;
	struct way in, out;
};

struct meeting {
	guint hash; /* of its address */
	guint told[2];
	struct end *ends[2]; /* NULL: not told of, or of several */
};

/* A descriptor that is open. */
struct open {
	struct meeting *meeting;
	enum side side;
};

struct thread {
	uint64_t before_ns; /* what it does next it does after this */
	int32_t accepted;   /* just now; -1: none */
};

struct fdar_meetings {
	struct fdar_intern threads; /* (pid, tid) -> index of each */
	GArray *each;               /* of struct thread */
	GHashTable *by_address;     /* char * -> struct meeting *, owned */
	GHashTable *open;           /* pid << 32 | fd -> struct open *, owned */
	guint mask;                 /* of hashes: those with none of these bits are kept */
};

/* ---- bytes ---- */

static void way_add(struct way *way, int64_t bytes, uint64_t time_ns)
{
	uint64_t last = way->bytes + (uint64_t)bytes;

	if (last > INT64_MAX)
		return;
	way->step = MAX(way->step, 1);
	while (last / way->step > MARKS) {
		for (guint i = 0; i < MARKS / 2; i++)
			way->at_ns[i] = way->at_ns[2 * i + 1];
		way->step *= 2;
	}
	for (uint64_t i = way->bytes / way->step; i < last / way->step; i++)
		way->at_ns[i] = time_ns;
	way->bytes = last;
}

/* ---- who is open ---- */

static void meeting_free(void *data)
{
	struct meeting *meeting = data;

	for (int i = 0; i < 2; i++)
		g_free(meeting->ends[i]);
	g_free(meeting);
}

struct fdar_meetings *fdar_meetings_new(void)
{
	struct fdar_meetings *meetings = g_new0(struct fdar_meetings, 1);

	meetings->each = g_array_new(FALSE, FALSE, sizeof(struct thread));
	meetings->by_address = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, meeting_free);
	meetings->open = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return meetings;
}

void fdar_meetings_free(struct fdar_meetings *meetings)
{
	if (!meetings)
		return;
	fdar_intern_clear(&meetings->threads);
	g_array_unref(meetings->each);
	g_hash_table_unref(meetings->open);
	g_hash_table_unref(meetings->by_address);
	g_free(meetings);
}

static guint64 key_of(const struct fdar_event *event, int32_t fd)
{
	return (guint64)event->pid << 32 | (uint32_t)fd;
}

static gboolean is_left_out(guint hash, guint mask)
{
	return (hash & mask) != 0;
}

static gboolean open_is_out(gpointer key, gpointer value, gpointer mask)
{
	(void)key;
	return is_left_out(((const struct open *)value)->meeting->hash, *(const guint *)mask);
}

static gboolean meeting_is_out(gpointer key, gpointer value, gpointer mask)
{
	(void)key;
	return is_left_out(((const struct meeting *)value)->hash, *(const guint *)mask);
}

/* Half of them go, whoever tells of them. */
static void make_room(struct fdar_meetings *meetings)
{
	while (g_hash_table_size(meetings->by_address) >= FDAR_MEETINGS_MAX &&
	       meetings->mask != G_MAXUINT) {
		meetings->mask = meetings->mask << 1 | 1;
		g_hash_table_foreach_remove(meetings->open, open_is_out, &meetings->mask);
		g_hash_table_foreach_remove(meetings->by_address, meeting_is_out, &meetings->mask);
	}
}

/* Between hosts: "1.2.3.4:5", "[1::2]:5". */
static gboolean is_of_network(const char *address)
{
	return (g_ascii_isdigit(*address) || *address == '[') &&
	       !g_str_has_prefix(address, "127.") && !g_str_has_prefix(address, "[::1]");
}

/* g_str_hash leaves the lowest bits to the last digits. */
static guint mix(guint hash)
{
	hash ^= hash >> 16;
	hash *= 0x45d9f3bu;
	return hash ^ hash >> 16;
}

static void begin(struct fdar_meetings *meetings, const struct fdar_event *event, uint32_t clock,
		  int32_t fd, enum side side, const char *address)
{
	guint hash = mix(g_str_hash(address));
	guint64 key = key_of(event, fd);
	struct meeting *meeting;
	struct open *open;

	g_hash_table_remove(meetings->open, &key);
	if (!is_of_network(address) || is_left_out(hash, meetings->mask))
		return;
	meeting = g_hash_table_lookup(meetings->by_address, address);
	if (!meeting) {
		make_room(meetings);
		/* Addresses can be made up that have one hash all. */
		if (is_left_out(hash, meetings->mask) ||
		    g_hash_table_size(meetings->by_address) >= FDAR_MEETINGS_MAX)
			return;
		meeting = g_new0(struct meeting, 1);
		meeting->hash = hash;
		g_hash_table_insert(meetings->by_address, g_strdup(address), meeting);
	}
	if (meeting->told[side]++) {
		g_clear_pointer(&meeting->ends[side], g_free);
		return;
	}
	meeting->ends[side] = g_new0(struct end, 1);
	meeting->ends[side]->clock = clock;
	open = g_new(struct open, 1);
	*open = (struct open){ meeting, side };
	g_hash_table_insert(meetings->open, g_memdup2(&key, sizeof(key)), open);
}

/* ---- events ---- */

/* NULL: too many. */
static struct thread *thread_of(struct fdar_meetings *meetings, const struct fdar_event *event)
{
	const struct thread fresh = { .accepted = -1 };
	uint32_t index = meetings->each->len < THREADS_MAX
				 ? fdar_intern_add(&meetings->threads, event->pid, event->tid)
				 : fdar_intern_find(&meetings->threads, event->pid, event->tid);

	if (index == FDAR_INTERN_NONE)
		return NULL;
	if (index == meetings->each->len)
		g_array_append_val(meetings->each, fresh);
	return &g_array_index(meetings->each, struct thread, index);
}

static struct end *end_of(const struct fdar_meetings *meetings, const struct fdar_event *event,
			  int32_t fd)
{
	guint64 key = key_of(event, fd);
	const struct open *open = g_hash_table_lookup(meetings->open, &key);

	return open ? open->meeting->ends[open->side] : NULL;
}

static void on_io(struct fdar_meetings *meetings, struct thread *thread,
		  const struct fdar_event *event)
{
	struct end *end = end_of(meetings, event, event->io.fd);
	guint64 key = key_of(event, event->io.fd);

	if (event->io.op == FDAR_IO_CLOSE)
		g_hash_table_remove(meetings->open, &key);
	if (event->io.result < 0)
		return;
	if (event->io.op == FDAR_IO_ACCEPT && event->io.result <= INT32_MAX)
		thread->accepted = (int32_t)event->io.result;
	if (!end)
		return;
	if (event->io.op == FDAR_IO_READ)
		way_add(&end->in, event->io.result, event->time_ns);
	if (event->io.op == FDAR_IO_WRITE)
		way_add(&end->out, event->io.result, thread->before_ns);
}

/* "FD OWN-ADDRESS ADDRESS" */
static void on_note(struct fdar_meetings *meetings, const struct fdar_event *event, uint32_t clock,
		    const char *name)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) words = NULL;
	gint64 fd;

	if (strcmp(name, FDAR_NOTE_UPSTREAM) != 0)
		return;
	text = g_strndup(event->note.value, event->note.value_len);
	words = g_strsplit(text, " ", 4);
	if (g_strv_length(words) == 3 &&
	    g_ascii_string_to_signed(words[0], 10, 0, INT32_MAX, &fd, NULL))
		begin(meetings, event, clock, (int32_t)fd, CONNECTED, words[1]);
}

static void on_session(struct fdar_meetings *meetings, struct thread *thread,
		       const struct fdar_event *event, uint32_t clock)
{
	int32_t accepted = thread->accepted;
	g_autofree char *peer = NULL;

	thread->accepted = -1;
	if (event->session.fd < 0 || event->session.fd != accepted)
		return;
	peer = g_strndup(event->session.peer, event->session.peer_len);
	begin(meetings, event, clock, accepted, ACCEPTED, peer);
}

/* What is told after the call that it is about, before the event of the call; or is made up. A wait for one descriptor
 * may be for the rest of what is sent, of which some is gone (instrument/io/send.c). */
static gboolean may_be_late(const struct fdar_event *event)
{
	switch (event->kind) {
	case FDAR_EVENT_WAIT_BEGIN:
		return event->waiting.kind == FDAR_WAIT_IO;
	case FDAR_EVENT_IO:
	case FDAR_EVENT_BYTES:
	case FDAR_EVENT_FUNC_ENTRY:
	case FDAR_EVENT_FUNC_EXIT:
	case FDAR_EVENT_SCOPE_ENTER:
	case FDAR_EVENT_SCOPE_EXIT:
		return FALSE;
	default:
		return TRUE;
	}
}

void fdar_meetings_feed(struct fdar_meetings *meetings, const struct fdar_event *event,
			uint32_t clock, const char *name)
{
	struct thread *thread = clock ? thread_of(meetings, event) : NULL;

	if (!thread)
		return;
	if (event->kind == FDAR_EVENT_IO)
		on_io(meetings, thread, event);
	if (event->kind == FDAR_EVENT_NOTE)
		on_note(meetings, event, clock, name);
	if (event->kind == FDAR_EVENT_SESSION_BEGIN)
		on_session(meetings, thread, event, clock);
	if (!may_be_late(event))
		thread->before_ns = MAX(thread->before_ns, event->time_ns);
}

/* ---- what both ends tell ---- */

struct telling {
	void (*byte)(void *user, const struct fdar_meetings_byte *byte);
	void *user;
};

static void tell_way(const struct telling *telling, const struct end *from, const struct end *to,
		     gboolean first)
{
	const struct way *out = &from->out, *in = &to->in;
	uint64_t step = MAX(out->step, in->step);
	uint64_t bytes = MIN(out->bytes, in->bytes);

	for (uint64_t i = 1; step && i <= bytes / step; i++) {
		uint64_t sent_ns = out->at_ns[i * (step / out->step) - 1];
		uint64_t come_ns = in->at_ns[i * (step / in->step) - 1];
		const struct fdar_meetings_byte byte = {
			.sender = from->clock,
			.receiver = to->clock,
			.sent_ns = (int64_t)sent_ns,
			.come_ns = (int64_t)come_ns,
			.first = first,
		};

		/* A thread whose first event that is has said nothing before. */
		if (!sent_ns || sent_ns >= TIME_MAX || come_ns >= TIME_MAX)
			continue;
		telling->byte(telling->user, &byte);
		first = FALSE;
	}
}

void fdar_meetings_tell(const struct fdar_meetings *meetings,
			void (*byte)(void *user, const struct fdar_meetings_byte *byte), void *user)
{
	const struct telling telling = { byte, user };
	GHashTableIter all;
	gpointer value;

	g_hash_table_iter_init(&all, meetings->by_address);
	while (g_hash_table_iter_next(&all, NULL, &value)) {
		const struct meeting *meeting = value;
		const struct end *a = meeting->ends[CONNECTED], *b = meeting->ends[ACCEPTED];

		if (!a || !b || a->clock == b->clock || b->in.bytes > a->out.bytes ||
		    a->in.bytes > b->out.bytes)
			continue;
		tell_way(&telling, a, b, TRUE);
		tell_way(&telling, b, a, FALSE);
	}
}
