/*
 * The inside of a profile builder, shared by its files:
 *
 *	profile_build.c  sessions, queues, the end
 *	profile_nodes.c  where that belongs: nodes
 *	profile_cells.c  what open sessions did there
 *	profile_cost.c   what frames cost, summed by call path
 *	profile_names.c  functions: what they are called
 */
#ifndef FDAR_ANALYZE_PROFILE_PROFILE_BUILD_PRIVATE_H
#define FDAR_ANALYZE_PROFILE_PROFILE_BUILD_PRIVATE_H

#include "base/intern.h"
#include "analyze/profile/profile_build.h"
#include "analyze/profile/profile_cells.h"
#include "analyze/profile/profile_private.h"
#include "analyze/walk/walk_aside.h"
#include "base/tally.h"

struct open_session {
	struct session_cells cells; /* what it did on each call path, and in queues */
	uint64_t own_ns;
	uint64_t running_ns;
	uint64_t counts[FDAR_COUNT_KINDS];
	uint64_t counts_estimated;
	uint32_t group;
};

/* Of a call path, the cell that was used last: mostly it is used again. */
struct last_cell {
	uint64_t serial; /* of struct session_cells; 0: none */
	uint32_t cell;
};

/* A process and address where a function was seen, to name and locate it again. */
struct sample {
	uint32_t pid;
	uint64_t addr;
};

struct fdar_profile_builder {
	struct fdar_profile_source source;
	struct fdar_walk *walk;
	struct fdar_profile *profile;
	GArray *path_functions; /* of uint32_t by call path: function or FDAR_PROFILE_NONE */
	GPtrArray *
		path_nodes; /* by group: GArray of uint32_t by call path: node or FDAR_PROFILE_NONE */
	GArray *path_outer; /* of uint32_t by call path: profile_path_outer or FDAR_PROFILE_NONE */
	GArray *clones;     /* of guint8 by function: compilers' clones of it were seen */
	GPtrArray *costs;   /* of struct path_costs by group */
	struct fdar_walk_aside aside; /* by which costs get there, where somebody helps */
	GArray *last_cells;           /* of struct last_cell by call path */
	struct cell_store cells;
	struct fdar_intern symbols; /* what fdar_symbols gave -> index of symbol_functions */
	GArray *symbol_functions;   /* of uint32_t */
	GArray *folds;    /* of uint32_t by function: 0 or 1, FDAR_PROFILE_NONE: not yet known */
	GArray *samples;  /* of struct sample by function; pid and addr 0: none */
	GHashTable *open; /* the open sessions, to free what the walk did not close */
	/* Scratch of session_closed: (node or entry) -> index of the cells beside it. */
	struct fdar_intern node_ids, entry_ids;
	GArray *node_cells, *entry_cells;
};

/* The place of an index in an array of uint32_t that grows as needed; new ones hold
 * FDAR_PROFILE_NONE. */
uint32_t *profile_place(GArray *array, uint32_t index);

/* profile_nodes.c */
/* The node of a call path, made with all above it when new. */
uint32_t profile_node_of(struct fdar_profile_builder *builder, uint32_t group, uint32_t path);
/* It will be asked for soon. */
void profile_node_prefetch(struct fdar_profile_builder *builder, uint32_t group, uint32_t path);

/* profile_cost.c */
GPtrArray *profile_costs_new(void);
void profile_costs_add(struct fdar_profile_builder *builder, const struct fdar_walk_cost *costs,
		       size_t count);
void profile_costs_add_sum(struct fdar_profile_builder *builder, const struct fdar_walk_sum *told);
/* What a helper does of that (walk_aside.h). */
void profile_costs_sum(void *const *to, const struct fdar_walk_cost *costs, size_t count);
/* At the end: brings the sums of all groups to their nodes. */
void profile_costs_settle(struct fdar_profile_builder *builder);

/* profile_names.c */
/* The function of a call path. */
uint32_t profile_function_of(struct fdar_profile_builder *builder, uint32_t path,
			     const struct fdar_walk_path *what);

/* The outermost path further out that is of the same function, under the name of another of its clones
 * (symbols.h); 0: there is none. What is on such a path is recursion of that one. */
uint32_t profile_path_outer(struct fdar_profile_builder *builder, uint32_t path);

/* Whether a function on the path is no call of its own: a part that the compiler cut off its caller. */
gboolean profile_path_is_part(struct fdar_profile_builder *builder, uint32_t path);

/* The function at an address, on whatever call path. */
uint32_t profile_function_at(struct fdar_profile_builder *builder, uint32_t pid, uint64_t addr);

/* Whether it is not to be told. */
gboolean profile_is_folded(struct fdar_profile_builder *builder, uint32_t function);

/* What took time outside of all functions that are told. */
uint32_t profile_function_folded(struct fdar_profile_builder *builder);

/* A function that is like this. sample may be NULL. */
uint32_t profile_function_seen(struct fdar_profile_builder *builder,
			       const struct fdar_profile_function *like,
			       const struct sample *sample);

/* The functions have become those of another profile: the index of each in it. */
void profile_functions_moved(struct fdar_profile_builder *builder, const uint32_t *moved);

/* Modules can be told after the first functions of them. TRUE when a name changed: then the
 * profile's functions may have become equal. */
gboolean profile_name_again(struct fdar_profile_builder *builder);

/* File and line of each function. */
void profile_add_lines(struct fdar_profile_builder *builder);

#endif
