#include "response.h"

#include <stdio.h>
#include <string.h>

#include <flowdar/flowdar.h>

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 431, "Request Header Fields Too Large" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *phrase_of(int status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Unknown";
}

bool response_head(struct connection *connection, const struct request *request, int status,
		   const char *type, size_t body_bytes)
{
	char head[512];
	int length = snprintf(head, sizeof(head),
			      "HTTP/1.1 %d %s\r\n"
			      "Server: demo_httpd\r\n"
			      "Content-Type: %s\r\n"
			      "Content-Length: %zu\r\n"
			      "Connection: %s\r\n\r\n",
			      status, phrase_of(status), type, body_bytes,
			      request->keep_alive ? "keep-alive" : "close");

	return connection_write(connection, head, (size_t)length);
}

bool response_text(struct connection *connection, const struct request *request, int status,
		   const char *text)
{
	size_t length = strlen(text);

	return response_head(connection, request, status, "text/plain", length + 1) &&
	       (strcmp(request->method, "HEAD") == 0 ||
		(connection_write(connection, text, length) &&
		 connection_write(connection, "\n", 1)));
}

bool response_error(struct connection *connection, const struct request *request, int status)
{
	FLOWDAR_NOTE("error", phrase_of(status));
	return response_text(connection, request, status, phrase_of(status));
}
