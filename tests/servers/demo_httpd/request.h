/*
 * One HTTP/1.1 request: its head, read from a connection and parsed in place.
 */
#ifndef DEMO_REQUEST_H
#define DEMO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "connection.h"

#define REQUEST_TARGET_MAX 4096u
#define REQUEST_BODY_MAX   65536u

struct request {
	char method[16];
	char target[REQUEST_TARGET_MAX]; /* as it came: path, "?", query */
	size_t body_bytes;               /* announced; still to be read from the connection */
	bool keep_alive;
	bool expects_continue;
};

/* Reads and consumes the next head. 0 when there is one; an HTTP status (400, 408, 411, 413, 431,
 * 505) that should be answered before closing; or -1 when the client has left between two requests
 * or is gone. */
int request_read(struct request *request, struct connection *connection);

/* Reads up to size bytes of the body into data. How many; 0 when the client stops sending. */
size_t request_body_read(struct request *request, struct connection *connection, char *data,
			 size_t size);

/* The value of a parameter of the target's query, decoded. False when there is no such parameter,
 * or its encoding is wrong, or it does not fit. */
bool request_parameter(const struct request *request, const char *name, char *value, size_t size);

/* The target's path, decoded. False when its encoding is wrong or it does not fit. */
bool request_path(const struct request *request, char *path, size_t size);

#endif
