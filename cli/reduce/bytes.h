/*
 * Bytes: what the clients of some parts of an excerpt say, as units of the search.
 *
 * Place in the house: beside parts.h, for the step that shortens messages (shortening.h).
 */
#ifndef FDAR_CLI_REDUCE_BYTES_H
#define FDAR_CLI_REDUCE_BYTES_H

#include "cli/reduce/parts.h"

/* What the bytes of the client are, of parts that have some: units, numbered through. */
struct fdar_bytes {
	GArray *parts;  /* struct fdar_excerpt_part, without cuts */
	GArray *spans;  /* struct fdar_bytes_span */
	uint32_t units; /* of `grain` bytes of a span */
	uint32_t grain;
};

/* The client's side of an exchange that is kept. */
struct fdar_bytes_span {
	guint part;
	uint64_t from, to; /* of the client's stream */
	uint32_t first;    /* its first unit */
};

/* Borrows what the parts have. */
void fdar_bytes_init(struct fdar_bytes *bytes, const struct fdar_excerpt *excerpt,
		     const struct fdar_excerpt_part *parts, guint count);
void fdar_bytes_clear(struct fdar_bytes *bytes);

/* Appends the parts with only these units to the list. */
void fdar_bytes_list(const struct fdar_bytes *bytes, const uint32_t *units, size_t count,
		     struct fdar_part_list *list);

/* How much of what the client says is left of a part when it is written: a length that was mended may have fewer digits,
 * and bytes of which a length was said before (cut.h) are there in spite of a cut. */
uint64_t fdar_bytes_kept(const struct fdar_excerpt *excerpt, const struct fdar_excerpt_part *part);

/* Whether any byte of a part, which has no cut, can go: of HTTP/2 none can. */
gboolean fdar_bytes_can_go(const struct fdar_excerpt *excerpt,
			   const struct fdar_excerpt_part *part);

#endif
