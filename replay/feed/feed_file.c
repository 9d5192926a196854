#include "replay/feed/feed_file.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

#include "base/file_write.h"
#include "instrument/wire/feed.h"

#define BATCH_BYTES (1u << 20)

/* A step before it has its place. */
struct timed {
	struct fdar_feed_step step;
	const uint8_t *bytes;
	uint64_t number; /* among all: ties keep the order in which they were made */
};

static gboolean is_fed(const struct fdar_script *script)
{
	return !script->unfit && !script->sealed && !script->half_open &&
	       script->session->transport == FDAR_TCP;
}

void fdar_feed_count(const struct fdar_scripts *scripts, struct fdar_feed_counts *counts)
{
	*counts = (struct fdar_feed_counts){ 0 };
	for (size_t i = 0; i < scripts->count; i++) {
		const struct fdar_script *script = &scripts->scripts[i];

		if (script->session->transport == FDAR_UDP)
			counts->datagrams++;
		else if (script->unfit)
			counts->unfit++;
		else if (!is_fed(script))
			counts->sealed++;
		else
			counts->connections++;
	}
}

static void set_address(struct fdar_feed_address *address, const struct fdar_endpoint *endpoint)
{
	gboolean six = endpoint->family == FDAR_FAMILY_IPV6;

	memcpy(address->bytes, endpoint->addr, six ? 16 : 4);
	address->port = endpoint->port;
	address->family = six ? 6 : 4;
}

static void add(GArray *steps, uint32_t connection, enum fdar_feed_kind kind, uint64_t time_ns)
{
	struct timed timed = {
		.step = { .time_ns = time_ns, .connection = connection, .kind = kind },
		.number = steps->len
	};

	g_array_append_val(steps, timed);
}

static struct timed *last(GArray *steps)
{
	return &g_array_index(steps, struct timed, steps->len - 1);
}

static void add_session(GArray *steps, const struct fdar_script *script, uint32_t connection)
{
	gboolean over = FALSE;

	add(steps, connection, FDAR_FEED_OPEN, script->session->start_ns);
	set_address(&last(steps)->step.client, &script->session->client);
	set_address(&last(steps)->step.server, &script->session->server);
	for (uint64_t i = script->from; i < script->count && !over; i++) {
		const struct fdar_piece *piece = &script->pieces[i];

		if (piece->way == FDAR_FROM_SERVER) {
			over = piece->kind == FDAR_PIECE_RST; /* what came after it met nobody */
		} else if (piece->kind == FDAR_PIECE_DATA) {
			add(steps, connection, FDAR_FEED_SEND, piece->time_ns);
			last(steps)->step.length = piece->length;
			last(steps)->bytes = fdar_script_payload(script, piece);
		} else if (piece->kind == FDAR_PIECE_FIN) {
			add(steps, connection, FDAR_FEED_FIN, piece->time_ns);
		} else if (piece->kind == FDAR_PIECE_RST) {
			over = TRUE;
		}
	}
	add(steps, connection, FDAR_FEED_CLOSE,
	    MAX(last(steps)->step.time_ns, over ? 0 : script->hold_ns));
}

static int by_time(gconstpointer a, gconstpointer b)
{
	const struct timed *one = a, *other = b;

	if (one->step.time_ns != other->step.time_ns)
		return one->step.time_ns < other->step.time_ns ? -1 : 1;
	return one->number < other->number ? -1 : one->number > other->number;
}

static gboolean flush(GByteArray *batch, int fd, GError **error)
{
	if (!fdar_file_write_all(fd, batch->data, batch->len)) {
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
			    "what is fed cannot be written: %s", g_strerror(errno));
		return FALSE;
	}
	g_byte_array_set_size(batch, 0);
	return TRUE;
}

gboolean fdar_feed_write(const struct fdar_scripts *scripts, gboolean real_time, int fd,
			 GError **error)
{
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(struct timed));
	g_autoptr(GByteArray) batch = g_byte_array_new();
	struct fdar_feed_header header = { .magic = FDAR_FEED_MAGIC, .real_time = real_time != 0 };
	static const uint8_t padding[8];

	for (size_t i = 0; i < scripts->fit; i++) {
		const struct fdar_script *script = &scripts->scripts[scripts->order[i]];

		if (!is_fed(script))
			continue;
		if (!header.connections)
			header.epoch_ns = script->session->epoch_ns - script->session->start_ns;
		add_session(steps, script, header.connections++);
	}
	g_array_sort(steps, by_time);
	header.steps = steps->len;
	g_byte_array_append(batch, (const guint8 *)&header, sizeof(header));
	for (guint i = 0; i < steps->len; i++) {
		const struct timed *timed = &g_array_index(steps, struct timed, i);
		guint length = timed->step.length;

		g_byte_array_append(batch, (const guint8 *)&timed->step, sizeof(timed->step));
		if (length)
			g_byte_array_append(batch, timed->bytes, length);
		g_byte_array_append(batch, padding, (8 - length % 8) % 8);
		if (batch->len > BATCH_BYTES && !flush(batch, fd, error))
			return FALSE;
	}
	return flush(batch, fd, error);
}
