/*
 * What to take from the events of one class, worked out once: a small decode record.
 *
 * Place in the house: inside pipeline/, under the babeltrace2 decoder. Which events are known, and
 * which of their fields goes where in struct fd_event, is the table in bt_class.c. A field that is
 * missing or of another type than expected is left out (0, empty), never guessed.
 */
#ifndef FD_PIPELINE_BT_CLASS_H
#define FD_PIPELINE_BT_CLASS_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

#include "pipeline/event.h"
#include "pipeline/text.h"

/* Where a value goes. */
enum fd_bt_role {
	FD_BT_ADDR,
	FD_BT_ADDR2,
	FD_BT_NAME,
	FD_BT_DATA,
	FD_BT_FD,
	FD_BT_WAIT,
	FD_BT_PID,
	FD_BT_TID,
	FD_BT_THREAD_NAME,
	FD_BT_ROLES
};

/* How a field's value is read; a variant, a structure... is NONE. */
enum fd_bt_type {
	FD_BT_NONE,
	FD_BT_UNSIGNED,
	FD_BT_SIGNED,
	FD_BT_STRING,
	FD_BT_BYTES /* an array of integers */
};

enum fd_bt_scope { FD_BT_PAYLOAD, FD_BT_COMMON_CONTEXT, FD_BT_SPECIFIC_CONTEXT };

struct fd_bt_slot {
	uint8_t type;   /* enum fd_bt_type; NONE: there is no such field */
	uint8_t scope;  /* enum fd_bt_scope */
	uint16_t index; /* of the member in the scope's structure */
};

/* What a module event says; MODULE_NONE for all other kinds. */
enum fd_bt_module {
	FD_BT_MODULE_NONE,
	FD_BT_MODULE_LOADED,   /* base, size, path */
	FD_BT_MODULE_UNLOADED, /* base */
	FD_BT_MODULE_BUILD_ID  /* base, build id of one that was loaded */
};

struct fd_bt_class {
	const bt_event_class
		*event_class; /* a reference: its address is the key, so it must live */
	uint32_t event_name;  /* text id, for FD_EVENT_OTHER */
	uint32_t default_pid; /* what the trace's environment says, for old traces */
	uint8_t kind;         /* enum fd_event_kind */
	uint8_t module;       /* enum fd_bt_module */
	gboolean has_clock;
	struct fd_bt_slot slots[FD_BT_ROLES];
};

/* Works out the record of an event's class. The caller frees it (fd_bt_class_free). */
struct fd_bt_class *fd_bt_class_new(const bt_event *event, struct fd_texts *texts);

void fd_bt_class_free(struct fd_bt_class *record);

/* The field of a slot, or NULL when the slot is NONE. Borrowed from the event. */
const bt_field *fd_bt_slot_field(const struct fd_bt_slot *slot, const bt_event *event);

#endif
