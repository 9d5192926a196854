/*
 * The secrets of the server's TLS connections: a file of the recording that the server itself writes.
 *
 * Place in the house: inside pipeline/, under record.c. DIR/tls.keys, made by the recorder for its own user
 * alone (0600), written by libflowdar-tls.so in the server through a descriptor that it inherits
 * (instrument/wire/tls_keys.h), whoever it runs as. Lines of a key log, as `flowdar replay --tls-keys` and
 * Wireshark read them. It is in no manifest: what is in it is the server's word.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_KEYS_H
#define FDAR_PIPELINE_RECORD_RECORD_KEYS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/record/record_folder.h"

struct fdar_record_keys {
	int fd;     /* open for appending, closed by exec; -1: there is none */
	char *path; /* absolute */
};

/* Makes the file in the recording's folder. FALSE and error: it is there, or cannot be made; keys has
 * fd -1 then. */
gboolean fdar_record_keys_make(const struct fdar_record_folder *folder,
			       struct fdar_record_keys *keys, GError **error);

/* Bytes that came. */
uint64_t fdar_record_keys_bytes(const struct fdar_record_keys *keys);

/* Closes it and frees the path; the file stays. */
void fdar_record_keys_clear(struct fdar_record_keys *keys);

#endif
