/*
 * From babeltrace2's messages to events: one translator a source.
 *
 * Place in the house: inside pipeline/, between bt_graph.h and the decoder. Remembers the classes
 * seen, beside what event_state.h does.
 */
#ifndef FDAR_PIPELINE_BT_BT_EVENT_H
#define FDAR_PIPELINE_BT_BT_EVENT_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

#include "pipeline/events/arena.h"
#include "pipeline/events/decoder.h"

struct fdar_bt_events;

/* env must outlive the result. The caller frees it (fdar_bt_events_free). */
struct fdar_bt_events *fdar_bt_events_new(struct fdar_decoder_env *env);

void fdar_bt_events_free(struct fdar_bt_events *events);

/* Appends to out (of struct fdar_event) what message says: nothing, an event, or a THREAD_NAME and an
 * event. Their data is in arena. Losses are added to the env. */
void fdar_bt_events_translate(struct fdar_bt_events *events, const bt_message *message,
			      struct fdar_arena *arena, GArray *out);

#endif
