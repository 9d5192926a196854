#include "route.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "response.h"

#define ECHO_PIECE_BYTES 64u

typedef bool (*answer_fn)(const struct site *site, struct request *request,
			  struct connection *connection);

/* A path below the root that names nothing above it. */
static bool path_is_safe(const char *path)
{
	if (path[0] == '\0' || path[0] == '/')
		return false;
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
			return false;
	}
	return true;
}

static const char *type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && strcmp(dot, ".html") == 0 ? "text/html" : "text/plain";
}

static bool file_send(const struct request *request, struct connection *connection, int file,
		      const char *path)
{
	struct stat status;
	off_t at = 0;

	if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode))
		return response_error(connection, request, 404);
	if (!response_head(connection, request, 200, type_of(path), (size_t)status.st_size))
		return false;
	if (strcmp(request->method, "HEAD") == 0)
		return true;
	while (at < status.st_size) {
		ssize_t sent = sendfile(connection->fd, file, &at, (size_t)(status.st_size - at));

		if (sent == 0 || (sent < 0 && errno != EINTR))
			return false;
	}
	return true;
}

static bool answer_static(const struct site *site, struct request *request,
			  struct connection *connection)
{
	char decoded[REQUEST_TARGET_MAX];
	const char *path = decoded;
	bool sent;
	int file;

	if (!request_path(request, decoded, sizeof(decoded)))
		return response_error(connection, request, 400);
	if (strncmp(path, "/static/", 8) == 0)
		path += 8;
	if (strcmp(path, "/") == 0)
		path = "index.html";
	if (site->root_fd < 0 || !path_is_safe(path))
		return response_error(connection, request, 404);
	file = openat(site->root_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return response_error(connection, request, 404);
	sent = file_send(request, connection, file, path);
	close(file);
	return sent;
}

static bool answer_match(const struct site *site, struct request *request,
			 struct connection *connection)
{
	char text[REQUEST_TARGET_MAX];

	if (!request_parameter(request, "s", text, sizeof(text)))
		return response_error(connection, request, 400);
	switch (pattern_match(&site->pattern, text, site->steps_max)) {
	case MATCH_YES:
		return response_text(connection, request, 200, "match");
	case MATCH_NO:
		return response_text(connection, request, 200, "no match");
	case MATCH_GAVE_UP:
		break;
	}
	return response_error(connection, request, 503);
}

static bool piece_send(const struct site *site, struct connection *connection, const char *piece,
		       size_t bytes)
{
	struct timespec delay = { .tv_sec = site->delay_ms / 1000,
				  .tv_nsec = (long)(site->delay_ms % 1000) * 1000000 };

	nanosleep(&delay, NULL);
	return connection_write(connection, piece, bytes);
}

/* Gives back the body, or the parameter s, a piece at a time. */
static bool answer_echo(const struct site *site, struct request *request,
			struct connection *connection)
{
	char text[REQUEST_TARGET_MAX];
	size_t length = request->body_bytes;
	bool of_body = length > 0;

	if (!of_body && !request_parameter(request, "s", text, sizeof(text)))
		return response_error(connection, request, 400);
	if (!of_body)
		length = strlen(text);
	if (!response_head(connection, request, 200, "text/plain", length))
		return false;
	if (strcmp(request->method, "HEAD") == 0)
		return true;
	for (size_t at = 0; at < length;) {
		size_t bytes = length - at < ECHO_PIECE_BYTES ? length - at : ECHO_PIECE_BYTES;

		if (of_body)
			bytes = request_body_read(request, connection, text, bytes);
		if (bytes == 0 || !piece_send(site, connection, of_body ? text : text + at, bytes))
			return false;
		at += bytes;
	}
	return true;
}

static const struct {
	const char *path; /* with a slash at its end: all that begins so */
	const char *methods;
	answer_fn answer;
} routes[] = {
	{ "/", "GET HEAD", answer_static },
	{ "/static/", "GET HEAD", answer_static },
	{ "/match", "GET HEAD", answer_match },
	{ "/echo", "GET HEAD POST PUT", answer_echo },
};

static bool path_is(const char *target, const char *path)
{
	size_t length = strlen(path);

	if (strncmp(target, path, length) != 0)
		return false;
	return target[length] == '\0' || target[length] == '?' ||
	       (length > 1 && path[length - 1] == '/');
}

static bool method_is_among(const char *method, const char *methods)
{
	size_t length = strlen(method);
	const char *found = strstr(methods, method);

	return found && (found == methods || found[-1] == ' ') &&
	       (found[length] == ' ' || found[length] == '\0');
}

static bool body_skip(struct request *request, struct connection *connection)
{
	char skipped[1024];

	while (request->body_bytes > 0) {
		if (request_body_read(request, connection, skipped, sizeof(skipped)) == 0)
			return false;
	}
	return true;
}

bool route_answer(const struct site *site, struct request *request, struct connection *connection)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	int error = 404;

	if (request->body_bytes > 0 && request->expects_continue &&
	    !connection_write(connection, go_on, sizeof(go_on) - 1))
		return false;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!path_is(request->target, routes[i].path))
			continue;
		if (method_is_among(request->method, routes[i].methods))
			return routes[i].answer(site, request, connection) &&
			       body_skip(request, connection) && request->keep_alive;
		error = 405;
	}
	return response_error(connection, request, error) && body_skip(request, connection) &&
	       request->keep_alive;
}
