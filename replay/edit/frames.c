#include "replay/edit/frames.h"

#include <string.h>

#define LENGTH_MAX   INT32_MAX
#define MYSQL_MAX    0xffffffu
#define MYSQL_HEADER 4u

/* A walk over a message. */
struct walk {
	struct fdar_frames *frames;
	const uint8_t *bytes;
	size_t size;
	GArray *changes; /* what is asked for, in order; at stands at the first that is not passed */
	guint at;
	GArray *lengths; /* changes of lengths */
	size_t refused;
};

static struct fdar_edit_change *change_at(const struct walk *walk, guint i)
{
	return &g_array_index(walk->changes, struct fdar_edit_change, i);
}

static void refuse(struct walk *walk, guint i)
{
	g_array_remove_index(walk->changes, i);
	walk->refused++;
}

/* By how much the changes between two places make it longer. Those across a border of them would move
 * it: they are refused. Passes over what is before, too. */
static int64_t growth(struct walk *walk, size_t from, size_t to)
{
	int64_t sum = 0;

	while (walk->at < walk->changes->len && change_at(walk, walk->at)->to <= from &&
	       change_at(walk, walk->at)->from < from)
		walk->at++;
	for (guint i = walk->at; i < walk->changes->len && change_at(walk, i)->from < to;) {
		const struct fdar_edit_change *change = change_at(walk, i);

		if (change->from < from || change->to > to) {
			refuse(walk, i);
			continue;
		}
		if (change->mend)
			sum += (int64_t)change->size - (int64_t)(change->to - change->from);
		i++;
	}
	return sum;
}

static gboolean is_frozen(const struct fdar_edit_change *change, size_t from, size_t to)
{
	return change->from < to && change->to > from && change->mend &&
	       change->size != change->to - change->from;
}

/* Takes out the changes between two places whose size is another, those in a row at once: there may be one a byte. */
static void freeze(struct walk *walk, size_t from, size_t to)
{
	for (guint i = 0; i < walk->changes->len; i++) {
		guint end = i;

		while (end < walk->changes->len && is_frozen(change_at(walk, end), from, to))
			end++;
		if (end > i)
			g_array_remove_range(walk->changes, i, end - i);
		walk->refused += end - i;
	}
}

/* They are sorted, and none is over another: so is where they end. */
static gboolean is_changed(const struct walk *walk, size_t from, size_t to)
{
	guint low = 0, high = walk->changes->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (change_at(walk, middle)->to > from)
			high = middle;
		else
			low = middle + 1;
	}
	return low < walk->changes->len && change_at(walk, low)->from < to;
}

/* Writes a length of text anew. Who changes the length's own digits means it. */
static void mend_text(struct walk *walk, size_t from, size_t to, uint64_t length, int64_t by,
		      const char *format)
{
	unsigned long long now = length + (uint64_t)by; /* never less than 0: by is of its bytes */
	char text[32];

	if (!by || is_changed(walk, from, to))
		return;
	g_snprintf(text, sizeof(text), format, now);
	fdar_edit_change_add(walk->lengths, from, to, text, strlen(text), FALSE);
}

/* Digits from *at on; moves *at behind them. FALSE when there are none, or too many. */
static gboolean read_number(const struct walk *walk, size_t *at, unsigned base, uint64_t *number)
{
	size_t begin = *at;

	for (*number = 0; *at < walk->size && *number <= LENGTH_MAX; ++*at) {
		int digit = g_ascii_xdigit_value((char)walk->bytes[*at]);

		if (digit < 0 || digit >= (int)base)
			break;
		*number = *number * base + (unsigned)digit;
	}
	return *at > begin && *number <= LENGTH_MAX;
}

static gboolean is_end(const struct walk *walk, size_t at)
{
	return at + 2 <= walk->size && memcmp(walk->bytes + at, "\r\n", 2) == 0;
}

/* ---- RESP ---- */

/* A bulk string: "$5\r\nhello\r\n". Moves *at behind it. FALSE when it is none, or not whole. */
static gboolean walk_bulk(struct walk *walk, size_t *at)
{
	size_t begin = *at + 1, end = begin;
	uint64_t length;

	if (*at >= walk->size || walk->bytes[*at] != '$' || !read_number(walk, &end, 10, &length) ||
	    !is_end(walk, end) || length > walk->size - end - 2 || !is_end(walk, end + 2 + length))
		return FALSE;
	mend_text(walk, begin, end, length, growth(walk, end + 2, end + 2 + length), "%llu");
	*at = end + 2 + length + 2;
	return TRUE;
}

/* Commands as clients send them; what is not whole at the end has its lengths in another message. */
static gboolean walk_resp(struct walk *walk)
{
	size_t at = 0;

	while (at < walk->size) {
		uint64_t count;
		size_t digits = at + 1;

		if (walk->bytes[at] != '*' || !read_number(walk, &digits, 10, &count) ||
		    !is_end(walk, digits))
			break;
		at = digits + 2;
		while (count > 0 && walk_bulk(walk, &at))
			count--;
		if (count > 0)
			break;
	}
	if (at == 0)
		return FALSE;
	freeze(walk, at, walk->size);
	return TRUE;
}

/* ---- MySQL ---- */

static size_t mysql_length(const uint8_t *bytes)
{
	return (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16;
}

/* Whole packets, numbered on, from the first byte to the last. */
static gboolean is_mysql(const struct walk *walk)
{
	size_t at = 0;

	while (walk->size - at >= MYSQL_HEADER &&
	       mysql_length(walk->bytes + at) <= walk->size - at - MYSQL_HEADER) {
		size_t next = at + MYSQL_HEADER + mysql_length(walk->bytes + at);

		/* A client's commands begin with 0; in a handshake its packets are odd. */
		if (walk->bytes[at + 3] > 16 || next == at + MYSQL_HEADER)
			return FALSE;
		at = next;
	}
	return at > 0 && at == walk->size;
}

static gboolean walk_mysql(struct walk *walk)
{
	if (!is_mysql(walk))
		return FALSE;
	for (size_t at = 0; at < walk->size;) {
		size_t length = mysql_length(walk->bytes + at), body = at + MYSQL_HEADER;
		int64_t by = growth(walk, body, body + length);
		size_t now = (size_t)((int64_t)length + by);
		uint8_t text[3] = { (uint8_t)now, (uint8_t)(now >> 8), (uint8_t)(now >> 16) };

		if (now >= MYSQL_MAX || !now)
			freeze(walk, body, body + length);
		else if (by && !is_changed(walk, at, at + 3))
			fdar_edit_change_add(walk->lengths, at, at + 3, text, sizeof(text), FALSE);
		at = body + length;
	}
	return TRUE;
}

/* ---- HTTP ---- */

struct http_head {
	size_t end; /* behind the empty line */
	size_t length_from, length_to;
	uint64_t length;
	gboolean has_length, chunked;
};

static gboolean begins_with(const struct walk *walk, size_t at, const char *text)
{
	size_t size = strlen(text);

	return walk->size - at >= size &&
	       g_ascii_strncasecmp((const char *)walk->bytes + at, text, size) == 0;
}

static size_t line_end(const struct walk *walk, size_t at)
{
	const uint8_t *end = memchr(walk->bytes + at, '\n', walk->size - at);

	return end ? (size_t)(end - walk->bytes) + 1 : walk->size + 1;
}

static void read_header(const struct walk *walk, size_t at, size_t end, struct http_head *head)
{
	static const char length[] = "content-length:", coding[] = "transfer-encoding:";

	if (begins_with(walk, at, length)) {
		size_t digits = at + strlen(length);

		while (digits < end && (walk->bytes[digits] == ' ' || walk->bytes[digits] == '\t'))
			digits++;
		head->length_from = digits;
		head->has_length = read_number(walk, &digits, 10, &head->length);
		head->length_to = digits;
	}
	if (begins_with(walk, at, coding))
		head->chunked = g_strstr_len((const char *)walk->bytes + at, (gssize)(end - at),
					     "chunked") != NULL;
}

/* A request line, and headers up to the empty line. FALSE when that is not there. */
static gboolean read_head(const struct walk *walk, size_t at, struct http_head *head)
{
	size_t end = line_end(walk, at);
	const char *line = (const char *)walk->bytes + at;

	memset(head, 0, sizeof(*head));
	if (end > walk->size || !g_ascii_isupper(*line) ||
	    !g_strstr_len(line, (gssize)(end - at), " HTTP/1."))
		return FALSE;
	for (at = end; at < walk->size; at = end) {
		end = line_end(walk, at);
		if (end > walk->size)
			return FALSE;
		if (end - at <= 2 && walk->bytes[at] != ' ') {
			head->end = end;
			return TRUE;
		}
		read_header(walk, at, end, head);
	}
	return FALSE;
}

/* Chunks, and trailers behind the last. FALSE when they go on in the next message. */
static gboolean walk_chunks(struct walk *walk, size_t *at)
{
	while (*at < walk->size) {
		size_t digits = *at, body = line_end(walk, *at);
		uint64_t length;

		if (!read_number(walk, &digits, 16, &length) || body > walk->size ||
		    length > walk->size - body)
			break;
		mend_text(walk, *at, digits, length, growth(walk, body, body + length), "%llx");
		*at = body + length;
		if (length == 0) {
			while (*at < walk->size && !is_end(walk, *at))
				*at = MIN(line_end(walk, *at), walk->size);
			*at = MIN(*at + 2, walk->size);
			return TRUE;
		}
		*at = MIN(*at + 2, walk->size);
	}
	/* The size of the one at hand is sent, or is behind a border: not to be changed. */
	freeze(walk, *at, walk->size);
	*at = walk->size;
	return FALSE;
}

/* What an earlier message left over of a body. */
static size_t walk_rest(struct walk *walk)
{
	size_t at = 0;

	if (walk->frames->in_chunks) {
		walk->frames->in_chunks = !walk_chunks(walk, &at);
		return at;
	}
	at = (size_t)MIN(walk->frames->body_left, walk->size);
	walk->frames->body_left -= at;
	freeze(walk, 0, at);
	return at;
}

static gboolean walk_http(struct walk *walk)
{
	size_t at = walk_rest(walk);
	gboolean found = at > 0;
	struct http_head head;

	while (at < walk->size && read_head(walk, at, &head)) {
		size_t body = head.end;

		found = TRUE;
		at = body;
		if (head.chunked) {
			walk->frames->in_chunks = !walk_chunks(walk, &at);
		} else if (head.has_length) {
			size_t here = (size_t)MIN(head.length, walk->size - body);

			mend_text(walk, head.length_from, head.length_to, head.length,
				  growth(walk, body, body + here), "%llu");
			walk->frames->body_left = head.length - here;
			at = body + here;
		}
	}
	return found;
}

/* ---- all of them ---- */

size_t fdar_frames_mend(struct fdar_frames *frames, const uint8_t *bytes, size_t size,
			GArray *changes)
{
	static const char preface[] = "PRI * HTTP/2";
	struct walk walk = { .frames = frames, .bytes = bytes, .size = size, .changes = changes };

	frames->is_http2 |=
		size >= sizeof(preface) - 1 && memcmp(bytes, preface, sizeof(preface) - 1) == 0;
	if (frames->is_http2) {
		walk.refused = changes->len;
		g_array_set_size(changes, 0);
		return walk.refused;
	}
	walk.lengths = g_array_new(FALSE, FALSE, sizeof(struct fdar_edit_change));
	if (!walk_http(&walk) && !walk_resp(&walk))
		walk_mysql(&walk);
	g_array_append_vals(changes, walk.lengths->data, walk.lengths->len);
	g_array_unref(walk.lengths);
	fdar_edit_changes_sort(changes);
	return walk.refused;
}
