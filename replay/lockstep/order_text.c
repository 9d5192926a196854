#include "replay/lockstep/order_text.h"

#include <arpa/inet.h>
#include <string.h>

#define WORDS_MAX 3

static const char *const words[FDAR_STEP_KINDS] = { "open", "send", "fin", "reset", "close" };

const char *fdar_step_word(enum fdar_step_kind kind)
{
	return words[kind];
}

/* A number of decimal digits from *at on, at most limit; *at is set behind it. */
static gboolean read_number(const char **at, uint32_t limit, uint32_t *value)
{
	uint64_t number = 0;
	const char *from = *at;

	while (g_ascii_isdigit(**at) && number <= limit)
		number = number * 10 + (uint64_t)(*(*at)++ - '0');
	*value = (uint32_t)number;
	return *at > from && number <= limit;
}

/* "3" or "3x2". */
static gboolean read_session(const char *word, struct fdar_order_line *line)
{
	if (!read_number(&word, UINT32_MAX, &line->session))
		return FALSE;
	if (*word == 'x') {
		word++;
		if (!read_number(&word, UINT32_MAX, &line->clone) || !line->clone)
			return FALSE;
	}
	return *word == '\0';
}

/* "2" or "2.5". */
static gboolean read_message(const char *word, struct fdar_order_line *line)
{
	line->part = 1;
	if (!read_number(&word, UINT32_MAX, &line->message) || !line->message)
		return FALSE;
	if (*word == '.') {
		word++;
		if (!read_number(&word, UINT32_MAX, &line->part) || !line->part)
			return FALSE;
	}
	return *word == '\0';
}

/* "127.1.0.1:4000", "[::1]:4000"; word is written to. */
static gboolean read_source(char *word, struct fdar_endpoint *source)
{
	gboolean six = word[0] == '[';
	char *colon = strrchr(word, ':');
	const char *digits;
	uint32_t port;

	if (!colon || (six && (colon < word + 2 || colon[-1] != ']')))
		return FALSE;
	digits = colon + 1;
	if (!read_number(&digits, UINT16_MAX, &port) || *digits || !port)
		return FALSE;
	colon[six ? -1 : 0] = '\0';
	source->port = (uint16_t)port;
	source->family = six ? FDAR_FAMILY_IPV6 : FDAR_FAMILY_IPV4;
	return inet_pton(six ? AF_INET6 : AF_INET, word + six, source->addr) == 1;
}

/* Takes text apart at blanks, in place: how many words there are, WORDS_MAX + 1 for more. */
static unsigned split(char *text, char *found[WORDS_MAX])
{
	unsigned count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(text, " \t\r", &rest); word;
	     word = strtok_r(NULL, " \t\r", &rest)) {
		if (count == WORDS_MAX)
			return WORDS_MAX + 1;
		found[count++] = word;
	}
	return count;
}

static enum fdar_order_read read_words(char *found[WORDS_MAX], unsigned count,
				       struct fdar_order_line *line, const char **expected)
{
	unsigned kind = 0;

	while (kind < FDAR_STEP_KINDS && strcmp(words[kind], found[0]) != 0)
		kind++;
	*expected = "open, send, fin, reset or close";
	if (kind == FDAR_STEP_KINDS)
		return FDAR_ORDER_BAD;
	line->kind = (enum fdar_step_kind)kind;
	*expected = "a session's number, of a clone like 3x1";
	if (count < 2 || !read_session(found[1], line))
		return FDAR_ORDER_BAD;
	if (kind == FDAR_STEP_SEND) {
		*expected = "a message's number, from 1, of a part like 2.1";
		return count == 3 && read_message(found[2], line) ? FDAR_ORDER_STEP
								  : FDAR_ORDER_BAD;
	}
	if (kind == FDAR_STEP_OPEN && count == 3) {
		*expected = "an address with a port, like 127.1.0.1:4000 or [::1]:4000";
		return read_source(found[2], &line->source) ? FDAR_ORDER_STEP : FDAR_ORDER_BAD;
	}
	*expected = "nothing behind the session";
	return count == 2 ? FDAR_ORDER_STEP : FDAR_ORDER_BAD;
}

enum fdar_order_read fdar_order_line_read(const char *bytes, size_t length,
					  struct fdar_order_line *line, const char **expected)
{
	char text[FDAR_ORDER_LINE_MAX];
	char *found[WORDS_MAX];
	const char *remark = memchr(bytes, '#', length);
	unsigned count;

	memset(line, 0, sizeof(*line));
	*expected = NULL;
	if (remark)
		length = (size_t)(remark - bytes);
	*expected = "a line of text, at most 127 bytes long";
	if (length >= sizeof(text) || memchr(bytes, '\0', length))
		return FDAR_ORDER_BAD;
	memcpy(text, bytes, length);
	text[length] = '\0';
	count = split(text, found);
	if (!count)
		return FDAR_ORDER_NOTHING;
	if (count > WORDS_MAX) {
		*expected = "three words at most";
		return FDAR_ORDER_BAD;
	}
	return read_words(found, count, line, expected);
}

const char *fdar_order_line_write(const struct fdar_order_line *line,
				  char text[FDAR_ORDER_LINE_MAX])
{
	char session[24];
	char endpoint[FDAR_ENDPOINT_TEXT_MAX];

	if (line->clone)
		g_snprintf(session, sizeof(session), "%ux%u", line->session, line->clone);
	else
		g_snprintf(session, sizeof(session), "%u", line->session);
	if (line->kind == FDAR_STEP_SEND && line->part > 1)
		g_snprintf(text, FDAR_ORDER_LINE_MAX, "send %s %u.%u", session, line->message,
			   line->part);
	else if (line->kind == FDAR_STEP_SEND)
		g_snprintf(text, FDAR_ORDER_LINE_MAX, "send %s %u", session, line->message);
	else if (line->kind == FDAR_STEP_OPEN && line->source.family != FDAR_FAMILY_NONE)
		g_snprintf(text, FDAR_ORDER_LINE_MAX, "open %s %s", session,
			   fdar_endpoint_text(&line->source, endpoint));
	else
		g_snprintf(text, FDAR_ORDER_LINE_MAX, "%s %s", words[line->kind], session);
	return text;
}
