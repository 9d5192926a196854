/*
 * The filter flowdar.owner of babeltrace2's: of events that say for whom they are, those of one session, or of
 * requests for one thing.
 *
 * Place in the house: behind plugin.c. Works on whatever has the source's members "session" and "request" in
 * its events' common context; events without them are of nobody.
 */
#ifndef FDAR_VIZ_BABELTRACE_FILTER_H
#define FDAR_VIZ_BABELTRACE_FILTER_H

#include <babeltrace2/babeltrace.h>

bt_component_class_initialize_method_status fdar_bt_filter_initialize(
	bt_self_component_filter *self, bt_self_component_filter_configuration *configuration,
	const bt_value *params, void *data);
void fdar_bt_filter_finalize(bt_self_component_filter *self);

bt_message_iterator_class_initialize_method_status fdar_bt_filter_iterator_initialize(
	bt_self_message_iterator *self, bt_self_message_iterator_configuration *configuration,
	bt_self_component_port_output *port);
void fdar_bt_filter_iterator_finalize(bt_self_message_iterator *self);
bt_message_iterator_class_next_method_status fdar_bt_filter_iterator_next(
	bt_self_message_iterator *self, bt_message_array_const messages, uint64_t capacity,
	uint64_t *count);
bt_message_iterator_class_seek_beginning_method_status fdar_bt_filter_iterator_seek_beginning(
	bt_self_message_iterator *self);
bt_message_iterator_class_can_seek_beginning_method_status
fdar_bt_filter_iterator_can_seek_beginning(bt_self_message_iterator *self, bt_bool *can);

#endif
