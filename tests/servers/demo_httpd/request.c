#include "request.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <flowdar/flowdar.h>

/* Waits until the buffer holds a whole head. 0, a status or -1 as of request_read. */
static int head_wait(struct connection *connection, size_t *head_bytes)
{
	for (;;) {
		const char *end = memmem(connection->buffer, connection->used, "\r\n\r\n", 4);
		bool begun = connection->used > 0;

		if (end) {
			*head_bytes = (size_t)(end - connection->buffer) + 4;
			return 0;
		}
		switch (connection_read(connection)) {
		case READ_MORE:
			break;
		case READ_FULL:
			return 431;
		case READ_TIMEOUT:
			return begun ? 408 : -1;
		case READ_CLOSED:
			return begun ? 400 : -1;
		case READ_ERROR:
			return -1;
		}
	}
}

/* Copies what stands before a separator, which is skipped. NULL when it is not there or the text is
 * empty or too long. */
static const char *word_take(const char *from, char separator, char *word, size_t size)
{
	const char *end = strchr(from, separator);

	if (!end || end == from || (size_t)(end - from) >= size)
		return NULL;
	memcpy(word, from, (size_t)(end - from));
	word[end - from] = '\0';
	return end + 1;
}

static int line_parse(struct request *request, const char *line)
{
	line = word_take(line, ' ', request->method, sizeof(request->method));
	if (!line || line[0] != '/')
		return 400;
	line = word_take(line, ' ', request->target, sizeof(request->target));
	if (!line)
		return 400;
	if (strcmp(line, "HTTP/1.1") != 0 && strcmp(line, "HTTP/1.0") != 0)
		return 505;
	request->keep_alive = line[7] == '1';
	return 0;
}

static int length_parse(struct request *request, const char *value)
{
	size_t length = 0;

	if (*value == '\0')
		return 400;
	for (; *value >= '0' && *value <= '9'; value++) {
		length = length * 10 + (size_t)(*value - '0');
		if (length > REQUEST_BODY_MAX)
			return 413;
	}
	request->body_bytes = length;
	return *value == '\0' ? 0 : 400;
}

static int field_parse(struct request *request, char *line)
{
	char *value = strchr(line, ':');

	if (!value || value == line)
		return 400;
	*value++ = '\0';
	value += strspn(value, " \t");
	if (strcasecmp(line, "Content-Length") == 0)
		return length_parse(request, value);
	if (strcasecmp(line, "Transfer-Encoding") == 0)
		return 411;
	if (strcasecmp(line, "Connection") == 0)
		request->keep_alive = strcasecmp(value, "close") != 0 &&
				      (request->keep_alive || strcasecmp(value, "keep-alive") == 0);
	if (strcasecmp(line, "Expect") == 0)
		request->expects_continue = strcasecmp(value, "100-continue") == 0;
	return 0;
}

/* Parses a head of which the last two bytes, an empty line, are not part. */
static int head_parse(struct request *request, char *head, size_t bytes)
{
	char *end = head + bytes;
	int status = 0;

	if (memchr(head, '\0', bytes))
		return 400;
	for (char *line = head; line < end && status == 0;) {
		char *next = memmem(line, (size_t)(end - line), "\r\n", 2);

		*next = '\0';
		status = line == head ? line_parse(request, line) : field_parse(request, line);
		line = next + 2;
	}
	return status;
}

int request_read(struct request *request, struct connection *connection)
{
	size_t bytes;
	int status;

	*request = (struct request){ .body_bytes = 0 };
	status = head_wait(connection, &bytes);
	if (status != 0)
		return status;
	FLOWDAR_BYTES("request", connection->buffer, bytes);
	status = head_parse(request, connection->buffer, bytes - 2);
	connection_consume(connection, bytes);
	if (status == 0) {
		FLOWDAR_NOTE("method", request->method);
		FLOWDAR_NOTE("target", request->target);
	}
	return status;
}

size_t request_body_read(struct request *request, struct connection *connection, char *data,
			 size_t size)
{
	size_t take;

	if (request->body_bytes == 0)
		return 0;
	if (connection->used == 0 && connection_read(connection) != READ_MORE)
		return 0;
	take = connection->used < request->body_bytes ? connection->used : request->body_bytes;
	take = take < size ? take : size;
	memcpy(data, connection->buffer, take);
	connection_consume(connection, take);
	request->body_bytes -= take;
	return take;
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *found = digit ? strchr(digits, digit) : NULL;
	int value = found ? (int)(found - digits) : -1;

	return value > 15 ? value - 6 : value;
}

/* Decodes %XX, and + as a space where it means one. Bytes of value 0 are refused. */
static bool decode(const char *from, size_t length, bool plus_is_space, char *to, size_t size)
{
	size_t used = 0;

	for (const char *end = from + length; from < end; from++) {
		int byte = (unsigned char)*from;

		if (used + 1 >= size)
			return false;
		if (byte == '+' && plus_is_space)
			byte = ' ';
		if (byte == '%') {
			int high = end - from > 2 ? hex_digit(from[1]) : -1;
			int low = high >= 0 ? hex_digit(from[2]) : -1;

			if (low < 0 || high * 16 + low == 0)
				return false;
			byte = high * 16 + low;
			from += 2;
		}
		to[used++] = (char)byte;
	}
	to[used] = '\0';
	return true;
}

bool request_parameter(const struct request *request, const char *name, char *value, size_t size)
{
	const char *at = strchr(request->target, '?');
	size_t name_length = strlen(name);

	while (at) {
		const char *end = strchr(++at, '&');
		size_t length = end ? (size_t)(end - at) : strlen(at);

		if (length > name_length && at[name_length] == '=' &&
		    strncmp(at, name, name_length) == 0)
			return decode(at + name_length + 1, length - name_length - 1, true, value,
				      size);
		at = end;
	}
	return false;
}

bool request_path(const struct request *request, char *path, size_t size)
{
	return decode(request->target, strcspn(request->target, "?"), false, path, size);
}
