/*
 * What to take from the events of one class, worked out once: a small decode record.
 *
 * Place in the house: inside pipeline/, under the babeltrace2 decoder. Which events are known, and
 * which of their fields goes where in struct fd_event, is event_map.h's to say.
 */
#ifndef FD_PIPELINE_BT_CLASS_H
#define FD_PIPELINE_BT_CLASS_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

#include "pipeline/events/event_map.h"
#include "pipeline/events/text.h"

enum fd_bt_scope { FD_BT_PAYLOAD, FD_BT_COMMON_CONTEXT, FD_BT_SPECIFIC_CONTEXT };

struct fd_bt_slot {
	uint8_t type;   /* enum fd_event_type; NONE: there is no such field */
	uint8_t scope;  /* enum fd_bt_scope */
	uint16_t index; /* of the member in the scope's structure */
};

struct fd_bt_class {
	const bt_event_class *event_class; /* a reference, as its address is the key */
	uint32_t event_name;               /* text id, for FD_EVENT_OTHER */
	uint32_t default_pid;              /* what the trace's environment says, for old traces */
	uint8_t kind;                      /* enum fd_event_kind */
	uint8_t module;                    /* enum fd_event_module */
	gboolean has_clock;
	struct fd_bt_slot slots[FD_ROLES];
};

/* Works out the record of an event's class. The caller frees it (fd_bt_class_free). */
struct fd_bt_class *fd_bt_class_new(const bt_event *event, struct fd_texts *texts);

void fd_bt_class_free(struct fd_bt_class *record);

/* The field of a slot, or NULL when the slot is NONE. Borrowed from the event. */
const bt_field *fd_bt_slot_field(const struct fd_bt_slot *slot, const bt_event *event);

#endif
