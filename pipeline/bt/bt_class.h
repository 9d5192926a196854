/*
 * What to take from the events of one class, worked out once: a small decode record.
 *
 * Place in the house: inside pipeline/, under the babeltrace2 decoder. Which events are known, and
 * which of their fields goes where in struct fdar_event, is event_map.h's to say.
 */
#ifndef FDAR_PIPELINE_BT_BT_CLASS_H
#define FDAR_PIPELINE_BT_BT_CLASS_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

#include "pipeline/events/event_map.h"
#include "pipeline/events/home.h"
#include "pipeline/events/text.h"

enum fdar_bt_scope { FDAR_BT_PAYLOAD, FDAR_BT_COMMON_CONTEXT, FDAR_BT_SPECIFIC_CONTEXT };

struct fdar_bt_slot {
	uint8_t type;   /* enum fdar_event_type; NONE: there is no such field */
	uint8_t scope;  /* enum fdar_bt_scope */
	uint16_t index; /* of the member in the scope's structure */
};

struct fdar_bt_class {
	const bt_event_class *event_class; /* a reference, as its address is the key */
	uint32_t event_name;               /* text id, for FDAR_EVENT_OTHER */
	uint32_t host;                     /* text id (home.h) */
	uint32_t default_pid;              /* what the trace's environment says, for old traces */
	uint8_t kind;                      /* enum fdar_event_kind */
	uint8_t module;                    /* enum fdar_event_module */
	gboolean has_clock;
	struct fdar_bt_slot slots[FDAR_ROLES];
};

/* Works out the record of an event's class. The caller frees it (fdar_bt_class_free). */
struct fdar_bt_class *fdar_bt_class_new(const bt_event *event, struct fdar_texts *texts,
					const struct fdar_event_maps *maps);

void fdar_bt_class_free(struct fdar_bt_class *record);

/* The field of a slot, or NULL when the slot is NONE. Borrowed from the event. */
const bt_field *fdar_bt_slot_field(const struct fdar_bt_slot *slot, const bt_event *event);

#endif
