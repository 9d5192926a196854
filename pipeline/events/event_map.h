/*
 * Which events of a trace are known, and which of their fields goes where in struct fd_event.
 *
 * Place in the house: inside pipeline/, under every decoder: that they agree event for event starts
 * with one table. The events are those of instrument/wire/events.h and of the providers that come with
 * LTTng-UST. A field that is missing or of another type than expected is left out (0, empty), never
 * guessed.
 */
#ifndef FD_PIPELINE_EVENT_MAP_H
#define FD_PIPELINE_EVENT_MAP_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/events/event.h"

/* Where a value goes. */
enum fd_event_role {
	FD_ROLE_ADDR,
	FD_ROLE_ADDR2,
	FD_ROLE_NAME,
	FD_ROLE_DATA,
	FD_ROLE_FD,
	FD_ROLE_WAIT,
	FD_ROLE_PID,
	FD_ROLE_TID,
	FD_ROLE_THREAD_NAME,
	FD_ROLES
};

/* How a field's value is read; a variant, a structure... is NONE. */
enum fd_event_type {
	FD_TYPE_NONE,
	FD_TYPE_UNSIGNED,
	FD_TYPE_SIGNED,
	FD_TYPE_STRING,
	FD_TYPE_BYTES /* an array of unsigned integers, of each the lowest 8 bits */
};

/* What a module event says; MODULE_NONE for all other kinds. */
enum fd_event_module {
	FD_MODULE_NONE,
	FD_MODULE_LOADED,   /* base, size, path */
	FD_MODULE_UNLOADED, /* base */
	FD_MODULE_BUILD_ID  /* base, build id of one that was loaded */
};

struct fd_event_field {
	const char *name; /* without the underscore that TSDL puts in front; NULL: no more */
	enum fd_event_role role;
};

#define FD_EVENT_MAP_FIELDS 5

struct fd_event_map {
	const char *event;
	uint8_t kind;   /* enum fd_event_kind */
	uint8_t module; /* enum fd_event_module */
	struct fd_event_field fields[FD_EVENT_MAP_FIELDS];
};

/* The row of an event's full name ("provider:event"), NULL when it is FD_EVENT_OTHER. Of two fields
 * with the same role the later one in the row wins, if the event has both. */
const struct fd_event_map *fd_event_map_find(const char *event);

/* A calls event, as decoders deliver it: tid and data. source.c makes events of it (calls.h). */
#define FD_EVENT_RAW_CALLS FD_EVENT_KINDS

/* Whether the event says itself of which thread it is: the contexts, and so the thread's name, are
 * those of the thread that wrote it. */
gboolean fd_event_map_tells_thread(const struct fd_event_map *map);

/* The context fields that are taken, from the stream's context or else from the event's own; ends
 * with a NULL name. */
extern const struct fd_event_field fd_event_map_contexts[];

/* Whether a value of that type can be used for the role. */
gboolean fd_event_role_takes(enum fd_event_role role, enum fd_event_type type);

#endif
