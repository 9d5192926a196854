/*
 * Parts: the sessions of a capture as units of the search, and units as parts of an excerpt.
 *
 * Place in the house: between replay/reduce, which knows numbers, and replay/rewrite/excerpt.h. What
 * belongs together is one unit: a session and its side connections (FTP's data), a session and other
 * views of it behind an address translation. Sessions that cannot be played are no units.
 */
#ifndef FDAR_CLI_REDUCE_PARTS_H
#define FDAR_CLI_REDUCE_PARTS_H

#include <glib.h>

#include "replay/play/script.h"
#include "replay/rewrite/excerpt.h"

struct fdar_parts {
	const struct fdar_excerpt *excerpt; /* borrowed */
	uint32_t *unit_of;                  /* by session; UINT32_MAX: of none */
	uint32_t sessions, units;
	uint32_t left_out; /* sessions that are in no unit */
};

/* all: sessions that flowdar could not play are units too. */
void fdar_parts_init(struct fdar_parts *parts, const struct fdar_excerpt *excerpt, gboolean all);
void fdar_parts_clear(struct fdar_parts *parts);

/* The sessions (uint32_t, rising) of some units. The caller unrefs it. */
GArray *fdar_parts_sessions(const struct fdar_parts *parts, const uint32_t *units, size_t count);

/* Which exchanges of which sessions are kept: exchanges are numbered through, session by session. */
struct fdar_exchanges {
	GArray *sessions; /* uint32_t */
	GArray *first;    /* uint32_t: number of each session's first, and the total at the end */
	uint32_t count;
};

/* Of these sessions; takes the array over. */
void fdar_exchanges_init(struct fdar_exchanges *exchanges, const struct fdar_excerpt *excerpt,
			 GArray *sessions);
void fdar_exchanges_clear(struct fdar_exchanges *exchanges);

/* A list of struct fdar_excerpt_part, and the bytes that they point to. */
struct fdar_part_list {
	GArray *parts;
	GPtrArray *bytes;
};
void fdar_part_list_init(struct fdar_part_list *list);
void fdar_part_list_clear(struct fdar_part_list *list);

/* Whole sessions; kept exchanges (a session without any is left out). Appends. */
void fdar_part_list_add_sessions(struct fdar_part_list *list, const GArray *sessions);
void fdar_part_list_add_exchanges(struct fdar_part_list *list,
				  const struct fdar_exchanges *exchanges, const uint32_t *kept,
				  size_t count);

/* Rising by session. */
void fdar_part_list_sort(struct fdar_part_list *list);

#endif
