/*
 * From babeltrace2's messages to events: one translator a source.
 *
 * Place in the house: inside pipeline/, between bt_graph.h and the decoder. Remembers the classes
 * seen, beside what event_state.h does.
 */
#ifndef FD_PIPELINE_BT_EVENT_H
#define FD_PIPELINE_BT_EVENT_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

#include "pipeline/events/arena.h"
#include "pipeline/events/decoder.h"

struct fd_bt_events;

/* env must outlive the result. The caller frees it (fd_bt_events_free). */
struct fd_bt_events *fd_bt_events_new(struct fd_decoder_env *env);

void fd_bt_events_free(struct fd_bt_events *events);

/* Appends to out (of struct fd_event) what message says: nothing, an event, or a THREAD_NAME and an
 * event. Their data is in arena. Losses are added to the env. */
void fd_bt_events_translate(struct fd_bt_events *events, const bt_message *message,
			    struct fd_arena *arena, GArray *out);

#endif
