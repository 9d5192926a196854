/*
 * A recording as a source of babeltrace2's: its events are sessions, requests, calls and hand-offs, each with
 * the session and the request that it was for.
 *
 * Place in the house: behind plugin.c, which lists these methods; babeltrace2 calls them. What it takes
 * that no one guesses: an iterator has to say that it can seek forward, and to seek to its beginning, or
 * --begin and --end fail; streams begin before their events; times never go back.
 */
#ifndef FDAR_VIZ_BABELTRACE_SOURCE_H
#define FDAR_VIZ_BABELTRACE_SOURCE_H

#include <babeltrace2/babeltrace.h>
#include <glib.h>

#include "analyze/spans/spans.h"
#include "viz/babeltrace/moments.h"

/* What the component has read, and the classes of what it says. */
struct fdar_bt_source {
	struct fdar_spans *spans;
	GArray *moments; /* struct fdar_moment */
	bt_trace *trace;
	bt_stream_class *stream_class;
	const bt_event_class *events[FDAR_MOMENTS];
	bt_stream **streams; /* one a thread of spans */
};

/* Makes the trace, the classes and the streams for what was read. FALSE: no memory. (source_classes.c) */
gboolean fdar_bt_source_classes(struct fdar_bt_source *source, bt_self_component *self);

/* Fills an event of the moment. (source_classes.c) */
void fdar_bt_source_fill(const struct fdar_bt_source *source, const struct fdar_moment *moment,
			 bt_event *event);

bt_component_class_initialize_method_status fdar_bt_source_initialize(
	bt_self_component_source *self, bt_self_component_source_configuration *configuration,
	const bt_value *params, void *data);
void fdar_bt_source_finalize(bt_self_component_source *self);
bt_component_class_query_method_status fdar_bt_source_query(bt_self_component_class_source *self,
							    bt_private_query_executor *executor,
							    const char *object,
							    const bt_value *params, void *data,
							    const bt_value **result);

bt_message_iterator_class_initialize_method_status fdar_bt_iterator_initialize(
	bt_self_message_iterator *self, bt_self_message_iterator_configuration *configuration,
	bt_self_component_port_output *port);
void fdar_bt_iterator_finalize(bt_self_message_iterator *self);
bt_message_iterator_class_next_method_status fdar_bt_iterator_next(bt_self_message_iterator *self,
								   bt_message_array_const messages,
								   uint64_t capacity,
								   uint64_t *count);
bt_message_iterator_class_seek_beginning_method_status fdar_bt_iterator_seek_beginning(
	bt_self_message_iterator *self);

#endif
