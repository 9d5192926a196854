#include "replay/sessions/windows.h"

#define LEAST_NS    ((uint64_t)1000000)
#define SEGMENT     536u /* where none is said (RFC 9293, 3.7.1) */
#define SCALE_MAX   14u  /* RFC 7323, 2.3 */
#define BOTH        3u
#define FORWARD_MAX ((int32_t)1 << 30) /* no window is larger */

/* Where a number is in the server's stream, which is near so many bytes; negative: before its beginning. */
static int64_t offset_of(const struct fdar_window *window, uint32_t number, uint64_t near)
{
	return (int64_t)near + (int32_t)(number - (window->begin + (uint32_t)near));
}

static void note_syn(struct fdar_window *window, enum fdar_way way,
		     const struct fdar_decoded *decoded)
{
	if (window->sent)
		return; /* again, or somebody else's */
	window->syn |= (uint8_t)(1u << way);
	window->scale[way] = decoded->scale;
	if (way == FDAR_FROM_CLIENT) {
		window->first = decoded->window;
		window->segment = decoded->mss ? decoded->mss : SEGMENT;
	} else {
		window->begin = decoded->seq + 1;
	}
	window->edge = window->largest = window->first;
}

/* Less than that is no room for a segment; a sender with a small window sends when half of it is free (RFC 9293, 3.8.6.2.1). */
static gboolean is_closed(const struct fdar_window *window)
{
	uint32_t room = MAX(MIN((uint32_t)window->segment, window->largest / 2), 1);

	return window->edge < window->sent + room;
}

static void look(struct fdar_window *window, uint64_t time_ns)
{
	gboolean closed = is_closed(window);

	if (closed && !window->closed)
		window->since_ns = time_ns;
	window->closed = closed != FALSE;
}

static void hold(struct fdar_window *window, uint64_t time_ns, size_t *open)
{
	uint64_t pause_ns = window->short_ns + time_ns - MIN(window->since_ns, time_ns);
	struct fdar_hold hold = { window->edge, pause_ns };

	window->since_ns = time_ns;
	window->short_ns = pause_ns < LEAST_NS ? pause_ns : 0;
	if (window->short_ns || *open >= FDAR_HOLDS_OPEN_MAX)
		return;
	if (!window->holds)
		window->holds = g_array_new(FALSE, FALSE, sizeof(struct fdar_hold));
	if (window->holds->len >= FDAR_HOLDS_MAX)
		return;
	g_array_append_val(window->holds, hold);
	++*open;
}

/* The client acknowledges, and says how much more it takes. */
static void note_client(struct fdar_window *window, const struct fdar_decoded *decoded,
			uint64_t time_ns, size_t *open)
{
	gboolean scaled = window->scale[0] <= SCALE_MAX && window->scale[1] <= SCALE_MAX;
	uint32_t size = (uint32_t)decoded->window << (scaled ? window->scale[0] : 0);
	int64_t edge = offset_of(window, decoded->ack + size, window->edge);

	if (edge <= (int64_t)window->edge || edge - (int64_t)window->edge > FORWARD_MAX)
		return;
	if (window->closed)
		hold(window, time_ns, open);
	window->largest = MAX(window->largest, size);
	window->edge = (uint64_t)edge;
	look(window, time_ns);
}

static void note_server(struct fdar_window *window, const struct fdar_decoded *decoded,
			uint64_t time_ns)
{
	uint32_t length = fdar_decoded_payload_length(decoded);
	int64_t end = offset_of(window, decoded->seq + length, window->sent);

	/* A keep-alive, or a look at whether the window is still closed, is beyond its edge. */
	if (!length || end <= (int64_t)window->sent || end > (int64_t)window->edge)
		return;
	window->sent = (uint64_t)end;
	look(window, time_ns);
}

void fdar_window_packet(struct fdar_window *window, enum fdar_way way,
			const struct fdar_decoded *decoded, uint64_t time_ns, size_t *open)
{
	if (decoded->kind != FDAR_DECODED_TCP || decoded->flags & FDAR_TCP_RST)
		return;
	if (decoded->flags & FDAR_TCP_SYN)
		note_syn(window, way, decoded);
	else if (window->syn != BOTH)
		return;
	else if (way == FDAR_FROM_SERVER)
		note_server(window, decoded, time_ns);
	else if (decoded->flags & FDAR_TCP_ACK)
		note_client(window, decoded, time_ns, open);
}

void fdar_window_clear(struct fdar_window *window, size_t *open)
{
	if (!window->holds)
		return;
	*open -= window->holds->len;
	g_array_unref(window->holds);
	window->holds = NULL;
}
