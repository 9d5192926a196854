/*
 * Which function answers which path, and those functions.
 */
#ifndef DEMO_ROUTE_H
#define DEMO_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "match.h"
#include "request.h"

/* What all requests are answered from; it does not change while the server runs. */
struct site {
	int root_fd; /* directory of the static files, or -1 */
	unsigned delay_ms;
	uint64_t steps_max;
	struct pattern pattern;
};

/* Answers. False when the connection cannot be used for another request. */
bool route_answer(const struct site *site, struct request *request, struct connection *connection);

#endif
