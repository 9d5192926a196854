/*
 * What sessions that are open did on each call path, and how long they were in each queue.
 *
 * Place in the house: inside a profile builder, which adds to a cell of the current session for every
 * frame that is closed, and folds the cells of a session into its group when that is over.
 *
 * Ten thousand sessions may be open, and each may have been on each path: so only cells of sessions
 * that had a turn lately are loose, where adding is fast. Those of all others are packed: in the order
 * of their places, as distances and numbers in base 128, three to eight bytes each instead of fifty to a
 * hundred. A packed session that has a turn again begins with no loose cells; they
 * are merged when it is packed again. What is gathered at the end is the same sum.
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_CELLS_H
#define FDAR_ANALYZE_PROFILE_PROFILE_CELLS_H

#include <glib.h>
#include <stdint.h>

#include "base/intern.h"

struct cell {
	uint64_t calls;
	uint64_t own_ns;
	uint64_t total_ns;
};

/* Cells are found by what they are about: a call path, or a queue. */
enum cell_kind {
	CELL_PATH, /* of the walk */
	CELL_QUEUE /* a function of the profile */
};

struct placed_cell {
	uint32_t index; /* of the path or function */
	enum cell_kind kind;
	struct cell cell;
};

/* Of one session. All zero is one without cells, once profile_cells_open has had it. */
struct session_cells {
	uint64_t serial; /* of the loose ones: another one as soon as they have moved; never 0 */
	struct loose_cells *loose; /* NULL: none */
	uint8_t *packed;           /* may be NULL */
	uint32_t packed_bytes;
};

struct loose_cells {
	struct fdar_intern places; /* (index, kind) -> index of cells */
	GArray *cells;             /* of struct cell */
	GList link;                /* in the store's */
	struct session_cells *session;
};

/* Of all sessions that are open. */
struct cell_store {
	GQueue loose;        /* of struct loose_cells, the one that had a turn last first */
	size_t count;        /* cells in these */
	size_t most;         /* that are loose, where little is packed */
	size_t packed_bytes; /* of all sessions */
	GPtrArray *spare;    /* of struct loose_cells, empty ones */
	uint64_t serials;    /* given so far */
	/* Scratch. */
	GArray *order; /* of struct loose_place, when cells are packed */
	GByteArray *bytes;
	GArray *gathered; /* of struct placed_cell */
};

/* most: cells that may be loose, not counting those of the session whose turn it is; more, up to a quarter of
 * the memory, where that much is packed. */
void profile_cells_init(struct cell_store *store, size_t most);
/* The sessions' own are cleared before. */
void profile_cells_clear(struct cell_store *store);

void profile_cells_open(struct cell_store *store, struct session_cells *session);
/* Frees what the session has. */
void profile_cells_close(struct cell_store *store, struct session_cells *session);

/* It is the session's turn: cells of others may be packed, which become invalid. */
void profile_cells_turn(struct cell_store *store, struct session_cells *session);

/* What is at the place in the session's loose cells, since these were last packed; all zero when new.
 * Valid until another one is asked for. */
struct cell *profile_cell(struct cell_store *store, struct session_cells *session, uint32_t index,
			  enum cell_kind kind);

/* All that the session has, each place once: in the order in which they came, or in that of their
 * places if it ever was packed. Of struct placed_cell, the store's; valid until the next call. */
GArray *profile_cells_gather(struct cell_store *store, struct session_cells *session);

#endif
