#include "pipeline/events/calls_mark.h"

#include <glib.h>
#include <string.h>

#include "instrument/wire/calls.h"
#include "instrument/wire/events.h"
#include "pipeline/events/event_state.h"

#define NUMBER_BYTES 10u

/* What a mark says. */
struct said {
	uint64_t key, small;
	int64_t fd, result;
	const uint8_t *text;
	uint64_t text_len;
};

static const uint8_t *take(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
	*value = 0;
	for (unsigned i = 0; at && i < NUMBER_BYTES && at + i < end; i++) {
		uint64_t byte = at[i];

		if (i == NUMBER_BYTES - 1 && byte > 1)
			return NULL;
		*value |= (byte & 0x7f) << 7 * i;
		if (byte < 0x80)
			return at + i + 1;
	}
	return NULL;
}

static const uint8_t *take_signed(const uint8_t *at, const uint8_t *end, int64_t *value)
{
	uint64_t zigzag;

	at = take(at, end, &zigzag);
	*value = (int64_t)(zigzag >> 1 ^ -(zigzag & 1));
	return at;
}

static const uint8_t *take_said(struct calls_mark *mark, const uint8_t *at, const uint8_t *end,
				unsigned has, struct said *said)
{
	int64_t delta;

	*said = (struct said){ .fd = -1 };
	if (has & FDAR_CALLS_HAS_KEY) {
		at = take_signed(at, end, &delta);
		mark->key += (uint64_t)delta;
		said->key = mark->key;
	}
	if (has & FDAR_CALLS_HAS_SMALL)
		at = take(at, end, &said->small);
	if (has & FDAR_CALLS_HAS_FD)
		at = take_signed(at, end, &said->fd);
	if (has & FDAR_CALLS_HAS_RESULT)
		at = take_signed(at, end, &said->result);
	if (!(has & FDAR_CALLS_HAS_TEXT))
		return at;
	at = take(at, end, &said->text_len);
	if (!at || said->text_len > FDAR_TEXT_MAX || said->text_len > (uint64_t)(end - at))
		return NULL;
	said->text = at;
	return at + said->text_len;
}

/* What is waited for: a name that comes again and again. */
static uint32_t name_of(struct calls_mark *mark, const struct said *said)
{
	char name[FDAR_TEXT_MAX + 1];

	if (!mark->texts)
		return 0;
	memcpy(name, said->text, said->text_len);
	name[said->text_len] = '\0';
	return fdar_texts_id(mark->texts, name);
}

static void fill(struct calls_mark *mark, enum fdar_calls_mark kind, const struct said *said,
		 struct fdar_event *out)
{
	static const uint8_t kinds[FDAR_CALLS_MARKS] = {
		[FDAR_CALLS_RESUME] = FDAR_EVENT_SESSION_RESUME,
		[FDAR_CALLS_SUSPEND] = FDAR_EVENT_SESSION_SUSPEND,
		[FDAR_CALLS_REQUEST_BEGIN] = FDAR_EVENT_REQUEST_BEGIN,
		[FDAR_CALLS_REQUEST_END] = FDAR_EVENT_REQUEST_END,
		[FDAR_CALLS_WAIT_BEGIN] = FDAR_EVENT_WAIT_BEGIN,
		[FDAR_CALLS_WAIT_END] = FDAR_EVENT_WAIT_END,
		[FDAR_CALLS_IO] = FDAR_EVENT_IO,
	};

	out->kind = kinds[kind];
	switch (kind) {
	case FDAR_CALLS_REQUEST_BEGIN:
		out->request.key = said->key;
		out->request.what = fdar_event_copy_text(mark->arena, (const char *)said->text,
							 said->text_len, &out->request.what_len);
		break;
	case FDAR_CALLS_REQUEST_END:
		out->request.key = said->key;
		out->request.result = said->result;
		break;
	case FDAR_CALLS_WAIT_BEGIN:
		out->waiting.what = name_of(mark, said);
		out->waiting.fd = (int32_t)said->fd;
		out->waiting.kind =
			(uint8_t)(said->small <= FDAR_WAIT_SLEEP ? said->small : FDAR_WAIT_OTHER);
		break;
	case FDAR_CALLS_WAIT_END:
		out->waited.result = said->result;
		break;
	case FDAR_CALLS_IO:
		out->io.op = said->small < FDAR_IO_OPS ? said->small : FDAR_IO_OTHER;
		out->io.fd = (int32_t)said->fd;
		out->io.result = said->result;
		break;
	default:
		out->session.key = said->key;
	}
}

const uint8_t *calls_mark_take(struct calls_mark *mark, const uint8_t *at, const uint8_t *end,
			       struct fdar_event *out)
{
	static const uint8_t have[FDAR_CALLS_MARKS] = FDAR_CALLS_MARKS_HAVE;
	struct said said;
	uint64_t kind;

	at = take(at, end, &kind);
	if (!at || kind == FDAR_CALLS_NO_MARK || kind >= FDAR_CALLS_MARKS)
		return NULL;
	at = take_said(mark, at, end, have[kind], &said);
	if (!at || said.fd < INT32_MIN || said.fd > INT32_MAX)
		return NULL;
	fill(mark, (enum fdar_calls_mark)kind, &said, out);
	return at;
}
