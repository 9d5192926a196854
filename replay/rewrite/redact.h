/*
 * Redacting: what may not be passed on is taken out of a capture, and how it was said stays.
 *
 * Place in the house: below anew.h. Content keeps its length to the byte. Of text, words (letters, digits, _)
 * are replaced by others of the same kinds of characters, the same word by the same wherever it comes up;
 * kept are the words of protocols (a list: methods, names of headers and commands, versions), numbers that are lengths
 * (Content-Length, chunk sizes, RESP), status codes, punctuation and white space. Bytes above 127 become 0x80, what is
 * percent-encoded %78. Whole MySQL packets keep header and command. Of other binary protocols sizes and times are
 * left and no structure. A server's address is another of a range for measurements (RFC 2544, RFC 3849), by order of
 * appearance; its port stays. (Clients get theirs from amplify.)
 *
 * The words are made with a key (HMAC-SHA-256) that nobody keeps, unless a seed is given: without the key a
 * guess cannot be checked.
 */
#ifndef FDAR_REPLAY_REWRITE_REDACT_H
#define FDAR_REPLAY_REWRITE_REDACT_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"

struct fdar_redact;

/* seed: NULL for a key that nobody knows. */
struct fdar_redact *fdar_redact_new(const uint64_t *seed);

/* NULL is allowed. */
void fdar_redact_free(struct fdar_redact *redact);

/* A message (all that one side says before the other does), in place. */
void fdar_redact_bytes(struct fdar_redact *redact, uint8_t *bytes, size_t size);

/* The address that a server gets. */
void fdar_redact_server(struct fdar_redact *redact, struct fdar_endpoint *server);

#endif
