/*
 * The text of an order: one step a line, as people read and edit it. docs/formats/order.md has it.
 *
 * Place in the house: below order.h, which knows what steps a capture has; here is only what a line
 * says. Lines come from files of strangers: every number has its bounds, nothing is looked up.
 *
 *   open SESSION [ADDRESS:PORT]      the session connects, from there
 *   send SESSION MESSAGE[.PART]      the part of the message leaves; without one its first
 *   fin SESSION                      the client is done sending
 *   reset SESSION                    the client resets the connection
 *   close SESSION                    the client closes
 *
 * SESSION is its number in the capture, from 0; of clone N (from 1) "SESSIONxN". MESSAGE and PART count
 * from 1. "#" begins a remark.
 */
#ifndef FDAR_REPLAY_LOCKSTEP_ORDER_TEXT_H
#define FDAR_REPLAY_LOCKSTEP_ORDER_TEXT_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"

enum fdar_step_kind {
	FDAR_STEP_OPEN,
	FDAR_STEP_SEND,
	FDAR_STEP_FIN,
	FDAR_STEP_RESET,
	FDAR_STEP_CLOSE,
	FDAR_STEP_KINDS
};

/* "open", "send", "fin", "reset", "close". */
const char *fdar_step_word(enum fdar_step_kind kind);

struct fdar_order_line {
	enum fdar_step_kind kind;
	uint32_t session;
	uint32_t clone;
	uint32_t message;            /* SEND: from 1, else 0 */
	uint32_t part;               /* SEND: from 1, else 0 */
	struct fdar_endpoint source; /* OPEN: no family when it is not said */
};

/* The longest line that is read, and that is written: the NUL included. */
#define FDAR_ORDER_LINE_MAX 128

enum fdar_order_read { FDAR_ORDER_STEP, FDAR_ORDER_NOTHING, FDAR_ORDER_BAD };

/* Reads length bytes (without the newline). FDAR_ORDER_NOTHING is an empty line or a remark; with
 * FDAR_ORDER_BAD *expected is what should stand there, a static text. */
enum fdar_order_read fdar_order_line_read(const char *bytes, size_t length,
					  struct fdar_order_line *line, const char **expected);

/* Writes it without a newline; gives text back. Read again it is the same. */
const char *fdar_order_line_write(const struct fdar_order_line *line,
				  char text[FDAR_ORDER_LINE_MAX]);

#endif
