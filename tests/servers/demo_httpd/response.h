/*
 * What the server answers.
 */
#ifndef DEMO_RESPONSE_H
#define DEMO_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "connection.h"
#include "request.h"

/* Sends the head of an answer with so many bytes of body to follow. False when the client is gone.
 */
bool response_head(struct connection *connection, const struct request *request, int status,
		   const char *type, size_t body_bytes);

/* Sends a whole answer of one line of text. */
bool response_text(struct connection *connection, const struct request *request, int status,
		   const char *text);

/* Sends an error; the status's own phrase is the text. */
bool response_error(struct connection *connection, const struct request *request, int status);

#endif
