/*
 * Which events of a trace are known, and which of their fields goes where in struct fdar_event.
 *
 * Place in the house: inside pipeline/, under every decoder: that they agree event for event starts
 * with one table. The events are those of instrument/wire/events.def and of the providers that come with
 * LTTng-UST. A field that is missing or of another type than expected is left out (0, empty), never
 * guessed.
 */
#ifndef FDAR_PIPELINE_EVENTS_EVENT_MAP_H
#define FDAR_PIPELINE_EVENTS_EVENT_MAP_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/events/event.h"

/* Where a value goes. */
enum fdar_event_role {
	FDAR_ROLE_ADDR,
	FDAR_ROLE_ADDR2,
	FDAR_ROLE_NAME,
	FDAR_ROLE_DATA,
	FDAR_ROLE_FD,
	FDAR_ROLE_WAIT,
	FDAR_ROLE_PID,
	FDAR_ROLE_TID,
	FDAR_ROLE_THREAD_NAME,
	FDAR_ROLE_PID_NS,
	FDAR_ROLES
};

/* Those that an event is asked for by rows that somebody else made (struct fdar_event_maps). */
#define FDAR_ROLES_WANTED \
	(1u << FDAR_ROLE_ADDR | 1u << FDAR_ROLE_ADDR2 | 1u << FDAR_ROLE_DATA | 1u << FDAR_ROLE_FD)

/* How a field's value is read; a variant, a structure... is NONE. */
enum fdar_event_type {
	FDAR_TYPE_NONE,
	FDAR_TYPE_UNSIGNED,
	FDAR_TYPE_SIGNED,
	FDAR_TYPE_STRING,
	FDAR_TYPE_BYTES /* an array of unsigned integers, of each the lowest 8 bits */
};

/* What a module event says; MODULE_NONE for all other kinds. */
enum fdar_event_module {
	FDAR_MODULE_NONE,
	FDAR_MODULE_LOADED,   /* base, size, path */
	FDAR_MODULE_LISTED,   /* the same, of one that was there when the process registered */
	FDAR_MODULE_UNLOADED, /* base */
	FDAR_MODULE_CLOSED,   /* base; by dlclose(): it may be in use otherwise */
	FDAR_MODULE_BUILD_ID  /* base, build id of one that was loaded */
};

struct fdar_event_field {
	const char *name; /* without the underscore that TSDL puts in front; NULL: no more */
	enum fdar_event_role role;
};

#define FDAR_EVENT_MAP_FIELDS 5

struct fdar_event_map {
	const char *event;
	uint8_t kind;   /* enum fdar_event_kind */
	uint8_t module; /* enum fdar_event_module */
	struct fdar_event_field fields[FDAR_EVENT_MAP_FIELDS];
};

/* The row of an event's full name ("provider:event"), NULL when it is FDAR_EVENT_OTHER. Of two fields
 * with the same role the later one in the row wins, if the event has both. */
const struct fdar_event_map *fdar_event_map_find(const char *event);

/* Whether the full name of a known event is like the glob. */
gboolean fdar_event_map_knows_like(const char *glob);

/* Rows for events that are not known otherwise: somebody wants their fields. An event is like one of them at
 * most. */
struct fdar_event_maps {
	GHashTable *rows; /* full name, or a glob (* ? [) of such -> const struct fdar_event_map */
};

/* The row of an event, known or in maps; maps may be NULL. */
const struct fdar_event_map *fdar_event_map_find_in(const struct fdar_event_maps *maps,
						    const char *event);

/* Whether the event says itself of which thread it is: the contexts, and so the thread's name, are
 * those of the thread that wrote it. */
gboolean fdar_event_map_tells_thread(const struct fdar_event_map *map);

/* The context fields that are taken, from the stream's context or else from the event's own; of those
 * with the same role the first that the event has. Ends with a NULL name. */
extern const struct fdar_event_field fdar_event_map_contexts[];

/* Whether a value of that type can be used for the role. */
gboolean fdar_event_role_takes(enum fdar_event_role role, enum fdar_event_type type);

#endif
