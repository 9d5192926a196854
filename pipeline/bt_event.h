/*
 * From babeltrace2's messages to events: one translator a source.
 *
 * Place in the house: inside pipeline/, between bt_graph.h and the decoder. Remembers what must be
 * remembered from one event to the next: the classes seen, each thread's name, and the modules
 * whose build id is still to come. All three are bounded.
 */
#ifndef FD_PIPELINE_BT_EVENT_H
#define FD_PIPELINE_BT_EVENT_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

#include "pipeline/arena.h"
#include "pipeline/decoder.h"

#define FD_BT_DATA_MAX 65536u /* bytes of one event's data; what is longer is cut */

struct fd_bt_events;

/* env must outlive the result. The caller frees it (fd_bt_events_free). */
struct fd_bt_events *fd_bt_events_new(struct fd_decoder_env *env);

void fd_bt_events_free(struct fd_bt_events *events);

/* Appends to out (of struct fd_event) what message says: nothing, an event, or a THREAD_NAME and an
 * event. Their data is in arena. Losses are added to the env. */
void fd_bt_events_translate(struct fd_bt_events *events, const bt_message *message,
			    struct fd_arena *arena, GArray *out);

#endif
