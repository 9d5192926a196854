/*
 * The load map over time: which module a function's address was in when it was called.
 *
 * Place in the house: inside pipeline/, above the decoders and whose.h: source.h runs events through
 * it. A library that is loaded where another one was unloaded (plugins, modules that are loaded for a
 * request) has functions at the same addresses; who looks at addresses afterwards must not take one
 * for the other, and need not know of time.
 *
 * So each module has addresses of its own: the first one in a place those that it had, another one in
 * the same place the same with a number in the bits from FDAR_EVENT_ADDR_BITS on, in its MODULE event
 * as in the functions of its calls. The same file loaded at the same place again has the addresses
 * that it had before.
 *
 * Times. Calls can be told long after they were made (flowdar:calls), and those that a module makes
 * while it is being loaded are told before its MODULE: an address where the last module was unloaded
 * belongs to whatever comes next there.
 *
 * Bounds: FDAR_LOAD_MAP_PLACES places a process where modules took turns, of which the oldest are
 * forgotten; FDAR_LOAD_MAP_NUMBERS modules in turn: more have the addresses of the last.
 */
#ifndef FDAR_PIPELINE_EVENTS_LOAD_MAP_H
#define FDAR_PIPELINE_EVENTS_LOAD_MAP_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/events/event.h"

#define FDAR_LOAD_MAP_PLACES  256u
#define FDAR_LOAD_MAP_NUMBERS 63u
#define FDAR_LOAD_MAP_MODULES 4096u /* loaded at a time in a process, that are followed */

struct fdar_load_map;

/* The caller frees it (fdar_load_map_free). */
struct fdar_load_map *fdar_load_map_new(void);

/* NULL is allowed. */
void fdar_load_map_free(struct fdar_load_map *map);

/* Whether telling it of events other than MODULEs can change any so far. */
gboolean fdar_load_map_matters(const struct fdar_load_map *map);

/* Sets the addresses of the events, which come in the order of the source and have their process's
 * number. */
void fdar_load_map_tell(struct fdar_load_map *map, struct fdar_event *events, size_t count);

/* The process is over. */
void fdar_load_map_forget(struct fdar_load_map *map, uint32_t pid);

#endif
